// What trade-execution has counted in this process, and what is used of its limits.
#pragma once

#include <array>
#include <bowline/decimal.hpp>
#include <cstdint>
#include <map>
#include <string>

#include "core/risk_chain.hpp"
#include "services/trade_execution/ramp.hpp"
#include "services/trade_execution/verdict_counts.hpp"

namespace bowline::services {

struct ExecutionCounts {
  std::uint64_t orders = 0, fills = 0, rejected = 0, cancelled = 0, expired = 0, incidents = 0;
  std::map<std::string, std::uint64_t> why_not;  // sizing codes
  std::map<std::string, std::uint64_t, std::less<>> by_incident;  // incidents by code
  std::array<std::array<std::uint64_t, 12>, 7> moves{};  // order state changes, by purpose and new state
  std::array<std::uint64_t, 3> fills_by_side{};          // by core::Side
  VerdictCounts verdicts;                                // of the chain and the floors
};

/// What the floor's limits are held against, at one moment.
struct RiskUse {
  core::FloorLimits limits;
  Decimal day_notional = Decimal::zero(), working = Decimal::zero();  ///< bought in the UTC day, and what works; resting and unanswered ones
  std::uint32_t orders_last_minute = 0;
  RampLimits ramp;               ///< as it stands
  std::uint32_t day_orders = 0;  ///< entries ordered in the UTC day
  Decimal trip_loss = Decimal::not_set(), trip_drawdown = Decimal::not_set();  ///< ExecutionOptions
  std::uint32_t loss_trips = 0, rolling_trips = 0, drawdown_trips = 0;  ///< how many times that it has tripped: today, by the last 24 hours, and since the peak
  Decimal day_ago = Decimal::not_set(), day_ago_flows = Decimal::zero();  ///< equity where the last 24 hours began, and what has flowed since
};

}  // namespace bowline::services
