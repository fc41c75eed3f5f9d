#include "number.hpp"

#include <array>
#include <string>

#include <bowline/detail/wide.hpp>

namespace bowline::coinbase {
namespace {

constexpr std::array<std::int64_t, 19> powers = [] {
  std::array<std::int64_t, 19> p{1};
  for (std::size_t i = 1; i < p.size(); ++i) p[i] = p[i - 1] * 10;
  return p;
}();

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

}  // namespace

StreamNumber StreamNumber::from(Decimal d) noexcept {
  const bl_dec raw = d.raw();
  auto v = static_cast<detail::i128>((static_cast<detail::u128>(static_cast<std::uint64_t>(raw.hi)) << 64) | raw.lo);
  int exp = -Decimal::scale;
  for (; exp < 0 && v % 10 == 0; ++exp) v /= 10;
  if (v >= INT64_MIN && v <= INT64_MAX) return {static_cast<std::int64_t>(v), static_cast<std::int8_t>(exp)};
  StreamNumber n;
  n.raw_ = raw;
  n.wide_ = true;
  return n;
}

StreamNumber StreamNumber::trimmed() const noexcept {
  if (wide_) return *this;
  std::int64_t m = mantissa();
  std::int8_t e = exp_;
  if (m == 0) return {};
  while (e < 0 && m % 10 == 0) {
    m /= 10;
    ++e;
  }
  return {m, e};
}

std::optional<std::int64_t> StreamNumber::at(int exp) const noexcept {
  if (wide_) {
    const Decimal d = decimal();
    const auto m = d.to_mantissa(exp, Rounding::down);
    return m && Decimal::from_mantissa(*m, exp) == d ? m : std::nullopt;
  }
  const int up = exp_ - exp;
  const std::int64_t m = mantissa();
  if (up == 0 || m == 0) return m;
  if (up > 0) {
    std::int64_t out = 0;
    if (up > 18 || __builtin_mul_overflow(m, powers[static_cast<std::size_t>(up)], &out)) return std::nullopt;
    return out;
  }
  if (up < -18) return std::nullopt;
  const std::int64_t d = powers[static_cast<std::size_t>(-up)];
  return m % d == 0 ? std::optional(m / d) : std::nullopt;
}

std::optional<StreamNumber> read_number(std::string_view text) noexcept {
  const char* p = text.data();
  const char* const end = p + text.size();
  const bool negative = p != end && *p == '-';
  if (negative) ++p;
  const char* const first = p;
  std::uint64_t m = 0;
  const char* dot = nullptr;
  // 18 digits fit; whatever is longer or has another form takes the thorough way.
  const bool fits = end - p > 0 && end - p <= 19;
  bool plain = fits;
  for (; plain && p != end; ++p) {
    if (is_digit(*p)) {
      m = m * 10 + static_cast<std::uint64_t>(*p - '0');
    } else {
      plain = *p == '.' && dot == nullptr && p != first;
      dot = p;
    }
  }
  if (plain && (dot ? dot + 1 != end : end - first <= 18)) {
    const auto value = static_cast<std::int64_t>(m);
    return StreamNumber(negative ? -value : value, static_cast<std::int8_t>(dot ? dot + 1 - end : 0));
  }
  const auto d = Decimal::try_parse(text);
  return d ? std::optional(StreamNumber::from(*d)) : std::nullopt;
}

std::optional<Decimal> read_rounded(std::string_view text) noexcept {
  if (const auto d = Decimal::try_parse(text)) return d;
  // Too fine, too large or no number. Cut behind the 18th decimal it is one of the two others, or what was cut decides.
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos || text.size() - dot - 1 <= 18 || text.size() > 64) return std::nullopt;
  for (const char c : text.substr(dot + 1))
    if (!is_digit(c)) return std::nullopt;  // with an exponent it is nothing that the venue divides to
  const auto cut = Decimal::try_parse(text.substr(0, dot + 19));
  if (!cut) return std::nullopt;
  const std::string_view rest = text.substr(dot + 19);
  const bool odd = ((text[dot + 18] - '0') & 1) != 0;
  const bool above_half = rest[0] > '5' || (rest[0] == '5' && rest.find_first_not_of('0', 1) != std::string_view::npos);
  const bool tie = rest[0] == '5' && !above_half;
  if (!above_half && !(tie && odd)) return cut;
  const Decimal up = text[0] == '-' ? *cut - Decimal::epsilon() : *cut + Decimal::epsilon();
  return up.is_set() ? std::optional(up) : std::nullopt;
}

}  // namespace bowline::coinbase
