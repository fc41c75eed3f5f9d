// What each route of the four services asks of who calls it: the one place that says so.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "edge/router.hpp"

namespace bowline::services {

struct AccessRow {
  edge::Method method;
  std::string_view path;  ///< as the route has it: "/orders/{id}"
  edge::Scope scope;
};

/// Every route there is. One that is not here is let nobody in by but the scope emergency, and a test fails.
std::span<const AccessRow> access_table() noexcept;

/// None: the table has no such row.
std::optional<edge::Scope> scope_of_route(edge::Method method, std::string_view path) noexcept;

}  // namespace bowline::services
