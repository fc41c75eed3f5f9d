// The part of the venue that decides what it takes, and how much is set aside for it.
#include <algorithm>

#include "common/money.hpp"
#include "venue.hpp"

namespace bowline::broker_mock {

Reason Venue::judge(const Order& o, std::int64_t now_ns) const {
  const OrderSpec& s = o.spec;
  const Product* p = product(s.instrument);
  if (p == nullptr || !p->tradable) return Reason::product_not_tradable;
  if (const Reason r = judge_numbers(s, *p); r != Reason::none) return r;
  if (s.tif == Tif::gtd && s.expire_ns <= now_ns) return Reason::expiry_passed;
  if (s.type == Type::market && s.qty && s.side == Side::buy && prices_[s.instrument].mantissa == 0)
    return Reason::no_reference_price;
  if (s.post_only)
    if (const Reason r = judge_post_only(s); r != Reason::none) return r;
  if (!o.external() && hits(options_.seed, s.client_id, now_ns, Draw::reject, options_.reject_probability))
    return Reason::simulated_reject;
  return Reason::none;
}

/// A post-only order must not meet the assumed touch.
Reason Venue::judge_post_only(const OrderSpec& s) const {
  if (prices_[s.instrument].mantissa == 0) return Reason::no_reference_price;
  const Decimal last = reference_price(s.instrument);
  const Decimal half = money::times(last, options_.assumed_half_spread, money::Round::down);
  const bool crosses =
      s.side == Side::buy ? *s.limit_px >= money::plus(last, half) : *s.limit_px <= money::minus(last, half);
  return crosses ? Reason::post_only_would_cross : Reason::none;
}

/// Which type goes with which side, time in force and prices.
Reason Venue::judge_shape(const OrderSpec& s) const {
  const bool market = s.type == Type::market, bracket = s.type == Type::bracket;
  if (s.qty.has_value() == s.quote_qty.has_value()) return Reason::invalid_quantity;
  if (s.quote_qty && (!market || s.side == Side::sell)) return Reason::invalid_combination;
  if (market == s.limit_px.has_value() || (s.type == Type::stop_limit || bracket) != s.stop_px.has_value())
    return Reason::invalid_price;
  const bool at_once = s.tif == Tif::ioc || s.tif == Tif::fok;
  if (s.post_only && (s.type != Type::limit || at_once)) return Reason::invalid_combination;
  if (at_once && (s.type == Type::stop_limit || bracket)) return Reason::invalid_combination;
  if (bracket && (s.side == Side::buy || s.trigger_up)) return Reason::invalid_combination;
  if (bracket && *s.limit_px <= *s.stop_px) return Reason::invalid_price;
  return Reason::none;
}

Reason Venue::judge_numbers(const OrderSpec& s, const Product& p) const {
  if (const Reason r = judge_shape(s); r != Reason::none) return r;
  const Decimal zero = Decimal::zero();
  for (const auto* px : {&s.limit_px, &s.stop_px})
    if (*px && (**px <= zero || !money::on_step(**px, p.px_step))) return Reason::invalid_price;
  if (s.qty && (*s.qty <= zero || !money::on_step(*s.qty, p.base_step))) return Reason::invalid_quantity;
  if (s.quote_qty && *s.quote_qty <= zero) return Reason::invalid_quantity;
  if (s.qty && *s.qty < p.base_min) return Reason::below_minimum;
  if (s.qty && p.base_max > zero && *s.qty > p.base_max) return Reason::above_maximum;
  const std::optional<Decimal> value =
      s.quote_qty  ? *s.quote_qty
      : s.limit_px ? std::optional(money::times(*s.limit_px, *s.qty, money::Round::down))
                   : std::nullopt;
  if (value && *value < p.quote_min) return Reason::below_minimum;
  if (value && p.quote_max > zero && *value > p.quote_max) return Reason::above_maximum;
  return Reason::none;
}

Decimal Venue::reference_price(std::uint32_t instrument) const {
  return money::from_mantissa(prices_[instrument].mantissa, prices_[instrument].exp);
}

/// What an order with `leaves` to fill sets aside: what it sells, or the most that it can cost with the fee.
Decimal Venue::hold_for(const OrderSpec& s, const Decimal& leaves) const {
  if (s.side == Side::sell) return leaves;
  if (s.quote_qty) return *s.quote_qty;
  Decimal px = Decimal::zero();
  if (s.limit_px) {
    px = *s.limit_px;
  } else {
    const Decimal last = reference_price(s.instrument);
    px = money::plus(last, money::times(last, options_.rules.slippage, money::Round::up));
  }
  const Decimal value = money::times(px, leaves, money::Round::up);
  return money::plus(value, money::times(value, worst_fee_, money::Round::up));
}

/// The hold behind a fill: what was there less what the fill took, and not more than the rest of the order
/// can cost.
Decimal Venue::hold_after(const Order& o, const Decimal& spent) const {
  const Decimal rest = o.hold > spent ? money::minus(o.hold, spent) : Decimal::zero();
  if (o.spec.side == Side::sell || !o.spec.limit_px) return rest;
  return std::min(rest, hold_for(o.spec, money::minus(*o.spec.qty, o.cum_qty)));
}

}  // namespace bowline::broker_mock
