// One line of a candle file -> exact mantissas. Text to integers by hand: no double, no locale, no
// allocation.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace bowline::feed_replay {

/// One row as read: prices and volume as integers under one exponent each (value = mantissa * 10^exp).
struct Row {
  std::int64_t time_s = 0;  ///< bar open, epoch seconds
  std::int64_t open = 0, high = 0, low = 0, close = 0, volume = 0;
  std::int8_t px_exp = -8, qty_exp = -8;
  bool rounded = false;  ///< a number had more than 18 decimals; it was rounded to 18, half to even
  friend bool operator==(const Row&, const Row&) = default;
};

/// What is wrong with a row's text; the row's place in the file is judged elsewhere (bar_file.hpp).
enum class Fault : std::uint8_t {
  none,
  malformed,       ///< not six fields of numbers
  not_a_number,    ///< NaN, inf, or an empty field
  negative,        ///< a price of 0 or below, or a volume below 0
  out_of_range,    ///< does not fit 64 bits even with the exponent it needs, or an impossible time
  high_below_low,  ///< high < low, or open or close outside [low, high]
};

/// Stable code word of a fault, e.g. "FEED_ROW_MALFORMED".
std::string_view code_of(Fault f) noexcept;
/// What the fault means, one clause for an error text.
std::string_view text_of(Fault f) noexcept;

inline constexpr int usual_decimals = 8;  ///< exponent -8 unless a row needs another one

/// Parses a line without its newline ('\r' at the end is accepted); slow path for every legal or faulty form:
/// signs, scientific notation ("5e-05" as pandas writes), more than 8 decimals, values too large for exponent
/// -8.
Fault parse_line(std::string_view line, Row& out) noexcept;

namespace detail {
inline constexpr std::array<std::uint64_t, 9> pow10{1,      10,      100,      1000,     10000,
                                                    100000, 1000000, 10000000, 100000000};
/// Largest mantissa that still fits int64 after it was scaled up by 10^i.
inline constexpr std::array<std::uint64_t, 9> scale_limit = [] {
  std::array<std::uint64_t, 9> a{};
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = 9'223'372'036'854'775'807ULL / pow10[i];
  return a;
}();

/// Reads "123.45<delim>" at `p`, scaled to 8 decimals. False on anything unusual (the slow path decides
/// then). Safe behind the end of data: a NUL byte is neither digit, point nor delimiter.
inline bool usual_number(const char*& p, char delim, std::int64_t& out) noexcept {
  const char* s = p;
  std::uint64_t m = 0;
  unsigned d;
  while ((d = static_cast<unsigned>(*s) - '0') <= 9) m = m * 10 + d, ++s;
  auto digits = static_cast<unsigned>(s - p);
  unsigned decimals = 0;
  if (*s == '.') {
    const char* point = s++;
    while ((d = static_cast<unsigned>(*s) - '0') <= 9) m = m * 10 + d, ++s;
    decimals = static_cast<unsigned>(s - point) - 1;
    if (decimals == 0) return false;
    digits += decimals;
  }
  if (*s != delim || digits - 1 >= 18 || decimals > usual_decimals || s == p || *p == '.') return false;
  const unsigned up = usual_decimals - decimals;
  if (m > scale_limit[up]) return false;
  out = static_cast<std::int64_t>(m * pow10[up]);
  p = s + 1;
  return true;
}
}  // namespace detail

/// The usual row, terminated by '\n', read in one pass; `p` then stands behind the newline. False: unusual in
/// some way (also when faulty): call parse_line on the whole line. Does not judge values but for their form.
inline bool parse_usual(const char*& p, Row& out) noexcept {
  const char* s = p;
  std::uint64_t t = 0;  // unsigned: a line of digits wraps around before its length is judged
  unsigned d;
  while ((d = static_cast<unsigned>(*s) - '0') <= 9) t = t * 10 + d, ++s;
  if (*s != ',' || s - p > 10 || s == p) return false;
  ++s;
  if (!detail::usual_number(s, ',', out.open) || !detail::usual_number(s, ',', out.high) ||
      !detail::usual_number(s, ',', out.low) || !detail::usual_number(s, ',', out.close) ||
      !detail::usual_number(s, '\n', out.volume))
    return false;
  out.time_s = static_cast<std::int64_t>(t);
  out.px_exp = out.qty_exp = -usual_decimals;
  out.rounded = false;
  p = s;
  return true;
}

/// Judges the values of a parsed row (sign, and high/low against open and close).
inline Fault judge_values(const Row& r) noexcept {
  if (r.low <= 0 || r.open <= 0 || r.high <= 0 || r.close <= 0 || r.volume < 0) return Fault::negative;
  if (r.high < r.low || r.open < r.low || r.open > r.high || r.close < r.low || r.close > r.high)
    return Fault::high_below_low;
  if (r.time_s <= 0 || r.time_s > 9'000'000'000) return Fault::out_of_range;
  return Fault::none;
}

}  // namespace bowline::feed_replay
