#include "market.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace bowline::feed_simulated {
namespace {
/// What a regime does to a bar. `stay`: probability to be in it at the next bar as well.
struct RegimeRule {
  double stay;
  double level;   ///< factor on volatility
  double drift;   ///< common drift per bar, in standard deviations of that bar
  double trend;   ///< how strongly the hidden trends act
  double pull;    ///< share of the distance to the anchor that is taken back per bar
  double volume;  ///< factor on volume
};
constexpr RegimeRule rules[] = {
    {0.995, 0.7, 0.02, 1.0, 0.000, 0.8},   // quiet: small steps, trends show
    {0.993, 0.9, 0.00, 0.2, 0.060, 1.0},   // ranging: moves are taken back
    {0.985, 1.6, 0.01, 1.2, 0.000, 1.8},   // busy: wide bars, trends show
    {0.950, 2.8, -0.10, 0.5, 0.000, 3.5},  // panic: short, downward
};
constexpr double trend_keep = 0.972;  // half-life of a trend: 24 bars
constexpr double trend_kick = 0.075;  // keeps a trend's standard deviation near 0.32 of a bar's
constexpr double anchor_speed = 0.01;
constexpr int sub_steps = 8;  // path points inside a bar: where high and low come from
}  // namespace

Market::Market(const MarketOptions& options, std::vector<Listing> listings)
    : options_(options),
      rng_(options.seed),
      own_share_(std::sqrt(1.0 - options.correlation)),
      common_share_(std::sqrt(options.correlation)) {
  for (Listing& l : listings) {
    const auto start = static_cast<double>(l.start);
    coins_.push_back({l, start, 0.0, start});
  }
  bars_.resize(coins_.size());
}

void Market::next_regime() {
  if (rng_.uniform() < rules[static_cast<std::size_t>(regime_)].stay) return;
  const double u = rng_.uniform();
  regime_ = u < 0.40 ? Regime::quiet : u < 0.75 ? Regime::ranging : u < 0.95 ? Regime::busy : Regime::panic;
}

const std::vector<SimBar>& Market::step() {
  next_regime();
  const RegimeRule& r = rules[static_cast<std::size_t>(regime_)];
  const double level = options_.volatility * r.level;
  common_trend_ = trend_keep * common_trend_ + trend_kick * rng_.normal();
  double common = level * (r.drift + r.trend * common_trend_ + common_share_ * rng_.normal());
  const double jump =
      rng_.uniform();  // drawn in every step, so that the seed's stream does not depend on the outcome
  const double size = 4.0 + 6.0 * rng_.uniform();
  if (jump < options_.jump_probability)
    common += (rng_.uniform() < 0.45 ? 1.0 : -1.0) * size * options_.volatility;
  for (std::size_t i = 0; i < coins_.size(); ++i)
    bars_[i] = draw(coins_[i], common * coins_[i].listing.beta, level);
  return bars_;
}

SimBar Market::draw(Coin& coin, double common, double level) {
  const RegimeRule& r = rules[static_cast<std::size_t>(regime_)];
  const Listing& l = coin.listing;
  coin.trend = trend_keep * coin.trend + trend_kick * rng_.normal();
  const double pull = r.pull * (coin.anchor - coin.price) / coin.price;
  const double wanted = common + level * own_share_ * (rng_.normal() + r.trend * coin.trend) + pull;
  const double move = std::clamp(wanted, -0.25, 0.25);
  const double from = coin.price, to = coin.price * (1.0 + move);

  // A bridge from open to close: a random walk whose end is bent onto the close.
  double walk[sub_steps + 1] = {0.0};
  const double stride = level / std::sqrt(static_cast<double>(sub_steps));
  for (int k = 1; k <= sub_steps; ++k) walk[k] = walk[k - 1] + stride * rng_.normal();
  double high = std::max(from, to), low = std::min(from, to);
  for (int k = 1; k < sub_steps; ++k) {
    const double t = static_cast<double>(k) / sub_steps;
    const double point = (from + (to - from) * t) * (1.0 + (walk[k] - t * walk[sub_steps]));
    high = std::max(high, point);
    low = std::min(low, point);
  }
  const auto rounded = [&l](double p) {
    const double steps = std::floor(p / static_cast<double>(l.tick) + 0.5);
    return std::max<std::int64_t>(1, static_cast<std::int64_t>(steps)) * l.tick;
  };
  SimBar bar;
  bar.open = rounded(from);
  bar.close = rounded(to);
  bar.high = std::max({rounded(high), bar.open, bar.close});
  bar.low = std::min({rounded(low), bar.open, bar.close});

  const double busy =
      r.volume * (0.4 + 0.6 * rng_.uniform()) * (1.0 + 2.0 * std::fabs(move) / options_.volatility);
  const auto lots =
      static_cast<std::int64_t>(static_cast<double>(l.usual_volume) * busy / static_cast<double>(l.lot));
  bar.volume = std::max<std::int64_t>(0, lots) * l.lot;
  bar.trades = bar.volume == 0 ? 0 : static_cast<std::uint64_t>(20.0 + 180.0 * busy);

  // A price neither dies nor leaves what 64 bits hold: it is turned around far away from where it began.
  const auto start = static_cast<double>(l.start);
  coin.price = std::clamp(to, std::max(start * 1e-3, static_cast<double>(l.tick)), start * 1e3);
  coin.anchor += anchor_speed * (coin.price - coin.anchor);
  return bar;
}

}  // namespace bowline::feed_simulated
