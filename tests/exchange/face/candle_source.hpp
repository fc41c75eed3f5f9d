// Where the candles come from: what traded in the past is not the engine's business, and the face keeps no market data.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <bowline/decimal.hpp>

namespace bowline::exchange {

enum class Granularity : std::uint8_t { m1, m5, m15, m30, h1, h2, h6, d1 };
/// "ONE_MINUTE" ...
std::string_view name(Granularity granularity) noexcept;
/// None for another text.
std::optional<Granularity> granularity(std::string_view name) noexcept;
/// Its length in seconds.
std::int64_t seconds(Granularity granularity) noexcept;

/// The most candles that one question may be about.
inline constexpr std::size_t most_candles = 350;

struct Candle {
  std::int64_t start_s = 0;  ///< seconds since 1970, a multiple of the granularity
  Decimal low, high, open, close;
  Decimal volume;  ///< base units
  bool operator==(const Candle&) const = default;
};

class CandleSource {
 public:
  virtual ~CandleSource() = default;
  /// The candles of a book in which something traded and whose start is in [start_s, end_s], oldest first, the unfinished one included.
  /// `product` is the product whose book it is (BTC-USD, never BTC-USDC). The span never holds more than most_candles buckets. Nothing
  /// known: an empty list.
  virtual std::vector<Candle> candles(std::string_view product, Granularity granularity, std::int64_t start_s, std::int64_t end_s) = 0;
};

}  // namespace bowline::exchange
