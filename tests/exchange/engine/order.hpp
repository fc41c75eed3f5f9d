// An order as the venue keeps it, what a client asks for, and a fill. Times are nanoseconds since 1970; 0 = never.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "accounts.hpp"
#include "money_rules.hpp"
#include "reasons.hpp"

namespace bowline::exchange {

enum class Side : std::uint8_t { buy, sell };
constexpr Side opposite(Side s) noexcept { return s == Side::buy ? Side::sell : Side::buy; }
std::string_view name(Side side) noexcept;  ///< "BUY", "SELL"

/// The kinds of order, by the key of their order_configuration.
enum class Config : std::uint8_t {
  market_ioc,
  market_fok,
  limit_gtc,
  limit_gtd,
  limit_fok,
  limit_ioc,
  stop_limit_gtc,
  stop_limit_gtd,
  bracket_gtc,
  bracket_gtd,
};
enum class OrderType : std::uint8_t { market, limit, stop_limit, bracket };
enum class Tif : std::uint8_t { gtc, gtd, ioc, fok };
struct ConfigRow {
  Config config;
  std::string_view key;  ///< "limit_limit_gtc"
  OrderType type;
  Tif tif;
  std::string_view type_name, tif_name;  ///< "LIMIT", "GOOD_UNTIL_CANCELLED"
};
const ConfigRow& row(Config config) noexcept;
inline OrderType type(Config c) noexcept { return row(c).type; }
inline Tif tif(Config c) noexcept { return row(c).tif; }

enum class Status : std::uint8_t { pending, open, cancel_queued, edit_queued, filled, cancelled, expired, failed };
constexpr bool is_final(Status s) noexcept { return s >= Status::filled; }
std::string_view name(Status status) noexcept;  ///< "PENDING" ...

enum class StopDirection : std::uint8_t { none, up, down };

/// What a client asks for. Numbers that were not given are not_set.
struct OrderRequest {
  std::string client_order_id, product_id;
  Side side = Side::buy;
  Config config = Config::limit_gtc;
  Decimal base_size = Decimal::not_set(), quote_size = Decimal::not_set();  ///< exactly one
  Decimal limit_price = Decimal::not_set();
  Decimal stop_price = Decimal::not_set();  ///< of a stop-limit, or the stop_trigger_price of a bracket
  StopDirection direction = StopDirection::none;
  bool post_only = false;
  std::int64_t end_ns = 0;             ///< GTD
  std::string self_trade_prevention_id;  ///< orders that bear the same one are of one trader, beside those of one user
  bool operator==(const OrderRequest&) const = default;
};

/// Why an order is no longer there, for its cancel_message and reject_message.
enum class EndNote : std::uint8_t { none, by_user, ioc_rest, fok_unfilled, self_trade, no_funds, post_only, paused, too_many };
std::string_view text(EndNote note) noexcept;

/// The part of an order that changes: cumulative, as the user channel tells it.
struct OrderState {
  Status status = Status::pending;
  bool cancel_requested = false;  ///< by the user, at any time
  bool triggered = false;         ///< stop-limit and bracket
  EndNote note = EndNote::none;
  RejectReason reject = RejectReason::none;
  std::uint32_t fills = 0;
  Decimal size;         ///< base units in all; of a market buy by quote_size what was filled so far
  Decimal limit_price;  ///< not_set of market orders; as edited
  Decimal stop_price;   ///< not_set where there is none; as edited
  Decimal filled_size, filled_value, fees;
  Decimal hold;  ///< what is set aside now, in the currency the order pays with
  std::int64_t last_fill_ns = 0, changed_ns = 0;
  bool operator==(const OrderState&) const = default;
};

struct Edit {
  Decimal price, size;  ///< what the order was edited to
  std::int64_t accepted_ns = 0;
  bool operator==(const Edit&) const = default;
};

/// An edit that was accepted and has no effect yet. What was not asked for is not_set.
struct QueuedEdit {
  Decimal price = Decimal::not_set(), size = Decimal::not_set(), stop_price = Decimal::not_set();
  std::int64_t due_ns = 0;
};

using OrderNo = std::uint64_t;  ///< 1, 2, 3 ... in order of acceptance

struct Order {
  OrderNo number = 0;
  UserId user;
  std::uint32_t product = 0;  ///< the number of the product that was asked for
  OrderRequest request;       ///< as it was asked for
  FeeRates rates;             ///< the user's when it was accepted
  std::int64_t created_ns = 0, arrives_ns = 0, cancel_due_ns = 0;
  std::vector<Edit> edits;  ///< the last five, oldest first
  QueuedEdit queued;        ///< of an order that is EDIT_QUEUED
  std::uint64_t place = 0;  ///< its place in time among all orders that came to the book; anew when it loses it
  OrderState state;
  std::uint32_t node = 0;  ///< where the book keeps it; 0 = it does not rest

  Side side() const noexcept { return request.side; }
  bool by_quote() const noexcept { return request.quote_size.is_set(); }  ///< Coinbase's size_in_quote
  /// A market order that spends an amount, its fee inside: Coinbase's size_inclusive_of_fees.
  bool spends_quote() const noexcept { return by_quote() && type(request.config) == OrderType::market; }
  /// Base units that are still to come; 0 of an order that spends an amount.
  Decimal leaves() const noexcept { return state.size - state.filled_size; }
  bool waits_for_stop() const noexcept {
    const OrderType t = type(request.config);
    return (t == OrderType::stop_limit || t == OrderType::bracket) && !state.triggered;
  }
  bool has_stop() const noexcept { return request.stop_price.is_set(); }
  /// Which way the last trade must go to trigger it.
  StopDirection stop_direction() const noexcept {
    if (type(request.config) == OrderType::bracket) return side() == Side::sell ? StopDirection::down : StopDirection::up;
    return request.direction;
  }
};

/// filled_value / filled_size to 16 decimals; 0 when nothing is filled.
Decimal average_price(const OrderState& state);
/// BUY: value and fees; SELL: value less fees.
Decimal value_after_fees(Side side, const OrderState& state);
/// 0 to 100, to 2 decimals, rounded down.
Decimal completion_percentage(const Order& order);

enum class Liquidity : std::uint8_t { maker, taker };

struct Fill {
  std::uint64_t number = 0, trade = 0;  ///< of the fill; of the trade, which has up to two fills
  OrderNo order = 0;
  UserId user;
  std::uint32_t product = 0;
  Side side = Side::buy;
  Liquidity liquidity = Liquidity::maker;
  Decimal price, size, value, commission;  ///< size in base, value and commission in quote units
  std::int64_t time_ns = 0, listed_ns = 0;  ///< from listed_ns on it is among the fills that are told
  bool operator==(const Fill&) const = default;
};

}  // namespace bowline::exchange
