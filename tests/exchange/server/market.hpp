// The market around the venue's users: at each tick what trades elsewhere, and a book of it; and the candles of the past.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "exchange/engine/engine.hpp"
#include "exchange/face/candle_source.hpp"
#include "exchange/server/prices.hpp"

namespace bowline::exchange {

class Market final : public CandleSource {
 public:
  struct Line {
    Product product;  ///< never an alias: it has its own book
    MarketShape shape;
    std::unique_ptr<Prices> prices;
  };
  /// `levels` on each side of a book; sizes follow from the seed.
  Market(std::vector<Line> lines, std::int64_t tick_ns, std::size_t levels, std::uint64_t seed);

  /// When the next tick is; times are the venue's. forever: it stands still.
  std::int64_t next_due() const noexcept { return lines_.empty() ? forever : next_ns_; }
  /// Ticks if it is due: what traded since the last tick trades with whom it meets, and the books are made anew. The first call is due.
  void advance(Engine& engine, std::int64_t now_ns);
  /// From now on a product stands at this price, or, not_set, goes on where the market is by then. At once, without waiting for a tick. A
  /// restart lets it go. PRODUCT_UNKNOWN, MARKET_INVALID (a price that is no multiple of the product's step, or not above zero).
  Result<void> hold(Engine& engine, std::string_view product, const Decimal& price, std::int64_t now_ns);

  /// As of the last call above.
  std::vector<Candle> candles(std::string_view product, Granularity granularity, std::int64_t start_s, std::int64_t end_s) override;

 private:
  void tick(Engine& engine, Line& line, std::int64_t now_ns);
  std::vector<LevelView> side(const Line& line, Side side, const Decimal& price, std::int64_t tick) const;
  std::vector<Line> lines_;
  std::map<std::string, Decimal, std::less<>> held_;
  std::int64_t tick_ns_, next_ns_ = 0, last_ns_ = 0;
  std::size_t levels_;
  std::uint64_t seed_;
};

}  // namespace bowline::exchange
