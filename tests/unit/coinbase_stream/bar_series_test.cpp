// Bars of one product: in order, without a hole, without a duplicate, and final when they are.
#include <rapidcheck.h>

#include <map>
#include <random>

#include "coinbase_stream/bar_series.hpp"
#include "frames.hpp"

using namespace bowline;
using namespace stream_tests;

namespace {

constexpr std::int64_t bucket = 300 * second;

StreamCandle row(std::int64_t open_ns, const char* close, const char* volume) {
  const auto n = [](const char* s) { return read_number(s).value(); };
  return {"BTC-USD", open_ns / second, n("100"), n("200"), n("50"), n(close), n(volume), false};
}
BackfillRow rest(std::int64_t open_ns, const char* close, const char* volume) {
  const StreamCandle c = row(open_ns, close, volume);
  return {c.start_s, c.open, c.high, c.low, c.close, c.volume};
}
std::vector<SeriesBar> advance(BarSeries& s, std::int64_t now) {
  std::vector<SeriesBar> out;
  s.advance(now, out);
  return out;
}
BarValues values(const char* close, const char* volume) {
  const StreamCandle c = row(0, close, volume);
  return *bar_values(c.open, c.high, c.low, c.close, c.volume);
}
/// A bucket told by the stream, and a heartbeat behind its close.
void tell(BarSeries& s, std::int64_t open_ns, const char* close, const char* volume) {
  REQUIRE(s.update(row(open_ns, close, volume), open_ns + bucket - second, open_ns + bucket - second).ok());
  s.heard(open_ns + bucket + second, open_ns + bucket + second);
}

}  // namespace

TEST_CASE("rule 1.6: a bar is final at its boundary and grace, not before, and never changes then") {
  BarSeries s;
  REQUIRE(s.update(row(t0, "110", "1"), t0 + minute, t0 + minute).ok());
  REQUIRE(s.update(row(t0, "120", "2"), t0 + 2 * minute, t0 + 2 * minute).ok());
  CHECK(s.current()->values == values("120", "2"));
  CHECK(advance(s, t0 + bucket).empty());
  // What the venue tells of it within the grace still counts.
  REQUIRE(s.update(row(t0, "130", "3"), t0 + bucket + second, t0 + bucket + second).ok());
  CHECK(advance(s, t0 + bucket + 2 * second - 1).empty());
  CHECK(s.next_due_ns() == t0 + bucket + 2 * second);
  const auto bars = advance(s, t0 + bucket + 2 * second);
  REQUIRE(bars.size() == 1);
  CHECK(bars[0].open_ns == t0);
  CHECK(bars[0].close_ns == t0 + bucket);
  CHECK(bars[0].values == values("130", "3"));
  CHECK_FALSE(bars[0].backfilled);
  // Later it is told otherwise, by the stream and by REST: the bar stays, the revision is reported, once each.
  REQUIRE(s.update(row(t0, "131", "3.5"), t0 + bucket + 3 * second, t0 + bucket + 3 * second).ok());
  REQUIRE(s.update(row(t0, "131", "3.5"), t0 + bucket + 4 * second, t0 + bucket + 4 * second).ok());
  const BackfillRow told[] = {rest(t0, "132", "4")};
  REQUIRE(s.backfill({t0, t0 + bucket}, told, t0 + bucket + minute).ok());
  REQUIRE(s.backfill({t0, t0 + bucket}, told, t0 + bucket + 2 * minute).ok());
  const auto revisions = s.take_revisions();
  REQUIRE(revisions.size() == 2);
  CHECK(revisions[0].was == values("130", "3"));
  CHECK(revisions[0].now == values("131", "3.5"));
  CHECK_FALSE(revisions[0].by_rest);
  CHECK(revisions[1].was == values("130", "3"));
  CHECK(revisions[1].now == values("132", "4"));
  CHECK(revisions[1].by_rest);
  CHECK(s.take_revisions().empty());
  CHECK(advance(s, t0 + bucket + 3 * minute).empty());
}

TEST_CASE("rule 1.6: a REST candle that says the same is no revision, however it is written") {
  BarSeries s;
  tell(s, t0, "110", "1.5");
  REQUIRE(advance(s, t0 + bucket + 2 * second).size() == 1);
  const BackfillRow same[] = {rest(t0, "110.00", "1.50000000")};
  REQUIRE(s.backfill({t0, t0 + bucket}, same, t0 + bucket + minute).ok());
  CHECK(s.take_revisions().empty());
}

