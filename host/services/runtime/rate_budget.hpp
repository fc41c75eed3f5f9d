// The periods of reconciliation against what the venue lets through (trading rules 2.3, 2.4): what is asked again and again must
// leave room for orders and cancels, at any time.
#pragma once

#include <bowline/result.hpp>

#include "core/types.hpp"
#include "loader/extensions.hpp"

namespace bowline::services {

/// What may be asked by the clock alone: this share of each class of requests, in percent. The rest is for what trades.
inline constexpr std::uint64_t share_of_periods = 50;

/// Whether both periods together (0: not asked by the clock) keep within that share of every class that a question is charged
/// to, by the second and by the hour. A broker that states no rates has none. Errors: RUN_RATE_BUDGET, with the period, what the
/// venue lets through.
Result<void> fits_rate_budget(const loader::VenueRates& rates, core::Nanos orders_every, core::Nanos balances_every);

}  // namespace bowline::services
