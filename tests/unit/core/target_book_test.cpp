#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <cmath>

#include "core/target_book.hpp"

using namespace bowline::core;

namespace {
constexpr InstrumentId btc{1}, eth{2};
Target target(Purpose purpose, double weight, Nanos until = 100, InstrumentId id = btc) {
  Target t;
  t.instrument = id;
  t.purpose = purpose;
  t.weight = weight;
  t.valid_until = until;
  return t;
}
}  // namespace

TEST_CASE("rule 1.2: the live target of the highest rank counts: emergency > stop > operator > SELL > rebalancer > BUY") {
  TargetBook book(2);
  const Purpose low_to_high[] = {Purpose::entry,          Purpose::rebalance, Purpose::exit,
                                 Purpose::operator_order, Purpose::stop,      Purpose::emergency};
  for (const Purpose p : low_to_high) {
    REQUIRE(book.put(target(p, 0.1)));
    REQUIRE(book.live(btc, 0) != nullptr);
    CHECK(book.live(btc, 0)->purpose == p);
  }
  REQUIRE(book.put(target(Purpose::rebalance, 0.2)));  // a later one of lower rank changes nothing
  CHECK(book.live(btc, 0)->purpose == Purpose::emergency);
  CHECK(book.live(eth, 0) == nullptr);
  // BUY fell to SELL; the rest comes back rank by rank
  for (const Purpose p : {Purpose::emergency, Purpose::stop, Purpose::operator_order, Purpose::exit, Purpose::rebalance}) {
    CHECK(book.live(btc, 0)->purpose == p);
    book.clear(btc, p);
  }
  CHECK(book.live(btc, 0) == nullptr);
}

TEST_CASE("an expired target is none, and uncovers the rank below") {
  TargetBook book(2);
  REQUIRE(book.put(target(Purpose::rebalance, 0.3, 200)));
  REQUIRE(book.put(target(Purpose::stop, 0, 100)));
  CHECK(book.live(btc, 99)->purpose == Purpose::stop);
  CHECK(book.live(btc, 100)->purpose == Purpose::rebalance);
  CHECK(book.live(btc, 200) == nullptr);
}

TEST_CASE("the newest prediction is the one that counts: BUY takes off SELL, and SELL takes off BUY") {
  TargetBook book(2);
  REQUIRE(book.put(target(Purpose::exit, 0)));
  REQUIRE(book.put(target(Purpose::entry, 0.05)));
  CHECK(book.live(btc, 0)->purpose == Purpose::entry);
  book.clear(btc, Purpose::entry);
  CHECK(book.live(btc, 0) == nullptr);  // the SELL does not come back
  REQUIRE(book.put(target(Purpose::entry, 0.05)));
  REQUIRE(book.put(target(Purpose::exit, 0)));
  book.clear(btc, Purpose::exit);
  CHECK(book.live(btc, 0) == nullptr);
}

TEST_CASE("rule 1.2: a rebalancer's target stands until the prediction's action for that product changes, or the next plan") {
  TargetBook book(2);
  for (const InstrumentId id : {btc, eth}) REQUIRE(book.put(target(Purpose::rebalance, 0.3, INT64_MAX, id)));
  CHECK(book.live(btc, INT64_MAX - 1)->weight == 0.3);
  book.action_changed(btc);
  CHECK(book.live(btc, 0) == nullptr);
  REQUIRE(book.live(eth, 0) != nullptr);
  REQUIRE(book.put(target(Purpose::stop, 0, 100, eth)));
  book.clear_all(Purpose::rebalance);
  CHECK(book.live(eth, 0)->purpose == Purpose::stop);
  book.clear(eth, Purpose::stop);
  CHECK(book.live(eth, 0) == nullptr);
}

