// The size limits of bowline.risk.limits 1.0.0, kept as they were: what the default params answer has to stay
// what this answers.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <bowline/decimal.hpp>

#include "common/money.hpp"

namespace limits_1_0 {

using bowline::Decimal;
namespace money = bowline::money;
struct Limits {
  Decimal max_position = Decimal::zero();  ///< share of equity per instrument, 0..1
  Decimal max_exposure = Decimal::zero();  ///< share of equity in all instruments together, 0..1
  Decimal min_notional = Decimal::zero();  ///< smallest entry worth its fees, quote currency
};

/// An order that is on its way, resting or of unknown outcome: it counts as if it will fill.
struct Working {
  std::uint32_t instrument = 0;
  bool buy = false;
  Decimal leaves = Decimal::zero();  ///< base quantity still open; unused with `by_cost`
  std::optional<Decimal> by_cost;    ///< what is left of an order by cost
  std::optional<Decimal> limit_px;
};

struct Holding {
  std::uint32_t instrument = 0;
  Decimal qty = Decimal::zero(), avg_px = Decimal::zero();
};

/// The account as one check sees it. Marks by instrument; nullopt = no validated mark.
struct Book {
  Decimal equity = Decimal::zero();
  std::vector<Holding> holdings;
  std::vector<Working> working;  ///< without the order being judged
  std::vector<std::optional<Decimal>> marks;
  const std::optional<Decimal>& mark(std::uint32_t instrument) const noexcept {
    static const std::optional<Decimal> none;
    return instrument < marks.size() ? marks[instrument] : none;
  }
};

/// What is asked: exactly one of qty and by_cost is set.
struct Ask {
  std::uint32_t instrument = 0;
  bool buy = true;
  std::optional<Decimal> qty, by_cost, limit_px;
};

enum class Action : std::uint8_t { reject = 0, allow = 1, shrink = 2 };
enum class Unit : std::uint32_t { none = 0, share_of_equity = 1, quote_amount = 2, base_quantity = 3 };

/// The answer. `code` is empty for ALLOW; stable words otherwise (table in README.md).
struct Answer {
  Action action = Action::reject;
  std::string_view code;
  std::string_view reason;
  Decimal max_qty =
      Decimal::zero();  ///< SHRINK: base quantity that fits; the host rounds it down to the product's step
  Decimal value = Decimal::zero(), limit = Decimal::zero();  ///< what it would be, what it may be, in `unit`
  Unit unit = Unit::none;
  std::uint32_t rule = 0;
};

using money::Round;

inline Answer refuse(std::uint32_t rule, std::string_view code, std::string_view reason) {
  Answer a;
  a.rule = rule;
  a.code = code;
  a.reason = reason;
  return a;
}

inline Answer allow() {
  Answer a;
  a.action = Action::allow;
  return a;
}

/// What one unit of base is counted as: the dearer of mark and limit.
inline Decimal dearer(const Decimal& mark, const std::optional<Decimal>& limit) {
  return limit && *limit > mark ? *limit : mark;
}

/// What is held and what is being bought of one instrument, in quote. nullopt: it cannot be valued. An
/// instrument without a mark is valued at what was paid for it: unknown must not mean nothing.
inline std::optional<Decimal> committed(std::uint32_t instrument, const Book& book) {
  Decimal sum = Decimal::zero();
  for (const Holding& h : book.holdings) {
    if (h.instrument != instrument || h.qty <= Decimal::zero()) continue;
    const auto& mark = book.mark(instrument);
    if (!mark && h.avg_px <= Decimal::zero()) return std::nullopt;
    sum = money::plus(sum, money::times(h.qty, mark ? *mark : h.avg_px, Round::up));
  }
  for (const Working& w : book.working) {
    if (w.instrument != instrument || !w.buy) continue;
    if (w.by_cost) {
      sum = money::plus(sum, *w.by_cost);
      continue;
    }
    const auto& mark = book.mark(instrument);
    if (!mark && !w.limit_px) return std::nullopt;
    sum = money::plus(sum, money::times(w.leaves, mark ? dearer(*mark, w.limit_px) : *w.limit_px, Round::up));
  }
  return sum;
}

inline std::uint32_t highest(const Book& book) {
  std::uint32_t n = 0;
  for (const Holding& h : book.holdings) n = std::max(n, h.instrument);
  for (const Working& w : book.working) n = std::max(n, w.instrument);
  return n;
}

inline Answer judge_sell(const Ask& ask, const Book& book) {
  if (!ask.qty || *ask.qty <= Decimal::zero())
    return refuse(1, "QUANTITY_INVALID", "a sell needs a quantity above 0");
  Decimal free = Decimal::zero();
  for (const Holding& h : book.holdings)
    if (h.instrument == ask.instrument) free = money::plus(free, h.qty);
  for (const Working& w : book.working)
    if (w.instrument == ask.instrument && !w.buy) free = money::minus(free, w.leaves);
  if (*ask.qty <= free) return allow();
  Answer a = refuse(2, "SELL_EXCEEDS_POSITION", "it sells more than is held and not yet being sold");
  a.value = *ask.qty;
  a.limit = std::max(free, Decimal::zero());
  a.unit = Unit::base_quantity;
  if (free > Decimal::zero()) {
    a.action = Action::shrink;
    a.max_qty = free;
  }
  return a;
}

struct Room {
  Decimal before = Decimal::zero(), after = Decimal::zero(),
          limit = Decimal::zero();  ///< quote: committed now, with the whole order, and the most there may be
  Decimal left() const { return money::minus(limit, before); }
};

inline Answer over(std::uint32_t rule, std::string_view code, std::string_view reason, const Room& room,
                   const Decimal& share, const Book& book, const Decimal& price, const Limits& limits) {
  Answer a = refuse(rule, code, reason);
  a.unit = Unit::share_of_equity;
  a.value = money::over(room.after, book.equity, Round::up);
  a.limit = share;
  const Decimal left = room.left();
  if (left < limits.min_notional || left <= Decimal::zero()) return a;
  a.max_qty = money::over(left, price, Round::down);
  if (a.max_qty > Decimal::zero()) a.action = Action::shrink;
  return a;
}

inline Answer judge_buy(const Ask& ask, const Book& book, const Limits& limits) {
  const auto& wanted = ask.by_cost ? ask.by_cost : ask.qty;
  if (!wanted || *wanted <= Decimal::zero())
    return refuse(1, "QUANTITY_INVALID", "a buy needs a quantity or a cost above 0");
  if (book.equity <= Decimal::zero()) {
    Answer a = refuse(3, "EQUITY_NOT_POSITIVE", "equity is not above 0: nothing may be bought");
    a.unit = Unit::quote_amount;
    a.value = book.equity;
    return a;
  }
  const auto& mark = book.mark(ask.instrument);
  if (!mark) return refuse(4, "MARK_MISSING", "there is no validated mark for the instrument");
  const Decimal price = dearer(*mark, ask.limit_px);
  const Decimal notional = ask.by_cost ? *ask.by_cost : money::times(*ask.qty, price, Round::up);
  if (notional < limits.min_notional) {
    Answer a =
        refuse(5, "NOTIONAL_BELOW_MINIMUM", "the entry is smaller than the least that is worth its fees");
    a.unit = Unit::quote_amount;
    a.value = notional;
    a.limit = limits.min_notional;
    return a;
  }
  const auto here = committed(ask.instrument, book);
  if (!here)
    return refuse(4, "MARK_MISSING", "a holding or working order of the instrument cannot be valued");
  Decimal everywhere = *here;
  for (std::uint32_t i = 0; i <= highest(book); ++i) {
    if (i == ask.instrument) continue;
    const auto there = committed(i, book);
    if (!there)
      return refuse(4, "MARK_MISSING", "a holding or working order of another instrument cannot be valued");
    everywhere = money::plus(everywhere, *there);
  }
  const Room position{*here, money::plus(*here, notional),
                      money::times(limits.max_position, book.equity, Round::down)};
  const Room exposure{everywhere, money::plus(everywhere, notional),
                      money::times(limits.max_exposure, book.equity, Round::down)};
  const bool too_large = position.after > position.limit, too_much = exposure.after > exposure.limit;
  if (!too_large && !too_much) return allow();
  if (too_large && (!too_much || position.left() <= exposure.left()))
    return over(6, "POSITION_LIMIT", "the position would pass its share of equity", position,
                limits.max_position, book, price, limits);
  return over(7, "EXPOSURE_LIMIT", "all positions together would pass their share of equity", exposure,
              limits.max_exposure, book, price, limits);
}

inline Answer judge(const Ask& ask, const Book& book, const Limits& limits) {
  try {
    return ask.buy ? judge_buy(ask, book, limits) : judge_sell(ask, book);
  } catch (const money::Overflow&) {
    return refuse(8, "ARITHMETIC_OVERFLOW", "an amount is too large to be judged exactly");
  }
}

}  // namespace limits_1_0
