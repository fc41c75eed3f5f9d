// Market data over REST: books, best prices, candles, trades.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <bowline/decimal.hpp>
#include <bowline/result.hpp>

#include "coinbase/words.hpp"

namespace bowline::coinbase {

struct Level {
  Decimal price, size;
};
/// `product_id` is as told: of a product that shares another's book it may be the other's.
struct ProductBook {
  std::string product_id;
  std::vector<Level> bids, asks;  ///< best first; may be empty
  std::int64_t time_ns = 0;       ///< the venue's, since 1970
};
/// Errors here and below: COINBASE_ANSWER_UNREADABLE, COINBASE_FIELD_MISSING, COINBASE_FIELD_UNREADABLE; detail `field` names it.
Result<ProductBook> parse_product_book(std::string_view body);
struct BookList {
  std::vector<ProductBook> books;  ///< at most one level a side
  struct Fault {
    std::string product_id;  ///< "" when not even that could be read
    Error error;
  };
  std::vector<Fault> faults;  ///< books that could not be read: the others are none the worse
};
/// Errors: those of the list itself.
Result<BookList> parse_best_bid_ask(std::string_view body);

struct Candle {
  std::int64_t start_s = 0;  ///< of its bucket, since 1970
  Decimal open, high, low, close, volume;
};
/// Newest first, as the venue tells them; buckets without a trade may be left out. high >= open, close, low is checked.
Result<std::vector<Candle>> parse_candles(std::string_view body);

struct Trade {
  std::string trade_id, product_id;
  Decimal price, size;
  std::int64_t time_ns = 0;
  Side maker_side = Side::unknown;  ///< the resting order's: BUY = somebody sold into it
};
struct TradeList {
  std::vector<Trade> trades;                   ///< newest first
  std::optional<Decimal> best_bid, best_ask;  ///< none: not told
};
Result<TradeList> parse_trades(std::string_view body);

}  // namespace bowline::coinbase
