// Gaps, sets of ranges, what is still to be asked, and longer candles of shorter ones; the latter by properties.
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <algorithm>
#include <set>

#include "data/codes.hpp"
#include "data/plan.hpp"
#include "scratch.hpp"

using namespace data_test;
using namespace bowline::data;

TEST_CASE("ranges that touch are one") {
  RangeSet s;
  s.add({10, 20});
  s.add({30, 40});
  s.add({20, 30});
  s.add({5, 5});
  CHECK(s.all() == std::vector<Range>{{10, 40}});
  s.add({50, 60});
  s.add({0, 5});
  CHECK(s.all() == std::vector<Range>{{0, 5}, {10, 40}, {50, 60}});
  CHECK(s.covers({15, 40}));
  CHECK_FALSE(s.covers({15, 41}));
  CHECK_FALSE(s.covers({5, 10}));
  CHECK(s.covers({7, 7}));
  CHECK(s.missing({0, 100}) == std::vector<Range>{{5, 10}, {40, 50}, {60, 100}});
  CHECK(s.missing({12, 30}).empty());
}

TEST_CASE("a set of ranges is the set of its points, in whatever order they came") {
  CHECK(rc::check([] {
    RangeSet s;
    std::set<int> points;
    const auto list = *rc::gen::container<std::vector<std::pair<int, int>>>(rc::gen::pair(rc::gen::inRange(0, 60), rc::gen::inRange(0, 12)));
    for (const auto& [from, length] : list) {
      s.add({from, from + length});
      for (int i = from; i < from + length; ++i) points.insert(i);
    }
    for (int i = 0; i < 75; ++i) RC_ASSERT(s.covers({i, i + 1}) == points.contains(i));
    for (std::size_t i = 1; i < s.all().size(); ++i) RC_ASSERT(s.all()[i - 1].to_s < s.all()[i].from_s);
    std::int64_t missing = 0;
    for (const Range& r : s.missing({0, 75})) missing += r.to_s - r.from_s;
    RC_ASSERT(missing + static_cast<std::int64_t>(points.size()) == 75);
  }));
}

TEST_CASE("questions ask for all that is missing, once, and for no more than the venue allows") {
  CHECK(rc::check([] {
    const std::int64_t step = 300, most = *rc::gen::inRange<std::int64_t>(1, 8), buckets = 60;
    RangeSet known;
    for (const int b : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 60))) known.add({t0 + b * step, t0 + (b + 1) * step});
    const Range wanted{t0 + step * *rc::gen::inRange(0, 20), t0 + step * *rc::gen::inRange<std::int64_t>(20, buckets)};
    const auto all = questions(known, wanted, step, most);
    RangeSet after = known;
    std::int64_t end = 0;
    for (const Range& q : all) {
      RC_ASSERT(!q.empty());
      RC_ASSERT((q.to_s - q.from_s) / step <= most);
      RC_ASSERT(q.from_s >= end && q.from_s >= wanted.from_s && q.to_s <= wanted.to_s);
      RC_ASSERT(!known.covers({q.from_s, q.from_s + step}));
      RC_ASSERT(!known.covers({q.to_s - step, q.to_s}));
      after.add(q);
      end = q.to_s;
    }
    RC_ASSERT(after.missing(wanted).empty());
    if (known.missing(wanted).empty()) RC_ASSERT(all.empty());
  }));
}

