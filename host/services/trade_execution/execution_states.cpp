// Execution's states by an operator's word: active, reducing, halted, frozen, of one product or of all, and locks.
#include <algorithm>

#include "observe/log.hpp"
#include "services/trade_execution/execution.hpp"
#include "store/operator_rows.hpp"

namespace bowline::services {
namespace {

namespace out = observe::log;
using core::InstrumentId;
using core::Nanos;
using core::TradingState;

}  // namespace

void Execution::remember_request(std::string_view id) {
  if (!id.empty() && !memory_.requests.has(id)) memory_.requests.put(id, {});
}

// A caller that repeats itself because it missed the answer must not undo what somebody has ordered since. What tightens
// does no harm twice.
Result<void> Execution::once(bool loosens, std::string_view request_id) const {
  if (!loosens || request_id.empty() || !memory_.requested(request_id)) return {};
  return Error{"REQUEST_REPEATED", "this request was taken before, and something else was ordered since: look at /trading/state, "
                                   "and send it with a new X-Request-Id if it is still wanted"};
}

bool Execution::tighten(TradingState state, Nanos now, std::string_view why) {
  if (states_.global().state >= state) return false;
  change_state(state, now, "host", why, {}, false);
  static_cast<void>(cancel_entries(now));
  return true;
}

// What is in force and not durable would be forgotten with this process: nothing is bought until it is.
void Execution::make_durable() {
  // With the step behind which nothing happened, which has no row of its own: a restart goes on from there, not from before.
  if (durable_journal_) note(store::journal_kind::step, store::line(step_row()));
  flush_rows();
}

// Alone it adds no row: who only repeats himself leaves the journal as it is.
void Execution::flush_rows() {
  if (const auto done = journal_.flush(); !done) {
    incident("JOURNAL_WRITE", done.error().message, now_);
    journal_ok_ = false;
  } else if (!journal_ok_) {  // what waited for it is in it as well
    journal_noted_ = false;
    journal_ok_ = true;
  }
}

Result<StateAnswer> Execution::if_durable(StateAnswer answer) const {
  if (journal_ok_) return answer;
  return not_durable();
}

Error Execution::not_durable() {
  return {"JOURNAL_UNWRITABLE", "it is in force in this process and not durable: the journal can't be written, and a restart would not know of it"};
}

void Execution::change_own_state(InstrumentId id, StandingState next) {
  ++seq_;
  const std::string& symbol = table_[id].symbol;
  view_is_old_ = true;
  now_ = std::max(now_, next.since);
  if (next.state == TradingState::halted) give_up(id, core::Purpose::exit);
  note(store::journal_kind::product_state,
       store::line(store::ProductStateRow{symbol, next.state, next.frozen, next.who, next.why, next.request}));
  make_durable();
  audit(now_, next.who, "trading_state", symbol + " " + std::string(core::to_string(next.state)), next.why, next.request);
  const out::Scope scope({.service = "trade-execution", .request_id = next.request, .principal = next.who});
  out::info("execution", "trading state of {}: {}{}", symbol, core::to_string(next.state), next.frozen ? ", frozen" : "");
  remember_request(next.request);
  states_.set_own(id, std::move(next));
}

Result<StateAnswer> Execution::set_trading_state(const StateRequest& q, Nanos now) {
  const StandingState& stands = q.instrument ? states_.own(q.instrument) : states_.global();
  const bool frozen = q.freeze && q.state == TradingState::halted;
  if (!q.request_id.empty() && stands.request == q.request_id && stands.state == q.state && stands.frozen == frozen) {
    if (journal_.pending()) flush_rows();  // its row may be one that waits for the journal
    return if_durable({{}, true});
  }
  const bool loosens = q.state < stands.state || (stands.frozen && !frozen);
  // The latch of an emergency stop means halted, whatever is said beside it (trading rules 3.7).
  if (!q.instrument && !gate_open_ && q.state != TradingState::halted)
    return Error{"EMERGENCY_STOPPED", "an emergency stop has closed the gate: only POST /emergency/resume opens it"};
  if (!q.instrument && loosens)
    if (auto may = may_be_active(); !may) return may.error();
  if (auto fresh = once(loosens || q.state == TradingState::active, q.request_id); !fresh) return fresh.error();
  store::AskedRow row = asked(store::Ask::state, now, q.principal, q.reason, q.request_id);
  if (q.instrument) row.symbol = table_[q.instrument].symbol;
  row.state = q.state;
  row.flag = frozen;
  note_asked(row);
  if (!q.instrument) put_back_ = false;  // somebody has looked
  if (!q.instrument && q.state == TradingState::active) fill_reserve(now);
  if (q.instrument)
    change_own_state(q.instrument, {q.state, frozen, now, q.principal, q.reason, q.request_id});
  else
    change_state(q.state, now, q.principal, q.reason, q.request_id, false, frozen);
  StateAnswer answer;
  if (q.state != TradingState::active) answer.cancels = cancel_entries(now, q.instrument);
  return if_durable(answer);
}

Result<StateAnswer> Execution::lock(const LockRequest& q, Nanos now) {
  if (q.until != 0 && q.until <= now) return Error{"LOCK_EXPIRED", "the lock would have expired already: until must lie ahead"};
  ++seq_;
  const std::string& symbol = table_[q.instrument].symbol;
  now_ = std::max(now_, now);
  store::AskedRow row = asked(store::Ask::lock, now, q.principal, q.reason, q.request_id);
  row.symbol = symbol;
  row.until = q.until;
  note_asked(row);
  note(store::journal_kind::lock, store::line(store::LockRow{symbol, q.until, false, q.principal, q.reason, q.request_id}));
  make_durable();
  audit(now, q.principal, "lock", symbol, q.reason, q.request_id);
  const out::Scope scope({.service = "trade-execution", .request_id = q.request_id, .principal = q.principal});
  out::info("execution", "{} is locked {}", symbol, q.until == 0 ? "until it is unlocked" : "until " + core::format_time(q.until));
  remember_request(q.request_id);
  states_.lock(q.instrument, {q.until, now, q.principal, q.reason});
  return if_durable({cancel_entries(now, q.instrument), false});
}

Result<StateAnswer> Execution::unlock(const LockRequest& q, Nanos now) {
  const std::string& symbol = table_[q.instrument].symbol;
  if (states_.lock_of(q.instrument, now) == nullptr) {
    if (!q.request_id.empty() && memory_.requested(q.request_id)) {
      if (journal_.pending()) flush_rows();
      return if_durable({{}, true});
    }
    return Error{"LOCK_ABSENT", symbol + " is not locked"};
  }
  if (auto fresh = once(true, q.request_id); !fresh) return fresh.error();
  ++seq_;
  now_ = std::max(now_, now);
  store::AskedRow row = asked(store::Ask::unlock, now, q.principal, q.reason, q.request_id);
  row.symbol = symbol;
  note_asked(row);
  note(store::journal_kind::lock, store::line(store::LockRow{symbol, 0, true, q.principal, q.reason, q.request_id}));
  make_durable();
  audit(now, q.principal, "unlock", symbol, q.reason, q.request_id);
  const out::Scope scope({.service = "trade-execution", .request_id = q.request_id, .principal = q.principal});
  out::info("execution", "{} is unlocked", symbol);
  remember_request(q.request_id);
  states_.unlock(q.instrument);
  return if_durable({});
}

Result<void> Execution::restore_product_state(const store::JournalRow& row) {
  const auto r = store::read_product_state(row.payload);
  if (!r) return r.error();
  const InstrumentId id = table_.find(r->symbol);
  // What is not traded in this run any more needs no state.
  if (id) states_.set_own(id, {r->state, r->frozen, row.time, r->who, r->why, r->request});
  remember_request(r->request);
  return {};
}

Result<void> Execution::restore_lock(const store::JournalRow& row) {
  const auto r = store::read_lock(row.payload);
  if (!r) return r.error();
  remember_request(r->request);
  const InstrumentId id = table_.find(r->symbol);
  if (!id) return {};
  if (r->gone) states_.unlock(id);
  else states_.lock(id, {r->until, row.time, r->who, r->why});
  return {};
}

}  // namespace bowline::services
