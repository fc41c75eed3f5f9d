#include "protection.hpp"

#include <cmath>

#include "common/money.hpp"

namespace bowline::risk_stops {
namespace {

using money::Round;

constexpr Decimal one = Decimal::from_int(1);
constexpr std::int64_t shares_per_one = 10'000;

/// A price, changed by a share of itself, on the product's grid.
Decimal moved(const Decimal& px, const Decimal& factor, const Product& product) {
  return money::up_to_step(money::times(px, factor, Round::up), product.px_step);
}

/// Not known counts as large: the stop begins far away and rises when more is known.
Decimal distance(double volatility, const Rules& rules) {
  if (std::isnan(volatility)) return rules.max_distance;
  // To 10^-9, as finely as the volatility is known: the last bits of a double must not move a price by a
  // step.
  const Decimal d = round_to(Decimal::from_double(rules.factor * volatility, Round::half_even),
                             Decimal::from_mantissa(1, -9), Round::half_even);
  if (!d.is_set()) return rules.max_distance;
  return min(max(d, rules.min_distance), rules.max_distance);
}

}  // namespace

void Protection::raise(const Decimal& px, Rule rule) {
  if (px <= stop_) return;
  stop_ = px;
  rule_ = rule;
}

std::optional<Wanted> Protection::follow(const Held& held, const Market& market, const Rules& rules,
                                         const Product& product) {
  if (!open_ || opened_ns_ != held.opened_ns) {
    clear();
    open_ = true;
    opened_ns_ = held.opened_ns;
  }
  // A bar that closed before the position was opened says nothing of it.
  const bool priced = market.close.is_positive() && market.close_ns > held.opened_ns;
  if (!base_.is_positive() && market.close.is_positive()) base_ = market.close;
  const Decimal base = held.avg_px.is_positive() ? held.avg_px : base_;
  if (!base.is_positive()) return std::nullopt;
  Decimal best = held.best_px.is_positive() ? held.best_px : base;
  if (priced) best = max(best, market.close);
  most_ = max(most_, held.qty);

  raise(moved(base, money::minus(one, distance(market.volatility, rules)), product), Rule::volatility);
  const auto gained = [&](const Decimal& share) {
    return best >= money::times(base, money::plus(one, share), Round::up);
  };
  if (rules.trailing.is_positive() && gained(rules.trailing_from))
    raise(moved(best, money::minus(one, rules.trailing), product), Rule::trailing);
  if (rules.break_even.is_positive() && priced && gained(rules.break_even)) {
    // What the sale has to bring so that nothing is lost once both fees are paid. Where the price has fallen
    // below that already, a stop there would be a sale at a loss: it waits for the price to come back.
    const Decimal fee = product.taker_fee, kept = money::minus(one, fee);
    if (kept.is_positive()) {
      const Decimal even = moved(money::over(base, kept, Round::up), money::plus(one, fee), product);
      if (market.close > even) raise(even, Rule::break_even);
    }
  }
  // At the close or above it means now: the host sells when it sees such a stop.
  if (rules.time_bars != 0 && priced && market.bar_ns > 0 && !gained(rules.time_gain) &&
      (market.close_ns - held.opened_ns) / market.bar_ns >= std::int64_t{rules.time_bars})
    raise(money::up_to_step(market.close, product.px_step), Rule::time);

  Wanted wanted{stop_, Decimal::not_set(), rule_, 0};
  take_profit(wanted, held, base, rules, product);
  return wanted;
}

// What was sold since the position was largest counts for the first steps, whoever sold it; the next one
// stands.
void Protection::take_profit(Wanted& wanted, const Held& held, const Decimal& base, const Rules& rules,
                             const Product& product) const {
  const Decimal sold = money::minus(most_, held.qty);
  Decimal part = Decimal::zero();
  for (const ProfitStep& step : rules.profit) {
    part = money::plus(part, step.share);
    const Decimal due = money::minus(money::times(most_, part, Round::down), sold);
    if (!due.is_positive() || due < product.base_step) continue;
    wanted.limit_px = moved(base, money::plus(one, step.gain), product);
    const Decimal share = money::over(due, held.qty, Round::up);
    const auto n = share < one ? share.to_mantissa(-4, Round::up) : std::optional(shares_per_one);
    wanted.share = n && *n < shares_per_one ? static_cast<std::uint32_t>(*n) : 0;
    return;
  }
}

}  // namespace bowline::risk_stops
