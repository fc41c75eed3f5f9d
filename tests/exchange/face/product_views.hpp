// Products and their books as REST tells them.
#pragma once

#include "exchange/engine/engine.hpp"
#include "exchange/face/json.hpp"
#include "exchange/face/market_stats.hpp"

namespace bowline::exchange {

/// A product object. `view_only` is told only when `tradability` was asked for, and false otherwise.
Json product_view(const Engine& engine, std::uint32_t product, const DayStats& stats, bool tradability);
/// {"product_id":...,"bids":[{"price","size"}],"asks":[...],"time":...}
Json book_view(std::string_view product_id, const BookView& book);
/// What was traded there, as a list of /ticker has it.
Json trade_view(std::string_view product_id, const TradePrinted& trade);
Json candle_view(const Candle& candle);

/// Levels of a side (best first) put together to multiples of `step`: bids downwards, asks upwards.
std::vector<LevelView> aggregated(const std::vector<LevelView>& levels, Side side, const Decimal& step);

}  // namespace bowline::exchange
