// A loaded bundle that predicts: one booster, one reused proxy, one thread at a time.
#pragma once

#include <span>

#include "bundle.hpp"
#include "handles.hpp"

namespace bowline::xgb {

class Model {
  Manifest manifest_;
  Booster booster_;
  Matrix proxy_;
  std::string array_;  ///< the array interface text, kept for its capacity

  Model() = default;

 public:
  /// Reads, checks and warms up. Errors: MODEL_MISSING, MODEL_CORRUPT, MODEL_FEATURES.
  static Result<std::unique_ptr<Model>> load(const std::filesystem::path& dir);

  const Manifest& manifest() const noexcept { return manifest_; }
  std::size_t cols() const noexcept { return manifest_.features.size(); }

  /// Uncalibrated probabilities of `rows` x cols() values, 3 per row. The result is XGBoost's thread-local
  /// buffer: read it before the next call.
  Result<std::span<const float>> predict(const double* values, std::size_t rows);

  /// cols() + 1 contributions of one row to the margin of `output`, the bias last.
  Result<void> contributions(const double* row, std::size_t output, std::span<double> out);
};

}  // namespace bowline::xgb
