// An invented market: one common factor, own noise per instrument, regimes, jumps, and trends that last a
// while.
#pragma once

#include <cstdint>
#include <vector>

#include "rng.hpp"

namespace bowline::feed_simulated {

/// One instrument as the simulator needs it. Prices are integers of 10^px_exp and always a multiple of
/// `tick`.
struct Listing {
  std::int8_t px_exp = -2, qty_exp = -4;
  std::int64_t tick = 1;          ///< smallest price step, in units of 10^px_exp
  std::int64_t start = 10'000;    ///< first price, in units of 10^px_exp
  std::int64_t lot = 1;           ///< smallest volume step, in units of 10^qty_exp
  std::int64_t usual_volume = 0;  ///< volume of an ordinary bar, in units of 10^qty_exp
  double beta = 1.0;              ///< how much of the common factor it takes
};

struct MarketOptions {
  std::uint64_t seed = 1;
  double volatility = 0.002;        ///< standard deviation of one bar's return in the ordinary regime
  double correlation = 0.6;         ///< share of an instrument's variance that is common, 0..1
  double jump_probability = 0.001;  ///< of a common jump per bar
};

/// One simulated bar as mantissas under the listing's exponents: low <= open, close <= high, all prices >=
/// one tick.
struct SimBar {
  std::int64_t open = 0, high = 0, low = 0, close = 0, volume = 0;
  std::uint64_t trades = 0;
};

/// Draws bars for all listings, one step at a time. What a step holds follows from (options, listings, step
/// number) alone. Learnable on purpose: a hidden trend (half-life about two hours of 5-minute bars) persists
/// in quiet and busy regimes and shows in past returns; in the ranging regime moves tend to be taken back.
class Market {
 public:
  Market(const MarketOptions& options, std::vector<Listing> listings);
  /// The next bar of every listing, in listing order. The reference is valid until the next call.
  const std::vector<SimBar>& step();
  enum class Regime : std::uint8_t { quiet, ranging, busy, panic };
  Regime regime() const noexcept { return regime_; }

 private:
  struct Coin {
    Listing listing;
    double price = 0;   ///< unrounded, units of 10^px_exp
    double trend = 0;   ///< own hidden drift per bar, in standard deviations
    double anchor = 0;  ///< slow average of the price that a ranging market returns to
  };
  void next_regime();
  SimBar draw(Coin& coin, double common, double level);

  MarketOptions options_;
  Rng rng_;
  std::vector<Coin> coins_;
  std::vector<SimBar> bars_;
  Regime regime_ = Regime::quiet;
  double common_trend_ = 0;
  double own_share_ = 0, common_share_ = 0;
};

}  // namespace bowline::feed_simulated
