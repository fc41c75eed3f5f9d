// A feed that is mute, and a clock that goes on: what is due is done between two steps (trading rules 1.5).
#include "unit/services/mute_desk.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using namespace bowline::test;

TEST_CASE("rule 1.5: a tick that nothing comes of leaves no row, no time and no question behind") {
  Mute d;
  d.hold(0.05);
  d.price(d.m.btc, 10000);
  d.step();
  const auto before = d.rows();
  const std::string was = all_facts(*d.exec, d.m);
  for (int i = 0; i < 100; ++i) CHECK_FALSE(d.tick());
  CHECK(d.rows() == before);
  CHECK(all_facts(*d.exec, d.m) == was);
  CHECK(d.broker.queries.empty());
  // The next bar is no later than it would have been.
  d.now -= 99 * second;
  REQUIRE(d.exec->ask_again({"look", "ops", "r"}, d.now));
  CHECK(d.exec->reconciliation().asked == d.now);
  d.want(Purpose::exit, 0);
  CHECK(d.last().abi.decided_ns == d.now);
}

TEST_CASE("rule 1.5: an entry whose end passes while the feed is mute is cancelled, and the tick stands in front of that") {
  Mute d;
  const Intent entry = d.resting();
  REQUIRE(entry.abi.expire_ns == d.now + 2 * bar_ns);
  CHECK_FALSE(d.tick(600));  // its time is over, and the venue has a moment to say so
  CHECK(d.broker.cancelled.empty());
  const std::size_t before = d.rows().size();
  CHECK(d.tick());
  REQUIRE(d.broker.cancelled.size() == 1);
  CHECK(d.broker.cancelled.back() == entry.client_id());
  const auto rows = d.rows();
  REQUIRE(rows.size() == before + 2);
  CHECK(rows[before] == "tick");
  CHECK(rows[before + 1] == "order");
  // Asked again later, not each second.
  for (int i = 0; i < 29; ++i) d.tick();
  CHECK(d.broker.cancelled.size() == 1);
  d.tick();
  CHECK(d.broker.cancelled.size() == 2);
}

TEST_CASE("rule 1.5: a venue that ends it by itself within a moment is asked nothing") {
  Mute d;
  const Intent entry = d.resting();
  d.tick(600);
  d.report(entry, BL_X_DONE, BL_S_EXPIRED, Decimal::zero());
  CHECK_FALSE(d.tick());
  CHECK(d.broker.cancelled.empty());
}

