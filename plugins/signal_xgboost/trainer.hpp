// Learning: a dataset becomes model.ubj. Labels, splits, calibration and the manifest are the host's.
#pragma once

#include <bowline/plugin.h>

#include <bowline/result.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace bowline::xgb {

struct TrainParams {
  std::vector<std::string> features;  ///< empty = whatever the dataset has
  std::int64_t rounds = 200, max_depth = 6, seed = 1, early_stopping = 0;
  double eta = 0.1, subsample = 0.8, colsample = 0.8, min_child_weight = 10;
};

/// Writes model.ubj into `dir` (whole or not at all). `progress` returns false to cancel; `eval` may be null.
/// Errors: MODEL_FEATURES, TRAIN_DATA, TRAIN_CANCELLED, TRAIN_FAILED.
Result<void> fit(const TrainParams& params, const bl_dataset& train, const bl_dataset* eval,
                 const std::filesystem::path& dir,
                 const std::function<bool(double, std::string_view)>& progress);

}  // namespace bowline::xgb
