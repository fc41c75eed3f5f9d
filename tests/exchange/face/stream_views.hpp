// The rows of the stream's events.
#pragma once

#include "exchange/engine/engine.hpp"
#include "exchange/face/json.hpp"
#include "exchange/face/market_stats.hpp"

namespace bowline::exchange {

/// {"side":"bid","event_time":...,"price_level":...,"new_quantity":...}
Json level_row(Side side, const LevelView& level, std::int64_t event_ns);
Json trade_row(std::string_view product_id, const TradePrinted& trade);
Json candle_row(std::string_view product_id, const Candle& candle);
/// The state of a book's market. ticker_batch is told without the best prices.
Json ticker_row(const Engine& engine, std::uint32_t book, const DayStats& stats, bool best);
Json status_row(const Product& product);
/// An order with the state that it had when something happened to it.
Json user_row(const Engine& engine, const Order& order, const OrderState& state);

}  // namespace bowline::exchange
