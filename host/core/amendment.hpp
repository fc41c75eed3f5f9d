// Other terms for an order that works: what is asked for, and the whole order as it shall be from then on. Made of an order
// alone, judged by the risk chain or the exit floor, and recorded before it is sent, as an intent is.
#pragma once

#include <bowline/result.hpp>

#include "core/order.hpp"

namespace bowline::core {

struct Amendment {
  Intent was, wanted;  // the whole order, with the terms in force and with those asked for; `wanted` is what the broker gets
  Terms terms;         // of those asked for, what is not in force already
  OrderState state{};  // the order's, which an amendment leaves as it is
  Decimal filled;      // of either quantity: what is bought or sold already

  Decimal rest() const noexcept { return wanted.qty() - filled; }
  /// The rest on the terms asked for, as an order of its own: what risk judges.
  Intent rest_wanted() const noexcept { return of_rest(wanted); }
  /// The same on the terms in force.
  Intent rest_before() const noexcept { return of_rest(was); }
  /// Whether more may be bought by it, dearer, at another moment or for longer than by the order as it is.
  bool increases() const noexcept;

 private:
  Intent of_rest(Intent whole) const noexcept {
    const Decimal qty = whole.qty() - filled;
    whole.abi.qty = (qty.is_negative() ? Decimal::zero() : qty).raw();
    return whole;
  }
};

/// What `asked` makes of the order. `not_after`: no first byte of it leaves later. Errors: those of
/// OrderTable::check_amend(), and AMEND_TERMS where the terms do not go together (a bracket's target not above its stop, an
/// end that has passed). Steps and limits of the product are not looked at.
Result<Amendment> amendment_of(const Order& order, const Terms& asked, Nanos now, Nanos not_after);

}  // namespace bowline::core
