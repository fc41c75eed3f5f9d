// From a classifier's raw probabilities to numbers that may be acted on: one temperature, two thresholds, and what the
// market did after each class. All from a slice that the classifier has not seen.
#pragma once

#include <array>
#include <span>
#include <vector>

namespace bowline::research {

/// Probabilities of one row in the order down, flat, up; they sum to 1.
using Probabilities = std::array<double, 3>;

/// p_k^(1/T) / sum: the softmax of the logits divided by T (Guo et al., "On Calibration of Modern Neural Networks",
/// 2017). T > 1 flattens, T < 1 sharpens.
Probabilities with_temperature(const Probabilities& p, double temperature) noexcept;

/// Mean negative log-likelihood of the labels (0 down, 1 flat, 2 up) under `temperature`.
double log_loss(std::span<const Probabilities> rows, std::span<const int> labels, double temperature);

/// The temperature in [0.05, 20] with the least log loss, by golden section over its logarithm. 1 for an empty slice.
double fit_temperature(std::span<const Probabilities> rows, std::span<const int> labels);

/// The smallest threshold that at most `coverage` of the values reach. Above 1 (nothing reaches it) when empty.
double threshold_for_coverage(std::vector<double> values, double coverage);

/// Mean of `moves` over the rows of each class. A class without rows gives 0.
std::array<double, 3> mean_move_by_class(std::span<const int> labels, std::span<const double> moves);

}  // namespace bowline::research
