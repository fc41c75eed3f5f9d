// What is known by a caller's key (an Idempotency-Key, a request id, the id of a liquidation), the newest of them only: who
// repeats himself is answered as before, and memory has a bound.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace bowline::services {

template <class T>
class Remembered {
 public:
  explicit Remembered(std::size_t most) : most_(most) {}

  /// Null: not known, or forgotten. Valid until the next put().
  const T* find(std::string_view key) const {
    const auto it = by_key_.find(key);
    return it == by_key_.end() ? nullptr : &it->second;
  }
  bool has(std::string_view key) const { return by_key_.contains(key); }
  /// As the newest, in place of what the key stood for; the oldest goes where there are too many.
  void put(std::string_view key, T value) {
    if (!by_key_.insert_or_assign(std::string(key), std::move(value)).second) in_order_.erase(std::find(in_order_.begin(), in_order_.end(), key));
    in_order_.emplace_back(key);
    if (in_order_.size() <= most_) return;
    by_key_.erase(in_order_.front());
    in_order_.pop_front();
  }
  const T* newest() const { return in_order_.empty() ? nullptr : find(in_order_.back()); }

 private:
  std::size_t most_;
  std::map<std::string, T, std::less<>> by_key_;
  std::deque<std::string> in_order_;  // the oldest in front
};

}  // namespace bowline::services
