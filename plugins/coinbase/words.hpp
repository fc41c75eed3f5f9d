// The API's words for states and kinds. A word that is not known here is `unknown`, never an error: the venue adds words.
#pragma once

#include <cstdint>
#include <string_view>

namespace bowline::coinbase {

enum class Side : std::uint8_t { unknown, buy, sell };
enum class OrderStatus : std::uint8_t { unknown, pending, queued, open, edit_queued, cancel_queued, filled, cancelled, expired, failed };
enum class OrderType : std::uint8_t { unknown, market, limit, stop, stop_limit, bracket };
enum class TimeInForce : std::uint8_t { unknown, gtc, gtd, ioc, fok };
enum class TriggerStatus : std::uint8_t { unknown, no_stop, pending, triggered };
enum class Liquidity : std::uint8_t { unknown, maker, taker };
enum class TradeType : std::uint8_t { unknown, fill, reversal, correction, synthetic };
enum class Granularity : std::uint8_t { one_minute, five_minute, fifteen_minute, thirty_minute, one_hour, two_hour, six_hour, one_day };

Side side_of(std::string_view word) noexcept;
OrderStatus order_status_of(std::string_view word) noexcept;
/// Of "STOP_LIMIT" as REST writes it, and "Stop Limit" as the streams do.
OrderType order_type_of(std::string_view word) noexcept;
TimeInForce time_in_force_of(std::string_view word) noexcept;
TriggerStatus trigger_status_of(std::string_view word) noexcept;
Liquidity liquidity_of(std::string_view word) noexcept;
TradeType trade_type_of(std::string_view word) noexcept;

/// The word to send. Of `unknown` it is "".
std::string_view word_of(Side s) noexcept;
std::string_view word_of(OrderStatus s) noexcept;
std::string_view word_of(OrderType t) noexcept;
std::string_view word_of(TimeInForce t) noexcept;
std::string_view word_of(Granularity g) noexcept;
std::int64_t seconds_of(Granularity g) noexcept;

/// Whether nothing more will happen to the order by itself: filled, cancelled, expired, failed.
bool is_final(OrderStatus s) noexcept;

}  // namespace bowline::coinbase
