// Execution's commands: cancels, the emergency stop, and orders of the operator.
#include <algorithm>

#include "observe/log.hpp"
#include "services/trade_execution/execution.hpp"
#include "services/trade_execution/operator_order.hpp"
#include "services/trade_execution/sizing_codes.hpp"

namespace bowline::services {
namespace {

namespace out = observe::log;
using core::Nanos;
using core::Order;
using core::OrderEvent;
using core::OrderState;
using core::Purpose;
using core::Side;

}  // namespace

// Asked again when it was asked before: a cancel may be lost, and a venue takes it twice without harm.
Result<void> Execution::request_cancel(Order& order, Nanos now) {
  if (core::is_terminal(order.state)) return {};
  Order* one[] = {&order};
  Error why;
  if (request_cancels(one, now, &why).failed == 0) return {};
  return Error{"CANCEL_FAILED", "the broker did not take the cancel of order " + std::string(order.intent.client_id()) + ", which may still fill: " + why.message};
}

// As many as the venue takes in one request go in one: its rate budget is what they are spent of.
Cancels Execution::request_cancels(std::span<Order* const> orders, Nanos now, Error* why) {
  constexpr std::size_t most = 100;
  Cancels n;
  if (tick_ != 0 && !orders.empty()) tell_tick();
  for (std::size_t from = 0; from < orders.size(); from += most) {
    const auto some = orders.subspan(from, std::min(most, orders.size() - from));
    std::vector<bl_order_ref> refs;
    std::vector<bool> asked_before;
    for (Order* o : some) {
      const std::string_view named = o->client_id_at_venue(), venue = o->venue_id;
      refs.push_back({{named.data(), named.size()}, {venue.data(), venue.size()}});
      asked_before.push_back(o->cancel_asked);
      o->cancel_asked = true;  // an error is no proof that it did not leave
      if (o->cancel_since == 0) o->cancel_since = now;
    }
    const auto sent = broker_.cancel(refs);
    for (const Order* o : some) trail_.cancelled(*o, sent, {seq_, now});
    if (!sent) {
      if (why != nullptr) *why = sent.error();
      incident("CANCEL_FAILED", sent.error().message, now);
      n.failed += some.size();
      if (!says_again(sent.error())) continue;
      for (std::size_t i = 0; i < some.size(); ++i) some[i]->cancel_asked = asked_before[i];
      busy_ = true;
      n.failed += orders.size() - from - some.size();
      return n;
    }
    n.asked += some.size();
    for (Order* o : some) move(*o, OrderEvent::cancel_sent, now, "");
  }
  return n;
}

Cancels Execution::cancel_entries(Nanos now, core::InstrumentId only) {
  std::vector<Order*> entries;
  for (Order* o : orders_.working())
    if (!o->external && o->intent.side() == Side::buy && (!only || o->intent.instrument() == only)) entries.push_back(o);
  return request_cancels(entries, now);
}

// Whoever closed the door to entries may have died before their cancels went out, and a cancel may be lost, or refused while
// its order was still on its way: what rests against the state is cancelled again at each step.
void Execution::keep_entries_off(Nanos now, Nanos again_after) {
  std::vector<Order*> resting;
  for (Order* o : orders_.working()) {
    const core::InstrumentId id = o->intent.instrument();
    if (o->external || o->intent.side() != Side::buy) continue;
    if (gate_open_ && states_.of(id) == core::TradingState::active && states_.lock_of(id, now) == nullptr && !reentry_locked(id, now)) continue;
    if (o->cancel_asked && (o->updated >= now || now - o->updated < again_after)) continue;
    resting.push_back(o);
  }
  static_cast<void>(request_cancels(resting, now));
}

void Execution::audit(Nanos now, std::string_view who, std::string_view action, std::string_view subject,
                      std::string_view reason, std::string_view request_id) {
  if (!sink_.wanted()) return;
  core::AuditRecord r;
  r.seq = seq_;
  r.time = std::max(now, now_);  // as its row in the journal
  r.principal = who;
  r.action = action;
  r.subject = subject;
  r.reason = reason;
  r.request_id = request_id;
  sink_.put(std::move(r));
}

void Execution::set_state(core::TradingState state, Nanos now, std::string_view who, std::string_view why,
                          std::string_view request_id) {
  change_state(state, now, who, why, request_id, false);
}

void Execution::change_state(core::TradingState state, Nanos now, std::string_view who, std::string_view why,
                             std::string_view request_id, bool looked, std::optional<bool> freeze) {
  ++seq_;
  const bool frozen = state == core::TradingState::halted && (freeze ? *freeze : states_.global().frozen);
  states_.set_global({state, frozen, now, std::string(who), std::string(why), std::string(request_id)});
  remember_request(request_id);
  view_is_old_ = true;
  now_ = std::max(now_, now);
  // A strategy's exit does not run while halted, nor after it: it is of another time then.
  if (state == core::TradingState::halted)
    for (const core::Instrument& ins : table_.all()) give_up(ins.id, Purpose::exit);
  note(store::journal_kind::state, store::line(store::StateRow{state, gate_open_, frozen, looked, std::string(who), std::string(why), std::string(request_id)}));
  make_durable();
  audit(now, who, "trading_state", core::to_string(state), why, request_id);
  // Not why: it is what somebody wrote in a request, and stands in the audit.
  const out::Scope scope({.service = "trade-execution", .request_id = request_id, .principal = who});
  out::info("execution", "trading state: {}", core::to_string(state));
}

Cancels Execution::emergency_stop(Nanos now, std::string_view principal, std::string_view reason,
                                      std::string_view request_id) {
  gate_open_ = false;  // first, before anything that could fail
  engage_latch(now, principal, reason);
  note_asked(asked(store::Ask::stop, now, principal, reason, request_id));
  set_state(core::TradingState::halted, now, principal, reason, request_id);
  const Cancels cancels = cancel_entries(now);
  const out::Scope scope({.service = "trade-execution", .request_id = request_id, .principal = principal});
  out::warning("execution", "emergency stop: the gate is closed; {} cancels asked for, {} of them failed", cancels.asked, cancels.failed);
  return cancels;
}

void Execution::emergency_resume(Nanos now, std::string_view principal, std::string_view reason,
                                 std::string_view request_id) {
  note_asked(asked(store::Ask::resume, now, principal, reason, request_id));
  if (liquidation_) end_liquidation(Liquidation::Phase::interrupted, now);
  blocks_.lift_all();
  std::erase_if(ended_, [](const EndedOrder& e) { return e.judged; });  // somebody has looked
  short_of_fills_.clear();
  gate_open_ = true;
  fill_reserve(now);
  change_state(core::TradingState::active, now, principal, reason, request_id, true);
  const out::Scope scope({.service = "trade-execution", .request_id = request_id, .principal = principal});
  out::warning("execution", "emergency resume: the gate is open");
}

Result<void> Execution::cancel(const core::ClientOrderId& id, Nanos now, std::string_view principal,
                               std::string_view request_id) {
  Order* order = orders_.find(id);
  if (order == nullptr) return Error{"ORDER_NOT_FOUND", "no order " + std::string(id.view()) + " is known to this service"};
  if (core::is_terminal(order->state))
    return Error{"ORDER_ENDED", "order " + std::string(id.view()) + " is " + std::string(core::to_string(order->state)) +
                                    ": nothing is left to cancel"};
  if (order->external)
    return Error{"ORDER_EXTERNAL", "order " + std::string(id.view()) + " was not made by this host: cancel it where it was placed"};
  ++seq_;
  store::AskedRow row = asked(store::Ask::cancel, now, principal, {}, request_id);
  row.order = id.view();
  note_asked(row);
  audit(now, principal, "cancel", id.view(), "", request_id);
  return request_cancel(*order, now);
}

Result<TradeAnswer> Execution::execute(const TradeRequest& q, Nanos now) {
  std::string body = table_[q.instrument].symbol + "|" + std::string(core::to_string(q.side)) + "|" +
                     std::string(core::to_string(q.type)) + "|" + std::string(core::to_string(q.tif)) + "|" +
                     q.qty.to_string() + "|" + q.quote_qty.to_string() + "|" + q.limit_px.to_string() + "|" +
                     q.stop_px.to_string() + "|" + std::to_string(q.expire_ns) + "|" + (q.post_only ? "p" : "-") + "|" + q.reason;
  if (!q.dry_run) {
    if (const auto* known = memory_.orders.find(q.key)) {
      if (known->body != body)
        return Error{"IDEMPOTENCY_KEY_REUSED", "this Idempotency-Key was used for another order: use a new key"};
      TradeAnswer again = known->answer;
      again.replayed = true;
      return again;
    }
  }
  if (auto ok = memory_.not_forgotten(q.key); !ok) return ok.error();
  if (memory_.closes.has(q.key)) return Error{"IDEMPOTENCY_KEY_REUSED", "this Idempotency-Key was used to close a position: use a new key"};
  if (q.side == Side::buy) static_cast<void>(look_at_latch(now));
  const core::Instrument& ins = table_[q.instrument];
  if (q.side == Side::buy && closing(q.instrument))
    return Error{"POSITION_CLOSING", "the position of " + ins.symbol + " is being closed: it is bought again when that is done"};
  if (auto ok = check_order(q, ins, now); !ok) return ok.error();
  if (working_of(q.instrument) != nullptr)
    return Error{"ORDER_WORKING", ins.symbol + " has a working order: cancel it, or wait for its end"};
  if (unsettled(q.instrument))
    return Error{"ORDER_WORKING", "an order of " + ins.symbol + " has ended, and not all of its fills are told: wait for the next bar"};
  const bool rests = q.tif == core::TimeInForce::gtc || q.tif == core::TimeInForce::gtd;
  if (auto ok = not_outranked(ins, q.side, rests); !ok) return ok.error();
  if (q.side == Side::buy)
    if (auto ok = may_be_bought(ins, now); !ok) return ok.error();
  if (q.post_only)
    if (auto ok = does_not_cross(ins, q.side, q.limit_px); !ok) return ok.error();

  core::Intent intent = make_intent(ins, q.side, q.qty, Purpose::operator_order,
                                    core::decision_id(options_.seed, ins.symbol, now, "operator", q.key), portfolio_.mark(ins.id).last, now);
  intent.abi.cause = seq_ + 1;  // the number that it gets, if it passes
  intent.abi.quote_qty = q.quote_qty.raw();
  intent.abi.limit_px = q.limit_px.raw();
  intent.abi.stop_px = q.stop_px.raw();
  intent.abi.type = static_cast<std::uint32_t>(q.type);
  intent.abi.tif = static_cast<std::uint32_t>(q.tif);
  intent.abi.expire_ns = q.expire_ns;
  if (q.type == core::OrderType::stop_limit) intent.abi.flags |= q.side == Side::buy ? BL_TRIGGER_UP : BL_TRIGGER_DOWN;
  if (q.type == core::OrderType::bracket) intent.abi.flags |= BL_REDUCE_ONLY;
  if (q.post_only) intent.abi.flags |= BL_POST_ONLY;
  TradeAnswer answer;
  Decimal elsewhere = q.side == Side::sell ? working_sells(ins.id) : Decimal::zero();
  if (const Order* resting = q.side == Side::sell ? stop_in_the_way(ins.id, q.qty, elsewhere) : nullptr; resting != nullptr) {
    if (!q.dry_run) return stop_gives_way(ins.id, now);
    elsewhere = elsewhere - resting->leaves();
  }
  // A view of its own: who only tries, or is refused, leaves nothing behind that a later plan would be made on.
  core::PortfolioView at_this_moment;
  at_this_moment.build(portfolio_, orders_, state(), now);
  auto judged = q.side == Side::sell ? exit_floor_.approve(intent, portfolio_, elsewhere, states_.frozen(ins.id), answer.checks)
                                     : chain_.approve(intent, portfolio_, at_this_moment.get(), facts(ins.id, now), answer.checks);
  if (auto* refused = std::get_if<core::RiskRefusal>(&judged)) {
    if (!q.dry_run) counts_.verdicts.add(answer.checks, ins.id, now);  // of one that passes its sizing counts them
    return refusal(*refused, answer.checks);
  }
  std::vector<core::CheckRecord> every_check = answer.checks;
  verdicts_alone(answer.checks);
  auto& approved = std::get<core::RiskApproved<core::Intent>>(judged);
  answer.order = core::ClientOrderId(approved->client_id());
  answer.qty = approved->qty();
  if (q.tif == core::TimeInForce::fok)
    if (auto less = shrunk(intent, *approved, answer.checks)) {
      if (!q.dry_run) counts_.verdicts.add(answer.checks, ins.id, now);
      return *less;
    }
  if (q.dry_run) return answer;
  ++seq_;
  view_.build(portfolio_, orders_, state(), now);
  view_is_old_ = true;  // only the intent's own entry is added to it below
  {
    core::SizingRecord& r = sized_.emplace_back();
    r.decision = intent.decision;
    r.seq = seq_;
    r.time = now;
    r.instrument = ins.id;
    r.purpose = Purpose::operator_order;
    r.code = SizingCodes::get().order;
    r.order = answer.order;
    r.order_qty = approved->qty();
    r.price = portfolio_.mark(ins.id).last;
    r.equity = portfolio_.equity();
    r.held_qty = portfolio_.position(ins.id).qty;
    r.checks = std::move(every_check);
  }
  audit(now, q.principal, "trade", answer.order.view(), q.reason, q.request_id);
  count_entry(*approved, now);
  approved_.push_back(approved);
  // In the order's own commit: who asks again after a restart gets this answer, not a second order.
  if (durable_journal_) beside_.push_back({store::journal_kind::asked, store::line(asked(q, now))});
  if (durable_journal_)
    beside_.push_back({store::journal_kind::command, store::line(store::CommandRow{q.key, body, answer.order, answer.qty, answer.checks})});
  flush_frame(now);
  const Order* made = orders_.find(answer.order);
  if (made == nullptr) return Error{"JOURNAL_UNWRITABLE", "the order could not be made durable and was not sent"};
  // The operator's word comes after the SELL that still stands, and before it in rank.
  if (made->state != OrderState::denied) clear(q.instrument, Purpose::exit);
  memory_.orders.put(q.key, {std::move(body), answer});
  return answer;
}

// What is answered is the same after a restart, and the journal has no kept limits.
void Execution::verdicts_alone(std::vector<core::CheckRecord>& checks) {
  std::erase_if(checks, [](const core::CheckRecord& c) { return c.measure; });
}

}  // namespace bowline::services
