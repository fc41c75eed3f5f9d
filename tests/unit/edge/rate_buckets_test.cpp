#include "edge/rate_buckets.hpp"

#include <catch2/catch.hpp>
#include <deque>
#include <rapidcheck.h>

#include "edge/call_queue.hpp"

using namespace bowline::edge;

namespace {

constexpr std::int64_t second = 1'000'000'000, minute = 60 * second;

RateBuckets one(std::uint32_t per_second, std::uint32_t burst, std::uint32_t per_hour = 0, std::int64_t now = 0) {
  return RateBuckets({{"all", per_second, burst, per_hour}}, now);
}
int taken(RateBuckets& b, int tries, bool urgent, std::int64_t now) {
  int n = 0;
  for (int i = 0; i < tries; ++i) n += b.take(0, 1, urgent, now) == 0 ? 1 : 0;
  return n;
}

}  // namespace

TEST_CASE("a fifth of a burst is kept for what is urgent") {
  auto b = one(10, 10);
  CHECK(taken(b, 100, false, 0) == 8);
  CHECK(taken(b, 100, true, 0) == 2);
  CHECK(taken(b, 100, true, 0) == 0);
}

TEST_CASE("a bucket fills at its rate, up to its burst, and says when to ask again") {
  auto b = one(10, 10);
  CHECK(taken(b, 100, true, 0) == 10);
  CHECK(b.take(0, 1, true, 0) == second / 10);
  CHECK(b.take(0, 1, true, second / 10 - 1) == second / 10);
  CHECK(b.take(0, 1, true, second / 10) == 0);
  CHECK(b.take(0, 3, true, second / 10) == 4 * second / 10);
  CHECK(taken(b, 100, true, 3600 * second) == 10);
  CHECK(b.take(0, 1, false, 3600 * second) == 3600 * second + 3 * second / 10);  // what is kept must fill first
}

TEST_CASE("a clock that goes back moves nothing") {
  auto b = one(10, 10, 0, 100 * second);
  CHECK(taken(b, 100, true, 100 * second) == 10);
  CHECK(taken(b, 100, true, 50 * second) == 0);
  CHECK(taken(b, 100, true, 101 * second) == 10);
}

TEST_CASE("what can never be paid for is known beforehand, and a bucket of one still lets entries through") {
  auto b = one(10, 5, 3);
  CHECK(b.possible(0, 3));
  CHECK_FALSE(b.possible(0, 4));
  CHECK_FALSE(one(10, 5).possible(0, 6));
  CHECK_FALSE(b.possible(1, 1));
  auto small = one(1, 1, 1);
  CHECK(small.take(0, 1, false, 0) == 0);
  auto whole = one(4, 8);
  CHECK(whole.take(0, 8, false, 0) == 0);  // a full bucket lets through whatever it can hold
  CHECK(one(7, 0).possible(0, 7));         // no burst told: a second's worth
}

TEST_CASE("what costs nothing is never held up") {
  auto b = one(1, 1);
  CHECK(b.take(0, 1, true, 0) == 0);
  CHECK(b.take(0, 0, false, 0) == 0);
}

TEST_CASE("the hour's quota: a fifth is kept for what is urgent, and minutes leave it one by one") {
  auto b = one(1000, 1000, 100);
  CHECK(taken(b, 200, false, 0) == 80);
  CHECK(taken(b, 200, false, 30 * minute) == 0);
  CHECK(taken(b, 200, true, 30 * minute) == 20);
  CHECK(b.take(0, 1, true, 31 * minute) == 61 * minute);
  CHECK(taken(b, 200, true, 61 * minute - 1) == 0);
  CHECK(taken(b, 200, true, 61 * minute) == 80);
  CHECK(b.take(0, 1, true, 61 * minute) == 91 * minute);
  CHECK(taken(b, 200, true, 1000 * minute) == 100);
}

TEST_CASE("in no second and in no hour goes more than is allowed, whatever is asked when") {
  CHECK(rc::check("rate budget", [] {
    const auto per_second = *rc::gen::inRange<std::uint32_t>(1, 20);
    const auto burst = *rc::gen::inRange<std::uint32_t>(1, 30);
    const auto per_hour = *rc::gen::inRange<std::uint32_t>(0, 60);
    auto b = RateBuckets({{"all", per_second, burst, per_hour}}, 0);
    std::deque<std::pair<std::int64_t, std::uint32_t>> gone;
    std::int64_t now = 0;
    for (int i = 0; i < 300; ++i) {
      now += *rc::gen::element<std::int64_t>(0, 1'000'000, second / 3, second, 7 * minute);
      const auto cost = *rc::gen::inRange<std::uint32_t>(1, 4);
      if (!b.possible(0, cost)) continue;
      const std::int64_t wait = b.take(0, cost, *rc::gen::arbitrary<bool>(), now);
      if (wait == 0) gone.emplace_back(now, cost);
      else RC_ASSERT(wait > now);
      std::uint64_t in_second = 0, in_hour = 0;
      for (const auto& [t, c] : gone) {
        if (t > now - second) in_second += c;
        if (t > now - 3600 * second) in_hour += c;
      }
      RC_ASSERT(in_second <= burst + per_second);
      RC_ASSERT(per_hour == 0 || in_hour <= per_hour);
    }
  }));
}

