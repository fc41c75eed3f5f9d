// How much more of one instrument, and of everything, may be bought, and whether anything may be bought now:
// exact money, no double, no state of its own. What has to be remembered stands in memory.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <bowline/decimal.hpp>

#include "common/account.hpp"
#include "common/last_checks.hpp"
#include "common/verdict.hpp"

namespace bowline::risk_limits {

using risk::Action;
using risk::Answer;
using risk::Unit;

class Memory;

/// From this drawdown of the peak on, what is wanted is cut to `size` of it.
struct Rung {
  Decimal drawdown, size;
};

/// After so many losing closes within the window nothing is bought for a while.
struct Cooldown {
  std::uint32_t losses = 0;  ///< 0 = never
  std::int64_t window_ns = 0, length_ns = 0;
  bool per_product = false;
};

/// A product that is never bought, or not before a moment.
struct Lock {
  std::uint32_t instrument = 0;
  std::int64_t until_ns = 0;  ///< 0 = for good
};

/// Shares lie within 0..1, amounts are in quote currency. What is optional and not there is no limit.
struct Limits {
  Decimal max_position = Decimal::zero();  ///< share of equity per instrument
  Decimal max_exposure = Decimal::zero();  ///< share of equity in all instruments together
  Decimal min_notional = Decimal::zero();  ///< smallest entry worth its fees
  Decimal cash_reserve = Decimal::zero();  ///< share of equity that stays in cash
  Decimal taker_fee = Decimal::zero();     ///< what a buy costs on top, for the cash reserve
  std::optional<Decimal> max_order, max_day, max_total;
  std::uint32_t max_open_orders = 0, max_product_orders = 0, max_orders_per_minute = 0;  ///< 0 = no limit
  std::optional<Decimal> price_band;                        ///< share of the mark
  std::optional<Decimal> max_daily_loss, max_rolling_loss;  ///< share of the opening equity
  std::vector<Rung> ladder;                                 ///< drawdowns rising, sizes falling
  Cooldown cooldown;
  std::vector<Lock> locks;
};

/// Judges one order. A sell may only reduce. A buy is refused by what is over (locks, losses, orders, price),
/// else cut to the tightest of the sizes. It is valued at the dearer of mark and limit; working buys count in
/// full, working sells do not help; sums round against the order. `marks` is scratch of the caller.
/// `last`: what each limit came to is left there, also where it did not bind; null: nobody asks.
Answer judge(const bl_intent& intent, const bl_portfolio& portfolio, const Limits& limits,
             const Memory& memory, risk::Marks& marks, risk::LastChecks* last = nullptr) noexcept;

}  // namespace bowline::risk_limits