TEST_CASE("nothing that is not final is asked for") {
  CHECK(final_part({t0, t0 + 3600}, 300, t0 + 10'000) == Range{t0, t0 + 3600});
  CHECK(final_part({t0, t0 + 3600}, 300, t0 + 600) == Range{t0, t0 + 600});   // its end is past when the clock says so
  CHECK(final_part({t0, t0 + 3600}, 300, t0 + 599) == Range{t0, t0 + 300});
  CHECK(final_part({t0 + 1, t0 + 3599}, 300, t0 + 10'000) == Range{t0 + 300, t0 + 3300});
  CHECK(final_part({t0, t0 + 3600}, 300, t0 - 5000).empty());
}

TEST_CASE("gaps are told as ranges") {
  Candles all = candles(t0, t0 + 3000, 300);
  CHECK(gaps(all, 300).empty());
  all.erase(all.begin() + 2, all.begin() + 4);
  all.erase(all.begin() + 5);
  const auto found = gaps(all, 300);
  CHECK(found == std::vector<Range>{{t0 + 600, t0 + 1200}, {t0 + 2100, t0 + 2400}});
  CHECK(missing_candles(found, 300) == 3);
  CHECK(gaps(all, 300, {t0 - 300, t0 + 300}) == std::vector<Range>{{t0 - 300, t0}});
  CHECK(gaps({}, 300, {t0, t0 + 600}) == std::vector<Range>{{t0, t0 + 600}});
  CHECK(gaps({}, 300).empty());
}

TEST_CASE("two series become one where they agree") {
  const Candles a = candles(t0, t0 + 1500, 300), b = candles(t0 + 900, t0 + 3000, 300);
  CHECK(merged(a, b).value() == candles(t0, t0 + 3000, 300));
  CHECK(merged(b, a).value() == candles(t0, t0 + 3000, 300));
  Candles other = b;
  other[1].volume = Decimal::from_int(1);
  const auto r = merged(a, other);
  REQUIRE_FALSE(r);
  CHECK(r.error().code == code::row_conflict);
  CHECK(r.error().message.find("2024-01-01T00:20:00Z") != std::string::npos);
}

TEST_CASE("the usual step is the most frequent one") {
  CHECK(usual_step({0, 300, 600, 1200, 1500}) == 300);
  CHECK(usual_step({0, 60, 120, 420, 720}) == 60);
  CHECK_FALSE(usual_step({5}));
  CHECK_FALSE(usual_step({0, 7, 14}));  // no length of candles
}

using Steps = std::pair<std::int64_t, std::int64_t>;

TEST_CASE("longer candles of a series without gaps are those that are made directly") {
  CHECK(rc::check([] {
    const std::int64_t step = 60;
    const auto [mid, to] = *rc::gen::element(Steps{300, 900}, Steps{300, 3600}, Steps{900, 3600}, Steps{120, 3600}, Steps{180, 900});
    const auto n = *rc::gen::inRange<std::size_t>(1, 200);
    const std::int64_t begin = t0 + step * *rc::gen::inRange(0, 90);
    Candles all;
    for (std::size_t i = 0; i < n; ++i) {
      std::array<std::int64_t, 4> p;
      for (auto& x : p) x = *rc::gen::inRange<std::int64_t>(1, 1'000'000'000);
      const auto [low, high] = std::minmax_element(p.begin(), p.end());
      const auto d = [](std::int64_t m) { return Decimal::from_mantissa(m, -8); };
      all.push_back(
          {begin + static_cast<std::int64_t>(i) * step, d(p[0]), d(*high), d(*low), d(p[1]), d(*rc::gen::inRange<std::int64_t>(0, 1'000'000'000))});
    }
    // Directly: of each whole bucket, by its definition.
    const auto directly = [&](std::int64_t length) {
      Candles out;
      for (std::int64_t at = (begin + length - 1) / length * length; at + length <= begin + static_cast<std::int64_t>(n) * step; at += length) {
        const Candles in = within(all, {at, at + length});
        Candle c{at, in.front().open, in.front().high, in.front().low, in.back().close, Decimal::zero()};
        for (const Candle& x : in) {
          if (x.high > c.high) c.high = x.high;
          if (x.low < c.low) c.low = x.low;
          c.volume += x.volume;
        }
        out.push_back(c);
      }
      return out;
    };
    const auto once = resample(all, step, to);
    RC_ASSERT(once.ok());
    RC_ASSERT(once->candles == directly(to));
    for (const Range& r : once->partial) RC_ASSERT(r.from_s % to == 0 && r.to_s % to == 0);
    const auto half = resample(all, step, mid);
    RC_ASSERT(half.ok());
    RC_ASSERT(half->candles == directly(mid));
    if (to % mid == 0) {
      const auto twice = resample(half->candles, mid, to);
      RC_ASSERT(twice.ok());
      RC_ASSERT(twice->candles == once->candles);
    }
  }));
}

TEST_CASE("of a bucket that lacks a candle none is made, and it is told") {
  Candles all = candles(t0, t0 + 4 * 900, 300);
  all.erase(all.begin() + 4);
  const auto r = resample(all, 300, 900);
  REQUIRE(r);
  CHECK(r->candles.size() == 3);
  CHECK(r->partial == std::vector<Range>{{t0 + 900, t0 + 1800}});
  // The first and the last may be in part, too.
  const auto ends = resample(candles(t0 + 300, t0 + 3 * 900 - 300, 300), 300, 900);
  CHECK(ends->candles.size() == 1);
  CHECK(ends->partial == std::vector<Range>{{t0, t0 + 900}, {t0 + 1800, t0 + 2700}});
}

TEST_CASE("candles are made of shorter ones alone") {
  const Candles all = candles(t0, t0 + 3600, 300);
  for (const std::int64_t to : {60, 300, 400, 0, -300}) CHECK(resample(all, 300, to).error().code == "DATA_INTERVAL_INVALID");
  Candles huge = candles(t0, t0 + 600, 300);
  for (Candle& c : huge) c.volume = Decimal::parse("92233720368.54775807").value();
  CHECK(resample(huge, 300, 600).error().code == code::row_out_of_range);
  CHECK(resample({}, 300, 600)->candles.empty());
}
