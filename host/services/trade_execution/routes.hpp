// The HTTP face of trade-execution: orders, the portfolio, and the emergency stop.
#pragma once

#include <memory>

#include "edge/router.hpp"
#include "services/runtime/backend.hpp"
#include "services/runtime/route_help.hpp"
#include "services/trade_execution/execution.hpp"
#include "services/trade_execution/liquidation_stream.hpp"

namespace bowline::services {

/// POST /trades/execute; GET /orders, /orders/{id}, /orders/{id}/explain; DELETE and PATCH /orders/{id}; GET
/// /portfolio, /portfolio/history; POST /inventory/{instrument}/adopt, /release, /inventory/reclassify; POST /emergency/stop, /emergency/resume; what add_operator_routes, add_liquidation_routes,
/// add_reconciliation_routes, add_risk_route and add_ramp_routes add. Both must outlive the server.
void add_trade_execution_routes(const std::shared_ptr<edge::Router>& router, Execution& execution,
                                Backend& backend);

/// GET and POST /trading/state; POST /positions/{symbol}/close, lock, unlock: part of the routes above.
void add_operator_routes(edge::Router& router, Execution& execution, Backend& backend);

/// PATCH /orders/{id}: part of the routes above.
void add_amend_route(edge::Router& router, Execution& execution, Backend& backend);

/// POST /emergency/liquidate-all and GET /emergency/{id}: part of the routes above.
void add_liquidation_routes(edge::Router& router, Execution& execution, Backend& backend);

/// WS /emergency/{id}/stream. `stream` must outlive the server.
void add_liquidation_stream_route(edge::Router& router, LiquidationStream& stream, const Backend& backend);

/// GET /risk/state: part of the routes above.
void add_risk_route(edge::Router& router, const Execution& execution, Backend& backend);

/// GET and POST /risk/ramp, POST /trading/rollout: part of the routes above.
void add_ramp_routes(edge::Router& router, Execution& execution, Backend& backend);

/// POST /inventory/{instrument}/adopt, /release, POST /inventory/reclassify; part of the above.
void add_inventory_routes(edge::Router& router, Execution& execution, Backend& backend);

/// GET and POST /reconciliation; part of the above.
void add_reconciliation_routes(edge::Router& router, Execution& execution, Backend& backend);

/// The Idempotency-Key of a command. Errors: IDEMPOTENCY_KEY_MISSING, IDEMPOTENCY_KEY_INVALID.
Result<std::string> idempotency_key(const edge::Request& request);

/// ?dry_run= ; false when absent. Error PARAM_INVALID.
Result<bool> dry_run_of(const edge::Request& request);

/// What is answered with 404 of an order that nobody knows.
Error order_unknown();
/// Answers a command about an order that is not in memory: the store says whether there was one (409 ORDER_ENDED).
void answer_forgotten(const Backend& backend, const std::string& id, const Answer& answer);

/// The body and headers of POST /trades/execute. Errors: 400 by their code, INSTRUMENT_UNKNOWN is 404.
Result<TradeRequest> read_trade(const edge::Request& request, const core::InstrumentTable& table);

}  // namespace bowline::services
