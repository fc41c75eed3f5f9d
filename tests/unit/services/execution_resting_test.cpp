// Stops that rest at the venue (trading rules 3.3): one owner, its size and price follow, it sells, or it does not rest.
#include "unit/services/resting_desk.hpp"

using namespace bowline;
using namespace bowline::test;
using core::Intent;
using core::OrderState;
using core::OrderType;
using core::Purpose;
using services::StopOwner;

// ---- one protective owner -------------------------------------------------------------------------------------------------

TEST_CASE("rule 3.3: where the venue can hold it the stop rests there, whole, and the host sells nothing beside it") {
  RestingDesk d;
  d.hold(0.05);
  d.price(d.m.btc, 10000);
  REQUIRE(d.protect("95"_dec) == BL_OK);
  CHECK(d.exec->stop_owner({1}) == StopOwner::host);
  d.step();
  REQUIRE(d.broker.sent.size() == 2);
  const Intent stop = d.stop_sent("5"_dec, "95"_dec);
  CHECK(stop.type() == OrderType::stop_limit);
  CHECK(stop.limit_px() == "94.05"_dec);
  CHECK(stop.tif() == core::TimeInForce::gtc);
  CHECK(stop.purpose == Purpose::stop);
  CHECK(d.exec->stop_owner({1}) == StopOwner::host);  // until the venue has said that it has it
  d.accept(stop);
  CHECK(d.exec->stop_owner({1}) == StopOwner::venue);
  for (int i = 0; i < 5; ++i) {
    d.now += bar_ns;
    d.price(d.m.btc, 10000 - 80 * i);
    d.step();
  }
  CHECK(d.broker.sent.size() == 2);
  CHECK(d.broker.cancelled.empty());
  CHECK(d.exec->counts().incidents == 0);
}

TEST_CASE("rule 3.3: where the configuration does not want it, or the venue can't hold it, the host watches") {
  const auto sends = [](auto change) {
    RestingDesk d;
    change(d.options.stops);
    d.use({});
    d.hold(0.05);
    d.price(d.m.btc, 10000);
    REQUIRE(d.protect("95"_dec) == BL_OK);
    d.step();
    CHECK(d.exec->stop_owner({1}) == StopOwner::host);
    const std::size_t before = d.broker.sent.size();
    d.price(d.m.btc, 9400);
    d.step();
    CHECK(d.last().purpose == Purpose::stop);
    CHECK_FALSE(core::rests_as_stop(d.last()));
    CHECK(d.exec->counts().incidents == 0);
    return before;
  };
  CHECK(sends([](services::StopPolicy& s) { s.at_venue = false; }) == 1);
  CHECK(sends([](services::StopPolicy& s) { s.can = {}; }) == 1);
  CHECK(sends([](services::StopPolicy& s) { s.can = {false, true}; }) == 1);  // it has no target to make a bracket of
}

TEST_CASE("rule 3.3: a product that the venue says takes no stops is watched by the host, though its plugin can hold them") {
  RestingDesk d;
  bl_product p{};
  p.h.size = sizeof p;
  p.h.type = BL_EV_PRODUCT;
  p.h.instrument = 1;
  p.taker_fee = p.maker_fee = Decimal::not_set().raw();
  p.flags = 1 | 64;  // tradable, no_stops
  d.exec->on_broker_event(p.h);
  d.hold(0.05);
  d.price(d.m.btc, 10000);
  REQUIRE(d.protect("95"_dec) == BL_OK);
  d.step();
  CHECK(d.broker.sent.size() == 1);
  CHECK(d.exec->stop_owner({1}) == StopOwner::host);
  d.price(d.m.btc, 9400);
  d.step();
  CHECK(d.last().purpose == Purpose::stop);
}

