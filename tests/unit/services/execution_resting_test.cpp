// Stops that rest at the venue (trading rules 3.3, 3.4, 3.6, 3.7).
#include "services/trade_execution/latched_broker.hpp"
#include "store/halt_latch.hpp"
#include "unit/services/resting_desk.hpp"

using namespace bowline;
using namespace bowline::test;
using core::Intent;
using core::OrderState;
using core::OrderType;
using core::Purpose;
using core::Side;
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

// ---- the exit's sequence ----------------------------------------------------------------------------------------------------

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

// ---- states, emergencies, the latch ------------------------------------------------------------------------------------------

TEST_CASE("rule 3.4: no state and no lock cancels a protective order, and POST /emergency/stop does not") {
  RestingDesk d;
  const Intent stop = d.protected_five();
  services::StateRequest q;
  q.reason = "test";
  q.principal = "operator";
  const auto stays = [&] {
    d.now += bar_ns;
    d.price(d.m.btc, 10000);
    d.step();
    CHECK(d.broker.cancelled.empty());
    CHECK(d.state(stop) == OrderState::open);
    CHECK(d.exec->stop_owner({1}) == StopOwner::venue);
  };
  SECTION("reducing") {
    q.state = core::TradingState::reducing;
    REQUIRE(d.exec->set_trading_state(q, d.now));
    stays();
  }
  SECTION("halted: a strategy's exit does not take it off either") {
    q.state = core::TradingState::halted;
    REQUIRE(d.exec->set_trading_state(q, d.now));
    stays();
    d.want(Purpose::exit, 0);
    stays();
    CHECK(d.why("STATE_HALTED") >= 1);
    d.want(Purpose::rebalance, 0.01);
    stays();
  }
  SECTION("halted, of the product alone, and locked") {
    q.state = core::TradingState::halted;
    q.instrument = d.m.btc;
    REQUIRE(d.exec->set_trading_state(q, d.now));
    services::LockRequest l;
    l.instrument = d.m.btc;
    l.reason = l.principal = "operator";
    REQUIRE(d.exec->lock(l, d.now));
    stays();
  }
  SECTION("the emergency stop") {
    const services::Cancels c = d.exec->emergency_stop(d.now, "operator", "test", "");
    CHECK(c.asked == 0);
    stays();
    REQUIRE(d.protect("97"_dec) == BL_OK);  // and it is still followed
    d.step();
    REQUIRE(d.cancelled(stop));
    d.gone(stop);
    d.stop_sent("5"_dec, "97"_dec);
  }
  SECTION("freeze: it rests as it is, since none could be made anew") {
    q.state = core::TradingState::halted;
    q.freeze = true;
    REQUIRE(d.exec->set_trading_state(q, d.now));
    REQUIRE(d.protect("97"_dec) == BL_OK);
    stays();
    d.want(Purpose::exit, 0);
    stays();
  }
}

TEST_CASE("rule 3.6: liquidation cancels the protective order, and sells when its end is known") {
  RestingDesk d;
  const Intent stop = d.protected_five();
  services::LiquidationRequest q;
  q.id = "e1";
  q.reason = q.principal = "operator";
  bool replayed = false;
  REQUIRE(d.exec->liquidate(q, d.now, replayed));
  REQUIRE(d.cancelled(stop));
  d.broker.answers = false;  // nothing is listed: it goes on all the same
  for (int i = 0; i < 400; ++i) static_cast<void>(d.exec->look_at_liquidation(d.now));
  CHECK(d.broker.sent.size() == 2);
  d.gone(stop, "1"_dec);
  d.fill(stop, "1"_dec, "94.9"_dec);
  for (int i = 0; i < 400; ++i) static_cast<void>(d.exec->look_at_liquidation(d.now));
  REQUIRE(d.broker.sent.size() == 3);
  CHECK(d.last().purpose == Purpose::emergency);
  CHECK(d.last().qty() == "4"_dec);
  d.step();
  CHECK(d.broker.sent.size() == 3);  // no new stop beside it
}

TEST_CASE("rule 3.7: bowline-panic stop keeps the protective order, and under the latch it is still replaced") {
  StoreFolder dir;
  const store::HaltLatch latch(dir.path());
  RestingDesk d;
  services::LatchedBroker latched(d.broker, latch);
  d.exec = std::make_unique<services::Execution>(d.options, d.m.table, d.m.usd, "0.0005"_dec, std::vector<std::unique_ptr<core::RiskRule>>{},
                                                 core::FloorLimits{}, latched, *d.journal, d.sink);
  bl_balance_ev cash{};
  cash.h.size = sizeof cash;
  cash.h.type = BL_EV_BALANCE;
  cash.asset = d.m.usd.value;
  cash.total = "10000"_dec.raw();
  d.exec->on_broker_event(cash.h);
  d.price(d.m.btc, 10000);
  d.exec->obey(latch);
  const Intent stop = d.protected_five();
  store::Halt halt;
  halt.who = "panic";
  REQUIRE(latch.engage(halt));
  CHECK(d.exec->look_at_latch(d.now));
  CHECK(d.exec->state() == core::TradingState::halted);
  d.step();
  CHECK(d.broker.cancelled.empty());
  REQUIRE(d.protect("97"_dec) == BL_OK);
  d.step();
  REQUIRE(d.cancelled(stop));
  d.gone(stop);
  d.stop_sent("5"_dec, "97"_dec);
  CHECK(d.state(d.last()) == OrderState::submitted);  // it left
}

TEST_CASE("rule 3.7: a protective order that somebody else cancels halts everything, and is placed again") {
  RestingDesk d;
  const Intent stop = d.protected_five();
  bl_exec e{};
  e.h.size = sizeof e;
  e.h.type = BL_EV_EXEC;
  e.h.instrument = 1;
  e.h.ts_event = e.h.ts_recv = d.now;
  put_text(e.client_id, stop.client_id());
  put_text(e.venue_id, "v1");
  e.side = BL_SELL;
  e.kind = BL_X_DONE;
  e.state = BL_S_CANCELLED;
  e.qty = stop.abi.qty;
  e.quote_qty = e.limit_px = e.stop_px = Decimal::not_set().raw();
  e.cum_qty = Decimal::zero().raw();
  d.exec->on_broker_event(e.h);
  CHECK(d.incidents("ORDER_CANCELLED_ELSEWHERE") == 1);
  CHECK(d.exec->state() == core::TradingState::halted);
  REQUIRE(d.broker.sent.size() == 3);
  d.stop_sent("5"_dec, "95"_dec);
}

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
