// The routes every service has: /health /livez /readyz /metrics /openapi.json. What they show comes from
// functions, so that edge needs to know nothing of health or metrics.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "edge/router.hpp"

namespace bowline::edge {

struct CommonSources {
  std::string service, version, description;
  /// Health document (JSON text) and whether every component works: 200 or 503.
  std::function<std::pair<bool, std::string>()> health;
  std::function<bool()> live;            ///< the loop turns
  std::function<bool()> ready;           ///< the service can take commands
  std::function<std::string()> metrics;  ///< Prometheus text format 0.0.4
};

/// Adds the five routes. The sources run on the I/O thread: they must be quick and thread-safe. /openapi.json
/// is made on first use and cached, so routes may be added after this call (until the server starts).
void register_common_routes(const std::shared_ptr<Router>& router, CommonSources sources);

}  // namespace bowline::edge
