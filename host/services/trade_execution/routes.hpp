// The HTTP face of trade-execution: orders, the portfolio, and the emergency stop.
#pragma once

#include <memory>

#include "edge/router.hpp"
#include "services/runtime/backend.hpp"
#include "services/trade_execution/execution.hpp"

namespace bowline::services {

/// POST /trades/execute; GET /orders, /orders/{id}, /orders/{id}/explain; DELETE /orders/{id}; GET
/// /portfolio, /portfolio/history; POST /inventory/{instrument}/adopt, /release; POST /emergency/stop, /emergency/resume. Both must outlive the server.
void add_trade_execution_routes(const std::shared_ptr<edge::Router>& router, Execution& execution,
                                Backend& backend);

/// POST /inventory/{instrument}/adopt, /release; part of the above.
void add_inventory_routes(edge::Router& router, Execution& execution, Backend& backend);

/// The Idempotency-Key of a command. Errors: IDEMPOTENCY_KEY_MISSING, IDEMPOTENCY_KEY_INVALID.
Result<std::string> idempotency_key(const edge::Request& request);

/// The body and headers of POST /trades/execute. Errors: 400 by their code, INSTRUMENT_UNKNOWN is 404.
Result<TradeRequest> read_trade(const edge::Request& request, const core::InstrumentTable& table);

}  // namespace bowline::services
