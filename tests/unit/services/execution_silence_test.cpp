// Words that do not come, where time is real: of an order that was handed over, of fills, of a stop that was reached, of one that
// was not taken, of an amendment. None of it waits for a bar (trading rules 1.5, 2.3, 3.2, 3.3).
#include <set>

#include "unit/services/mute_desk.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using namespace bowline::test;

namespace {

/// Ticks until the order is in that state, the venue answering each question that it does not have it.
void absent_until(Mute& d, const Intent& order, OrderState state) {
  for (int i = 0; i < 600 && d.state(order) != state; ++i) {
    d.tick();
    if (d.broker.asked.empty()) continue;
    d.broker.asked.clear();
    d.report(order, BL_X_ABSENT);
  }
  CHECK(d.state(order) == state);
}

/// 5 BTC, the price at 100, and a stop at 95 that rests at the venue.
struct Guarded : Mute {
  Guarded() : Mute([] {
      services::ExecutionOptions o;
      o.stops.at_venue = true;
      o.stops.can = {true, true};
      return o;
    }()) {}
  Intent rests() {
    hold(0.05);
    price(m.btc, 10000);
    REQUIRE(protect("95"_dec) == BL_OK);
    step();
    REQUIRE(rests_as_stop(last()));
    return last();
  }
};

}  // namespace

TEST_CASE("rule 2.3: an exit that was handed over and never answered is asked about by the clock, and the next attempt sells") {
  Mute d;
  d.hold(0.05);
  d.price(d.m.btc, 10000);
  d.want(Purpose::exit, 0);
  const Intent first = d.last();
  REQUIRE(d.state(first) == OrderState::submitted);
  for (int i = 0; i < 9; ++i) CHECK_FALSE(d.tick());  // it has time to be answered
  CHECK(d.broker.asked.empty());
  CHECK(d.tick());
  CHECK(d.state(first) == OrderState::unknown);
  REQUIRE_FALSE(d.broker.asked.empty());
  CHECK(d.broker.asked.back() == first.client_id());
  absent_until(d, first, OrderState::not_placed);
  d.tick();
  std::set<std::string> sales;  // till then nothing but the same bytes again
  for (const Intent& i : d.broker.sent)
    if (i.side() == Side::sell) sales.emplace(i.client_id());
  CHECK(sales.size() == 2);
  CHECK(d.last().side() == Side::sell);
  CHECK(d.last().client_id() != first.client_id());
  CHECK(d.last().qty() == d.held());
}

TEST_CASE("rule 2.3: an exit that was never answered and is there after all is not sold a second time") {
  Mute d;
  d.hold(0.05);
  d.price(d.m.btc, 10000);
  d.want(Purpose::exit, 0);
  const Intent first = d.last();
  d.tick(10);
  REQUIRE(d.state(first) == OrderState::unknown);
  const std::size_t sent = d.broker.sent.size();
  for (int i = 0; i < 100; ++i) {
    d.tick();
    d.report(first, BL_X_SNAPSHOT, BL_S_OPEN, Decimal::zero());
  }
  CHECK(d.broker.sent.size() == sent);
  d.fill(first, first.qty(), "99.9"_dec);
  CHECK(d.held().is_zero());
}

TEST_CASE("rule 2.3: what was cancelled before it was ever answered is proved absent by the clock as well") {
  Mute d;
  d.want(Purpose::entry, 0.05);
  const Intent entry = d.last();
  REQUIRE(d.exec->set_trading_state({{}, TradingState::reducing, false, "why", "ops", "r"}, d.now));
  REQUIRE(d.state(entry) == OrderState::cancel_pending);
  absent_until(d, entry, OrderState::not_placed);
  CHECK(d.exec->orders().working().empty());
}

TEST_CASE("rule 2.3: where time is real no first byte leaves after the window in which the same bytes may be sent again, and till then nothing is proved absent") {
  services::ExecutionOptions o;
  o.absent_for = 5 * second;
  Mute d(o);
  d.want(Purpose::entry, 0.05);
  const Intent entry = d.last();
  CHECK(entry.abi.not_after_ns == entry.abi.decided_ns + 60 * second);
  const Nanos decided = d.now;
  absent_until(d, entry, OrderState::not_placed);
  CHECK(d.now > decided + 60 * second);
}

