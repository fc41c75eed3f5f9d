// The two clocks of what must not be sent too late; tests put others in their place.
#pragma once

#include <cstdint>
#include <ctime>
#include <functional>

namespace bowline::edge {

inline std::int64_t read_clock(clockid_t which) noexcept {
  timespec t{};
  ::clock_gettime(which, &t);
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

struct Clocks {
  /// Goes on while the machine sleeps, and is never set: what limits are measured on. [any]
  std::function<std::int64_t()> boot_ns = [] { return read_clock(CLOCK_BOOTTIME); };
  /// UTC, ns since the epoch: what limits are told in. [any]
  std::function<std::int64_t()> wall_ns = [] { return read_clock(CLOCK_REALTIME); };

  /// A moment told in UTC as one of the other clock, as the two stand now. Far away is not beyond the end of time.
  std::int64_t boot_of(std::int64_t utc_ns) const {
    constexpr std::int64_t far = 10LL * 365 * 86'400 * 1'000'000'000;
    const std::int64_t wall = wall_ns(), boot = boot_ns();
    if (utc_ns <= wall) return boot - (utc_ns < wall ? 1 : 0);
    return utc_ns < 0 || utc_ns - wall > far ? boot + far : boot + (utc_ns - wall);
  }
};

}  // namespace bowline::edge
