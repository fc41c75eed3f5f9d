// Prices that jump (trading rules 5.2): one that is further from the one before than is believed may be an error of the feed, or
// a market that has just broken. Nobody buys by it for a while. It values what is held, and sells it, all the same.
#pragma once

#include <vector>

#include "core/portfolio.hpp"

namespace bowline::services {

struct JumpPolicy {
  Decimal above = Decimal::not_set();  ///< fraction of the price before; not set: none is one
  core::Nanos hold = 60'000'000'000;   ///< for so long nothing is bought after it
};

/// Of each product, until when. Made of the marks alone, so that whoever hears them again comes to the same.
class PriceJumps {
  JumpPolicy policy_;
  std::vector<core::Nanos> until_;  // by instrument

 public:
  PriceJumps(std::size_t products, JumpPolicy policy) : policy_(policy), until_(products, 0) {}

  bool on() const noexcept { return policy_.above.is_set(); }
  /// `now` takes the place of `before`. The first price of a product is no jump.
  void see(core::InstrumentId id, const core::Mark& before, const core::Mark& now) {
    if (!before.last.is_set() || !before.last.is_positive()) return;
    const Decimal moved = abs(now.last - before.last);
    if (moved.is_set() && moved <= mul(before.last, policy_.above, Rounding::down)) return;
    until_[id.value - 1] = now.time + policy_.hold;
  }
  bool hold(core::InstrumentId id, core::Nanos now) const noexcept { return now < until_[id.value - 1]; }
};

}  // namespace bowline::services
