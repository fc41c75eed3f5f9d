// Which of many equal happenings are worth a line of the log.
#pragma once

#include <cstdint>

namespace bowline::services {

/// True for the first twenty, then for the 100th, the 1000th and so on: what comes with every bar can't fill a disk, and
/// its number is still told. Counts, and no clock: equal runs write equal lines.
constexpr bool worth_a_line(std::uint64_t n) noexcept {
  if (n <= 20) return true;
  while (n >= 100 && n % 10 == 0) n /= 10;
  return n == 10;
}

}  // namespace bowline::services
