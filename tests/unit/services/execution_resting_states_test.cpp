// A stop that rests at the venue in every state, in an emergency and under the latch (trading rules 3.4, 3.6, 3.7).
#include "services/trade_execution/latched_broker.hpp"
#include "store/halt_latch.hpp"
#include "unit/services/resting_desk.hpp"

using namespace bowline;
using namespace bowline::test;
using core::Intent;
using core::OrderState;
using core::Purpose;
using services::StopOwner;

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
