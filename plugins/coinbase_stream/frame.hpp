// One frame of the stream, read whole: what each channel tells, with exact numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <bowline/decimal.hpp>

#include "channels.hpp"
#include "number.hpp"

namespace bowline::coinbase {

// All texts point into the decoder's memory, until it reads the next frame. A time is ns since the epoch, 0 = not told. A
// Decimal that is not set = not told (missing, null or ""), never zero.

enum class BookSide : std::uint8_t { bid, ask };
struct BookUpdate {       ///< one price level: its quantity is absolute, 0 removes it
  StreamNumber price;     ///< > 0
  StreamNumber quantity;  ///< >= 0
  std::int64_t event_ns = 0;
  BookSide side = BookSide::bid;
};
struct BookEvent {  ///< `count` of StreamFrame::book_updates, from `first`
  std::string_view product;
  std::size_t first = 0, count = 0;
  bool snapshot = false;
};

enum class StreamSide : std::uint8_t { unknown, buy, sell };
struct StreamTrade {
  std::string_view product, trade_id;
  StreamNumber price, size;  ///< > 0
  std::int64_t time_ns = 0;
  StreamSide maker = StreamSide::unknown;  ///< the venue tells the side that rested
  bool snapshot = false;                   ///< of before the subscription: nothing to act on
  constexpr StreamSide aggressor() const noexcept {
    return maker == StreamSide::buy ? StreamSide::sell : maker == StreamSide::sell ? StreamSide::buy : StreamSide::unknown;
  }
};

struct StreamTicker {
  std::string_view product;
  Decimal price = Decimal::not_set(), best_bid = Decimal::not_set(), best_bid_quantity = Decimal::not_set();
  Decimal best_ask = Decimal::not_set(), best_ask_quantity = Decimal::not_set();  ///< best_*: never told by ticker_batch
  Decimal volume_24h = Decimal::not_set(), low_24h = Decimal::not_set(), high_24h = Decimal::not_set();
  Decimal low_52w = Decimal::not_set(), high_52w = Decimal::not_set();
  Decimal change_24h_percent = Decimal::not_set();  ///< rounded to 18 decimals
  bool snapshot = false;
  /// Nothing but a name: such tickers have been seen.
  constexpr bool empty() const noexcept { return !price.is_set() && !best_bid.is_set() && !best_ask.is_set(); }
};

struct StreamCandle {
  std::string_view product;
  std::int64_t start_s = 0;  ///< seconds since the epoch
  StreamNumber open, high, low, close, volume;
  bool snapshot = false;
};

struct StreamProduct {  ///< channel status
  std::string_view id, product_type, base_currency, quote_currency, display_name, status, status_message;
  Decimal base_increment = Decimal::not_set(), quote_increment = Decimal::not_set(), min_market_funds = Decimal::not_set();
};

enum class UserOrderStatus : std::uint8_t {
  unknown,
  pending,
  queued,
  open,
  edit_queued,
  cancel_queued,
  filled,
  cancelled,
  expired,
  failed
};
enum class UserOrderKind : std::uint8_t { unknown, market, limit, stop_limit, bracket };
enum class UserOrderForce : std::uint8_t { unknown, gtc, gtd, ioc, fok };
struct UserOrder {  ///< channel user: one order's cumulative state
  std::string_view order_id, client_order_id, product, status_text, order_type_text, cancel_reason, reject_reason,
      trigger_status;
  UserOrderStatus status = UserOrderStatus::unknown;  ///< unknown: a word that this version does not know, see status_text
  UserOrderKind kind = UserOrderKind::unknown;
  UserOrderForce force = UserOrderForce::unknown;
  StreamSide side = StreamSide::unknown;
  Decimal cumulative = Decimal::not_set();  ///< base filled so far
  Decimal leaves = Decimal::not_set();      ///< in the currency the order was placed in; "0" on every terminal update
  Decimal average_price = Decimal::not_set(), filled_value = Decimal::not_set(), total_fees = Decimal::not_set();
  Decimal total_value_after_fees = Decimal::not_set(), limit_price = Decimal::not_set(), stop_price = Decimal::not_set();
  Decimal outstanding_hold = Decimal::not_set();
  std::optional<std::int64_t> number_of_fills;
  std::optional<bool> post_only;
  std::int64_t created_ns = 0, start_ns = 0, end_ns = 0;
};
struct UserEvent {  ///< `count` of StreamFrame::orders, from `first`
  std::size_t first = 0, count = 0;
  bool snapshot = false;
};

struct ChannelSet {  ///< one channel of an acknowledgement
  std::string_view name;
  Channel channel = Channel::unknown;
  std::vector<std::string_view> ids;  ///< products; for user and heartbeats what the venue puts there
};

struct Heartbeat {
  std::optional<std::int64_t> counter;
  std::string_view current_time;  ///< as told: Go's notation, not to be read
};

/// What one frame holds. Only the lists of its channel are filled.
struct StreamFrame {
  /// The venue refused something we sent: `error_message` says what; there is no channel and no number, and the connection
  /// stays.
  bool is_error = false;
  std::string_view error_message;

  Channel channel = Channel::unknown;
  std::string_view channel_name;          ///< as told
  std::int64_t timestamp_ns = 0;          ///< when the venue sent it
  std::optional<std::uint64_t> sequence;  ///< sequence_num

  std::vector<ChannelSet> subscriptions;  ///< the complete set after the change; empty = none is left
  std::vector<Heartbeat> heartbeats;
  std::vector<BookEvent> books;
  std::vector<BookUpdate> book_updates;
  std::vector<StreamTrade> trades;  ///< as sent: newest first
  std::vector<StreamTicker> tickers;
  std::vector<StreamCandle> candles;
  std::vector<StreamProduct> products;
  std::vector<UserEvent> user_events;
  std::vector<UserOrder> orders;
};

/// The products that the frame tells of, each once, in the order told.
std::vector<std::string_view> products_of(const StreamFrame& frame);

}  // namespace bowline::coinbase
