// What stops a run by itself: losses that lead to reducing, and orders of ours that somebody else cancels (trading
// rules 3.4, 3.7). Only an operator goes back.
#include "services/trade_execution/execution.hpp"

namespace bowline::services {
namespace {

using core::Nanos;
using core::TradingState;

constexpr Nanos day_ns = 86'400'000'000'000, second = 1'000'000'000;

/// How many times `limit` of `whole` `lost` is.
std::uint32_t times(Decimal lost, Decimal whole, Decimal limit) {
  if (!lost.is_set() || !lost.is_positive() || !whole.is_set() || !whole.is_positive()) return 0;
  std::uint32_t n = 0;
  for (Decimal step = mul(limit, whole, Rounding::up), level = step; lost >= level && n < 1000; level = level + step) ++n;
  return n;
}

}  // namespace

// An operator who trades on after a trip is stopped again by as much again, not at the next step.
void Execution::look_at_losses(Nanos now) {
  const Decimal equity = portfolio_.equity();
  if (!equity.is_set()) return;
  const auto trip = [&](std::uint32_t& before, std::uint32_t level, std::string_view code, std::string_view what, Decimal lost, Decimal whole) {
    if (level <= before) return;
    before = level;
    const std::string why = std::string(code) + ": " + std::string(what) + " " +
                            round_to(div(mul(lost, Decimal::from_int(100), Rounding::half_even), whole, Rounding::half_even), Decimal::from_mantissa(1, -2), Rounding::half_even).to_string() + " %";
    if (durable_journal_) note(store::journal_kind::step, store::line(step_row()));
    incident(code, why, now);
    static_cast<void>(tighten(TradingState::reducing, now, why));
  };
  if (options_.trip_loss.is_set()) {
    if (day_tripped_ != now / day_ns) {
      day_tripped_ = now / day_ns;
      loss_trips_ = 0;
    }
    const Decimal opening = portfolio_.day_start();
    if (opening.is_set()) {
      const Decimal lost = opening + portfolio_.day_flows() - equity;
      trip(loss_trips_, times(lost, opening, options_.trip_loss), "DAILY_LOSS_TRIP", "the day's loss is", lost, opening);
    }
  }
  if (options_.trip_drawdown.is_set()) {
    const Decimal peak = portfolio_.peak(), fall = peak - equity;
    if (!fall.is_positive()) drawdown_trips_ = 0;
    else trip(drawdown_trips_, times(fall, peak, options_.trip_drawdown), "DRAWDOWN_TRIP", "below the peak of equity by", fall, peak);
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
  static_cast<void>(tighten(TradingState::halted, now_, "ORDER_CANCELLED_ELSEWHERE: an order of ours was cancelled by somebody else"));
}

}  // namespace bowline::services
