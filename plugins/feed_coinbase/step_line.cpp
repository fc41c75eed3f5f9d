#include "step_line.hpp"

#include <algorithm>

namespace bowline::feed_coinbase {

void StepLine::put(std::size_t product, const coinbase::SeriesBar& bar, std::int64_t now_ns, std::int64_t wait_ns) {
  auto [at, first] = waiting_.try_emplace(bar.close_ns);
  if (first) at->second.until_ns = now_ns + wait_ns;
  at->second.bars.push_back({product, bar});
}

// One that is behind what has gone already is not waited for: it would hold up every step until it has caught up.
bool StepLine::whole(std::int64_t close_ns) const {
  return std::all_of(passed_.begin(), passed_.end(), [&](std::int64_t passed) { return passed >= close_ns || passed < gone_ns_; });
}

void StepLine::take(std::int64_t now_ns, std::vector<Step>& out) {
  while (!waiting_.empty()) {
    const auto first = waiting_.begin();
    if (!whole(first->first) && now_ns < first->second.until_ns) return;
    Step step{first->first, std::move(first->second.bars)};
    std::sort(step.bars.begin(), step.bars.end(), [](const StepBar& a, const StepBar& b) { return a.product < b.product; });
    gone_ns_ = std::max(gone_ns_, step.close_ns);
    waiting_.erase(first);
    out.push_back(std::move(step));
  }
}

std::optional<std::int64_t> StepLine::next_due_ns() const {
  return waiting_.empty() ? std::nullopt : std::optional(waiting_.begin()->second.until_ns);
}

}  // namespace bowline::feed_coinbase
