// How much a price moves in one bar, over the last n bars. Kept as whole numbers of 10^-9, so that what
// leaves the window leaves it exactly and a year of bars drifts by nothing.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <bowline/detail/wide.hpp>

namespace bowline::risk_stops {

enum class Measure : std::uint8_t {
  atr,       ///< mean of the true ranges, as share of the close before
  realised,  ///< root of the mean squared return
};

class Volatility {
  std::vector<std::int64_t> moves_;  ///< ring of the last n
  std::size_t next_ = 0, seen_ = 0;
  bowline::detail::i128 sum_ = 0;
  double last_close_ = 0;
  Measure measure_ = Measure::atr;

  static constexpr double unit = 1e9, most = 1e3;  // a thousandfold in one bar is as far as it is believed
  bowline::detail::i128 weight(std::int64_t move) const noexcept {
    const bowline::detail::i128 m = move;
    return measure_ == Measure::atr ? m : m * m;
  }

 public:
  Volatility() = default;
  Volatility(Measure measure, std::uint32_t bars) : moves_(bars), measure_(measure) {}

  /// One final bar; prices above 0.
  void update(double high, double low, double close) {
    if (last_close_ > 0) {
      const double move = measure_ == Measure::atr
                              ? (std::max(high, last_close_) - std::min(low, last_close_)) / last_close_
                              : close / last_close_ - 1.0;
      const std::int64_t now = std::llround(std::clamp(move, -most, most) * unit);
      if (seen_ == moves_.size())
        sum_ -= weight(moves_[next_]);
      else
        ++seen_;
      sum_ += weight(now);
      moves_[next_] = now;
      next_ = (next_ + 1) % moves_.size();
    }
    last_close_ = close;
  }

  bool made() const noexcept { return !moves_.empty(); }
  std::size_t seen() const noexcept { return seen_; }
  bool known() const noexcept { return made() && seen_ == moves_.size(); }
  /// As share of the price; NaN until the whole window was seen.
  double value() const noexcept {
    if (!known()) return std::numeric_limits<double>::quiet_NaN();
    const double mean = static_cast<double>(sum_) / static_cast<double>(seen_);
    return (measure_ == Measure::atr ? mean : std::sqrt(mean)) / unit;
  }
};

}  // namespace bowline::risk_stops
