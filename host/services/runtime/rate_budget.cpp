#include "services/runtime/rate_budget.hpp"

#include <algorithm>
#include <string>

#include "bowline/plugin.h"

namespace bowline::services {
namespace {

constexpr std::uint64_t second = 1'000'000'000, hour = 3600, minute = 60;

/// Requests in so many seconds, rounded up.
std::uint64_t in(std::uint64_t seconds, core::Nanos every) {
  return every == 0 ? 0 : (seconds * second + static_cast<std::uint64_t>(every) - 1) / static_cast<std::uint64_t>(every);
}

}  // namespace

Result<InFlightQuota> fits_rate_budget(const loader::VenueRates& rates, core::Nanos orders_every, core::Nanos balances_every,
                                       core::Nanos in_flight_every) {
  InFlightQuota quota;
  const auto periods = [&](std::uint64_t seconds) { return in(seconds, orders_every) + in(seconds, balances_every); };
  for (const loader::CallCost& c : rates.costs) {
    if (c.call != BL_CALL_QUERY || c.cost == 0) continue;
    const loader::RateClass& of = rates.classes[c.rate_class];
    const auto too_much = [&](std::uint64_t asked, std::uint64_t allowed) {
      return allowed != 0 && c.cost * asked * 100 > allowed * share_of_periods;
    };
    // Questions that are left of the share.
    const auto left = [&](std::uint64_t asked, std::uint64_t allowed) { return allowed * share_of_periods / 100 / c.cost - asked; };
    const bool by_hour = too_much(periods(hour), of.per_hour);
    // Over a minute: one question a second is no matter of which second it falls into.
    const std::uint64_t of_minute = std::uint64_t{of.per_second} * minute, looks = in(minute, in_flight_every);
    if (!by_hour && !too_much(periods(minute) + looks, of_minute)) {
      if (in_flight_every == 0) continue;
      if (of_minute != 0) quota.per_period = std::min(quota.per_period, static_cast<std::uint32_t>(std::min<std::uint64_t>(left(periods(minute), of_minute) / looks, UINT32_MAX)));
      if (of.per_hour == 0) continue;
      // Nothing left of the hour is one an hour: a fate that is never asked for would hold its product up for good.
      const auto of_hour = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(left(periods(hour), of.per_hour), 1, UINT32_MAX));
      quota.per_hour = quota.per_hour == 0 ? of_hour : std::min(quota.per_hour, of_hour);
      continue;
    }
    const std::uint64_t allowed = by_hour ? of.per_hour : of.per_second;
    return Error{"RUN_RATE_BUDGET",
                 "execution.reconcile asks the venue " + std::to_string(periods(hour) + (by_hour ? 0 : in(hour, in_flight_every))) +
                     " times an hour, at " + std::to_string(c.cost) + " each, and the venue's plugin lets " + std::to_string(allowed) + (by_hour ? " an hour" : " a second") +
                     " of \"" + of.name + "\" through, of which " + std::to_string(share_of_periods) +
                     " % may be asked by the clock: make " +
                     (by_hour || in_flight_every == 0 ? "orders_every and balances_every longer" : "orders_every, balances_every and in_flight_every longer")};
  }
  return quota;
}

}  // namespace bowline::services
