#include "allocation.hpp"

#include <algorithm>
#include <cmath>

namespace bowline::rebalancer_targets {
namespace {

bool is_member(const Candidate& c, const AllocationOptions& o) noexcept {
  if (c.view == View::sell) return c.held;
  if (o.method == Method::inverse_volatility && !(c.volatility > 0)) return false;
  switch (o.universe) {
    case Universe::signals:
      return c.view == View::buy || c.held;
    case Universe::held:
      return c.held;
    case Universe::all:
      return true;
  }
  return false;
}

double raw_weight(const Candidate& c, Method method) noexcept {
  if (c.view == View::sell) return 0;
  switch (method) {
    case Method::equal:
      return 1.0;
    case Method::confidence_weighted:
      return c.score;
    case Method::inverse_volatility:
      return 1.0 / c.volatility;
  }
  return 0;
}

}  // namespace

double round_down(double weight) noexcept {
  if (!(weight > 0)) return 0;
  const double millionths = std::floor(std::min(weight, 1.0) * weights_per_one);
  // The product may have been rounded up to a whole number that the weight itself does not reach.
  return millionths / weights_per_one > weight ? (millionths - 1) / weights_per_one
                                               : millionths / weights_per_one;
}

std::vector<Wanted> split(const std::vector<Candidate>& candidates, const AllocationOptions& options) {
  std::vector<Wanted> wanted(candidates.size());
  std::vector<double> raw(candidates.size(), 0.0);
  double budget = 1.0 - options.cash_reserve;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    wanted[i].member = is_member(candidates[i], options);
    if (wanted[i].member)
      raw[i] = raw_weight(candidates[i], options.method);
    else
      budget -= std::max(0.0, candidates[i].current);
  }
  // Water filling: those over the cap are set to it and leave; the rest share what remains. Each round fixes
  // at least one, so it ends.
  for (bool again = true; again && budget > 0;) {
    again = false;
    double sum = 0;
    for (const double r : raw) sum += r;
    if (!(sum > 0)) break;
    const double scale = budget / sum;
    for (std::size_t i = 0; i < raw.size(); ++i) {
      if (raw[i] <= 0 || raw[i] * scale < options.max_weight) continue;
      wanted[i].weight = options.max_weight;
      budget -= options.max_weight;
      raw[i] = 0;
      again = true;
    }
    if (again) continue;
    for (std::size_t i = 0; i < raw.size(); ++i)
      if (raw[i] > 0) wanted[i].weight = raw[i] * scale;
  }
  for (Wanted& w : wanted) w.weight = round_down(w.weight);
  return wanted;
}

double score_of(View view, double p_up, double confidence) noexcept {
  const double s = std::isnan(p_up) ? (view == View::buy ? confidence : 0.5) : p_up;
  return std::isnan(s) ? 0.0 : std::clamp(s, 0.0, 1.0);
}

void RollingVolatility::update(double close, std::uint32_t window) noexcept {
  if (last_ > 0) {
    const double r = close / last_ - 1.0;
    const double alpha = returns_ == 0 ? 1.0 : 2.0 / (std::min(returns_ + 1, window) + 1.0);
    variance_ += alpha * (r * r - variance_);
    if (returns_ < window) ++returns_;
  }
  last_ = close;
}

double RollingVolatility::value(std::uint32_t window) const noexcept {
  if (returns_ < window || !(variance_ > 0)) return std::numeric_limits<double>::quiet_NaN();
  return std::sqrt(variance_);
}

}  // namespace bowline::rebalancer_targets
