// What `mode: live` demands of a configuration (trading rules 6, 5.3 and 3.5). Each guard has a code of its own; what of
// them is not met is told all at once. No file, no environment and no plugin is looked at here: who calls says what it found.
#pragma once

#include <bowline/result.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/run_config.hpp"

namespace bowline::config {

/// What the guards have to know beside the values. Each begins as what nobody has found yet: a guard that needs it is not met then.
struct LiveFacts {
  bool half_spread_said = false;  ///< the file has execution.assumed_half_spread, whatever it says
  bool in_kubernetes = false;     ///< this process runs in a pod
  bool canary_passed = false;     ///< in the run's state folder, with this version and this key
};

/// A guard that is not met.
struct MissingGuard {
  std::string_view code, path, message;  ///< LIVE_…; the key it is about; what to do. All of them static text
};

/// A guard as the documentation lists it.
struct LiveGuard {
  std::string_view code, path, meaning;
};
/// Those that missing_guards() looks at, in its order. That every plugin file has its pin is the loader's to check
/// (PLUGIN_PIN_MISSING), that the venue was asked before anything is traded the run's (RECONCILE_UNANSWERED).
std::span<const LiveGuard> live_guards() noexcept;
/// Those that live_takes() looks at.
std::span<const LiveGuard> live_plugin_guards() noexcept;

/// Who looks: a host trades; `bowline-panic` only cancels and sells, and what bounds entries is not asked of it.
enum class LiveFor : std::uint8_t { trading, ending };

/// The guards that `config`, which says `mode: live`, does not meet.
std::vector<MissingGuard> missing_guards(const RunConfig& config, const LiveFacts& facts, LiveFor purpose = LiveFor::trading);

/// Whether a run of that configuration may be made at all, whoever put it together: one that came from code has passed no reader.
/// Errors: MODE_UNKNOWN, or the first guard of mode: live that is not met, with all of them in its words.
Result<void> may_run(const RunConfig& config, const LiveFacts& facts);

/// Whether mode: live takes a plugin of that kind. `simulated`: its venue is (`venue_class` of its file's note); `again`: it is a feed
/// that gives the same events each time. Errors: LIVE_VENUE_SIMULATED, LIVE_FEED_SIMULATED.
Result<void> live_takes(std::string_view kind, std::string_view plugin, bool simulated, bool again);

/// Whether nobody but this machine reaches a port that listens on `host`.
bool loopback(std::string_view host) noexcept;

/// The uuid that stands in a file for one that is still to be filled in: all zeros.
inline constexpr std::string_view unfilled_uuid = "00000000-0000-0000-0000-000000000000";

}  // namespace bowline::config
