// What the plugin's params make of a desk.
#pragma once

#include <nlohmann/json.hpp>

#include <bowline/result.hpp>

#include "desk.hpp"

namespace bowline::broker_mock {

/// Of params that were held against the schema (schema.hpp); a key that is not there has its default. Errors:
/// CASH_INVALID, EXTERNAL_ORDERS_INVALID (names the entry and what it lacks).
Result<DeskOptions> options_of(const nlohmann::json& params);

}  // namespace bowline::broker_mock
