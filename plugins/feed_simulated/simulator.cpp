#include "simulator.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "common/iso_time.hpp"
#include "common/money.hpp"

namespace bowline::feed_simulated {
namespace {

struct Known {
  std::string_view base, price;
  double beta;
};
constexpr std::array known{
    Known{"BTC", "42000", 1.0}, Known{"ETH", "2300", 1.1},  Known{"SOL", "100", 1.4},
    Known{"ADA", "0.55", 1.3},  Known{"XRP", "0.6", 1.1},   Known{"LTC", "70", 1.1},
    Known{"LINK", "15", 1.3},   Known{"DOGE", "0.08", 1.5}, Known{"AVAX", "35", 1.4},
    Known{"DOT", "7", 1.3},     Known{"BCH", "240", 1.2},   Known{"MATIC", "0.85", 1.4}};
constexpr std::int64_t usual_turnover = 1'000'000;  // quote currency per bar

const Known* find_known(const std::string& symbol) {
  const std::string_view base = std::string_view(symbol).substr(0, symbol.find('-'));
  const auto* it =
      std::find_if(known.begin(), known.end(), [base](const Known& k) { return k.base == base; });
  return it == known.end() ? nullptr : it;
}

/// Decimals a step needs: 0.01 -> 2, 5 -> 0.
int decimals_of(const Decimal& step) {
  const std::string t = money::text(step);
  const auto point = t.find('.');
  return point == std::string::npos ? 0 : static_cast<int>(t.size() - point - 1);
}

Decimal step_or(const Decimal& step, int exp) {
  return step > Decimal::zero() ? step : money::from_mantissa(1, exp);
}

}  // namespace

Result<SimulatorOptions> simulator_options(SimulatorOptions o, const std::string& start,
                                           const std::string& speed,
                                           const std::vector<std::pair<std::string, std::string>>& prices) {
  const auto factor = plugin_common::parse_speed(speed);
  if (!factor)
    return Error{"FEED_SPEED_INVALID", "speed: " + speed + " is none of max, real, or a factor such as 300x"};
  o.speed = *factor;
  if (o.interval_ns <= 0) return Error{"FEED_INTERVAL_INVALID", "interval: it must be above 0"};
  const auto t = plugin_common::parse_time(start);
  if (!t || *t % o.interval_ns != 0)
    return Error{
        "FEED_TIME_INVALID",
        "start: " + start + " is no time, or not a multiple of interval; write 2024-01-01T00:00:00Z"};
  o.start_ns = *t;
  for (const auto& [symbol, text] : prices) {
    const auto p = money::parse(text);
    if (!p || *p <= Decimal::zero())
      return Error{"FEED_PRICE_INVALID", "prices." + symbol + ": a decimal above 0 is needed"};
    o.prices.emplace_back(symbol, *p);
  }
  return o;
}

Result<Listing> listing_of(const ListedProduct& p, const SimulatorOptions& options) {
  const Known* k = find_known(p.symbol);
  Decimal price = *money::parse(k ? std::string(k->price) : std::string("100"));
  for (const auto& [symbol, own] : options.prices)
    if (symbol == p.symbol) price = own;
  const Decimal px_step = step_or(p.px_step, -2), base_step = step_or(p.base_step, -8);
  const Decimal first = money::down_to_step(price, px_step);
  Listing l;
  l.beta = k ? k->beta : 1.2;
  l.px_exp = static_cast<std::int8_t>(-decimals_of(px_step));
  l.qty_exp = static_cast<std::int8_t>(-decimals_of(base_step));
  const Decimal volume = money::over(money::from_mantissa(usual_turnover, 0), price, money::Round::down);
  const auto tick = money::to_mantissa(px_step, l.px_exp), start = money::to_mantissa(first, l.px_exp);
  const auto lot = money::to_mantissa(base_step, l.qty_exp);
  const auto usual = money::to_mantissa(money::up_to_step(volume, base_step), l.qty_exp);
  // A thousandfold price and a hundredfold volume must still fit.
  constexpr std::int64_t most = INT64_MAX / 4096;
  if (!tick || !start || !lot || !usual || *start < *tick || *start > most || *usual > most)
    return Error{"FEED_PRICE_INVALID",
                 "prices." + p.symbol + ": the first price does not suit the product's price or base step"};
  l.tick = *tick;
  l.start = *start;
  l.lot = *lot;
  l.usual_volume = *usual;
  return l;
}

Result<std::unique_ptr<Simulator>> Simulator::make(const SimulatorOptions& options,
                                                   const std::vector<ListedProduct>& products) {
  std::vector<Listing> listings;
  for (const ListedProduct& p : products) {
    auto l = listing_of(p, options);
    if (!l) return l.error();
    listings.push_back(*l);
  }
  std::unique_ptr<Simulator> s(new Simulator(options, listings));
  for (const ListedProduct& p : products) s->instruments_.push_back(p.instrument);
  s->listings_ = std::move(listings);
  s->at_ = s->instruments_.size();
  s->bar_.h.size = sizeof(bl_bar);
  s->bar_.h.type = BL_EV_BAR;
  s->bar_.is_final = 1;
  return s;
}

bool Simulator::next_step() {
  if (instruments_.empty() || (options_.bars != 0 && step_ >= options_.history_bars + options_.bars))
    return false;
  bars_ = &market_.step();
  at_ = 0;
  ++step_;
  open_ns_ += options_.interval_ns;
  return true;
}

void Simulator::fill(const SimBar& b, std::int64_t close_ns, bool history) noexcept {
  const Listing& l = listings_[at_];
  bar_.h.flags = history ? 1 : 0;
  bar_.h.ts_event = bar_.h.ts_recv = bar_.close_ns = close_ns;
  bar_.h.instrument = instruments_[at_];
  bar_.open_ns = open_ns_;
  bar_.px_exp = l.px_exp;
  bar_.qty_exp = l.qty_exp;
  bar_.open = b.open;
  bar_.high = b.high;
  bar_.low = b.low;
  bar_.close = b.close;
  bar_.volume = b.volume;
  bar_.trades = b.trades;
}

}  // namespace bowline::feed_simulated
