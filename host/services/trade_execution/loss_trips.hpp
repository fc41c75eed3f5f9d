// Losses that stop a run by themselves (trading rules 3.4, 5.1): of the UTC day, of the last 24 hours, and from equity's peak, with what is
// held at the bid.
// What has tripped trips again as far below: an operator who trades on is stopped at the next multiple of the limit, not at the
// next step. It decides when; what a trip leads to is trade-execution's. No clock, no randomness.
#pragma once

#include <bowline/decimal.hpp>
#include <bowline/result.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/portfolio.hpp"
#include "services/trade_execution/rolling_day.hpp"
#include "store/journal_rows.hpp"

namespace bowline::services {

class LossTrips {
 public:
  struct Trip {
    std::string_view code;  ///< DAILY_LOSS_TRIP, ROLLING_LOSS_TRIP or DRAWDOWN_TRIP
    std::string why;        ///< the code, and the loss as a share of what it is held against
  };

  /// Shares of the day's opening (and of equity 24 hours ago), and of the peak; not set: never.
  LossTrips(Decimal loss, Decimal drawdown) : loss_(loss), drawdown_(drawdown) {}
  bool any() const noexcept { return loss_.is_set() || drawdown_.is_set(); }

  /// Whether look() would do nothing. It is asked at every step. `equity`: at the bid.
  bool quiet(Decimal equity, Decimal flows, core::Nanos now) const {
    return now < quiet_.until && equity.is_set() && equity > quiet_.above && equity <= quiet_.most && flows == quiet_.flows;
  }
  /// What trips now, in that order; nearly always nothing. At a step, whose equity may be a mark of the rolling day.
  std::vector<Trip> look(const core::Portfolio& book, core::Nanos now);
  /// The same between two steps, by the floors of the last one, while they are in force: the day's opening and the marks of the
  /// rolling one are those of steps. A fall does not wait for its bar to close.
  std::vector<Trip> look_between(const core::Portfolio& book, core::Nanos now);

  /// How many times each limit has tripped. The day's counts until midnight, that of 24 hours for as long.
  std::uint32_t of_day(core::Nanos now) const noexcept;
  std::uint32_t of_drawdown() const noexcept { return drawdown_trips_; }
  std::uint32_t of_rolling() const noexcept { return rolling_trips_; }
  RollingDay& rolling() noexcept { return rolling_; }
  const RollingDay& rolling() const noexcept { return rolling_; }

  /// Into the row of a step, and back from it. Errors: JOURNAL_ROW.
  void note(store::StepRow& row, core::Nanos now);
  Result<void> restore(const store::StepRow& row, core::Nanos written);

 private:
  /// Equity at or below `at` trips; reckoned of these.
  struct Floor {
    Decimal of = Decimal::not_set(), flows = Decimal::not_set(), at = Decimal::not_set();
    std::uint32_t trips = 0;
  };
  /// While equity is above `above` and at most `most`, before `until` and with these flows, there is nothing to look at.
  struct Quiet {
    Decimal above = Decimal::not_set(), most = Decimal::from_int(INT64_MAX), flows = Decimal::not_set();
    core::Nanos until = 0;
  };
  Decimal loss_, drawdown_;
  std::uint32_t loss_trips_ = 0, drawdown_trips_ = 0, rolling_trips_ = 0;
  core::Nanos day_tripped_ = -1;   // of loss_trips_
  core::Nanos rolling_tripped_ = 0;  // when the last 24 hours' loss tripped last
  RollingDay rolling_;             // only where a loss trips
  Floor loss_floor_, rolling_floor_, drawdown_floor_;
  Quiet quiet_;

  Quiet band(const core::Portfolio& book, Decimal equity, core::Nanos now) const;
  static Floor floor_of(Decimal of, Decimal flows, Decimal limit, std::uint32_t trips);
  static void trip(std::vector<Trip>& all, std::uint32_t& trips, std::string_view code, std::string_view what, Decimal lost, Decimal whole, Decimal limit);
  void look_at_rolling_day(std::vector<Trip>& all, const core::Portfolio& book, Decimal equity, core::Nanos now);
};

}  // namespace bowline::services
