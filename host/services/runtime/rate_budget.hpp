// The periods of reconciliation against what the venue lets through (trading rules 2.3, 2.4): what is asked again and again must
// leave room for orders and cancels, at any time.
#pragma once

#include <bowline/result.hpp>

#include "core/types.hpp"
#include "loader/extensions.hpp"
#include "services/trade_execution/execution_options.hpp"

namespace bowline::services {

/// What may be asked by the clock alone: this share of each class of requests, in percent. The rest is for what trades.
inline constexpr std::uint64_t share_of_periods = 50;

/// Whether the periods together (0: not asked by the clock) keep within that share of every class that a question is charged
/// to: orders and balances by the second and by the hour; what is in flight by the second, with one question a period at least,
/// since it lasts as long as a fate is unknown. Gives how many questions about single orders what is left has room for, in a
/// period and in an hour. A broker that states no rates has none: it gives InFlightQuota as it stands. Errors: RUN_RATE_BUDGET,
/// with the periods, what the venue lets through.
Result<InFlightQuota> fits_rate_budget(const loader::VenueRates& rates, core::Nanos orders_every, core::Nanos balances_every,
                                       core::Nanos in_flight_every = 0);

}  // namespace bowline::services
