// Which addresses there are: one row each.
#pragma once

#include <span>

#include "exchange/face/call.hpp"

namespace bowline::exchange {

/// What a request needs to be let in.
enum class Access : std::uint8_t { open, key, view, trade };

struct Route {
  std::string_view method;
  std::string_view path;  ///< "{}" stands for a segment that is an id
  Access access;
  Handler answer;
};
std::span<const Route> routes() noexcept;

struct RouteMatch {
  const Route* route = nullptr;  ///< none: no address, or none with this method
  std::vector<std::string> ids;
  std::string allowed;  ///< the methods that the address has; "" = there is no such address
};
RouteMatch find_route(std::string_view method, const std::vector<std::string>& segments);

}  // namespace bowline::exchange
