#include "services/trade_execution/loss_trips.hpp"

namespace bowline::services {
namespace {

using core::Nanos;

constexpr Nanos day_ns = 86'400'000'000'000;

/// How many times `limit` of `whole` `lost` is.
std::uint32_t times(Decimal lost, Decimal whole, Decimal limit) {
  if (!lost.is_set() || !lost.is_positive() || !whole.is_set() || !whole.is_positive()) return 0;
  std::uint32_t n = 0;
  for (Decimal step = mul(limit, whole, Rounding::up), level = step; level.is_set() && lost >= level && n < 1000; level = level + step) ++n;
  return n;
}

}  // namespace

// Equity is held against amounts that are reckoned anew only when the opening, the peak or a trip moves them.
[[gnu::hot, gnu::flatten]] std::vector<LossTrips::Trip> LossTrips::look(const core::Portfolio& book, Nanos now) {
  std::vector<Trip> all;
  const Decimal equity = book.equity_at_bid();
  if (!equity.is_set()) return all;
  if (loss_.is_set() && !rolling_.has(now)) {
    rolling_.mark(now, equity, book.net_flows());
    if (rolling_trips_ != 0 && now - rolling_tripped_ >= day_ns) rolling_trips_ = 0;
    const RollingDay::Mark& opening = rolling_.opening();
    if (rolling_floor_.of != opening.equity || rolling_floor_.flows != book.net_flows() - opening.flows || rolling_floor_.trips != rolling_trips_)
      rolling_floor_ = {};
  }
  if (loss_.is_set()) {
    if (day_tripped_ != now / day_ns) {
      day_tripped_ = now / day_ns;
      loss_trips_ = 0;
      loss_floor_ = {};
    }
    const Decimal opening = book.day_start(), flows = book.day_flows();
    if (opening.is_set() && opening.is_positive()) {
      if (loss_floor_.of != opening || loss_floor_.flows != flows || loss_floor_.trips != loss_trips_) loss_floor_ = floor_of(opening, flows, loss_, loss_trips_);
      if (loss_floor_.at.is_set() && equity <= loss_floor_.at) trip(all, loss_trips_, "DAILY_LOSS_TRIP", "the day's loss is", opening + flows - equity, opening, loss_);
    }
    look_at_rolling_day(all, book, equity, now);
  }
  if (drawdown_.is_set()) {
    const Decimal peak = book.peak();
    if (equity >= peak) {
      drawdown_trips_ = 0;
      if (peak.is_positive() && (drawdown_floor_.of != peak || drawdown_floor_.trips != 0)) drawdown_floor_ = floor_of(peak, Decimal::zero(), drawdown_, 0);
    } else if (peak.is_positive()) {
      if (drawdown_floor_.of != peak || drawdown_floor_.trips != drawdown_trips_) drawdown_floor_ = floor_of(peak, Decimal::zero(), drawdown_, drawdown_trips_);
      if (drawdown_floor_.at.is_set() && equity <= drawdown_floor_.at) trip(all, drawdown_trips_, "DRAWDOWN_TRIP", "below the peak of equity by", peak - equity, peak, drawdown_);
    }
  }
  quiet_ = band(book, equity, now);
  return all;
}

std::vector<LossTrips::Trip> LossTrips::look_between(const core::Portfolio& book, Nanos now) {
  if (!quiet_.above.is_set() || now >= quiet_.until || book.net_flows() != quiet_.flows) return {};
  const Decimal equity = book.equity_at_bid();
  return equity.is_set() && equity <= quiet_.above ? look(book, now) : std::vector<Trip>{};
}

// Between these nothing trips and no floor moves: until the next five minutes, something flows or equity leaves them.
[[gnu::hot]] LossTrips::Quiet LossTrips::band(const core::Portfolio& book, Decimal equity, Nanos now) const {
  Quiet q;
  q.above = loss_floor_.at;
  if (drawdown_.is_set()) {
    if (!drawdown_floor_.at.is_set()) return {};
    q.above = q.above.is_set() ? max(q.above, drawdown_floor_.at) : drawdown_floor_.at;
    q.most = drawdown_trips_ == 0 ? drawdown_floor_.of : drawdown_floor_.of - Decimal::epsilon();
  }
  q.until = (now / day_ns + 1) * day_ns;
  if (loss_.is_set()) {
    if (!loss_floor_.at.is_set() || !rolling_floor_.at.is_set()) return {};
    q.above = max(q.above, rolling_floor_.at);
    q.until = (now / RollingDay::slot_ns + 1) * RollingDay::slot_ns;  // then the rolling day has another mark, and opening
  }
  if (!q.above.is_set() || equity <= q.above) return {};
  q.flows = book.net_flows();
  return q;
}

// Beside the UTC day: a loss that begins before midnight and goes on behind it is one loss. The same limit, of what equity
// was 24 hours ago (rolling_day.hpp); what has tripped counts for 24 hours, then the next trip is at the limit again.
[[gnu::hot]] void LossTrips::look_at_rolling_day(std::vector<Trip>& all, const core::Portfolio& book, Decimal equity, Nanos now) {
  const RollingDay::Mark& opening = rolling_.opening();
  if (!opening.equity.is_set() || !opening.equity.is_positive()) return;
  const Decimal flows = book.net_flows() - opening.flows;
  if (rolling_floor_.of != opening.equity || rolling_floor_.flows != flows || rolling_floor_.trips != rolling_trips_)
    rolling_floor_ = floor_of(opening.equity, flows, loss_, rolling_trips_);
  if (!rolling_floor_.at.is_set() || equity > rolling_floor_.at) return;
  rolling_tripped_ = now;
  trip(all, rolling_trips_, "ROLLING_LOSS_TRIP", "the loss of 24 hours is", opening.equity + flows - equity, opening.equity, loss_);
}

[[gnu::hot]] LossTrips::Floor LossTrips::floor_of(Decimal of, Decimal flows, Decimal limit, std::uint32_t trips) {
  return {of, flows, of + flows - mul(mul(limit, of, Rounding::up), Decimal::from_int(trips + 1), Rounding::half_even), trips};
}

void LossTrips::trip(std::vector<Trip>& all, std::uint32_t& trips, std::string_view code, std::string_view what, Decimal lost, Decimal whole, Decimal limit) {
  const std::uint32_t level = times(lost, whole, limit);
  if (level <= trips) return;
  trips = level;
  const Decimal share = div(mul(lost, Decimal::from_int(100), Rounding::half_even), whole, Rounding::half_even);
  all.push_back({code, std::string(code) + ": " + std::string(what) + " " + round_to(share, Decimal::from_mantissa(1, -2), Rounding::half_even).to_string() + " %"});
}

std::uint32_t LossTrips::of_day(Nanos now) const noexcept { return day_tripped_ == now / day_ns ? loss_trips_ : 0; }

void LossTrips::note(store::StepRow& row, Nanos now) {
  row.loss_trips = of_day(now);
  row.drawdown_trips = drawdown_trips_;
  row.rolling_trips = rolling_trips_;
  row.rolling_tripped = rolling_trips_ != 0 ? rolling_tripped_ : 0;
  row.marks = rolling_.unwritten();
}

Result<void> LossTrips::restore(const store::StepRow& row, Nanos written) {
  loss_trips_ = row.loss_trips;
  day_tripped_ = written / day_ns;
  drawdown_trips_ = row.drawdown_trips;
  rolling_trips_ = row.rolling_trips;
  rolling_tripped_ = row.rolling_tripped;
  return rolling_.restore(row.marks);
}

}  // namespace bowline::services