TEST_CASE("rule 3.3: a stop that is reached already does not rest, it is sold") {
  RestingDesk d;
  d.hold(0.05);
  d.price(d.m.btc, 10000);
  REQUIRE(d.protect("100"_dec) == BL_OK);
  d.step();
  REQUIRE(d.broker.sent.size() == 2);
  CHECK_FALSE(core::rests_as_stop(d.last()));
  CHECK(d.last().purpose == Purpose::stop);
}

// ---- it follows -----------------------------------------------------------------------------------------------------------

TEST_CASE("rule 3.3: the resting stop grows with each partial fill of the entry: cancelled, its end known, made anew") {
  RestingDesk d;
  d.want(Purpose::entry, 0.05);
  const Intent entry = d.last();
  d.accept(entry);
  d.fill(entry, "2"_dec, entry.limit_px());
  REQUIRE(d.protect("95"_dec) == BL_OK);
  d.step();
  const Intent first = d.stop_sent("2"_dec, "95"_dec);
  d.accept(first);
  d.now += 2 * second_ns;
  d.fill(entry, "1"_dec, entry.limit_px());  // the venue's word alone: no step is waited for
  REQUIRE(d.cancelled(first));
  CHECK(d.broker.sent.size() == 2);
  CHECK_FALSE(d.cancelled(entry));
  d.never_beyond();
  d.fill(entry, "1"_dec, entry.limit_px());  // another one in the cancel's flight
  d.step();
  CHECK(d.broker.sent.size() == 2);  // never a second beside what may still sell
  d.gone(first);
  REQUIRE(d.broker.sent.size() == 3);
  const Intent second = d.stop_sent("4"_dec, "95"_dec);
  CHECK(second.client_id() != first.client_id());
  d.accept(second);
  d.never_beyond();
  CHECK(d.exec->stop_owner({1}) == StopOwner::venue);
  CHECK_FALSE(core::is_terminal(d.state(entry)));
}

TEST_CASE("rule 3.3: a stop that rises is replaced at its new price, and while none rests the host watches the new one") {
  RestingDesk d;
  const Intent old = d.protected_five();
  REQUIRE(d.protect("97"_dec) == BL_OK);
  d.step();
  REQUIRE(d.cancelled(old));
  CHECK(d.exec->stop_owner({1}) == StopOwner::host);
  SECTION("replaced") {
    for (int i = 0; i < 3; ++i) {
      d.now += bar_ns;
      d.step();
      CHECK(d.broker.sent.size() == 2);  // its end is not known
      d.never_beyond();
    }
    d.gone(old);
    d.accept(d.stop_sent("5"_dec, "97"_dec));
    CHECK(d.exec->stop_owner({1}) == StopOwner::venue);
    d.now += bar_ns;
    d.step();
    CHECK(d.broker.sent.size() == 3);
  }
  SECTION("the price is there first") {
    ++d.now;
    d.quote(d.m.btc, 9650, 9660);  // below the new stop, above the old one
    d.gone(old);
    REQUIRE(d.broker.sent.size() == 3);
    CHECK_FALSE(core::rests_as_stop(d.last()));
    CHECK(d.last().purpose == Purpose::stop);
    CHECK(d.last().qty() == "5"_dec);
  }
}

TEST_CASE("rule 3.3: between the stop that rests and a higher one that was asked for the host acts at once") {
  RestingDesk d;
  const Intent old = d.protected_five();
  REQUIRE(d.protect("97"_dec) == BL_OK);
  d.price(d.m.btc, 9650);
  d.step();
  REQUIRE(d.cancelled(old));
  d.gone(old);
  CHECK(d.last().purpose == Purpose::stop);
  CHECK_FALSE(core::rests_as_stop(d.last()));
}

