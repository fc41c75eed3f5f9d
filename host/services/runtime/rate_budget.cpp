#include "services/runtime/rate_budget.hpp"

#include <string>

#include "bowline/plugin.h"

namespace bowline::services {
namespace {

constexpr std::uint64_t second = 1'000'000'000, hour = 3600;

/// Requests in so many seconds, rounded up.
std::uint64_t in(std::uint64_t seconds, core::Nanos every) {
  return every == 0 ? 0 : (seconds * second + static_cast<std::uint64_t>(every) - 1) / static_cast<std::uint64_t>(every);
}

}  // namespace

Result<void> fits_rate_budget(const loader::VenueRates& rates, core::Nanos orders_every, core::Nanos balances_every) {
  for (const loader::CallCost& c : rates.costs) {
    if (c.call != BL_CALL_QUERY || c.cost == 0) continue;
    const loader::RateClass& of = rates.classes[c.rate_class];
    const auto too_much = [&](std::uint64_t seconds, std::uint64_t allowed) {
      return allowed != 0 && c.cost * (in(seconds, orders_every) + in(seconds, balances_every)) * 100 > allowed * share_of_periods;
    };
    const bool by_hour = too_much(hour, of.per_hour);
    // Over a minute: one question a second is no matter of which second it falls into.
    if (!by_hour && !too_much(60, std::uint64_t{of.per_second} * 60)) continue;
    const std::uint64_t allowed = by_hour ? of.per_hour : of.per_second;
    return Error{"RUN_RATE_BUDGET",
                 "execution.reconcile asks the venue " + std::to_string(in(hour, orders_every) + in(hour, balances_every)) +
                     " times an hour, at " + std::to_string(c.cost) + " each, and the venue's plugin lets " + std::to_string(allowed) + (by_hour ? " an hour" : " a second") +
                     " of \"" + of.name + "\" through, of which " + std::to_string(share_of_periods) +
                     " % may be asked by the clock: make orders_every and balances_every longer"};
  }
  return {};
}

}  // namespace bowline::services
