// Emergency liquidation (trading rules 3.6). The latch first; then cancels, and reads of all orders until two agree; then
// each position slice by slice through the exit path, at the highest rank. Nothing here waits: every look goes one step
// further where the venue has answered, and on without its answer where it has not for too long, since an exit always ends
// in an attempt.
#include <algorithm>
#include <tuple>

#include "core/contract.hpp"
#include "observe/log.hpp"
#include "services/trade_execution/execution.hpp"
#include "store/halt_latch.hpp"
#include "store/operator_rows.hpp"
#include "store/receipt.hpp"

namespace bowline::services {
namespace {

namespace out = observe::log;
using core::InstrumentId;
using core::Nanos;
using core::Order;
using core::Purpose;
using core::Side;
using Phase = Liquidation::Phase;

constexpr std::uint32_t ask_balances = 8, ask_products = 16;
constexpr std::uint64_t tradable = 1, cancel_only = 2, limit_only = 4, post_only = 8, auction = 16, view_only = 32;
/// Looks without an answer after which a question counts as failed: ten seconds of a loop that waits.
constexpr std::uint32_t patience = 50;
/// Lists that fail until it goes on without one.
constexpr std::uint32_t most_failed_reads = 3;
/// Lists that differ until it goes on all the same: somebody else's orders come and go, and positions wait to be sold.
constexpr std::uint32_t most_reads = 10;
/// Reads in a row, and time, by which the venue has nothing free, until it is taken at its word. Where time stands still the
/// reads alone count.
constexpr std::uint32_t most_shorts = 10, most_shorts_at_once = 300;
constexpr Nanos short_for = 60'000'000'000;
/// How long somebody else's sale is waited for before what is free beside it is sold; where time stands still, in looks.
constexpr Nanos foreign_for = 60'000'000'000, second = 1'000'000'000;
constexpr std::uint32_t foreign_looks = 300;
/// How long a broker without room is left alone; where time stands still, in looks.
constexpr Nanos breath = 400'000'000;
constexpr std::uint32_t breath_looks = 2;

/// How far below the bid each rung sells, before the operator's end (trading rules 3.2).
const Decimal rungs[] = {Decimal::from_mantissa(1, -2), Decimal::from_mantissa(3, -2), Decimal::from_mantissa(8, -2)};

}  // namespace

// ---- asked --------------------------------------------------------------------------------------------------------

Liquidation Execution::planned_liquidation(const LiquidationRequest& q, Nanos now) const {
  Liquidation l;
  l.id = q.id;
  l.who = q.principal;
  l.why = q.reason;
  l.request = q.request_id;
  l.max_slice = q.max_slice;
  l.end = q.end;
  l.begun = now;
  for (const core::Instrument& ins : table_.all()) {
    Liquidation::Product p;
    p.id = ins.id;
    p.decision = core::decision_id(options_.seed, ins.symbol, now, "emergency", q.id);
    p.held_before = portfolio_.position(ins.id).qty;
    l.products.push_back(p);
  }
  return l;
}

Result<std::string> Execution::liquidate(const LiquidationRequest& q, Nanos now, bool& replayed) {
  replayed = false;
  if (q.dry_run) {
    Liquidation plan = planned_liquidation(q, now);
    plan.phase = Phase::planned;
    plan.cancels.asked = orders_.working().size();
    return store::sealed(liquidation_json(plan, portfolio_, orders_, journal_.head()), nullptr);
  }
  if (auto known = receipt(q.id)) {
    replayed = true;
    return *known;
  }
  if (liquidation_)
    return Error{"EMERGENCY_RUNNING", "liquidation " + liquidation_->id + " is running: GET /emergency/" + liquidation_->id + " tells how far it is"};
  if (states_.global().frozen) return Error{"EXIT_FROZEN", "freeze is on, the only state without exits: resume, or take it off with POST /trading/state, first"};
  gate_open_ = false;  // first, before anything that could fail
  if (latch_ != nullptr) {
    // A host that dies now goes on with it when it is started again, whatever its journal could still take.
    const store::Halt halt{store::HaltOrder::liquidate, q.id, q.principal, q.reason, q.max_slice, q.end};
    if (const auto done = latch_->engage(halt); !done) incident("LATCH_WRITE", done.error().message, now);
  }
  liquidation_ = planned_liquidation(q, now);
  now_ = std::max(now_, now);
  store::EmergencyRow row{q.id, "begun", q.principal, q.reason, q.request_id, q.max_slice, q.end, {}, {}};
  for (const Liquidation::Product& p : liquidation_->products) row.products.push_back({table_[p.id].symbol, p.decision, p.held_before});
  note(store::journal_kind::emergency, store::line(row));
  change_state(core::TradingState::halted, now, q.principal, q.reason, q.request_id, false);  // and makes it durable
  audit(now, q.principal, "liquidate", q.id, q.reason, q.request_id);
  const out::Scope scope({.service = "trade-execution", .request_id = q.request_id, .principal = q.principal});
  out::critical("execution", "emergency liquidation {}: the gate is closed, everything is cancelled and sold", q.id);
  liquidation_->cancels = cancel_all(now, true);
  static_cast<void>(look_at_liquidation(now));
  return liquidation_ ? receipt_now() : *receipt(q.id);
}

// Of one that runs: only the last word is signed.
std::string Execution::receipt_now() const { return store::sealed(liquidation_json(*liquidation_, portfolio_, orders_, journal_.head()), nullptr); }

std::string Execution::liquidation_progress() const {
  BOWLINE_EXPECTS(liquidation_.has_value());
  return liquidation_json(*liquidation_, portfolio_, orders_, {});
}

std::optional<std::string> Execution::receipt(std::string_view id) const {
  if (liquidation_ && liquidation_->id == id) return receipt_now();
  const auto* done = memory_.receipts.find(id);
  return done == nullptr ? std::nullopt : std::optional(*done);
}

// Every order of every product that can still fill, whoever made it and whatever it protects: its coins are to be sold. But not
// somebody else's sale of what is not managed here (trading rules 5.6), nor what protects a frozen product: it can't be sold meanwhile.
// `asked_too`: those whose cancel was asked for before, too.
Cancels Execution::cancel_all(Nanos now, bool asked_too) {
  std::vector<Order*> all;
  for (Order* o : orders_.working())
    if (o->intent.purpose != Purpose::emergency && (asked_too || !o->cancel_asked) && !sells_unmanaged(*o) &&
        (o->intent.side() == Side::buy || !states_.frozen(o->intent.instrument())))
      all.push_back(o);
  return request_cancels(all, now);
}

// ---- one look -----------------------------------------------------------------------------------------------------

bool Execution::look_at_liquidation(Nanos now) {
  if (!liquidation_ || waits_for_history()) return false;
  now_ = std::max(now_, now);
  // The broker has no room for more now: nothing of it is used up by asking again at once.
  if (liquidation_->busy_since >= 0) {
    if (now - liquidation_->busy_since < breath && ++liquidation_->busy_looks < breath_looks) return false;
    liquidation_->busy_since = -1;
    liquidation_->busy_looks = 0;
  }
  busy_ = false;
  const auto mark = [this] {
    return std::tuple(requests_, counts_.orders, liquidation_ ? liquidation_->phase : Phase::done, liquidation_ ? liquidation_->reads : 0);
  };
  const auto before = mark();
  if (liquidation_->phase == Phase::reading) {
    liquidation_->cancels.asked += cancel_all(now, false).asked;  // what the broker had no room for
    if (!busy_) read_all_orders();
  }
  if (liquidation_->phase == Phase::selling && !busy_) {
    static_cast<void>(fresh_view());
    bool over = true;
    // What is read is sold before anything else is read: else the reads would use up what the venue takes.
    for (const bool ready : {true, false})
      for (Liquidation::Product& p : liquidation_->products) {
        if (busy_) {
          over = false;
          break;
        }
        if (p.was_read != ready) continue;
        over = look_at_product(p, now) && over;
        if (approved_.empty()) continue;
        flush_frame(now);
        const Order* slice = busy_ ? orders_.find(p.slice) : nullptr;
        if (slice == nullptr || slice->state != core::OrderState::denied) continue;
        p.slice = {};  // nothing left: the read stands
        p.was_read = true;
        p.stalled = false;
      }
    if (over) begin_final_read();
  }
  if (liquidation_->phase == Phase::checking && !busy_) read_once_more(now);
  if (busy_ && liquidation_) liquidation_->busy_since = now;
  return !busy_ && mark() != before;
}

// What met nothing, or was not taken, is tried again when time has passed; where time stands still, after some looks.
bool Execution::due(Liquidation::Product& p, Nanos now) {
  if (p.tried == now && ++p.idle < 25) return false;
  p.tried = now;
  p.idle = 0;
  return true;
}

void Execution::read_all_orders() {
  Liquidation& l = *liquidation_;
  if (l.asked) {
    if (!asked_.empty() && ++l.waits < patience) return;
    if (asked_.empty()) return judge_list();
    l.asked = false;
    ++l.failed_reads;
  }
  if (l.failed_reads >= most_failed_reads) {
    incident("RECONCILE_INCOMPLETE", "the venue did not list its orders: what is known is sold all the same", now_);
    l.phase = Phase::selling;
    return;
  }
  l.waits = 0;
  list_whole_ = false;
  const auto sent = ask_venue();
  l.asked = sent.ok();
  if (sent) return;
  if (says_again(sent.error())) busy_ = true;
  else ++l.failed_reads;
}

// The answer is here, and all that was asked because of it.
void Execution::judge_list() {
  Liquidation& l = *liquidation_;
  l.asked = false;
  if (!list_whole_) {
    ++l.failed_reads;
    return;
  }
  ++l.reads;
  std::vector<core::ClientOrderId> list = named_;
  std::erase_if(list, [this](const core::ClientOrderId& id) {
    const Order* o = orders_.find(id);
    return o != nullptr && o->external;
  });
  std::sort(list.begin(), list.end());
  const bool agrees = l.reads > 1 && list == l.last_list;
  if (!agrees && l.reads >= most_reads)
    incident("RECONCILE_INCOMPLETE", "the venue's list of our orders is another at each read: what is known is sold all the same", now_);
  if (agrees || l.reads >= most_reads) {
    l.whole_list = agrees;
    l.phase = Phase::selling;
    // What came in between the two looks, or whose first cancel was lost.
    const Cancels late = cancel_all(now_, true);
    l.cancels.failed += late.failed;
    return;
  }
  l.last_list = std::move(list);
}

// Once until it is sold, or can be: nobody may believe that it is on its way.
void Execution::park(Liquidation::Product& p, std::string_view why, Nanos now) {
  if (!p.parked) incident("EMERGENCY_PARKED", table_[p.id].symbol + std::string(why), now);
  p.parked = true;
}

bool Execution::look_at_product(Liquidation::Product& p, Nanos now) {
  if (states_.frozen(p.id) && !portfolio_.position(p.id).qty.is_zero() && !portfolio_.dust(p.id)) {
    park(p, " is frozen: its stop stays, and it is sold as soon as the freeze is taken off", now);
    return false;
  }
  Order* working = in_the_way(p.id);
  if (working == nullptr && guards_) working = resting_of(p.id);
  if (working != nullptr) {
    const bool ours = working->intent.decision == p.decision;
    const bool asked = working->cancel_asked && now - working->updated < second;  // also of one whose fate is not known: each costs the venue a search
    if ((!ours || overdue(*working, now)) && !asked && due(p, now)) static_cast<void>(request_cancel(*working, now));
    return false;
  }
  if (unsettled(p.id)) return false;
  const Decimal held = portfolio_.position(p.id).qty;
  if (!p.slice.empty()) {  // and it has ended
    const Order* o = orders_.find(p.slice);
    const bool reached = o != nullptr && o->state != core::OrderState::denied;
    p.stalled = held >= p.held_at_slice;
    if (p.stalled && reached) ++p.rung;
    p.slice = {};
    p.was_read = false;
  }
  if (held.is_zero() || portfolio_.dust(p.id)) return in_the_way(p.id) == nullptr;
  const bool theirs = foreign_sale_holds(p, now);
  if (theirs && (now - p.foreign_since < foreign_for && ++p.foreign_looks < foreign_looks)) return false;
  if (!theirs && short_for_good(p, now)) return true;
  if (p.read != 0) {
    if (++p.waits < patience) return false;
    p.read = 0;
  } else if (!p.was_read) {
    if (p.stalled && !due(p, now)) return false;
    if (ask_position(p)) return false;
  }
  return sell_slice(p, table_[p.id], now);
}

// Somebody else's sale holds coins of it: its cancel is asked for, once a second, until its end is known.
bool Execution::foreign_sale_holds(Liquidation::Product& p, Nanos now) {
  std::vector<Order*> theirs;
  for (Order* o : orders_.working())
    if (o->external && o->intent.instrument() == p.id && o->intent.side() == Side::sell && !sells_unmanaged(*o)) theirs.push_back(o);
  if (theirs.empty()) return false;
  if (p.foreign_since < 0) p.foreign_since = now;
  if (now - p.foreign_asked >= second) {
    p.foreign_asked = now;
    for (Order* o : theirs) static_cast<void>(request_cancel(*o, now));
  }
  return true;
}

bool Execution::short_for_good(const Liquidation::Product& p, Nanos now) {
  return p.shorts >= most_shorts_at_once || (p.shorts >= most_shorts && now - p.short_since >= short_for);
}

bool Execution::ask_position(Liquidation::Product& p) {
  bl_query q{};
  q.size = sizeof q;
  q.scope = ask_balances | ask_products;
  p.read = requests_ + 1;  // it may be answered at once
  p.waits = 0;
  p.at_venue = Decimal::not_set();
  const auto asked = ask(q);
  if (asked) return true;
  p.read = 0;
  if (!says_again(asked.error())) return false;
  busy_ = true;  // not yet: it is asked again
  return true;
}

// Through the target book and the exit floor like any exit. True when nothing can be made of what is left.
bool Execution::sell_slice(Liquidation::Product& p, const core::Instrument& ins, Nanos now) {
  const std::uint64_t flags = product_flags_.empty() ? 0 : product_flags_[p.id.value - 1];
  const bool closed = flags != 0 && ((flags & tradable) == 0 || (flags & (cancel_only | post_only | auction | view_only)) != 0);
  p.was_read = false;  // whatever comes of it, it is read anew before the next
  p.tried = now;
  p.idle = 0;
  if (closed) {
    park(p, " is not tradable: it is sold as soon as it is", now);
    p.stalled = true;
    return false;
  }
  const Decimal bid = portfolio_.bid(p.id);
  const auto too_little = [&](Decimal qty) {
    const Decimal worth = mul(qty, bid, Rounding::down);
    return qty < ins.rules.base_min || (worth.is_set() && worth < ins.rules.quote_min);
  };
  if (p.at_venue.is_set() && p.at_venue < portfolio_.position(p.id).qty && too_little(p.at_venue)) {
    // A hold may be let go a moment after its order: it is looked at again, and then said.
    if (p.shorts++ == 0) p.short_since = now;
    if (p.shorts == most_shorts) incident("POSITION_SHORT", "the venue has nothing free of " + ins.symbol + ", of which a position is held here", now);
    p.stalled = true;
    return false;
  }
  if (!book_.insists(p.id, Purpose::emergency)) {
    core::Target t;
    t.instrument = p.id;
    t.purpose = Purpose::emergency;
    t.weight = 0;
    t.decision = p.decision;
    t.time = now;
    t.valid_until = now;
    t.ref_px = portfolio_.mark(p.id).last;
    book_.put(t);
    insist(p.id, Purpose::emergency);
  }
  const std::size_t before = approved_.size();
  consider(p.id, now);
  if (approved_.size() == before) {
    p.stalled = true;
    // It gives up what no order can be made of; what the venue owes fills of is not that.
    if (!book_.insists(p.id, Purpose::emergency)) return owed(p.id, Side::sell).is_zero();
    park(p, liquidation_->end.is_set() ? " has no bid from which the end of the ladder could be counted, or none that leaves a price: it is sold as soon as it has"
                                       : " is let out by no check now: it is tried again", now);
    return false;
  }
  p.slice = core::ClientOrderId(approved_.back()->client_id());
  p.parked = false;
  p.shorts = 0;
  p.held_at_slice = portfolio_.position(p.id).qty;
  return false;
}

// What one slice sells at most: what the venue has free, and the operator's worth of a slice.
Decimal Execution::emergency_slice(InstrumentId id, Decimal qty) {
  Liquidation::Product* p = liquidation_ ? liquidation_->product(id) : nullptr;
  if (p == nullptr) return qty;
  const core::Instrument& ins = table_[id];
  if (p->at_venue.is_set() && p->at_venue < qty) {
    if (!p->short_told) incident("POSITION_SHORT", "the venue has less of " + ins.symbol + " free than is held here: what it has is sold", now_);
    p->short_told = true;
    qty = floor_to(p->at_venue, ins.rules.base_step);
  }
  // Without a price what it cost is its worth.
  const Decimal bid = portfolio_.bid(id), px = bid.is_positive() ? bid : portfolio_.average(id);
  if (!liquidation_->max_slice.is_set() || !px.is_positive()) return qty;
  Decimal most = floor_to(div(liquidation_->max_slice, px, Rounding::down), ins.rules.base_step);
  if (!most.is_set()) return qty;  // more than any amount
  // Not less than the venue takes, and no rest that it would not take.
  most = max(most, max(ins.rules.base_min, ins.rules.base_step));
  const Decimal rest = qty - most, worth = mul(rest, px, Rounding::down);
  const bool rest_sells = rest >= ins.rules.base_min && (!worth.is_set() || worth >= ins.rules.quote_min);
  return most >= qty || !rest_sells ? qty : most;
}

// The ladder of rule 3.2: a limit that is met at once, further below the bid each time, to the operator's end; without one, at last
// a market order. False: there is an end, and no bid to count it from.
bool Execution::shape_slice(core::Intent& intent) {
  const InstrumentId id = intent.instrument();
  const std::uint64_t flags = product_flags_.empty() ? 0 : product_flags_[id.value - 1];
  const Liquidation::Product* p = liquidation_ ? liquidation_->product(id) : nullptr;
  const Decimal end = liquidation_ ? liquidation_->end : Decimal::not_set();
  const std::uint32_t rung = p == nullptr ? 0 : p->rung;
  if (!end.is_set() && rung >= std::size(rungs) && (flags & limit_only) == 0) return true;
  const Decimal last = end.is_set() ? end : rungs[2];
  const Decimal below = rung < std::size(rungs) ? min(rungs[rung], last) : last;
  const core::Instrument& ins = table_[id];
  const Decimal px = floor_to(portfolio_.bid(id) - mul(portfolio_.bid(id), below, Rounding::up), ins.rules.px_step);
  if (!px.is_set() || !px.is_positive()) return !end.is_set();
  intent.abi.type = BL_LIMIT;
  intent.abi.limit_px = px.raw();
  return true;
}

// ---- answers ------------------------------------------------------------------------------------------------------

void Execution::told_of_liquidation(const bl_balance_ev& b) {
  told_of_final_read(b);
  for (Liquidation::Product& p : liquidation_->products) {
    if (p.read == 0 || table_[p.id].base.value != b.asset) continue;
    const Decimal total = Decimal::from_raw(b.total), hold = Decimal::from_raw(b.hold);
    if (!total.is_set()) continue;
    // With what is not ours to sell: more than is held here is never sold anyhow.
    const Decimal free = total - (hold.is_set() ? hold : Decimal::zero());
    p.at_venue = free.is_negative() ? Decimal::zero() : free;  // not set: nobody knows, and what is held is sold
  }
}

void Execution::told_of_liquidation(const bl_done& done) {
  if (done.request == list_request_) list_whole_ = done.status >= 0 && done.complete != 0;
  told_of_final_read(done);
  for (Liquidation::Product& p : liquidation_->products)
    if (p.read != 0 && p.read == done.request) {
      p.read = 0;
      p.was_read = true;
      if (done.status < 0) p.at_venue = Decimal::not_set();
    }
}

void Execution::told_of_product(const bl_product& told) {
  const InstrumentId id{told.h.instrument};
  if (!id || id.value > table_.size()) return;
  if (product_flags_.empty()) product_flags_.assign(table_.size(), 0);
  product_flags_[id.value - 1] = told.flags;
  if (largest_.empty()) largest_.resize(table_.size());
  const auto bound = [](bl_dec v) { return Decimal::from_raw(v).is_positive() ? Decimal::from_raw(v) : Decimal::not_set(); };
  largest_[id.value - 1] = {bound(told.base_max), bound(told.quote_max)};
}

// As much of it as the venue takes in one order: of more it refuses all, each time, and a position that has grown above it would
// never be sold (trading rules 3.2). What is left follows, since the exit is insisted on.
Decimal Execution::in_one_order(InstrumentId id, Decimal qty) const {
  if (largest_.empty() || !qty.is_set()) return qty;
  const LargestOrder& most = largest_[id.value - 1];
  if (most.qty.is_set()) qty = min(qty, floor_to(most.qty, table_[id].rules.base_step));
  const Decimal px = portfolio_.ask(id).is_positive() ? portfolio_.ask(id) : portfolio_.mark(id).last;
  if (most.notional.is_set() && px.is_positive())
    if (const Decimal at_most = floor_to(div(most.notional, px, Rounding::down), table_[id].rules.base_step); at_most.is_set()) qty = min(qty, at_most);
  return qty;
}

// ---- the end ------------------------------------------------------------------------------------------------------

void Execution::end_liquidation(Phase how, Nanos now) {
  Liquidation& l = *liquidation_;
  l.phase = how;
  l.ended = now;
  for (const Liquidation::Product& p : l.products)
    if (book_.has(p.id, Purpose::emergency)) clear(p.id, Purpose::emergency);
  if (tick_ != 0) tell_tick();  // its row has one place: behind the head that the receipt tells
  const std::string text = store::sealed(liquidation_json(l, portfolio_, orders_, journal_.head()), receipt_key_);
  if (receipt_key_ != nullptr && !store::is_signed(text)) incident("RECEIPT_UNSIGNED", "the receipt of liquidation " + l.id + " could not be signed", now);
  note(store::journal_kind::emergency,
       store::line(store::EmergencyRow{l.id, how == Phase::done ? "done" : "interrupted", l.who, l.why, l.request, l.max_slice, l.end, {}, text}));
  if (const auto done = journal_.flush(); !done) incident("JOURNAL_WRITE", done.error().message, now);
  audit(now, how == Phase::done ? "host" : l.who, how == Phase::done ? "liquidated" : "liquidation_interrupted", l.id, l.why, l.request);
  const out::Scope scope({.service = "trade-execution", .request_id = l.request, .principal = l.who});
  out::warning("execution", "emergency liquidation {}: {}", l.id, how == Phase::done ? "nothing is left that can be sold" : "interrupted by a resume");
  memory_.receipts.put(l.id, text);
  liquidation_.reset();
}

Result<void> Execution::restore_emergency(const store::JournalRow& row) {
  auto r = store::read_emergency(row.payload);
  if (!r) return r.error();
  if (r->event != "begun") {
    if (liquidation_ && liquidation_->id == r->id) liquidation_.reset();
    memory_.receipts.put(r->id, std::move(r->receipt));
    return {};
  }
  Liquidation l;
  l.id = r->id;
  l.who = r->who;
  l.why = r->why;
  l.request = r->request;
  l.max_slice = r->max_slice;
  l.end = r->end;
  l.begun = row.time;
  // All that is traded now: what was added since is held, too, if it is held.
  for (const core::Instrument& ins : table_.all()) {
    Liquidation::Product p;
    p.id = ins.id;
    p.decision = core::decision_id(options_.seed, ins.symbol, row.time, "emergency", r->id);
    for (const store::EmergencyRow::Product& was : r->products)
      if (was.symbol == ins.symbol) {
        p.decision = was.decision;
        p.held_before = was.held;
      }
    l.products.push_back(p);
  }
  liquidation_ = std::move(l);
  return {};
}

}  // namespace bowline::services