TEST_CASE("rule 3.1: when less is held than the stop would sell it is taken off: it never sells what is not managed") {
  RestingDesk d;
  const Intent stop = d.protected_five();
  services::InventoryRequest away;
  away.instrument = d.m.btc;
  away.adopt = false;
  away.qty = "2"_dec;
  away.reason = "to the vault";
  away.key = "k";
  away.principal = "operator";
  const auto refused = d.exec->move_inventory(away, d.now);
  REQUIRE_FALSE(refused);  // the venue holds it for the stop
  CHECK(refused.error().code == "STOP_GIVES_WAY");
  REQUIRE(d.cancelled(stop));
  d.gone(stop);
  CHECK(d.broker.sent.size() == 2);  // and not placed again before the operator had his turn
  REQUIRE(d.exec->move_inventory(away, d.now));
  d.now += 3 * bar_ns;
  d.step();
  d.stop_sent("3"_dec, "95"_dec);
  d.never_beyond();
}

TEST_CASE("rule 3.3: with its position the stop is over: what still rests is taken off before it sells the next one") {
  RestingDesk d;
  const Intent stop = d.protected_five();
  bl_fill sold = d.fill_of(stop, "4.9995"_dec, "94.9"_dec, "s1");  // the rest is dust
  d.exec->on_broker_event(sold.h);
  REQUIRE_FALSE(d.exec->stop_px({1}).is_set());
  CHECK_FALSE(d.cancelled(stop));  // it may fill by itself yet
  d.now += bar_ns;
  d.step();
  CHECK(d.cancelled(stop));
}

// ---- triggered ------------------------------------------------------------------------------------------------------------

TEST_CASE("rule 3.3: a triggered stop has its time, then it is taken off and goes up the exit ladder, whatever the price does") {
  RestingDesk d;
  const Intent stop = d.protected_five();
  d.price(d.m.btc, 9400);
  d.step();
  CHECK(d.broker.sent.size() == 2);  // the venue's to sell
  CHECK(d.broker.cancelled.empty());
  CHECK(d.incidents("STOP_NOT_FILLED") == 0);
  d.now += bar_ns;
  d.price(d.m.btc, 10000);  // back, and due all the same
  d.step();
  CHECK(d.incidents("STOP_NOT_FILLED") == 1);
  REQUIRE(d.cancelled(stop));
  CHECK(d.broker.sent.size() == 2);
  d.gone(stop);
  REQUIRE(d.broker.sent.size() == 3);
  CHECK(d.last().purpose == Purpose::stop);
  CHECK(d.last().qty() == "5"_dec);
  CHECK(d.last().limit_px() == "98.95"_dec);  // the ladder's first step: what rested was none of it
  CHECK(d.exec->reentry_locked({1}, d.now));
}

TEST_CASE("rule 3.3: the time of a triggered stop is counted in engine time, to the quote") {
  RestingDesk d;
  const Intent stop = d.protected_five();
  ++d.now;
  d.quote(d.m.btc, 9500, 9510);  // at the stop
  d.now += 29 * second_ns;
  d.quote(d.m.btc, 9400, 9410);
  CHECK_FALSE(d.cancelled(stop));
  d.now += second_ns;
  d.quote(d.m.btc, 9400, 9410);
  CHECK(d.cancelled(stop));
}

TEST_CASE("rule 3.3: a resting stop that sells is a stop-out: told, locked, and over with its position") {
  RestingDesk d;
  const Intent stop = d.protected_five();
  d.fill(stop, "2"_dec, "94.9"_dec);  // the venue saw a price that no close showed
  CHECK(d.exec->reentry_locked({1}, d.now));
  d.now += 2 * second_ns;
  REQUIRE(d.protect("97"_dec) == BL_OK);
  d.quote(d.m.btc, 9800, 9810);
  CHECK_FALSE(d.cancelled(stop));  // it sells: it is not replaced now
  d.fill(stop, "3"_dec, "94.8"_dec);
  d.report(stop, BL_X_DONE, BL_S_FILLED, "5"_dec);
  CHECK(d.held().is_zero());
  CHECK_FALSE(d.exec->stop_px({1}).is_set());
  CHECK(d.exec->stop_owner({1}) == StopOwner::none);
  const auto events = d.sink.all<core::EventRecord>();
  REQUIRE(events.size() == 1);
  CHECK(events[0].type == "stop");
  CHECK(events[0].payload.find("\"owner\":\"venue\"") != std::string::npos);
  d.now += bar_ns;
  d.step();
  CHECK(d.broker.sent.size() == 2);
}

