// How a host's name becomes addresses; tests put another way in the system's place.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace bowline::edge {

struct Address {
  std::string ip{};
  std::uint16_t port = 0;
};

/// Called on the I/O thread, and has to return at once; `found` is called there once, or never, with what there is, the best first
/// (none: there is no such host).
using Lookup = std::function<void(const std::string& host, const std::string& port, std::function<void(std::vector<Address>)> found)>;

}  // namespace bowline::edge
