// Two exponential averages of the close and the moment the fast one crosses the slow one.
#pragma once

#include <cstdint>

namespace bowline::ema_cross {

enum class Crossing : std::uint8_t { cold, none, up, down };

/// Smoothing factors of one parameter set: alpha = 2 / (n + 1).
struct Speeds {
  double fast_alpha = 0, slow_alpha = 0;
  std::uint32_t warmup = 0;  ///< bars until the first answer: the length of the slow average
  constexpr Speeds() = default;
  constexpr Speeds(std::uint32_t fast, std::uint32_t slow)
      : fast_alpha(2.0 / (fast + 1.0)), slow_alpha(2.0 / (slow + 1.0)), warmup(slow) {}
};

/// State of one instrument. Both averages start at the first price. The first `warmup` bars answer `cold`,
/// whatever the prices do; a crossing that happened there is not reported afterwards.
struct Averages {
  double fast = 0, slow = 0;
  std::uint32_t seen = 0;
  bool above = false;

  Crossing update(double price, const Speeds& k) noexcept {
    if (seen == 0) {
      fast = slow = price;
    } else {
      fast += k.fast_alpha * (price - fast);
      slow += k.slow_alpha * (price - slow);
    }
    // Equal averages keep the side they came from: touching is not crossing.
    const bool now_above = fast > slow || (above && fast == slow);
    const bool crossed = now_above != above;
    above = now_above;
    if (seen < k.warmup) {
      ++seen;
      return Crossing::cold;
    }
    if (!crossed) return Crossing::none;
    return now_above ? Crossing::up : Crossing::down;
  }
};

}  // namespace bowline::ema_cross
