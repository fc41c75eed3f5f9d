#include "edge/call_queue.hpp"

#include <algorithm>

namespace bowline::edge {

void CallQueue::push(const Entry& entry) { (entry.urgent ? urgent_ : normal_).push_back(entry); }

bool CallQueue::erase(std::uint64_t id) {
  const auto is_it = [id](const Entry& e) { return e.id == id; };
  return std::erase_if(urgent_, is_it) + std::erase_if(normal_, is_it) != 0;
}

std::optional<std::uint64_t> CallQueue::look(std::deque<Entry>& lane, RateBuckets& buckets, std::int64_t now,
                                             const std::function<bool(const Entry&)>& may_go) {
  for (auto e = lane.begin(); e != lane.end(); ++e) {
    if (blocked_[e->rate_class] || !may_go(*e)) continue;
    if (const std::int64_t wait = buckets.take(e->rate_class, e->cost, e->urgent, now); wait != 0) {
      blocked_[e->rate_class] = true;
      ask_again_ = ask_again_ == 0 ? wait : std::min(ask_again_, wait);
      continue;
    }
    const std::uint64_t id = e->id;
    lane.erase(e);
    return id;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> CallQueue::next(RateBuckets& buckets, std::int64_t now, const std::function<bool(const Entry&)>& may_go) {
  ask_again_ = 0;
  blocked_.assign(buckets.classes(), false);
  if (auto urgent = look(urgent_, buckets, now, may_go)) return urgent;
  return look(normal_, buckets, now, may_go);
}

}  // namespace bowline::edge
