// How the venue behaves where Coinbase's own behaviour is a setting, or is not known.
#pragma once

#include <cstdint>
#include <limits>

#include <bowline/decimal.hpp>

namespace bowline::exchange {

inline constexpr std::int64_t forever = std::numeric_limits<std::int64_t>::max();

/// What happens when an order would trade with one of the same trader.
enum class SelfTrade : std::uint8_t { allow, cancel_taker, cancel_maker, cancel_both };
/// Within what a client_order_id stands for one order.
enum class ClientIdScope : std::uint8_t { portfolio, owner };

struct Options {
  std::uint64_t id_seed = 1;  ///< all ids follow from it
  // Lags, in nanoseconds of the engine's time.
  std::int64_t pending_ns = 0;   ///< from acceptance to the book: PENDING as long
  std::int64_t visible_ns = 0;   ///< from acceptance until queries find the order
  std::int64_t cancel_ns = 0;    ///< from an accepted cancel to its effect: CANCEL_QUEUED as long
  std::int64_t edit_ns = 0;      ///< from an accepted edit to its effect: EDIT_QUEUED as long, with the price and size of before
  std::int64_t listed_ns = 0;    ///< from a fill until it is among the listed ones
  SelfTrade self_trade = SelfTrade::cancel_taker;
  ClientIdScope client_id_scope = ClientIdScope::portfolio;
  std::int64_t client_id_retention_ns = forever;  ///< how long after acceptance a client_order_id stands for its order
  std::uint32_t max_open_orders = 500;            ///< of one user; the next one fails with TOO_MANY_OPEN_ORDERS
  bool edit_stops = false;                        ///< stop-limit and bracket orders can be edited, too
  std::int64_t max_end_ns = forever;              ///< how far ahead the end of a GTD order may be
  Decimal max_limit_distance = Decimal::not_set();  ///< share of the last trade a limit price may be away from it; not_set = any
  Decimal bracket_through = Decimal::from_mantissa(5, -2);  ///< how far beyond its trigger a bracket's stop is limited
  bool fills_on_touch = false;  ///< a trade from outside at the very price of a resting order fills it, too

  /// The sum of two moments, where never stays never.
  static std::int64_t after(std::int64_t t, std::int64_t lag) noexcept { return lag > forever - t ? forever : t + lag; }
};

}  // namespace bowline::exchange
