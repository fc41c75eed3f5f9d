// How much more of one instrument, and of everything, may be bought: exact money, no double, no state.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <bowline/decimal.hpp>

namespace bowline::risk_limits {

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

/// Judges one order. Rules in order: sells may only reduce; equity above 0; marks known; the entry worth its
/// fees; then position and exposure, of which the tighter one shrinks or rejects. A buy is valued at the
/// dearer of mark and limit; working buys count in full, working sells do not help. Sums round against the
/// order.
Answer judge(const Ask& ask, const Book& book, const Limits& limits);

}  // namespace bowline::risk_limits
