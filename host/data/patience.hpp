// How often the venue is asked, and how long to wait before it is asked again.
#pragma once

#include <algorithm>
#include <cstdint>

namespace bowline::data {

/// Questions at least so far from each other. Times are ns of a clock that does not go back.
class Pace {
 public:
  explicit Pace(std::int64_t apart_ns) noexcept : apart_(apart_ns) {}
  /// How long to wait from `now` on until the next question may go; it is taken to go then.
  std::int64_t wait_ns(std::int64_t now) noexcept {
    const std::int64_t at = std::max(now, next_);
    next_ = at + apart_;
    return at - now;
  }

 private:
  std::int64_t apart_, next_ = 0;
};

/// Waits of first, 2 x first, 4 x first ... up to `most`, each shortened by up to a half as the seed says: not at the same moment as others
/// that failed with us.
class Backoff {
 public:
  Backoff(std::uint64_t seed, std::int64_t first_ns, std::int64_t most_ns) noexcept : state_(seed), first_(first_ns), most_(most_ns) {}
  std::int64_t next() noexcept {
    const std::int64_t whole = std::min(most_, first_ << std::min(failures_++, 20));
    return whole - static_cast<std::int64_t>(draw() % static_cast<std::uint64_t>(whole / 2 + 1));
  }
  /// It worked: the next failure is a first one.
  void reset() noexcept { failures_ = 0; }

 private:
  std::uint64_t draw() noexcept {  // splitmix64
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  std::uint64_t state_;
  std::int64_t first_, most_;
  int failures_ = 0;
};

}  // namespace bowline::data
