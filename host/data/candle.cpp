#include "data/candle.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include "data/codes.hpp"
#include "data/interval.hpp"

namespace bowline::data {
namespace {

constexpr int usual = -8;

/// The count of 10^exp where it is exact and fits.
std::optional<std::int64_t> exact(Decimal d, int exp) noexcept {
  const auto m = d.to_mantissa(exp, Rounding::down);
  return m && Decimal::from_mantissa(*m, exp) == d ? m : std::nullopt;
}

/// One exponent for all of `values`, their counts to `out`.
bool align(std::span<const Decimal> values, int coarsest, std::int8_t& exp, std::span<std::int64_t* const> out) noexcept {
  const auto all = [&](int candidate) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto m = exact(values[i], candidate);
      if (!m) return false;
      *out[i] = *m;
    }
    exp = static_cast<std::int8_t>(candidate);
    return true;
  };
  if (all(usual)) return true;
  for (int candidate = coarsest; candidate >= -Decimal::scale; --candidate)
    if (all(candidate)) return true;
  return false;
}

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// nan, inf, null and their like, and nothing at all.
bool is_word(std::string_view s) noexcept {
  if (!s.empty() && (s.front() == '-' || s.front() == '+')) s.remove_prefix(1);
  return s.size() <= 8 &&
         std::all_of(s.begin(), s.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '/' || c == '#'; });
}

/// digits x 10^exp of a number of any legal spelling; nullopt: it is none.
struct Spelled {
  std::string digits;
  int exp = 0;
  bool negative = false;
};
std::optional<Spelled> spell(std::string_view s) {
  Spelled n;
  std::size_t i = 0;
  if (i < s.size() && (s[i] == '-' || s[i] == '+')) n.negative = s[i++] == '-';
  bool point = false;
  for (; i < s.size() && (is_digit(s[i]) || (s[i] == '.' && !point)); ++i) {
    if (s[i] == '.') {
      point = true;
      continue;
    }
    n.digits += s[i];
    n.exp -= point;
  }
  if (n.digits.empty() || s[i - 1] == '.') return std::nullopt;
  if (i < s.size()) {
    if (s[i] != 'e' && s[i] != 'E') return std::nullopt;
    bool down = false;
    if (++i < s.size() && (s[i] == '-' || s[i] == '+')) down = s[i++] == '-';
    if (i == s.size() || !is_digit(s[i])) return std::nullopt;
    int e = 0;
    const auto [end, ec] = std::from_chars(s.data() + i, s.data() + s.size(), e);
    if (ec != std::errc{} || end != s.data() + s.size() || e > 99'999) return std::nullopt;
    n.exp += down ? -e : e;
  }
  return n;
}

}  // namespace

std::optional<Mantissas> mantissas(const Candle& c) noexcept {
  Mantissas m;
  const std::array prices{c.open, c.high, c.low, c.close};
  const std::array<std::int64_t*, 4> to{&m.open, &m.high, &m.low, &m.close};
  const std::array volume{c.volume};
  const std::array<std::int64_t*, 1> to_volume{&m.volume};
  if (!align(prices, 0, m.px_exp, to) || !align(volume, 18, m.qty_exp, to_volume)) return std::nullopt;
  return m;
}

std::optional<Candle> candle_of(std::int64_t open_s, const Mantissas& m) noexcept {
  const Candle c{open_s,
                 Decimal::from_mantissa(m.open, m.px_exp),
                 Decimal::from_mantissa(m.high, m.px_exp),
                 Decimal::from_mantissa(m.low, m.px_exp),
                 Decimal::from_mantissa(m.close, m.px_exp),
                 Decimal::from_mantissa(m.volume, m.qty_exp)};
  const bool all = c.open.is_set() && c.high.is_set() && c.low.is_set() && c.close.is_set() && c.volume.is_set();
  return all ? std::optional(c) : std::nullopt;
}

