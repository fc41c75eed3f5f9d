// Orders that ended otherwise than their fills say: when that is an incident, and what an exit does meanwhile.
#include "unit/services/desk.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using test::bar_ns;
using test::Desk;

TEST_CASE("an end whose filled quantity is not that of its fills is an incident, but not before they had time to come") {
  Desk d;
  const Intent i = d.resting();
  d.report(i, BL_X_DONE, BL_S_EXPIRED, "2"_dec);
  d.exec->settle(d.now);
  CHECK(d.exec->counts().incidents == 0);
  SECTION("they come") {
    d.fill(i, "2"_dec, "99.95"_dec);
    d.exec->settle(d.now + bar_ns);
    CHECK(d.exec->counts().incidents == 0);
    CHECK_FALSE(d.exec->blocked(d.m.btc));
  }
  SECTION("they do not") {
    d.exec->settle(d.now + bar_ns);
    CHECK(d.exec->counts().incidents == 1);
    CHECK(d.exec->blocked(d.m.btc));
    d.exec->settle(d.now + 2 * bar_ns);
    CHECK(d.exec->counts().incidents == 1);
  }
}

TEST_CASE("what the last step was told is compared at the end of the run") {
  Desk d;
  d.want(Purpose::entry, 0.05);
  d.report(d.last(), BL_X_ACCEPTED);
  const std::uint64_t version = d.exec->portfolio().version();
  d.report(d.last(), BL_X_DONE, BL_S_CANCELLED, "2"_dec);
  d.exec->finish(d.now);
  CHECK(d.exec->counts().by_incident.at("FILLS_MISSING") == 1);
  // What came after the last step is another version: its row does not collide with that step's.
  CHECK(d.exec->portfolio().version() == version + 1);
  CHECK(d.sink.all<PortfolioRecord>().back().version == version + 1);
}

TEST_CASE("an order that ended as filled without its fills does not stand in the way of an exit") {
  Desk d;
  const Intent entry = d.resting();
  d.fill(entry, "2"_dec, "99.95"_dec);
  d.report(entry, BL_X_DONE, BL_S_FILLED);
  CHECK(d.state(entry) == OrderState::partially_filled);
  d.now += bar_ns;
  d.want(std::vector<Target>{});
  CHECK(d.exec->counts().by_incident.count("FILLS_MISSING") == 0);  // they may still come
  d.now += bar_ns;
  d.want(Purpose::exit, 0);
  CHECK(d.exec->counts().by_incident.at("FILLS_MISSING") == 1);
  CHECK(d.state(entry) == OrderState::cancelled);
  CHECK(d.exec->blocked(d.m.btc));
  d.now += bar_ns;
  d.want(std::vector<Target>{});
  CHECK(d.last().side() == Side::sell);
  CHECK(d.last().qty() == "2"_dec);
}

TEST_CASE("rule 3.1: what the venue says was sold is not sold again, though its fills are missing") {
  Desk d;
  d.hold(0.05);
  const Decimal all = d.exec->portfolio().position(d.m.btc).qty;
  d.want(Purpose::exit, 0);
  const Intent exit = d.last();
  const auto step = [&d] {
    d.now += bar_ns;
    d.want(std::vector<Target>{});
  };
  SECTION("filled as it says") { d.report(exit, BL_X_DONE, BL_S_FILLED, all); }
  SECTION("cancelled, and a part filled") { d.report(exit, BL_X_DONE, BL_S_CANCELLED, all); }
  step();
  CHECK(d.exec->execute(d.request(Side::sell, all), d.now).error().code == "ORDER_WORKING");
  for (int i = 0; i < 6; ++i) step();
  CHECK(d.exec->counts().by_incident.at("FILLS_MISSING") == 1);
  CHECK(d.broker.sent.size() == 2);
  const auto by_hand = d.exec->execute(d.request(Side::sell, all, "k2"), d.now);
  REQUIRE_FALSE(by_hand);
  CHECK(d.broker.sent.size() == 2);
  // They come after all: booked, written, and no incident of their own.
  d.fill(exit, all, "99.95"_dec);
  CHECK(d.exec->portfolio().position(d.m.btc).qty.is_zero());
  CHECK(d.exec->counts().incidents == 1);
  CHECK(d.sink.all<OrderRecord>().back().cum_qty == all);
}

TEST_CASE("rule 3.1: of what the venue says was sold in part only the rest is sold, though its fills are missing") {
  Desk d;
  d.hold(0.05);
  d.want(Purpose::exit, 0);
  const Intent exit = d.last();
  REQUIRE(exit.qty() == "5"_dec);
  d.report(exit, BL_X_DONE, BL_S_CANCELLED, "3"_dec);
  const auto step = [&d] {
    d.now += bar_ns;
    d.want(std::vector<Target>{});
  };
  for (int i = 0; i < 3; ++i) step();
  CHECK(d.exec->counts().by_incident.at("FILLS_MISSING") == 1);
  REQUIRE(d.broker.sent.size() == 3);
  CHECK(d.last().side() == Side::sell);
  CHECK(d.last().qty() == "2"_dec);
  d.fill(d.last(), "2"_dec, "99.95"_dec);
  for (int i = 0; i < 3; ++i) step();
  CHECK(d.broker.sent.size() == 3);
}

TEST_CASE("an exit is not over while an entry owes what the venue says was bought") {
  Desk d;
  const Intent entry = d.resting();
  d.want(Purpose::exit, 0);
  d.report(entry, BL_X_DONE, BL_S_FILLED, entry.qty());
  const auto step = [&d] {
    d.now += bar_ns;
    d.want(std::vector<Target>{});
  };
  for (int i = 0; i < 4; ++i) step();
  CHECK(d.broker.sent.size() == 1);
  d.fill(entry, entry.qty(), "99.95"_dec);
  step();
  REQUIRE(d.broker.sent.size() == 2);
  CHECK(d.last().side() == Side::sell);
  CHECK(d.last().qty() == entry.qty());
}

TEST_CASE("an order that ended as filled with less than was ordered is an incident, and works no longer") {
  Desk d;
  const Intent entry = d.resting();
  SECTION("the fills before it") {
    d.fill(entry, "2"_dec, "99.95"_dec);
    d.report(entry, BL_X_DONE, BL_S_FILLED, "2"_dec);
  }
  SECTION("the fills after it") {
    d.report(entry, BL_X_DONE, BL_S_FILLED, "2"_dec);
    d.fill(entry, "2"_dec, "99.95"_dec);
    d.exec->settle(d.now);
  }
  CHECK(d.exec->counts().by_incident.at("FILLED_SHORT") == 1);
  CHECK(d.exec->counts().incidents == 1);
  CHECK(d.state(entry) == OrderState::cancelled);  // a partial end: filled is what filled whole
  CHECK(d.exec->blocked(d.m.btc));
}

TEST_CASE("an end that is told again and again is judged once, and does not hold an exit up") {
  Desk d;
  const Intent entry = d.resting();
  d.fill(entry, "1"_dec, "99.95"_dec);
  for (int i = 0; i < 4; ++i) {
    d.report(entry, BL_X_DONE, BL_S_EXPIRED, "3"_dec);
    d.report(entry, BL_X_DONE, BL_S_EXPIRED, "3"_dec);
    d.want(i == 0 ? std::vector{d.target(Purpose::exit, 0)} : std::vector<Target>{});
    d.now += bar_ns;
  }
  CHECK(d.exec->counts().by_incident.at("FILLS_MISSING") == 1);
  REQUIRE(d.broker.sent.size() == 2);
  CHECK(d.last().qty() == "1"_dec);
}
