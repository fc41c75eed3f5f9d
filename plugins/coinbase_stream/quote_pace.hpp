// Conflation: of the many changes at the top of a book at most n quotes a second are published, always the newest.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "book.hpp"

namespace bowline::coinbase {

struct PacedQuote {
  std::uint32_t instrument = 0;
  BookQuote quote{};
  std::int64_t event_ns =
      0;  ///< the venue's time of the change; never before that of the quote published before, unless the clock stepped back
};

/// For all products of a feed. The caller gives the time, of one clock; one that steps back silences nothing.
class QuotePace {
 public:
  struct Options {
    int per_second = 10;                        ///< 1..1000 per product; values outside are taken as the nearest
    std::int64_t repeat_ns = 1'000'000'000;     ///< a book that goes on changing below its top tells the same quote this often
    std::int64_t max_ahead_ns = 5'000'000'000;  ///< an event time further ahead of the clock counts as now
  };
  QuotePace() : QuotePace(Options{}) {}
  explicit QuotePace(const Options& options);

  /// The newest quote of a product after a change. Given back when it may be published now; else it is held, in the place of
  /// one held before, and due() gives it in time. An event time before that of the last quote taken means an old one: it is
  /// left out and counted.
  std::optional<PacedQuote> offer(std::uint32_t instrument, const BookQuote& quote, std::int64_t event_ns, std::int64_t now_ns);
  /// Adds what is held and may be published by now to `out`, in order of instrument.
  void due(std::int64_t now_ns, std::vector<PacedQuote>& out);
  /// When due() has something next; nullopt: nothing is held.
  std::optional<std::int64_t> next_due_ns() const noexcept;
  /// The book is not usable any more: what is held is not published. The times stay.
  void drop(std::uint32_t instrument);

  std::uint64_t conflated() const noexcept { return conflated_; }  ///< quotes that a newer one replaced unpublished
  std::uint64_t old() const noexcept { return old_; }              ///< quotes left out because a newer one was taken before

 private:
  struct Slot {
    std::optional<BookQuote> sent, held;
    std::int64_t sent_ns = 0;    ///< the caller's clock
    std::int64_t newest_ns = 0;  ///< event time of the newest quote taken
  };
  bool may_go(Slot& s, std::int64_t now_ns) const;
  PacedQuote send(std::uint32_t instrument, Slot& s, std::int64_t now_ns);

  Options options_;
  std::int64_t spacing_ns_;
  std::map<std::uint32_t, Slot> slots_;
  std::uint64_t conflated_ = 0, old_ = 0;
};

}  // namespace bowline::coinbase
