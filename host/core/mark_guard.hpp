// Which prices are believed for what (trading rules 5.2). A price that moves by more than a share of the one before it has
// jumped: nothing is bought by it for a while. The middle of a quote values what is held no further than that share away from
// the last price that was traded; bid and ask stay as they were told, since what is sold is sold by them.
#pragma once

#include <bowline/decimal.hpp>
#include <vector>

#include "core/contract.hpp"
#include "core/types.hpp"

namespace bowline::core {

class MarkGuard {
 public:
  /// `jump`: a share of the price before; not set or zero: nothing jumps, and nothing is bounded. `fresh`: how long a traded
  /// price bounds the quotes after it.
  MarkGuard(std::size_t instruments, Decimal jump, Nanos wait, Nanos fresh);

  /// The next price that becomes the mark, and the one it follows (not set: none). Known to be near the last one it costs
  /// two comparisons.
  [[gnu::hot]] void moves(InstrumentId id, Decimal before, Decimal px, Nanos at) {
    if (!on_ || !px.is_set()) return;
    Seen& s = at_[index(id)];
    if (!s.low.is_set() || px < s.low || px > s.high) leaves(s, before, px, at);
  }
  /// A price at which it was traded: a bar's close. One of before the last one is none.
  [[gnu::hot]] void traded(InstrumentId id, Decimal px, Nanos at) {
    if (!on_) return;
    Seen& s = at_[index(id)];
    if (at < s.traded_at) return;
    s.traded = px;
    s.traded_at = at;
  }
  /// The middle of a quote, no further than the share away from what was traded last, where that is fresh; not set where it is.
  Decimal bounded(InstrumentId id, Decimal mid, Nanos at) const;
  /// Until when nothing is bought of it; 0: it never jumped.
  Nanos denied_until(InstrumentId id) const { return at_[index(id)].until; }

 private:
  struct Seen {
    Decimal low = Decimal::not_set(), high = Decimal::not_set();  // between any two prices within these is no jump
    Decimal traded = Decimal::not_set();
    Nanos traded_at = 0, until = 0;
  };
  bool on_;
  Decimal jump_, half_ = Decimal::zero();
  Nanos wait_, fresh_;
  std::vector<Seen> at_;

  std::size_t index(InstrumentId id) const {
    BOWLINE_EXPECTS(id.value >= 1 && id.value <= at_.size());
    return id.value - 1;
  }
  void leaves(Seen& s, Decimal before, Decimal px, Nanos at) const;
};

}  // namespace bowline::core
