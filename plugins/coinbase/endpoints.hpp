// The requests of a broker and a feed, ready to be sent but for the token: one function for each endpoint.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <bowline/result.hpp>

#include "coinbase/words.hpp"

namespace bowline::coinbase {

inline constexpr std::string_view api_host = "api.coinbase.com";
inline constexpr std::string_view api_root = "/api/v3/brokerage";
inline constexpr std::string_view orders_path = "/api/v3/brokerage/orders";  ///< where each new order is sent

enum class Method : std::uint8_t { get, post };
constexpr std::string_view word_of(Method m) noexcept { return m == Method::get ? "GET" : "POST"; }

struct Request {
  Method method = Method::get;
  std::string path;   ///< encoded, what the token is made for
  std::string query;  ///< encoded, without the question mark; the token does not cover it
  std::string body;   ///< JSON, or "" for none
  bool open = false;  ///< needs no token, and is counted against the limit of public requests

  /// As it stands in the request line.
  std::string target() const { return query.empty() ? path : path + "?" + query; }
};

/// Market data is served twice: to keys, and to everybody (there from a cache, and with a limit of its own).
enum class Access : std::uint8_t { key, open };

/// 1 to 250 accounts a page; `cursor` is the page before's, "" for the first. Errors: COINBASE_PAGE.
Result<Request> accounts(std::uint32_t limit, std::string_view cursor);
/// Errors: COINBASE_ID (empty).
Result<Request> account(std::string_view uuid);

struct ProductsQuery {
  std::string product_type = "SPOT";     ///< "" = all
  std::vector<std::string> product_ids{};  ///< empty = all
  std::uint32_t limit = 0, offset = 0;   ///< 0 = the venue's
  bool tradability = false;              ///< fill `view_only`: needs Access::key
};
Request products(Access access, const ProductsQuery& q);
/// Errors: COINBASE_ID.
Result<Request> product(Access access, std::string_view product_id, bool tradability);
/// `limit` levels a side, 0 = the venue's. Errors: COINBASE_ID.
Result<Request> product_book(Access access, std::string_view product_id, std::uint32_t limit);
/// Errors: COINBASE_ID when the list is empty, or one in it.
Result<Request> best_bid_ask(std::span<const std::string> product_ids);
/// From start to end, in seconds since 1970, newest first. Errors: COINBASE_ID, COINBASE_CANDLE_SPAN (end not after start, or 350 buckets
/// and more).
Result<Request> candles(Access access, std::string_view product_id, Granularity granularity, std::int64_t start_s, std::int64_t end_s);
/// The latest trades, at most `limit` (1 to 1000), optionally from and to a second. Errors: COINBASE_ID, COINBASE_PAGE.
Result<Request> trades(Access access, std::string_view product_id, std::uint32_t limit, std::optional<std::int64_t> start_s = {},
                       std::optional<std::int64_t> end_s = {});

struct OrdersQuery {
  std::vector<std::string> order_ids{}, product_ids{};
  /// `open` alone, or any without it: the venue refuses the mixture. OPEN does not hold PENDING and QUEUED.
  std::vector<OrderStatus> statuses{};  ///< `unknown`: UNKNOWN_ORDER_STATUS
  std::optional<std::int64_t> start_ns{}, end_ns{};  ///< of creation; the venue does not look at them for `open`
  /// "" leaves it to the venue, which then lists RETAIL_ADVANCED alone and hides what was placed in the simple interface.
  std::string placement_source{};
  std::uint32_t limit = 0;  ///< 0 = the venue's
  std::string cursor{};
};
/// Errors: COINBASE_STATUS_MIX.
Result<Request> orders(const OrdersQuery& q);
/// Errors: COINBASE_ID.
Result<Request> order(std::string_view order_id);

struct FillsQuery {
  std::vector<std::string> order_ids{}, trade_ids{}, product_ids{};
  std::optional<std::int64_t> start_ns{}, end_ns{};
  std::uint32_t limit = 0;  ///< 0 = the venue's (100)
  std::string cursor{};
};
Request fills(const FillsQuery& q);

Request portfolios();
/// Errors: COINBASE_ID.
Result<Request> portfolio(std::string_view uuid);
/// `product_type` "" = all.
Request transaction_summary(std::string_view product_type);
Request key_permissions();
Request server_time();

}  // namespace bowline::coinbase
