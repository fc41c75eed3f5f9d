#include "research/dataset.hpp"

#include <algorithm>
#include <cmath>

namespace bowline::research {
namespace {
double price(std::int64_t mantissa, std::int8_t exp) noexcept {
  return static_cast<double>(mantissa) * std::pow(10.0, exp);
}
}  // namespace

DatasetBuilder::DatasetBuilder(features::FeatureSet set, LabelOptions options)
    : set_(std::move(set)), options_(options), buffer_(set_.cols()) {}

void DatasetBuilder::add(const bl_bar& bar) {
  if (!set_.update(bar)) return;  // not final, not newer, or no bar at all: neither a row nor a label
  ++bars_;
  const std::uint32_t i = bar.h.instrument;
  if (i >= waiting_.size()) {
    waiting_.resize(i + 1);
    head_.resize(i + 1);
  }
  const core::Nanos t = bar.close_ns, span = static_cast<core::Nanos>(options_.horizon_bars) * options_.interval;
  const double close = price(bar.close, bar.px_exp);
  auto& queue = waiting_[i];
  while (head_[i] < queue.size() && queue[head_[i]].time + span <= t) {
    const Waiting& w = queue[head_[i]++];
    if (w.time + span != t) {
      ++unlabelled_;
      continue;
    }
    const double move = close / w.close - 1;
    done_.push_back({{w.time, i, label_of(move, options_.dead_zone), move}, w.at});
  }
  if ((set_.row(i, buffer_) & 1u) == 0) return;
  const std::size_t at = pool_.size();
  for (const double v : buffer_) pool_.push_back(static_cast<float>(v));
  queue.push_back({t, close, at});
}

Result<DatasetBuilder::Split> DatasetBuilder::split() {
  for (std::size_t i = 0; i < waiting_.size(); ++i) unlabelled_ += waiting_[i].size() - head_[i];
  waiting_.clear();
  std::sort(done_.begin(), done_.end(), [](const Labelled& a, const Labelled& b) {
    return a.row.time != b.row.time ? a.row.time < b.row.time : a.row.instrument < b.row.instrument;
  });
  const bool evaluated = options_.evaluation_share > 0;
  const Error too_short{"DATA_TOO_SHORT", "too few bars: after warm-up and horizon " + std::to_string(done_.size()) +
                                              " rows are left, and a training" + (evaluated ? ", an evaluation" : "") +
                                              " and a calibration slice are needed"};
  if (done_.size() < 100) return too_short;
  Split out;
  const core::Nanos first = done_.front().row.time, last = done_.back().row.time;
  const auto share_of = [](core::Nanos length, double share) { return static_cast<core::Nanos>(static_cast<double>(length) * share); };
  const core::Nanos learnt = share_of(last - first, 1 - options_.calibration_share);
  out.calibration_start = first + learnt;
  out.evaluation_start = evaluated ? first + share_of(learnt, 1 - options_.evaluation_share) : out.calibration_start;
  const core::Nanos span = static_cast<core::Nanos>(options_.horizon_bars) * options_.interval;
  out.train.cols = out.evaluation.cols = out.calibration.cols = set_.cols();
  for (const Labelled& l : done_) {
    const core::Nanos t = l.row.time;
    if ((t < out.evaluation_start && t + span >= out.evaluation_start) ||
        (t < out.calibration_start && t + span >= out.calibration_start)) {
      ++out.purged;
      continue;
    }
    Dataset& to = t < out.evaluation_start ? out.train : t < out.calibration_start ? out.evaluation : out.calibration;
    to.rows.push_back(l.row);
    to.values.insert(to.values.end(), pool_.begin() + static_cast<std::ptrdiff_t>(l.at),
                     pool_.begin() + static_cast<std::ptrdiff_t>(l.at + set_.cols()));
  }
  pool_.clear();
  pool_.shrink_to_fit();
  if (out.train.rows.empty() || out.calibration.rows.empty()) return too_short;
  if (evaluated && out.evaluation.rows.empty())
    return Error{"DATA_TOO_SHORT", "no row is left to judge the rounds by: a slice of this share is not longer than the horizon; give a larger --evaluation"};
  return out;
}

}  // namespace bowline::research