TEST_CASE("rule 1.5: after an outage bars come in order from REST, marked so that nobody acts on them") {
  BarSeries s;
  tell(s, t0, "110", "1");
  REQUIRE(advance(s, t0 + bucket + 2 * second).size() == 1);
  REQUIRE(s.update(row(t0 + bucket, "115", "1"), t0 + bucket + minute, t0 + bucket + minute).ok());
  s.lost();
  // Three hours later the stream is there again and tells of the bucket that runs.
  const std::int64_t now = t0 + 37 * bucket + minute;
  REQUIRE(s.update(row(t0 + 37 * bucket, "150", "1"), now, now).ok());
  CHECK(advance(s, now).empty());
  const auto wanted = s.wanted(now);
  REQUIRE(wanted);
  CHECK(wanted->from_ns == t0 + bucket);
  CHECK(wanted->to_ns == t0 + 37 * bucket);
  CHECK(s.wanted(now, 10)->to_ns == t0 + 11 * bucket);
  std::vector<BackfillRow> rows;  // newest first, as the venue has it
  for (int i = 36; i >= 1; --i) rows.push_back(rest(t0 + i * bucket, "140", "2"));
  REQUIRE(s.backfill(*wanted, rows, now).ok());
  CHECK_FALSE(s.wanted(now));
  const auto bars = advance(s, now);
  REQUIRE(bars.size() == 36);
  for (std::size_t i = 0; i < bars.size(); ++i) {
    CHECK(bars[i].open_ns == t0 + static_cast<std::int64_t>(i + 1) * bucket);
    CHECK(bars[i].backfilled);
    CHECK(bars[i].values == values("140", "2"));  // the half-told one, too, is REST's
  }
  s.heard(t0 + 38 * bucket, t0 + 38 * bucket);
  const auto live = advance(s, t0 + 38 * bucket + 2 * second);
  REQUIRE(live.size() == 1);
  CHECK_FALSE(live[0].backfilled);
  CHECK(s.counts().backfilled == 36);
  CHECK(s.counts().live == 2);
}

TEST_CASE("a silent connection makes no bar: without a frame from behind the close the bucket is asked for") {
  BarSeries s;
  REQUIRE(s.update(row(t0, "110", "1"), t0 + 200 * second, t0 + 200 * second).ok());
  const std::int64_t now = t0 + bucket + 5 * second;
  CHECK(advance(s, now).empty());
  REQUIRE(s.wanted(now));
  CHECK(s.wanted(now)->from_ns == t0);
  // A frame that was sent before the close proves nothing, whenever it arrives.
  s.heard(t0 + bucket - second, now);
  CHECK(advance(s, now).empty());
  s.heard(t0 + bucket, now);
  const auto bars = advance(s, now);
  REQUIRE(bars.size() == 1);
  CHECK_FALSE(bars[0].backfilled);
}

TEST_CASE("a gap in a bucket makes it unsure until the stream tells it again: candles are cumulative") {
  BarSeries s;
  REQUIRE(s.update(row(t0, "110", "1"), t0 + minute, t0 + minute).ok());
  s.lost();
  s.heard(t0 + bucket + second, t0 + bucket + second);
  CHECK(advance(s, t0 + bucket + 2 * second).empty());
  CHECK(s.wanted(t0 + bucket + 2 * second));
  REQUIRE(s.update(row(t0, "112", "2"), t0 + bucket + second, t0 + bucket + second).ok());
  const auto bars = advance(s, t0 + bucket + 2 * second);
  REQUIRE(bars.size() == 1);
  CHECK(bars[0].values == values("112", "2"));
  CHECK_FALSE(bars[0].backfilled);
}

TEST_CASE("what the stream tells after the grace is for features alone") {
  BarSeries s;
  s.start_at(t0 + second);  // rounded to its bucket
  const std::int64_t now = t0 + bucket + 3 * second;
  REQUIRE(s.update(row(t0, "110", "1"), now, now).ok());
  const auto bars = advance(s, now);
  REQUIRE(bars.size() == 1);
  CHECK(bars[0].backfilled);
}

