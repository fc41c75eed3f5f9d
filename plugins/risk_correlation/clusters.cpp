#include "clusters.hpp"

#include "common/money.hpp"

namespace bowline::risk_correlation {
namespace {

using money::Round;
using risk::allow;
using risk::Answer;
using risk::refuse;
using risk::Unit;

/// What is committed in the cluster of the judged order; of products too alike each by itself, in `scratch`.
/// False: something of it cannot be valued.
bool add_up(const bl_intent& judged, const bl_portfolio& portfolio, const Relations& relations,
            Scratch& scratch, Decimal& cluster) {
  bool known = true;
  const auto add = [&](std::uint32_t instrument, const auto& row) {
    const bool counts = relations.counts_with(judged.instrument, instrument),
               alike = relations.are_alike(judged.instrument, instrument);
    if (!counts && !alike) return;
    const auto amount = risk::worth(row, scratch.marks.of(instrument));
    if (!amount) {
      known = false;
      return;
    }
    if (counts) cluster = money::plus(cluster, *amount);
    if (alike) scratch.add(instrument, *amount);
  };
  for (const bl_position& p : Portfolio(portfolio).positions()) add(p.instrument, p);
  for (const bl_working* w : Portfolio(portfolio).working())
    if (w->intent->side == BL_BUY && !risk::is_same(*w, judged)) add(w->intent->instrument, *w);
  return known;
}

/// Of the products that are too alike and there with more than may be: the most alike, of those the first.
std::uint32_t too_alike(const bl_intent& judged, const Decimal& most, const Relations& relations,
                        const Scratch& scratch, bool& found) {
  std::uint32_t worst = 0;
  found = false;
  const auto rho = [&](std::uint32_t i) { return relations.rho(judged.instrument, i); };
  for (const std::uint32_t i : scratch.touched()) {
    if (scratch.sum(i) <= most) continue;
    if (found && (rho(i) < rho(worst) || (rho(i) == rho(worst) && i > worst))) continue;
    worst = i;
    found = true;
  }
  return worst;
}

Judged judge_buy(const bl_intent& intent, const bl_portfolio& portfolio, const Limits& limits,
                 const Relations& relations, Scratch& scratch, const risk::Look& look) {
  const Decimal qty = Decimal::from_raw(intent.qty), cost = Decimal::from_raw(intent.quote_qty);
  if (const Decimal& wanted = cost.is_set() ? cost : qty; !wanted.is_positive())
    return {refuse(1, "QUANTITY_INVALID", "a buy needs a quantity or a cost above 0")};
  const Decimal equity = money::from_abi(portfolio.equity).value_or(Decimal::zero());
  if (!equity.is_positive())
    return {refuse(2, "EQUITY_NOT_POSITIVE", "equity is not above 0: nothing may be bought",
                   Unit::quote_amount, equity, Decimal::zero())};
  scratch.marks.read(portfolio);
  const Decimal* mark = scratch.marks.of(intent.instrument);
  if (mark == nullptr) return {refuse(3, "MARK_MISSING", "there is no validated mark for the instrument")};
  scratch.begin();
  Decimal before = Decimal::zero();
  if (!add_up(intent, portfolio, relations, scratch, before))
    return {refuse(3, "MARK_MISSING", "a holding or working order that counts with it cannot be valued")};

  bool found = false;
  const Decimal may_be_there = money::times(limits.correlated_share, equity, Round::down);
  if (const std::uint32_t other = too_alike(intent, may_be_there, relations, scratch, found); found) {
    const Decimal rho = Decimal::from_double(relations.rho(intent.instrument, other), Round::half_even);
    return {refuse(4, "CORRELATION_LIMIT",
                   "it moves like another product of which enough is held or being bought", Unit::fraction,
                   rho, limits.max_correlation),
            other};
  }

  const Decimal price = risk::dearer(*mark, risk::bound_px(intent));
  const Decimal notional = cost.is_set() ? cost : money::times(qty, price, Round::up);
  const Decimal most = money::times(limits.max_cluster, equity, Round::down),
                after = money::plus(before, notional);
  look.saw(5, after, limits.max_cluster, equity);
  if (after <= most) return {allow()};
  Answer a = refuse(5, "CLUSTER_LIMIT", "the products that move with it would pass their share of equity",
                    Unit::share_of_equity, money::over(after, equity, Round::up), limits.max_cluster);
  const Decimal left = money::minus(most, before);
  if (left < limits.min_notional || !left.is_positive()) return {a};
  a.max_qty = money::over(left, price, Round::down);
  if (a.max_qty.is_positive()) a.action = risk::Action::shrink;
  return {a};
}

}  // namespace

Judged judge(const bl_intent& intent, const bl_portfolio& portfolio, const Limits& limits,
             const Relations& relations, Scratch& scratch, risk::LastChecks* last) noexcept {
  const risk::Look look{last, intent.instrument, portfolio.now_ns};
  try {
    if (intent.side == BL_BUY) {
      const Judged j = judge_buy(intent, portfolio, limits, relations, scratch, look);
      look.bound(j.answer);
      return j;
    }
    if (intent.side == BL_SELL) return {allow()};
    return {refuse(0, "SIDE_UNKNOWN", "it is neither a buy nor a sell")};
  } catch (const money::Overflow&) {
    return {refuse(6, "ARITHMETIC_OVERFLOW", "an amount is too large to be judged exactly")};
  }
}

}  // namespace bowline::risk_correlation
