// A stop that rests at the venue gives way to a sale (trading rules 3.3): taken off, its end known, then what is left is sold.
#include "unit/services/resting_desk.hpp"

using namespace bowline;
using namespace bowline::test;
using core::Intent;
using core::OrderType;
using core::Purpose;
using core::Side;

TEST_CASE("rule 3.3: an exit takes the stop off, waits for its end and its late fills, and sells what is left") {
  RestingDesk d;
  const Intent stop = d.protected_five();
  d.want(Purpose::exit, 0);
  REQUIRE(d.cancelled(stop));
  CHECK(d.broker.sent.size() == 2);
  SECTION("cancelled whole: sold at once, by the venue's word") {
    d.gone(stop);
    REQUIRE(d.broker.sent.size() == 3);
    CHECK(d.last().purpose == Purpose::exit);
    CHECK(d.last().qty() == "5"_dec);
    d.never_beyond();
  }
  SECTION("a part of it had sold, and the fill comes behind the end") {
    d.gone(stop, "2"_dec);
    CHECK(d.broker.sent.size() == 2);  // not all of its fills are told
    d.fill(stop, "2"_dec, "94.5"_dec);
    REQUIRE(d.broker.sent.size() == 3);
    CHECK(d.last().purpose == Purpose::exit);
    CHECK(d.last().qty() == "3"_dec);
    CHECK(d.exec->reentry_locked({1}, d.now));  // a stop sold of it, wherever it stood
  }
  SECTION("it sold all of it meanwhile: that is counted, and nothing is sold twice") {
    d.fill(stop, "5"_dec, "94.5"_dec);
    d.report(stop, BL_X_DONE, BL_S_FILLED, "5"_dec);
    for (int i = 0; i < 3; ++i) {
      d.now += bar_ns;
      d.price(d.m.btc, 9400);
      d.step();
    }
    CHECK(d.held().is_zero());
    CHECK(d.broker.sent.size() == 2);
  }
  SECTION("while its end is not told the cancel is asked for again, and nothing is sold") {
    const std::size_t asked = d.broker.cancelled.size();
    d.now += bar_ns;
    d.step();
    CHECK(d.broker.cancelled.size() == asked + 1);
    CHECK(d.broker.sent.size() == 2);
  }
  SECTION("the venue would not cancel it: it is asked what became of it") {
    d.report(stop, BL_X_CANCEL_REJECTED);
    REQUIRE_FALSE(d.broker.asked.empty());
    CHECK(d.broker.asked.back() == stop.client_id());
    CHECK(d.broker.sent.size() == 2);
  }
}

TEST_CASE("rule 3.3: an exit takes a resting entry and the stop off in one step, and waits for both") {
  RestingDesk d;
  d.want(Purpose::entry, 0.05);
  const Intent entry = d.last();
  d.accept(entry);
  d.fill(entry, "2"_dec, entry.limit_px());
  REQUIRE(d.protect("95"_dec) == BL_OK);
  d.step();
  const Intent stop = d.stop_sent("2"_dec, "95"_dec);
  d.accept(stop);
  d.now += bar_ns;
  d.price(d.m.btc, 10000);
  d.want(Purpose::exit, 0);
  CHECK(d.cancelled(entry));
  CHECK(d.cancelled(stop));
  d.gone(stop);
  CHECK(d.broker.sent.size() == 2);  // the entry may still fill
  d.gone(entry, "2"_dec);
  d.now += bar_ns;
  d.step();
  REQUIRE(d.broker.sent.size() == 3);
  CHECK(d.last().purpose == Purpose::exit);
  CHECK(d.last().qty() == "2"_dec);
}

TEST_CASE("rule 3.3: what an exit leaves is protected again") {
  RestingDesk d;
  const Intent stop = d.protected_five();
  d.want(Purpose::rebalance, 0.02);
  REQUIRE(d.cancelled(stop));
  d.gone(stop);
  REQUIRE(d.broker.sent.size() == 3);
  const Intent sale = d.last();
  CHECK(sale.purpose == Purpose::rebalance);
  CHECK(sale.qty() == "3"_dec);
  d.now += 2 * second_ns;
  d.fill(sale, "3"_dec, "99.9"_dec);
  REQUIRE(d.broker.sent.size() == 4);
  d.stop_sent("2"_dec, "95"_dec);
  d.never_beyond();
}

