// What a route asks of who calls it.
#pragma once

#include <cstdint>
#include <string_view>

namespace bowline::edge {

/// Each one contains those before it: who may liquidate may trade and look.
enum class Scope : std::uint8_t { Open, Read, Trade, Emergency };

/// "open", "read", "trade", "emergency".
constexpr std::string_view scope_name(Scope s) noexcept {
  constexpr std::string_view names[] = {"open", "read", "trade", "emergency"};
  return names[static_cast<std::size_t>(s)];
}

}  // namespace bowline::edge
