// Prints the API document of one service, as it serves it; `broken` prints one that must be refused.
#include <cstdio>
#include <string>

#include "edge/common_routes.hpp"
#include "edge/openapi.hpp"
#include "services/portfolio_rebalancer/routes.hpp"
#include "services/runtime/stream_routes.hpp"
#include "services/signal_bridge/routes.hpp"
#include "services/signal_generator/routes.hpp"
#include "services/trade_execution/routes.hpp"
#include "unit/routes/parts.hpp"

using namespace bowline;

int main(int argc, char** argv) {
  const std::string service = argc > 1 ? argv[1] : "";
  routes_test::Parts parts;
  services::LatestSignals latest(parts.table);
  services::Broadcaster stream;
  services::MarketStream market({}, parts.table, {});
  services::EventsStream events({}, parts.table);
  services::LiquidationStream liquidation(*parts.execution);
  const auto router = std::make_shared<edge::Router>();
  edge::register_common_routes(router, {.service = service,
                                        .version = "0.1.0",
                                        .description = "d",
                                        .health = {},
                                        .live = {},
                                        .ready = {},
                                        .metrics = {}});
  if (service == "signal-generator") {
    services::add_signal_generator_routes(router, latest, stream, parts.backend);
    services::add_market_stream_route(router, market);
  } else if (service == "signal-bridge") {
    services::add_signal_bridge_routes(router, parts.backend);
  } else if (service == "trade-execution") {
    services::add_trade_execution_routes(router, *parts.execution, parts.backend);
    services::add_liquidation_stream_route(*router, liquidation, parts.backend);
    services::add_events_stream_route(router, events);
    services::add_targets_route(router, parts.backend);
  } else if (service == "portfolio-rebalancer") {
    services::add_portfolio_rebalancer_routes(router, *parts.rebalancer, parts.backend);
  } else if (service == "broken") {
    router->add({.method = edge::Method::Get,
                 .path = "/x",
                 .operation_id = "x",
                 .summary = "s",
                 .params = {{.name = "p", .in = "nowhere"}}},
                [](const edge::Request&, edge::Responder) {});
  } else {
    std::fputs("usage: openapi_dump SERVICE|broken\n", stderr);
    return 2;
  }
  std::puts(edge::openapi_json(service, "0.1.0", "One service of four.", *router).c_str());
  return 0;
}