TEST_CASE("a time that was named is enough, asked again then") {
  CHECK(rc::check("ask again", [] {
    auto b = RateBuckets({{"all", *rc::gen::inRange<std::uint32_t>(1, 9), 5, *rc::gen::inRange<std::uint32_t>(5, 20)}}, 0);
    std::int64_t now = 0;
    for (int i = 0; i < 100; ++i) {
      const bool urgent = *rc::gen::arbitrary<bool>();
      const auto cost = *rc::gen::inRange<std::uint32_t>(1, 5);
      for (std::int64_t wait = 0; (wait = b.take(0, cost, urgent, now)) != 0;) now = wait;  // must come to an end
    }
  }));
}

TEST_CASE("exits go before entries, each in the order of arrival, and a class that waits holds up no other") {
  RateBuckets b({{"orders", 10, 4, 0}, {"data", 10, 4, 0}}, 0);
  CallQueue q;
  const auto any = [](const CallQueue::Entry&) { return true; };
  for (std::uint64_t i = 1; i <= 6; ++i) q.push({i, 0, 1, false});
  q.push({7, 1, 1, false});
  q.push({8, 0, 1, true});
  q.push({9, 0, 1, true});
  std::vector<std::uint64_t> order;
  while (const auto next = q.next(b, 0, any)) order.push_back(*next);
  CHECK(order == std::vector<std::uint64_t>{8, 9, 1, 7});  // of a burst of four a fifth, one, is kept
  CHECK(q.ask_again() == second / 10);
  CHECK(q.next(b, second / 10, any) == 2);
  CHECK(q.erase(3));
  CHECK_FALSE(q.erase(3));
  CHECK(q.size() == 3);
}

TEST_CASE("an entry does not take what an exit of its class waits for") {
  RateBuckets b({{"orders", 10, 10, 0}}, 0);
  CallQueue q;
  q.push({1, 0, 10, true});
  q.push({2, 0, 1, false});
  const auto any = [](const CallQueue::Entry&) { return true; };
  CHECK(q.next(b, 0, any) == 1);
  q.push({3, 0, 5, true});
  CHECK_FALSE(q.next(b, 2 * second / 10, any));  // two are there: enough for the entry
  CHECK(q.next(b, 5 * second / 10, any) == 3);
}

TEST_CASE("where there is no connection nothing is charged") {
  RateBuckets b({{"orders", 1, 1, 0}}, 0);
  CallQueue q;
  q.push({1, 0, 1, false});
  CHECK_FALSE(q.next(b, 0, [](const CallQueue::Entry&) { return false; }));
  CHECK(q.ask_again() == 0);
  CHECK(q.next(b, 0, [](const CallQueue::Entry&) { return true; }) == 1);
}

TEST_CASE("what is charged and does not go yet keeps its room in the bucket") {
  constexpr std::int64_t second = 1'000'000'000;
  RateBuckets b({{"orders", 1, 10, 0}}, 0);
  for (int i = 0; i < 5; ++i) {
    REQUIRE(b.take(0, 1, true, 0) == 0);
    b.hold(0, 1);
  }
  for (int i = 0; i < 5; ++i) CHECK(b.take(0, 1, true, 100 * second) == 0);
  CHECK(b.take(0, 1, true, 100 * second) == 101 * second);  // ten in all
  for (int i = 0; i < 5; ++i) b.release(0, 1, 100 * second);
  CHECK(b.take(0, 1, true, 100 * second) == 101 * second);  // they go, and are not there again
  for (int i = 0; i < 10; ++i) CHECK(b.take(0, 1, true, 200 * second) == 0);
  CHECK(b.take(0, 1, true, 200 * second) == 201 * second);
  b.release(0, 7, 200 * second);  // no more than was held
  for (int i = 0; i < 10; ++i) CHECK(b.take(0, 1, true, 300 * second) == 0);
  CHECK(b.take(0, 1, true, 300 * second) == 301 * second);
}
