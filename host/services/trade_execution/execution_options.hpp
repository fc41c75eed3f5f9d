// How trade-execution trades: what the configuration says of it, in engine terms.
#pragma once

#include <bowline/decimal.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "core/types.hpp"
#include "services/trade_execution/ramp.hpp"
#include "services/trade_execution/stop_policy.hpp"

namespace bowline::services {

/// How many questions about single orders the clock may ask, so that exits keep what the venue lets through; 0 = no bound.
struct InFlightQuota {
  std::uint32_t per_period = 10, per_hour = 0;  // of ExecutionOptions::in_flight_every
  bool operator==(const InFlightQuota&) const = default;
};

/// What drifted beyond `above` of equity is sold down to `cap`; not set: it is left alone.
struct DriftBand {
  Decimal cap = Decimal::not_set(), above = Decimal::not_set();
  bool on() const noexcept { return cap.is_set() && above.is_set(); }
  double cap_or_one() const noexcept { return cap.is_set() ? cap.to_double() : 1.0; }
};

/// How an entry is bought beyond a limit at the touch.
struct EntryPolicy {
  bool post_only = false;
  std::uint32_t reprice = 0;                     // how many times it follows the touch
  Decimal cross_within = Decimal::not_set();     // then it may pay this much more than the first touch; not set: never
  core::Nanos wait = 10'000'000'000;             // an order is at least this old before it follows
  Decimal max_move = Decimal::from_mantissa(1, -2);  // how far the price may be from a prediction's; not set: however far
};

/// An asset whose holding earns at the venue, and how much of what is held of it one booking may be (trading rules 5.6).
struct RewardBound {
  core::AssetId asset;
  Decimal most;
};

struct ExecutionOptions {
  std::uint64_t seed = 1;
  std::string account = "default";        // portfolio uuid
  core::Nanos interval = 300'000'000'000;
  std::uint32_t gtd_bars = 2;             // entries end at the venue after this many bars
  std::uint32_t ended_orders = 20'000;    // how many of them stay in memory for late reports
  Decimal min_trade = Decimal::zero();    // fraction of equity below which nothing is ordered
  core::Nanos resend_window = 60'000'000'000;  // how long after its decision an order that the venue lacks may be sent again
  bool time_by_data = true;               // engine time moves by data alone (replay, simulation), not with the clock
  core::Nanos mute_after = 0;             // silence of the feeds for so long, with something at stake, is an incident; 0 = never
  std::uint32_t absent_polls = 3;         // how many times the venue must lack an order before it counts as not there,
  core::Nanos absent_for = 60'000'000'000;  // and over how long
  // Exits: how far below the bid each attempt's limit is; after the last the order is at the market.
  std::vector<Decimal> exit_collar = {Decimal::from_mantissa(1, -2), Decimal::from_mantissa(3, -2), Decimal::from_mantissa(8, -2)};
  std::uint32_t exit_slices = 4;          // orders at the market that an exit is sold in at most, where the book shows less than it; 1: one
  core::Nanos exit_wait = 30'000'000'000;  // an exit's order that works for longer is cancelled, and the next attempt follows
  EntryPolicy entry;
  RampLimits ramp;                        // what the first days may buy at most, as configured
  bool starts_reducing = false;           // nothing is bought until an operator says so, or a planned roll-out was (trading rules 3.5)
  DriftBand position_drift, exposure_drift;  // of one position, and of all together
  std::uint32_t stop_lock_bars = 12;      // nobody buys what a protection sold for this many bars
  Decimal trip_loss = Decimal::not_set(), trip_drawdown = Decimal::not_set();  // fractions from which on it goes to reducing; not set: never
  core::Nanos orders_every = 0, balances_every = 0;  // how often the venue is asked for all, and for fills and balances; 0 = when there is cause
  core::Nanos in_flight_every = 2'000'000'000;  // how often, by the clock, an order whose fate is not known is asked about
  InFlightQuota in_flight;                      // how many of them at most, where time is real
  StopPolicy stops;
  std::vector<RewardBound> rewards;       // of other assets an increase that nothing explains is a deposit
  core::Nanos unprotected_after = 0;      // a position without a stop for this long is an incident; 0 = nobody is expected to place one
};

}  // namespace bowline::services
