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

// An operator who trades on after a trip is stopped again by as much again, not at the next step. Equity is held against two
// amounts that are reckoned anew only when the opening, the peak or a trip moves them: it is asked at every step.
void Execution::look_at_losses(Nanos now) {
  const Decimal equity = portfolio_.equity();
  if (!equity.is_set()) return;
  if (options_.trip_loss.is_set() && !rolling_.has(now)) {
    rolling_.mark(now, equity, portfolio_.net_flows());
    if (rolling_trips_ != 0 && now - rolling_tripped_ >= day_ns) rolling_trips_ = 0;
    const RollingDay::Mark& opening = rolling_.opening();
    if (rolling_floor_.of != opening.equity || rolling_floor_.flows != portfolio_.net_flows() - opening.flows || rolling_floor_.trips != rolling_trips_)
      rolling_floor_ = {};
  }
  if (options_.trip_loss.is_set()) {
    if (day_tripped_ != now / day_ns) {
      day_tripped_ = now / day_ns;
      loss_trips_ = 0;
      loss_floor_ = {};
    }
    const Decimal opening = portfolio_.day_start(), flows = portfolio_.day_flows();
    if (opening.is_set() && opening.is_positive()) {
      if (loss_floor_.of != opening || loss_floor_.flows != flows || loss_floor_.trips != loss_trips_) loss_floor_ = trip_floor(opening, flows, options_.trip_loss, loss_trips_);
      if (equity <= loss_floor_.at)
        trip(loss_trips_, "DAILY_LOSS_TRIP", "the day's loss is", opening + flows - equity, opening, options_.trip_loss, now);
    }
    look_at_rolling_day(equity, now);
  }
  if (options_.trip_drawdown.is_set()) {
    const Decimal peak = portfolio_.peak();
    if (equity >= peak) {
      drawdown_trips_ = 0;
      if (peak.is_positive() && (drawdown_floor_.of != peak || drawdown_floor_.trips != 0)) drawdown_floor_ = trip_floor(peak, Decimal::zero(), options_.trip_drawdown, 0);
    } else if (peak.is_positive()) {
      if (drawdown_floor_.of != peak || drawdown_floor_.trips != drawdown_trips_) drawdown_floor_ = trip_floor(peak, Decimal::zero(), options_.trip_drawdown, drawdown_trips_);
      if (equity <= drawdown_floor_.at)
        trip(drawdown_trips_, "DRAWDOWN_TRIP", "below the peak of equity by", peak - equity, peak, options_.trip_drawdown, now);
    }
  }
  quiet_ = quiet_band(equity, now);
}

// A fall does not wait for its bar to close (trading rules 5.1). By the floors of the last step, while they are in force: the
// day's opening and the marks of the rolling one are those of steps.
void Execution::look_between_steps() {
  if (unpriced_ || !quiet_.above.is_set() || now_ >= quiet_.until || portfolio_.net_flows() != quiet_.flows) return;
  const Decimal equity = portfolio_.equity();
  if (equity.is_set() && equity <= quiet_.above) look_at_losses(now_);
}

// Between these nothing trips and no floor moves: until the next five minutes, something flows or equity leaves them.
Execution::QuietBand Execution::quiet_band(Decimal equity, Nanos now) const {
  QuietBand q;
  q.above = loss_floor_.at;
  if (options_.trip_drawdown.is_set()) {
    if (!drawdown_floor_.at.is_set()) return {};
    q.above = q.above.is_set() ? max(q.above, drawdown_floor_.at) : drawdown_floor_.at;
    q.most = drawdown_trips_ == 0 ? drawdown_floor_.of : drawdown_floor_.of - Decimal::epsilon();
  }
  q.until = (now / day_ns + 1) * day_ns;
  if (options_.trip_loss.is_set()) {
    if (!loss_floor_.at.is_set() || !rolling_floor_.at.is_set()) return {};
    q.above = max(q.above, rolling_floor_.at);
    q.until = (now / RollingDay::slot_ns + 1) * RollingDay::slot_ns;  // then the rolling day has another mark, and opening
  }
  if (!q.above.is_set() || equity <= q.above) return {};
  q.flows = portfolio_.net_flows();
  return q;
}

// Beside the UTC day: a loss that begins before midnight and goes on behind it is one loss. The same limit, of what equity
// was 24 hours ago (rolling_day.hpp); what has tripped counts for 24 hours, then the next trip is at the limit again.
void Execution::look_at_rolling_day(Decimal equity, Nanos now) {
  const RollingDay::Mark& opening = rolling_.opening();
  if (!opening.equity.is_set() || !opening.equity.is_positive()) return;
  const Decimal flows = portfolio_.net_flows() - opening.flows;
  if (rolling_floor_.of != opening.equity || rolling_floor_.flows != flows || rolling_floor_.trips != rolling_trips_)
    rolling_floor_ = trip_floor(opening.equity, flows, options_.trip_loss, rolling_trips_);
  if (equity > rolling_floor_.at) return;
  rolling_tripped_ = now;
  trip(rolling_trips_, "ROLLING_LOSS_TRIP", "the loss of 24 hours is", opening.equity + flows - equity, opening.equity, options_.trip_loss, now);
}

Execution::TripFloor Execution::trip_floor(Decimal of, Decimal flows, Decimal limit, std::uint32_t trips) {
  return {of, flows, of + flows - mul(mul(limit, of, Rounding::up), Decimal::from_int(trips + 1), Rounding::half_even), trips};
}

void Execution::trip(std::uint32_t& trips, std::string_view code, std::string_view what, Decimal lost, Decimal whole, Decimal limit, Nanos now) {
  const std::uint32_t level = times(lost, whole, limit);
  if (level <= trips) return;
  trips = level;
  const Decimal share = div(mul(lost, Decimal::from_int(100), Rounding::half_even), whole, Rounding::half_even);
  const std::string why = std::string(code) + ": " + std::string(what) + " " + round_to(share, Decimal::from_mantissa(1, -2), Rounding::half_even).to_string() + " %";
  if (durable_journal_) note(store::journal_kind::step, store::line(step_row()));
  incident(code, why, now);
  static_cast<void>(tighten(TradingState::reducing, now, why));
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
