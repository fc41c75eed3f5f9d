// Requests whose answer is lost, refused cancels, and the lots they are drawn by.
#include <catch2/catch.hpp>

#include <set>

#include "broker_mock/faults.hpp"
#include "broker_mock/rate_limit.hpp"
#include "venue_fixture.hpp"

using namespace plugin_tests;
using K = Report::Kind;

namespace {

struct FaultBench : Bench {
  FaultOptions& faults() { return options.faults; }
  std::vector<K> kinds() const {
    std::vector<K> k;
    for (const Report& r : said)
      if (r.kind != K::balance) k.push_back(r.kind);
    return k;
  }
  K ask(const char* id) {
    said.clear();
    venue().ask_order({id, ""}, now);
    collect();
    REQUIRE(said.size() == 1);
    return said[0].kind;
  }
};

}  // namespace

TEST_CASE(
    "a submit whose answer is lost, but which arrived: unknown, then it works; its fills and end are told") {
  FaultBench b;
  b.faults().timeout_probability = 1;
  b.faults().timeout_lost_share = 0;
  b.send(b.limit("a", Side::buy, "1", "99"));
  REQUIRE(b.kinds() == std::vector<K>{K::unknown});
  const Report& r = b.said[0];
  CHECK(r.ts_ns == b.now);
  CHECK(r.reason == Reason::no_answer);
  CHECK(r.order.spec.client_id == "a");
  CHECK(r.order.spec.instrument == 1);
  CHECK(r.order.number == 0);  // nothing of the order itself is known
  CHECK(b.ask("a") == K::snapshot);
  CHECK(b.said[0].order.state == State::open);
  CHECK(text(b.usd().hold) == "100.188");
  b.said.clear();
  b.bar("100", "100", "98", "100");
  CHECK(b.kinds() == std::vector<K>{K::fill, K::done});
}

TEST_CASE("a submit that never arrived: unknown, and no such order; the same bytes may be sent again") {
  FaultBench b;
  b.faults().timeout_probability = 0.5;
  b.faults().timeout_lost_share = 1;
  const OrderSpec s = b.limit("a", Side::buy, "1", "99");
  int tries = 0;
  do {
    b.said.clear();
    b.now += minute;
    b.send(s);
    REQUIRE(b.kinds().size() == 1);
    if (b.kinds()[0] == K::unknown) {
      CHECK(b.venue().orders() == 0);
      CHECK(b.usd().hold == Decimal::zero());
      CHECK(b.ask("a") == K::absent);
    }
    REQUIRE(++tries < 100);
  } while (b.venue().orders() == 0);
  CHECK(tries > 1);
  CHECK(b.kinds()[0] == K::accepted);
  CHECK(b.venue().orders() == 1);
}

TEST_CASE("a rejection whose answer is lost is known only to who asks") {
  FaultBench b;
  b.faults().timeout_probability = 1;
  b.send(b.limit("a", Side::buy, "1", "0"));
  CHECK(b.kinds() == std::vector<K>{K::unknown});
  CHECK(b.ask("a") == K::snapshot);
  CHECK(b.said[0].order.state == State::rejected);
  CHECK(b.said[0].order.reason == Reason::invalid_price);
}

TEST_CASE("with latency the answer is missed when it would have come") {
  FaultBench b;
  b.options.latency_ns = minute;
  b.faults().timeout_probability = 1;
  b.faults().timeout_lost_share = 1;
  REQUIRE(b.venue().submit(b.limit("a", Side::buy, "1", "99"), b.now).ok());
  CHECK(b.venue().deadline_ns() == b.now + minute);
  b.work();
  CHECK(b.said.empty());
  b.now += minute;
  b.work();
  CHECK(b.kinds() == std::vector<K>{K::unknown});
}

TEST_CASE("a cancel whose answer is lost: the order is gone, or works on, and nobody says which") {
  for (const double lost : {0.0, 1.0}) {
    INFO(lost);
    FaultBench b;
    b.send(b.limit("a", Side::buy, "1", "99"));
    // The same order in a venue that loses answers: its order came in before.
    FaultBench c;
    c.faults().timeout_probability = 1;
    c.faults().timeout_lost_share = lost;
    std::vector<Order> orders{b.venue().order(1)};
    c.venue().restore(orders, {});
    c.venue().ledger().rehold(1, Decimal::zero(), orders[0].hold);
    c.collect();
    c.said.clear();
    c.cancel("a");
    REQUIRE(c.kinds() == std::vector<K>{K::unknown});
    CHECK(c.said[0].order.spec.client_id == "a");
    CHECK(c.said[0].order.spec.instrument == 1);
    CHECK(c.venue().order(1).state == (lost == 0 ? State::cancelled : State::open));
    CHECK(c.usd().hold.is_zero() == (lost == 0));
    OrderSpec s = c.limit("a", Side::buy, "2", "99");
    c.said.clear();
    c.venue().amend({"a", ""}, s, c.now);
    c.work();
    CHECK(c.kinds() == std::vector<K>{K::unknown});
    CHECK(text(*c.venue().order(1).spec.qty) == "1");
  }
}

