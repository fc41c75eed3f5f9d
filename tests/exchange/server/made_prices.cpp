// A market from a seed.
#include <algorithm>
#include <cmath>

#include "exchange/server/dice.hpp"
#include "exchange/server/prices.hpp"

namespace bowline::exchange {
namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr double day_s = 86'400;
constexpr std::int64_t minute_s = 60, hour_s = 3600;
constexpr std::size_t most_kept = 50'000;

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }
std::int64_t steps_of(std::int64_t length_s, std::int64_t step_ns) { return std::max<std::int64_t>(length_s * second / step_ns, 1); }

/// Every `stride`-th step from `first` to before `end`; each stands for all of its stride, in the volume too.
template <class Span, class Value, class Parts>
Span walked(std::int64_t first, std::int64_t end, std::int64_t stride, Value&& value, Parts&& parts) {
  Span out;
  out.open = out.high = out.low = value(first);
  for (std::int64_t s = first; s < end; s += stride) {
    out.close = value(s);
    out.high = std::max(out.high, out.close);
    out.low = std::min(out.low, out.close);
    out.parts += parts(s) * stride;
  }
  return out;
}

template <class Spans, class Make>
typename Spans::mapped_type kept(Spans& spans, std::int64_t key, Make&& make) {
  const auto known = spans.find(key);
  if (known != spans.end()) return known->second;
  if (spans.size() >= most_kept) spans.clear();
  return spans.emplace(key, make()).first->second;
}

}  // namespace

MadePrices::MadePrices(const Product& product, const MarketShape& shape, std::uint64_t seed, std::int64_t step_ns)
    : product_(product), shape_(shape), seed_(seed_of(seed, product.id)), step_ns_(step_ns) {
  const Decimal share = div(mul(shape.depth, Decimal::from_mantissa(1, -3), Rounding::down), shape.price, Rounding::down);
  part_ = max(floor_to(share, product.base_increment), product.base_increment);
  double period_s = 4 * static_cast<double>(step_ns) / second;
  for (Octave& o : octaves_) {
    o.weight = static_cast<double>(shape.volatility_ppm) * 1e-6 * std::sqrt(period_s / day_s);
    period_s *= 4;
  }
}

/// The logarithm of price over `shape.price`. Cells are walked through in order mostly, so that their ends are made once.
double MadePrices::value(std::int64_t step) {
  double sum = 0;
  std::int64_t length = 4;
  for (std::size_t i = 0; i < octaves; ++i, length *= 4) {
    Octave& o = octaves_[i];
    const std::int64_t cell = floor_div(step, length);
    if (cell != o.cell) {
      const std::uint64_t seed = dice(seed_, i);
      o.left = spread(dice(seed, static_cast<std::uint64_t>(cell)));
      o.right = spread(dice(seed, static_cast<std::uint64_t>(cell + 1)));
      o.cell = cell;
    }
    const double part = static_cast<double>(step - cell * length) / static_cast<double>(length);
    sum += o.weight * (o.left + (o.right - o.left) * part);
  }
  return sum;
}

Decimal MadePrices::price_of(double v) const {
  const Decimal factor = Decimal::from_double(std::exp(v), Rounding::half_even);
  const Decimal p = round_to(mul(shape_.price, factor, Rounding::half_even), product_.price_increment, Rounding::half_even);
  return p.is_set() && p > product_.price_increment ? p : product_.price_increment;
}

std::int64_t MadePrices::parts_at(std::int64_t step) const {
  return static_cast<std::int64_t>(20 + dice(seed_ ^ 0x5a, static_cast<std::uint64_t>(step)) % 160);
}

Decimal MadePrices::at(std::int64_t t_ns) { return price_of(value(floor_div(t_ns, step_ns_))); }

std::vector<MarketTrade> MadePrices::trades(std::int64_t after_ns, std::int64_t until_ns, std::size_t most) {
  const std::int64_t last = floor_div(until_ns, step_ns_);
  const std::int64_t first = std::max(floor_div(after_ns, step_ns_) + 1, last - static_cast<std::int64_t>(most) + 1);
  std::vector<MarketTrade> out;
  for (std::int64_t s = first; s <= last; ++s) out.push_back({price_of(value(s)), mul_int(part_, parts_at(s))});
  return out;
}

MadePrices::Span MadePrices::span(std::int64_t first, std::int64_t last) {
  return walked<Span>(first, last + 1, 1, [this](std::int64_t s) { return value(s); }, [this](std::int64_t s) { return parts_at(s); });
}

/// A whole hour by its five minutes. A year of days is asked for at once, for a product's statistics, and would else be some hundred
/// million steps.
MadePrices::Span MadePrices::hour(std::int64_t first) {
  return kept(hours_, 2 * first, [&] {
    return walked<Span>(first, first + steps_of(hour_s, step_ns_), steps_of(5 * minute_s, step_ns_), [this](std::int64_t s) { return value(s); },
                        [this](std::int64_t s) { return parts_at(s); });
  });
}

std::optional<Candle> MadePrices::candle(std::int64_t from_s, std::int64_t until_s, std::int64_t now_ns) {
  const std::int64_t first = floor_div(from_s * second + step_ns_ - 1, step_ns_);
  const std::int64_t whole = floor_div(until_s * second - 1, step_ns_) + 1, end = std::min(whole, floor_div(now_ns, step_ns_) + 1);
  if (first >= end) return std::nullopt;
  const std::int64_t steps = steps_of(hour_s, step_ns_);
  Span all;
  if (until_s - from_s < hour_s || hour_s * second % step_ns_ != 0 || first % steps != 0) {
    // Short ones are all of their steps. Those of five minutes come again and again: they are what statistics are made of.
    const bool five = end == whole && until_s - from_s == 5 * minute_s;
    all = five ? kept(hours_, 2 * first + 1, [&] { return span(first, end - 1); }) : span(first, end - 1);
  } else {
    // From an hour on they are made of hours, and the one that has begun of its five minutes so far.
    for (std::int64_t s = first; s < end; s += steps) {
      const Span part = s + steps <= end ? hour(s)
                                         : walked<Span>(s, end, steps_of(5 * minute_s, step_ns_), [this](std::int64_t x) { return value(x); },
                                                        [this](std::int64_t x) { return parts_at(x); });
      if (s == first) {
        all = part;
        continue;
      }
      all.high = std::max(all.high, part.high);
      all.low = std::min(all.low, part.low);
      all.close = part.close;
      all.parts += part.parts;
    }
  }
  return Candle{from_s, price_of(all.low), price_of(all.high), price_of(all.open), price_of(all.close), mul_int(part_, all.parts)};
}

}  // namespace bowline::exchange
