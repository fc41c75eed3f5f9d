// The part of the venue that meets the market: time passing, bars, fills, and the money they move.
#include <algorithm>
#include <utility>

#include "common/money.hpp"
#include "venue.hpp"

namespace bowline::broker_mock {
namespace {
/// Fees are rounded up per fill, a hold once: many partial fills may ask for some 10^-18 more than was set
/// aside. That much the venue forgives, or the last step of an order that used all cash could never fill.
const Decimal& rounding_slack() {
  static const Decimal slack = money::from_mantissa(1, -15);
  return slack;
}
}  // namespace

void Venue::note_price(std::uint32_t instrument, std::int64_t mantissa, std::int8_t exp,
                       std::int64_t close_ns) noexcept {
  if (instrument >= prices_.size() || close_ns <= prices_[instrument].close_ns) return;
  prices_[instrument] = {mantissa, close_ns, exp};
}

void Venue::on_time(std::int64_t now_ns) {
  arrivals(now_ns);
  expire(now_ns);
  set_deadline();
}

void Venue::on_bar(std::uint32_t instrument, const BarView& bar) {
  const Product* p = product(instrument);
  if (p == nullptr || bar.close_ns <= prices_[instrument].close_ns) return;
  // What arrives at the very close comes after the bar, as a timer of that moment does.
  arrivals(bar.close_ns - 1);
  expire(bar.close_ns - 1);
  // Before a restart this bar was taken already: what it changed is in the state, and a bar that changed nothing changes
  // nothing again.
  if (!open_[instrument].empty() && bar.close_ns > matched_ns_[instrument]) {
    Decimal cap = volume_cap(bar, options_.rules, p->base_step);
    const std::vector<std::int64_t> numbers = open_[instrument];  // matching takes finished ones out
    for (const std::int64_t n : numbers) match(at(n), *p, bar, cap);
  }
  set_deadline();
}

void Venue::expire(std::int64_t until_ns) {
  for (std::uint32_t i = 1; i < open_.size(); ++i) {
    const std::vector<std::int64_t> numbers = open_[i];
    for (const std::int64_t n : numbers) {
      Order& o = at(n);
      if (o.spec.tif == Tif::gtd && o.spec.expire_ns <= until_ns)
        finish(o, State::expired, Reason::none, o.spec.expire_ns);
    }
  }
}

void Venue::match(Order& o, const Product& p, const BarView& bar, Decimal& cap) {
  const Ledger::Quiet quiet(ledger_, !o.told);
  const bool whole_or_nothing = o.spec.tif == Tif::fok;
  bool short_of_fund = false;
  if (eligible(o, bar)) {
    const Touch t = touch(o, bar, options_.rules, p.px_step);
    if (!o.rested || t.triggers) mark_changed(o, bar.close_ns);
    o.triggered = o.triggered || t.triggers;
    o.rested = true;
    if (t.fills && t.px > Decimal::zero()) {
      const Amount a = amount(o, p, t, cap, bar.close_ns);
      short_of_fund = a.short_of_fund;
      if (a.qty > Decimal::zero() && (a.whole || !whole_or_nothing)) {
        book(o, p, t, a.qty, bar.close_ns);
        cap = money::minus(cap, a.qty);
      }
      if (complete(o, p, t)) return finish(o, State::filled, Reason::none, bar.close_ns);
      if (short_of_fund) return finish(o, State::cancelled, Reason::insufficient_fund, bar.close_ns);
    }
    if (o.spec.tif == Tif::ioc || whole_or_nothing)
      return finish(o, State::cancelled, Reason::none, bar.close_ns);
  }
  if (o.spec.tif == Tif::gtd && o.spec.expire_ns <= bar.close_ns)
    finish(o, State::expired, Reason::none, o.spec.expire_ns);
}

const Decimal& Venue::fee_rate(Liquidity l) const noexcept {
  return l == Liquidity::maker ? options_.maker_fee : options_.taker_fee;
}

/// What a buy may spend, fee inside: for an order by cost what is left of it, else its hold and all that is
/// free.
Decimal Venue::fund(const Order& o, const Product& p) const {
  if (o.spec.quote_qty) return money::minus(*o.spec.quote_qty, money::plus(o.cum_quote, o.cum_fee));
  return money::plus(o.hold, ledger_.available(p.quote));
}

/// The largest quantity in whole steps whose value and fee the fund of a buy covers.
Decimal Venue::affordable(const Order& o, const Product& p, const Touch& t) const {
  const Decimal& rate = fee_rate(t.liquidity);
  const Decimal money_left = fund(o, p);
  const Decimal unit = money::plus(t.px, money::times(t.px, rate, money::Round::down));
  Decimal qty = money::down_to_step(
      money::over(money::plus(money_left, rounding_slack()), unit, money::Round::down), p.base_step);
  const auto cost = [&](const Decimal& q) {
    const Decimal value = money::times(t.px, q, money::Round::up);
    return money::plus(value, money::times(value, rate, money::Round::up));
  };
  while (qty > Decimal::zero() && cost(qty) > money::plus(money_left, rounding_slack()))
    qty = money::minus(qty, p.base_step);
  return std::max(qty, Decimal::zero());
}

Venue::Amount Venue::amount(const Order& o, const Product& p, const Touch& t, const Decimal& cap,
                            std::int64_t close_ns) const {
  Amount a;
  Decimal leaves = Decimal::zero();
  if (o.spec.side == Side::sell) {
    a.qty = leaves = money::minus(*o.spec.qty, o.cum_qty);
  } else {
    const Decimal most = affordable(o, p, t);
    leaves = o.spec.qty ? money::minus(*o.spec.qty, o.cum_qty) : most;
    a.short_of_fund = (most < leaves && most <= cap) || most < p.base_step;
    a.qty = std::min(leaves, most);
  }
  a.qty = std::min(a.qty, cap);
  if (a.qty > Decimal::zero() &&
      hits(options_.seed, o.key(), close_ns, Draw::partial, options_.partial_fill_probability)) {
    const double share =
        luck(options_.seed, o.key(), close_ns, static_cast<std::uint64_t>(Draw::partial_share));
    const auto percent = 25 + static_cast<std::int64_t>(51.0 * share);
    const Decimal part = money::times(a.qty, money::from_mantissa(percent, -2), money::Round::down);
    const Decimal cut = std::max(money::down_to_step(part, p.base_step), p.base_step);
    a.short_of_fund = a.short_of_fund && cut >= a.qty;
    a.qty = std::min(cut, a.qty);
  }
  a.whole = a.qty == leaves;
  return a;
}

bool Venue::complete(const Order& o, const Product& p, const Touch& t) const {
  if (o.spec.qty) return o.cum_qty == *o.spec.qty;
  return o.cum_qty > Decimal::zero() && affordable(o, p, t) < p.base_step;
}

/// One execution: order, fill and balances move together.
void Venue::book(Order& o, const Product& p, const Touch& t, const Decimal& qty, std::int64_t now_ns) {
  const bool buy = o.spec.side == Side::buy;
  Fill f;
  f.number = fills() + 1;
  f.order = o.number;
  f.px = t.px;
  f.qty = qty;
  f.quote = money::times(t.px, qty, buy ? money::Round::up : money::Round::down);
  f.fee = money::times(f.quote, fee_rate(t.liquidity), money::Round::up);
  if (buy)
    f.fee =
        std::min(f.fee, std::max(Decimal::zero(), money::minus(fund(o, p), f.quote)));  // see rounding_slack
  f.fee_asset = p.quote;
  f.liquidity = t.liquidity;
  f.ts_ns = now_ns;
  if (o.told) {
    f.fate = fate_of(options_.faults, options_.seed, o.key(), now_ns);
    if (f.fate == Fate::prompt || f.fate == Fate::twice) f.told_ns = now_ns;
  }
  ++o.fills;
  f.fill_id = o.venue_id + "-" + std::to_string(o.fills);

  const Decimal before = o.hold;
  const Decimal spent = buy ? money::plus(f.quote, f.fee) : qty;
  o.cum_qty = money::plus(o.cum_qty, qty);
  o.cum_quote = money::plus(o.cum_quote, f.quote);
  o.cum_fee = money::plus(o.cum_fee, f.fee);
  o.hold = hold_after(o, spent);
  ledger_.rehold(o.hold_asset, before, o.hold);
  if (buy) {
    ledger_.debit(p.quote, spent);
    ledger_.credit(p.base, qty);
  } else {
    ledger_.debit(p.base, qty);
    ledger_.credit(p.quote, money::minus(f.quote, f.fee));
  }
  fills_.push_back(f);
  mark_changed(o, now_ns);
  if (!o.told) return;
  Report r;
  r.kind = Report::Kind::fill;
  r.ts_ns = now_ns;
  r.order = o;
  r.fill = std::move(f);
  reports_.push_back(std::move(r));
}

void Venue::finish(Order& o, State state, Reason reason, std::int64_t now_ns) {
  end(o, state, reason, now_ns);
  report(Report::Kind::done, o, now_ns, reason);
}

void Venue::end(Order& o, State state, Reason reason, std::int64_t now_ns) {
  ledger_.rehold(o.hold_asset, o.hold, Decimal::zero());
  o.hold = Decimal::zero();
  o.state = state;
  o.reason = reason;
  auto& numbers = open_[o.spec.instrument];
  numbers.erase(std::remove(numbers.begin(), numbers.end(), o.number), numbers.end());
  mark_changed(o, now_ns);
}

}  // namespace bowline::broker_mock
