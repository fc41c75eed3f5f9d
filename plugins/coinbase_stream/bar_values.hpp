// The numbers of one bar as bl_bar holds them.
#pragma once

#include <cstdint>

#include <bowline/result.hpp>

#include "number.hpp"

namespace bowline::coinbase {

/// One exponent for the prices and one for the volume, each the coarsest in -18..0 that is exact: equal bars are equal bytes.
struct BarValues {
  std::int8_t px_exp = 0, qty_exp = 0;
  std::int64_t open = 0, high = 0, low = 0, close = 0, volume = 0;
  bool volume_rounded = false;  ///< 64 bits do not hold the volume exactly: rounded to the nearest that they hold
  bool operator==(const BarValues&) const = default;
};

/// The five numbers of a candle. Errors: BAR_IMPOSSIBLE (a price not above 0, a high below or a low above another price, a
/// volume below 0), BAR_TOO_FINE (prices that have no common exponent in 64 bits). Amounts are not repeated in the message.
Result<BarValues> bar_values(const StreamNumber& open, const StreamNumber& high, const StreamNumber& low,
                             const StreamNumber& close, const StreamNumber& volume);

/// A bar of nothing: all prices are the close before, no volume.
BarValues flat_after(const BarValues& before) noexcept;

/// Volumes as exact amounts, for comparing: which of two bars has more.
bool more_volume(const BarValues& a, const BarValues& b) noexcept;

}  // namespace bowline::coinbase
