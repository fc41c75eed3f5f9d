#include "core/portfolio.hpp"

#include <algorithm>
#include <array>

#include "core/contract.hpp"

namespace bowline::core {
namespace {
constexpr Nanos day_ns = 86'400'000'000'000;

/// What of `cost` belongs to `part` of `whole` > 0. The product may pass 128 bits for cheap, plentiful assets: then the
/// ratio is taken first, which loses at most 10^-18 of the cost.
Decimal share(Decimal cost, Decimal part, Decimal whole) {
  if (part == whole) return cost;
  const Decimal product = mul(cost, part, Rounding::half_even);
  return product.is_set() ? div(product, whole, Rounding::half_even)
                          : mul(cost, div(part, whole, Rounding::half_even), Rounding::half_even);
}

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

bool beyond(Decimal amount) noexcept { return !amount.is_set() || abs(amount) > Ledger::largest; }

/// What the managed part of a sale brought.
Decimal managed_proceeds(const Fill& fill, const Posted& posted) {
  return posted.managed == fill.qty ? posted.notional : mul(fill.px, posted.managed, Rounding::half_even);
}
}  // namespace

std::string_view to_string(Flow kind) noexcept { return to_string(account_of(kind)); }

/// What the book will be. It is written down whole, with the ledger's moves, or not at all.
struct Portfolio::Draft {
  struct Move {
    AssetId asset;
    Account from = Account::wallet, to = Account::wallet;
    Decimal amount;
  };
  Position p;
  Decimal realised, fees;
  Decimal px;      // for a position that opens with it
  Nanos time = 0;
  std::array<Move, 6> moves{};
  std::size_t n = 0;

