// What changes the book without a trade (trading rules 5.6): flows and their classes, inventory that is adopted or released.
#include "core/contract.hpp"
#include "core/portfolio.hpp"
#include "core/portfolio_draft.hpp"

namespace bowline::core {
namespace {
constexpr Account account_of(Flow kind) noexcept {
  switch (kind) {
    case Flow::deposit: return Account::deposit;
    case Flow::withdrawal: return Account::withdrawal;
    case Flow::reward: return Account::reward;
    case Flow::conversion: return Account::conversion;
    case Flow::correction: break;
  }
  return Account::correction;
}
}  // namespace

std::string_view to_string(Flow kind) noexcept { return to_string(account_of(kind)); }

Result<Decimal> Portfolio::book_flow(AssetId asset, Flow kind, Decimal amount) {
  BOWLINE_EXPECTS(asset.value >= 1);
  const bool in = kind == Flow::deposit || kind == Flow::reward;
  if (!amount.is_set() || amount.is_zero() || (in && amount.is_negative()) || (kind == Flow::withdrawal && amount.is_positive()))
    return Error{"FLOW_AMOUNT", "a change of a balance needs an amount with the sign of its class"};
  const Account account = account_of(kind);
  if (beyond(amount) || beyond(ledger_.balance(asset, account) - amount) || beyond(cash(asset) + amount))
    return Error{"FLOW_OVERFLOW", "a change of a balance is too large for the ledger"};
  const Decimal before = equity_at_bid();
  Decimal rest = Decimal::zero();  // that no wallet holds
  if (amount.is_positive()) {
    BOWLINE_INVARIANT(ledger_.move(asset, account, Account::wallet, amount));
  } else {
    const Decimal from_wallet = min(-amount, max(cash(asset), Decimal::zero()));
    rest = -amount - from_wallet;
    if (rest > ledger_.balance(asset, Account::position))
      return Error{"FLOW_BEYOND_BALANCE", "the venue says that more went than the book holds: reconcile before trading it"};
    BOWLINE_INVARIANT(ledger_.move(asset, Account::wallet, account, from_wallet));
  }
  Decimal left = rest;
  for (const Instrument& ins : table_.all()) {
    if (left.is_zero()) break;
    if (ins.base != asset) continue;
    Draft d = draft(ins.id);
    const Decimal taken = min(left, d.p.qty);
    if (taken.is_zero()) continue;
    d.p.cost = d.p.cost - share(d.p.cost, taken, d.p.qty);
    d.p.qty = d.p.qty - taken;
    d.move(asset, Account::position, account, taken);
    BOWLINE_INVARIANT(commit(ins.id, d));
    left = left - taken;
  }
  BOWLINE_ENSURES(left.is_zero());
  ++changes_;
  // Nobody can say where a correction downwards went: it is a loss, not a flow. One upwards is no profit. A reward is what the
  // inventory has earned, and nobody brought it: profit, as far as it counts in equity.
  if (kind != Flow::reward && (kind != Flow::correction || amount.is_positive())) flowed(before);
  return rest;
}

Decimal Portfolio::booked(AssetId asset, Flow kind) const { return -ledger_.balance(asset, account_of(kind)); }

Result<void> Portfolio::reclassify(AssetId asset, Flow from, Flow to, Decimal amount, Decimal of_day) {
  BOWLINE_EXPECTS(asset.value >= 1 && of_day.is_set() && !of_day.is_negative());
  const auto earned_or_brought = [](Flow kind) { return kind == Flow::deposit || kind == Flow::reward; };
  if (from == to || !earned_or_brought(from) || !earned_or_brought(to) || !amount.is_set() || !amount.is_positive())
    return Error{"RECLASSIFY_AMOUNT", "a positive amount of a deposit or a reward is named the other of the two"};
  if (amount > booked(asset, from))
    return Error{"RECLASSIFY_BEYOND_BOOKED", "less stands booked as " + std::string(to_string(from)) + " than is to be named " + std::string(to_string(to))};
  if (!ledger_.move(asset, account_of(to), account_of(from), amount))
    return Error{"FLOW_OVERFLOW", "a change of a balance is too large for the ledger"};
  ++changes_;
  const Decimal worth = counted(asset, min(amount, of_day));
  if (!worth.is_set()) return {};
  day_start_flows_ = to == Flow::reward ? day_start_flows_ + worth : day_start_flows_ - worth;
  if (day_start_.is_set()) day_base_ = day_start_ + day_flows();
  return {};
}

// What an amount of the wallet is worth in equity at the bid.
Decimal Portfolio::counted(AssetId asset, Decimal amount) const {
  if (is_cash(asset)) return at_rate(asset, amount);
  if (!count_unmanaged_) return Decimal::zero();
  for (const Instrument& ins : table_.all())
    if (ins.base == asset && is_cash(ins.quote) && mark(ins.id).last.is_set()) return at_rate(ins.quote, mul(amount, loss_px(ins.id), Rounding::half_even));
  return Decimal::zero();
}

Result<void> Portfolio::adopt(InstrumentId id, Decimal qty, Decimal px, Nanos now) {
  const Instrument& ins = table_[id];
  if (!qty.is_set() || !qty.is_positive() || !px.is_set() || !px.is_positive())
    return Error{"ADOPT_AMOUNT", "inventory of " + ins.symbol + " is adopted with a positive quantity and price"};
  if (qty > unmanaged(id))
    return Error{"ADOPT_BEYOND_UNMANAGED", "there is less unmanaged inventory of " + ins.symbol + " than is to be adopted"};
  const Decimal before = equity_at_bid();
  Draft d = draft(id);
  d.px = px;
  d.time = now;
  d.p.qty = d.p.qty + qty;
  d.p.cost = d.p.cost + mul(qty, px, Rounding::half_even);
  d.move(ins.base, Account::wallet, Account::position, qty);
  if (beyond(d.p.cost) || !commit(id, d)) return Error{"FLOW_OVERFLOW", "inventory of " + ins.symbol + " is too large for the ledger"};
  flowed(before);
  return {};
}

Result<void> Portfolio::release(InstrumentId id, Decimal qty) {
  const Instrument& ins = table_[id];
  if (!qty.is_set() || !qty.is_positive())
    return Error{"RELEASE_AMOUNT", "inventory of " + ins.symbol + " is released with a positive quantity"};
  Draft d = draft(id);
  if (qty > d.p.qty) return Error{"RELEASE_BEYOND_POSITION", "less of " + ins.symbol + " is held than is to be released"};
  const Decimal before = equity_at_bid();
  d.p.cost = d.p.cost - share(d.p.cost, qty, d.p.qty);
  d.p.qty = d.p.qty - qty;
  d.move(ins.base, Account::position, Account::wallet, qty);
  if (!commit(id, d)) return Error{"FLOW_OVERFLOW", "inventory of " + ins.symbol + " is too large for the ledger"};
  flowed(before);
  return {};
}

void Portfolio::flowed(Decimal equity_before) {
  const Decimal now = equity_at_bid();
  if (now.is_set() && equity_before.is_set()) note_flow(now - equity_before);
}

// The peak keeps its ratio to equity: what comes or goes is no gain and no loss.
void Portfolio::note_flow(Decimal amount) {
  if (!amount.is_set() || amount.is_zero()) return;
  net_flows_ = net_flows_ + amount;
  day_base_ = day_start_ + day_flows();
  const Decimal after = equity_at_bid();
  if (!after.is_set() || !peak_.is_positive()) return;
  const Decimal before = after - amount;
  const Decimal ratio_kept = before.is_positive() && after.is_positive() ? share(peak_, after, before) : Decimal::not_set();
  peak_ = ratio_kept.is_set() ? ratio_kept : max(after, Decimal::zero());
}

}  // namespace bowline::core
