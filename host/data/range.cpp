#include "data/range.hpp"

#include <algorithm>

namespace bowline::data {

void RangeSet::add(Range r) {
  if (r.empty()) return;
  if (all_.empty() || r.from_s > all_.back().to_s) {  // the usual one: in order
    all_.push_back(r);
    return;
  }
  const auto first = std::lower_bound(all_.begin(), all_.end(), r.from_s, [](const Range& have, std::int64_t at) { return have.to_s < at; });
  auto last = first;
  for (; last != all_.end() && last->from_s <= r.to_s; ++last) {
    r.from_s = std::min(r.from_s, last->from_s);
    r.to_s = std::max(r.to_s, last->to_s);
  }
  all_.insert(all_.erase(first, last), r);
}

bool RangeSet::covers(Range r) const noexcept {
  if (r.empty()) return true;
  const auto at = std::upper_bound(all_.begin(), all_.end(), r.from_s, [](std::int64_t t, const Range& have) { return t < have.to_s; });
  return at != all_.end() && at->from_s <= r.from_s && r.to_s <= at->to_s;
}

std::vector<Range> RangeSet::missing(Range within) const {
  std::vector<Range> out;
  std::int64_t at = within.from_s;
  for (const Range& have : all_) {
    if (have.to_s <= at) continue;
    if (have.from_s >= within.to_s) break;
    if (have.from_s > at) out.push_back({at, have.from_s});
    at = have.to_s;
  }
  if (at < within.to_s) out.push_back({at, within.to_s});
  return out;
}

}  // namespace bowline::data
