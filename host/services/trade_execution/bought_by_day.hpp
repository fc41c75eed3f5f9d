// What entries have bought, by the UTC day in which it filled: the part of the day's cap and of the ramp that no end gives back
// (trading rules 5.1, 6). Of two days, since around midnight the fills of both are told, and corrected.
#pragma once

#include <array>
#include <bowline/decimal.hpp>

#include "core/types.hpp"

namespace bowline::services {

class BoughtByDay {
 public:
  /// Below zero for what the venue has taken back. Of a day before the two nothing is kept.
  void add(core::Nanos time, Decimal amount) noexcept {
    const core::Nanos day = time / day_ns;
    Day& d = days_[static_cast<std::size_t>(day & 1)];
    if (day < d.day) return;
    if (day > d.day) d = {day, Decimal::zero()};
    d.sum = d.sum + amount;
  }
  Decimal of(core::Nanos time) const noexcept {
    const core::Nanos day = time / day_ns;
    const Day& d = days_[static_cast<std::size_t>(day & 1)];
    return d.day == day ? d.sum : Decimal::zero();
  }

 private:
  static constexpr core::Nanos day_ns = 86'400'000'000'000;
  struct Day {
    core::Nanos day = -1;
    Decimal sum = Decimal::zero();
  };
  std::array<Day, 2> days_;
};

}  // namespace bowline::services