TEST_CASE("rule 1.3: when the resting stop sells, what is still being bought of the product is cancelled") {
  RestingDesk d;
  d.want(Purpose::entry, 0.05);
  const Intent entry = d.last();
  d.accept(entry);
  d.fill(entry, "2"_dec, entry.limit_px());
  REQUIRE(d.protect("95"_dec) == BL_OK);
  d.step();
  const Intent stop = d.stop_sent("2"_dec, "95"_dec);
  d.accept(stop);
  d.now += 2 * second_ns;
  d.fill(stop, "2"_dec, "94.9"_dec);
  REQUIRE(d.cancelled(entry));
  const std::size_t asked = d.broker.cancelled.size();
  d.now += bar_ns;
  d.step();  // a cancel may be lost
  CHECK(d.broker.cancelled.size() == asked + 1);
}

// ---- it does not rest --------------------------------------------------------------------------------------------------------

TEST_CASE("rule 3.3: a stop that the venue refuses is told, the host watches, and the next try comes later each time") {
  RestingDesk d;
  d.hold(0.05);
  d.price(d.m.btc, 10000);
  REQUIRE(d.protect("95"_dec) == BL_OK);
  d.step();
  d.report(d.last(), BL_X_REJECTED, BL_S_REJECTED);
  CHECK(d.incidents("STOP_NOT_RESTING") == 1);
  CHECK(d.exec->stop_owner({1}) == StopOwner::host);
  ++d.now;
  d.quote(d.m.btc, 9990, 10000);
  CHECK(d.broker.sent.size() == 2);
  d.now += 2 * second_ns;
  d.quote(d.m.btc, 9990, 10000);
  REQUIRE(d.broker.sent.size() == 3);
  d.report(d.last(), BL_X_REJECTED, BL_S_REJECTED);
  CHECK(d.incidents("STOP_NOT_RESTING") == 1);  // once
  d.now += 3 * second_ns;
  d.quote(d.m.btc, 9990, 10000);
  CHECK(d.broker.sent.size() == 3);
  ++d.now;
  d.quote(d.m.btc, 9400, 9410);  // meanwhile the host sells by itself
  REQUIRE(d.broker.sent.size() == 4);
  CHECK(d.last().purpose == Purpose::stop);
  CHECK_FALSE(core::rests_as_stop(d.last()));
}

TEST_CASE("rule 3.3: a stop without an answer is asked about, not doubled, and an exit waits for what became of it") {
  RestingDesk d;
  d.hold(0.05);
  d.price(d.m.btc, 10000);
  REQUIRE(d.protect("95"_dec) == BL_OK);
  d.broker.answer = services::HandOver::unknown;
  d.step();
  d.broker.answer = services::HandOver::taken;
  const Intent stop = d.stop_sent("5"_dec, "95"_dec);
  REQUIRE(d.state(stop) == OrderState::unknown);
  CHECK(d.exec->stop_owner({1}) == StopOwner::host);
  for (int i = 0; i < 3; ++i) {
    d.now += bar_ns;
    d.price(d.m.btc, 10000);
    d.step();
  }
  CHECK(d.broker.sent.size() == 2);
  CHECK_FALSE(d.broker.asked.empty());
  d.want(Purpose::exit, 0);
  CHECK(d.broker.sent.size() == 2);
  d.never_beyond();
  d.report(stop, BL_X_SNAPSHOT);  // there after all
  d.gone(stop);
  CHECK(d.last().purpose == Purpose::exit);
}
