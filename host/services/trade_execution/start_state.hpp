// What a run that starts reducing begins as (trading rules 3.5): reducing, until an operator lets it trade, unless the process
// before was stopped for a planned roll-out and nothing speaks against going on as it was.
#pragma once

#include <optional>
#include <string_view>

#include "core/types.hpp"
#include "store/live_rows.hpp"

namespace bowline::services {

struct StartFacts {
  bool resumed = false;                ///< the journal of an earlier process is gone on from
  bool put_back = false;               ///< it was put back from a backup, and nobody has set the trading state since
  std::optional<store::EndRow> ended;  ///< the row that its journal ended with; none: it had no end
  core::Nanos wall = 0;                ///< the clock; 0: engine time moves by data alone, and there is no clock to ask
  bool agrees = false;                 ///< reconciliation: all is answered and explained
};

/// Why it may not trade by itself; empty: it may. Static text.
std::string_view why_it_starts_reducing(const StartFacts& facts) noexcept;

/// An operator announces a stop for a planned roll-out, and the start behind it, both until then.
struct RolloutRequest {
  core::Nanos until = 0;  ///< engine time
  std::string reason, principal, request_id;
};
/// No window is longer: what was planned then is no plan any more.
inline constexpr core::Nanos longest_rollout = 24 * core::Nanos{3'600'000'000'000};

}  // namespace bowline::services
