// A prediction and a target: what is wanted, with its time. Neither is an order (trading rules 1.1, 1.2).
#pragma once

#include <bowline/decimal.hpp>
#include <limits>

#include "core/records.hpp"
#include "core/types.hpp"

namespace bowline::core {

inline constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

/// What the signals say about one instrument at one time. Probabilities sum to 1; NaN = not told.
struct Prediction {
  Id128 id;                       // decision id
  InstrumentId instrument;
  Action action = Action::hold;
  Nanos time = 0;                 // event time of the decision (bar close)
  double p_up = nan_value, p_flat = nan_value, p_down = nan_value;
  double confidence = 0, weight = nan_value, threshold = nan_value, expected_move = nan_value;
  Decimal ref_px = Decimal::not_set();  // the close it was made on
  Nanos horizon_ns = 0, valid_until = 0;
  SharedText source, model;
};

/// What someone wants to hold of one instrument, as a fraction of equity. Spot: 0..1, a negative one counts as 0.
struct Target {
  InstrumentId instrument;
  Purpose purpose = Purpose::entry;  // entry = BUY, exit = SELL, rebalance, ...
  double weight = 0;
  Id128 decision;
  Nanos time = 0, valid_until = 0;
  Decimal ref_px = Decimal::not_set();
  Decimal keep = Decimal::not_set();  // of a take-profit: the quantity that stays; not set: none does
};

}  // namespace bowline::core