TEST_CASE("rule 3.3: a take-profit of a share takes the stop off, sells its share, and the rest is protected again") {
  RestingDesk d;
  const Intent stop = d.protected_five("110"_dec, 4000);
  CHECK(stop.type() == OrderType::stop_limit);  // a share is no bracket
  d.price(d.m.btc, 11100);
  d.step();
  REQUIRE(d.cancelled(stop));
  d.gone(stop);
  REQUIRE(d.broker.sent.size() == 3);
  CHECK(d.last().qty() == "2"_dec);
  CHECK_FALSE(core::rests_as_stop(d.last()));
  d.now += 2 * second_ns;
  d.fill(d.last(), "2"_dec, "110"_dec);
  d.now += bar_ns;
  d.step();
  d.stop_sent("3"_dec, "95"_dec);
}

TEST_CASE("rule 3.3: with a take-profit of all of it one bracket rests, and the target that is reached is the venue's to sell") {
  RestingDesk d;
  const Intent both = d.protected_five("110"_dec);
  CHECK(both.type() == OrderType::bracket);
  CHECK(both.limit_px() == "110"_dec);
  d.price(d.m.btc, 11100);
  d.step();
  CHECK(d.broker.sent.size() == 2);
  CHECK(d.broker.cancelled.empty());
  d.fill(both, "5"_dec, "110"_dec);
  CHECK(d.held().is_zero());
  CHECK(d.exec->reentry_locked({1}, d.now));
  const auto events = d.sink.all<core::EventRecord>();
  REQUIRE(events.size() == 1);
  CHECK(events[0].type == "take_profit");
}

TEST_CASE("rule 3.3: the operator's own sale is not held up by the stop: it gives way, and the same order goes out when it has") {
  RestingDesk d;
  const Intent stop = d.protected_five();
  const auto q = d.request(Side::sell, "2"_dec);
  auto dry = q;
  dry.dry_run = true;
  CHECK(d.exec->execute(dry, d.now));  // it would pass
  CHECK_FALSE(d.cancelled(stop));
  const auto refused = d.exec->execute(q, d.now);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == "STOP_GIVES_WAY");
  REQUIRE(d.cancelled(stop));
  d.gone(stop);
  CHECK(d.broker.sent.size() == 2);
  REQUIRE(d.exec->execute(q, d.now));
  CHECK(d.last().qty() == "2"_dec);
  CHECK(d.last().purpose == Purpose::operator_order);
  CHECK(d.exec->execute(d.request(Side::sell, "9"_dec, "k2"), d.now).error().code == "ORDER_WORKING");
  d.fill(d.last(), "2"_dec, "99.9"_dec);
  d.now += 3 * bar_ns;
  d.step();
  d.stop_sent("3"_dec, "95"_dec);
}

TEST_CASE("rule 3.3: an entry is bought beside the stop that rests, and its stop is no exit's or entry's order") {
  RestingDesk d;
  const Intent stop = d.protected_five();
  d.want(Purpose::entry, 0.1);
  REQUIRE(d.broker.sent.size() == 3);
  CHECK(d.last().side() == Side::buy);
  CHECK_FALSE(d.cancelled(stop));
}

TEST_CASE("rule 3.3: the operator's close takes the stop off and sells all of it") {
  RestingDesk d;
  const Intent stop = d.protected_five();
  services::CloseRequest q;
  q.instrument = d.m.btc;
  q.key = "c1";
  q.reason = q.principal = "operator";
  const auto closed = d.exec->close_position(q, d.now);
  REQUIRE(closed);
  CHECK(closed->closing);
  REQUIRE(d.cancelled(stop));
  d.gone(stop);
  CHECK(d.last().purpose == Purpose::operator_order);
  CHECK(d.last().qty() == "5"_dec);
}
