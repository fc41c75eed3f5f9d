// How Execution works for who stands in for a dead host: what the configuration says of exits, and nothing of entries.
#pragma once

#include "config/run_config.hpp"
#include "services/trade_execution/execution_options.hpp"

namespace bowline::services {

/// `seed`: that of the run that the journal is of; `caps`: of the venue's plugin (bl_broker_v1); `sells`: it came to liquidate.
ExecutionOptions stand_in_options(const config::RunConfig& config, std::uint64_t seed, std::uint64_t caps, bool sells);

}  // namespace bowline::services
