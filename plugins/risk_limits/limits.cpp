#include "limits.hpp"

#include "common/money.hpp"
#include "memory.hpp"

namespace bowline::risk_limits {
namespace {

using money::Round;
using risk::allow;
using risk::Look;
using risk::refuse;

constexpr Decimal one = Decimal::from_int(1);

Decimal seconds(std::int64_t ns) noexcept { return Decimal::from_mantissa(ns, -9); }
Decimal count(std::uint32_t n) noexcept { return Decimal::from_int(n); }

// ---- what is committed -----------------------------------------------------------------------------------

/// One pass over positions and working orders.
struct Tally {
  Decimal here = Decimal::zero(), elsewhere = Decimal::zero();         ///< held and being bought, quote
  Decimal buying = Decimal::zero(), buying_at_cost = Decimal::zero();  ///< of it what is only being bought
  std::uint32_t orders_here = 0, orders = 0;                           ///< working ones of both sides
  bool here_unknown = false, elsewhere_unknown = false;                ///< something cannot be valued

  void add(bool is_here, const std::optional<Decimal>& amount) {
    if (!amount) {
      (is_here ? here_unknown : elsewhere_unknown) = true;
      return;
    }
    Decimal& sum = is_here ? here : elsewhere;
    sum = money::plus(sum, *amount);
  }
};

Tally tally(const bl_intent& judged, const bl_portfolio& portfolio, const risk::Marks& marks) {
  Tally t;
  for (const bl_position& p : Portfolio(portfolio).positions())
    t.add(p.instrument == judged.instrument, risk::worth(p, marks.of(p.instrument)));
  for (const bl_working* w : Portfolio(portfolio).working()) {
    if (risk::is_same(*w, judged)) continue;
    const bool here = w->intent->instrument == judged.instrument;
    ++t.orders;
    if (here) ++t.orders_here;
    if (w->intent->side != BL_BUY) continue;
    const auto amount = risk::worth(*w, marks.of(w->intent->instrument));
    t.add(here, amount);
    if (!amount) continue;
    Decimal& sum = risk::cost_of(*w->intent).is_set() ? t.buying_at_cost : t.buying;
    sum = money::plus(sum, *amount);
  }
  return t;
}

// ---- sells -----------------------------------------------------------------------------------------------

Answer judge_sell(const bl_intent& intent, const bl_portfolio& portfolio, const Look& look) {
  const Decimal qty = Decimal::from_raw(intent.qty);
  if (!qty.is_positive()) return refuse(1, "QUANTITY_INVALID", "a sell needs a quantity above 0");
  Decimal free = Decimal::zero();
  for (const bl_position& p : Portfolio(portfolio).positions())
    if (const Decimal held = Decimal::from_raw(p.qty); p.instrument == intent.instrument && held.is_set())
      free = money::plus(free, held);
  for (const bl_working* w : Portfolio(portfolio).working())
    if (w->intent->instrument == intent.instrument && w->intent->side != BL_BUY && !risk::is_same(*w, intent))
      free = money::minus(free, risk::leaves_of(*w));
  look.saw(2, qty, max(free, Decimal::zero()));
  if (qty <= free) return allow();
  Answer a = refuse(2, "SELL_EXCEEDS_POSITION", "it sells more than is held and not yet being sold",
                    Unit::base_quantity, qty, max(free, Decimal::zero()));
  if (free.is_positive()) {
    a.action = Action::shrink;
    a.max_qty = free;
  }
  return a;
}

// ---- whether anything may be bought now ------------------------------------------------------------------

std::optional<Answer> locked(const bl_intent& intent, std::int64_t now, const Limits& limits,
                             const Memory& memory) {
  for (const Lock& l : limits.locks) {
    if (l.instrument != intent.instrument) continue;
    if (l.until_ns == 0) return refuse(9, "PRODUCT_LOCKED", "the product is locked: it is never bought");
    if (now < l.until_ns)
      return refuse(9, "PRODUCT_LOCKED", "the product is locked until a moment that has not come",
                    Unit::seconds, seconds(now), seconds(l.until_ns));
  }
  if (const auto since = memory.cooling_since(intent.instrument, now))
    return refuse(10, "COOLDOWN_ACTIVE", "too many closes lost lately: entries wait", Unit::seconds,
                  seconds(now - *since), seconds(limits.cooldown.length_ns));
  return std::nullopt;
}

/// The loss against an opening equity, refused from `most` of it on.
std::optional<Answer> lost(std::uint32_t rule, std::string_view code, std::string_view reason,
                           const Decimal& opening, const Decimal& equity, const Decimal& most,
                           const Look& look) {
  const Decimal loss = money::minus(opening, equity);
  look.saw(rule, max(loss, Decimal::zero()), most, opening);
  if (!loss.is_positive() || loss < money::times(most, opening, Round::down)) return std::nullopt;
  return refuse(rule, code, reason, Unit::fraction, money::over(loss, opening, Round::up), most);
}

/// Equity with what is held at the bid: what losses are reckoned by (trading rules 5.1).
struct AtBid {
  Decimal equity, spread;  ///< spread: how much more it is at the marks
  /// Opening and peak are told by as much above what they were as equity is above this. Not set: it is not known.
  Decimal of(const bl_dec& told) const {
    const Decimal d = Decimal::from_raw(told);
    return d.is_positive() ? money::minus(d, spread) : Decimal::not_set();
  }
};

std::optional<Answer> losing(const bl_portfolio& portfolio, const AtBid& at_bid, const Limits& limits,
                             const Memory& memory, const Look& look) {
  const Decimal& equity = at_bid.equity;
  if (limits.max_daily_loss) {
    const Decimal opening = at_bid.of(portfolio.day_start_equity);
    if (!opening.is_positive())
      return refuse(11, "OPENING_EQUITY_MISSING", "the day's opening equity is not known");
    if (auto a = lost(12, "DAILY_LOSS_LIMIT", "the loss of the UTC day has reached its limit", opening,
                      equity, *limits.max_daily_loss, look))
      return a;
  }
  if (limits.max_rolling_loss)
    if (const auto opening = memory.equity_a_day_ago(portfolio.now_ns))
      return lost(13, "ROLLING_LOSS_LIMIT", "the loss of the last 24 hours has reached its limit", *opening,
                  equity, *limits.max_rolling_loss, look);
  return std::nullopt;
}

std::optional<Answer> crowded(const bl_intent& intent, const bl_portfolio& portfolio, const Tally& t,
                              const Limits& limits, const Memory& memory, const Look& look) {
  const auto over = [&look](std::uint32_t rule, std::uint32_t before, std::uint32_t most) {
    if (most == 0) return false;
    look.saw(rule, Decimal::from_int(std::int64_t{before} + 1), count(most));
    return before >= most;
  };
  const auto answer = [](std::uint32_t rule, std::string_view code, std::string_view reason,
                         std::uint32_t before, std::uint32_t most) {
    return refuse(rule, code, reason, Unit::count, money::plus(count(before), one), count(most));
  };
  if (over(14, t.orders, limits.max_open_orders))
    return answer(14, "OPEN_ORDERS_LIMIT", "as many orders are working as may be", t.orders,
                  limits.max_open_orders);
  if (over(15, t.orders_here, limits.max_product_orders))
    return answer(15, "PRODUCT_ORDERS_LIMIT", "as many orders of the product are working as may be",
                  t.orders_here, limits.max_product_orders);
  if (limits.max_orders_per_minute != 0)
    if (const std::uint32_t sent = memory.orders_last_minute(portfolio, intent);
        over(16, sent, limits.max_orders_per_minute))
      return answer(16, "ORDER_RATE_LIMIT", "as many orders were sent in the last minute as may be", sent,
                    limits.max_orders_per_minute);
  return std::nullopt;
}

std::optional<Answer> off_the_mark(const Decimal& limit_px, const Decimal& mark, const Limits& limits,
                                   const Look& look) {
  if (!limits.price_band || !limit_px.is_set()) return std::nullopt;
  const Decimal away = money::checked(abs(money::minus(limit_px, mark)));
  look.saw(17, away, *limits.price_band, mark);
  if (away <= money::times(*limits.price_band, mark, Round::down)) return std::nullopt;
  return refuse(17, "PRICE_OUTSIDE_BAND", "the limit price is too far from the mark", Unit::fraction,
                money::over(away, mark, Round::up), *limits.price_band);
}

// ---- how much --------------------------------------------------------------------------------------------

/// One size that binds: what is there now, what it would be with the whole order, and the most it may be.
struct Room {
  std::uint32_t rule = 0;
  std::string_view code, reason;
  Decimal left;  ///< quote that still fits, as the order's notional; may be negative
  Unit unit = Unit::none;
  Decimal value, limit;
};

/// The tightest of the sizes that the order is over; of equal ones the first.
class Tightest {
  std::optional<Room> room_;

