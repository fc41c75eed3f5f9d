// Exact money: a 128-bit count of 10^-18 units, the same two words as bl_dec in the ABI. Sums are one
// addition with an overflow check; products and quotients go through 256 bits and name their rounding. A
// value that does not fit becomes not_set, which sticks like NaN and never wraps. There is no formatter and
// no stream operator: an amount can't reach a log by accident; to_string() is asked for by name. Header-only,
// no dependency.
#pragma once

#include <bowline/plugin.h>

#include <bowline/detail/wide.hpp>
#include <bowline/result.hpp>
#include <array>
#include <cmath>
#include <compare>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace bowline {

/// Where a value between two units goes: down = toward zero, up = away from zero, floor, ceil, half_even = to
/// the nearest, ties to the even unit.
enum class Rounding { down, up, floor, ceil, half_even };

class Decimal {
  detail::i128 v_ = 0;  // units of 10^-18; the lowest value is "not set"

  static constexpr detail::i128 none = static_cast<detail::i128>(static_cast<detail::u128>(1) << 127);
  struct Units {};
  constexpr Decimal(Units, detail::i128 v) noexcept : v_(v) {}
  static constexpr detail::u128 magnitude(detail::i128 v) noexcept {
    return v < 0 ? ~static_cast<detail::u128>(v) + 1 : static_cast<detail::u128>(v);
  }
  static constexpr Decimal signed_units(detail::u128 m, bool negative) noexcept {
    if (m >> 127 != 0) return not_set();
    const auto v = static_cast<detail::i128>(m);
    return {Units{}, negative ? -v : v};
  }
  /// Whether the quotient's magnitude has to grow by one. `twice` compares 2 x rest with the divisor: -1,
  /// 0, 1.
  static constexpr bool bump(Rounding r, bool negative, bool rest, int twice, bool odd) noexcept {
    if (!rest) return false;
    switch (r) {
      case Rounding::down:
        return false;
      case Rounding::up:
        return true;
      case Rounding::floor:
        return negative;
      case Rounding::ceil:
        return !negative;
      case Rounding::half_even:
        return twice > 0 || (twice == 0 && odd);
    }
    return false;
  }
  static constexpr Decimal quotient(detail::u256 n, detail::u128 d, bool negative, Rounding r) noexcept {
    const detail::u128 rest = detail::div_wide(n, d);
    if (n[2] != 0 || n[3] != 0) return not_set();
    detail::u128 q = (static_cast<detail::u128>(n[1]) << 64) | n[0];
    const detail::u128 other = d - rest;  // compares rest with d - rest: no doubling, no overflow
    const int twice = rest > other ? 1 : rest == other ? 0 : -1;
    if (bump(r, negative, rest != 0, twice, (q & 1) != 0)) {
      if (q == ~static_cast<detail::u128>(0)) return not_set();
      ++q;
    }
    return signed_units(q, negative);
  }
  static constexpr std::array<std::uint64_t, 20> powers = [] {
    std::array<std::uint64_t, 20> p{1};
    for (std::size_t i = 1; i < p.size(); ++i) p[i] = p[i - 1] * 10;
    return p;
  }();
  static constexpr std::uint64_t pow10(int n) noexcept { return powers[static_cast<std::size_t>(n)]; }
  [[noreturn]] static void compared_unset() noexcept {
    std::fputs("bowline: an amount that is not set was compared by size\n", stderr);
    std::abort();
  }

 public:
  static constexpr int scale = 18;
  static constexpr std::uint64_t unit = 1'000'000'000'000'000'000u;  // units in 1

