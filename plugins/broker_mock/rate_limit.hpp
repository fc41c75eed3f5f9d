// The venue's rate limit: a bucket that fills in engine time.
#pragma once

#include <algorithm>
#include <cstdint>

namespace bowline::broker_mock {

/// `burst` requests at once, `per_second` from then on. Counted in whole nanoseconds: no fraction is lost or
/// gained, and the same calls at the same times meet the same answers. 0 per second = no limit. One thread.
class RateLimit {
 public:
  RateLimit() = default;
  RateLimit(std::uint32_t per_second, std::uint32_t burst) noexcept
      : step_ns_(per_second == 0 ? 0 : 1'000'000'000 / static_cast<std::int64_t>(per_second)),
        room_ns_(step_ns_ * std::max<std::int64_t>(burst, 1)) {}

  /// Whether a request of this cost may be sent now. One that costs more than the burst needs a full bucket.
  bool allows(std::int64_t now_ns, std::int64_t cost) const noexcept {
    return step_ns_ == 0 ||
           std::max<std::int64_t>(full_ns_ - now_ns, 0) + std::min(cost * step_ns_, room_ns_) <= room_ns_;
  }
  void charge(std::int64_t now_ns, std::int64_t cost) noexcept {
    if (step_ns_ != 0) full_ns_ = std::max(full_ns_, now_ns) + cost * step_ns_;
  }

 private:
  std::int64_t step_ns_ = 0;  ///< what one request costs
  std::int64_t room_ns_ = 0;  ///< what the full bucket holds
  std::int64_t full_ns_ = 0;  ///< when it will be full again
};

}  // namespace bowline::broker_mock
