// What stops a run by itself: losses that lead to reducing, and orders of ours that somebody else cancels (trading
// rules 3.4, 3.7). Only an operator goes back.
#include "services/trade_execution/execution.hpp"

namespace bowline::services {
namespace {

using core::Nanos;
using core::TradingState;

constexpr Nanos second = 1'000'000'000;

}  // namespace

void Execution::tripped(const std::vector<LossTrips::Trip>& trips, Nanos now) {
  for (const LossTrips::Trip& t : trips) {
    if (durable_journal_) note(store::journal_kind::step, store::line(step_row()));
    incident(t.code, t.why, now);
    static_cast<void>(tighten(TradingState::reducing, now, t.why));
  }
}

// The venue itself ends what is immediate, or past its time; what rests is cancelled by somebody. After a restart it may
// have been the process before, whose last words the journal does not have.
void Execution::look_for_foreign_cancel(const core::Order& order, const bl_exec& told) {
  const auto tif = order.intent.tif();
  if (order.external || order.cancel_asked || core::is_terminal(order.state)) return;
  if (tif != core::TimeInForce::gtc && tif != core::TimeInForce::gtd) return;
  if (order.intent.type() == core::OrderType::market) return;
  if (order.intent.abi.expire_ns != 0 && told.h.ts_event / second >= order.intent.abi.expire_ns / second) return;  // its time, by another word
  if ((order.intent.abi.flags & BL_POST_ONLY) != 0 && order.cum_qty.is_zero() && told.h.ts_event - order.intent.abi.decided_ns <= 5 * second)
    return;  // it would have taken
  if (told.h.ts_event <= inherited_until_) return;
  incident("ORDER_CANCELLED_ELSEWHERE", "order " + std::string(order.intent.client_id()) + " was cancelled by somebody else", now_, order.intent.client_id());
  // Of the time that a backup has not it was this host's own cancel, as likely as not: it starts reducing for that.
  if (!put_back_) static_cast<void>(tighten(TradingState::halted, now_, "ORDER_CANCELLED_ELSEWHERE: an order of ours was cancelled by somebody else"));
}

}  // namespace bowline::services