TEST_CASE("rule 2.3: a cancel that is refused of an order that was never acknowledged does not make it a working one") {
  Mute d;
  d.want(Purpose::entry, 0.05);
  const Intent entry = d.last();
  REQUIRE(d.exec->cancel(ClientOrderId(entry.client_id()), d.now, "operator", "r1"));
  REQUIRE(d.state(entry) == OrderState::cancel_pending);
  SECTION("nothing was heard of it") {}
  SECTION("its answer was lost") { d.report(entry, BL_X_UNKNOWN, BL_S_UNKNOWN); }
  bl_exec e{};
  e.h.size = sizeof e;
  e.h.type = BL_EV_EXEC;
  e.h.instrument = entry.abi.instrument;
  e.h.ts_recv = d.now;
  put_text(e.client_id, entry.client_id());
  e.side = entry.abi.side;
  e.kind = BL_X_CANCEL_REJECTED;
  d.exec->on_broker_event(e.h);
  CHECK(d.state(entry) == OrderState::cancel_pending);
  absent_until(d, entry, OrderState::not_placed);
  CHECK(d.exec->counts().by_incident.count("ORDER_GONE") == 0);
  CHECK_FALSE(d.exec->blocked(d.m.btc));
}

TEST_CASE("rule 3.2: a purchase whose cancel is refused is asked about: it may have ended, and a stop waits for its end") {
  Mute d;
  d.hold(0.05);
  d.price(d.m.btc, 10000);
  d.want(Purpose::entry, 0.1);
  const Intent entry = d.last();
  d.report(entry, BL_X_ACCEPTED);
  REQUIRE(d.protect("95"_dec) == BL_OK);
  d.quote(d.m.btc, 9400, 9402);
  REQUIRE_FALSE(d.broker.cancelled.empty());
  REQUIRE(d.broker.cancelled.back() == entry.client_id());
  d.broker.asked.clear();
  d.report(entry, BL_X_CANCEL_REJECTED);
  REQUIRE(d.broker.asked.size() == 1);
  CHECK(d.broker.asked.back() == entry.client_id());
  d.report(entry, BL_X_DONE, BL_S_EXPIRED, Decimal::zero());
  d.tick();
  CHECK(d.last().side() == Side::sell);
  CHECK(d.last().qty() == d.held());
}

TEST_CASE("rule 3.2: a purchase whose cancel has no answer keeps nothing from being sold for longer than an exit has time") {
  const Purpose purpose = GENERATE(Purpose::stop, Purpose::exit);
  Mute d;
  d.hold(0.05);
  d.price(d.m.btc, 10000);
  d.want(Purpose::entry, 0.1);
  const Intent entry = d.last();
  d.report(entry, BL_X_ACCEPTED);
  if (purpose == Purpose::stop) {
    REQUIRE(d.protect("95"_dec) == BL_OK);
    d.quote(d.m.btc, 9400, 9402);
  } else {
    d.want(Purpose::exit, 0);
  }
  REQUIRE_FALSE(d.broker.cancelled.empty());
  REQUIRE(d.broker.cancelled.back() == entry.client_id());
  const auto sold = [&d] { return d.last().side() == Side::sell; };
  for (int i = 0; i < 29; ++i) d.tick();
  CHECK_FALSE(sold());
  for (int i = 0; i < 3 && !sold(); ++i) d.tick();
  REQUIRE(sold());
  CHECK(d.last().qty() == d.held());
  // What it bought meanwhile is held, and sold as well.
  d.fill(d.last(), d.last().qty(), "93"_dec);
  d.fill(entry, "1"_dec, entry.limit_px());
  CHECK(d.held() == "1"_dec);
}

TEST_CASE("rule 2.3: an order that the venue has answered is not asked about by the clock") {
  Mute d;
  static_cast<void>(d.resting());
  for (int i = 0; i < 300; ++i) CHECK_FALSE(d.tick());
  CHECK(d.broker.queries.empty());
}

TEST_CASE("rule 3.2: a stop does not wait for a bar because fills of its entry are missing: they are asked for, and what is held is sold") {
  Mute d;
  const Intent entry = d.resting();
  d.fill(entry, "2"_dec, entry.limit_px());
  REQUIRE(d.protect("95"_dec) == BL_OK);
  d.report(entry, BL_X_DONE, BL_S_EXPIRED, "3"_dec);  // by its own word one more was bought
  d.quote(d.m.btc, 9400, 9410);
  const std::size_t sent = d.broker.sent.size();
  CHECK(d.tick());
  REQUIRE_FALSE(d.broker.queries.empty());
  CHECK(d.broker.queries.back().scope == (1u | 4u));
  CHECK(d.broker.queries.back().since_ns < entry.abi.decided_ns);
  CHECK(d.broker.asked.back() == entry.client_id());
  SECTION("they come") {
    d.fill(entry, "1"_dec, entry.limit_px());
    d.tick();
    REQUIRE(d.broker.sent.size() == sent + 1);
    CHECK(d.last().qty() == "3"_dec);
    CHECK(d.incidents("FILLS_MISSING") == 0);
  }
  SECTION("they do not") {
    for (int i = 0; i < 3; ++i) CHECK_FALSE(d.tick());
    CHECK(d.broker.sent.size() == sent);
    CHECK(d.tick());
    CHECK(d.incidents("FILLS_MISSING") == 1);
    REQUIRE(d.broker.sent.size() == sent + 1);
    CHECK(d.last().purpose == Purpose::stop);
    CHECK(d.last().qty() == "2"_dec);
  }
}