  constexpr Decimal() noexcept = default;  // zero
  static constexpr Decimal zero() noexcept { return {}; }
  static constexpr Decimal not_set() noexcept { return {Units{}, none}; }
  /// The smallest step, 10^-18.
  static constexpr Decimal epsilon() noexcept { return {Units{}, 1}; }
  static constexpr Decimal from_int(std::int64_t n) noexcept {
    return {Units{}, static_cast<detail::i128>(n) * unit};
  }
  /// m x 10^exp. Exact: what does not fit 18 decimals, or overflows, is not_set.
  static constexpr Decimal from_mantissa(std::int64_t m, int exp) noexcept {
    const int e = exp + scale;
    if (m == 0) return {};
    if (e >= 0) {
      if (e <= scale)  // below 2^63 x 10^18, which is below 2^123
        return {Units{}, static_cast<detail::i128>(m) * static_cast<std::int64_t>(powers[static_cast<unsigned>(e)])};
      if (e > 38) return not_set();
      detail::i128 v = m;
      for (int left = e; left > 0;) {
        const int now = left > 18 ? 18 : left;
        if (__builtin_mul_overflow(v, static_cast<detail::i128>(pow10(now)), &v)) return not_set();
        left -= now;
      }
      return v == none ? not_set() : Decimal{Units{}, v};
    }
    if (e < -19) return not_set();
    std::int64_t v = m;
    for (int i = e; i < 0; ++i) {
      if (v % 10 != 0) return not_set();
      v /= 10;
    }
    return {Units{}, v};
  }
  /// The same, rounded where it has more than 18 decimals.
  static constexpr Decimal from_mantissa(std::int64_t m, int exp, Rounding r) noexcept {
    if (exp >= -scale) return from_mantissa(m, exp);
    const int drop = -scale - exp;
    const detail::u128 mag = magnitude(m);
    const bool negative = m < 0;
    if (drop > 36) {  // below half a unit for every 64-bit mantissa
      return signed_units(bump(r, negative, m != 0, -1, false) ? 1 : 0, negative);
    }
    detail::u128 d = 1;
    for (int i = 0; i < drop; ++i) d *= 10;
    return quotient({static_cast<std::uint64_t>(mag), static_cast<std::uint64_t>(mag >> 64), 0, 0}, d,
                    negative, r);
  }
  /// For weights and other estimates that meet money. NaN, infinity and what does not fit are not_set.
  static Decimal from_double(double x, Rounding r) noexcept {
    if (!std::isfinite(x) || std::fabs(x) >= 1.7e20) return not_set();
    if (x == 0) return {};
    int e = 0;
    const double f = std::frexp(std::fabs(x), &e);  // x = f x 2^e, f in [0.5, 1)
    const auto m = static_cast<std::uint64_t>(std::ldexp(f, 53));
    e -= 53;  // |x| = m x 2^e exactly
    detail::u256 n = detail::mul_128(m, unit);
    const bool negative = x < 0;
    if (e >= 0) {  // at most 2^68: whole numbers
      detail::u128 v = (static_cast<detail::u128>(n[1]) << 64) | n[0];
      if (v >> (127 - e) != 0) return not_set();
      return signed_units(v << e, negative);
    }
    if (-e > 126) return signed_units(bump(r, negative, true, -1, false) ? 1 : 0, negative);
    return quotient(n, static_cast<detail::u128>(1) << -e, negative, r);
  }
  /// Plain or e-notation ("0.1", "-12", "1.5e-7"). Exact: more than 18 decimals that matter, overflow and
  /// anything else is an error (DECIMAL_MALFORMED, DECIMAL_TOO_FINE, DECIMAL_TOO_LARGE). The text is not
  /// repeated in the message.
  static constexpr std::optional<Decimal> try_parse(std::string_view s) noexcept {
    Fault fault{};
    const Decimal d = read(s, fault);
    return fault == Fault::none ? std::optional<Decimal>(d) : std::nullopt;
  }
  static Result<Decimal> parse(std::string_view s) {
    Fault fault{};
    const Decimal d = read(s, fault);
    switch (fault) {
      case Fault::none:
        return d;
      case Fault::malformed:
        return Error{"DECIMAL_MALFORMED", "not a decimal number: write it as 12.5"};
      case Fault::fine:
        return Error{"DECIMAL_TOO_FINE", "more than 18 decimals can't be held exactly"};
      case Fault::large:
        break;
    }
    return Error{"DECIMAL_TOO_LARGE", "beyond 1.7e20 in magnitude"};
  }

  static constexpr Decimal from_raw(bl_dec raw) noexcept {
    return {Units{}, static_cast<detail::i128>(
                         (static_cast<detail::u128>(static_cast<std::uint64_t>(raw.hi)) << 64) | raw.lo)};
  }
  constexpr bl_dec raw() const noexcept {
    const auto u = static_cast<detail::u128>(v_);
    return {static_cast<std::uint64_t>(u), static_cast<std::int64_t>(static_cast<std::uint64_t>(u >> 64))};
  }

  constexpr bool is_set() const noexcept { return v_ != none; }
  constexpr bool is_zero() const noexcept { return v_ == 0; }
  constexpr bool is_positive() const noexcept { return v_ > 0; }
  constexpr bool is_negative() const noexcept { return v_ < 0 && is_set(); }
  /// -1, 0 or 1; 0 when not set.
  constexpr int sign() const noexcept { return is_positive() ? 1 : is_negative() ? -1 : 0; }

  /// Equal values are equal bytes; not_set equals only itself.
  constexpr bool operator==(const Decimal&) const noexcept = default;
  /// By size. A value that is not set has none: comparing it stops the process.
  constexpr std::strong_ordering operator<=>(const Decimal& o) const noexcept {
    if (!is_set() || !o.is_set()) compared_unset();
    return v_ < o.v_   ? std::strong_ordering::less
           : v_ > o.v_ ? std::strong_ordering::greater
                       : std::strong_ordering::equal;
  }

