// At most n quotes a second and product, always the newest, never an old one after a newer.
#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <deque>
#include <map>
#include <random>

#include "coinbase_stream/quote_pace.hpp"

using namespace bowline::coinbase;

namespace {
constexpr std::int64_t ms = 1'000'000, second = 1'000 * ms, t0 = 1'775'572'200 * second;
BookQuote at(std::int64_t bid) { return {-2, -8, bid, bid + 1, 5, 6}; }
}  // namespace

TEST_CASE("the first quote goes at once, the next ones wait, and only the newest is published") {
  QuotePace p;
  REQUIRE(p.offer(1, at(100), t0, t0));
  CHECK_FALSE(p.offer(1, at(101), t0 + ms, t0 + ms));
  CHECK_FALSE(p.offer(1, at(102), t0 + 2 * ms, t0 + 2 * ms));
  CHECK(p.next_due_ns() == t0 + 100 * ms);
  std::vector<PacedQuote> out;
  p.due(t0 + 99 * ms, out);
  CHECK(out.empty());
  p.due(t0 + 100 * ms, out);
  REQUIRE(out.size() == 1);
  CHECK(out[0].quote == at(102));
  CHECK(out[0].event_ns == t0 + 2 * ms);
  CHECK(p.conflated() == 1);
  CHECK_FALSE(p.next_due_ns());
}

TEST_CASE("products do not wait for each other, and are told in order") {
  QuotePace p;
  CHECK(p.offer(2, at(1), t0, t0));
  CHECK(p.offer(1, at(1), t0, t0));
  CHECK_FALSE(p.offer(2, at(2), t0, t0 + ms));
  CHECK_FALSE(p.offer(1, at(2), t0, t0 + ms));
  std::vector<PacedQuote> out;
  p.due(t0 + second, out);
  REQUIRE(out.size() == 2);
  CHECK(out[0].instrument == 1);
  CHECK(out[1].instrument == 2);
}

TEST_CASE("a quote of before the last one is left out") {
  QuotePace p;
  CHECK(p.offer(1, at(100), t0, t0));
  CHECK_FALSE(p.offer(1, at(99), t0 - 1, t0 + second));
  CHECK(p.old() == 1);
  CHECK(p.offer(1, at(101), t0, t0 + second));  // of the same time is not before
}

TEST_CASE("an event time far ahead of the clock counts as now and silences nothing") {
  QuotePace p;
  const auto far = p.offer(1, at(100), t0 + 3'600 * second, t0);
  REQUIRE(far);
  CHECK(far->event_ns == t0);
  CHECK(p.offer(1, at(101), t0 + second, t0 + second));
}

TEST_CASE("a top that goes back to what was published is nothing new; an unchanged one is told again now and then") {
  QuotePace p;
  CHECK(p.offer(1, at(100), t0, t0));
  CHECK_FALSE(p.offer(1, at(101), t0 + ms, t0 + ms));
  CHECK_FALSE(p.offer(1, at(100), t0 + 2 * ms, t0 + 2 * ms));
  CHECK_FALSE(p.next_due_ns());
  CHECK_FALSE(p.offer(1, at(100), t0 + 999 * ms, t0 + 999 * ms));
  const auto again = p.offer(1, at(100), t0 + second, t0 + second);
  REQUIRE(again);
  CHECK(again->event_ns == t0 + second);
}

TEST_CASE("what a lost book held is not published; the pace is kept") {
  QuotePace p;
  CHECK(p.offer(1, at(100), t0, t0));
  CHECK_FALSE(p.offer(1, at(101), t0, t0 + ms));
  p.drop(1);
  p.drop(7);
  std::vector<PacedQuote> out;
  p.due(t0 + second, out);
  CHECK(out.empty());
  CHECK_FALSE(p.offer(1, at(102), t0, t0 + 2 * ms));
}

TEST_CASE("a clock that steps back delays by one spacing at most") {
  QuotePace p;
  CHECK(p.offer(1, at(100), t0, t0));
  CHECK_FALSE(p.offer(1, at(101), t0, t0 - 3'600 * second));
  CHECK(p.offer(1, at(102), t0, t0 - 3'600 * second + 100 * ms));
}

TEST_CASE("property: never more than n a second, never backwards, and the last word is the newest") {
  CHECK(rc::check([](std::uint64_t seed, std::uint8_t rate) {
    std::mt19937_64 random(seed);
    QuotePace::Options o;
    o.per_second = 1 + rate % 50;
    QuotePace p(o);
    std::map<std::uint32_t, std::deque<std::int64_t>> sent;
    std::map<std::uint32_t, std::int64_t> newest_event;
    std::map<std::uint32_t, BookQuote> newest, told;
    std::int64_t now = t0;
    const auto check = [&](const PacedQuote& q) {
      RC_ASSERT(q.event_ns >= newest_event[q.instrument]);
      RC_ASSERT(q.quote == newest[q.instrument]);
      newest_event[q.instrument] = q.event_ns;
      told[q.instrument] = q.quote;
      auto& times = sent[q.instrument];
      times.push_back(now);
      while (times.front() <= now - second) times.pop_front();
      RC_ASSERT(static_cast<int>(times.size()) <= o.per_second);
    };
    std::vector<PacedQuote> out;
    for (int i = 0; i < 600; ++i) {
      now += static_cast<std::int64_t>(random() % 30) * ms;
      const auto instrument = static_cast<std::uint32_t>(random() % 3);
      const BookQuote q = at(static_cast<std::int64_t>(100 + random() % 5));
      newest[instrument] = q;
      if (const auto sent_now = p.offer(instrument, q, now, now)) check(*sent_now);
      out.clear();
      if (random() % 4 == 0) p.due(now, out);
      for (const PacedQuote& x : out) check(x);
    }
    now += second;
    out.clear();
    p.due(now, out);
    for (const PacedQuote& x : out) check(x);
    for (const auto& [instrument, q] : newest) RC_ASSERT(told[instrument] == q);
  }));
}
