// A market from a seed.
#include <algorithm>
#include <cmath>

#include "exchange/server/dice.hpp"
#include "exchange/server/prices.hpp"

namespace bowline::exchange {
namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr double day_s = 86'400;
constexpr std::size_t most_hours = 20'000;

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

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
  Span out;
  out.open = out.high = out.low = value(first);
  for (std::int64_t s = first; s <= last; ++s) {
    out.close = value(s);
    out.high = std::max(out.high, out.close);
    out.low = std::min(out.low, out.close);
    out.parts += parts_at(s);
  }
  return out;
}

MadePrices::Span MadePrices::hour(std::int64_t first) {
  const auto known = hours_.find(first);
  if (known != hours_.end()) return known->second;
  if (hours_.size() >= most_hours) hours_.clear();
  return hours_.emplace(first, span(first, first + 3600 * second / step_ns_ - 1)).first->second;
}

std::optional<Candle> MadePrices::candle(std::int64_t from_s, std::int64_t until_s, std::int64_t now_ns) {
  const std::int64_t first = floor_div(from_s * second + step_ns_ - 1, step_ns_);
  const std::int64_t end = floor_div(std::min(until_s * second - 1, now_ns), step_ns_) + 1;
  if (first >= end) return std::nullopt;
  const bool even = 3600 * second % step_ns_ == 0;
  const std::int64_t steps = 3600 * second / step_ns_;
  std::optional<Span> all;
  for (std::int64_t s = first; s < end;) {
    const bool whole = even && s % steps == 0 && s + steps <= end;
    const std::int64_t next = whole ? s + steps : std::min(end, even ? (floor_div(s, steps) + 1) * steps : end);
    const Span part = whole ? hour(s) : span(s, next - 1);
    if (!all) {
      all = part;
    } else {
      all->high = std::max(all->high, part.high);
      all->low = std::min(all->low, part.low);
      all->close = part.close;
      all->parts += part.parts;
    }
    s = next;
  }
  return Candle{from_s, price_of(all->low), price_of(all->high), price_of(all->open), price_of(all->close), mul_int(part_, all->parts)};
}

}  // namespace bowline::exchange
