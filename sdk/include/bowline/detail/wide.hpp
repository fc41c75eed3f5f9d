// 128- and 256-bit unsigned steps that exact products and quotients go through. Internal to decimal.hpp.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <type_traits>

namespace bowline::detail {

__extension__ typedef unsigned __int128 u128;
__extension__ typedef __int128 i128;

using u256 = std::array<std::uint64_t, 4>;  // little endian limbs

/// (hi:lo) / d with hi < d: the quotient fits one word.
constexpr std::uint64_t div_128_64(std::uint64_t hi, std::uint64_t lo, std::uint64_t d,
                                   std::uint64_t& rest) noexcept {
#if defined(__x86_64__)
  if (!std::is_constant_evaluated()) {
    std::uint64_t q = 0;
    __asm__("divq %4" : "=a"(q), "=d"(rest) : "a"(lo), "d"(hi), "r"(d) : "cc");
    return q;
  }
#endif
  const u128 n = (static_cast<u128>(hi) << 64) | lo;
  rest = static_cast<std::uint64_t>(n % d);
  return static_cast<std::uint64_t>(n / d);
}

constexpr u256 mul_128(u128 a, u128 b) noexcept {
  const std::uint64_t a0 = static_cast<std::uint64_t>(a), a1 = static_cast<std::uint64_t>(a >> 64);
  const std::uint64_t b0 = static_cast<std::uint64_t>(b), b1 = static_cast<std::uint64_t>(b >> 64);
  const u128 p00 = static_cast<u128>(a0) * b0, p01 = static_cast<u128>(a0) * b1;
  const u128 p10 = static_cast<u128>(a1) * b0, p11 = static_cast<u128>(a1) * b1;
  const u128 mid = (p00 >> 64) + static_cast<std::uint64_t>(p01) + static_cast<std::uint64_t>(p10);
  const u128 top = p11 + (p01 >> 64) + (p10 >> 64) + (mid >> 64);
  return {static_cast<std::uint64_t>(p00), static_cast<std::uint64_t>(mid), static_cast<std::uint64_t>(top),
          static_cast<std::uint64_t>(top >> 64)};
}

/// n / d in place of n for a one-word divisor; gives the rest.
constexpr std::uint64_t div_small(u256& n, std::uint64_t d) noexcept {
  std::uint64_t rest = 0;
  for (std::size_t i = 4; i-- > 0;) {
    if (rest == 0 && n[i] < d) {  // the leading zeros, and often the first digit, cost nothing
      rest = n[i];
      n[i] = 0;
      continue;
    }
    std::uint64_t r = 0;
    n[i] = div_128_64(rest, n[i], d, r);
    rest = r;
  }
  return rest;
}

/// n / d in place of n; `rest` is the remainder. Knuth's algorithm D for a divisor of two words.
constexpr u128 div_wide(u256& n, u128 d) noexcept {
  if ((d >> 64) == 0) return div_small(n, static_cast<std::uint64_t>(d));
  const int shift = std::countl_zero(static_cast<std::uint64_t>(d >> 64));
  const u128 v = d << shift;
  const std::uint64_t v1 = static_cast<std::uint64_t>(v >> 64), v0 = static_cast<std::uint64_t>(v);
  std::array<std::uint64_t, 5> u{};
  for (std::size_t i = 0; i < 4; ++i) u[i] = n[i] << shift;
  if (shift != 0) {
    for (std::size_t i = 4; i >= 1; --i) u[i] |= n[i - 1] >> (64 - shift);
  }
  u256 q{};
  for (std::size_t j = 3; j-- > 0;) {
    std::uint64_t qhat = 0, rhat = 0;
    bool rhat_over = false;
    if (u[j + 2] >= v1) {
      qhat = ~std::uint64_t{0};
      const u128 r = static_cast<u128>(u[j + 1]) + v1;  // u[j+2] == v1 here
      rhat = static_cast<std::uint64_t>(r);
      rhat_over = (r >> 64) != 0;
    } else {
      qhat = div_128_64(u[j + 2], u[j + 1], v1, rhat);
    }
    while (!rhat_over && static_cast<u128>(qhat) * v0 > ((static_cast<u128>(rhat) << 64) | u[j])) {
      --qhat;
      const u128 r = static_cast<u128>(rhat) + v1;
      rhat = static_cast<std::uint64_t>(r);
      rhat_over = (r >> 64) != 0;
    }
    // subtract qhat * v from u[j..j+2]
    const u128 p0 = static_cast<u128>(qhat) * v0, p1 = static_cast<u128>(qhat) * v1 + (p0 >> 64);
    const std::uint64_t s0 = static_cast<std::uint64_t>(p0), s1 = static_cast<std::uint64_t>(p1),
                        s2 = static_cast<std::uint64_t>(p1 >> 64);
    std::uint64_t borrow = u[j] < s0 ? 1u : 0u;
    u[j] -= s0;
    const u128 t1 = static_cast<u128>(s1) + borrow;
    borrow = u[j + 1] < t1 ? 1u : 0u;
    u[j + 1] -= static_cast<std::uint64_t>(t1);
    const u128 t2 = static_cast<u128>(s2) + borrow;
    const bool negative = u[j + 2] < t2;
    u[j + 2] -= static_cast<std::uint64_t>(t2);
    if (negative) {  // qhat was one too large: add back
      --qhat;
      const u128 a0 = static_cast<u128>(u[j]) + v0;
      u[j] = static_cast<std::uint64_t>(a0);
      const u128 a1 = static_cast<u128>(u[j + 1]) + v1 + (a0 >> 64);
      u[j + 1] = static_cast<std::uint64_t>(a1);
      u[j + 2] += static_cast<std::uint64_t>(a1 >> 64);
    }
    q[j] = qhat;
  }
  n = q;
  return ((static_cast<u128>(u[1]) << 64) | u[0]) >> shift;
}

}  // namespace bowline::detail
