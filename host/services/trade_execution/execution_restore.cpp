// Execution's memory: what outlives the process goes into the journal as it happens, and comes back from it.
#include <algorithm>
#include <limits>

#include "core/contract.hpp"
#include "services/trade_execution/execution.hpp"
#include "store/operator_rows.hpp"
#include "store/restored_row.hpp"

namespace bowline::services {
namespace {

using core::InstrumentId;
using core::Nanos;
using core::Order;
using core::OrderEvent;
using core::OrderState;
using core::Purpose;
using core::Side;

constexpr Nanos hour_ns = 3'600'000'000'000, day_ns = 24 * hour_ns;

/// What is sold whole by its target, attempt after attempt.
constexpr bool exits(Purpose p) noexcept { return p == Purpose::exit || p == Purpose::stop || p == Purpose::operator_order; }

Error bad(std::string what) { return {"JOURNAL_ROW", std::move(what)}; }

}  // namespace

// ---- written ------------------------------------------------------------------------------------------------------

void Execution::note(std::string_view kind, std::string_view payload) {
  if (tick_ != 0) tell_tick();
  if (const auto done = journal_.note(kind, now_, payload); !done) incident("JOURNAL_WRITE", done.error().message, now_);
}

store::StepRow Execution::step_row() {
  store::StepRow r;
  r.settled = settled_;
  r.day = portfolio_.day();
  r.version = portfolio_.version();
  r.seq = seq_;
  r.peak = portfolio_.peak();
  r.day_start = portfolio_.day_start();
  r.max_drawdown = max_drawdown_;
  r.day_notional = day_notional(now_);
  r.net_flows = portfolio_.net_flows();
  r.day_flows = portfolio_.day_flows();
  trips_.note(r, now_);
  return r;
}

// In the row of a step that is over: what is decided again after a restart must not know its prices before they come again.
void Execution::add_best(store::StepRow& row) {
  for (const core::Instrument& ins : table_.all()) {
    const Decimal best = portfolio_.position(ins.id).best_px;
    Decimal& noted = noted_best_[ins.id.value - 1];
    if (best.is_set() && best != noted) row.best.emplace_back(ins.symbol, best);
    noted = best;
  }
}

bool Execution::best_is_news() const noexcept {
  return std::any_of(table_.all().begin(), table_.all().end(), [this](const core::Instrument& ins) {
    const Decimal best = portfolio_.position(ins.id).best_px;
    return best.is_set() && best != noted_best_[ins.id.value - 1];
  });
}

void Execution::note_target(const core::Target& t, bool insists) {
  if (!durable_journal_) return;
  note(store::journal_kind::target, store::line(store::TargetRow{table_[t.instrument].symbol, t.purpose, t.weight, t.valid_until,
                                                                 t.decision, t.ref_px, insists, false, t.keep}));
}

void Execution::note_gone(std::string_view symbol, Purpose purpose) {
  if (!durable_journal_) return;
  store::TargetRow r;
  r.symbol = symbol;
  r.purpose = purpose;
  r.gone = true;
  note(store::journal_kind::target, store::line(r));
}

void Execution::insist(InstrumentId id, Purpose purpose) {
  if (book_.insists(id, purpose)) return;
  book_.insist(id, purpose);
  if (const core::Target* t = book_.at(id, purpose)) note_target(*t, true);
}

void Execution::give_up(InstrumentId id, Purpose purpose) {
  if (!book_.insists(id, purpose)) return;
  book_.give_up(id, purpose);
  if (exits(purpose)) rungs_[id.value - 1] = 0;
  note_gone(table_[id].symbol, purpose);
}

void Execution::clear(InstrumentId id, Purpose purpose) {
  const bool outlives = book_.insists(id, purpose) || (purpose == Purpose::rebalance && book_.has(id, purpose));
  book_.clear(id, purpose);
  if (outlives && exits(purpose)) rungs_[id.value - 1] = 0;
  if (outlives) note_gone(table_[id].symbol, purpose);
}

// ---- read ---------------------------------------------------------------------------------------------------------

Result<void> Execution::restore(const store::JournalRow& row, core::RecordSink* project) {
  namespace kind = store::journal_kind;
  auto done = restore_row(row, project);
  if (done && tell_rules_ && (row.kind == kind::fill || row.kind == kind::inventory || row.kind == kind::flow)) keep_past(row.time);
  return done;
}

// What is held is another than it was: the rules are told of it when the bars of then are recalled.
void Execution::keep_past(Nanos at) {
  for (const core::Instrument& ins : table_.all()) {
    const core::Position& p = portfolio_.position(ins.id);
    core::Position& was = past_now_[ins.id.value - 1];
    if (was.qty == p.qty && was.cost == p.cost && was.realised == p.realised && was.fees == p.fees) continue;
    past_.push_back({ins.id, p, at});
    was = p;
  }
}

void Execution::recall_positions(Nanos until) {
  for (; past_told_ < past_.size() && past_[past_told_].time <= until; ++past_told_) {
    const PastPosition& one = past_[past_told_];
    const core::ProductRules& rules = table_[one.instrument].rules;
    const Decimal qty = one.position.qty, bid = portfolio_.bid(one.instrument), worth = mul(qty, bid, Rounding::half_even);
    const bool dust = !qty.is_zero() && (qty < rules.base_min || qty < rules.base_step ||
                                         (worth.is_set() && worth < rules.quote_min));
    tell_position(one.instrument, one.position, dust, one.time, 1);
  }
  if (past_told_ == past_.size()) {
    past_ = {};
    past_told_ = 0;
  }
}

Result<void> Execution::restore_row(const store::JournalRow& row, core::RecordSink* project) {
  namespace kind = store::journal_kind;
  now_ = std::max(now_, row.time);
  ++seq_;
  if (row.kind == kind::intent) return restore_intent(row, project);
  if (row.kind == kind::external) return restore_external(row, project);
  if (row.kind == kind::flow) return restore_flow(row);
  if (row.kind == kind::inventory) return restore_inventory(row);
  if (row.kind == kind::reclassify) return restore_reclassify(row);
  if (row.kind == kind::order) return restore_order(row, project);
  if (row.kind == kind::fill) return restore_fill(row, project);
  if (row.kind == kind::sizing) return restore_sizing(row, project);
  if (row.kind == kind::target) return restore_target(row);
  if (row.kind == kind::state) return restore_state(row);
  if (row.kind == kind::owed) return restore_owed(row);
  if (row.kind == kind::step) return restore_step(row);
  if (row.kind == kind::protection) return restore_protection(row);
  if (row.kind == kind::reentry) return restore_reentry(row);
  if (row.kind == kind::product_state) return restore_product_state(row);
  if (row.kind == kind::lock) return restore_lock(row);
  if (row.kind == kind::close) return restore_close(row);
  if (row.kind == kind::emergency) return restore_emergency(row);
  if (row.kind == kind::block) return restore_block(row);
  if (row.kind == kind::adoption) return restore_adoption(row);
  if (row.kind == kind::ramp) return restore_ramp(row);
  if (row.kind == kind::asked) return restore_asked(row);
  if (row.kind == kind::restored) return restore_put_back(row);
  if (row.kind == kind::balance) {
    const auto r = store::read_balance(row.payload);
    if (!r) return r.error();
    const core::AssetId asset = table_.find_asset(r->asset);
    if (!asset) return bad("a balance of " + r->asset + ", which no instrument of this run has");
    portfolio_.set_cash(asset, r->total);
    cash_known_ = true;
    opening_ns_ = row.time;
  } else if (row.kind == kind::agreed) {
    const auto r = store::read_balance(row.payload);
    if (!r) return r.error();
    const core::AssetId asset = table_.find_asset(r->asset);
    if (!asset) return bad("a balance of " + r->asset + ", which no instrument of this run has");
    base_agreed_.resize(table_.asset_count());
    base_agreed_[asset.value - 1] = row.time;
  } else if (row.kind == kind::command) {
    const auto r = store::read_command(row.payload);
    if (!r) return r.error();
    TradeAnswer answer;
    answer.order = r->order;
    answer.qty = r->qty;
    answer.checks = r->checks;
    memory_.orders.put(r->key, {r->body, std::move(answer)});
  }
  return {};
}

Result<void> Execution::restore_intent(const store::JournalRow& row, core::RecordSink* project) {
  const auto intent = store::read_intent(row.payload, table_);
  if (!intent) return intent.error();
  const auto added = orders_.add(*intent, row.time, seq_);
  if (!added) return added.error();
  ++attempts_[{intent->decision.hi, intent->decision.lo}];
  count_rung(*intent);
  count_entry_order(*intent);
  if (intent->side() == Side::buy) ramp_.count(row.time);
  if (core::rests_as_stop(*intent)) {
    guards_ = true;  // it is the position's protection again, whatever is configured now
    rests_[intent->abi.instrument - 1].placed = intent->abi.decided_ns;
  }
  recent_orders_.push_back(row.time);
  if (project != nullptr) project->put(record_of(**added));
  return {};
}

Result<void> Execution::restore_order(const store::JournalRow& row, core::RecordSink* project) {
  const auto r = store::read_order(row.payload);
  if (!r) return r.error();
  Order* order = orders_.find(r->order);
  if (order == nullptr) return bad("order " + std::string(r->order.view()) + " has no intent before it");
  if (!r->venue_id.empty() && !orders_.set_venue_id(*order, r->venue_id))
    return bad("order " + std::string(r->order.view()) + " has the venue's id of another: " + r->venue_id);
  if (!r->text.empty()) order->reason = r->text;
  const OrderState from = order->state;
  if (auto done = orders_.apply(*order, r->event, row.time, &r->terms); !done) return done;
  if (order->state != r->to)
    return bad("order " + std::string(r->order.view()) + " was " + std::string(core::to_string(r->to)) + " and would be " +
               std::string(core::to_string(order->state)) + " now");
  if (r->event == OrderEvent::deny) uncount_rung(*order);
  if (r->event == OrderEvent::proved_absent) note_tombstone(*order);
  if (!order->external && core::rests_as_stop(order->intent)) resting_moved(*order);
  if (r->event == OrderEvent::amend_sent) recent_orders_.push_back(row.time);
  if (project != nullptr) {
    core::OrderEventRecord e;
    e.order = order->id();
    e.seq = seq_;
    e.time = row.time;
    e.event = core::to_string(r->event);
    e.from = core::to_string(from);
    e.to = core::to_string(order->state);
    e.text = r->event == OrderEvent::amend_sent ? told_terms(r->terms) : r->text;
    project->put(std::move(e));
    project->put(record_of(*order));
  }
  return {};
}

Result<void> Execution::restore_sizing(const store::JournalRow& row, core::RecordSink* project) const {
  if (project == nullptr) return {};
  auto r = store::read_sizing(row.payload);
  if (!r) return r.error();
  r->made.time = row.time;
  r->made.instrument = table_.find(r->symbol);
  if (!r->made.instrument) return bad("an order of " + r->symbol + ", which is not among the instruments of this run");
  project->put(std::move(r->made));
  return {};
}

Result<void> Execution::restore_target(const store::JournalRow& row) {
  const auto r = store::read_target(row.payload);
  if (!r) return r.error();
  if (r->symbol == "*") {
    book_.clear_all(r->purpose);
    return {};
  }
  const InstrumentId id = table_.find(r->symbol);
  if (!id) return bad("a target of " + r->symbol + ", which is not among the instruments of this run");
  if (r->gone) {
    book_.clear(id, r->purpose);
    if (exits(r->purpose)) rungs_[id.value - 1] = 0;
    return {};
  }
  core::Target t;
  t.instrument = id;
  t.purpose = r->purpose;
  t.weight = r->weight;
  t.decision = r->decision;
  t.time = row.time;
  t.valid_until = r->valid_until;
  t.ref_px = r->ref_px;
  t.keep = r->keep;
  if (!book_.put(t)) return bad("a target of " + r->symbol + " with a weight that can't be");
  if (r->insists) book_.insist(id, t.purpose);
  return {};
}

Result<void> Execution::restore_state(const store::JournalRow& row) {
  const auto r = store::read_state(row.payload);
  if (!r) return r.error();
  states_.set_global({r->state, r->frozen, row.time, r->who, r->why, r->request});
  put_back_ = false;
  put_back_by_hand_.clear();
  remember_request(r->request);
  gate_open_ = r->gate_open;
  if (r->looked) {
    blocks_.lift_all();
    std::erase_if(ended_, [](const EndedOrder& e) { return e.judged; });
  }
  return {};
}

// The rows before it are older than the venue: what is told of orders that they do not have is no fault of the venue's.
Result<void> Execution::restore_put_back(const store::JournalRow& row) {
  const auto r = store::read_restored(row.payload);
  if (!r) return r.error();
  put_back_ = true;
  put_back_by_hand_ = r->from.empty() ? r->why : std::string();
  return {};
}

Result<void> Execution::restore_step(const store::JournalRow& row) {
  const auto r = store::read_step(row.payload);
  if (!r) return r.error();
  settled_ = std::max(settled_, r->settled);
  if (restored_flow_) restore_flow_of_day(r->day);
  portfolio_.restore_step(r->version, r->peak, r->day_start, r->day, r->net_flows, r->day_flows);
  seq_ = std::max(seq_, r->seq);
  max_drawdown_ = r->max_drawdown;
  persisted_day_ = r->settled / (options_.time_by_data ? day_ns : hour_ns);
  for (const auto& [symbol, px] : r->best) {
    const InstrumentId id = table_.find(symbol);
    if (!id) return bad("the best price of " + symbol + ", which is not among the instruments of this run");
    portfolio_.restore_best(id, px);
  }
  return trips_.restore(*r, row.time);
}

void Execution::recall_bar(const bl_bar& bar) {
  bl_bar replayed = bar;
  replayed.h.flags |= 1u;
  if (const auto done = broker_.on_event(replayed.h); !done) broker_failed(done.error());
  mark_by_bar(bar);
}

void Execution::recall_quote(const bl_quote& quote) { mark_by_quote(quote); }

void Execution::tell_rules_of_today() {
  if (!tell_rules_) return;
  recall_positions(std::numeric_limits<Nanos>::max());
  const auto tell = [this](const Order& o) {
    if (o.external) return;
    for (const core::BookedFill& f : o.fills) {
      if (f.undone || f.fill.time / day_ns != now_ / day_ns) continue;
      bl_fill e{};
      e.h.size = sizeof e;
      e.h.type = BL_EV_FILL;
      e.h.flags = 1;  // replayed
      e.h.instrument = f.fill.instrument.value;
      e.h.ts_event = e.h.ts_recv = f.fill.time;
      std::copy_n(o.intent.abi.client_id, sizeof e.client_id, e.client_id);
      std::copy_n(f.id.data(), std::min(f.id.size(), sizeof e.fill_id - 1), e.fill_id);
      e.side = static_cast<std::uint32_t>(f.fill.side);
      e.fee_asset = f.fill.fee_asset.value;
      e.px = f.fill.px.raw();
      e.qty = f.fill.qty.raw();
      e.fee = f.fill.fee.raw();
      tell_rules_(e.h);
    }
  };
  for (const Order* o : orders_.done()) tell(*o);
  for (const Order* o : orders_.working()) tell(*o);
}

void Execution::restored() {
  resuming_ = recalling_ = true;
  now_ = settled_;
  inherited_until_ = settled_ + 2 * options_.interval;
  seq_ += 1u << 20;  // above what the process may have numbered after its last row
  inherited_seq_ = seq_;
  const std::vector<Order*> working = orders_.working();  // what is applied changes the list
  for (Order* o : working)
    if (o->state == OrderState::recorded || o->state == OrderState::submitted)
      move(*o, OrderEvent::restarted, now_, "the process ended before its answer came");
  amends_restored();
  std::erase_if(recent_orders_, [this](Nanos t) { return t <= now_ - 60'000'000'000; });
  view_is_old_ = true;
}

}  // namespace bowline::services
