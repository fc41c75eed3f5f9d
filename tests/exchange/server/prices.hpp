// Where a market's prices come from: made from a seed, or candles of a file played again. Both are functions of the time alone, so that
// a venue that starts again has the same past and the same future. No engine, no clock.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <bowline/decimal.hpp>
#include <bowline/result.hpp>

#include "exchange/engine/product.hpp"
#include "exchange/face/candle_source.hpp"

namespace bowline::exchange {

struct MarketTrade {
  Decimal price, size;  ///< quote per base unit; base units
};

class Prices {
 public:
  virtual ~Prices() = default;
  /// The price at a moment; not_set where nothing is known.
  virtual Decimal at(std::int64_t t_ns) = 0;
  /// What traded after one moment and up to another, oldest first, the last `most` of it.
  virtual std::vector<MarketTrade> trades(std::int64_t after_ns, std::int64_t until_ns, std::size_t most) = 0;
  /// What traded in [from_s, until_s) and not after `now_ns`; nothing where nothing did.
  virtual std::optional<Candle> candle(std::int64_t from_s, std::int64_t until_s, std::int64_t now_ns) = 0;
};

/// How a market looks that is made.
struct MarketShape {
  Decimal price = Decimal::from_int(100);          ///< around which it walks
  std::int64_t volatility_ppm = 30'000;            ///< of a day, in millionths
  std::int64_t spread_ppm = 200;                   ///< between the best two, in millionths of the price
  Decimal depth = Decimal::from_int(20'000);       ///< quote units at each level
  bool operator==(const MarketShape&) const = default;
};

/// A walk from a seed: noises of many periods, from seconds to half a year, each as strong as the root of its period. A trade each step.
class MadePrices final : public Prices {
 public:
  MadePrices(const Product& product, const MarketShape& shape, std::uint64_t seed, std::int64_t step_ns);
  Decimal at(std::int64_t t_ns) override;
  std::vector<MarketTrade> trades(std::int64_t after_ns, std::int64_t until_ns, std::size_t most) override;
  std::optional<Candle> candle(std::int64_t from_s, std::int64_t until_s, std::int64_t now_ns) override;

 private:
  static constexpr std::size_t octaves = 12;
  struct Octave {
    double weight = 0;
    std::int64_t cell = -1;  ///< whose two ends are known
    double left = 0, right = 0;
  };
  struct Span {  ///< of the walk's value over some steps
    double open = 0, high = 0, low = 0, close = 0;
    std::int64_t parts = 0;  ///< of volume
  };
  double value(std::int64_t step);
  Decimal price_of(double value) const;
  std::int64_t parts_at(std::int64_t step) const;  ///< what it trades, in `part_`s
  Span span(std::int64_t first, std::int64_t last);
  Span hour(std::int64_t first);
  Product product_;
  MarketShape shape_;
  std::uint64_t seed_;
  std::int64_t step_ns_;
  Decimal part_;
  std::array<Octave, octaves> octaves_;
  std::map<std::int64_t, Span> hours_;  ///< by their first step: long questions come again
};

/// A candle of a file: its open's time in seconds since 1970.
struct FileCandle {
  std::int64_t time_s = 0;
  Decimal open, high, low, close, volume;
};
/// Reads `time_utc_epoch_s,open,high,low,close,volume`, plain or gzip: times strictly increasing, low and high around open and close,
/// more than one row. CANDLES_UNREADABLE, CANDLES_MALFORMED (with the line).
Result<std::vector<FileCandle>> read_candles(const std::string& path);

/// How a file's time is the venue's: at `origin_s` it is `from_s` of the file, and it runs `speed` times as fast.
struct ReplayPace {
  std::int64_t origin_s = 0, from_s = 0, speed = 1;
};

/// A file played again. Each candle trades four times, evenly spread over it: at its open, at the extreme that its close is away from,
/// at the other one, and at its close, a quarter of its volume each. In front of `from_s` it is the venue's past; behind the file's end
/// nothing trades, and the last price stands.
class PlayedPrices final : public Prices {
 public:
  /// `candles` as read_candles() gives them.
  PlayedPrices(std::vector<FileCandle> candles, const ReplayPace& pace);
  Decimal at(std::int64_t t_ns) override;
  std::vector<MarketTrade> trades(std::int64_t after_ns, std::int64_t until_ns, std::size_t most) override;
  std::optional<Candle> candle(std::int64_t from_s, std::int64_t until_s, std::int64_t now_ns) override;
  /// The length of a candle, in seconds of the file: the smallest distance of two of its first 1,000.
  static std::int64_t period(const std::vector<FileCandle>& candles);

 private:
  std::size_t points() const { return 4 * candles_.size(); }
  std::int64_t time_ns(std::size_t point) const;       ///< the venue's
  MarketTrade trade(std::size_t point) const;
  std::size_t first_after(std::int64_t t_ns) const;    ///< the first point behind a moment
  std::vector<FileCandle> candles_;
  ReplayPace pace_;
  std::int64_t period_s_;
};

}  // namespace bowline::exchange
