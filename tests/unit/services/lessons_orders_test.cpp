// What other trading systems' users lost money to, by the numbers of the list it was gathered in: each is a rule here.
// Lessons 1 to 8: orders on their way. Lesson 5 has more tests beside the order table, in tests/unit/core.
#include <cstring>
#include <set>

#include "unit/services/again.hpp"

using namespace bowline;
using namespace bowline::test;
using core::OrderState;
using core::Purpose;
using core::Side;

TEST_CASE("lesson 1: a reply that nobody can read is no refusal: nothing is ordered beside what may be live, and the venue is asked") {
  Desk d;
  d.broker.answer = services::HandOver::unknown;
  d.want(Purpose::entry, 0.05);
  const core::Intent sent = d.last();
  CHECK(d.state(sent) == OrderState::unknown);
  d.broker.answer = services::HandOver::taken;
  for (int i = 0; i < 5; ++i) {
    d.now += bar_ns;
    d.price(d.m.btc, 10000);
    d.want(Purpose::entry, 0.05);
  }
  CHECK(d.broker.sent.size() == 1);
  REQUIRE_FALSE(d.broker.asked.empty());
  for (const std::string& id : d.broker.asked) CHECK(id == sent.client_id());
  d.report(sent, BL_X_SNAPSHOT);
  CHECK(d.state(sent) == OrderState::open);
}

TEST_CASE("lesson 2: the intent is durable before its first byte leaves, and what is sent again is the same bytes under the same id") {
  StoreFolder dir;
  Desk d({}, "10000"_dec, opened(dir / "j"));
  std::uint64_t rows_at_send = 0;
  d.broker.on_submit = [&] {
    rows_at_send = d.journal->rows();
    CHECK_FALSE(d.journal->pending());  // it is in the file, not on its way there
  };
  d.broker.answer = services::HandOver::unknown;
  const std::uint64_t before = d.journal->rows();
  d.want(Purpose::entry, 0.05);
  CHECK(rows_at_send > before);
  d.broker.answer = services::HandOver::taken;
  d.now += 1'000'000'000;
  d.report(d.last(), BL_X_ABSENT, BL_S_UNKNOWN);
  d.step();
  REQUIRE(d.broker.sent.size() == 2);
  CHECK(std::memcmp(&d.broker.sent[0].abi, &d.broker.sent[1].abi, sizeof(bl_intent)) == 0);
  CHECK(d.exec->counts().orders == 1);
}

TEST_CASE("lesson 3: a success that names another product, side or size is no success; ids come from decisions and never repeat") {
  const auto answered = [](const std::function<void(core::Intent&)>& wrong) {
    Desk d;
    d.want(Purpose::entry, 0.05);
    core::Intent told = d.last();
    wrong(told);
    std::copy_n(d.last().abi.client_id, sizeof told.abi.client_id, told.abi.client_id);
    d.report(told, BL_X_ACCEPTED);
    CHECK(d.state(d.last()) == OrderState::submitted);
    CHECK(d.exec->blocked(d.m.btc));
    return d.exec->counts().by_incident.count("EXEC_MISMATCH");
  };
  CHECK(answered([](core::Intent& i) { i.abi.instrument = 2; }) == 1);
  CHECK(answered([](core::Intent& i) { i.abi.side = BL_SELL; }) == 1);
  CHECK(answered([](core::Intent& i) { i.abi.qty = (i.qty() + i.qty()).raw(); }) == 1);
  Desk d;
  std::set<std::string> ids;
  for (int i = 0; i < 50; ++i) {
    d.now += bar_ns;
    d.price(d.m.btc, 10000);
    d.want(Purpose::entry, 0.05);
    CHECK(ids.insert(std::string(d.last().client_id())).second);
    d.report(d.last(), BL_X_DONE, BL_S_EXPIRED, Decimal::zero());
  }
  CHECK(d.broker.sent.size() == 50);
}

