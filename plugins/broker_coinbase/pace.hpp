// How often something is asked for that many could share: a few times at once, and then so often that the key's limit is left to what can't
// be shared. What has to wait is asked for together.
#pragma once

#include <algorithm>
#include <cstdint>

namespace bowline::broker_coinbase {

/// A bucket of turns that fills by time. What is urgent may empty it to the bottom; other things leave the lower half for that.
class Pace {
 public:
  /// One turn each `every_ns`, `burst` (at least 1) at once, and as many more for what is urgent.
  Pace(std::int64_t every_ns, std::uint32_t burst) noexcept : every_ns_(every_ns), burst_(std::max(burst, 1u)) {}

  /// 0: it is this one's turn, which is taken; else after how long it may ask again.
  std::int64_t take(std::int64_t now_ns, bool urgent) noexcept {
    const std::int64_t ahead = (std::int64_t{burst_} * (urgent ? 2 : 1) - 1) * every_ns_;
    if (const std::int64_t turn = full_ns_ - ahead; now_ns < turn) return turn - now_ns;
    full_ns_ = std::max(full_ns_, now_ns) + every_ns_;
    return 0;
  }

 private:
  std::int64_t every_ns_;
  std::uint32_t burst_;
  std::int64_t full_ns_ = 0;  ///< when the bucket is full again
};

}  // namespace bowline::broker_coinbase
