#include "bar_values.hpp"

#include <algorithm>
#include <array>

namespace bowline::coinbase {
Result<BarValues> bar_values(const StreamNumber& open, const StreamNumber& high, const StreamNumber& low,
                             const StreamNumber& close, const StreamNumber& volume) {
  const std::array<StreamNumber, 4> prices{open.trimmed(), high.trimmed(), low.trimmed(), close.trimmed()};
  BarValues out;
  int exp = 0;
  for (const StreamNumber& p : prices) {
    if (p.sign() <= 0) return Error{"BAR_IMPOSSIBLE", "a candle has a price that is not above 0"};
    if (p.wide()) return Error{"BAR_TOO_FINE", "a candle has a price of more digits than 64 bits hold"};
    exp = std::min<int>(exp, p.exp());
  }
  std::array<std::int64_t, 4> at{};
  for (std::size_t i = 0; i < 4; ++i) {
    const auto m = prices[i].at(exp);
    if (!m) return Error{"BAR_TOO_FINE", "a candle has prices that no one exponent holds in 64 bits"};
    at[i] = *m;
  }
  const auto [o, h, l, c] = at;
  if (h < std::max({o, l, c}) || l > std::min({o, h, c}))
    return Error{"BAR_IMPOSSIBLE", "a candle's high is below, or its low above, another of its prices"};
  out.px_exp = static_cast<std::int8_t>(exp);
  out.open = o, out.high = h, out.low = l, out.close = c;
  if (volume.sign() < 0) return Error{"BAR_IMPOSSIBLE", "a candle has a volume below 0"};
  const StreamNumber v = volume.trimmed();
  if (!v.wide()) {
    out.qty_exp = v.exp();
    out.volume = v.mantissa();
    return out;
  }
  // Up to 1.7e20 with 18 decimals: the finest exponent that 64 bits hold. A statistic may be rounded, a price may not.
  const Decimal exact = v.decimal();
  for (int e = -Decimal::scale; e <= 0; ++e)
    if (const auto m = exact.to_mantissa(e, Rounding::half_even)) {
      const StreamNumber near = StreamNumber(*m, static_cast<std::int8_t>(e)).trimmed();
      out.qty_exp = near.exp();
      out.volume = near.mantissa();
      out.volume_rounded = true;
      return out;
    }
  return Error{"BAR_TOO_FINE", "a candle has a volume beyond 9.2e18"};
}

BarValues flat_after(const BarValues& before) noexcept {
  BarValues out;
  const StreamNumber close = StreamNumber(before.close, before.px_exp).trimmed();
  out.px_exp = close.exp();
  out.open = out.high = out.low = out.close = close.mantissa();
  return out;
}

bool more_volume(const BarValues& a, const BarValues& b) noexcept {
  return Decimal::from_mantissa(a.volume, a.qty_exp) > Decimal::from_mantissa(b.volume, b.qty_exp);
}

}  // namespace bowline::coinbase
