// What the venue says is there, held against the ledger (trading rules 5.6). A difference that no trade explains is a
// change of its own: classified, booked, journaled and told. Where it took managed inventory, everything halts (3.7).
#include <algorithm>

#include "observe/log.hpp"
#include "services/trade_execution/execution.hpp"

namespace bowline::services {
namespace {

using core::AssetId;
using core::Flow;
using core::Order;
using core::OrderState;
using core::Side;

constexpr std::uint32_t ask_fills = 4, ask_balances = 8;  // of bl_query
constexpr core::Nanos hour = 3'600'000'000'000, behind_for = 30'000'000'000;
constexpr std::uint32_t most_comparisons = 4, looks_of_a_fill = 3;
constexpr std::uint16_t flag_snapshot = 2;  // of bl_event

/// A venue that rounds otherwise is not one where something came or went.
const Decimal rounding = Decimal::from_mantissa(1, -6);  // of a step
/// How far two changes may be apart in worth and still be one asset changed into the other: its price, and its fee.
const Decimal conversion_band = Decimal::from_mantissa(3, -2);

}  // namespace

// Cash comes into the book from the venue's first word. Later words are the venue's own arithmetic over the same fills: the
// ledger stays what the fills say, and a difference is asked about before it counts.
void Execution::on_balance(const bl_balance_ev& b) {
  const AssetId asset{b.asset};
  const Decimal total = Decimal::from_raw(b.total);
  if (asset.value > table_.asset_count())
    return incident("BALANCE_UNKNOWN_ASSET", "the venue tells a balance of an asset that this run does not have", now_);
  if (!asset || !total.is_set()) return;
  venue_word_.resize(table_.asset_count());
  venue_word_[asset.value - 1] = {total, Decimal::from_raw(b.hold), now_};
  if (!begun_ && !cash_known_ && counts_.fills == 0) {
    opening_ns_ = agreed_ns_ = now_;
    if (durable_journal_ && total != portfolio_.cash(asset))
      note(store::journal_kind::balance, store::line(store::BalanceRow{std::string(table_.asset_code(asset)), total}));
    portfolio_.set_cash(asset, total);
    return;
  }
  std::vector<Decimal>& to = !asked_.empty() && (b.h.flags & flag_snapshot) != 0 ? told_totals_ : heard_totals_;
  to.resize(table_.asset_count(), Decimal::not_set());
  to[asset.value - 1] = total;
}

Decimal Execution::step_of(AssetId asset) const {
  Decimal smallest = Decimal::not_set();
  for (const core::Instrument& ins : table_.all()) {
    const Decimal step = ins.base == asset ? ins.rules.base_step : ins.quote == asset ? ins.rules.quote_step : Decimal::not_set();
    if (step.is_set() && (!smallest.is_set() || step < smallest)) smallest = step;
  }
  return smallest;
}

Decimal Execution::difference(AssetId asset, Decimal total) const {
  const Decimal d = total - portfolio_.ledger().venue(asset);
  const Decimal step = step_of(asset);
  if (d.is_set() && step.is_set() && abs(d) < mul(step, rounding, Rounding::up)) return Decimal::zero();
  return d;
}

// An order whose fills are not all told, or that may be live, explains a difference of what it trades.
bool Execution::in_doubt(AssetId asset) const {
  const auto trades = [&](const Order& o) {
    const core::Instrument& ins = table_[o.intent.instrument()];
    return ins.base == asset || ins.quote == asset;
  };
  for (const Order* o : orders_.working())
    if ((o->state == OrderState::unknown || o->state == OrderState::submitted || o->state == OrderState::recorded) && trades(*o)) return true;
  for (const EndedOrder& e : ended_)
    if (const Order* o = orders_.find(e.order); o != nullptr && o->cum_qty != e.told && trades(*o)) return true;
  for (const auto& [id, told] : short_of_fills_)
    if (const Order* o = orders_.find(id); o != nullptr && o->cum_qty < told && trades(*o)) return true;
  return std::any_of(strangers_.begin(), strangers_.end(), [&](const StrangerFill& s) {
    const core::InstrumentId id{s.fill.h.instrument};
    return !id || id.value > table_.size() || table_[id].base == asset || table_[id].quote == asset;
  });
}

// Whether an order that works could have filled by it, though nobody told of the fill yet.
bool Execution::looks_like_a_fill(const BalanceDifference& d) const {
  return std::any_of(orders_.working().begin(), orders_.working().end(), [&](const Order* o) { return looks_like_a_fill(d, *o); });
}

bool Execution::looks_like_a_fill(const BalanceDifference& d, const Order& o) const {
  const core::Instrument& ins = table_[o.intent.instrument()];
  const bool buys = o.intent.side() == Side::buy;
  if (ins.base == d.asset) return buys != d.amount.is_negative() && (!o.leaves().is_set() || abs(d.amount) <= o.leaves());
  return ins.quote == d.asset && buys == d.amount.is_negative();
}

// Of fills that the balance of their base has agreed with since no fee was taken in it: they explain no shortfall any more, or with
// each turnover more of it could be missing unseen. Those of the moments before it may not have been in it.
std::vector<Execution::FeeOwed> Execution::fees_owed(AssetId base) const {
  std::vector<FeeOwed> owed;
  const core::Nanos agreed = base.value <= base_agreed_.size() ? base_agreed_[base.value - 1] : 0;
  const auto count = [&](const Order& o) {
    const core::Instrument& ins = table_[o.intent.instrument()];
    if (ins.base != base) return;
    for (const core::BookedFill& f : o.fills)
      if (!f.undone && !f.corrected && f.posted.fee_assumed && (agreed == 0 || f.fill.time + behind_for > agreed))
        owed.push_back({o.id(), f.id, mul(f.fill.qty, ins.rules.taker_fee, Rounding::up)});
  };
  for (const Order* o : orders_.done()) count(*o);
  for (const Order* o : orders_.working()) count(*o);
  return owed;
}

// A fee that is not told is booked at the worst tier: what it was less, or that it was taken in base, is no flow.
bool Execution::explained_by_fees(AssetId asset, Decimal amount) const {
  Decimal in_quote = Decimal::zero(), in_base = Decimal::zero();
  const auto count = [&](const Order& o) {
    if (table_[o.intent.instrument()].quote != asset) return;
    for (const core::BookedFill& f : o.fills)
      if (!f.undone && f.posted.fee_assumed) in_quote = in_quote + f.posted.fee;
  };
  if (amount.is_positive()) {
    for (const Order* o : orders_.done()) count(*o);
    for (const Order* o : orders_.working()) count(*o);
  } else {
    for (const FeeOwed& f : fees_owed(asset)) in_base = in_base + f.most;
  }
  const Decimal most = amount.is_positive() ? in_quote : in_base;
  return most.is_set() && abs(amount) <= most;
}

// A venue's balances follow its fills, some seconds later. What fills of the last moments would make of them, if they were not
// in there yet, may be just that: booked as a change, it would take a position off the book, and the stop off the position.
bool Execution::behind_its_fills(const BalanceDifference& d) const {
  Decimal lacks = Decimal::zero();
  const auto count = [&](const Order& o) {
    const core::Instrument& ins = table_[o.intent.instrument()];
    if (ins.base != d.asset && ins.quote != d.asset) return;
    for (const core::BookedFill& f : o.fills) {
      if (f.undone || now_ - f.fill.time >= behind_for) continue;
      const bool came = (f.fill.side == Side::buy) == (ins.base == d.asset);
      if (came != d.amount.is_negative()) continue;
      lacks = lacks + (ins.base == d.asset ? f.fill.qty : f.posted.notional + max(f.posted.fee_worth, Decimal::zero()));
    }
  };
  for (const Order* o : orders_.done()) count(*o);
  for (const Order* o : orders_.working()) count(*o);
  return lacks.is_set() && abs(d.amount) <= lacks;
}

// ---- asked ------------------------------------------------------------------------------------------------------------

void Execution::ask_what_is_there() {
  bl_query q{};
  q.size = sizeof q;
  q.scope = ask_fills | ask_balances;
  // What nobody told may have happened at any time since they agreed last.
  q.since_ns = std::max<core::Nanos>(0, (agreed_ns_ >= 0 ? std::min(agreed_ns_, now_) : settled_) - hour);
  balances_due_ = !ask(q);  // asked again at the next step
  if (!balances_due_) balances_asked_ = now_;
}

// Balances come with it: no question of their own is due beside it. Where every step asks for all, one that stayed due would
// never be asked, nothing would agree any more, and each answer would tell every fill since the first doubt again.
void Execution::ask_for_all() {
  balances_due_ = false;  // before it is sent: what the answer leaves in doubt is due anew
  venue_due_ = !ask_venue();
  if (!venue_due_) orders_asked_ = balances_asked_ = now_;
}

// Two words of the venue, a step apart, that the ledger does not agree with: not a fill on its way.
void Execution::hear_balances() {
  if (heard_totals_.empty() || balances_due_) return;
  bool differs = false;
  for (std::uint32_t n = 1; n <= heard_totals_.size(); ++n)
    differs = differs || (heard_totals_[n - 1].is_set() && !difference({n}, heard_totals_[n - 1]).is_zero());
  balances_due_ = differs && heard_before_;
  heard_before_ = differs && !balances_due_;
  if (!differs || balances_due_) heard_totals_.clear();
}

void Execution::reconcile_if_due() {
  if (!begun_) return;
  if (!asked_.empty()) give_up_on_answers();
  if (!asked_.empty()) return;
  if (options_.orders_every > 0 && now_ - orders_asked_ >= options_.orders_every) venue_due_ = true;
  if (venue_due_) return ask_for_all();
  hear_balances();
  if (options_.balances_every > 0 && now_ - balances_asked_ >= options_.balances_every) balances_due_ = true;
  if (!balances_due_ || !held_back_.empty()) return;
  for (std::uint32_t n = 1; n <= table_.asset_count(); ++n)
    if (in_doubt({n})) return;
  ask_what_is_there();
}

// ---- compared ---------------------------------------------------------------------------------------------------------

void Execution::compare_balances(bool whole) {
  std::vector<Decimal> told;
  told.swap(told_totals_);
  if (told.empty()) return;
  if (!whole || !held_back_.empty()) {  // or the venue is ahead of engine time
    balances_due_ = true;
    return;
  }
  std::vector<BalanceDifference> found;
  for (std::uint32_t n = 1; n <= told.size(); ++n) {
    const AssetId asset{n};
    if (!told[n - 1].is_set()) continue;
    const Decimal d = difference(asset, told[n - 1]);
    if (d.is_zero()) {
      note_agreed(asset, told[n - 1]);
      continue;
    }
    if (!d.is_set()) {  // no ledger holds it, so none can be brought to it
      doubt_products_of(asset, "BALANCE_UNEXPLAINED", "the venue tells a balance that no account can hold");
      continue;
    }
    if (in_doubt(asset)) balances_due_ = true;
    else if (d.is_positive() && explained_by_fees(asset, d)) continue;
    else if (behind_its_fills({asset, d})) balances_due_ = true;
    else found.push_back({asset, d});
  }
  // A fill may be in the one answer and not yet in the other: only what stays the same is a change of its own, and longer where
  // a fill of an order that works would look so.
  bool wait = false;
  std::vector<BalanceDifference> changes, fresh;
  for (BalanceDifference& d : found) {
    const auto before = std::find_if(differences_.begin(), differences_.end(), [&d](const BalanceDifference& o) { return o.asset == d.asset && o.amount == d.amount; });
    if (before != differences_.end()) d.looks = before->looks + 1;
    const bool like_a_fill = looks_like_a_fill(d);
    if (d.looks >= (like_a_fill ? looks_of_a_fill : 1)) {
      changes.push_back(d);
    } else {
      wait = wait || like_a_fill;
      fresh.push_back(d);
    }
  }
  // What fees in base explain is theirs: it leaves the book, and those fills explain nothing more.
  const auto of_fees = std::stable_partition(changes.begin(), changes.end(), [this](const BalanceDifference& d) { return !d.amount.is_negative() || !explained_by_fees(d.asset, d.amount); });
  for (auto d = of_fees; d != changes.end(); ++d) book_as_fees(*d);
  changes.erase(of_fees, changes.end());
  for (const BalanceDifference& d : changes) book_change(d, class_of(d, changes));
  if (fresh.empty() && !balances_due_) agreed_ns_ = now_;
  differences_ = std::move(fresh);
  if (differences_.empty()) {
    comparisons_ = 0;
    return;
  }
  if (wait) {
    balances_due_ = true;  // a step later
    return;
  }
  if (++comparisons_ < most_comparisons) return ask_what_is_there();
  for (const BalanceDifference& d : differences_) doubt_products_of(d.asset, "BALANCE_UNEXPLAINED", "the venue's balance differs from the ledger, each time otherwise");
  differences_.clear();
  comparisons_ = 0;
}

// More came of what earns at the venue than it may have earned of all that is held of it: somebody brought it.
bool Execution::may_be_reward(const BalanceDifference& d) const {
  for (const RewardBound& r : options_.rewards)
    if (r.asset == d.asset) return d.amount.is_positive() && d.amount <= mul(r.most, portfolio_.ledger().venue(d.asset), Rounding::down);
  return false;
}

Flow Execution::class_of(const BalanceDifference& d, const std::vector<BalanceDifference>& all) const {
  const bool reward = may_be_reward(d);
  if (const Decimal step = step_of(d.asset); step.is_set() && abs(d.amount) < step) return reward ? Flow::reward : Flow::correction;
  const auto worth = [this](const BalanceDifference& x) {
    if (portfolio_.is_cash(x.asset)) return abs(x.amount);  // at par, which is within the band of a conversion
    for (const core::Instrument& ins : table_.all())
      if (ins.base == x.asset && portfolio_.is_cash(ins.quote) && portfolio_.mark(ins.id).last.is_set())
        return mul(abs(x.amount), portfolio_.mark(ins.id).last, Rounding::half_even);
    return Decimal::not_set();
  };
  if (all.size() == 2) {
    const BalanceDifference& other = all[0].asset == d.asset ? all[1] : all[0];
    const Decimal a = worth(d), b = worth(other);
    if (d.amount.is_negative() != other.amount.is_negative() && a.is_set() && b.is_set() &&
        abs(a - b) <= mul(max(a, b), conversion_band, Rounding::up))
      return Flow::conversion;
  }
  if (reward) return Flow::reward;
  return d.amount.is_positive() ? Flow::deposit : Flow::withdrawal;
}

void Execution::book_change(const BalanceDifference& d, Flow kind) {
  std::vector<Decimal> held;
  for (const core::Instrument& ins : table_.all()) held.push_back(portfolio_.position(ins.id).qty);
  const std::string code(table_.asset_code(d.asset));
  const auto dropped = portfolio_.book_flow(d.asset, kind, d.amount);
  if (!dropped) return doubt_products_of(d.asset, dropped.error().code, dropped.error().message);
  flows_of_day_.booked(portfolio_.day(), d.asset, kind, d.amount);
  for (const core::Instrument& ins : table_.all()) position_over(ins.id);
  changed_ = view_is_old_ = true;
  if (durable_journal_) {
    note(store::journal_kind::flow, store::line(store::FlowRow{code, kind, d.amount}));
    note_flows();
  }
  incident("BALANCE_CHANGED", code + " changed by " + d.amount.to_string() + " without a trade: booked as " + std::string(core::to_string(kind)), now_);
  if (!dropped->is_positive()) return;
  for (const core::Instrument& ins : table_.all()) {
    if (portfolio_.position(ins.id).qty == held[ins.id.value - 1]) continue;
    // What our own orders sold, though nobody told the fills, went by nobody else's hand.
    const bool ours = adoption_ && held[ins.id.value - 1] - portfolio_.position(ins.id).qty <= owed(ins.id, Side::sell);
    if (!ours) position_dropped(ins.id, now_, {});
    if (tell_rules_) tell_position(ins.id, now_);
  }
}

// That a base was as the book has it is worth a row where fills without a fee could explain that it was not: the next process must
// not begin with what this one has ruled out.
void Execution::note_agreed(AssetId base, Decimal total) {
  if (in_doubt(base)) return;
  const std::vector<FeeOwed> owed = fees_owed(base);
  const bool news = std::any_of(owed.begin(), owed.end(), [this](const FeeOwed& f) {
    const Order* o = orders_.find(f.order);
    const core::BookedFill* fill = o != nullptr ? o->fill(f.fill) : nullptr;
    return fill != nullptr && fill->fill.time + behind_for <= now_;
  });
  if (!news) return;
  base_agreed_.resize(table_.asset_count());
  base_agreed_[base.value - 1] = now_;
  if (durable_journal_) note(store::journal_kind::agreed, store::line(store::BalanceRow{std::string(table_.asset_code(base)), total}));
}

// Each fill bears its part, as if the venue had told it: the fee that was assumed in quote is paid back with it, and the position is
// what the venue has, so that no exit offers more.
void Execution::book_as_fees(const BalanceDifference& d) {
  const std::vector<FeeOwed> owed = fees_owed(d.asset);
  Decimal most = Decimal::zero(), left = -d.amount;
  for (const FeeOwed& f : owed) most = most + f.most;
  const Decimal part = div(left, most, Rounding::up);
  for (const FeeOwed& f : owed) {
    Order* order = orders_.find(f.order);
    ++seq_;
    core::FillReport r;
    r.id = f.fill;
    r.told = -1;  // nobody's word (core/booking.cpp): what the venue tells of it later takes its place
    r.fill = order->fill(f.fill)->fill;
    r.fill.fee = min(left, mul(f.most, part, Rounding::up));
    r.fill.fee_asset = d.asset;
    r.fill.fee_worth = Decimal::not_set();  // of today: what it had was the assumed one's
    const auto booked = book(*order, r);
    if (!booked || booked->as != core::BookedAs::fee)
      return doubt_products_of(d.asset, "BALANCE_UNEXPLAINED", "the venue has less than the ledger, and it could not be booked as fees of fills that told none");
    left = left - r.fill.fee;
    bl_fill told{};
    told.h.ts_recv = now_;
    after_booking(*order, *order->fill(f.fill), *booked, told);
  }
  observe::log::warning("execution", "{} {} is missing: booked as the fees of {} fills that told none", (-d.amount).to_string(), table_.asset_code(d.asset), owed.size());
}

void Execution::doubt_products_of(AssetId asset, std::string_view code, std::string_view text) {
  bool any = false;
  for (const core::Instrument& ins : table_.all()) {
    if (ins.base != asset && ins.quote != asset) continue;
    block(ins.id, code, text, now_);
    any = true;
  }
  if (!any) incident(code, text, now_);
}

Result<void> Execution::restore_flow(const store::JournalRow& row) {
  const auto r = store::read_flow(row.payload);
  if (!r) return r.error();
  const AssetId asset = table_.find_asset(r->asset);
  if (!asset) return Error{"JOURNAL_ROW", "a change of " + r->asset + ", which no instrument of this run has"};
  const auto booked = portfolio_.book_flow(asset, r->kind, r->amount);
  for (const core::Instrument& ins : table_.all()) position_over(ins.id);
  if (!booked) return booked.error();
  restored_flow_ = *r;
  return {};
}

}  // namespace bowline::services
