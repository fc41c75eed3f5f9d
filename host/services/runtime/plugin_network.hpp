// The services http and ws of plugin instances, over one I/O thread of their own.
#pragma once

#include <filesystem>

#include "config/run_config.hpp"
#include "services/runtime/net_port.hpp"

namespace bowline::services {

/// Makes ports by the configuration. The thread begins with the first port and ends with the last. `wall_ns`: UTC, which
/// deadlines and last moments are told in; empty: the system's clock.
NetMaker network_maker(const config::RunConfig::Plugins::Network& network, std::function<std::int64_t()> wall_ns);

}  // namespace bowline::services