  friend constexpr Decimal operator+(Decimal a, Decimal b) noexcept {
    detail::i128 v = 0;
    if (!a.is_set() || !b.is_set() || __builtin_add_overflow(a.v_, b.v_, &v)) return not_set();
    return {Units{}, v};
  }
  friend constexpr Decimal operator-(Decimal a, Decimal b) noexcept {
    detail::i128 v = 0;
    if (!a.is_set() || !b.is_set() || __builtin_sub_overflow(a.v_, b.v_, &v)) return not_set();
    return {Units{}, v};
  }
  constexpr Decimal operator-() const noexcept { return is_set() ? Decimal{Units{}, -v_} : not_set(); }
  constexpr Decimal& operator+=(Decimal b) noexcept { return *this = *this + b; }
  constexpr Decimal& operator-=(Decimal b) noexcept { return *this = *this - b; }
  friend constexpr Decimal abs(Decimal a) noexcept { return a.is_negative() ? -a : a; }
  /// The smaller, the larger; both must be set.
  friend constexpr Decimal min(Decimal a, Decimal b) noexcept { return b < a ? b : a; }
  friend constexpr Decimal max(Decimal a, Decimal b) noexcept { return a < b ? b : a; }

  /// a x b, rounded to 18 decimals.
  friend constexpr Decimal mul(Decimal a, Decimal b, Rounding r) noexcept {
    if (!a.is_set() || !b.is_set()) return not_set();
    return quotient(detail::mul_128(magnitude(a.v_), magnitude(b.v_)), unit, (a.v_ < 0) != (b.v_ < 0), r);
  }
  /// a / b, rounded to 18 decimals; by zero is not_set.
  friend constexpr Decimal div(Decimal a, Decimal b, Rounding r) noexcept {
    if (!a.is_set() || !b.is_set() || b.v_ == 0) return not_set();
    return quotient(detail::mul_128(magnitude(a.v_), unit), magnitude(b.v_), (a.v_ < 0) != (b.v_ < 0), r);
  }
  friend constexpr Decimal mul_int(Decimal a, std::int64_t n) noexcept {
    detail::i128 v = 0;
    if (!a.is_set() || __builtin_mul_overflow(a.v_, static_cast<detail::i128>(n), &v)) return not_set();
    return {Units{}, v};
  }
  /// The multiple of `step` (> 0) that x rounds to. not_set when step is not above zero.
  friend constexpr Decimal round_to(Decimal x, Decimal step, Rounding r) noexcept {
    if (!x.is_set() || !step.is_positive()) return not_set();
    const detail::u128 m = magnitude(x.v_), s = static_cast<detail::u128>(step.v_);
    const bool small = (m >> 64) == 0 && (s >> 64) == 0;
    detail::u128 q = small ? static_cast<std::uint64_t>(m) / static_cast<std::uint64_t>(s) : m / s;
    const detail::u128 rest = m - q * s, other = s - rest;
    const int twice = rest > other ? 1 : rest == other ? 0 : -1;
    if (bump(r, x.v_ < 0, rest != 0, twice, (q & 1) != 0)) ++q;
    const detail::u256 p = detail::mul_128(q, s);
    if (p[2] != 0 || p[3] != 0) return not_set();
    return signed_units((static_cast<detail::u128>(p[1]) << 64) | p[0], x.v_ < 0);
  }
  friend constexpr Decimal floor_to(Decimal x, Decimal step) noexcept {
    return round_to(x, step, Rounding::floor);
  }
  friend constexpr Decimal ceil_to(Decimal x, Decimal step) noexcept {
    return round_to(x, step, Rounding::ceil);
  }

  /// For statistics and display of ratios only, never for money.
  double to_double() const noexcept {
    if (!is_set()) return std::numeric_limits<double>::quiet_NaN();
    const detail::u128 m = magnitude(v_);
    // Whole part and fraction apart: each converts with less error than the whole count of units would.
    const double whole = static_cast<double>(static_cast<std::uint64_t>(m / unit)) +
                         static_cast<double>(static_cast<std::uint64_t>(m % unit)) / 1e18;
    const double x = (m / unit) >> 64 != 0 ? static_cast<double>(m) / 1e18 : whole;
    return v_ < 0 ? -x : x;
  }
  /// The count of 10^exp, if it fits 64 bits.
  constexpr std::optional<std::int64_t> to_mantissa(int exp, Rounding r) const noexcept {
    if (!is_set() || exp < -scale || exp > 19) return std::nullopt;
    const Decimal q = exp == -scale ? *this : Decimal{Units{}, round_units(exp + scale, r)};
    if (!q.is_set() || q.v_ > std::numeric_limits<std::int64_t>::max() ||
        q.v_ < std::numeric_limits<std::int64_t>::min())
      return std::nullopt;
    return static_cast<std::int64_t>(q.v_);
  }
  /// Plain notation without trailing zeros: "0", "-12.5". "not set" when it is not.
  std::string to_string() const {
    std::string s;
    append_to(s);
    return s;
  }
  void append_to(std::string& out) const {
    if (!is_set()) {
      out += "not set";
      return;
    }
    char buf[48];
    char* p = buf + sizeof buf;
    const detail::u128 m = magnitude(v_);
    detail::u128 whole = m / unit;
    auto fraction = static_cast<std::uint64_t>(m % unit);
    if (fraction != 0) {
      int digits = scale;
      while (fraction % 10 == 0) {
        fraction /= 10;
        --digits;
      }
      for (; digits > 0; --digits, fraction /= 10) *--p = static_cast<char>('0' + fraction % 10);
      *--p = '.';
    }
    do {
      *--p = static_cast<char>('0' + static_cast<int>(whole % 10));
      whole /= 10;
    } while (whole != 0);
    if (v_ < 0) *--p = '-';
    out.append(p, static_cast<std::size_t>(buf + sizeof buf - p));
  }

