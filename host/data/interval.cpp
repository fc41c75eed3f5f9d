#include "data/interval.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <utility>

#include "core/types.hpp"

namespace bowline::data {
namespace {

constexpr std::int64_t day = 86'400;

constexpr auto venue_names = std::to_array<std::pair<std::int64_t, std::string_view>>({{60, "ONE_MINUTE"},
                                                                                      {300, "FIVE_MINUTE"},
                                                                                      {900, "FIFTEEN_MINUTE"},
                                                                                      {1800, "THIRTY_MINUTE"},
                                                                                      {3600, "ONE_HOUR"},
                                                                                      {7200, "TWO_HOUR"},
                                                                                      {21'600, "SIX_HOUR"},
                                                                                      {day, "ONE_DAY"}});
constexpr auto units = std::to_array<std::pair<char, std::int64_t>>({{'d', day}, {'h', 3600}, {'m', 60}, {'s', 1}});

/// Exactly `n` digits at the front of `s`, taken away.
std::optional<int> take(std::string_view& s, std::size_t n) noexcept {
  int v = 0;
  if (s.size() < n || !std::all_of(s.begin(), s.begin() + static_cast<std::ptrdiff_t>(n), [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  for (const char c : s.substr(0, n)) v = v * 10 + (c - '0');
  s.remove_prefix(n);
  return v;
}
bool take_char(std::string_view& s, char c) noexcept {
  if (s.empty() || s.front() != c) return false;
  s.remove_prefix(1);
  return true;
}

/// hh:mm or hh:mm:ss, the whole of `s`, as seconds of the day.
std::optional<std::int64_t> clock_time(std::string_view s) noexcept {
  const auto hour = take(s, 2);
  if (!hour || *hour > 23 || !take_char(s, ':')) return std::nullopt;
  const auto minute = take(s, 2);
  if (!minute || *minute > 59) return std::nullopt;
  std::int64_t at = *hour * 3600 + *minute * 60;
  if (take_char(s, ':')) {
    const auto second = take(s, 2);
    if (!second || *second > 59) return std::nullopt;
    at += *second;
  }
  return s.empty() ? std::optional(at) : std::nullopt;
}

}  // namespace

std::optional<std::int64_t> parse_interval(std::string_view text) noexcept {
  if (text.size() < 2 || text.size() > 6 || text.front() == '0') return std::nullopt;
  const auto unit = std::find_if(units.begin(), units.end(), [&](const auto& u) { return u.first == text.back(); });
  const auto n = take(text, text.size() - 1);
  if (!n || unit == units.end()) return std::nullopt;
  const std::int64_t seconds = *n * unit->second;
  return seconds > 0 && seconds <= day && day % seconds == 0 ? std::optional(seconds) : std::nullopt;
}

std::string interval_name(std::int64_t seconds) {
  for (const auto& [letter, length] : units)
    if (seconds % length == 0) return std::to_string(seconds / length) + letter;
  return {};  // not reached: a second divides everything
}

std::optional<std::string_view> granularity(std::int64_t seconds) noexcept {
  for (const auto& [length, name] : venue_names)
    if (length == seconds) return name;
  return std::nullopt;
}

std::string granularities() {
  std::string all;
  for (const auto& [length, name] : venue_names) all += (all.empty() ? "" : ", ") + interval_name(length);
  return all;
}

std::optional<std::int64_t> parse_instant(std::string_view s) noexcept {
  if (!s.empty() && s.size() <= 10 && s.find_first_not_of("0123456789") == s.npos) {
    std::int64_t v = 0;
    std::from_chars(s.data(), s.data() + s.size(), v);
    return v <= latest_s ? std::optional(v) : std::nullopt;
  }
  const auto year = take(s, 4);
  if (!year || *year < 1970 || *year > 2254 || !take_char(s, '-')) return std::nullopt;
  const auto month = take(s, 2);
  if (!month || !take_char(s, '-')) return std::nullopt;
  const auto date = take(s, 2);
  if (!date) return std::nullopt;
  const std::chrono::year_month_day civil{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                          std::chrono::day(static_cast<unsigned>(*date))};
  if (!civil.ok()) return std::nullopt;
  const std::int64_t midnight = std::chrono::sys_days(civil).time_since_epoch().count() * day;
  if (s.empty()) return midnight;
  if (!take_char(s, 'T') && !take_char(s, ' ')) return std::nullopt;
  if (s.ends_with('Z')) s.remove_suffix(1);
  const auto clock = clock_time(s);
  return clock ? std::optional(midnight + *clock) : std::nullopt;
}

std::string instant(std::int64_t seconds) { return core::format_time(seconds * 1'000'000'000); }

}  // namespace bowline::data
