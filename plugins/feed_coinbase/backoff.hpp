// How long to wait before the next attempt: longer each time, and not at the same moment as others that failed with us.
#pragma once

#include <algorithm>
#include <cstdint>

namespace bowline::feed_coinbase {

/// Waits of first, 2 x first, 4 x first ... up to `most`, each shortened by up to a half as its seed says.
class Backoff {
 public:
  Backoff(std::uint64_t seed, std::int64_t first_ns, std::int64_t most_ns) noexcept : state_(seed), first_(first_ns), most_(most_ns) {}
  /// The wait after one more failure, in ns.
  std::int64_t next() noexcept {
    const std::int64_t whole = failures_ >= 40 ? most_ : std::min(most_, first_ << std::min(failures_, 20));
    ++failures_;
    const std::int64_t half = whole / 2;
    return whole - (half > 0 ? static_cast<std::int64_t>(draw() % static_cast<std::uint64_t>(half)) : 0);
  }
  /// It worked: the next failure is a first one.
  void reset() noexcept { failures_ = 0; }
  int failures() const noexcept { return failures_; }

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

}  // namespace bowline::feed_coinbase
