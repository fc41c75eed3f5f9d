// Which intents stand in the journal's file: asked before one is sent again with the same bytes (trading rules 2.3). Only the
// newest are known. What is sent again was made within the resend window, a minute; no venue takes as many orders in that time
// as are kept here, so that what was forgotten is asked for by nobody, and if it were, it would not be sent.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <string_view>
#include <unordered_set>

namespace bowline::store {

class RecentIntents {
 public:
  static constexpr std::size_t most = 20'000;

  /// The line of an intent that is in the file now. Of one that is told twice the first time counts.
  void add(std::string_view line) {
    const std::size_t hash = std::hash<std::string_view>{}(line);
    if (!hashes_.insert(hash).second) return;
    in_order_.push_back(hash);
    if (in_order_.size() <= most) return;
    hashes_.erase(in_order_.front());
    in_order_.pop_front();
  }
  bool has(std::string_view line) const { return hashes_.contains(std::hash<std::string_view>{}(line)); }
  std::size_t size() const noexcept { return in_order_.size(); }

 private:
  std::unordered_set<std::size_t> hashes_;  // looked up, never walked
  std::deque<std::size_t> in_order_;        // the oldest in front
};

}  // namespace bowline::store
