#include "core/mark_guard.hpp"

#include <algorithm>

namespace bowline::core {

// Between (1 - h) and (1 + h) of one price no price is more than jump away from another: (1 + h) / (1 - h) - 1 = jump.
MarkGuard::MarkGuard(std::size_t instruments, Decimal jump, Nanos wait, Nanos fresh)
    : on_(jump.is_set() && jump.is_positive()), jump_(jump), wait_(wait), fresh_(fresh), at_(instruments) {
  if (on_) half_ = div(jump, Decimal::from_int(2) + jump, Rounding::down);
}

void MarkGuard::leaves(Seen& s, Decimal before, Decimal px, Nanos at) const {
  if (!px.is_set() || !px.is_positive()) return;
  const Decimal around = mul(px, half_, Rounding::down);
  const bool fits = around.is_set() && (px + around).is_set();
  s.low = fits ? px - around : Decimal::not_set();
  s.high = fits ? px + around : Decimal::not_set();
  if (!before.is_set() || !before.is_positive()) return;
  const Decimal room = mul(before, jump_, Rounding::up);
  if (room.is_set() && abs(px - before) > room) s.until = std::max(s.until, at + wait_);
}

Decimal MarkGuard::bounded(InstrumentId id, Decimal mid, Nanos at) const {
  const Seen& s = at_[index(id)];
  if (!on_ || !mid.is_set() || !s.traded.is_set() || at - s.traded_at > fresh_) return mid;
  const Decimal room = mul(s.traded, jump_, Rounding::down);
  if (!room.is_set() || !(s.traded + room).is_set()) return mid;
  return std::clamp(mid, max(s.traded - room, Decimal::zero()), s.traded + room);
}

}  // namespace bowline::core
