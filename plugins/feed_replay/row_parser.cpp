#include "row_parser.hpp"

#include <algorithm>
#include <limits>

namespace bowline::feed_replay {
namespace {

/// A decimal of any legal spelling: value = (negative ? -1 : 1) * digits * 10^exp, without trailing zeros.
struct Number {
  std::uint64_t digits = 0;
  int exp = 0;
  bool negative = false;
  bool rounded = false;
};

constexpr int finest_exp = -18;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

bool is_word(std::string_view s) noexcept {  // nan, inf, null, na, and their spellings
  std::string_view t = s;
  if (!t.empty() && (t.front() == '-' || t.front() == '+')) t.remove_prefix(1);
  if (t.empty()) return s.empty();
  return t.size() <= 8 && std::all_of(t.begin(), t.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '/' || c == '#';
         });
}

/// Digits that 64 bits could not take, for rounding: the first of them, and whether any other is not 0.
struct Cut {
  unsigned first = 0;
  bool any = false, more = false;
  void add(unsigned d) noexcept {
    if (any)
      more = more || d != 0;
    else
      first = d;
    any = true;
  }
};

/// Brings a number to at most 18 decimals, half to even: finer is no amount of anything, but what a double
/// leaves behind
/// ("0.0071911399999999995"). False when the digits cut off lie above that.
bool to_18_decimals(std::uint64_t& m, int& exp, Cut cut, bool& rounded) noexcept {
  if (cut.any && (cut.first != 0 || cut.more) && exp > finest_exp) return false;
  for (; exp < finest_exp && m != 0; ++exp) {
    if (cut.any) cut.more = cut.more || cut.first != 0;
    cut.first = static_cast<unsigned>(m % 10);
    cut.any = true;
    m /= 10;
  }
  if (!cut.any || (cut.first == 0 && !cut.more)) return true;
  rounded = true;
  if (exp < finest_exp) return true;  // its last digit was cut off above that place: below half of the finest unit
  if (cut.first > 5 || (cut.first == 5 && (cut.more || m % 2 == 1))) ++m;
  return true;
}

Fault read_number(std::string_view s, Number& out) noexcept {
  if (is_word(s)) return Fault::not_a_number;
  std::size_t i = 0;
  if (s[i] == '-' || s[i] == '+') out.negative = s[i++] == '-';
  int exp = 0;
  bool any = false, point = false;
  std::uint64_t m = 0;
  Cut cut;
  for (; i < s.size() && (is_digit(s[i]) || (s[i] == '.' && !point)); ++i) {
    if (s[i] == '.') {
      point = true;
      continue;
    }
    any = true;
    const auto d = static_cast<unsigned>(s[i] - '0');
    if (cut.any || m > (std::numeric_limits<std::uint64_t>::max() - d) / 10) {
      cut.add(d);
      if (!point) ++exp;
      continue;
    }
    m = m * 10 + d;
    if (point) --exp;
  }
  if (!any) return Fault::malformed;
  if (i < s.size() && (s[i] == 'e' || s[i] == 'E')) {
    ++i;
    bool down = false;
    if (i < s.size() && (s[i] == '-' || s[i] == '+')) down = s[i++] == '-';
    int e = 0;
    const std::size_t first = i;
    for (; i < s.size() && is_digit(s[i]); ++i) e = std::min(e * 10 + (s[i] - '0'), 10'000);
    if (i == first) return Fault::malformed;
    exp += down ? -e : e;
  }
  if (i != s.size()) return Fault::malformed;
  if (!to_18_decimals(m, exp, cut, out.rounded)) return Fault::out_of_range;
  while (m != 0 && m % 10 == 0) {
    m /= 10;
    ++exp;
  }
  out.digits = m;
  out.exp = m == 0 ? 0 : exp;
  return Fault::none;
}

/// digits * 10^(n.exp - exp) as int64; false when it does not fit.
bool scaled(const Number& n, int exp, std::int64_t& out) noexcept {
  std::uint64_t m = n.digits;
  for (int up = n.exp - exp; up > 0 && m != 0; --up) {
    if (m > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / 10) return false;
    m *= 10;
  }
  if (m > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return false;
  out = n.negative ? -static_cast<std::int64_t>(m) : static_cast<std::int64_t>(m);
  return true;
}

/// Finds one exponent under which all `n` numbers are whole: -8 where it serves, else the coarsest that is
/// exact, and not above `coarsest`.
bool align(const Number* v, std::size_t n, int coarsest, std::int8_t& exp, std::int64_t* const* out) noexcept {
  int finest = coarsest;
  for (std::size_t i = 0; i < n; ++i)
    if (v[i].digits != 0) finest = std::min(finest, v[i].exp);
  for (const int candidate : {std::min(-usual_decimals, finest), finest}) {
    bool fits = true;
    for (std::size_t i = 0; i < n && fits; ++i) fits = scaled(v[i], candidate, *out[i]);
    if (fits) {
      exp = static_cast<std::int8_t>(candidate);
      return true;
    }
  }
  return false;
}

}  // namespace

std::string_view code_of(Fault f) noexcept {
  switch (f) {
    case Fault::none:
      return "";
    case Fault::malformed:
      return "FEED_ROW_MALFORMED";
    case Fault::not_a_number:
      return "FEED_ROW_NOT_A_NUMBER";
    case Fault::negative:
      return "FEED_ROW_NEGATIVE";
    case Fault::out_of_range:
      return "FEED_ROW_OUT_OF_RANGE";
    case Fault::high_below_low:
      return "FEED_ROW_HIGH_BELOW_LOW";
  }
  return "";
}

std::string_view text_of(Fault f) noexcept {
  switch (f) {
    case Fault::none:
      return "";
    case Fault::malformed:
      return "six numbers separated by commas are expected";
    case Fault::not_a_number:
      return "a field is empty or not a finite number";
    case Fault::negative:
      return "a price is not above 0, or the volume is below 0";
    case Fault::out_of_range:
      return "a value does not fit 64 bits, or the time is not epoch seconds";
    case Fault::high_below_low:
      return "high is below low, or open or close lies outside of them";
  }
  return "";
}

Fault parse_line(std::string_view line, Row& out) noexcept {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  std::array<std::string_view, 6> field;
  for (std::size_t i = 0; i < 6; ++i) {
    const auto comma = line.find(',');
    if ((comma == std::string_view::npos) != (i == 5)) return Fault::malformed;
    field[i] = line.substr(0, comma);
    line.remove_prefix(i == 5 ? line.size() : comma + 1);
  }
  std::array<Number, 6> v;
  for (std::size_t i = 0; i < 6; ++i)
    if (const Fault f = read_number(field[i], v[i]); f != Fault::none) return f;
  if (!scaled(v[0], 0, out.time_s) || v[0].exp < 0) return Fault::out_of_range;
  std::int64_t* const prices[] = {&out.open, &out.high, &out.low, &out.close};
  std::int64_t* const volume[] = {&out.volume};
  // A price that is no 64-bit number of whole units is none, however many zeros it ends with; a volume may be.
  if (!align(&v[1], 4, 0, out.px_exp, prices) || !align(&v[5], 1, 18, out.qty_exp, volume))
    return Fault::out_of_range;
  out.rounded = std::any_of(v.begin(), v.end(), [](const Number& n) { return n.rounded; });
  return judge_values(out);
}

}  // namespace bowline::feed_replay
