// A stop that rests at the venue when a process begins and when it ends (trading rules 3.3, 3.8).
#include "unit/services/resting_desk.hpp"

using namespace bowline;
using namespace bowline::test;
using core::Intent;
using core::OrderState;
using core::Purpose;
using services::StopOwner;

// ---- restarts -------------------------------------------------------------------------------------------------------------

namespace {

/// Prices are told anew, and the first step is taken.
void go_on(HoldsStops<Again>& a, core::Nanos at, std::int64_t cents = 10000) {
  a.exec->resume_orders();
  a.now = at;
  a.price(a.m.btc, cents);
  a.step();
}

}  // namespace

TEST_CASE("restart: a resting stop is the position's protection again: not cancelled as a stranger, not doubled (3.3)") {
  StoreFolder dir;
  Intent stop;
  {
    RestingDesk d(core::FloorLimits{}, "10000"_dec, opened(dir / "j"));
    stop = d.protected_five();
    d.step();
  }
  HoldsStops<Again> a(dir / "j");
  const auto word = [&](std::uint32_t state, Decimal cum) { a.report(stop, BL_X_SNAPSHOT, state, cum); };
  SECTION("the venue has it") {
    word(BL_S_OPEN, Decimal::zero());
    CHECK(a.exec->stop_owner({1}) == StopOwner::venue);
    CHECK(a.exec->stop_px({1}) == "95"_dec);
    go_on(a, start_ns + 6 * bar_ns);
    CHECK(a.broker.sent.empty());
    CHECK(a.broker.cancelled.empty());
    CHECK(a.exec->counts().incidents == 0);
  }
  SECTION("the configuration is another now: it is kept all the same, until it would have to be made anew") {
    a.options.stops = {};
    a.restart();
    word(BL_S_OPEN, Decimal::zero());
    CHECK(a.exec->stop_owner({1}) == StopOwner::venue);
    go_on(a, start_ns + 6 * bar_ns);
    CHECK(a.broker.sent.empty());
    CHECK(a.broker.cancelled.empty());
    REQUIRE(a.protect("97"_dec) == BL_OK);
    a.step();
    REQUIRE(a.cancelled(stop));
    a.gone(stop);
    CHECK(a.broker.sent.empty());
    CHECK(a.exec->stop_owner({1}) == StopOwner::host);
  }
  SECTION("it sold while nobody was here") {
    a.fill(stop, "5"_dec, "94.9"_dec);
    word(BL_S_FILLED, "5"_dec);
    CHECK(a.held().is_zero());
    go_on(a, start_ns + 6 * bar_ns);
    CHECK(a.broker.sent.empty());
    CHECK(a.exec->reentry_locked({1}, a.now));
  }
  SECTION("it was cancelled meanwhile: it is placed again") {
    word(BL_S_CANCELLED, Decimal::zero());
    go_on(a, start_ns + 6 * bar_ns);
    REQUIRE(a.broker.sent.size() == 1);
    a.stop_sent("5"_dec, "95"_dec);
    CHECK(a.last().client_id() != stop.client_id());
  }
}

TEST_CASE("restart: a stop that was recorded and perhaps not sent is asked about before another is made (2.3, 3.3)") {
  StoreFolder dir;
  Intent stop;
  {
    RestingDesk d(core::FloorLimits{}, "10000"_dec, opened(dir / "j"));
    d.hold(0.05);
    d.price(d.m.btc, 10000);
    REQUIRE(d.protect("95"_dec) == BL_OK);
    d.step();
    stop = d.stop_sent("5"_dec, "95"_dec);
  }
  HoldsStops<Again> a(dir / "j");
  REQUIRE(a.state(stop) == OrderState::unknown);
  a.exec->resume_orders();
  a.now = start_ns + 4 * bar_ns;
  a.price(a.m.btc, 10000);
  a.step();
  CHECK(a.broker.sent.empty());
  REQUIRE_FALSE(a.broker.asked.empty());
  CHECK(a.broker.asked.back() == stop.client_id());
  SECTION("there") {
    a.report(stop, BL_X_SNAPSHOT);
    a.step();
    CHECK(a.broker.sent.empty());
    CHECK(a.exec->stop_owner({1}) == StopOwner::venue);
  }
  SECTION("proved absent: a new one, under a new id") {
    for (int i = 0; i < 6; ++i) {
      if (a.state(stop) == OrderState::unknown) a.report(stop, BL_X_ABSENT, BL_S_UNKNOWN);
      a.now += bar_ns;
      a.price(a.m.btc, 10000);
      a.step();
    }
    CHECK(a.state(stop) == OrderState::not_placed);
    REQUIRE_FALSE(a.broker.sent.empty());
    CHECK(a.stop_sent("5"_dec, "95"_dec).client_id() != stop.client_id());
  }
}