 public:
  bool takes(const Decimal& left) const { return !room_ || left < room_->left; }
  void take(const Room& room) { room_ = room; }
  const std::optional<Room>& get() const noexcept { return room_; }
};

Answer cut(const Room& room, const Decimal& price, const Limits& limits) {
  Answer a = refuse(room.rule, room.code, room.reason, room.unit, room.value, room.limit);
  if (room.left < limits.min_notional || !room.left.is_positive()) return a;
  a.max_qty = money::over(room.left, price, Round::down);
  if (a.max_qty.is_positive()) a.action = Action::shrink;
  return a;
}

/// A buy in numbers.
struct Buy {
  Decimal price, notional;  ///< dearer of mark and limit; what the whole order is counted as
  bool by_cost;
  Decimal equity;
  AtBid at_bid;
  Look look;
};

void size_of_equity(Tightest& t, std::uint32_t rule, std::string_view code, std::string_view reason,
                    const Decimal& before, const Decimal& share, const Buy& buy) {
  const Decimal most = money::times(share, buy.equity, Round::down),
                after = money::plus(before, buy.notional), left = money::minus(most, before);
  buy.look.saw(rule, after, share, buy.equity);
  if (after <= most || !t.takes(left)) return;
  t.take({rule, code, reason, left, Unit::share_of_equity, money::over(after, buy.equity, Round::up), share});
}

void size_in_quote(Tightest& t, std::uint32_t rule, std::string_view code, std::string_view reason,
                   const Decimal& before, const std::optional<Decimal>& most, const Buy& buy) {
  if (!most) return;
  const Decimal after = money::plus(before, buy.notional), left = money::minus(*most, before);
  buy.look.saw(rule, after, *most);
  if (after <= *most || !t.takes(left)) return;
  t.take({rule, code, reason, left, Unit::quote_amount, after, *most});
}

Decimal cash_of(const bl_portfolio& portfolio) {
  for (const bl_balance& b : Portfolio(portfolio).balances())
    if (b.asset == portfolio.base_asset) return money::from_abi(b.total).value_or(Decimal::zero());
  return Decimal::zero();
}

/// Cash once everything that is being bought and the order itself have been paid for, with their fees.
void cash_left(Tightest& t, const bl_portfolio& portfolio, const Tally& held, const Buy& buy,
               const Limits& limits) {
  if (limits.cash_reserve.is_zero()) return;
  const Decimal with_fee = money::plus(one, limits.taker_fee);
  const Decimal spent = money::plus(money::times(held.buying, with_fee, Round::up), held.buying_at_cost);
  const Decimal reserve = money::times(limits.cash_reserve, buy.equity, Round::up);
  const Decimal before = money::minus(cash_of(portfolio), spent);
  const Decimal need = buy.by_cost ? buy.notional : money::times(buy.notional, with_fee, Round::up);
  const Decimal after = money::minus(before, need);
  buy.look.saw(18, after, limits.cash_reserve, buy.equity);
  if (after >= reserve) return;
  const Decimal left = money::over(money::minus(before, reserve), with_fee, Round::floor);
  if (!t.takes(left)) return;
  t.take({18, "CASH_RESERVE_LIMIT", "less cash than the reserve would be left", left, Unit::share_of_equity,
          money::over(after, buy.equity, Round::floor), limits.cash_reserve});
}

/// In a drawdown the position that would result is cut, not the order: else the rest would be asked for again
/// at the next step, and be cut again, until all of it was there.
std::optional<Answer> laddered(Tightest& t, const bl_portfolio& portfolio, const Tally& held, const Buy& buy,
                               const Limits& limits) {
  if (limits.ladder.empty()) return std::nullopt;
  const Decimal peak = buy.at_bid.of(portfolio.peak_equity);
  if (!peak.is_positive()) return refuse(22, "PEAK_EQUITY_MISSING", "the peak of the equity is not known");
  const Decimal drop = money::minus(peak, buy.at_bid.equity);
  const Rung* at = nullptr;
  for (const Rung& r : limits.ladder)
    if (drop.is_positive() && drop >= money::times(r.drawdown, peak, Round::down)) at = &r;
  const Rung& nearest = at == nullptr ? limits.ladder.front() : *at;
  buy.look.saw(23, max(drop, Decimal::zero()), nearest.drawdown, peak);
  if (at == nullptr) return std::nullopt;
  const Decimal fits =
      t.get() && t.get()->left < buy.notional ? max(t.get()->left, Decimal::zero()) : buy.notional;
  const Decimal most = money::times(at->size, money::plus(held.here, fits), Round::down),
                left = money::minus(most, held.here);
  if (left < buy.notional && t.takes(left))
    t.take({23, "DRAWDOWN_LIMIT", "in this drawdown entries are smaller, or none", left, Unit::fraction,
            money::over(drop, peak, Round::up), at->drawdown});
  return std::nullopt;
}

Answer judge_buy(const bl_intent& intent, const bl_portfolio& portfolio, const Limits& limits,
                 const Memory& memory, risk::Marks& marks, const Look& look) {
  const Decimal qty = Decimal::from_raw(intent.qty), cost = Decimal::from_raw(intent.quote_qty);
  Buy buy{};
  buy.look = look;
  buy.by_cost = cost.is_set();
  if (const Decimal& wanted = buy.by_cost ? cost : qty; !wanted.is_positive())
    return refuse(1, "QUANTITY_INVALID", "a buy needs a quantity or a cost above 0");
  if (auto a = locked(intent, portfolio.now_ns, limits, memory)) return *a;
  buy.equity = money::from_abi(portfolio.equity).value_or(Decimal::zero());
  if (!buy.equity.is_positive())
    return refuse(3, "EQUITY_NOT_POSITIVE", "equity is not above 0: nothing may be bought",
                  Unit::quote_amount, buy.equity, Decimal::zero());
  buy.at_bid.equity = Portfolio(portfolio).equity_at_bid();
  buy.at_bid.spread = money::minus(buy.equity, buy.at_bid.equity);
  if (auto a = losing(portfolio, buy.at_bid, limits, memory, look)) return *a;
  marks.read(portfolio);
  const Decimal* mark = marks.of(intent.instrument);
  if (mark == nullptr) return refuse(4, "MARK_MISSING", "there is no validated mark for the instrument");
  const Decimal limit_px = risk::bound_px(intent);
  if (auto a = off_the_mark(limit_px, *mark, limits, look)) return *a;
  buy.price = risk::dearer(*mark, limit_px);
  buy.notional = buy.by_cost ? cost : money::times(qty, buy.price, Round::up);
  look.saw(5, buy.notional, limits.min_notional);
  if (buy.notional < limits.min_notional)
    return refuse(5, "NOTIONAL_BELOW_MINIMUM", "the entry is smaller than the least that is worth its fees",
                  Unit::quote_amount, buy.notional, limits.min_notional);
  const Tally held = tally(intent, portfolio, marks);
  if (auto a = crowded(intent, portfolio, held, limits, memory, look)) return *a;
  if (held.here_unknown)
    return refuse(4, "MARK_MISSING", "a holding or working order of the instrument cannot be valued");
  if (held.elsewhere_unknown)
    return refuse(4, "MARK_MISSING", "a holding or working order of another instrument cannot be valued");

  const Decimal everywhere = money::plus(held.here, held.elsewhere);
  Tightest t;
  size_of_equity(t, 6, "POSITION_LIMIT", "the position would pass its share of equity", held.here,
                 limits.max_position, buy);
  size_of_equity(t, 7, "EXPOSURE_LIMIT", "all positions together would pass their share of equity",
                 everywhere, limits.max_exposure, buy);
  cash_left(t, portfolio, held, buy, limits);
  size_in_quote(t, 19, "ORDER_NOTIONAL_LIMIT", "the order is larger than an order may be", Decimal::zero(),
                limits.max_order, buy);
  if (limits.max_day) {
    const Decimal being_bought = money::plus(held.buying, held.buying_at_cost);
    size_in_quote(t, 20, "DAY_NOTIONAL_LIMIT", "with it more would be bought on the UTC day than may be",
                  money::plus(memory.bought_today(portfolio.now_ns), being_bought), limits.max_day, buy);
  }
  size_in_quote(t, 21, "TOTAL_NOTIONAL_LIMIT", "all positions together would be larger than they may be",
                everywhere, limits.max_total, buy);
  if (auto a = laddered(t, portfolio, held, buy, limits)) return *a;
  return t.get() ? cut(*t.get(), buy.price, limits) : allow();
}

}  // namespace

Answer judge(const bl_intent& intent, const bl_portfolio& portfolio, const Limits& limits,
             const Memory& memory, risk::Marks& marks, risk::LastChecks* last) noexcept {
  const Look look{last, intent.instrument, portfolio.now_ns};
  try {
    if (intent.side == BL_BUY || intent.side == BL_SELL) {
      const Answer a = intent.side == BL_BUY ? judge_buy(intent, portfolio, limits, memory, marks, look)
                                             : judge_sell(intent, portfolio, look);
      look.bound(a);
      return a;
    }
    return refuse(0, "SIDE_UNKNOWN", "it is neither a buy nor a sell");
  } catch (const money::Overflow&) {
    return refuse(8, "ARITHMETIC_OVERFLOW", "an amount is too large to be judged exactly");
  }
}

}  // namespace bowline::risk_limits
