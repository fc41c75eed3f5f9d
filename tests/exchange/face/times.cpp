#include "exchange/face/times.hpp"

#include <chrono>
#include <cstdio>
#include <limits>

namespace bowline::exchange {
namespace {

constexpr std::int64_t second = 1'000'000'000;

/// "2024-01-15", `between`, "10:05:00"
std::string date_time(std::int64_t s, char between) {
  const std::chrono::sys_seconds at{std::chrono::seconds(s)};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::int64_t of_day = (at - day).count();
  char buf[64];
  std::snprintf(buf, sizeof buf, "%04d-%02u-%02u%c%02d:%02d:%02d", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), between, static_cast<int>(of_day / 3600), static_cast<int>(of_day / 60 % 60),
                static_cast<int>(of_day % 60));
  return buf;
}

std::string nine_digits(std::int64_t fraction) {
  char buf[16];
  std::snprintf(buf, sizeof buf, "%09d", static_cast<int>(fraction));
  return buf;
}

/// Reads from the front of a text; once it did not fit, nothing more does.
struct Scan {
  std::string_view left;
  bool good = true;
  int digits(std::size_t n) {
    int v = 0;
    for (std::size_t i = 0; i < n; ++i) {
      if (i >= left.size() || left[i] < '0' || left[i] > '9') {
        good = false;
        return 0;
      }
      v = v * 10 + (left[i] - '0');
    }
    left.remove_prefix(n);
    return v;
  }
  void one(char c) {
    if (left.empty() || left.front() != c) good = false;
    else left.remove_prefix(1);
  }
};

}  // namespace

std::string rfc3339(std::int64_t ns) {
  std::string out = date_time(ns / second, 'T');
  if (const std::int64_t fraction = ns % second; fraction != 0) {
    const std::string all = nine_digits(fraction);
    const std::size_t digits = fraction % 1'000'000 == 0 ? 3 : fraction % 1000 == 0 ? 6 : 9;
    out.append(".").append(all, 0, digits);
  }
  return out + "Z";
}

std::string go_time(std::int64_t ns, std::int64_t running_ns) {
  std::string out = date_time(ns / second, ' ') + "." + nine_digits(ns % second);
  while (out.back() == '0') out.pop_back();
  if (out.back() == '.') out.pop_back();
  return out + " +0000 UTC m=+" + std::to_string(running_ns / second) + "." + nine_digits(running_ns % second);
}

std::optional<std::int64_t> parse_time(std::string_view text) {
  Scan s{text};
  const int year = s.digits(4);
  s.one('-');
  const int month = s.digits(2);
  s.one('-');
  const int day = s.digits(2);
  s.one('T');
  const int hour = s.digits(2);
  s.one(':');
  const int minute = s.digits(2);
  s.one(':');
  const int sec = s.digits(2);
  if (!s.good || hour > 23 || minute > 59 || sec > 59) return std::nullopt;
  std::int64_t fraction = 0;
  if (!s.left.empty() && s.left.front() == '.') {
    s.one('.');
    std::size_t n = 0;
    for (std::int64_t unit = second / 10; n < 9 && !s.left.empty() && s.left.front() >= '0' && s.left.front() <= '9'; ++n, unit /= 10)
      fraction += s.digits(1) * unit;
    if (n == 0) return std::nullopt;
  }
  std::int64_t offset = 0;
  if (s.left != "Z") {
    // A plus sign that was not encoded in a query has become a blank.
    const char sign = s.left.empty() ? '?' : s.left.front();
    if (sign != '+' && sign != ' ' && sign != '-') return std::nullopt;
    s.left.remove_prefix(1);
    const int h = s.digits(2);
    s.one(':');
    const int m = s.digits(2);
    if (!s.good || !s.left.empty() || h > 23 || m > 59) return std::nullopt;
    offset = (h * 60 + m) * 60 * (sign == '-' ? -1 : 1);
  }
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  const std::int64_t at =
      std::chrono::sys_days(date).time_since_epoch().count() * std::int64_t{86'400} + hour * 3600 + minute * 60 + sec - offset;
  if (at < 0) return 0;
  if (at >= std::numeric_limits<std::int64_t>::max() / second) return std::numeric_limits<std::int64_t>::max();
  return at * second + fraction;
}

}  // namespace bowline::exchange
