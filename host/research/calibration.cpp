#include "research/calibration.hpp"

#include <algorithm>
#include <cmath>

namespace bowline::research {
namespace {
constexpr double smallest = 1e-12;  // a probability of 0 would make one row's loss infinite
}

Probabilities with_temperature(const Probabilities& p, double temperature) noexcept {
  Probabilities out{};
  double sum = 0;
  for (std::size_t k = 0; k < 3; ++k) {
    out[k] = std::exp(std::log(std::max(p[k], smallest)) / temperature);
    sum += out[k];
  }
  for (double& x : out) x /= sum;
  return out;
}

double log_loss(std::span<const Probabilities> rows, std::span<const int> labels, double temperature) {
  double sum = 0;
  for (std::size_t i = 0; i < rows.size(); ++i)
    sum -= std::log(std::max(with_temperature(rows[i], temperature)[static_cast<std::size_t>(labels[i])], smallest));
  return rows.empty() ? 0 : sum / static_cast<double>(rows.size());
}

double fit_temperature(std::span<const Probabilities> rows, std::span<const int> labels) {
  if (rows.empty()) return 1;
  const double ratio = (std::sqrt(5.0) - 1) / 2;
  double low = std::log(0.05), high = std::log(20.0);
  double a = high - ratio * (high - low), b = low + ratio * (high - low);
  double loss_a = log_loss(rows, labels, std::exp(a)), loss_b = log_loss(rows, labels, std::exp(b));
  while (high - low > 1e-4) {
    if (loss_a <= loss_b) {
      high = b;
      b = a;
      loss_b = loss_a;
      a = high - ratio * (high - low);
      loss_a = log_loss(rows, labels, std::exp(a));
    } else {
      low = a;
      a = b;
      loss_a = loss_b;
      b = low + ratio * (high - low);
      loss_b = log_loss(rows, labels, std::exp(b));
    }
  }
  return std::exp((low + high) / 2);
}

double threshold_for_coverage(std::vector<double> values, double coverage) {
  const auto allowed = static_cast<std::size_t>(coverage * static_cast<double>(values.size()));
  if (allowed == 0) return std::nextafter(1.0, 2.0);
  std::sort(values.begin(), values.end(), std::greater<>());
  // Values equal to the one behind the allowed ones would pass too: the threshold is set above them.
  std::size_t n = allowed;
  if (n < values.size() && values[n - 1] == values[n]) {
    while (n > 0 && values[n - 1] == values[allowed]) --n;
    if (n == 0) return std::nextafter(values[0], 2.0);
  }
  return values[n - 1];
}

std::array<double, 3> mean_move_by_class(std::span<const int> labels, std::span<const double> moves) {
  std::array<double, 3> sum{}, n{};
  for (std::size_t i = 0; i < labels.size(); ++i) {
    sum[static_cast<std::size_t>(labels[i])] += moves[i];
    n[static_cast<std::size_t>(labels[i])] += 1;
  }
  for (std::size_t k = 0; k < 3; ++k) sum[k] = n[k] > 0 ? sum[k] / n[k] : 0;
  return sum;
}

}  // namespace bowline::research
