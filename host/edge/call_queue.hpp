// Which waiting request goes next: exits and cancels before everything else, then in the order of arrival, as far as the
// rate budget and the connections allow.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "edge/rate_buckets.hpp"

namespace bowline::edge {

/// Not thread-safe. Within a lane and class the order of arrival is kept; a class that must wait does not hold up others.
class CallQueue {
 public:
  struct Entry {
    std::uint64_t id = 0;
    std::uint32_t rate_class = 0, cost = 0;
    bool urgent = false;
  };
  void push(const Entry& entry);
  /// False: it was not in here.
  bool erase(std::uint64_t id);
  /// The next that may go, charged and taken out. `may_go`: whether there is a connection for it. Nothing: see ask_again().
  /// An entry does not pass an urgent one of its own class that waits for the budget.
  std::optional<std::uint64_t> next(RateBuckets& buckets, std::int64_t now, const std::function<bool(const Entry&)>& may_go);
  /// When the budget may let something through, after a next() that gave nothing; 0: not for the budget's sake.
  std::int64_t ask_again() const noexcept { return ask_again_; }
  std::size_t size() const noexcept { return urgent_.size() + normal_.size(); }

 private:
  std::deque<Entry> urgent_, normal_;
  std::vector<bool> blocked_;  // by class, of the look under way
  std::int64_t ask_again_ = 0;

  std::optional<std::uint64_t> look(std::deque<Entry>& lane, RateBuckets& buckets, std::int64_t now,
                                    const std::function<bool(const Entry&)>& may_go);
};

}  // namespace bowline::edge
