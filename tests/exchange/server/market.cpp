#include "exchange/server/market.hpp"

#include <algorithm>

#include "exchange/server/dice.hpp"

namespace bowline::exchange {
namespace {

constexpr std::size_t trades_a_tick = 50;  // after a long sleep not all of the past is made up for

Decimal part(const Decimal& price, std::int64_t ppm) { return mul(price, Decimal::from_mantissa(ppm, -6), Rounding::half_even); }

}  // namespace

Market::Market(std::vector<Line> lines, std::int64_t tick_ns, std::size_t levels, std::uint64_t seed)
    : lines_(std::move(lines)), tick_ns_(tick_ns), levels_(levels), seed_(seed) {}

void Market::advance(Engine& engine, std::int64_t now_ns) {
  if (now_ns < next_ns_) return;
  if (last_ns_ == 0) last_ns_ = now_ns - tick_ns_;
  for (Line& line : lines_) tick(engine, line, now_ns);
  last_ns_ = now_ns;
  next_ns_ = (now_ns / tick_ns_ + 1) * tick_ns_;
}

void Market::tick(Engine& engine, Line& line, std::int64_t now_ns) {
  const auto held = held_.find(line.product.id);
  const Decimal price = held != held_.end() ? held->second : line.prices->at(now_ns);
  if (!price.is_set()) return;
  if (held == held_.end())
    for (const MarketTrade& t : line.prices->trades(last_ns_, now_ns, trades_a_tick))
      if (t.size.is_positive()) static_cast<void>(engine.trade_through(line.product.id, t.price, t.size, now_ns));
  const std::int64_t tick = now_ns / tick_ns_;
  // A price of the outside that can't be a book here (too small for two levels) leaves the book as it is.
  static_cast<void>(engine.set_market(line.product.id, side(line, Side::buy, price, tick), side(line, Side::sell, price, tick), price, now_ns));
}

std::vector<LevelView> Market::side(const Line& line, Side s, const Decimal& price, std::int64_t tick) const {
  const bool bids = s == Side::buy;
  const Decimal step = line.product.price_increment;
  const Decimal half = max(part(price, line.shape.spread_ppm / 2), step), gap = max(ceil_to(part(price, line.shape.spread_ppm), step), step);
  Decimal at = bids ? floor_to(price - half, step) : ceil_to(price + half, step);
  const std::uint64_t seed = dice(seed_of(seed_ + (bids ? 1 : 2), line.product.id), static_cast<std::uint64_t>(tick));
  std::vector<LevelView> out;
  for (std::size_t i = 0; i < levels_ && at.is_positive(); ++i) {
    const auto percent = static_cast<std::int64_t>(50 + dice(seed, i) % 100 + 20 * i);
    const Decimal worth = mul(line.shape.depth, Decimal::from_mantissa(percent, -2), Rounding::down);
    const Decimal size = floor_to(div(worth, at, Rounding::down), line.product.base_increment);
    if (size.is_positive()) out.push_back({at, size});
    at = bids ? at - gap : at + gap;
  }
  return out;
}

Result<void> Market::hold(Engine& engine, std::string_view product, const Decimal& price, std::int64_t now_ns) {
  const auto line = std::find_if(lines_.begin(), lines_.end(), [&](const Line& l) { return l.product.id == product; });
  if (line == lines_.end()) return Error{"PRODUCT_UNKNOWN", "there is no market of " + std::string(product)};
  if (!price.is_set()) {
    held_.erase(std::string(product));
  } else {
    if (!price.is_positive() || price > most || round_to(price, line->product.price_increment, Rounding::down) != price)
      return Error{"MARKET_INVALID", "a price is above zero and a multiple of " + line->product.price_increment.to_string()};
    held_.insert_or_assign(std::string(product), price);
  }
  tick(engine, *line, now_ns);
  return {};
}

std::vector<Candle> Market::candles(std::string_view product, Granularity granularity, std::int64_t start_s, std::int64_t end_s) {
  std::vector<Candle> out;
  const auto line = std::find_if(lines_.begin(), lines_.end(), [&](const Line& l) { return l.product.id == product; });
  if (line == lines_.end()) return out;
  const std::int64_t length = seconds(granularity);
  const std::int64_t first = (start_s + length - 1) / length * length;
  for (std::int64_t s = std::max<std::int64_t>(first, 0); s <= end_s && out.size() < 2 * most_candles; s += length) {
    if (s > last_ns_ / 1'000'000'000) break;
    if (auto c = line->prices->candle(s, s + length, last_ns_)) out.push_back(std::move(*c));
  }
  return out;
}

}  // namespace bowline::exchange
