// Lengths of candles and points in time as a person writes them. All whole seconds, UTC.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bowline::data {

/// "90s", "5m", "4h", "1d" -> seconds. A candle's length has to divide a day, so that each day has the same ones; nullopt for all else.
std::optional<std::int64_t> parse_interval(std::string_view text) noexcept;
/// The shortest text that parse_interval() reads as that many seconds.
std::string interval_name(std::int64_t seconds);

/// What the venue calls a candle of that length ("FIVE_MINUTE"); nullopt: it has none such.
std::optional<std::string_view> granularity(std::int64_t seconds) noexcept;
/// The lengths that the venue has, for a message: "1m, 5m, ...".
std::string granularities();

/// 2024-01-01, 2024-01-01T12:30, 2024-01-01T12:30:00Z, or epoch seconds -> epoch seconds from 1970 to 2255; nullopt for all else.
std::optional<std::int64_t> parse_instant(std::string_view text) noexcept;
/// 2024-01-01T12:30:00Z
std::string instant(std::int64_t seconds);

/// The latest time that may stand in a file: what lies behind can't be told in nanoseconds.
inline constexpr std::int64_t latest_s = 9'000'000'000;

}  // namespace bowline::data
