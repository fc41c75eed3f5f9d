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

/// What the guards have to know beside the values.
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
/// All of them, in the order in which they are looked at. That every plugin file has its pin is the loader's to check
/// (PLUGIN_PIN_MISSING), that the venue was asked before anything is traded the run's (RECONCILE_UNANSWERED).
std::span<const LiveGuard> live_guards() noexcept;

/// Whether this version trades for real at all: the one switch, and no configuration turns it.
inline constexpr bool live_offered = false;

/// The guard that says so. As long as live_offered is off no configuration can meet it.
inline constexpr std::string_view unmet_guard = "LIVE_NOT_OFFERED";

/// The guards that `config`, which says `mode: live`, does not meet. Never empty while live_offered is off.
std::vector<MissingGuard> missing_guards(const RunConfig& config, const LiveFacts& facts);

/// Whether a run of that mode may be made at all, whoever made its configuration. Error: unmet_guard.
Result<void> may_run(std::string_view mode);

/// Whether nobody but this machine reaches a port that listens on `host`.
bool loopback(std::string_view host) noexcept;

}  // namespace bowline::config