TEST_CASE("restart: killed while the stop gives way to an exit, the exit goes on: cancel, its end, sell what is left (3.3)") {
  StoreFolder dir;
  Intent stop;
  {
    RestingDesk d(core::FloorLimits{}, "10000"_dec, opened(dir / "j"));
    stop = d.protected_five();
    d.want(Purpose::exit, 0);
    REQUIRE(d.cancelled(stop));
  }
  HoldsStops<Again> a(dir / "j");
  go_on(a, start_ns + 6 * bar_ns);
  REQUIRE(a.cancelled(stop));
  CHECK(a.broker.sent.empty());
  a.gone(stop, "2"_dec);
  a.fill(stop, "2"_dec, "94.9"_dec);
  REQUIRE(a.broker.sent.size() == 1);
  CHECK(a.last().purpose == Purpose::exit);
  CHECK(a.last().qty() == "3"_dec);
}

TEST_CASE("restart: how long a stop has been triggered outlives the process (3.3)") {
  StoreFolder dir;
  Intent stop;
  {
    RestingDesk d(core::FloorLimits{}, "10000"_dec, opened(dir / "j"));
    stop = d.protected_five();
    d.price(d.m.btc, 9400);
    d.step();
  }
  HoldsStops<Again> a(dir / "j");
  a.report(stop, BL_X_SNAPSHOT);
  go_on(a, start_ns + 7 * bar_ns);
  CHECK(a.cancelled(stop));
  CHECK(a.incidents("STOP_NOT_FILLED") == 1);
}

// ---- the end of a process --------------------------------------------------------------------------------------------------

TEST_CASE("rule 3.8: at its end the host hands the stops that it watches to the venue, where it can hold them") {
  RestingDesk d;
  d.options.stops.at_venue = false;
  d.use({});
  d.hold(0.05);
  d.price(d.m.btc, 10000);
  REQUIRE(d.protect("95"_dec) == BL_OK);
  SECTION("handed over") {
    d.step();
    CHECK(d.broker.sent.size() == 1);
    d.exec->rest_stops(d.now);
    REQUIRE(d.broker.sent.size() == 2);
    d.accept(d.stop_sent("5"_dec, "95"_dec));
    CHECK(d.exec->stop_owner({1}) == StopOwner::venue);
  }
  SECTION("also where an exit is not done: nobody goes on with it while the host sleeps") {
    d.want(Purpose::exit, 0);
    d.report(d.last(), BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
    d.exec->rest_stops(d.now);
    d.stop_sent("5"_dec, "95"_dec);
  }
  SECTION("the venue can't") {
    d.options.stops.can = {};
    d.use({});
    d.now = start_ns;
    d.hold(0.05);
    d.price(d.m.btc, 10000);
    REQUIRE(d.protect("95"_dec) == BL_OK);
    const std::size_t sent = d.broker.sent.size();
    d.exec->rest_stops(d.now);
    CHECK(d.broker.sent.size() == sent);
    CHECK(d.exec->stop_owner({1}) == StopOwner::host);
  }
}

TEST_CASE("rule 3.8: on_shutdown: flatten takes stops and entries off, sells everything, and buys nothing more") {
  RestingDesk d;
  const Intent stop = d.protected_five();
  CHECK(d.exec->flat());
  d.exec->flatten(d.now);
  CHECK_FALSE(d.exec->flat());
  REQUIRE(d.cancelled(stop));
  d.gone(stop);
  const Intent sale = d.last();
  CHECK(sale.purpose == Purpose::operator_order);
  CHECK(sale.qty() == "5"_dec);
  d.price(d.m.bnb, 10000);
  d.want(Purpose::entry, 0.05, d.m.bnb);
  CHECK(d.last().client_id() == sale.client_id());
  CHECK(d.why("GATE_CLOSED") == 1);
  d.fill(sale, "5"_dec, "99.9"_dec);
  d.now += bar_ns;
  d.step();
  CHECK(d.exec->flat());
  CHECK(d.held().is_zero());
}
