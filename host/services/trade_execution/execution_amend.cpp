// The operator amends an order of his: judged as far as it increases anything, durable before it is sent, and out until the
// venue says which terms are in force. While it is out either may be, and everything that counts orders counts the worse
// of both (core/order.hpp); fills, cancels and ends come as they did.
#include <algorithm>

#include "core/contract.hpp"
#include "services/trade_execution/execution.hpp"
#include "services/trade_execution/operator_order.hpp"

namespace bowline::services {
namespace {

using core::Nanos;
using core::Order;
using core::OrderEvent;
using core::OrderState;
using core::Side;

Decimal notional(const core::Intent& rest) { return mul(rest.qty(), rest.limit_px(), Rounding::up); }

/// The venue's terms are known by their numbers, so the request is too.
std::string body_of(const AmendRequest& q) {
  return "amend|" + std::string(q.order.view()) + "|" + q.terms.qty.to_string() + "|" + q.terms.limit_px.to_string() + "|" +
         q.terms.stop_px.to_string() + "|" + std::to_string(q.terms.expire_ns) + "|" + q.reason;
}

}  // namespace

std::string_view to_string(AmendOutcome o) noexcept {
  switch (o) {
    case AmendOutcome::pending: return "pending";
    case AmendOutcome::in_force: return "in_force";
    case AmendOutcome::refused: return "refused";
  }
  return "pending";
}

AmendOutcome outcome_of(const Order& order, const core::Terms& asked) noexcept {
  if (order.amends && order.amends->pending && !core::is_terminal(order.state)) return AmendOutcome::pending;
  const auto other = [](Decimal want, Decimal has) { return want.is_set() && want != has; };
  const core::Intent& i = order.intent;
  constexpr Nanos second = 1'000'000'000;  // venues tell ends in whole seconds
  const bool otherwise = other(asked.qty, i.qty()) || other(asked.limit_px, i.limit_px()) || other(asked.stop_px, i.stop_px()) ||
                         (asked.expire_ns != 0 && asked.expire_ns / second != i.abi.expire_ns / second);
  return otherwise ? AmendOutcome::refused : AmendOutcome::in_force;
}

// A strategy's order follows its target, and an exit its ladder: other terms are theirs to give.
Result<void> Execution::amendable(const Order& order) const {
  const std::string name = "order " + std::string(order.intent.client_id());
  if (core::is_terminal(order.state))
    return Error{"ORDER_ENDED", name + " is " + std::string(core::to_string(order.state)) + ": nothing of it is left to amend"};
  if (order.external) return Error{"ORDER_EXTERNAL", name + " was not made by this host: amend it where it was placed"};
  if (order.intent.purpose != core::Purpose::operator_order || climbs(order.intent))
    return Error{"AMEND_IMPOSSIBLE", name + " follows what a strategy, a stop or a close wants: cancel it, and place an order of your own"};
  if (order.state == OrderState::cancel_pending) return Error{"ORDER_CANCELLING", name + " is being cancelled"};
  if (order.state != OrderState::open && order.state != OrderState::partially_filled)
    return Error{"ORDER_UNANSWERED", name + " is " + std::string(core::to_string(order.state)) + ": it can be amended once the venue has answered it"};
  if (!broker_.can_amend()) return Error{"AMEND_UNSUPPORTED", "the venue's plugin can't amend an order: cancel it, and place another"};
  return {};
}

Result<AmendAnswer> Execution::amend(const AmendRequest& q, Nanos now) {
  std::string body = body_of(q);
  if (const auto* known = q.dry_run ? nullptr : memory_.orders.find(q.key)) {
    if (known->body != body) return Error{"IDEMPOTENCY_KEY_REUSED", "this Idempotency-Key was used for another order or amendment: use a new key"};
    return AmendAnswer{known->answer.order, known->answer.checks, true};
  }
  if (auto ok = memory_.not_forgotten(q.key); !ok) return ok.error();
  if (memory_.closes.has(q.key)) return Error{"IDEMPOTENCY_KEY_REUSED", "this Idempotency-Key was used to close a position: use a new key"};
  Order* order = orders_.find(q.order);
  if (order == nullptr) return Error{"ORDER_NOT_FOUND", "no order " + std::string(q.order.view()) + " is known to this service"};
  if (auto ok = amendable(*order); !ok) return ok.error();
  const core::Instrument& ins = table_[order->intent.instrument()];
  if (auto ok = check_terms(q.terms, ins); !ok) return ok.error();
  auto made = core::amendment_of(*order, q.terms, now, last_moment(now));
  if (!made) return made.error();
  made->wanted.abi.cause = seq_ + 1;  // the number that it gets, if it passes
  if (auto ok = amend_at_all(*made, ins, now); !ok) return ok.error();
  const Decimal elsewhere = made->wanted.side() == Side::sell ? working_sells(ins.id) - order->leaves() : Decimal::zero();
  // As of a new sale: what it grows by is the stop's, if the stop alone has it. A host stop lets go, and the host watches meanwhile.
  const Order* stop = made->wanted.side() == Side::sell ? stop_in_the_way(ins.id, made->rest(), elsewhere) : nullptr;
  if (stop != nullptr && !q.dry_run) return stop_gives_way(ins.id, now);
  AmendAnswer answer;
  answer.order = q.order;
  const auto judged = judge(*made, stop != nullptr ? elsewhere - stop->leaves() : elsewhere, now, answer.checks);
  if (!q.dry_run) counts_.verdicts.add(answer.checks, ins.id, now);
  if (const auto* refused = std::get_if<core::RiskRefusal>(&judged)) return refusal(*refused, answer.checks);
  verdicts_alone(answer.checks);
  if (q.dry_run) return answer;
  ++seq_;
  if (auto sent = send_amendment(*order, std::get<store::Journal::ApprovedAmendment>(judged), q, body, answer, now); !sent) return sent.error();
  audit(now, q.principal, "amend", q.order.view(), q.reason, q.request_id);
  TradeAnswer kept;
  kept.order = answer.order;
  kept.checks = answer.checks;
  memory_.orders.put(q.key, {std::move(body), std::move(kept)});
  return answer;
}

// What holds an operator's purchase back holds back more of it, too; and what was post-only stays so.
Result<void> Execution::amend_at_all(const core::Amendment& a, const core::Instrument& ins, Nanos now) {
  const Side side = a.wanted.side();
  if (side == Side::buy) {
    static_cast<void>(look_at_latch(now));
    if (a.increases() && closing(ins.id))
      return Error{"POSITION_CLOSING", "the position of " + ins.symbol + " is being closed: it is bought again when that is done"};
  }
  if (side == Side::sell || a.increases())
    if (auto ok = not_outranked(ins, side, true); !ok) return ok;
  if (side == Side::buy && a.increases())
    if (auto ok = may_be_bought(ins, now); !ok) return ok;
  if ((a.wanted.abi.flags & BL_POST_ONLY) != 0 && a.terms.limit_px.is_set()) return does_not_cross(ins, side, a.wanted.limit_px());
  return {};
}

// `elsewhere`: what works as a sale beside it; its own rest does not.
core::AmendmentAnswer Execution::judge(const core::Amendment& a, Decimal elsewhere, Nanos now, std::vector<core::CheckRecord>& checks) {
  const core::InstrumentId id = a.wanted.instrument();
  if (a.wanted.side() == Side::sell) return exit_floor_.approve(a, portfolio_, elsewhere, states_.frozen(id), checks);
  // A view of its own: who only tries, or is refused, leaves nothing behind that a later plan would be made on.
  core::PortfolioView at_this_moment;
  at_this_moment.build(portfolio_, orders_, state(), now);
  return chain_.approve(a, portfolio_, at_this_moment.get(), facts_again(a.was, now), checks);
}

Result<void> Execution::send_amendment(Order& order, const store::Journal::ApprovedAmendment& approved, const AmendRequest& q, const std::string& body,
                                       const AmendAnswer& answer, Nanos now) {
  const core::Amendment& a = *approved;
  now_ = std::max(now_, now);
  std::vector<store::JournalNote> beside;
  if (durable_journal_) {  // in the same commit: who asks again after a restart gets this answer, not a second amendment
    beside.push_back({store::journal_kind::asked, store::line(asked(q, now))});
    beside.push_back({store::journal_kind::command, store::line(store::CommandRow{q.key, body, answer.order, a.wanted.qty(), answer.checks})});
    store::StepRow row = step_row();  // the day's entries with what it adds
    if (const Decimal more = notional(a.rest_wanted()) - rest_worth(order); a.wanted.side() == Side::buy && more.is_positive()) row.day_notional = row.day_notional + more;
    beside.push_back({store::journal_kind::step, store::line(row)});
  }
  const auto durable = journal_.record(approved, now, std::string_view(order.venue_id), beside);
  if (!durable) {
    incident("JOURNAL_WRITE", durable.error().message, now, order.intent.client_id());
    journal_ok_ = false;  // entries denied until the journal can be written again
    return Error{"JOURNAL_UNWRITABLE", "the amendment could not be made durable and was not sent"};
  }
  journal_ok_ = true;
  const OrderState from = order.state;
  const auto noted = orders_.apply(order, OrderEvent::amend_sent, now, &a.terms);
  BOWLINE_INVARIANT(noted.ok() && order.state == from);  // the table was asked before anything was recorded
  tell_move(order, from, OrderEvent::amend_sent, now, told_terms(a.terms));
  recent_orders_.push_back(now);
  amend_out(order.id()) = {order.id(), now};
  hand_over(order, *durable, now);
  return {};
}

void Execution::hand_over(Order& order, const store::Journal::DurableAmendment& amendment, Nanos now) {
  const std::string_view named = order.client_id_at_venue(), venue = order.venue_id;
  Error why;
  const HandOver done = broker_.amend({{named.data(), named.size()}, {venue.data(), venue.size()}}, amendment, why);
  trail_.amended(order, (**amendment).wanted, done, why, {seq_, now});
  switch (done) {
    case HandOver::taken: return;
    case HandOver::denied:  // no byte of it left: the order is as it was
      busy_ = busy_ || says_again(why);
      order.reason = why.message;
      move(order, OrderEvent::amend_refused, now, why.message);
      return;
    case HandOver::unknown:
      move(order, OrderEvent::timed_out, now, why.message);
      ask_what_is_in_force(order);
      return;
  }
}

std::string Execution::told_terms(const core::Terms& t) {
  std::string s;
  const auto add = [&s](std::string_view name, const std::string& value) { s.append(s.empty() ? "" : ", ").append(name).append(" ").append(value); };
  if (t.qty.is_set()) add("qty", t.qty.to_string());
  if (t.limit_px.is_set()) add("limit_price", t.limit_px.to_string());
  if (t.stop_px.is_set()) add("stop_price", t.stop_px.to_string());
  if (t.expire_ns != 0) add("expire", core::format_time(t.expire_ns));
  return s;
}

}  // namespace bowline::services
