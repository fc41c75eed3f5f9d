// Tells the log what changes while a run turns: journal, feeds, the venue's connection, late bars, records lost. Each
// change is one line; what can come with every bar is told at its first, tenth, hundredth time. [core thread]
#pragma once

#include <vector>

#include "services/runtime/run_health.hpp"

namespace bowline::services {

class RunWatch {
 public:
  explicit RunWatch(RunParts parts);
  /// Looks, and tells what is another than before. Called at each beat of the loop.
  void look();

 private:
  RunParts parts_;
  bool journal_ok_ = true;
  BrokerAdapter::Link link_ = BrokerAdapter::Link::untold;
  std::uint64_t link_changes_ = 0, late_next_ = 1, dropped_next_ = 1;
  std::vector<FeedCondition> feeds_;

  void look_at_feeds();
  void look_at_counts();
};

}  // namespace bowline::services
