// How a portfolio is split: from what is held and predicted to wanted weights. Weights are estimates, so
// doubles.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

namespace bowline::rebalancer_targets {

enum class Method : std::uint8_t { equal, confidence_weighted, inverse_volatility };
enum class Universe : std::uint8_t { signals, held, all };
enum class View : std::uint8_t { none, buy, sell, hold };

struct AllocationOptions {
  Method method = Method::equal;
  Universe universe = Universe::signals;
  double max_weight = 0.05;    ///< no target above this share of equity
  double cash_reserve = 0.20;  ///< share of equity that stays cash
};

/// One instrument as the split sees it.
struct Candidate {
  std::uint32_t instrument = 0;
  View view = View::none;  ///< what the newest prediction says
  bool held = false;
  double score = 0.5;                                            ///< 0..1, used by confidence_weighted
  double volatility = std::numeric_limits<double>::quiet_NaN();  ///< of one bar; NaN = not known yet
  double current = 0;                                            ///< share of equity it is now
};

/// What is wanted of one candidate. `member` false: leave it as it is.
struct Wanted {
  bool member = false;
  double weight = 0;
};

/// Weights are whole millionths, rounded down: the sum of rounded weights cannot exceed the sum meant.
inline constexpr double weights_per_one = 1e6;
double round_down(double weight) noexcept;

/// Splits 1 - cash_reserve - (what non-members hold) among the members, each capped; what a cap cuts off goes
/// to the others. A held instrument that is predicted SELL is a member with weight 0. With inverse_volatility
/// an instrument of unknown volatility is no member: it is neither bought nor sold for want of data. Same
/// order as `candidates`.
std::vector<Wanted> split(const std::vector<Candidate>& candidates, const AllocationOptions& options);

/// The score of a prediction for confidence_weighted: p_up where the model gives probabilities, else its
/// confidence for a BUY and 0.5 for a HOLD. Always within 0..1.
double score_of(View view, double p_up, double confidence) noexcept;

/// Volatility of one instrument's closes: root of the exponentially weighted mean of squared bar returns.
class RollingVolatility {
  double last_ = 0, variance_ = 0;
  std::uint32_t returns_ = 0;

 public:
  /// A close above 0; `window` is the length of the average in bars.
  void update(double close, std::uint32_t window) noexcept;
  /// NaN until `window` returns were seen, or when the price never moved.
  double value(std::uint32_t window) const noexcept;
};

}  // namespace bowline::rebalancer_targets
