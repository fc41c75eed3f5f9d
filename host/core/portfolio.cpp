// The book as it begins, and its fills: each is drawn up first, and then written down whole or not at all.
#include "core/portfolio.hpp"

#include <algorithm>

#include "core/contract.hpp"
#include "core/portfolio_draft.hpp"

namespace bowline::core {
namespace {
/// What the managed part of a sale brought.
Decimal managed_proceeds(const Fill& fill, const Posted& posted) {
  return posted.managed == fill.qty ? posted.notional : mul(fill.px, posted.managed, Rounding::half_even);
}
}  // namespace

Portfolio::Portfolio(const InstrumentTable& table, AssetId accounting, Decimal half_spread)
    : table_(table),
      accounting_(accounting),
      half_spread_(half_spread),
      half_spread_is_small_(half_spread < Decimal::from_mantissa(4, -1)),
      ledger_(table.asset_count()),
      positions_(table.size()),
      marks_(table.size()) {
  held_.reserve(table.size());
}

bool Portfolio::set_cash(AssetId asset, Decimal total) {
  BOWLINE_EXPECTS(asset.value >= 1 && total.is_set());
  if (!ledger_.move(asset, Account::opening, Account::wallet, total - cash(asset))) return false;
  ++changes_;
  return true;
}

void Portfolio::held_changed(std::uint32_t index) {
  const auto it = std::lower_bound(held_.begin(), held_.end(), index);
  const bool listed = it != held_.end() && *it == index;
  const bool held = !positions_[index].qty.is_zero();
  if (held && !listed) held_.insert(it, index);
  if (!held && listed) held_.erase(it);
}

// The fee's worth in the instrument's quote asset: known for quote and base, and for all other cash at par; by mark for an
// asset that some instrument prices, else 0 here while the amount itself stays exact in its own account.
Decimal Portfolio::in_quote(AssetId asset, Decimal amount, const Fill& fill) const {
  const Instrument& ins = table_[fill.instrument];
  if (asset == ins.quote) return amount;
  if (asset == ins.base) return mul(amount, fill.px, Rounding::half_even);
  if (is_cash(asset) && is_cash(ins.quote)) return amount;
  for (const Instrument& other : table_.all())
    if (other.base == asset && (other.quote == ins.quote || (is_cash(other.quote) && is_cash(ins.quote))) && mark(other.id).last.is_set())
      return mul(amount, mark(other.id).last, Rounding::half_even);
  return Decimal::zero();
}

bool Portfolio::priced(AssetId asset, InstrumentId instrument) const {
  const Instrument& ins = table_[instrument];
  if (asset == ins.quote || asset == ins.base || (is_cash(asset) && is_cash(ins.quote))) return true;
  for (const Instrument& other : table_.all())
    if (other.base == asset && (other.quote == ins.quote || (is_cash(other.quote) && is_cash(ins.quote))) && mark(other.id).last.is_set()) return true;
  return false;
}

Portfolio::Draft Portfolio::draft(InstrumentId id) const {
  BOWLINE_EXPECTS(id.value >= 1 && id.value <= positions_.size());
  Draft d;
  d.p = positions_[id.value - 1];
  d.realised = realised_;
  d.fees = fees_;
  return d;
}

// All of it or nothing: a move that the ledger refuses takes those before it back, which always fits.
bool Portfolio::commit(InstrumentId id, Draft& d) {
  Position& p = d.p;
  if (!d.is_number()) return false;
  BOWLINE_ENSURES(!p.qty.is_negative());
  for (std::size_t i = 0; i < d.n; ++i) {
    const Draft::Move& m = d.moves[i];
    if (ledger_.move(m.asset, m.from, m.to, m.amount)) continue;
    while (i-- > 0) BOWLINE_INVARIANT(ledger_.move(d.moves[i].asset, d.moves[i].to, d.moves[i].from, d.moves[i].amount));
    return false;
  }
  if (p.qty.is_zero()) {
    p.cost = Decimal::zero();
    p.best_px = p.average = Decimal::not_set();
    p.opened = 0;
  } else {
    if (!p.best_px.is_set()) {
      p.opened = d.time;
      p.best_px = d.px;
    }
    p.average = div(p.cost, p.qty, Rounding::half_even);
  }
  positions_[id.value - 1] = p;
  realised_ = d.realised;
  fees_ = d.fees;
  ++changes_;
  held_changed(id.value - 1);
  revalue(id.value - 1);
  return true;
}

void Portfolio::pay_fee(const Fill& fill, Draft& d, Posted& done) const {
  const Instrument& ins = table_[fill.instrument];
  done.fee = fill.fee;
  done.fee_asset = fill.fee_asset;
  done.fee_assumed = !fill.fee.is_set();
  done.fee_taken = done.fee_cost = done.fee_worth = Decimal::zero();
  if (done.fee_assumed) {  // unknown is never 0: the worst tier until it is told (rules 2.4)
    done.fee_asset = ins.quote;
    done.fee = fill.fee_worth.is_set() ? fill.fee_worth : mul(done.notional, ins.rules.taker_fee, Rounding::up);
  }
  if (done.fee.is_zero()) return;
  if (done.fee_asset == ins.base && !fill.external) {
    // A fee in the asset bought or sold is a sale of that part at the fill's price whose proceeds are the fee: it leaves
    // at its average cost, and what it is worth stands under fees alone, so profit = realised + unrealised - fees. A
    // rebate is a purchase at that price.
    done.fee_taken = min(done.fee, d.p.qty);
    done.fee_cost = done.fee_taken.is_positive() ? share(d.p.cost, done.fee_taken, d.p.qty)
                                                 : mul(done.fee_taken, fill.px, Rounding::half_even);
    d.p.cost = d.p.cost - done.fee_cost;
    d.p.qty = d.p.qty - done.fee_taken;
    d.realise(mul(done.fee_taken, fill.px, Rounding::half_even) - done.fee_cost);
    d.move(done.fee_asset, Account::position, Account::fees, done.fee_taken);
  }
  d.move(done.fee_asset, Account::wallet, Account::fees, done.fee - done.fee_taken);
  if (fill.external) return;  // not a cost of what is managed
  done.fee_worth = fill.fee_worth.is_set() ? fill.fee_worth : in_quote(done.fee_asset, done.fee, fill);
  d.spend(done.fee_worth);
}

void Portfolio::take_fee_back(const Fill& fill, const Posted& posted, const Instrument& ins, Draft& d) {
  if (!posted.fee_taken.is_zero()) {
    d.p.qty = d.p.qty + posted.fee_taken;
    d.p.cost = d.p.cost + posted.fee_cost;
    d.realise(posted.fee_cost - mul(posted.fee_taken, fill.px, Rounding::half_even));
    if (d.p.qty.is_negative()) {  // a rebate that was sold since: it is owed out of the wallet
      d.move(ins.base, Account::wallet, Account::position, -d.p.qty);
      d.realise(-d.p.cost);
      d.p.qty = d.p.cost = Decimal::zero();
    }
    d.move(ins.base, Account::fees, Account::position, posted.fee_taken);
  }
  d.move(posted.fee_asset, Account::fees, Account::wallet, posted.fee - posted.fee_taken);
  d.spend(-posted.fee_worth);
}

Result<Posted> Portfolio::apply(const Fill& fill) {
  const Instrument& ins = table_[fill.instrument];
  if (!fill.px.is_set() || !fill.qty.is_set() || !fill.px.is_positive() || !fill.qty.is_positive())
    return Error{"FILL_NOT_POSITIVE", "a fill of " + ins.symbol + " without a positive price and quantity can't be true"};
  const auto too_large = [&] { return Error{"FILL_OVERFLOW", "a fill of " + ins.symbol + " is too large for the ledger"}; };
  Posted done;
  done.notional = mul(fill.px, fill.qty, Rounding::half_even);
  if (beyond(done.notional) || beyond(fill.qty) || (fill.fee.is_set() && beyond(fill.fee))) return too_large();
  Draft d = draft(fill.instrument);
  d.px = fill.px;
  d.time = fill.time;
  Decimal flow = Decimal::zero();
  if (fill.side == Side::buy) {
    if (!fill.external) {
      done.managed = fill.qty;
      done.cost = done.notional;
      d.p.qty = d.p.qty + fill.qty;
      d.p.cost = d.p.cost + done.notional;
    }
    d.move(ins.base, Account::traded, fill.external ? Account::wallet : Account::position, fill.qty);
    d.move(ins.quote, Account::wallet, Account::traded, done.notional);
  } else {
    const Decimal free = fill.external ? max(cash(ins.base), Decimal::zero()) : Decimal::zero();
    done.managed = fill.qty > free ? fill.qty - free : Decimal::zero();
    if (done.managed > d.p.qty)
      return Error{"FILL_BEYOND_POSITION", "a sale of " + ins.symbol + " beyond what is held: reconcile before trading it"};
    if (done.managed.is_positive()) {
      const Decimal proceeds = managed_proceeds(fill, done);
      done.cost = share(d.p.cost, done.managed, d.p.qty);
      d.p.qty = d.p.qty - done.managed;
      d.p.cost = d.p.cost - done.cost;
      d.realise(proceeds - done.cost);
      if (is_cash(ins.quote)) flow = -at_rate(ins.quote, proceeds);
    }
    d.move(ins.base, Account::position, Account::traded, done.managed);
    d.move(ins.base, Account::wallet, Account::traded, fill.qty - done.managed);
    d.move(ins.quote, Account::traded, Account::wallet, done.notional);
  }
  if (!d.is_number()) return too_large();
  pay_fee(fill, d, done);
  const Decimal before = fill.external ? cash() : Decimal::zero();
  if (!commit(fill.instrument, d)) return too_large();
  if (fill.external && !count_unmanaged_) note_flow(cash() - before + flow);
  return done;
}

Result<Decimal> Portfolio::reverse(const Fill& fill, const Posted& posted) {
  const Instrument& ins = table_[fill.instrument];
  Draft d = draft(fill.instrument);
  d.px = fill.px;
  d.time = fill.time;
  take_fee_back(fill, posted, ins, d);
  if (!d.is_number()) return Error{"FILL_OVERFLOW", "a fill of " + ins.symbol + " can't be taken back: too large for the ledger"};
  Decimal owed = Decimal::zero(), flow = Decimal::zero();
  if (fill.side == Side::buy) {
    const Decimal taken = min(posted.managed, d.p.qty);
    owed = posted.managed - taken;
    d.p.qty = d.p.qty - taken;
    d.p.cost = d.p.cost - posted.cost;
    // Of what was sold in between, the sale took its share of this purchase's cost: what that leaves is the sale's profit.
    if (d.p.qty.is_zero() || d.p.cost.is_negative()) {
      d.realise(-d.p.cost);
      d.p.cost = Decimal::zero();
    }
    d.move(ins.base, Account::position, Account::traded, taken);
    d.move(ins.base, Account::wallet, Account::traded, fill.qty - taken);
    d.move(ins.quote, Account::traded, Account::wallet, posted.notional);
  } else {
    if (posted.managed.is_positive()) {
      const Decimal proceeds = managed_proceeds(fill, posted);
      d.p.qty = d.p.qty + posted.managed;
      d.p.cost = d.p.cost + posted.cost;
      d.realise(posted.cost - proceeds);
      if (is_cash(ins.quote)) flow = at_rate(ins.quote, proceeds);
    }
    d.move(ins.base, Account::traded, Account::position, posted.managed);
    d.move(ins.base, Account::traded, Account::wallet, fill.qty - posted.managed);
    d.move(ins.quote, Account::wallet, Account::traded, posted.notional);
  }
  const Decimal before = cash();
  if (!commit(fill.instrument, d))
    return Error{"FILL_OVERFLOW", "a fill of " + ins.symbol + " can't be taken back: too large for the ledger"};
  if (fill.external && !count_unmanaged_) note_flow(cash() - before + flow);
  return owed;
}

Result<Portfolio::Corrected> Portfolio::correct(const Fill& was, const Posted& posted, const Fill& now) {
  BOWLINE_EXPECTS(was.instrument == now.instrument);
  const InstrumentId id = was.instrument;
  const auto index = static_cast<std::uint32_t>(id.value - 1);
  const Ledger old_ledger = ledger_;
  const Position old = positions_[index];
  const Decimal old_realised = realised_, old_fees = fees_, old_flows = net_flows_, old_peak = peak_;
  auto owed = reverse(was, posted);
  if (!owed) return std::move(owed).error();
  auto booked = apply(now);
  if (booked) {
    // What the old purchase owed the new one pays: only the difference was ever missing. Those coins were sold before, so
    // their cost is that sale's.
    const Decimal paid = min(*owed, positions_[index].qty);
    if (paid.is_zero()) return Corrected{*booked, *owed};
    Draft d = draft(id);
    const Decimal part = share(d.p.cost, paid, d.p.qty);
    d.p.qty = d.p.qty - paid;
    d.p.cost = d.p.cost - part;
    d.realise(-part);
    d.move(table_[id].base, Account::position, Account::wallet, paid);
    if (commit(id, d)) return Corrected{*booked, *owed - paid};
    booked = Error{"FILL_OVERFLOW", "a fill of " + table_[id].symbol + " is too large for the ledger"};
  }
  ledger_ = old_ledger;
  positions_[index] = old;
  realised_ = old_realised;
  fees_ = old_fees;
  net_flows_ = old_flows;
  day_base_ = day_start_ + day_flows();
  peak_ = old_peak;
  held_changed(index);
  revalue(index);
  return std::move(booked).error();
}

Result<Posted> Portfolio::tell_fee(const Fill& fill, const Posted& posted, Decimal fee, AssetId asset) {
  BOWLINE_EXPECTS(asset.value >= 1);
  const Instrument& ins = table_[fill.instrument];
  const auto too_large = [&] { return Error{"FILL_OVERFLOW", "a fee of " + ins.symbol + " is too large for the ledger"}; };
  if (beyond(fee)) return too_large();
  Draft d = draft(fill.instrument);
  d.px = fill.px;
  d.time = fill.time;
  Posted done = posted;
  take_fee_back(fill, posted, ins, d);
  if (!d.is_number()) return too_large();
  Fill told = fill;
  told.fee = fee;
  told.fee_asset = asset;
  pay_fee(told, d, done);
  const Decimal before = cash();
  if (!commit(fill.instrument, d)) return too_large();
  if (fill.external && !count_unmanaged_) note_flow(cash() - before);
  return done;
}

}  // namespace bowline::core