TEST_CASE("an update that comes after the grace does not change a bar that waits behind a hole") {
  BarSeries s;
  s.start_at(t0 - bucket);
  tell(s, t0, "110", "1");
  const std::int64_t now = t0 + bucket + 10 * second;
  REQUIRE(s.update(row(t0, "199", "9"), now, now).ok());
  CHECK(advance(s, now).empty());
  const BackfillRow rows[] = {rest(t0 - bucket, "105", "1")};
  REQUIRE(s.backfill({t0 - bucket, t0}, rows, now).ok());
  const auto bars = advance(s, now);
  REQUIRE(bars.size() == 2);
  CHECK(bars[0].backfilled);
  CHECK(bars[1].values == values("110", "1"));
  CHECK_FALSE(bars[1].backfilled);
}

TEST_CASE("rule 1.6: a bucket without a trade is a flat bar or none, as is said, once REST has nothing for it") {
  for (const EmptyBuckets way : {EmptyBuckets::flat, EmptyBuckets::skip}) {
    BarSeries::Options o;
    o.empty = way;
    BarSeries s(o);
    tell(s, t0, "110", "1");
    tell(s, t0 + 2 * bucket, "120", "1");
    std::int64_t now = t0 + 2 * bucket + 3 * second;
    CHECK(advance(s, now).size() == 1);
    REQUIRE(s.wanted(now));
    CHECK((s.wanted(now)->from_ns == t0 + bucket && s.wanted(now)->to_ns == t0 + 2 * bucket));
    // Asked too early: the row may just be late.
    REQUIRE(s.backfill({t0 + bucket, t0 + 2 * bucket}, {}, now).ok());
    CHECK(s.wanted(now));
    now = t0 + 3 * bucket + 2 * second;
    REQUIRE(s.backfill({t0 + bucket, t0 + 2 * bucket}, {}, now).ok());
    const auto bars = advance(s, now);
    if (way == EmptyBuckets::skip) {
      REQUIRE(bars.size() == 1);
      CHECK(bars[0].open_ns == t0 + 2 * bucket);
      CHECK(s.counts().skipped == 1);
    } else {
      REQUIRE(bars.size() == 2);
      CHECK(bars[0].open_ns == t0 + bucket);
      CHECK(bars[0].flat);
      CHECK(bars[0].backfilled);
      CHECK(bars[0].values == flat_after(values("110", "1")));
    }
    CHECK_FALSE(bars.back().backfilled);
    // REST finds a trade in it after all.
    const BackfillRow late[] = {rest(t0 + bucket, "111", "0.1")};
    REQUIRE(s.backfill({t0 + bucket, t0 + 2 * bucket}, late, now + minute).ok());
    const auto revisions = s.take_revisions();
    REQUIRE(revisions.size() == 1);
    CHECK(revisions[0].was.has_value() == (way == EmptyBuckets::flat));
  }
}

TEST_CASE("a stream without loss may count as proof that nothing was traded, if that is asked for") {
  BarSeries::Options o;
  o.silence_is_empty = true;
  BarSeries s(o);
  tell(s, t0, "110", "1");
  REQUIRE(advance(s, t0 + bucket + 2 * second).size() == 1);
  CHECK(advance(s, t0 + 2 * bucket + 2 * second).empty());  // not heard since
  s.heard(t0 + 2 * bucket + second, t0 + 2 * bucket + second);
  const auto bars = advance(s, t0 + 2 * bucket + 2 * second);
  REQUIRE(bars.size() == 1);
  CHECK(bars[0].flat);
  CHECK_FALSE(bars[0].backfilled);
  s.lost();
  s.heard(t0 + 3 * bucket + second, t0 + 3 * bucket + second);
  CHECK(advance(s, t0 + 3 * bucket + 2 * second).empty());  // something may have been lost in it
}

TEST_CASE("nothing is flat before the first bar") {
  BarSeries s;
  s.start_at(t0 - 2 * bucket);
  tell(s, t0, "110", "1");
  const std::int64_t now = t0 + bucket + 30 * second;
  REQUIRE(s.backfill(*s.wanted(now), {}, now).ok());
  const auto bars = advance(s, now);
  REQUIRE(bars.size() == 1);
  CHECK(bars[0].open_ns == t0);
  CHECK(s.counts().skipped == 2);
}

