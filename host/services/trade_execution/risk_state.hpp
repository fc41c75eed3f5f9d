// What the host's limits are and how much of each is used, and what the rules have refused: GET /risk/state.
#pragma once

#include <string>

#include "services/trade_execution/execution.hpp"

namespace bowline::services {

/// As JSON, in amounts of the accounting asset. [core thread]
std::string risk_json(const Execution& execution, core::Nanos now);

}  // namespace bowline::services
