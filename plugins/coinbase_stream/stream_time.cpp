#include "stream_time.hpp"

#include <array>

namespace bowline::coinbase {
namespace {

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar.
constexpr std::int64_t days_to(std::int64_t year, unsigned month, unsigned day) noexcept {
  year -= month <= 2;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const auto of_era = static_cast<unsigned>(year - era * 400);
  const unsigned of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const unsigned day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
  return era * 146097 + static_cast<std::int64_t>(day_of_era) - 719468;
}

struct Cursor {
  const char* p;
  const char* end;
  bool good = true;

  unsigned digits(int n) noexcept {
    unsigned v = 0;
    for (; n > 0; --n, ++p) {
      if (p == end || *p < '0' || *p > '9') {
        good = false;
        return 0;
      }
      v = v * 10 + static_cast<unsigned>(*p - '0');
    }
    return v;
  }
  bool take(char c) noexcept {
    if (p == end || *p != c) return false;
    ++p;
    return true;
  }
  void need(char c) noexcept { good = take(c) && good; }
};

/// The decimals behind the seconds, as nanoseconds.
std::int64_t fraction(Cursor& c) noexcept {
  std::int64_t ns = 0;
  int n = 0;
  for (; c.p != c.end && *c.p >= '0' && *c.p <= '9'; ++c.p, ++n)
    if (n < 9) ns = ns * 10 + (*c.p - '0');
  if (n == 0) c.good = false;
  for (; n < 9; ++n) ns *= 10;
  return ns;
}

}  // namespace

std::optional<std::int64_t> read_stream_time(std::string_view text) noexcept {
  if (text.empty()) return 0;
  Cursor c{text.data(), text.data() + text.size()};
  const unsigned year = c.digits(4);
  c.need('-');
  const unsigned month = c.digits(2);
  c.need('-');
  const unsigned day = c.digits(2);
  if (!c.take('T')) c.need(' ');
  const unsigned hour = c.digits(2);
  c.need(':');
  const unsigned minute = c.digits(2);
  c.need(':');
  const unsigned second = c.digits(2);
  if (!c.good) return std::nullopt;
  const std::int64_t ns = c.take('.') ? fraction(c) : 0;
  std::int64_t offset = 0;
  if (!c.take('Z')) {
    const bool west = c.p != c.end && *c.p == '-';
    if (!west && !(c.p != c.end && *c.p == '+')) return std::nullopt;
    ++c.p;
    const unsigned h = c.digits(2);
    c.need(':');
    const unsigned m = c.digits(2);
    if (h > 23 || m > 59) return std::nullopt;
    offset = static_cast<std::int64_t>(h * 3600 + m * 60) * (west ? 1 : -1);
  }
  constexpr std::array<unsigned, 12> days{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (!c.good || c.p != c.end || month < 1 || month > 12 || day < 1 || day > days[month - 1] || hour > 23 || minute > 59 ||
      second > 60 || year > 2261)
    return std::nullopt;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  if (month == 2 && day == 29 && !leap) return std::nullopt;
  const std::int64_t seconds =
      days_to(year, month, day) * 86'400 + static_cast<std::int64_t>(hour * 3600 + minute * 60 + second) + offset;
  return seconds < 0 ? 0 : seconds * 1'000'000'000 + ns;
}

std::optional<std::int64_t> TimeReader::read(std::string_view text) {
  if (text == last_) return last_ns_;
  const auto ns = read_stream_time(text);
  if (ns) {
    last_ = text;
    last_ns_ = *ns;
  }
  return ns;
}

}  // namespace bowline::coinbase