TEST_CASE("updates out of order and repeated: the later frame counts, of one frame's time the larger volume") {
  BarSeries s;
  REQUIRE(s.update(row(t0, "120", "2"), t0 + 2 * second, t0 + 2 * second).ok());
  REQUIRE(s.update(row(t0, "110", "1"), t0 + second, t0 + 3 * second).ok());
  CHECK(s.current()->values == values("120", "2"));
  REQUIRE(s.update(row(t0, "119", "1.9"), t0 + 2 * second, t0 + 3 * second).ok());
  CHECK(s.current()->values == values("120", "2"));
  CHECK(s.counts().older == 2);
  REQUIRE(s.update(row(t0, "120", "2"), t0 + 2 * second, t0 + 3 * second).ok());
  // The next bucket first, then this one again: each has its own place.
  REQUIRE(s.update(row(t0 + bucket, "130", "0.1"), t0 + bucket + second, t0 + bucket + second).ok());
  REQUIRE(s.update(row(t0, "121", "2.1"), t0 + bucket + second, t0 + bucket + second).ok());
  const auto bars = advance(s, t0 + bucket + 2 * second);
  REQUIRE(bars.size() == 1);
  CHECK(bars[0].values == values("121", "2.1"));
  CHECK(s.current()->values == values("130", "0.1"));
}

TEST_CASE("a series starts with the bucket that runs; what a snapshot tells of before is not its own") {
  BarSeries s;
  const std::int64_t now = t0 + minute;
  for (int i = -5; i <= 0; ++i) REQUIRE(s.update(row(t0 + i * bucket, "110", "1"), now, now).ok());
  for (int i = 0; i >= -5; --i) REQUIRE(s.update(row(t0 + i * bucket, "110", "1"), now, now).ok());
  s.heard(t0 + bucket, t0 + bucket);
  const auto bars = advance(s, t0 + bucket + 2 * second);
  REQUIRE(bars.size() == 1);
  CHECK(bars[0].open_ns == t0);
  CHECK(s.take_revisions().empty());
}

TEST_CASE("a start in the past asks REST for what is before now") {
  BarSeries s;
  s.start_at(t0 - 10 * bucket + 7);
  const std::int64_t now = t0 + minute;
  REQUIRE(s.wanted(now));
  CHECK(s.wanted(now)->from_ns == t0 - 10 * bucket);
  CHECK(s.wanted(now)->to_ns == t0);
  std::vector<BackfillRow> rows;
  for (int i = -10; i < 1; ++i) rows.push_back(rest(t0 + i * bucket, "110", "1"));  // the running one with them
  REQUIRE(s.backfill({t0 - 10 * bucket, t0 + bucket}, rows, now).ok());
  CHECK(s.counts().early == 1);
  CHECK(advance(s, now).size() == 10);
  s.start_at(t0 - 99 * bucket);  // too late to change it
  CHECK_FALSE(s.wanted(now));
}

TEST_CASE("rows that are no possible bar are refused by name and change nothing") {
  BarSeries s;
  REQUIRE(s.update(row(t0, "110", "1"), t0 + second, t0 + second).ok());
  const auto code = [&](const StreamCandle& c) { return s.update(c, t0 + 2 * second, t0 + 2 * second).error().code; };
  StreamCandle c = row(t0, "110", "1");
  c.start_s += 1;
  CHECK(code(c) == "BAR_OFF_GRID");
  c.start_s = INT64_MAX;
  CHECK(code(c) == "BAR_OFF_GRID");
  c.start_s = -300;
  CHECK(code(c) == "BAR_OFF_GRID");
  CHECK(code(row(t0 + 2 * bucket, "110", "1")) == "BAR_FROM_FUTURE");
  CHECK(code(row(t0, "201", "1")) == "BAR_IMPOSSIBLE");
  CHECK(s.current()->values == values("110", "1"));
  CHECK(s.counts().refused == 5);
}

TEST_CASE("a bad row of REST leaves its bucket wanted, and the others count") {
  BarSeries s;
  s.start_at(t0 - 3 * bucket);
  const std::int64_t now = t0 + minute;
  const BackfillRow rows[] = {rest(t0 - bucket, "110", "1"), rest(t0 - 2 * bucket, "999", "1"),
                              rest(t0 - 3 * bucket, "110", "1"), rest(t0 - 9 * bucket, "110", "1")};
  const auto r = s.backfill({t0 - 3 * bucket, t0}, rows, now);
  REQUIRE_FALSE(r.ok());
  CHECK(r.error().code == "BAR_IMPOSSIBLE");
  CHECK(advance(s, now).size() == 1);
  REQUIRE(s.wanted(now));
  CHECK((s.wanted(now)->from_ns == t0 - 2 * bucket && s.wanted(now)->to_ns == t0 - bucket));
}

