// What a venue, its key and the way to it are like, before anything is ordered: each thing a finding, good or with what to do.
#pragma once

#include <bowline/result.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/run_config.hpp"
#include "core/instrument.hpp"
#include "loader/extensions.hpp"
#include "services/canary/venue_talk.hpp"
#include "services/runtime/timed_net.hpp"

namespace bowline::services {

struct VenueFinding {
  std::string check;
  bool ok = true;
  std::string text, mend;  ///< mend: what to do; empty when ok
};

/// How far the venue's clock may be from this machine's: bars, ends of orders and what is too old are told by it.
inline constexpr std::int64_t most_skew_ns = 2'000'000'000;
/// A median round trip above this is told as something to mend.
inline constexpr std::int64_t most_median_ns = 2'000'000'000;

/// Borrowed; the plugin is started, and hears nobody else.
struct VenueCheckParts {
  VenueTalk& talk;
  const config::RunConfig& config;
  const core::InstrumentTable& table;
  std::function<Result<loader::VenueStanding>()> standing;
  std::function<Result<loader::VenueRates>()> rates;
  std::shared_ptr<NetTimes> times;
};

/// Asks, and judges: key, portfolio, clock, latency, each product with its fees, quota. Orders nothing. Ends early where the venue is
/// out of reach or the key is refused: of the rest nothing can be known then.
std::vector<VenueFinding> check_venue(const VenueCheckParts& parts);

/// One product as the venue has it against what the configuration says of it: rules, fees, and its data where they are told under another.
std::vector<VenueFinding> judge_product(const config::InstrumentConfig& ours, const ToldProduct* told);
/// What polling takes of the venue's limits, and what is left.
VenueFinding judge_quota(const loader::VenueRates& rates, const config::RunConfig& config);
VenueFinding judge_latency(const std::vector<std::int64_t>& round_trips, std::uint64_t failed);

}  // namespace bowline::services
