#include "coinbase/rfc3339.hpp"

#include <chrono>
#include <cstdio>

namespace bowline::coinbase {
namespace {

constexpr std::int64_t ns_per_s = 1'000'000'000;

/// Reads exactly `n` digits at the front of `s` and drops them; -1: they are not there.
int take_digits(std::string_view& s, std::size_t n) noexcept {
  if (s.size() < n) return -1;
  int v = 0;
  for (std::size_t i = 0; i < n; ++i) {
    if (s[i] < '0' || s[i] > '9') return -1;
    v = v * 10 + (s[i] - '0');
  }
  s.remove_prefix(n);
  return v;
}
bool take(std::string_view& s, std::string_view any_of) noexcept {
  if (s.empty() || any_of.find(s.front()) == any_of.npos) return false;
  s.remove_prefix(1);
  return true;
}
/// HH:MM -> minutes; -1: another form.
int take_clock(std::string_view& s) noexcept {
  const int hour = take_digits(s, 2);
  if (hour < 0 || hour > 23 || !take(s, ":")) return -1;
  const int minute = take_digits(s, 2);
  return minute < 0 || minute > 59 ? -1 : hour * 60 + minute;
}

}  // namespace

std::optional<std::int64_t> parse_rfc3339(std::string_view s) noexcept {
  const int year = take_digits(s, 4);
  if (year < 1970 || year > 2261 || !take(s, "-")) return std::nullopt;
  const int month = take_digits(s, 2);
  if (month < 0 || !take(s, "-")) return std::nullopt;
  const int day = take_digits(s, 2);
  if (day < 0 || !take(s, "Tt ")) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  const int minutes = take_clock(s);
  if (minutes < 0 || !take(s, ":")) return std::nullopt;
  const int second = take_digits(s, 2);
  if (second < 0 || second > 60) return std::nullopt;  // 60: a leap second, told as the next one
  std::int64_t fraction = 0;
  if (take(s, ".")) {
    std::int64_t unit = ns_per_s / 10;
    const std::size_t before = s.size();
    for (int digit = 0; !s.empty() && (digit = s.front() - '0') >= 0 && digit <= 9; s.remove_prefix(1), unit /= 10) fraction += digit * unit;
    if (s.size() == before) return std::nullopt;
  }
  int offset = 0;
  if (!take(s, "Zz")) {
    const bool west = !s.empty() && s.front() == '-';
    if (!take(s, "+-") || (offset = take_clock(s)) < 0) return std::nullopt;
    if (west) offset = -offset;
  }
  if (!s.empty()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const std::int64_t seconds = days * 86'400 + (minutes - offset) * 60 + second;
  if (seconds < 0) return std::nullopt;
  return seconds * ns_per_s + fraction;
}

std::string format_rfc3339(std::int64_t ns) {
  const std::int64_t seconds = ns / ns_per_s, fraction = ns % ns_per_s, in_day = seconds % 86'400;
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(seconds / 86'400))};
  char text[64];
  int n = std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                        static_cast<unsigned>(date.day()), static_cast<int>(in_day / 3600), static_cast<int>(in_day / 60 % 60),
                        static_cast<int>(in_day % 60));
  std::string out(text, static_cast<std::size_t>(n));
  if (fraction != 0) {
    n = std::snprintf(text, sizeof text, ".%09lld", static_cast<long long>(fraction));
    out.append(text, static_cast<std::size_t>(n));
  }
  out.push_back('Z');
  return out;
}

}  // namespace bowline::coinbase
