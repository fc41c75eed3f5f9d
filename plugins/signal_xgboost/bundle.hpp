// A model bundle: a directory with model.ubj and the host's manifest.json about it.
#pragma once

#include <bowline/result.hpp>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "decide.hpp"

namespace bowline::xgb {

/// What a prediction needs of manifest.json.
struct Manifest {
  std::string model_id, model_sha256;
  std::vector<std::string> features;  ///< in the order of the model's columns
  std::int64_t horizon_bars = 0;
  std::int64_t interval_ns = 0;       ///< length of the bars it was trained on; 0 = not told
  double threshold_up = 0.5, threshold_down = 0.5;
  Triple class_return{std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::quiet_NaN(),
                      std::numeric_limits<double>::quiet_NaN()};
  double temperature = 1;
  bool calibrated = false;
};

/// Every value is checked: a manifest edited by hand must not turn into orders. Unknown keys are ignored.
/// Errors: MODEL_CORRUPT, MODEL_FEATURES (no list, an empty or a doubled name).
Result<Manifest> parse_manifest(std::string_view text);

/// Hex SHA-256 of a file; MODEL_MISSING when it cannot be read.
Result<std::string> sha256_of(const std::filesystem::path& file);

/// Reads manifest.json and checks model.ubj against its sum. Errors: MODEL_MISSING, MODEL_CORRUPT,
/// MODEL_FEATURES.
Result<Manifest> read_bundle(const std::filesystem::path& dir);

}  // namespace bowline::xgb
