// The HTTP face of portfolio-rebalancer.
#pragma once

#include <memory>

#include "edge/router.hpp"
#include "services/portfolio_rebalancer/rebalancer.hpp"
#include "services/runtime/backend.hpp"

namespace bowline::services {

/// GET /rebalance/plan (dry run), POST /rebalance/run, GET /rebalance/history. Both must outlive the server.
void add_portfolio_rebalancer_routes(const std::shared_ptr<edge::Router>& router, Rebalancer& rebalancer,
                                     Backend& backend);

}  // namespace bowline::services