TEST_CASE("rule 3.1: what the venue says was sold is not sold again by the clock, though its fills do not come") {
  Mute d;
  d.hold(0.05);
  d.price(d.m.btc, 10000);
  d.want(Purpose::exit, 0);
  const Intent sale = d.last();
  d.report(sale, BL_X_DONE, BL_S_CANCELLED, "3"_dec);
  const std::size_t sent = d.broker.sent.size();
  for (int i = 0; i < 60; ++i) d.tick();
  REQUIRE(d.broker.sent.size() == sent + 1);
  CHECK(d.last().qty() == d.held() - "3"_dec);
}

TEST_CASE("rule 3.3: a triggered stop that does not fill goes up the ladder after its time, with no price that comes") {
  Guarded d;
  const Intent stop = d.rests();
  d.report(stop, BL_X_ACCEPTED);
  d.quote(d.m.btc, 9500, 9510);  // at the stop, and then silence
  CHECK_FALSE(d.tick(29));
  CHECK(d.broker.cancelled.empty());
  CHECK(d.tick());
  CHECK(d.incidents("STOP_NOT_FILLED") == 1);
  REQUIRE(d.broker.cancelled.size() == 1);
  CHECK(d.broker.cancelled.back() == stop.client_id());
  d.report(stop, BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
  d.tick();
  CHECK(d.last().purpose == Purpose::stop);
  CHECK_FALSE(rests_as_stop(d.last()));
  CHECK(d.last().qty() == d.held());
}

TEST_CASE("rule 3.3: a stop that the venue did not take is tried again by the clock, later each time") {
  Guarded d;
  d.report(d.rests(), BL_X_REJECTED, BL_S_REJECTED);
  const std::size_t sent = d.broker.sent.size();
  CHECK_FALSE(d.tick());
  CHECK(d.tick());
  REQUIRE(d.broker.sent.size() == sent + 1);
  REQUIRE(rests_as_stop(d.last()));
  d.report(d.last(), BL_X_REJECTED, BL_S_REJECTED);
  for (int i = 0; i < 3; ++i) CHECK_FALSE(d.tick());
  CHECK(d.tick());
  REQUIRE(d.broker.sent.size() == sent + 2);
  d.report(d.last(), BL_X_ACCEPTED);
  CHECK(d.exec->stop_owner({1}) == services::StopOwner::venue);
  for (int i = 0; i < 30; ++i) CHECK_FALSE(d.tick());
}

TEST_CASE("rule 3.3: a cancel of a stop that the venue does not take is asked for once a second, not at each quote") {
  Guarded d;
  d.report(d.rests(), BL_X_ACCEPTED);
  d.now += 2 * second;
  REQUIRE(d.protect("97"_dec) == BL_OK);
  d.broker.takes_cancels = false;
  for (int i = 0; i < 20; ++i) {
    d.quote(d.m.btc, 9950, 9960);
    d.now += second / 10;
  }
  CHECK(d.incidents("CANCEL_FAILED") == 2);
  d.broker.takes_cancels = true;
  d.quote(d.m.btc, 9950, 9960);
  CHECK(d.broker.cancelled.size() == 1);
}

TEST_CASE("rule 2.3: an amendment without an answer is asked about by the clock") {
  Mute d;
  d.price(d.m.btc, 10000);
  services::TradeRequest order = d.request(Side::buy, "1"_dec);
  order.type = OrderType::limit;
  order.tif = TimeInForce::gtc;
  order.limit_px = "90"_dec;
  REQUIRE(d.exec->execute(order, d.now));
  const Intent placed = d.last();
  d.report(placed, BL_X_ACCEPTED);
  services::AmendRequest q;
  q.order = ClientOrderId(placed.client_id());
  q.terms.limit_px = "91"_dec;
  q.reason = "nearer";
  q.key = "a1";
  q.principal = "operator";
  REQUIRE(d.exec->amend(q, d.now));
  CHECK_FALSE(d.tick(29));
  CHECK(d.broker.asked.empty());
  CHECK(d.tick());
  REQUIRE(d.broker.asked.size() == 1);
  CHECK(d.broker.asked.back() == placed.client_id());
  CHECK_FALSE(d.tick());  // not each second
  CHECK(d.tick());
}
