// Training data from bars: features known at a close, labelled by what the price did over the horizon behind it. The
// same streaming features as live, so nothing can be seen in training that is not known live.
#pragma once

#include <bowline/plugin.h>

#include <bowline/result.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/types.hpp"
#include "features/feature_set.hpp"

namespace bowline::research {

struct LabelOptions {
  core::Nanos interval = 300'000'000'000;
  std::uint32_t horizon_bars = 12;
  double dead_zone = 0.0015;     ///< |return| at or below it is "flat"
  double calibration_share = 0.2;  ///< the last share by time chooses temperature and thresholds
  double evaluation_share = 0;     ///< the last share of what lies before it tells a trainer when to stop; 0 = none
};

/// One labelled row: bar close time, instrument, and the horizon return. Features lie in Dataset::values.
struct Row {
  core::Nanos time = 0;
  std::uint32_t instrument = 0;
  int label = 0;       ///< 0 down, 1 flat, 2 up
  double move = 0;     ///< close(t + horizon) / close(t) - 1
};

struct Dataset {
  std::vector<Row> rows;
  std::vector<float> values;  ///< rows x cols, row-major
  std::size_t cols = 0;
};

/// 0 down, 1 flat, 2 up.
constexpr int label_of(double move, double dead_zone) noexcept { return move > dead_zone ? 2 : move < -dead_zone ? 0 : 1; }

class DatasetBuilder {
 public:
  DatasetBuilder(features::FeatureSet set, LabelOptions options);
  /// Final bars in time order. A row is taken when all features are warm; it is labelled by the close exactly
  /// `horizon_bars` intervals later, and left out when that bar is missing (a gap is not filled).
  void add(const bl_bar& bar);
  std::uint64_t bars() const noexcept { return bars_; }
  /// Rows whose horizon ran into a gap or the end of the data.
  std::uint64_t unlabelled() const noexcept { return unlabelled_; }

  struct Split {
    Dataset train, evaluation, calibration;  ///< in this order of time; evaluation is empty unless it was asked for
    core::Nanos evaluation_start = 0, calibration_start = 0;
    std::uint64_t purged = 0;  ///< rows whose label would have looked into the next slice
  };
  /// By time; ends the builder. Error DATA_TOO_SHORT when one of the slices would be empty.
  Result<Split> split();
  const features::FeatureSet& features() const noexcept { return set_; }

 private:
  struct Waiting {
    core::Nanos time = 0;
    double close = 0;
    std::size_t at = 0;  // first of its values in values_
  };
  features::FeatureSet set_;
  LabelOptions options_;
  std::vector<std::vector<Waiting>> waiting_;  // by instrument, oldest first
  std::vector<std::size_t> head_;
  std::vector<float> pool_;                    // rows as taken
  std::vector<double> buffer_;
  struct Labelled {
    Row row;
    std::size_t at = 0;
  };
  std::vector<Labelled> done_;
  std::uint64_t bars_ = 0, unlabelled_ = 0;
};

}  // namespace bowline::research
