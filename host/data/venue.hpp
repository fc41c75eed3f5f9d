// The venue's public market data: candles and the time, asked patiently. No key, no order.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <bowline/result.hpp>

#include "data/candle_page.hpp"
#include "data/patience.hpp"

namespace bowline::data {

/// How one request ended.
struct WebAnswer {
  int status = 0;  ///< 0: there is no whole answer, and `error` says why
  std::string body{};
  std::optional<std::int64_t> retry_after_s{};  ///< what the venue asked for
  Error error{};                                ///< EDGE_...
};

/// What the questions need of the world; tests put others in its place.
struct VenueWorld {
  std::function<WebAnswer(const std::string& target)> get;  ///< of path and query
  std::function<std::int64_t()> steady_ns;
  std::function<bool(std::int64_t ns)> sleep;  ///< false: it was told to stop meanwhile
  std::function<bool()> stopped;
  /// Told of each failure that is waited out; may be empty.
  std::function<void(const std::string& why, std::int64_t wait_ns)> on_wait{};
};

struct VenueOptions {
  std::int64_t apart_ns = 250'000'000;  ///< between two questions
  int attempts = 8;                     ///< of one question
  std::int64_t first_wait_ns = 500'000'000, most_wait_ns = 30'000'000'000;
  std::uint64_t seed = 1;               ///< of the jitter
  OnBad on_bad = OnBad::refuse;
};

/// One thread.
class Venue {
 public:
  Venue(VenueWorld world, const VenueOptions& options);
  /// The candles that open in `asked`: at most data::most_candles of them, ends on the grid of a length that granularity() knows. What may pass
  /// is asked again: no answer, 429, 5xx, and (up to three times) an answer that can't be read. Errors: DATA_VENUE_UNREACHABLE,
  /// DATA_VENUE_BUSY, DATA_VENUE_FAILED, DATA_VENUE_REFUSED, DATA_PRODUCT_UNKNOWN, DATA_INTERRUPTED, those of parse_candle_page().
  Result<CandlePage> candles(const std::string& product, std::int64_t step, Range asked);
  /// The venue's clock, epoch seconds. The same errors.
  Result<std::int64_t> time();
  /// Requests sent so far, and how many of them were tries again.
  std::uint64_t requests() const noexcept { return requests_; }
  std::uint64_t retries() const noexcept { return retries_; }

 private:
  template <class T>
  Result<T> ask(const std::string& target, const std::function<Result<T>(const std::string& body)>& read);
  VenueWorld world_;
  VenueOptions options_;
  Pace pace_;
  Backoff backoff_;
  std::uint64_t requests_ = 0, retries_ = 0;
};

/// "BTC-USD": what may stand in a path and in a file's name. Letters, digits, - and ., 3 to 64 of them, not beginning with a dot or dash.
bool is_product(std::string_view text) noexcept;

}  // namespace bowline::data
