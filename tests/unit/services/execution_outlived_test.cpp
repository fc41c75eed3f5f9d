// A purchase whose cancel nobody answers, or that the venue will not cancel: it keeps nothing from being sold, and no exit is over
// before it is (trading rules 1.2, 3.2).
#include <algorithm>

#include "unit/services/mute_desk.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using namespace bowline::test;

namespace {

struct Outlived : Mute {
  Intent entry;
  /// 5 BTC held, as many again being bought.
  void buys(double held = 0.05) {
    if (held > 0) hold(held);
    price(m.btc, 10000);
    want(Purpose::entry, held + 0.05);
    entry = last();
    REQUIRE(entry.side() == Side::buy);
    report(entry, BL_X_ACCEPTED);
  }
  std::size_t cancels() const { return static_cast<std::size_t>(std::count(broker.cancelled.begin(), broker.cancelled.end(), std::string(entry.client_id()))); }
  void ticks_until_sold() {
    for (int i = 0; i < 40 && last().side() != Side::sell; ++i) tick();
    REQUIRE(last().side() == Side::sell);
    REQUIRE(last().qty() == held());
  }
  bool closing() const { return exec->closing(m.btc); }
};

}  // namespace

TEST_CASE("rule 3.2: an exit is not over while a purchase that it gave up waiting for still works, and what that buys is sold") {
  Outlived d;
  d.buys();
  const bool by_command = GENERATE(false, true);
  if (by_command) REQUIRE(d.exec->close_position({d.m.btc, "k1", "why", "ops", "r1"}, d.now));
  else d.want(Purpose::exit, 0);
  REQUIRE(d.cancels() == 1);
  d.ticks_until_sold();
  d.report(d.last(), BL_X_ACCEPTED);
  d.fill(d.last(), d.last().qty(), "93"_dec);
  REQUIRE(d.held().is_zero());
  const std::size_t sent = d.broker.sent.size(), asked = d.cancels();
  for (int i = 0; i < 90; ++i) d.tick();
  CHECK(d.cancels() > asked);                           // again, and again
  CHECK(d.exec->counts().by_incident.at("PURCHASE_OUTLIVES_EXIT") == 1);
  if (by_command) CHECK(d.closing());
  d.fill(d.entry, "1"_dec, d.entry.limit_px());
  for (int i = 0; i < 40 && d.broker.sent.size() == sent; ++i) d.tick();
  REQUIRE(d.broker.sent.size() == sent + 1);
  CHECK(d.last().side() == Side::sell);
  CHECK(d.last().qty() == "1"_dec);
  d.report(d.last(), BL_X_ACCEPTED);
  d.fill(d.last(), "1"_dec, "93"_dec);
  d.report(d.entry, BL_X_DONE, BL_S_CANCELLED, "1"_dec);
  for (int i = 0; i < 40; ++i) d.tick();
  CHECK_FALSE(d.closing());
  CHECK(d.broker.sent.size() == sent + 1);
}

TEST_CASE("rule 3.2: a cancel that the venue refuses does not put an exit off beyond its time, and is asked for again") {
  Outlived d;
  d.buys();
  d.want(Purpose::exit, 0);
  for (int i = 0; i < 25; ++i) {
    d.report(d.entry, BL_X_CANCEL_REJECTED);
    d.report(d.entry, BL_X_SNAPSHOT, BL_S_OPEN, Decimal::zero());
    d.tick();
  }
  CHECK(d.cancels() > 5);
  CHECK(d.last().side() == Side::buy);
  d.ticks_until_sold();
}

TEST_CASE("rule 1.2: a cancel that was refused long before counts for nothing: a SELL of what is only being bought cancels it anew") {
  Outlived d;
  d.buys(0);
  REQUIRE(d.exec->cancel(ClientOrderId(d.entry.client_id()), d.now, "ops", "r0"));
  d.report(d.entry, BL_X_CANCEL_REJECTED);
  REQUIRE(d.state(d.entry) == OrderState::open);
  for (int i = 0; i < 60; ++i) d.tick();
  REQUIRE(d.cancels() == 1);
  d.want(Purpose::exit, 0);
  CHECK(d.cancels() == 2);
  d.fill(d.entry, "1"_dec, d.entry.limit_px());  // before it came
  d.report(d.entry, BL_X_DONE, BL_S_CANCELLED, "1"_dec);
  for (int i = 0; i < 40 && d.last().side() == Side::buy; ++i) d.tick();
  CHECK(d.last().side() == Side::sell);
  CHECK(d.last().qty() == "1"_dec);
}

TEST_CASE("rule 1.2: a SELL of what is only being bought is not over while its cancel has no answer, however long ago it was asked for") {
  Outlived d;
  d.buys(0);
  REQUIRE(d.exec->cancel(ClientOrderId(d.entry.client_id()), d.now, "ops", "r0"));
  for (int i = 0; i < 60; ++i) d.tick();
  const std::size_t asked = d.cancels();
  d.want(Purpose::exit, 0);
  CHECK(d.cancels() == asked + 1);
  d.fill(d.entry, "2"_dec, d.entry.limit_px());
  for (int i = 0; i < 40 && d.last().side() == Side::buy; ++i) d.tick();
  CHECK(d.last().side() == Side::sell);
  CHECK(d.last().qty() == "2"_dec);
}
