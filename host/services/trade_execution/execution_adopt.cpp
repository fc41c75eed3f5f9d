// An operator's word that what stands unexplained is to be taken as the venue tells it, and what is told of how the book
// stands against the venue. Nothing here makes an order, cancels one, or sells.
//
// An adoption asks the venue for everything until two answers in a row agree, or a few have not; only then does it take
// anything: a fill may be in one part of an answer and not yet in another. What it takes stands in one commit of the journal.
#include <algorithm>
#include <array>

#include "observe/log.hpp"
#include "services/trade_execution/execution.hpp"
#include "services/trade_execution/incidents.hpp"
#include "store/operator_rows.hpp"

namespace bowline::services {
namespace {

namespace out = observe::log;
using core::AssetId;
using core::ClientOrderId;
using core::InstrumentId;
using core::Nanos;
using core::Order;
using core::OrderState;
using Phase = Adoption::Phase;

constexpr std::uint32_t most_rounds = 4;

/// What it takes, beside balances that agree, until a reason is explained.
enum class Needs : std::uint8_t {
  agreement,   ///< nothing more
  order_over,  ///< its order works no more
  fills,       ///< the fills of its order are told, or given up
  order_known  ///< the venue knows its order, or it is over
};

struct Explained {
  std::string_view code;
  Needs needs;
};

/// What is not in it only an operator's resume takes off.
constexpr auto explained = std::to_array<Explained>({
    {"BALANCE_UNEXPLAINED", Needs::agreement},
    {"EXEC_MISMATCH", Needs::order_over},
    {"EXEC_UNKNOWN_ORDER", Needs::order_over},
    {"EXTERNAL_ORDERS_FULL", Needs::agreement},
    {"FILLED_SHORT", Needs::agreement},
    {"FILLS_MISSING", Needs::fills},
    {"FILLS_TOO_MANY", Needs::agreement},
    {"FILL_AFTER_REJECT", Needs::agreement},
    {"FILL_BEYOND_ORDER", Needs::agreement},
    {"FILL_BEYOND_POSITION", Needs::agreement},
    {"FILL_CHANGED_OWED", Needs::agreement},
    {"FILL_CONTRADICTS", Needs::agreement},
    {"FILL_FEE_ASSET", Needs::agreement},
    {"FILL_MISMATCH", Needs::agreement},
    {"FILL_NOT_POSITIVE", Needs::agreement},
    {"FILL_OVERFLOW", Needs::agreement},
    {"FILL_UNKNOWN_ORDER", Needs::agreement},
    {"FILL_WITHOUT_ID", Needs::agreement},
    {"FLOW_AMOUNT", Needs::agreement},
    {"FLOW_BEYOND_BALANCE", Needs::agreement},
    {"FLOW_OVERFLOW", Needs::agreement},
    {"ORDER_CAME_BACK", Needs::order_over},
    {"ORDER_GONE", Needs::order_known},
    {"ORDER_HELD", Needs::order_over},
    {"ORDER_KNOWN", Needs::agreement},
    {"ORDER_MALFORMED", Needs::agreement},
    {"ORDER_WITHOUT_ID", Needs::agreement},
    {"POSITION_DROPPED", Needs::agreement},
});

const Explained* how_explained(std::string_view code) noexcept {
  const auto at = std::find_if(explained.begin(), explained.end(), [code](const Explained& e) { return e.code == code; });
  return at == explained.end() ? nullptr : &*at;
}

bool names(std::span<const AdoptedOrder> orders, const ClientOrderId& id) {
  return std::any_of(orders.begin(), orders.end(), [&id](const AdoptedOrder& o) { return o.order == id; });
}

/// It was acknowledged, or its cancel was asked for: the venue has known it, or there is nothing left to know.
bool was_there(OrderState s) noexcept {
  return s == OrderState::open || s == OrderState::partially_filled || s == OrderState::cancel_pending;
}

std::string quoted(const ClientOrderId& id) { return "order " + std::string(id.view()); }

}  // namespace

// ---- what could be taken ------------------------------------------------------------------------------------------

bool Execution::in_scope(AssetId asset, InstrumentId only) const {
  return !only || table_[only].base == asset || table_[only].quote == asset;
}

// Ended, its fills had time to come, and they are not what the venue said.
std::vector<AdoptedOrder> Execution::closable(InstrumentId only) const {
  std::vector<AdoptedOrder> found;
  const auto add = [&](const Order& o, Decimal told) {
    if (!core::is_terminal(o.state) || (only && o.intent.instrument() != only) || names(found, o.id())) return;
    found.push_back({o.id(), o.intent.instrument(), true, o.cum_qty, told});
  };
  for (const EndedOrder& e : ended_)
    if (const Order* o = orders_.find(e.order); o != nullptr && e.judged && o->cum_qty != e.told) add(*o, e.told);
  for (const auto& [id, told] : short_of_fills_) {
    const bool ended_just_now = std::any_of(ended_.begin(), ended_.end(), [&id = id](const EndedOrder& e) { return e.order == id && !e.judged; });
    if (const Order* o = orders_.find(id); o != nullptr && !ended_just_now && o->cum_qty < told) add(*o, told);
  }
  return found;
}

// As in_doubt(), in words, and but for the fills of those orders.
std::string Execution::doubt_of(AssetId asset, std::span<const AdoptedOrder> but) const {
  const auto trades = [&](const Order& o) {
    const core::Instrument& ins = table_[o.intent.instrument()];
    return ins.base == asset || ins.quote == asset;
  };
  for (const Order* o : orders_.working())
    if ((o->state == OrderState::unknown || o->state == OrderState::submitted || o->state == OrderState::recorded) && trades(*o))
      return "what became of " + quoted(o->id()) + " is not known";
  for (const EndedOrder& e : ended_)
    if (const Order* o = orders_.find(e.order); o != nullptr && o->cum_qty != e.told && trades(*o) && !names(but, e.order))
      return (e.judged ? "fills are missing of " : "fills may still come of ") + quoted(e.order);
  for (const auto& [id, told] : short_of_fills_)
    if (const Order* o = orders_.find(id); o != nullptr && o->cum_qty < told && trades(*o) && !names(but, id))
      return "fills are missing of " + quoted(id) + (core::is_terminal(o->state) ? "" : ", which works still");
  const bool strange = std::any_of(strangers_.begin(), strangers_.end(), [&](const StrangerFill& s) {
    const InstrumentId id{s.fill.h.instrument};
    return !id || id.value > table_.size() || table_[id].base == asset || table_[id].quote == asset;
  });
  return strange ? "the venue told a fill of an order that is not known yet" : "";
}

// It would count twice: once as a change, and once as the fill that is told later.
std::string Execution::doubt_of(const BalanceDifference& d, std::span<const ClientOrderId> but) const {
  if (!d.amount.is_set()) return "its balance is too large for the ledger";
  if (d.amount.is_zero() || explained_by_fees(d.asset, d.amount)) return "";
  for (const Order* o : orders_.working())
    if (looks_like_a_fill(d, *o) && std::find(but.begin(), but.end(), o->id()) == but.end())
      return quoted(o->id()) + ", which works, may have filled by it: it is looked at again by itself";
  return "";
}

AdoptionPlan Execution::plan_adoption(InstrumentId only, std::span<const Decimal> told, std::span<const ClientOrderId> ends) const {
  AdoptionPlan plan;
  plan.doubts.resize(table_.asset_count());
  const auto total = [&](AssetId asset) { return asset.value <= told.size() ? told[asset.value - 1] : Decimal::not_set(); };
  std::vector<AdoptedOrder> closes = closable(only);
  // One that can't be closed leaves what it trades in doubt, and with it perhaps another.
  for (bool again = true; again;) {
    for (std::uint32_t n = 1; n <= table_.asset_count(); ++n) {
      if (!in_scope({n}, only)) continue;
      const bool untold = !total({n}).is_set() && !portfolio_.ledger().venue({n}).is_zero();
      std::string& doubt = plan.doubts[n - 1];
      doubt = untold ? "the venue does not tell its balance" : doubt_of(AssetId{n}, closes);
      if (doubt.empty() && total({n}).is_set()) doubt = doubt_of(BalanceDifference{{n}, difference({n}, total({n}))}, ends);
    }
    again = std::erase_if(closes, [&](const AdoptedOrder& o) {
              const core::Instrument& ins = table_[o.instrument];
              return !plan.doubts[ins.base.value - 1].empty() || !plan.doubts[ins.quote.value - 1].empty();
            }) != 0;
  }
  std::vector<BalanceDifference> differ;
  for (std::uint32_t n = 1; n <= table_.asset_count(); ++n) {
    if (!in_scope({n}, only) || !plan.doubts[n - 1].empty() || !total({n}).is_set()) continue;
    const Decimal d = difference({n}, total({n}));
    if (!d.is_zero() && !explained_by_fees({n}, d)) differ.push_back({{n}, d});
  }
  for (const BalanceDifference& d : differ) plan.flows.push_back({d.asset, class_of(d, differ), d.amount});
  for (const ClientOrderId& id : ends)
    if (const Order* o = orders_.find(id); o != nullptr && was_there(o->state) && !o->external && (!only || o->intent.instrument() == only))
      plan.orders.push_back({id, o->intent.instrument(), false, o->cum_qty, Decimal::not_set()});
  plan.orders.insert(plan.orders.end(), closes.begin(), closes.end());
  return plan;
}

// Why the reason would not be explained by it, as far as orders say.
std::string Execution::stays(const BlockReason& r, const AdoptionPlan& plan) const {
  const Explained* how = how_explained(r.code);
  if (how == nullptr) return "only a resume takes it off";
  const Order* o = r.order.empty() ? nullptr : orders_.find(r.order);
  const bool over = o == nullptr || core::is_terminal(o->state) || names(plan.orders, r.order);
  switch (how->needs) {
    case Needs::agreement: return "";
    case Needs::order_over: return over ? "" : quoted(r.order) + " works still: cancel it first";
    case Needs::order_known: return over || !gone_.contains(r.order) ? "" : quoted(r.order) + " was never acknowledged: its fate is not known";
    case Needs::fills: break;
  }
  if (o == nullptr || names(plan.orders, r.order)) return "";
  const bool missing = std::any_of(ended_.begin(), ended_.end(), [&](const EndedOrder& e) { return e.order == r.order && e.told != o->cum_qty; });
  const auto sum = short_of_fills_.find(r.order);
  return missing || (sum != short_of_fills_.end() && o->cum_qty < sum->second) ? "fills are missing of " + quoted(r.order) : "";
}

// Why the balances of what it trades are not the ledger's; with totals, after they were taken.
std::string Execution::disagrees(const core::Instrument& ins, std::span<const Decimal> told, const AdoptionPlan& plan) const {
  for (const AssetId asset : {ins.base, ins.quote}) {
    const std::string name(table_.asset_code(asset));
    if (!plan.doubts[asset.value - 1].empty()) return name + ": " + plan.doubts[asset.value - 1];
    if (asset.value > told.size() || !told[asset.value - 1].is_set()) continue;
    const Decimal d = difference(asset, told[asset.value - 1]);
    if (!d.is_set() || (!d.is_zero() && !explained_by_fees(asset, d))) return name + ": the venue's balance differs still";
  }
  return "";
}

// ---- commanded ----------------------------------------------------------------------------------------------------

Result<bool> Execution::ask_again(const AskRequest& q, Nanos now) {
  if (liquidation_) return Error{"EMERGENCY_RUNNING", "liquidation " + liquidation_->id + " is running, and asks the venue itself"};
  ++seq_;
  now_ = std::max(now_, now);
  note_asked(asked(store::Ask::venue, now, q.principal, q.reason, q.request_id));
  audit(now, q.principal, "reconcile", "venue", q.reason, q.request_id);
  if (!asked_.empty()) {
    venue_due_ = true;
    return false;
  }
  if (const auto sent = ask_venue(); !sent) return Error{"RECONCILE_NOT_ASKED", "the venue could not be asked: " + sent.error().message};
  orders_asked_ = balances_asked_ = now_;
  return true;
}

Result<std::string> Execution::adopt_venue(const AdoptRequest& q, Nanos now, bool& replayed) {
  replayed = false;
  const std::string symbol = q.instrument ? table_[q.instrument].symbol : std::string();
  const std::string body = "adopt_venue|" + symbol;
  const auto reused = [] { return Error{"IDEMPOTENCY_KEY_REUSED", "this Idempotency-Key was used for another adoption: use a new key"}; };
  if (adoption_ && adoption_->key == q.key) {
    if (adoption_->body != body) return reused();
    replayed = true;
    return adoption_json(*adoption_, table_);
  }
  if (const auto* known = memory_.adoptions.find(q.key)) {
    if (known->body != body) return reused();
    if (known->took) {
      if (journal_.pending()) flush_rows();  // what it took may wait for the journal
      if (!journal_ok_) return not_durable();
      replayed = true;
      return known->report;
    }
  }
  if (liquidation_) return Error{"EMERGENCY_RUNNING", "liquidation " + liquidation_->id + " is running: nothing is adopted meanwhile"};
  if (!journal_ok_) return Error{"JOURNAL_UNWRITABLE", "the journal can't be written: nothing is adopted"};
  if (!begun_ || (resuming_ && !history_over_) || !held_back_.empty())
    return Error{"RECONCILE_AHEAD", "the venue is ahead of this run's time: nothing is adopted until the run has come to it"};
  if (adoption_ || !asked_.empty()) return Error{"RECONCILE_RUNNING", "the venue has not answered all that it was asked yet: GET /reconciliation tells when it has"};
  ++seq_;
  now_ = std::max(now_, now);
  store::AskedRow row = asked(store::Ask::adoption, now, q.principal, q.reason, q.request_id);
  row.key = q.key;
  row.symbol = symbol;
  note_asked(row);
  note(store::journal_kind::adoption, store::line(store::AdoptionRow{q.key, body, "begun", symbol, q.principal, q.reason, q.request_id}));
  make_durable();
  if (!journal_ok_) return Error{"JOURNAL_UNWRITABLE", "the journal can't be written: nothing is adopted"};
  audit(now, q.principal, "adopt_venue", symbol.empty() ? "*" : symbol, q.reason, q.request_id);
  const out::Scope scope({.service = "trade-execution", .request_id = q.request_id, .principal = q.principal});
  out::warning("execution", "what stands unexplained{} is to be taken as the venue tells it: it is asked", symbol.empty() ? "" : " of " + symbol);
  Adoption& a = adoption_.emplace();
  a.key = q.key;
  a.body = body;
  a.who = q.principal;
  a.why = q.reason;
  a.request = q.request_id;
  a.only = q.instrument;
  a.begun = now_;
  a.raised_before = blocks_.raised();
  if (const auto sent = ask_venue(); !sent) {
    fail_adoption("RECONCILE_NOT_ASKED");
    return Error{"RECONCILE_NOT_ASKED", "the venue could not be asked, and nothing was adopted: " + sent.error().message};
  }
  return *adoption(q.key);
}

std::optional<std::string> Execution::adoption(std::string_view key) const {
  if (adoption_ && adoption_->key == key) return adoption_json(*adoption_, table_);
  const auto* known = memory_.adoptions.find(key);
  return known == nullptr ? std::nullopt : std::optional(known->report);
}

// ---- answered -----------------------------------------------------------------------------------------------------

void Execution::adoption_answered(bool whole) {
  std::vector<Decimal> told;
  told.swap(told_totals_);
  told.resize(table_.asset_count(), Decimal::not_set());
  if (liquidation_) return fail_adoption("EMERGENCY_RUNNING");
  if (!held_back_.empty()) return fail_adoption("RECONCILE_AHEAD");
  if (!whole) return fail_adoption("RECONCILE_INCOMPLETE");
  Adoption& a = *adoption_;
  ++a.rounds;
  std::sort(a.absent.begin(), a.absent.end());
  a.absent.erase(std::unique(a.absent.begin(), a.absent.end()), a.absent.end());
  std::vector<Decimal> found(told.size(), Decimal::not_set());
  for (std::uint32_t n = 1; n <= told.size(); ++n)
    if (in_scope({n}, a.only) && told[n - 1].is_set()) found[n - 1] = difference({n}, told[n - 1]);
  const bool agrees = a.rounds > 1 && found == a.found && a.absent == a.absent_before;
  if (agrees || a.rounds >= most_rounds) return settle_adoption(told);
  a.found = std::move(found);
  a.absent_before = std::exchange(a.absent, {});
  if (!ask_venue()) fail_adoption("RECONCILE_NOT_ASKED");
}

void Execution::settle_adoption(std::span<const Decimal> told) {
  Adoption& a = *adoption_;
  std::vector<ClientOrderId> gone;  // twice asked for, twice absent, and in neither list
  for (const ClientOrderId& id : a.absent)
    if (std::binary_search(a.absent_before.begin(), a.absent_before.end(), id) && std::find(named_.begin(), named_.end(), id) == named_.end())
      gone.push_back(id);
  const AdoptionPlan plan = plan_adoption(a.only, told, gone);
  for (const AdoptedOrder& o : plan.orders)
    if (!o.closed) end_unseen(o);
  // Before the orders are closed: what they sold is no position that somebody else took.
  for (const AdoptedFlow& f : plan.flows) {
    if (f.amount.is_negative()) release_owed(f.asset, -f.amount);
    book_change({f.asset, f.amount}, f.kind);
    const Decimal rest = difference(f.asset, told[f.asset.value - 1]);
    if (rest.is_set() && rest.is_zero()) a.flows.push_back(f);
  }
  for (const AdoptedOrder& o : plan.orders)
    if (o.closed && disagrees(table_[o.instrument], told, plan).empty()) close_at_fills(o);
  bool agree = !a.only;
  for (const core::Instrument& ins : table_.all()) {
    if (a.only && ins.id != a.only) continue;
    lift_explained(ins, told, plan);
    agree = agree && disagrees(ins, told, plan).empty();
  }
  for (std::uint32_t n = 1; n <= table_.asset_count(); ++n)
    if (!plan.doubts[n - 1].empty()) a.left.push_back({std::string(table_.asset_code({n})), "", plan.doubts[n - 1]});
  differences_.clear();
  comparisons_ = 0;
  if (agree) agreed_ns_ = now_;
  else balances_due_ = true;
  incident("VENUE_ADOPTED", "what stood unexplained was taken as the venue tells it: " + std::to_string(a.flows.size()) + " balances, " +
                                std::to_string(a.orders.size()) + " orders", now_);
  end_adoption(Phase::done);
}

// What our own orders sold, though nobody told the fills, was managed (trading rules 5.6). A change takes what lies beside the positions
// first: so the position lets go of it before, and what was nobody's to sell stays so.
void Execution::release_owed(AssetId base, Decimal gone) {
  if (!portfolio_.cash(base).is_positive()) return;  // it is all the positions'
  for (const core::Instrument& ins : table_.all()) {
    if (ins.base != base) continue;
    const Decimal qty = min(min(gone, owed(ins.id, core::Side::sell)), portfolio_.position(ins.id).qty);
    if (!qty.is_positive() || !portfolio_.release(ins.id, qty)) continue;
    gone = gone - qty;
    position_over(ins.id);
    changed_ = view_is_old_ = true;
    if (durable_journal_) note(store::journal_kind::inventory, store::line(store::InventoryRow{ins.symbol, false, qty, Decimal::not_set(), adoption_->key + "/" + ins.symbol, "owed"}));
    audit(now_, adoption_->who, "inventory_release", ins.symbol, "an order of ours sold it, by the venue's word", adoption_->request);
    if (tell_rules_) tell_position(ins.id, now_);
  }
  if (durable_journal_) note_flows();
}

void Execution::end_unseen(const AdoptedOrder& gone) {
  Order* o = orders_.find(gone.order);
  if (o == nullptr) return;
  incident("ORDER_ENDED_UNSEEN", "the venue does not know " + quoted(gone.order) + ": it was ended as cancelled", now_, gone.order.view());
  gone_.erase(gone.order);
  if (!move(*o, core::OrderEvent::proved_absent, now_, "the venue does not know it any more")) return;
  ++counts_.cancelled;
  adoption_->orders.push_back(gone);
}

void Execution::close_at_fills(const AdoptedOrder& short_one) {
  incident("FILLS_GIVEN_UP", "fills of " + quoted(short_one.order) + " were never told: it was closed at what they add up to", now_, short_one.order.view());
  std::erase_if(ended_, [&short_one](const EndedOrder& e) { return e.order == short_one.order; });
  short_of_fills_.erase(short_one.order);
  note_owed({short_one.order, short_one.filled, steps_, true});  // to the next process: nothing
  adoption_->orders.push_back(short_one);
}

void Execution::lift_explained(const core::Instrument& ins, std::span<const Decimal> told, const AdoptionPlan& plan) {
  if (!blocked(ins.id)) return;
  Adoption& a = *adoption_;
  const auto all = blocks_.reasons(ins.id);
  const std::vector<BlockReason> reasons(all.begin(), all.end());  // lifting changes the list
  const std::string differs = disagrees(ins, told, plan);
  for (const BlockReason& r : reasons) {
    std::string why = differs.empty() ? stays(r, plan) : differs;
    const Explained* how = how_explained(r.code);
    // What the asking itself repeats of orders is judged by the orders.
    const bool by_order = how != nullptr && (how->needs == Needs::fills || how->needs == Needs::order_known);
    if (why.empty() && !by_order && r.raised > a.raised_before) why = "it came up again meanwhile";
    if (!why.empty()) {
      a.left.push_back({ins.symbol, r.code, std::move(why)});
      continue;
    }
    if (durable_journal_) note(store::journal_kind::block, store::line(store::BlockRow{ins.symbol, r.code, "", r.order, true}));
    audit(now_, a.who, "unblock", ins.symbol, r.code, a.request);
    blocks_.lift(ins.id, r.code, r.order);
  }
  if (blocked(ins.id)) return;
  a.unblocked.push_back(ins.id);
  if (tell_rules_) tell_position(ins.id, now_);
}

void Execution::fail_adoption(std::string_view code) {
  Adoption& a = *adoption_;
  a.code = code;
  balances_due_ = true;
  end_adoption(Phase::failed);
}

// One commit for all that it took. What cannot be written waits in the journal, and entries with it.
void Execution::end_adoption(Phase how) {
  Adoption& a = *adoption_;
  a.phase = how;
  a.ended = now_;
  changed_ = view_is_old_ = true;
  const std::string symbol = a.only ? table_[a.only].symbol : std::string();
  const std::string report = adoption_json(a, table_);
  note(store::journal_kind::adoption, store::line(store::AdoptionRow{a.key, a.body, how == Phase::done ? "done" : "failed", symbol, a.who, a.why, a.request, report}));
  note_flows();
  make_durable();
  audit(now_, a.who, how == Phase::done ? "venue_adopted" : "venue_not_adopted", symbol.empty() ? "*" : symbol,
        how == Phase::done ? std::to_string(a.flows.size()) + " balances, " + std::to_string(a.orders.size()) + " orders, " +
                                 std::to_string(a.unblocked.size()) + " products unblocked, " + std::to_string(a.left.size()) + " left"
                           : a.code,
        a.request);
  const out::Scope scope({.service = "trade-execution", .request_id = a.request, .principal = a.who});
  if (how == Phase::done)
    out::warning("execution", "the venue's word was taken: {} balances, {} orders, {} products unblocked, {} left as they are", a.flows.size(),
                 a.orders.size(), a.unblocked.size(), a.left.size());
  else
    out::error("execution", "the venue's word was not taken: {}", a.code);
  memory_.adoptions.put(a.key, {a.body, report, how == Phase::done});
  adoption_.reset();
}

// ---- restored -----------------------------------------------------------------------------------------------------

Result<void> Execution::restore_adoption(const store::JournalRow& row) {
  auto r = store::read_adoption(row.payload);
  if (!r) return r.error();
  if (r->event != "begun") {
    memory_.adoptions.put(r->key, {r->body, std::move(r->report), r->event == "done"});
    return {};
  }
  Adoption a;  // unless its end follows, the process ended before the venue had answered
  a.key = r->key;
  a.who = r->who;
  a.why = r->why;
  a.request = r->request;
  a.only = table_.find(r->symbol);
  a.phase = Phase::interrupted;
  a.begun = row.time;
  memory_.adoptions.put(r->key, {r->body, adoption_json(a, table_), false});
  return {};
}

Result<void> Execution::restore_block(const store::JournalRow& row) {
  auto r = store::read_block(row.payload);
  if (!r) return r.error();
  const InstrumentId id = table_.find(r->symbol);
  if (!id) return Error{"JOURNAL_ROW", r->symbol + " is blocked and is not among the instruments of this run"};
  if (r->gone) {
    blocks_.lift(id, r->code, r->order);
    return {};
  }
  const IncidentCode* known = find_incident(r->code);
  if (r->text.empty() && known != nullptr) r->text = known->meaning;
  if (r->code == "ORDER_GONE") gone_.insert(r->order);
  blocks_.restore(id, {std::move(r->code), std::move(r->text), r->order, row.time});
  return {};
}

// ---- told ---------------------------------------------------------------------------------------------------------

std::vector<ReconciliationState::OrderLine> Execution::troubled_orders(const AdoptionPlan& plan) const {
  using Trouble = ReconciliationState::Trouble;
  std::vector<ReconciliationState::OrderLine> lines;
  const auto add = [&](const Order& o, Trouble trouble, Decimal told) {
    if (std::any_of(lines.begin(), lines.end(), [&o](const auto& l) { return l.id == o.id(); })) return;
    const auto planned = std::find_if(plan.orders.begin(), plan.orders.end(), [&o](const AdoptedOrder& a) { return a.order == o.id(); });
    lines.push_back({o.id(), o.intent.instrument(), o.intent.side(), trouble, std::string(core::to_string(o.state)), o.intent.qty(), o.cum_qty, told,
                     planned == plan.orders.end() ? "" : planned->closed ? "close" : "end"});
  };
  for (const Order* o : orders_.working())
    if (gone_.contains(o->id())) add(*o, Trouble::gone, Decimal::not_set());
  for (const EndedOrder& e : ended_)
    if (const Order* o = orders_.find(e.order); o != nullptr && o->cum_qty != e.told) add(*o, Trouble::fills_missing, e.told);
  for (const auto& [id, told] : short_of_fills_)
    if (const Order* o = orders_.find(id); o != nullptr && o->cum_qty < told) add(*o, Trouble::fills_missing, told);
  for (const Order* o : orders_.working())
    if (o->state == OrderState::unknown) add(*o, Trouble::unknown, Decimal::not_set());
  for (const Order* o : orders_.working())
    if (o->external) add(*o, Trouble::external, Decimal::not_set());
  return lines;
}

ReconciliationState Execution::reconciliation() const {
  ReconciliationState s;
  s.asked = asked_ns_;
  s.answered = answered_ns_;
  s.agreed = agreed_ns_;
  s.whole = answered_whole_;
  s.held_back = held_back_.size();
  for (const OpenQuestion& a : asked_) s.unanswered.push_back({a.request, a.since});
  std::vector<Decimal> told(table_.asset_count(), Decimal::not_set());
  for (std::size_t i = 0; i < venue_word_.size(); ++i) told[i] = venue_word_[i].total;
  const std::vector<ClientOrderId> gone(gone_.begin(), gone_.end());
  const AdoptionPlan plan = plan_adoption({}, told, gone);
  for (const core::Instrument& ins : table_.all()) {
    ReconciliationState::Product& p = s.products.emplace_back();
    p.id = ins.id;
    p.managed = portfolio_.position(ins.id).qty;
    p.unmanaged = portfolio_.unmanaged(ins.id);
    p.entries_held = entries_held(ins.id);
    const std::string doubt = disagrees(ins, {}, plan);
    for (const BlockReason& r : blocks_.reasons(ins.id)) {
      std::string why = stays(r, plan);
      p.reasons.push_back({r, why.empty() ? doubt : std::move(why)});
    }
  }
  s.orders = troubled_orders(plan);
  for (std::uint32_t n = 1; n <= table_.asset_count(); ++n) {
    ReconciliationState::Balance& b = s.balances.emplace_back();
    b.asset = {n};
    b.ledger = portfolio_.ledger().venue({n});
    b.venue = told[n - 1];
    b.difference = b.venue.is_set() ? difference({n}, b.venue) : Decimal::not_set();
    if (n <= venue_word_.size()) b.told = venue_word_[n - 1].time;
    b.by_fees = b.difference.is_set() && !b.difference.is_zero() && explained_by_fees({n}, b.difference);
    b.doubt = plan.doubts[n - 1];
    for (const AdoptedFlow& f : plan.flows)
      if (f.asset.value == n) b.would = f.kind;
  }
  if (adoption_) s.adoption = &*adoption_;
  if (const auto* last = memory_.adoptions.newest()) s.last_adoption = last->report;
  return s;
}

}  // namespace bowline::services
