// The small words everything else is said in: ids that cannot be mixed up, and time.
#pragma once

#include <bowline/plugin.h>

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace bowline::core {

/// Nanoseconds since the Unix epoch, UTC. Comes from events; one seam of the host reads the clock.
using Nanos = std::int64_t;

/// A number that names one kind of thing. 0 is "none". Numbered from 1 in the order of the configuration.
template <class Tag>
struct Id {
  std::uint32_t value = 0;
  constexpr explicit operator bool() const noexcept { return value != 0; }
  constexpr auto operator<=>(const Id&) const noexcept = default;
};
using InstrumentId = Id<struct InstrumentTag>;
using AssetId = Id<struct AssetTag>;
using InstanceId = Id<struct InstanceTag>;

/// 128 bits that name a decision or a signal: a hash of the facts it was made from, so the same facts give the same id.
struct Id128 {
  std::uint64_t hi = 0, lo = 0;
  constexpr explicit operator bool() const noexcept { return (hi | lo) != 0; }
  constexpr auto operator<=>(const Id128&) const noexcept = default;
  /// 32 lower-case hex digits.
  std::string hex() const;
  /// Writes the 32 digits, without a terminator.
  void hex_to(char* out32) const noexcept;
  /// The inverse of hex(); the empty id for anything that is not 32 hex digits.
  static Id128 from_hex(std::string_view text) noexcept;
};

/// The host's order id as the venue sees it: at most 39 characters of [A-Za-z0-9-], NUL-terminated.
struct ClientOrderId {
  std::array<char, 40> text{};
  ClientOrderId() = default;
  explicit ClientOrderId(std::string_view s) noexcept {
    std::copy_n(s.data(), std::min<std::size_t>(s.size(), 39), text.data());  // s may be empty, its data null
  }
  std::string_view view() const noexcept { return {text.data(), ::strnlen(text.data(), 39)}; }
  bool empty() const noexcept { return text[0] == 0; }
  auto operator<=>(const ClientOrderId&) const noexcept = default;
};

enum class Action : std::uint8_t { none = 0, buy = 1, sell = 2, hold = 3 };
enum class Side : std::uint8_t { buy = BL_BUY, sell = BL_SELL };
enum class OrderType : std::uint8_t { market = BL_MARKET, limit = BL_LIMIT, stop_limit = BL_STOP_LIMIT, bracket = BL_BRACKET };
enum class TimeInForce : std::uint8_t { gtc = BL_GTC, gtd = BL_GTD, ioc = BL_IOC, fok = BL_FOK };
/// Why an order is made. The order of the values is the precedence of targets, lowest first (trading rules 1.2).
enum class Purpose : std::uint8_t { entry = 1, rebalance = 2, exit = 3, operator_order = 4, stop = 5, emergency = 6 };
/// Global or per-product trading state (trading rules 3.4); numbered as in the ABI.
enum class TradingState : std::uint8_t { active = 0, reducing = 1, halted = 2 };

std::string_view to_string(Action) noexcept;
std::string_view to_string(Side) noexcept;
std::string_view to_string(OrderType) noexcept;
std::string_view to_string(TimeInForce) noexcept;
std::string_view to_string(Purpose) noexcept;
std::string_view to_string(TradingState) noexcept;

/// "2022-01-01T00:05:00Z", with nanoseconds only when there are any. For people and for JSON.
std::string format_time(Nanos t);

}  // namespace bowline::core
