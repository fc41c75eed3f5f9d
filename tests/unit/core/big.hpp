// A slow natural number, written to be plainly right: decimal digits, schoolbook sums and products. The oracle for
// products and quotients of Decimal.
#pragma once

#include <algorithm>
#include <bowline/decimal.hpp>
#include <compare>
#include <cstdint>
#include <vector>

namespace bowline::test {

class Big {
  std::vector<unsigned> digits_;  // least significant first, no leading zeros

  void trim() {
    while (!digits_.empty() && digits_.back() == 0) digits_.pop_back();
  }

 public:
  Big() = default;
  explicit Big(std::uint64_t v) {
    for (; v != 0; v /= 10) digits_.push_back(static_cast<unsigned>(v % 10));
  }
  Big operator+(const Big& o) const {
    Big out;
    unsigned carry = 0;
    for (std::size_t i = 0; i < std::max(digits_.size(), o.digits_.size()) || carry != 0; ++i) {
      carry += (i < digits_.size() ? digits_[i] : 0) + (i < o.digits_.size() ? o.digits_[i] : 0);
      out.digits_.push_back(carry % 10);
      carry /= 10;
    }
    out.trim();
    return out;
  }
  Big operator*(const Big& o) const {
    Big out;
    out.digits_.assign(digits_.size() + o.digits_.size() + 1, 0);
    for (std::size_t i = 0; i < digits_.size(); ++i) {
      unsigned carry = 0;
      for (std::size_t j = 0; j < o.digits_.size() || carry != 0; ++j) {
        carry += out.digits_[i + j] + (j < o.digits_.size() ? digits_[i] * o.digits_[j] : 0);
        out.digits_[i + j] = carry % 10;
        carry /= 10;
      }
    }
    out.trim();
    return out;
  }
  std::strong_ordering operator<=>(const Big& o) const {
    if (digits_.size() != o.digits_.size()) return digits_.size() <=> o.digits_.size();
    for (std::size_t i = digits_.size(); i-- > 0;)
      if (digits_[i] != o.digits_[i]) return digits_[i] <=> o.digits_[i];
    return std::strong_ordering::equal;
  }
  bool operator==(const Big& o) const = default;
  bool odd() const { return !digits_.empty() && digits_[0] % 2 == 1; }
};

/// 2^64, 10^18 and 2^127 - 1.
inline Big word() { return Big(~std::uint64_t{0}) + Big(1); }
inline Big units_of_one() { return Big(1'000'000'000'000'000'000u); }
inline Big largest() { return Big((std::uint64_t{1} << 63) - 1) * word() + Big(~std::uint64_t{0}); }

/// The magnitude of a set value, in units of 10^-18, read from the two words of the ABI.
inline Big units(Decimal d) {
  bl_dec raw = d.raw();
  std::uint64_t hi = static_cast<std::uint64_t>(raw.hi), lo = raw.lo;
  if (raw.hi < 0) {
    hi = ~hi;
    lo = ~lo;
    if (++lo == 0) ++hi;
  }
  return Big(hi) * word() + Big(lo);
}

/// Whether |q| is n / d rounded as asked, by the definition of each mode; a value that is not set must be too large.
inline bool rounded_right(const Big& n, const Big& d, bool negative, Rounding r, Decimal q) {
  if (!q.is_set()) return n + d > largest() * d;
  if (q.is_negative() && !negative) return false;
  if (q.is_positive() && negative) return false;
  const Big m = units(q), at = m * d;
  const bool down = at <= n && n < at + d;
  const bool up = n <= at && at < n + d;
  switch (r) {
    case Rounding::down: return down;
    case Rounding::up: return up;
    case Rounding::floor: return negative ? up : down;
    case Rounding::ceil: return negative ? down : up;
    case Rounding::half_even: {
      const Big two(2), twice_at = two * at, twice_n = two * n;
      const bool near = twice_at <= twice_n + d && twice_n <= twice_at + d;
      const bool tie = twice_at == twice_n + d || twice_n == twice_at + d;
      return near && (!tie || !m.odd());
    }
  }
  return false;
}

}  // namespace bowline::test
