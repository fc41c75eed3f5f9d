// Bars of several products as steps: those of one close together, closes in order.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "coinbase_stream/bar_series.hpp"

namespace bowline::feed_coinbase {

struct StepBar {
  std::size_t product = 0;
  coinbase::SeriesBar bar{};
};
struct Step {
  std::int64_t close_ns = 0;
  std::vector<StepBar> bars;  ///< in order of product, one each
};

/// A close goes when every product that keeps up has told its bar or that it has none, or when its first bar has waited long
/// enough. What comes for it later is a step of its own. Times are the caller's clock.
class StepLine {
 public:
  explicit StepLine(std::size_t products) : passed_(products, 0) {}

  /// The next bar of a product; its closes only go up. `wait_ns`: how long the first bar of a close waits for the others.
  void put(std::size_t product, const coinbase::SeriesBar& bar, std::int64_t now_ns, std::int64_t wait_ns);
  /// Everything of that product that opens before `open_ns` has been put, or does not exist.
  void passed(std::size_t product, std::int64_t open_ns) { passed_[product] = std::max(passed_[product], open_ns); }
  /// Steps that may go by now, oldest close first, added to `out`.
  void take(std::int64_t now_ns, std::vector<Step>& out);
  /// When the oldest close goes by time alone; nullopt: nothing waits.
  std::optional<std::int64_t> next_due_ns() const;

 private:
  struct Waiting {
    std::int64_t until_ns = 0;
    std::vector<StepBar> bars;
  };
  bool whole(std::int64_t close_ns) const;
  std::vector<std::int64_t> passed_;
  std::map<std::int64_t, Waiting> waiting_;  ///< by close
  std::int64_t gone_ns_ = 0;                 ///< the latest close that went
};

}  // namespace bowline::feed_coinbase