TEST_CASE("rule 1.5: a stop that has no end is cancelled after its time, and goes on up the ladder, with no bar and no quote") {
  Mute d;
  d.hold(0.05);
  d.price(d.m.btc, 10000);
  REQUIRE(d.protect("95"_dec) == BL_OK);
  d.price(d.m.btc, 9400);
  d.step();
  const Intent first = d.last();
  REQUIRE(first.purpose == Purpose::stop);
  d.report(first, BL_X_ACCEPTED);
  CHECK_FALSE(d.tick(29));
  CHECK(d.tick());
  REQUIRE(d.broker.cancelled.size() == 1);
  d.report(first, BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
  CHECK(d.tick());
  REQUIRE(d.last().client_id() != first.client_id());
  CHECK(d.last().limit_px() < first.limit_px());
}

TEST_CASE("rule 1.5: a price that no step acts on is held against the stop all the same") {
  Mute d;
  d.hold(0.05);
  d.price(d.m.btc, 10000);
  REQUIRE(d.protect("95"_dec) == BL_OK);
  d.step();
  d.price(d.m.btc, 9400);  // its step waits for other bars, or it came late
  const std::size_t sent = d.broker.sent.size();
  CHECK(d.tick());
  REQUIRE(d.broker.sent.size() == sent + 1);
  CHECK(d.last().purpose == Purpose::stop);
}

TEST_CASE("rule 1.5: bars of an older time than it is do not put time back: what they lead to is of now") {
  Mute d;
  const Intent entry = d.resting();
  CHECK(d.tick(601));  // its end is asked for
  const core::Nanos asked = d.now;
  d.report(entry, BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
  d.now -= 200 * second;
  d.price(d.m.btc, 10000);
  d.want(Purpose::entry, 0.05);
  REQUIRE(d.last().client_id() != entry.client_id());
  CHECK(d.last().abi.decided_ns == asked);
  CHECK(d.last().abi.not_after_ns > asked);
}

TEST_CASE("rule 1.5: a feed that is mute from a restart on is told as well") {
  services::ExecutionOptions o;
  o.mute_after = 2 * bar_ns;
  Mute d(o);
  static_cast<void>(d.resting());
  REQUIRE(d.journal->flush());
  d.exec.reset();
  d.journal.reset();
  o = d.options;
  Again again(d.dir / "journal.db", &o);
  again.exec->begin();
  again.exec->resume_orders();
  const auto tick = [&](core::Nanos on) {
    d.now += on;
    again.exec->tick_begins(d.now, false);
    again.exec->tick();
    again.exec->tick_ends();
    const auto& told = again.exec->counts().by_incident;
    return told.count("FEED_MUTE") != 0 ? told.at("FEED_MUTE") : 0;
  };
  CHECK(tick(second) == 0);
  CHECK(tick(599 * second) == 0);
  CHECK(tick(second) == 1);
  CHECK(tick(second) == 1);
}

TEST_CASE("rule 1.5: an exit keeps the time between two attempts, by the clock as well") {
  Mute d;
  d.hold(0.05);
  d.price(d.m.btc, 10000);
  d.want(Purpose::exit, 0);
  const Intent first = d.last();
  d.report(first, BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
  const std::size_t sent = d.broker.sent.size();
  CHECK_FALSE(d.tick(29));
  CHECK(d.broker.sent.size() == sent);
  CHECK(d.tick());
  CHECK(d.broker.sent.size() == sent + 1);
}

TEST_CASE("rule 1.5: an order without an answer is asked about while the feed is mute, until it is proved absent") {
  Mute d;
  d.broker.answer = services::HandOver::unknown;
  d.want(Purpose::entry, 0.05);
  d.broker.answer = services::HandOver::taken;
  const Intent entry = d.last();
  REQUIRE(d.state(entry) == OrderState::unknown);
  d.broker.asked.clear();
  for (int i = 0; i < 200 && d.state(entry) == OrderState::unknown; ++i) {
    d.tick();
    if (d.broker.asked.empty()) continue;
    d.broker.asked.clear();
    d.report(entry, BL_X_ABSENT);
  }
  CHECK(d.state(entry) == OrderState::not_placed);
  CHECK(d.ticks() > 2);
}

TEST_CASE("rule 1.5: periods of reconciliation go on, and a question that is overdue is given up and told") {
  services::ExecutionOptions o;
  o.orders_every = 60 * second;
  o.balances_every = 20 * second;
  Mute d(o);
  while (!d.exec->reconciled()) d.done(d.broker.queries.back().request);
  d.broker.queries.clear();
  CHECK_FALSE(d.tick(19));
  CHECK(d.tick());
  REQUIRE(d.broker.queries.size() == 1);
  CHECK(d.broker.queries.back().scope == (4 | 8));
  d.done(d.broker.queries.back().request);
  d.tick(20);
  d.done(d.broker.queries.back().request);
  d.tick(20);
  CHECK(d.broker.queries.back().scope == (2 | 4 | 8 | 16));
  const std::size_t asked = d.broker.queries.size();
  CHECK_FALSE(d.tick(59));  // where time is real a minute is enough, however long a bar is
  CHECK(d.incidents("RECONCILE_INCOMPLETE") == 0);
  CHECK(d.tick(1));
  CHECK(d.incidents("RECONCILE_INCOMPLETE") == 1);
  CHECK(d.broker.queries.size() == asked + 1);
}

TEST_CASE("rule 1.5: what is heard of balances between two steps is not held against the ledger by the clock") {
  Mute d;
  bl_balance_ev b{};
  b.h.size = sizeof b;
  b.h.type = BL_EV_BALANCE;
  b.asset = d.m.usd.value;
  b.total = "9000"_dec.raw();
  d.exec->on_broker_event(b.h);
  for (int i = 0; i < 10; ++i) CHECK_FALSE(d.tick());
  CHECK(d.broker.queries.empty());
}

TEST_CASE("rule 1.5: silence is told once, and only where something is at stake") {
  services::ExecutionOptions o;
  o.mute_after = 2 * bar_ns;
  Mute d(o);
  CHECK_FALSE(d.tick(700));
  CHECK(d.incidents("FEED_MUTE") == 0);
  d.price(d.m.btc, 10000);
  static_cast<void>(d.resting());
  CHECK_FALSE(d.tick(599));
  CHECK(d.tick());
  CHECK(d.incidents("FEED_MUTE") == 1);
  d.tick();
  d.tick();
  CHECK(d.incidents("FEED_MUTE") == 1);
  d.price(d.m.btc, 10000);
  d.tick(600);
  CHECK(d.incidents("FEED_MUTE") == 2);
}

TEST_CASE("rule 1.5: a product that is held and of which nothing comes while others go on is told, once") {
  services::ExecutionOptions o;
  o.mute_after = 2 * bar_ns;
  Mute d(o);
  d.hold(0.05);
  d.price(d.m.btc, 10000);
  for (int i = 0; i < 9; ++i) {
    d.tick(60);
    d.quote(d.m.bnb, 10000, 10002);
  }
  CHECK(d.incidents("PRODUCT_MUTE") == 0);
  for (int i = 0; i < 9; ++i) {
    d.tick(60);
    d.quote(d.m.bnb, 10000, 10002);
  }
  CHECK(d.incidents("PRODUCT_MUTE") == 1);
  CHECK(d.incidents("FEED_MUTE") == 0);
  d.price(d.m.btc, 10000);
  d.tick(60);
  CHECK(d.incidents("PRODUCT_MUTE") == 1);
}

TEST_CASE("rule 3.3: a position without a stop is told by the clock as well") {
  services::ExecutionOptions o;
  o.unprotected_after = 20 * 60 * second;
  Mute d(o);
  d.hold(0.05);  // ten minutes pass
  d.price(d.m.btc, 10000);
  d.step();
  CHECK(d.incidents("POSITION_UNPROTECTED") == 0);
  CHECK(d.tick(20 * 60));
  CHECK(d.incidents("POSITION_UNPROTECTED") == 1);
  CHECK_FALSE(d.tick());
}

TEST_CASE("rule 3.4: what rests against a state is asked to be cancelled again by the clock") {
  Mute d;
  static_cast<void>(d.resting());
  d.broker.takes_cancels = false;
  REQUIRE(d.exec->set_trading_state({{}, TradingState::reducing, false, "why", "ops", "r"}, d.now));
  d.broker.takes_cancels = true;
  CHECK(d.broker.cancelled.empty());
  CHECK_FALSE(d.tick(4));
  CHECK(d.tick());
  CHECK(d.broker.cancelled.size() == 1);
}

TEST_CASE("rule 1.5: the clock buys nothing") {
  Mute d;
  d.hold(0.05);
  d.price(d.m.btc, 10000);
  d.want(std::vector{d.target(Purpose::rebalance, 0.2)}, true);
  d.report(d.last(), BL_X_REJECTED, BL_S_REJECTED);
  const std::size_t sent = d.broker.sent.size();
  for (int i = 0; i < 20; ++i) d.tick(30);
  CHECK(d.broker.sent.size() == sent);
}

TEST_CASE("rule 1.5: a recorded tick, time that moved, and the latch's look have the place at which they came") {
  Mute d;
  d.price(d.m.btc, 10000);
  d.step();
  d.exec->tick_begins(d.now + second, true);
  d.exec->tick();
  CHECK(d.exec->tick_ends());
  d.exec->time_moved(d.now + 2 * second);
  static_cast<void>(d.resting());
  d.exec->keep_off_again(d.now + 3 * second);
  REQUIRE(d.journal->flush().ok());
  std::vector<store::TickRow> ticks;
  REQUIRE(d.journal->each([&ticks](const store::JournalRow& r) -> Result<void> {
    if (r.kind == "tick") ticks.push_back(*store::read_tick(r.payload));
    return {};
  }));
  REQUIRE(ticks.size() == 3);
  using Of = store::TickRow::Of;
  CHECK(ticks[0].of == Of::clock);
  CHECK(ticks[1].of == Of::time);
  CHECK(ticks[2].of == Of::latch);
  CHECK(ticks[0].place.at == d.now + second);
  CHECK(ticks[0].place.heard == d.exec->heard());
  CHECK(ticks[0].place.steps + 1 == d.exec->steps());
  CHECK(ticks[2].place.steps == d.exec->steps());
}
