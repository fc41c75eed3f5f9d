// From the model's probabilities to a decision: pure arithmetic, no XGBoost.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace bowline::xgb {

/// By class, in the order of the bundle: down, flat, up.
using Triple = std::array<double, 3>;
enum : std::size_t { down = 0, flat = 1, up = 2 };

/// Temperature scaling: p_k^(1/T), normalised. T = 1 only normalises (the model's floats sum to 1 within
/// 1e-7).
inline Triple calibrate(const Triple& p, double temperature) noexcept {
  // A probability of exactly 0 (underflow of a very sure model) must not become log(0).
  constexpr double least = 1e-12;
  Triple z{};
  for (std::size_t k = 0; k < z.size(); ++k) z[k] = std::log(std::max(p[k], least)) / temperature;
  const double top = *std::max_element(z.begin(), z.end());
  double sum = 0;
  for (double& v : z) sum += v = std::exp(v - top);
  for (double& v : z) v /= sum;
  return z;
}

/// The ABI's actions: 1 BUY, 2 SELL, 3 HOLD. Equal sides are HOLD, whatever the thresholds.
inline std::uint32_t action(const Triple& p, double threshold_up, double threshold_down) noexcept {
  if (p[up] >= threshold_up && p[up] > p[down]) return 1;
  if (p[down] >= threshold_down && p[down] > p[up]) return 2;
  return 3;
}

/// NaN when the bundle does not know the mean return of each class.
inline double expected_move(const Triple& p, const Triple& class_return) noexcept {
  double sum = 0;
  for (std::size_t k = 0; k < p.size(); ++k) sum += p[k] * class_return[k];
  return sum;
}

}  // namespace bowline::xgb
