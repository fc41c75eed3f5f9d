// The bars of one product: from channel candles while it runs, from REST where it did not. In order, without a hole and without
// a duplicate; a bar that is final never changes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include <bowline/result.hpp>

#include "bar_values.hpp"
#include "frame.hpp"

namespace bowline::coinbase {

enum class EmptyBuckets : std::uint8_t { skip, flat };  ///< what a bucket without a trade becomes: no bar, or a flat one

struct SeriesBar {
  std::int64_t open_ns = 0, close_ns = 0;
  BarValues values{};
  bool backfilled = false;  ///< not told by the stream in time: for features alone, nobody acts on it
  bool flat = false;        ///< made for a bucket without a trade
};
/// The venue tells other numbers for a bar than those it was final with. The bar stays.
struct BarRevision {
  std::int64_t open_ns = 0;
  std::optional<BarValues> was;  ///< nullopt: the bucket counted as empty and was skipped
  BarValues now{};
  bool by_rest = false;
};
/// One row of REST candles, as the caller read it.
struct BackfillRow {
  std::int64_t start_s = 0;
  StreamNumber open, high, low, close, volume;
};
/// [from_ns, to_ns) of bucket opens, to ask REST for.
struct BarRange {
  std::int64_t from_ns = 0, to_ns = 0;
};

struct SeriesCounts {
  std::uint64_t live = 0, backfilled = 0, flat = 0, skipped = 0;  ///< buckets that became final, by what they became
  std::uint64_t late = 0;                                         ///< rows for a final bucket
  std::uint64_t older = 0;    ///< updates that an update of a later frame, or with more volume, came before
  std::uint64_t refused = 0;  ///< rows that are no possible bar
  std::uint64_t early = 0;    ///< REST rows of a bucket that was not over: not used
  std::uint64_t revisions = 0;
};

/// A bucket is final when it is over, its grace has passed, and it is known what it holds: the stream told it, nothing was lost
/// since, and a frame from after its close has come; or REST was asked when it was over. Until then it holds up those behind
/// it, so that none is missing: wanted() says what to ask for. All times are ns; `now` is the caller's clock and should be near
/// the venue's.
class BarSeries {
 public:
  struct Options {
    std::int64_t interval_ns = 300'000'000'000;  ///< channel candles: five minutes
    std::int64_t grace_ns = 2'000'000'000;       ///< what the stream tells within this of the close still counts
    /// A REST answer this long after the close proves a bucket empty when it has no row for it; before, the row may be late.
    std::int64_t settle_ns = 10'000'000'000;
    EmptyBuckets empty = EmptyBuckets::flat;
    bool silence_is_empty = false;  ///< a stream that ran without loss and did not tell of a bucket is proof, too
    std::size_t keep = 1024;        ///< final bars remembered for revisions
  };
  BarSeries() : BarSeries(Options{}) {}
  explicit BarSeries(const Options& options);

  /// The first bucket wanted (rounded down to a bucket's open): what is before now is asked for by wanted(). Only before the
  /// first row; without it the series starts with the bucket that the first update tells of.
  void start_at(std::int64_t open_ns);

  /// A row of channel candles from a frame of `told_ns`. Rows of closed buckets, as in a snapshot, count as back-fill. Of two
  /// updates of one bucket the one of the later frame counts, with equal times the one with more volume. Errors leave all as
  /// it was: BAR_OFF_GRID, BAR_FROM_FUTURE, and those of bar_values().
  Result<void> update(const StreamCandle& row, std::int64_t told_ns, std::int64_t now_ns);

  /// The whole answer of REST for the buckets opening in [range.from_ns, range.to_ns), in any order; rows outside are left
  /// out. `now_ns`: before the request was sent. A bucket without a row is empty. Rows for final bars are compared with them.
  /// The first row that is no possible bar is the error given, the others count nevertheless; its bucket stays wanted.
  Result<void> backfill(BarRange range, std::span<const BackfillRow> rows, std::int64_t now_ns);

  /// A frame of the connection, of any channel, came in order; the venue sent it at `told_ns` (0: not told). The heartbeats
  /// do: after one from behind a close, what the stream told before the close is all there.
  void heard(std::int64_t told_ns, std::int64_t now_ns);
  /// Something of the stream was lost, or it is down: what it told of buckets that are not final may be incomplete. The next
  /// heard() or update() begins anew.
  void lost();

  /// Bars that are final by now, oldest first, added to `out`.
  void advance(std::int64_t now_ns, std::vector<SeriesBar>& out);
  /// Revisions found since the last call, oldest first.
  std::vector<BarRevision> take_revisions();

  /// What advance() waits for and only REST can tell, at most `max_buckets` from the oldest on; nullopt: nothing. It stays
  /// wanted until a backfill() settles it: the caller paces its requests.
  std::optional<BarRange> wanted(std::int64_t now_ns, std::int64_t max_buckets = 300) const;
  /// The bucket that is being told (or is within its grace) as it stands: not final.
  std::optional<SeriesBar> current() const;
  /// When advance() may have something new by time alone; nullopt before the first row.
  std::optional<std::int64_t> next_due_ns() const noexcept;
  const SeriesCounts& counts() const noexcept { return counts_; }

 private:
  struct Told {
    BarValues values{};
    std::int64_t told_ns = 0;
    bool lossless = false;  ///< nothing was lost since
    bool in_time = false;   ///< before close + grace
  };
  struct Bucket {
    std::optional<Told> stream;
    std::optional<BarValues> rest;
    bool proved_empty = false;
  };
  struct Final {
    std::optional<BarValues> values;  ///< nullopt: skipped
    BarValues last_told{};
    bool made = false;  ///< values are of our making (flat): any row with a trade is a revision
  };

  std::int64_t due_ns(std::int64_t open_ns) const noexcept { return open_ns + options_.interval_ns + options_.grace_ns; }
  Result<std::int64_t> bucket_of(std::int64_t start_s, std::int64_t now_ns) const;
  void take_rest(std::int64_t open_ns, const BarValues& values, std::int64_t now_ns);
  void compare(std::int64_t open_ns, const BarValues& told, bool by_rest);
  bool by_stream(std::int64_t open_ns, const Bucket& b) const;
  bool known(std::int64_t open_ns, const Bucket& b) const;
  void close(std::int64_t open_ns, const Bucket& b, std::vector<SeriesBar>& out);
  void remember(std::int64_t open_ns, Final f);

  Options options_;
  std::optional<std::int64_t> next_;  ///< open of the first bucket that is not final
  std::map<std::int64_t, Bucket> open_;
  std::map<std::int64_t, Final> final_;
  std::optional<BarValues> last_;                  ///< of the bar before next_
  std::optional<std::int64_t> lossless_since_ns_;  ///< nullopt: the stream is not running
  std::int64_t heard_ns_ = 0;                      ///< sent then, and nothing is missing up to it
  std::vector<BarRevision> revisions_;
  SeriesCounts counts_{};
};

}  // namespace bowline::coinbase
