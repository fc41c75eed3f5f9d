// Points in time as a person writes them in a config: "2022-01-01", "2022-01-01T12:30:00Z", or epoch seconds.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace bowline::plugin_common {

inline constexpr std::int64_t ns_per_s = 1'000'000'000;

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar.
constexpr std::int64_t days_from_civil(std::int64_t year, unsigned month, unsigned day) noexcept {
  year -= month <= 2;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const auto yoe = static_cast<unsigned>(year - era * 400);
  const unsigned doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return era * 146097 + static_cast<std::int64_t>(doe) - 719468;
}

namespace detail {
/// Reads exactly `n` digits at the front of `s` and drops them.
constexpr std::optional<unsigned> take_digits(std::string_view& s, std::size_t n) noexcept {
  if (s.size() < n) return std::nullopt;
  unsigned v = 0;
  for (std::size_t i = 0; i < n; ++i) {
    if (s[i] < '0' || s[i] > '9') return std::nullopt;
    v = v * 10 + static_cast<unsigned>(s[i] - '0');
  }
  s.remove_prefix(n);
  return v;
}
constexpr bool take(std::string_view& s, char c) noexcept {
  if (s.empty() || s.front() != c) return false;
  s.remove_prefix(1);
  return true;
}
}  // namespace detail

/// UTC text -> ns since the epoch; nullopt when it is none of the accepted forms or out of range. Accepted:
/// YYYY-MM-DD, YYYY-MM-DD[T ]HH:MM[:SS][Z], and 1 to 10 digits = epoch seconds. No other zone than UTC.
constexpr std::optional<std::int64_t> parse_time(std::string_view s) noexcept {
  if (!s.empty() && s.size() <= 10 && s.find_first_not_of("0123456789") == std::string_view::npos) {
    std::int64_t v = 0;
    for (char c : s) v = v * 10 + (c - '0');
    if (v > 9'223'372'035) return std::nullopt;
    return v * ns_per_s;
  }
  const auto year = detail::take_digits(s, 4);
  if (!year || *year < 1970 || *year > 2261 || !detail::take(s, '-')) return std::nullopt;
  const auto month = detail::take_digits(s, 2);
  if (!month || *month < 1 || *month > 12 || !detail::take(s, '-')) return std::nullopt;
  const auto day = detail::take_digits(s, 2);
  constexpr unsigned days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (!day || *day < 1 || *day > days[*month - 1]) return std::nullopt;
  const bool leap = (*year % 4 == 0 && *year % 100 != 0) || *year % 400 == 0;
  if (*month == 2 && *day == 29 && !leap) return std::nullopt;
  std::int64_t seconds = days_from_civil(*year, *month, *day) * 86400;
  if (s.empty()) return seconds * ns_per_s;
  if (!detail::take(s, 'T') && !detail::take(s, ' ')) return std::nullopt;
  const auto hour = detail::take_digits(s, 2);
  if (!hour || *hour > 23 || !detail::take(s, ':')) return std::nullopt;
  const auto minute = detail::take_digits(s, 2);
  if (!minute || *minute > 59) return std::nullopt;
  seconds += *hour * 3600 + *minute * 60;
  if (detail::take(s, ':')) {
    const auto second = detail::take_digits(s, 2);
    if (!second || *second > 59) return std::nullopt;
    seconds += *second;
  }
  detail::take(s, 'Z');
  if (!s.empty()) return std::nullopt;
  return seconds * ns_per_s;
}

}  // namespace bowline::plugin_common
