// Numbers of a bar as statistics want them.
#pragma once

#include <array>
#include <cstdint>

namespace bowline::plugin_common {

/// mantissa * 10^exp as the nearest double, exp within -18..18: one division (or product) by an exact power
/// up to 10^22 of a mantissa below 2^53 rounds once, so the same price under two exponents gives the same
/// bits.
inline double to_double(std::int64_t mantissa, std::int8_t exp) noexcept {
  static constexpr std::array<double, 19> power{1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8, 1e9,
                                                1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};
  const auto m = static_cast<double>(mantissa);
  if (exp < -18 || exp > 18) return 0;
  return exp <= 0 ? m / power[static_cast<std::size_t>(-exp)] : m * power[static_cast<std::size_t>(exp)];
}

}  // namespace bowline::plugin_common
