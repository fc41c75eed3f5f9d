// The HTTP face of signal-bridge: what was decided and why, also where that was nothing.
#pragma once

#include <memory>

#include "edge/router.hpp"
#include "services/runtime/backend.hpp"

namespace bowline::services {

/// GET /decisions, /decisions/{id}/explain. Both read records only, so no component is asked. `backend` must
/// outlive the server.
void add_signal_bridge_routes(const std::shared_ptr<edge::Router>& router, Backend& backend);

}  // namespace bowline::services
