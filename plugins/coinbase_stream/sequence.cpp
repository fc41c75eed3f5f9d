#include "sequence.hpp"

#include <algorithm>

namespace bowline::coinbase {

SequenceStep SequenceTracker::judge(Line& line, std::uint64_t sequence, bool fresh) {
  const bool from_zero = fresh && options_.starts_at_zero;
  if (fresh && !from_zero) {
    line.next = sequence + 1;
    return {SequenceState::first, SequenceAction::take, 0};
  }
  if (sequence == line.next) {
    ++line.next;
    return {fresh ? SequenceState::first : SequenceState::in_order, SequenceAction::take, 0};
  }
  if (sequence > line.next) {
    const std::uint64_t missing = sequence - line.next;
    line.holes.push_back({line.next, sequence});
    if (line.holes.size() > max_holes) line.holes.pop_front();
    line.next = sequence + 1;
    ++gaps_;
    lost_ += missing;
    return {SequenceState::gap, SequenceAction::mend, missing};
  }
  ++ignored_;
  for (std::size_t i = 0; i < line.holes.size(); ++i) {
    const Hole hole = line.holes[i];
    if (sequence < hole.from || sequence >= hole.to) continue;
    // It fills a part of the hole, so that a second copy of it is a duplicate.
    const auto at = line.holes.erase(line.holes.begin() + static_cast<std::ptrdiff_t>(i));
    const auto rest = hole.to > sequence + 1 ? line.holes.insert(at, {sequence + 1, hole.to}) : at;
    if (hole.from < sequence) line.holes.insert(rest, {hole.from, sequence});
    if (line.holes.size() > max_holes) line.holes.pop_front();
    return {SequenceState::old, SequenceAction::ignore, 0};
  }
  return {SequenceState::duplicate, SequenceAction::ignore, 0};
}

SequenceStep SequenceTracker::note(std::uint64_t sequence, std::string_view product) {
  if (options_.scope == Scope::connection)
    product = {};
  else if (product.empty())
    return {};
  auto it = lines_.find(product);
  const bool fresh = it == lines_.end();
  if (fresh) {
    if (lines_.size() >= max_lines) return {};  // no venue has so many products: what comes now is not judged
    it = lines_.emplace(std::string(product), Line{}).first;
  }
  return judge(it->second, sequence, fresh);
}

SequenceStep SequenceTracker::note(const StreamFrame& frame) {
  if (!frame.sequence) return {};
  if (options_.scope == Scope::connection) return note(*frame.sequence);
  // Of several products one may have a gap and another a duplicate: what asks for most is done.
  SequenceStep worst{};
  bool any = false;
  const auto weight = [](SequenceAction a) { return a == SequenceAction::mend ? 2 : a == SequenceAction::take ? 1 : 0; };
  for (const std::string_view product : products_of(frame)) {
    const SequenceStep step = note(*frame.sequence, product);
    if (!any || weight(step.action) > weight(worst.action)) worst = step;
    any = true;
  }
  return worst;
}

}  // namespace bowline::coinbase
