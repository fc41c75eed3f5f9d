// What a product did in the last day and year, reckoned from its candles.
#pragma once

#include <map>

#include "exchange/engine/engine.hpp"
#include "exchange/face/face_options.hpp"

namespace bowline::exchange {

/// Of the last 24 hours and 52 weeks; not_set where no candle tells it.
struct DayStats {
  Decimal volume = Decimal::not_set(), low = Decimal::not_set(), high = Decimal::not_set();
  Decimal open = Decimal::not_set();           ///< the first price of the day
  Decimal volume_before = Decimal::not_set();  ///< of the day before
  Decimal year_low = Decimal::not_set(), year_high = Decimal::not_set();
};

/// Percent by which `now` is above `before`, to 14 decimals; not_set unless both are known.
Decimal percent_change(const Decimal& before, const Decimal& now);

/// It asks the source anew for a book after 10 s at the earliest. The last trade is always inside of low and high.
class MarketStats {
 public:
  MarketStats(const Engine& engine, const FaceOptions& options) : engine_(engine), options_(options) {}
  /// `product`: a number of the engine's.
  DayStats of(std::uint32_t product, std::int64_t now_ns);

 private:
  struct Kept {
    std::int64_t until_ns = 0;
    DayStats stats;
  };
  DayStats reckon(std::string_view book, std::int64_t now_s) const;
  const Engine& engine_;
  const FaceOptions& options_;
  std::map<std::uint32_t, Kept> kept_;  ///< by book
};

}  // namespace bowline::exchange
