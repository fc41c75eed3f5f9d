// How the venue rounds money. Amounts have 16 decimals, as recorded orders of Coinbase show; what a buyer is charged is rounded
// down and what is set aside is rounded up, so that no chain of partial fills can ever need more than was held.
#pragma once

#include <bowline/decimal.hpp>

namespace bowline::exchange {

inline constexpr Decimal amount_step = Decimal::from_mantissa(1, -16);  ///< the grid of every amount
inline constexpr Decimal price_step = Decimal::from_mantissa(1, -12);   ///< prices lie on it, so that price x (1 + rate)
inline constexpr Decimal rate_step = Decimal::from_mantissa(1, -6);     ///< is exact in 18 decimals
inline constexpr Decimal one = Decimal::from_int(1);
inline constexpr Decimal most = Decimal::from_mantissa(1, 14);  ///< no amount or price that comes from outside may exceed it

/// Shares of the traded value, each in [0, 1) and a multiple of rate_step.
struct FeeRates {
  Decimal maker, taker;
  bool operator==(const FeeRates&) const = default;
  Decimal worst() const { return max(maker, taker); }
};
/// False when a rate can't be used.
bool usable(const FeeRates& rates);
/// A price or amount that can be worked with: set, above zero, at most `most`, a multiple of `step`.
bool usable(const Decimal& x, const Decimal& step);

inline Decimal round16(const Decimal& x) { return round_to(x, amount_step, Rounding::half_even); }

/// What `size` is worth at `price`, rounded down.
inline Decimal value_of(const Decimal& size, const Decimal& price) {
  return floor_to(mul(size, price, Rounding::down), amount_step);
}
/// What a buyer of `size` at `price` pays in all, fee included, rounded down. At least value_of().
inline Decimal cost_of(const Decimal& size, const Decimal& price, const Decimal& rate) {
  return floor_to(mul(size, mul(price, one + rate, Rounding::down), Rounding::down), amount_step);
}
/// What must be set aside to buy `size` at up to `price`: need(a + b) >= need(a) + cost(b) for every a and b. not_set when it does
/// not fit.
inline Decimal need_of(const Decimal& size, const Decimal& price, const Decimal& rate) {
  return ceil_to(mul(size, mul(price, one + rate, Rounding::up), Rounding::up), amount_step);
}
inline Decimal fee_of(const Decimal& value, const Decimal& rate) { return round16(mul(value, rate, Rounding::half_even)); }

/// How a market buy by quote_size divides: what goes into the asset; the rest is the fee.
inline Decimal value_within(const Decimal& quote_size, const Decimal& rate) {
  return round16(div(quote_size, one + rate, Rounding::half_even));
}
/// The base size that `value` buys at `price`, to 16 decimals and not to the product's base_increment.
inline Decimal size_for(const Decimal& value, const Decimal& price) {
  return round16(div(value, price, Rounding::half_even));
}

}  // namespace bowline::exchange
