// The routes by which the services of one run hear of each other, and by which anybody may look on.
#pragma once

#include <memory>

#include "edge/router.hpp"
#include "services/runtime/backend.hpp"
#include "services/runtime/events_stream.hpp"
#include "services/runtime/market_stream.hpp"

namespace bowline::services {

/// WS /market/stream of signal-generator. `stream` must outlive the server.
void add_market_stream_route(const std::shared_ptr<edge::Router>& router, MarketStream& stream);
/// WS /events/stream and POST /targets of trade-execution. Both must outlive the server.
void add_events_stream_route(const std::shared_ptr<edge::Router>& router, EventsStream& stream);
void add_targets_route(const std::shared_ptr<edge::Router>& router, Backend& backend);

}  // namespace bowline::services