TEST_CASE("rule 1.1: NaN and more than the whole are refused and leave what stood; a negative weight counts as 0") {
  TargetBook book(2);
  REQUIRE(book.put(target(Purpose::entry, 0.05)));
  for (const double bad : {std::nan(""), 1.0000001, std::numeric_limits<double>::infinity()}) {
    CHECK_FALSE(book.put(target(Purpose::entry, bad)));
    CHECK(book.live(btc, 0)->weight == 0.05);
  }
  REQUIRE(book.put(target(Purpose::rebalance, -0.5)));
  CHECK(book.live(btc, 0)->weight == 0);
  REQUIRE(book.put(target(Purpose::rebalance, 1.0)));
  CHECK(book.live(btc, 0)->weight == 1.0);
}

TEST_CASE("rule 1.2: targets are never merged: what lives is one that was put, and no higher live rank exists") {
  CHECK(rc::check("random puts", [](const std::vector<std::uint8_t>& puts) {
    TargetBook book(1);
    double last[7] = {};
    bool standing[7] = {};
    double n = 0;
    for (const std::uint8_t raw : puts) {
      const auto p = static_cast<Purpose>(1 + raw % 6);
      n += 1;
      const double weight = 1 / (1 + n);
      RC_ASSERT(book.put(target(p, weight)));
      last[static_cast<int>(p)] = weight;
      standing[static_cast<int>(p)] = true;
      if (p == Purpose::entry) standing[static_cast<int>(Purpose::exit)] = false;
      if (p == Purpose::exit) standing[static_cast<int>(Purpose::entry)] = false;
      int top = 6;
      while (!standing[top]) --top;
      RC_ASSERT(static_cast<int>(book.live(btc, 0)->purpose) == top);
      RC_ASSERT(book.live(btc, 0)->weight == last[top]);
    }
  }));
}

namespace {
using Lost = std::vector<std::pair<Purpose, std::string_view>>;
Lost lost_to(const TargetBook& book, Nanos now) {
  std::vector<LostTarget> all;
  const Target* winner = book.live(btc, now);
  REQUIRE(winner != nullptr);
  book.lost(btc, *winner, now, all);
  Lost out;
  for (const LostTarget& t : all) out.emplace_back(t.purpose, t.reason);
  return out;
}
}  // namespace

TEST_CASE("rule 1.2: the live targets below the one that counts have lost to it, the highest rank first; expired ones have not") {
  TargetBook book(2);
  REQUIRE(book.put(target(Purpose::entry, 0.1, 50)));
  CHECK_FALSE(book.contested(btc));
  CHECK(lost_to(book, 0).empty());
  REQUIRE(book.put(target(Purpose::rebalance, 0.2, 200)));
  REQUIRE(book.put(target(Purpose::stop, 0, 100)));
  CHECK(book.contested(btc));
  CHECK_FALSE(book.contested(eth));
  CHECK(lost_to(book, 49) == Lost{{Purpose::rebalance, "OUTRANKED"}, {Purpose::entry, "OUTRANKED"}});
  CHECK(lost_to(book, 50) == Lost{{Purpose::rebalance, "OUTRANKED"}});
  CHECK(lost_to(book, 100).empty());  // the stop has expired: the plan counts, and nothing stands beside it
  book.insist(btc, Purpose::entry);
  CHECK(lost_to(book, 150) == Lost{{Purpose::entry, "OUTRANKED"}});
}

TEST_CASE("rule 1.2: what the newest prediction took off in this step has lost to what counts now, if it was live") {
  TargetBook book(2);
  REQUIRE(book.put(target(Purpose::exit, 0, 10)));
  REQUIRE(book.put(target(Purpose::entry, 0.1, 100)));
  CHECK(book.contested(btc));
  CHECK(lost_to(book, 5) == Lost{{Purpose::exit, "REPLACED"}});
  CHECK(lost_to(book, 10).empty());
  book.forget_fallen();
  CHECK_FALSE(book.contested(btc));

  REQUIRE(book.put(target(Purpose::exit, 0, 10)));
  book.insist(btc, Purpose::exit);
  book.forget_fallen();
  REQUIRE(book.put(target(Purpose::rebalance, 0.3, 300)));
  REQUIRE(book.put(target(Purpose::entry, 0.1, 100)));
  book.action_changed(btc);
  CHECK(lost_to(book, 50) == Lost{{Purpose::exit, "REPLACED"}, {Purpose::rebalance, "REPLACED"}});
}
