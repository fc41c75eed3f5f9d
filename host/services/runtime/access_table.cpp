#include "services/runtime/access_table.hpp"

#include <array>

namespace bowline::services {
namespace {

using edge::Method;
using edge::Scope;

// Looking is read, also at what an emergency did. What moves orders, positions or states is trade. What lets everything trade again,
// or sells all of it, is emergency; to stop is not: it must be easy.
constexpr auto table = std::to_array<AccessRow>({
    // every service
    {Method::Get, "/livez", Scope::Open},   // the orchestrator's, which knows no token: yes or no, and nothing else
    {Method::Get, "/readyz", Scope::Open},
    {Method::Get, "/health", Scope::Read},
    {Method::Get, "/metrics", Scope::Read},
    {Method::Get, "/openapi.json", Scope::Read},
    // signal-generator
    {Method::Get, "/signals", Scope::Read},
    {Method::Get, "/signals/latest", Scope::Read},
    {Method::Get, "/signals/{id}/explain", Scope::Read},
    {Method::Get, "/signals/stream", Scope::Read},
    {Method::Get, "/market/stream", Scope::Read},
    // signal-bridge
    {Method::Get, "/decisions", Scope::Read},
    {Method::Get, "/decisions/{id}/explain", Scope::Read},
    // trade-execution
    {Method::Post, "/trades/execute", Scope::Trade},
    {Method::Get, "/orders", Scope::Read},
    {Method::Get, "/orders/{id}", Scope::Read},
    {Method::Patch, "/orders/{id}", Scope::Trade},
    {Method::Delete, "/orders/{id}", Scope::Trade},
    {Method::Get, "/orders/{id}/explain", Scope::Read},
    {Method::Get, "/portfolio", Scope::Read},
    {Method::Get, "/portfolio/history", Scope::Read},
    {Method::Get, "/trading/state", Scope::Read},
    {Method::Post, "/trading/state", Scope::Trade},
    {Method::Post, "/trading/rollout", Scope::Trade},
    {Method::Post, "/positions/{symbol}/lock", Scope::Trade},
    {Method::Post, "/positions/{symbol}/unlock", Scope::Trade},
    {Method::Post, "/positions/{symbol}/close", Scope::Trade},
    {Method::Post, "/inventory/{instrument}/adopt", Scope::Trade},
    {Method::Post, "/inventory/{instrument}/release", Scope::Trade},
    {Method::Post, "/inventory/reclassify", Scope::Trade},
    {Method::Get, "/reconciliation", Scope::Read},
    {Method::Post, "/reconciliation", Scope::Trade},
    {Method::Get, "/risk/state", Scope::Read},
    {Method::Get, "/risk/ramp", Scope::Read},
    {Method::Post, "/risk/ramp", Scope::Trade},
    {Method::Post, "/targets", Scope::Trade},
    {Method::Get, "/events/stream", Scope::Read},
    {Method::Post, "/emergency/stop", Scope::Trade},
    {Method::Post, "/emergency/resume", Scope::Emergency},
    {Method::Post, "/emergency/liquidate-all", Scope::Emergency},
    {Method::Get, "/emergency/{id}", Scope::Read},
    {Method::Get, "/emergency/{id}/stream", Scope::Read},
    // portfolio-rebalancer
    {Method::Get, "/rebalance/plan", Scope::Read},
    {Method::Post, "/rebalance/run", Scope::Trade},
    {Method::Get, "/rebalance/history", Scope::Read},
});

}  // namespace

std::span<const AccessRow> access_table() noexcept { return table; }

std::optional<Scope> scope_of_route(Method method, std::string_view path) noexcept {
  for (const AccessRow& row : table)
    if (row.method == method && row.path == path) return row.scope;
  return std::nullopt;
}

}  // namespace bowline::services