TEST_CASE("lesson 4: with the store down a fill is booked and journaled all the same, entries wait and the exit goes") {
  StoreFolder dir;
  bool up = true;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    d.exec->ask_store([&up] { return up; });
    d.want(Purpose::entry, 0.05);
    const core::Intent entry = d.last();
    up = false;
    d.fill(entry, entry.qty(), entry.limit_px());
    CHECK(d.exec->portfolio().position({1}).qty == entry.qty());
    d.now += bar_ns;
    d.price(d.m.btc, 10000);
    d.want(Purpose::entry, 0.5);
    CHECK(d.broker.sent.size() == 1);
    CHECK(d.why("STORE_DOWN") == 1);
    d.want(Purpose::exit, 0);
    CHECK(d.broker.sent.size() == 2);
    CHECK(d.last().side() == Side::sell);
  }
  CHECK(Again(dir / "j").exec->portfolio().position({1}).qty.is_positive());
}

TEST_CASE("lesson 5: what fills in a cancel's flight, or is told after it, is held and sold like everything else") {
  Desk d;
  const core::Intent entry = d.resting();
  d.now += bar_ns;
  d.price(d.m.btc, 10000);
  d.want(Purpose::exit, 0);  // cancels the entry first
  REQUIRE(d.broker.cancelled.size() == 1);
  d.report(entry, BL_X_DONE, BL_S_CANCELLED, entry.qty());  // and by its own word all of it had filled
  d.fill(entry, entry.qty(), entry.limit_px());
  CHECK(d.state(entry) == OrderState::filled);
  CHECK(d.exec->portfolio().position({1}).qty == entry.qty());
  d.now += bar_ns;
  d.price(d.m.btc, 10000);
  d.step();
  REQUIRE(d.broker.sent.size() == 2);
  CHECK(d.last().side() == Side::sell);
  CHECK(d.last().qty() == entry.qty());
}

TEST_CASE("lesson 6: the gate closes first and whatever else fails: no order is made after the stop, though no cancel gets through") {
  Desk d;
  static_cast<void>(d.resting());
  d.broker.takes_cancels = false;
  d.broker.answers = false;
  const services::Cancels cancels = d.exec->emergency_stop(d.now, "operator", "drill", "r1");
  CHECK(cancels.failed == 1);
  CHECK_FALSE(d.exec->gate_open());
  for (int i = 0; i < 5; ++i) {
    d.now += bar_ns;
    d.price(d.m.btc, 10000);
    d.want({d.target(Purpose::entry, 0.5), d.target(Purpose::entry, 0.5, {2})});
    d.want(Purpose::rebalance, 0.5, {2});
  }
  CHECK_FALSE(d.exec->execute(d.request(Side::buy, "0.1"_dec), d.now).ok());
  CHECK(d.broker.sent.size() == 1);
}

TEST_CASE("lesson 7: an order is never aged out: silent for a thousand bars it still works, and one without an answer is asked about each bar") {
  Desk d;
  const core::Intent entry = d.resting();
  Desk u;
  u.broker.answer = services::HandOver::unknown;
  u.want(Purpose::entry, 0.05);
  const std::size_t asked = u.broker.asked.size();
  for (int i = 0; i < 1000; ++i) {
    for (Desk* desk : {&d, &u}) {
      desk->now += bar_ns;
      desk->price(desk->m.btc, 10000);
      desk->step();
    }
  }
  CHECK(d.state(entry) == OrderState::open);
  CHECK(u.state(u.last()) == OrderState::unknown);
  CHECK(u.broker.asked.size() >= asked + 1000);
}

TEST_CASE("lesson 8: what the venue has and the book does not know stops entries of that product, of no other, and no exit") {
  Desk d;
  d.price(d.m.bnb, 10000);
  d.hold(0.05);
  bl_fill stranger = d.fill_of(d.last(), "1"_dec, "100"_dec, "s1");
  std::memset(stranger.client_id, 0, sizeof stranger.client_id);
  put_text(stranger.client_id, "somebody-else");
  d.exec->on_broker_event(stranger.h);
  REQUIRE(d.exec->blocked(d.m.btc));
  d.price(d.m.btc, 10000);
  d.price(d.m.bnb, 10000);
  const std::size_t sent = d.broker.sent.size();
  d.want(Purpose::entry, 0.5);
  CHECK(d.broker.sent.size() == sent);
  d.want(Purpose::entry, 0.05, d.m.bnb);
  CHECK(d.broker.sent.size() == sent + 1);
  d.want(Purpose::exit, 0);
  CHECK(d.last().side() == Side::sell);
}