 private:
  enum class Fault { none, malformed, fine, large };

  constexpr detail::i128 round_units(int places, Rounding r) const noexcept {  // v / 10^places
    detail::u256 n{static_cast<std::uint64_t>(magnitude(v_)), static_cast<std::uint64_t>(magnitude(v_) >> 64),
                   0, 0};
    detail::u128 d = 1;
    for (int i = 0; i < places; ++i) d *= 10;
    return quotient(n, d, v_ < 0, r).v_;
  }

  static constexpr Decimal read(std::string_view s, Fault& fault) noexcept {
    fault = Fault::malformed;
    std::size_t i = 0;
    const bool negative = !s.empty() && s[0] == '-';
    if (negative || (!s.empty() && s[0] == '+')) i = 1;
    detail::u128 m = 0;
    int exp = 0, digits = 0;
    bool dot = false, dropped = false;
    for (; i < s.size(); ++i) {
      const char c = s[i];
      if (c == '.') {
        if (dot) return {};
        dot = true;
        continue;
      }
      if (c < '0' || c > '9') break;
      ++digits;
      // 38 digits fit 128 bits; what follows only matters when it is not zero.
      if (m <= (~static_cast<detail::u128>(0) - 9) / 10) {
        m = m * 10 + static_cast<unsigned>(c - '0');
        if (dot) --exp;
      } else {
        if (c != '0') dropped = true;
        if (!dot) ++exp;
      }
    }
    if (digits == 0 || s[i - 1] == '.') return {};
    if (i < s.size()) {
      if (s[i] != 'e' && s[i] != 'E') return {};
      ++i;
      bool minus = false;
      if (i < s.size() && (s[i] == '-' || s[i] == '+')) minus = s[i++] == '-';
      if (i == s.size() || s.size() - i > 5) return {};
      int e = 0;
      for (; i < s.size(); ++i) {
        if (s[i] < '0' || s[i] > '9') return {};
        e = e * 10 + (s[i] - '0');
      }
      exp += minus ? -e : e;
    }
    fault = Fault::none;
    if (m == 0) return {};
    while (exp < -scale && m % 10 == 0) {
      m /= 10;
      ++exp;
    }
    if (exp < -scale || (dropped && exp < 0)) {
      fault = Fault::fine;
      return {};
    }
    fault = Fault::large;
    if (dropped) return {};
    for (int e = exp + scale; e > 0; --e) {
      if (m > (~static_cast<detail::u128>(0)) / 10) return {};
      m *= 10;
    }
    const Decimal d = signed_units(m, negative);
    if (d.is_set()) fault = Fault::none;
    return d;
  }
};

// Friends found by argument look-up also need a name here, for calls like bowline::abs(x).
constexpr Decimal abs(Decimal a) noexcept;
constexpr Decimal min(Decimal a, Decimal b) noexcept;
constexpr Decimal max(Decimal a, Decimal b) noexcept;
constexpr Decimal mul(Decimal a, Decimal b, Rounding r) noexcept;
constexpr Decimal div(Decimal a, Decimal b, Rounding r) noexcept;
constexpr Decimal mul_int(Decimal a, std::int64_t n) noexcept;
constexpr Decimal round_to(Decimal x, Decimal step, Rounding r) noexcept;
constexpr Decimal floor_to(Decimal x, Decimal step) noexcept;
constexpr Decimal ceil_to(Decimal x, Decimal step) noexcept;

namespace literals {
/// "1.25"_dec: checked when it is compiled.
consteval Decimal operator""_dec(const char* s, std::size_t n) {
  const auto d = Decimal::try_parse(std::string_view(s, n));
  if (!d) throw "not a decimal number that can be held exactly";
  return *d;
}
}  // namespace literals

static_assert(sizeof(Decimal) == sizeof(bl_dec));

}  // namespace bowline