TEST_CASE("an amendment whose answer is lost has changed the order, or has not") {
  for (const double lost : {0.0, 1.0}) {
    INFO(lost);
    FaultBench b;
    b.faults().timeout_probability = 1;
    b.faults().timeout_lost_share = 0;
    b.send(b.limit("a", Side::buy, "1", "99"));
    FaultBench c;
    c.faults().timeout_probability = 1;
    c.faults().timeout_lost_share = lost;
    std::vector<Order> orders{b.venue().order(1)};
    c.venue().restore(orders, {});
    c.venue().ledger().rehold(1, Decimal::zero(), orders[0].hold);
    c.collect();
    c.said.clear();
    c.venue().amend({"a", ""}, c.limit("a", Side::buy, "2", "99"), c.now);
    c.work();
    CHECK(c.kinds() == std::vector<K>{K::unknown});
    CHECK(text(*c.venue().order(1).spec.qty) == (lost == 0 ? "2" : "1"));
  }
}

TEST_CASE("a cancel is refused by lot, and tried again later it may succeed") {
  FaultBench b;
  b.faults().cancel_reject_probability = 0.5;
  int refused = 0;
  for (int i = 0; i < 100; ++i) {
    const std::string id = "o" + std::to_string(i);
    b.send(b.limit(id.c_str(), Side::buy, "0.1", "10"));
    b.cancel(id.c_str());
    if (b.last(id.c_str()).state == State::cancelled) continue;
    ++refused;
    CHECK(b.said.back().kind == K::cancel_rejected);
    CHECK(b.said.back().reason == Reason::simulated_reject);
    for (int tries = 0; b.last(id.c_str()).state == State::open; ++tries) {
      REQUIRE(tries < 100);
      b.now += minute;
      b.cancel(id.c_str());
    }
  }
  CHECK(refused > 30);
  CHECK(refused < 70);
  CHECK(b.usd().hold == Decimal::zero());
}

TEST_CASE("rule 7: lots are drawn by (seed, order, moment, purpose): what else happens does not matter") {
  const auto unknown = [](std::uint64_t seed, bool others) {
    FaultBench b;
    b.options.seed = seed;
    b.faults().timeout_probability = 0.3;
    b.faults().cancel_reject_probability = 0.3;
    std::set<std::string> ids;
    for (int i = 0; i < 200; ++i) {
      if (others) b.send(b.limit(("x" + std::to_string(i)).c_str(), Side::buy, "0.1", "10"));
      b.send(b.limit(("o" + std::to_string(i)).c_str(), Side::buy, "0.1", "10"));
    }
    for (const Report& r : b.said)
      if (r.kind == K::unknown && r.order.spec.client_id[0] == 'o') ids.insert(r.order.spec.client_id);
    return ids;
  };
  const auto once = unknown(1, false);
  CHECK(once == unknown(1, true));
  CHECK(once != unknown(2, false));
  CHECK(once.size() > 35);
  CHECK(once.size() < 90);
}

TEST_CASE("a fill's fate is one: never goes before late goes before twice; without params all are prompt") {
  FaultOptions f;
  CHECK(fate_of(f, 1, "a", 5) == Fate::prompt);
  f.duplicate_fill_probability = 1;
  CHECK(fate_of(f, 1, "a", 5) == Fate::twice);
  f.late_fill_probability = 1;
  CHECK(fate_of(f, 1, "a", 5) == Fate::late);
  f.lost_fill_probability = 1;
  CHECK(fate_of(f, 1, "a", 5) == Fate::lost);
  f = {};
  f.duplicate_fill_probability = f.late_fill_probability = f.lost_fill_probability = 0.25;
  int seen[5] = {};
  for (int i = 0; i < 4'000; ++i) ++seen[static_cast<int>(fate_of(f, 7, "o" + std::to_string(i), 5))];
  CHECK(seen[4] == Approx(1'000).margin(120));
  CHECK(seen[3] == Approx(750).margin(120));
  CHECK(seen[2] == Approx(562).margin(120));
}

TEST_CASE("rule 7: rate limit: a burst at once, then so many per second, and nothing is forgotten") {
  RateLimit none;
  for (int i = 0; i < 1'000; ++i) {
    REQUIRE(none.allows(0, 1));
    none.charge(0, 1);
  }
  RateLimit r(10, 3);
  constexpr std::int64_t ms = 1'000'000;
  const auto take = [&r](std::int64_t at) {
    if (!r.allows(at, 1)) return false;
    r.charge(at, 1);
    return true;
  };
  for (int i = 0; i < 3; ++i) CHECK(take(1'000 * ms));
  CHECK_FALSE(take(1'000 * ms));
  CHECK_FALSE(take(1'099 * ms));
  CHECK(take(1'100 * ms));
  CHECK_FALSE(take(1'100 * ms));
  CHECK(take(1'350 * ms));
  CHECK(take(1'350 * ms));
  CHECK_FALSE(take(1'350 * ms));
  int in_a_minute = 0;
  for (std::int64_t t = 10'000 * ms; t < 70'000 * ms; t += 7 * ms) in_a_minute += take(t);
  CHECK(in_a_minute == 602);  // 3 at once, then 10 per second
  RateLimit big(10, 3);
  CHECK(big.allows(0, 50));  // what costs more than the burst needs a full bucket
  big.charge(0, 50);
  CHECK_FALSE(big.allows(4'799 * ms, 1));
  CHECK(big.allows(4'800 * ms, 1));
}
