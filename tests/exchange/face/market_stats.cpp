#include "exchange/face/market_stats.hpp"

#include "exchange/face/candle_list.hpp"

namespace bowline::exchange {
namespace {

constexpr std::int64_t second = 1'000'000'000, day = 86'400, keep_ns = 10 * second;

void widen(Decimal& low, Decimal& high, const Decimal& from, const Decimal& to) {
  low = low.is_set() ? min(low, from) : from;
  high = high.is_set() ? max(high, to) : to;
}

}  // namespace

Decimal percent_change(const Decimal& before, const Decimal& now) {
  if (!before.is_set() || !now.is_set() || !before.is_positive()) return Decimal::not_set();
  return round_to(mul_int(div(now - before, before, Rounding::half_even), 100), Decimal::from_mantissa(1, -14), Rounding::half_even);
}

DayStats MarketStats::reckon(std::string_view book, std::int64_t now_s) const {
  DayStats out;
  if (options_.candles == nullptr) return out;
  const std::int64_t step = seconds(Granularity::m5);
  const std::int64_t today = (now_s - day) / step * step + step;  // the first whole bucket of the last 24 hours
  const auto ask = [&](Granularity g, std::int64_t from, std::int64_t to) { return options_.candles->candles(book, g, from, to); };
  for (const Candle& c : ask(Granularity::m5, today, now_s)) {
    if (!out.open.is_set()) out.open = c.open;
    out.volume = out.volume.is_set() ? out.volume + c.volume : c.volume;
    widen(out.low, out.high, c.low, c.high);
  }
  for (const Candle& c : ask(Granularity::m5, today - day, today - step))
    out.volume_before = out.volume_before.is_set() ? out.volume_before + c.volume : c.volume;
  // 52 weeks are 364 days: two questions.
  const std::int64_t newest = now_s / day * day;
  for (const auto& [from, to] : {std::pair{newest - 364 * day, newest - 182 * day}, std::pair{newest - 181 * day, newest}})
    for (const Candle& c : ask(Granularity::d1, from, to)) widen(out.year_low, out.year_high, c.low, c.high);
  return out;
}

DayStats MarketStats::of(std::uint32_t product, std::int64_t now_ns) {
  const std::uint32_t book = engine_.book_of(product);
  const std::string& id = engine_.products()[book].id;
  Kept& kept = kept_[book];
  if (now_ns >= kept.until_ns) kept = {now_ns + keep_ns, reckon(id, now_ns / second)};
  DayStats out = kept.stats;
  if (const auto last = engine_.book(id, 0)->last) {
    if (out.low.is_set()) widen(out.low, out.high, *last, *last);
    if (out.year_low.is_set()) widen(out.year_low, out.year_high, *last, *last);
  }
  return out;
}

}  // namespace bowline::exchange