std::string_view fault_of(const Candle& c) noexcept {
  if (!c.open.is_positive() || !c.high.is_positive() || !c.low.is_positive() || !c.close.is_positive() || c.volume.is_negative() || !c.volume.is_set())
    return code::row_negative;
  if (c.high < max(c.open, c.close) || c.low > min(c.open, c.close) || c.low > c.high) return code::row_inconsistent;
  if (c.open_s <= 0 || c.open_s > latest_s || !mantissas(c)) return code::row_out_of_range;
  return {};
}

std::optional<Decimal> parse_number(std::string_view text, bool& rounded) {
  if (const auto d = Decimal::try_parse(text)) return d;
  if (text.size() > 200) return std::nullopt;
  const auto n = spell(text);
  const int drop = n ? -Decimal::scale - n->exp : 0;  // so many digits lie beyond the 18th decimal
  if (drop <= 0) return std::nullopt;
  const std::size_t size = n->digits.size(), kept = static_cast<std::size_t>(drop) >= size ? 0 : size - static_cast<std::size_t>(drop);
  const auto units = Decimal::try_parse((kept == 0 ? "0" : n->digits.substr(0, kept)) + "e-18");
  if (!units) return std::nullopt;
  rounded = true;
  // Half of the last place: a 5 right behind it, with zeros alone to follow. With drop > size there are zeros in front of all digits.
  const char first = static_cast<std::size_t>(drop) > size ? '0' : n->digits[kept];
  const bool more = n->digits.find_first_not_of('0', kept + 1) != std::string::npos;
  const bool odd = kept > 0 && (n->digits[kept - 1] - '0') % 2 == 1;
  const bool up = first > '5' || (first == '5' && (more || odd));
  const Decimal all = up ? *units + Decimal::epsilon() : *units;
  if (!all.is_set()) return std::nullopt;
  return n->negative ? -all : all;
}

Decimal fitting_volume(Decimal volume) noexcept {
  for (int exp = -Decimal::scale; exp <= 18; ++exp)
    if (exact(volume, exp)) return volume;
  for (int exp = -Decimal::scale; exp <= 18; ++exp)
    if (const auto m = volume.to_mantissa(exp, Rounding::half_even)) return Decimal::from_mantissa(*m, exp);
  return volume;
}

void append_row(std::string& out, const Candle& c) {
  out += std::to_string(c.open_s);
  for (const Decimal& d : {c.open, c.high, c.low, c.close, c.volume}) {
    out += ',';
    d.append_to(out);
  }
  out += '\n';
}

RowRead parse_row(std::string_view line) {
  RowRead out;
  const auto fail = [&out](std::string_view why) {
    out.code = why;
    return out;
  };
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  std::array<std::string_view, 6> field;
  for (std::size_t i = 0; i < 6; ++i) {
    const auto comma = line.find(',');
    if ((comma == line.npos) != (i == 5)) return fail(code::row_malformed);
    field[i] = line.substr(0, comma);
    line.remove_prefix(i == 5 ? line.size() : comma + 1);
  }
  if (std::any_of(field.begin(), field.end(), is_word)) return fail(code::row_not_a_number);
  bool of_time = false;
  const auto time = parse_number(field[0], of_time);
  const std::array<Decimal*, 5> to{&out.candle.open, &out.candle.high, &out.candle.low, &out.candle.close, &out.candle.volume};
  for (std::size_t i = 0; i < 5; ++i) {
    bool rounded = false;
    const auto d = parse_number(field[i + 1], rounded);
    if (!d) return fail(spell(field[i + 1]) ? code::row_out_of_range : code::row_malformed);
    if (rounded && d->raw().hi != 0) return fail(code::row_out_of_range);  // the feed has no room for so many digits in front of those it drops
    out.rounded = out.rounded || rounded;
    *to[i] = *d;
  }
  if (!time) return fail(spell(field[0]) ? code::row_out_of_range : code::row_malformed);
  const auto whole = exact(*time, 0);
  if (of_time || !whole) return fail(code::row_out_of_range);
  out.candle.open_s = *whole;
  out.code = fault_of(out.candle);
  return out;
}

}  // namespace bowline::data