TEST_CASE("a bar of the stream that REST told otherwise before it was final is the stream's, with a revision") {
  BarSeries s;
  s.start_at(t0 - bucket);
  tell(s, t0, "110", "1");
  const std::int64_t now = t0 + bucket + minute;
  const BackfillRow rows[] = {rest(t0 - bucket, "105", "1"), rest(t0, "111", "1.5")};
  REQUIRE(s.backfill({t0 - bucket, t0 + bucket}, rows, now).ok());
  const auto bars = advance(s, now);
  REQUIRE(bars.size() == 2);
  CHECK(bars[1].values == values("110", "1"));
  CHECK_FALSE(bars[1].backfilled);
  const auto revisions = s.take_revisions();
  REQUIRE(revisions.size() == 1);
  CHECK(revisions[0].now == values("111", "1.5"));
}

TEST_CASE("what the stream told of a bucket that REST says is empty is kept, marked") {
  BarSeries s;
  REQUIRE(s.update(row(t0, "110", "1"), t0 + minute, t0 + minute).ok());
  s.lost();
  const std::int64_t now = t0 + bucket + minute;
  REQUIRE(s.backfill({t0, t0 + bucket}, {}, now).ok());
  const auto bars = advance(s, now);
  REQUIRE(bars.size() == 1);
  CHECK(bars[0].values == values("110", "1"));
  CHECK(bars[0].backfilled);
  CHECK_FALSE(bars[0].flat);
}

TEST_CASE(
    "property: whatever is lost, repeated, late or asked for, bars come once each, in order and with the venue's values") {
  CHECK(rc::check([](std::uint64_t seed) {
    std::mt19937_64 random(seed);
    BarSeries::Options o;
    o.empty = random() % 2 == 0 ? EmptyBuckets::flat : EmptyBuckets::skip;
    BarSeries s(o);
    s.start_at(t0);
    // The venue: some buckets have no trade; a bucket's last word is volume 9.
    constexpr int n = 40;
    std::vector<bool> traded;
    for (int i = 0; i < n; ++i) traded.push_back(random() % 4 != 0);
    bool up = true;
    std::vector<SeriesBar> bars;
    std::int64_t now = t0;
    for (int i = 0; i < n; ++i) {
      const std::int64_t open = t0 + i * bucket;
      for (int k = 1; k <= 9; ++k) {
        now = open + k * 33 * second;
        if (random() % 25 == 0) up = !up, s.lost();
        const std::string volume = std::to_string(k);
        if (traded[static_cast<std::size_t>(i)] && up) {
          (void)s.update(row(open, "110", volume.c_str()), now, now);
          if (random() % 5 == 0) (void)s.update(row(open, "110", "0.5"), now - second, now);
        }
        if (up) s.heard(now, now);
        if (random() % 4 == 0) s.advance(now, bars);
        if (const auto want = s.wanted(now, 1 + static_cast<std::int64_t>(random() % 8)); want && random() % 5 == 0) {
          std::vector<BackfillRow> rows;
          for (std::int64_t at = want->to_ns - bucket; at >= want->from_ns; at -= bucket)
            if (traded[static_cast<std::size_t>((at - t0) / bucket)]) rows.push_back(rest(at, "110", "9"));
          (void)s.backfill(*want, rows, now);
        }
      }
    }
    now = t0 + n * bucket + minute;
    for (int i = 0; i < 100; ++i) {
      if (const auto want = s.wanted(now)) {
        std::vector<BackfillRow> rows;
        for (std::int64_t at = want->from_ns; at < want->to_ns; at += bucket)
          if (traded[static_cast<std::size_t>((at - t0) / bucket)]) rows.push_back(rest(at, "110", "9"));
        RC_ASSERT(s.backfill(*want, rows, now).ok());
      }
      s.advance(now, bars);
    }
    bool first = true;
    std::size_t at = 0;
    for (int i = 0; i < n; ++i) {
      const bool has = traded[static_cast<std::size_t>(i)];
      if (!has && (o.empty == EmptyBuckets::skip || first)) continue;
      first = false;
      RC_ASSERT(at < bars.size());
      RC_ASSERT(bars[at].open_ns == t0 + i * bucket);
      RC_ASSERT(bars[at].flat == !has);
      if (has) RC_ASSERT(bars[at].values == values("110", "9"));
      ++at;
    }
    RC_ASSERT(at == bars.size());
    RC_ASSERT(s.take_revisions().empty());
  }));
}
