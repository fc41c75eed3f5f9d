// Equity (at the bid) a day ago, whenever it is asked (trading rules 5.1: a rolling 24 h beside the UTC day). A mark is made at the first
// step of each five minutes. The opening is the oldest mark of the 288 five minutes before the current ones: that of 24
// hours ago, or the first there is where the run is younger, or where nothing was settled then: never an older one. Each mark
// knows what had flowed until then, so that a deposit is no gain and a withdrawal no loss. Money, no clock, bounded memory.
#pragma once

#include <algorithm>
#include <array>
#include <bowline/decimal.hpp>
#include <bowline/result.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/types.hpp"

namespace bowline::services {

class RollingDay {
 public:
  static constexpr core::Nanos slot_ns = 300'000'000'000;
  static constexpr std::int64_t slots = 288;

  struct Mark {
    std::int64_t slot = -1;  ///< five minutes since the epoch
    Decimal equity = Decimal::not_set(), flows = Decimal::not_set();  ///< flows: all of them until then
  };

  /// Whether a mark of the five minutes of `now` is made already; then nothing is to be done.
  bool has(core::Nanos now) const noexcept { return now / slot_ns == newest_; }
  /// Makes the mark of these five minutes. One that is older than the newest is none.
  void mark(core::Nanos now, Decimal equity, Decimal flows);
  /// Equity and flows where the last 24 hours began; its equity is not set before the first mark.
  const Mark& opening() const noexcept { return opening_; }

  /// The marks that were made since this was asked last, in one short text; empty: none. Equal ones in a row are one word.
  std::string unwritten();
  /// How many unwritten() would give, and those of before again: what it gave was not written after all.
  std::size_t waiting() const noexcept { return unwritten_; }
  void wait_again(std::size_t marks) noexcept { unwritten_ = std::min(marks, size_); }
  /// Puts back what unwritten() gave. Errors: JOURNAL_ROW.
  Result<void> restore(std::string_view text);

 private:
  std::array<Mark, slots + 1> ring_{};
  std::size_t head_ = 0, size_ = 0, unwritten_ = 0;  // unwritten_: of the newest
  std::int64_t newest_ = -1;
  Mark opening_;

  const Mark& at(std::size_t n) const noexcept { return ring_[(head_ + n) % ring_.size()]; }
  void push(const Mark& mark);
};

}  // namespace bowline::services
