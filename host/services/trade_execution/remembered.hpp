// What is known by a caller's key (an Idempotency-Key, a request id, the id of a liquidation), the newest of them only: who
// repeats himself is answered as before. Of an older key that there was one: eight bytes each, so that nothing is done anew for a
// caller whose repetition comes very late.
#pragma once

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>
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
  /// It was put once, and what it stood for is forgotten. Of a key that never was it is true once in 2^64 for each forgotten one.
  bool forgot(std::string_view key) const { return !forgotten_.empty() && !has(key) && forgotten_.contains(hash(key)); }
  /// As the newest, in place of what the key stood for; the oldest goes where there are too many.
  void put(std::string_view key, T value) {
    if (!by_key_.insert_or_assign(std::string(key), std::move(value)).second) in_order_.erase(std::find(in_order_.begin(), in_order_.end(), key));
    in_order_.emplace_back(key);
    if (in_order_.size() <= most_) return;
    forgotten_.insert(hash(in_order_.front()));
    by_key_.erase(in_order_.front());
    in_order_.pop_front();
  }
  const T* newest() const { return in_order_.empty() ? nullptr : find(in_order_.back()); }

 private:
  static std::uint64_t hash(std::string_view key) noexcept { return XXH3_64bits(key.data(), key.size()); }

  std::size_t most_;
  std::unordered_set<std::uint64_t> forgotten_;  // never walked
  std::map<std::string, T, std::less<>> by_key_;
  std::deque<std::string> in_order_;  // the oldest in front
};

}  // namespace bowline::services
