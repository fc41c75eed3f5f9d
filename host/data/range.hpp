// Stretches of time, and sets of them.
#pragma once

#include <cstdint>
#include <vector>

namespace bowline::data {

/// [from_s, to_s), epoch seconds.
struct Range {
  std::int64_t from_s = 0, to_s = 0;
  bool empty() const noexcept { return to_s <= from_s; }
  bool operator==(const Range&) const = default;
};

/// Ranges that neither overlap nor touch, in order.
class RangeSet {
 public:
  void add(Range r);
  void add(const RangeSet& other) {
    for (const Range& r : other.all_) add(r);
  }
  const std::vector<Range>& all() const noexcept { return all_; }
  bool empty() const noexcept { return all_.empty(); }
  /// Whether all of `r` is in it.
  bool covers(Range r) const noexcept;
  /// What of `within` is not in it, in order.
  std::vector<Range> missing(Range within) const;

 private:
  std::vector<Range> all_;
};

}  // namespace bowline::data
