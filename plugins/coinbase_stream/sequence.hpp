// Whether a frame is the next one, and what has to be done when it is not.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "frame.hpp"

namespace bowline::coinbase {

/// What a number is against those before it.
enum class SequenceState : std::uint8_t {
  first,       ///< nothing to compare with
  in_order,    ///< the one expected
  gap,         ///< above the one expected: what is between is lost
  duplicate,   ///< one that was taken before
  old,         ///< one of a gap that comes after all: what it would have changed has been dropped already
  unnumbered,  ///< the frame has no number
};
enum class SequenceAction : std::uint8_t {
  take,    ///< use the frame
  ignore,  ///< drop the frame
  mend,    ///< do mend_rows for each channel subscribed, then use the frame
};
struct SequenceStep {
  SequenceState state = SequenceState::unnumbered;
  SequenceAction action = SequenceAction::take;
  std::uint64_t lost = 0;  ///< frames that are missing before this one
};

/// What a gap asks for, per channel of the connection: the counter is shared, so any of them may have lost something.
struct MendRow {
  Channel channel;
  bool drop_state, resubscribe, ask_rest;
  std::string_view why;
};
inline constexpr auto mend_rows = std::to_array<MendRow>({
    {Channel::level2, true, true, false, "a book with a hole is wrong until its next snapshot"},
    {Channel::user, false, false, true, "states are cumulative, but the last one of an order may be what was lost: reconcile"},
    {Channel::candles, false, false, true, "the last update of a bucket may be lost: its final values come from REST"},
    {Channel::market_trades, false, false, false, "trades are missing for good; the next ones are whole"},
    {Channel::ticker, false, false, false, "the next one tells all"},
    {Channel::ticker_batch, false, false, false, "the next one tells all"},
    {Channel::status, false, false, false, "the next one tells all"},
    {Channel::heartbeats, false, false, false, "nothing depends on a single one"},
    {Channel::subscriptions, false, false, false, "an acknowledgement that is missing is seen as silence of the subscription"},
});

/// One per connection. The documentation says that numbers count per product, recordings say per connection.
class SequenceTracker {
 public:
  enum class Scope : std::uint8_t { connection, product };
  struct Options {
    Scope scope = Scope::connection;
    bool starts_at_zero = false;  ///< a first number above 0 is a gap, too
  };
  SequenceTracker() = default;
  explicit SequenceTracker(const Options& options) : options_(options) {}

  /// The step for a number; `product` counts in scope `product` alone, where an empty one is not judged (unnumbered).
  SequenceStep note(std::uint64_t sequence, std::string_view product = {});
  /// The step for a whole frame: in scope `product` the worst of its products'.
  SequenceStep note(const StreamFrame& frame);
  /// The connection is a new one: numbers start again.
  void reset() { lines_.clear(); }

  std::uint64_t gaps() const noexcept { return gaps_; }
  std::uint64_t lost() const noexcept { return lost_; }        ///< frames, in all
  std::uint64_t ignored() const noexcept { return ignored_; }  ///< old and duplicate frames

 private:
  struct Hole {
    std::uint64_t from, to;  ///< [from, to)
  };
  struct Line {
    std::uint64_t next = 0;
    std::deque<Hole> holes;  ///< the newest `max_holes`
  };
  static constexpr std::size_t max_holes = 64, max_lines = 4096;
  SequenceStep judge(Line& line, std::uint64_t sequence, bool fresh);

  Options options_{};
  std::map<std::string, Line, std::less<>> lines_;
  std::uint64_t gaps_ = 0, lost_ = 0, ignored_ = 0;
};

}  // namespace bowline::coinbase