  void move(AssetId asset, Account from, Account to, Decimal amount) {
    if (amount.is_zero()) return;
    BOWLINE_INVARIANT(n < moves.size());
    moves[n++] = {asset, from, to, amount};
  }
  void realise(Decimal gain) {
    p.realised = p.realised + gain;
    realised = realised + gain;
  }
  void spend(Decimal worth) {
    p.fees = p.fees + worth;
    fees = fees + worth;
  }
  bool is_number() const {
    return p.qty.is_set() && p.cost.is_set() && p.realised.is_set() && p.fees.is_set() && realised.is_set() && fees.is_set();
  }
};

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

void Portfolio::set_pegs(std::vector<Peg> pegs, Nanos stale_after) {
  for (const Peg& p : pegs) BOWLINE_EXPECTS(p.asset != accounting_);
  pegs_.set(std::move(pegs), stale_after);
  plain_ = !count_unmanaged_ && !pegs_.any();
}

std::string_view Portfolio::peg_refusal(InstrumentId id, Nanos now) const {
  if (!pegs_.any()) return {};
  if (is_cash(table_[id].base)) return "PEG_PRODUCT";
  switch (pegs_.state(table_[id].quote, now)) {
    case PegState::holds: return {};
    case PegState::unknown: return "PEG_UNKNOWN";
    case PegState::broken: break;
  }
  return "PEG_BROKEN";
}

Decimal Portfolio::pegged_cash() const {
  Decimal sum = cash(accounting_);
  for (const Peg& p : pegs_.all()) sum = sum + at_rate(p.asset, cash(p.asset));
  return sum;
}

Decimal Portfolio::sizing_equity(Nanos now) const {
  if (!pegs_.any()) return equity();
  Decimal less = Decimal::zero();
  for (const Peg& p : pegs_.all()) {
    if (pegs_.state(p.asset, now) == PegState::holds) continue;
    less = less + max(at_rate(p.asset, cash(p.asset)), Decimal::zero());
    for (const std::uint32_t i : held_)
      if (table_.all()[i].quote == p.asset) less = less + at_rate(p.asset, positions_[i].value);
  }
  return equity() - less;
}

void Portfolio::held_changed(std::uint32_t index) {
  const auto it = std::lower_bound(held_.begin(), held_.end(), index);
  const bool listed = it != held_.end() && *it == index;
  const bool held = !positions_[index].qty.is_zero();
  if (held && !listed) held_.insert(it, index);
  if (!held && listed) held_.erase(it);
}

// Asked for several times a step, changed once: kept. The sum is taken anew, so that a value that left the range of
// Decimal does not stay in it for good.
[[gnu::hot]] void Portfolio::revalue(std::uint32_t index) {
  Position& p = positions_[index];
  const Mark& m = marks_[index];
  if (p.qty.is_zero() || !m.last.is_set()) {
    p.value = p.at_bid = Decimal::zero();
  } else {
    p.value = mul(p.qty, m.last, Rounding::half_even);
    p.at_bid = m.bid.is_set() ? mul(p.qty, m.loss_bid.is_set() ? m.loss_bid : m.bid, Rounding::half_even)
                              : p.value - mul(p.value, half_spread_, Rounding::half_even);
  }
  sum_exposure();
}

[[gnu::hot]] void Portfolio::sum_exposure() {
  exposure_ = exposure_at_bid_ = Decimal::zero();
  if (pegs_.at_par()) {
    for (const std::uint32_t i : held_) {
      exposure_ = exposure_ + positions_[i].value;
      exposure_at_bid_ = exposure_at_bid_ + positions_[i].at_bid;
    }
  } else {
    for (const std::uint32_t i : held_) {
      exposure_ = exposure_ + at_rate(table_.all()[i].quote, positions_[i].value);
      exposure_at_bid_ = exposure_at_bid_ + at_rate(table_.all()[i].quote, positions_[i].at_bid);
    }
  }
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
  if (before.is_positive() && after.is_positive())
    peak_ = share(peak_, after, before);
  else
    peak_ = max(after, Decimal::zero());
}

[[gnu::hot]] void Portfolio::set_mark(InstrumentId id, const Mark& mark, bool counts) {
  BOWLINE_EXPECTS(id.value >= 1 && id.value <= marks_.size());
  marks_[id.value - 1] = mark;
  Position& p = positions_[id.value - 1];
  if (pegs_.any() && pegs_.price(id, mark.last, mark.time)) [[unlikely]] sum_exposure();
  if (counts && p.best_px.is_set() && mark.last.is_set() && mark.last > p.best_px) p.best_px = mark.last;
  if (!p.qty.is_zero()) revalue(id.value - 1);
}

Decimal Portfolio::bid(InstrumentId id) const {
  const Mark& m = mark(id);
  if (m.bid.is_set()) return m.bid;
  return m.last.is_set() ? m.last - mul(m.last, half_spread_, Rounding::half_even) : Decimal::not_set();
}
Decimal Portfolio::ask(InstrumentId id) const {
  const Mark& m = mark(id);
  if (m.ask.is_set()) return m.ask;
  return m.last.is_set() ? m.last + mul(m.last, half_spread_, Rounding::half_even) : Decimal::not_set();
}
Decimal Portfolio::average(InstrumentId id) const {
  return position(id).average;
}
Decimal Portfolio::value(InstrumentId id) const {
  return position(id).value;
}
Decimal Portfolio::unrealised(InstrumentId id) const {
  const Position& p = position(id);
  if (p.qty.is_zero()) return Decimal::zero();
  const Decimal b = bid(id);
  return b.is_set() ? mul(p.qty, b, Rounding::half_even) - p.cost : Decimal::zero();
}
[[gnu::hot]] bool Portfolio::dust(InstrumentId id) const {
  const Position& p = position(id);
  if (p.qty.is_zero()) return false;
  const ProductRules& r = table_[id].rules;
  if (p.qty < r.base_min || p.qty < r.base_step) return true;
  // Asked at every step: where the bid is derived and can't be less than half the last price, a value of more than twice
  // the smallest order answers it.
  if (half_spread_is_small_ && !mark(id).bid.is_set() && p.value > r.quote_min + r.quote_min) return false;
  const Decimal b = bid(id);
  return b.is_set() && mul(p.qty, b, Rounding::half_even) < r.quote_min;
}

Decimal Portfolio::realised() const { return realised_; }
Decimal Portfolio::fees() const { return fees_; }
Decimal Portfolio::unrealised() const {
  Decimal sum = Decimal::zero();
  for (const std::uint32_t i : held_) sum = sum + unrealised({i + 1});
  return sum;
}

void Portfolio::restore_step(std::uint64_t version, Decimal peak, Decimal day_start, Nanos day, Decimal net_flows, Decimal day_flows) {
  BOWLINE_EXPECTS(peak.is_set() && net_flows.is_set() && day_flows.is_set());
  net_flows_ = net_flows;
  day_start_flows_ = net_flows - day_flows;
  version_ = version;
  peak_ = peak;
  day_start_ = day_start;
  day_base_ = day_start_ + day_flows;
  day_ = day;
}

void Portfolio::restore_best(InstrumentId id, Decimal px) {
  BOWLINE_EXPECTS(id.value >= 1 && id.value <= positions_.size() && px.is_set());
  Position& p = positions_[id.value - 1];
  if (p.best_px.is_set() && px > p.best_px) p.best_px = px;
}

Decimal Portfolio::loss_px(InstrumentId id) const { return mark(id).loss_bid.is_set() ? mark(id).loss_bid : bid(id); }

Decimal Portfolio::unmanaged_value() const { return unmanaged_at(false); }

Decimal Portfolio::unmanaged_at(bool bid) const {
  Decimal sum = Decimal::zero();
  const auto& all = table_.all();
  for (auto it = all.begin(); it != all.end(); ++it) {
    if (!is_cash(it->quote) || is_cash(it->base) || !mark(it->id).last.is_set()) continue;
    // One wallet, however many products trade it.
    if (std::any_of(all.begin(), it, [&](const Instrument& o) { return o.base == it->base && is_cash(o.quote) && mark(o.id).last.is_set(); }))
      continue;
    const Decimal qty = cash(it->base);
    if (qty.is_positive()) sum = sum + at_rate(it->quote, mul(qty, bid ? loss_px(it->id) : mark(it->id).last, Rounding::half_even));
  }
  return sum;
}

bool Portfolio::books_agree() const {
  if (!ledger_.balanced()) return false;
  for (std::uint32_t asset = 1; asset <= ledger_.assets(); ++asset) {
    Decimal sum = Decimal::zero();
    for (const Instrument& ins : table_.all())
      if (ins.base.value == asset) sum = sum + positions_[ins.id.value - 1].qty;
    if (sum != ledger_.balance({asset}, Account::position)) return false;
  }
  return true;
}

[[gnu::hot]] void Portfolio::close_step(Nanos now) {
#ifndef __OPTIMIZE__
  BOWLINE_INVARIANT(books_agree());
#endif
  ++version_;
  const Decimal e = equity_at_bid();
  if (!e.is_set()) return;
  if (e > peak_) peak_ = e;
  const Nanos day = now / day_ns;
  if (day != day_) {
    day_ = day;
    day_start_ = day_base_ = e;
    day_start_flows_ = net_flows_;
  }
}

}  // namespace bowline::core
