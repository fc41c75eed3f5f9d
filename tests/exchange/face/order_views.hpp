// Orders and fills as REST tells them.
#pragma once

#include "exchange/engine/engine.hpp"
#include "exchange/face/json.hpp"

namespace bowline::exchange {

/// {"limit_limit_gtc":{"base_size":...}}: what the order is to do now, edits included.
Json configuration_view(const Order& order);
/// An order object, as of now.
Json order_view(const Engine& engine, const Order& order);
Json fill_view(const Engine& engine, const Fill& fill);
/// INVALID_ORDER_TYPE, STOP_PENDING or STOP_TRIGGERED.
std::string_view trigger_status(const Order& order) noexcept;

}  // namespace bowline::exchange
