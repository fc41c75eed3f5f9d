#include "order_steps.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <bowline/detail/wide.hpp>

namespace bowline::coinbase {
namespace {

using detail::u128;
using detail::u256;

constexpr u128 units(Decimal d) noexcept {  // of a value of 0 or more
  const bl_dec raw = d.raw();
  return (static_cast<u128>(static_cast<std::uint64_t>(raw.hi)) << 64) | raw.lo;
}

/// a - b in place of a; false where b is the larger.
constexpr bool subtract(u256& a, const u256& b) noexcept {
  std::uint64_t borrow = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const u128 d = static_cast<u128>(a[i]) - b[i] - borrow;
    a[i] = static_cast<std::uint64_t>(d);
    borrow = (d >> 64) != 0 ? 1 : 0;
  }
  return borrow == 0;
}

}  // namespace

Decimal price_between(Decimal average1, Decimal q1, Decimal average2, Decimal q2) noexcept {
  if (q1.is_zero()) average1 = Decimal::zero();
  for (const Decimal d : {average1, q1, average2, q2})
    if (!d.is_set() || d.is_negative()) return Decimal::not_set();
  const Decimal step = q2 - q1;
  if (!step.is_positive()) return Decimal::not_set();
  u256 n = detail::mul_128(units(average2), units(q2));
  if (!subtract(n, detail::mul_128(units(average1), units(q1)))) return Decimal::not_set();
  const u128 d = units(step);
  const u128 rest = detail::div_wide(n, d);
  u128 price = (static_cast<u128>(n[1]) << 64) | n[0];
  if (n[2] != 0 || n[3] != 0 || price >> 126 != 0) return Decimal::not_set();
  const u128 other = d - rest;
  if (rest > other || (rest == other && (price & 1) != 0)) ++price;
  if (price == 0) return Decimal::not_set();
  return Decimal::from_raw(
      {static_cast<std::uint64_t>(price), static_cast<std::int64_t>(static_cast<std::uint64_t>(price >> 64))});
}

std::string synthetic_fill_id(std::string_view order_id, Decimal from, Decimal to) {
  std::string facts(order_id);
  facts += '|';
  from.append_to(facts);
  facts += '|';
  to.append_to(facts);
  const XXH128_hash_t hash = XXH3_128bits(facts.data(), facts.size());
  std::string out = "cs-";
  for (const std::uint64_t half : {hash.high64, hash.low64})
    for (int shift = 60; shift >= 0; shift -= 4) out += "0123456789abcdef"[half >> shift & 15U];
  return out;
}

}  // namespace bowline::coinbase
