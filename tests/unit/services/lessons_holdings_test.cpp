// What other trading systems' users lost money to, by the numbers of the list it was gathered in: each is a rule here.
// Lessons 10 to 20: what is held, and how it is sold. Lesson 18 has more tests beside the order table, in tests/unit/core.
#include "unit/services/resting_desk.hpp"
#include "unit/services/venue_word.hpp"

using namespace bowline;
using namespace bowline::test;
using core::OrderState;
using core::Purpose;

TEST_CASE("lesson 10: reconciliation ends: after so many answers that an order is not there it is given up, and asked about no more") {
  Desk d;
  d.broker.answer = services::HandOver::unknown;
  d.want(Purpose::entry, 0.05);
  d.broker.answer = services::HandOver::taken;
  for (int i = 0; i < 20; ++i) {
    d.now += bar_ns;
    if (d.state(d.broker.sent.front()) == OrderState::unknown) d.report(d.broker.sent.front(), BL_X_ABSENT, BL_S_UNKNOWN);
    d.step();
  }
  CHECK(d.state(d.broker.sent.front()) == OrderState::not_placed);
  CHECK(d.broker.asked.size() < 10);
  const std::size_t asked = d.broker.asked.size();
  for (int i = 0; i < 20; ++i) {
    d.now += bar_ns;
    d.step();
  }
  CHECK(d.broker.asked.size() == asked);
}

TEST_CASE("lesson 10: what can't be brought together is quarantined and told, and nobody but a person takes it out again") {
  Begun d;
  std::size_t answered = 0;
  std::function<void(const bl_query&)> word;
  const auto next = [&] {  // a bar, and each question has its answer
    d.now += bar_ns;
    d.price(d.m.btc, 10000);
    d.price(d.m.bnb, 10000);
    d.step();
    while (answered < d.broker.queries.size()) {
      REQUIRE(answered < 200);  // it is asked without end
      const bl_query q = d.broker.queries[answered++];
      word(q);
      d.done(q.request);
    }
  };
  std::string code;
  SECTION("an order that the venue had acknowledged, and does not know however often it is asked") {
    code = "ORDER_GONE";
    const core::Intent entry = d.resting();
    bl_exec absent = d.exec_of(entry, BL_S_UNKNOWN, Decimal::not_set());
    absent.kind = BL_X_ABSENT;
    word = [&d, absent](const bl_query& q) mutable {
      if ((q.scope & 1u) != 0) d.say(absent.h);
    };
    d.exec->on_broker_event(absent.h);
    for (int i = 0; i < 10; ++i) next();
    CHECK(core::is_terminal(d.state(entry)));
  }
  SECTION("a balance that is another one each time it is asked for") {
    code = "BALANCE_UNEXPLAINED";
    word = [&d, n = 0](const bl_query& q) mutable {
      if ((q.scope & 8u) != 0) d.say_balance(d.m.btc_asset, Decimal::from_int(++n));
    };
    REQUIRE(d.exec->ask_venue());
    for (int i = 0; i < 10; ++i) next();
  }
  // Told, and after a few answers asked about no more.
  CHECK(d.incidents(code) >= 1);
  const std::uint64_t told = d.exec->counts().incidents;
  const std::size_t asked = d.broker.queries.size(), sent = d.broker.sent.size();
  CHECK(asked < 10);
  for (int i = 0; i < 20; ++i) next();
  CHECK(d.broker.queries.size() == asked);
  CHECK(d.exec->counts().incidents == told);
  // Quarantined, whatever time passes.
  REQUIRE(d.exec->blocked(d.m.btc));
  CHECK(d.exec->blocks().reasons(d.m.btc).front().code == code);
  d.want(Purpose::entry, 0.05);
  CHECK(d.broker.sent.size() == sent);
  // A person's word.
  REQUIRE(d.exec->resume(d.now, "operator", "looked at", "r1"));
  CHECK_FALSE(d.exec->blocked(d.m.btc));
  d.want(Purpose::entry, 0.05);
  CHECK(d.broker.sent.size() == sent + 1);
}

TEST_CASE("lesson 11: what is held is known from our own journal, though the venue remembers no fill of that time") {
  StoreFolder dir;
  std::string before;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    d.hold(0.05);
    d.exec->settle(d.now);
    before = facts(*d.exec, d.m);
  }
  Again a(dir / "j");
  a.broker.answers = false;
  CHECK(facts(*a.exec, a.m) == before);
  a.now = start_ns + 2880 * bar_ns;  // ten days later
  a.price(a.m.btc, 10000);
  a.want(Purpose::exit, 0);
  REQUIRE(a.broker.sent.size() == 1);
  CHECK(a.last().qty() == a.exec->portfolio().position({1}).qty);
}

TEST_CASE("lesson 12: a working order is evidence of its own: fills that do not add up block its product and never drop the order") {
  Desk d;
  const core::Intent entry = d.resting();
  REQUIRE(d.exec->ask_venue().ok());
  d.report(entry, BL_X_SNAPSHOT, BL_S_OPEN, "0.1"_dec);  // a part has filled, and no fill is told
  bl_done done{};
  done.h.size = sizeof done;
  done.h.type = BL_EV_DONE;
  done.request = 1;
  done.complete = 1;
  d.exec->on_broker_event(done.h);
  CHECK(d.exec->blocked(d.m.btc));
  CHECK(d.exec->counts().by_incident.count("FILLS_MISSING") == 1);
  CHECK(d.exec->orders().working().size() == 1);
  CHECK_FALSE(core::is_terminal(d.state(entry)));
}

TEST_CASE("lesson 13: a fill belongs to the order whose id it names, whenever it comes") {
  Desk d;
  const core::Intent old = d.resting();
  d.report(old, BL_X_DONE, BL_S_EXPIRED);
  d.now += 3 * bar_ns;
  d.price(d.m.btc, 10000);
  d.want(Purpose::entry, 0.05);
  const core::Intent young = d.last();
  REQUIRE(young.client_id() != old.client_id());
  d.fill(old, old.qty(), old.limit_px());  // three bars late, while the other one rests
  const auto find = [&d](const core::Intent& i) { return d.exec->orders().find(core::ClientOrderId(i.client_id())); };
  CHECK(find(old)->cum_qty == old.qty());
  CHECK(find(young)->cum_qty.is_zero());
  CHECK(d.exec->portfolio().position({1}).qty == old.qty());
}

TEST_CASE("lesson 14: an exit stops at zero: sold once, told twice or not at all, nothing more is sold") {
  Desk d;
  d.hold(0.05);
  d.price(d.m.btc, 10000);
  d.want(Purpose::exit, 0);
  const core::Intent sale = d.last();
  const bl_fill told = d.fill_of(sale, sale.qty(), "100"_dec, "x1");
  SECTION("told twice") {
    d.exec->on_broker_event(told.h);
    d.exec->on_broker_event(told.h);
    CHECK(d.exec->portfolio().position({1}).qty.is_zero());
  }
  SECTION("its end without its fill") { d.report(sale, BL_X_DONE, BL_S_FILLED, sale.qty()); }
  const std::size_t sent = d.broker.sent.size();
  for (int i = 0; i < 20; ++i) {
    d.now += bar_ns;
    d.price(d.m.btc, 10000);
    d.want(Purpose::exit, 0);
  }
  CHECK(d.broker.sent.size() == sent);
}

TEST_CASE("lesson 18: parts add up as they come, each is held at once, and the rest of a cancelled exit is sold") {
  Desk d;
  d.want(Purpose::entry, 0.05);
  const core::Intent entry = d.last();
  const Decimal step = d.m.table[{1}].rules.base_step;
  Decimal sum = Decimal::zero();
  for (const char* part : {"0.3", "0.3", "0.3"}) {
    const Decimal qty = floor_to(mul(entry.qty(), Decimal::parse(part).value(), Rounding::down), step);
    d.fill(entry, qty, entry.limit_px());
    sum = sum + qty;
    CHECK(d.exec->portfolio().position({1}).qty == sum);
    CHECK(d.state(entry) == OrderState::partially_filled);
  }
  d.fill(entry, entry.qty() - sum, entry.limit_px());
  CHECK(d.state(entry) == OrderState::filled);
  d.now += 2 * bar_ns;
  d.price(d.m.btc, 10000);
  d.want(Purpose::exit, 0);
  const core::Intent sale = d.last();
  const Decimal half = floor_to(mul(sale.qty(), "0.5"_dec, Rounding::down), step);
  d.fill(sale, half, "100"_dec);
  d.report(sale, BL_X_DONE, BL_S_CANCELLED, half);
  d.now += bar_ns;
  d.price(d.m.btc, 10000);
  d.step();
  CHECK(d.last().client_id() != sale.client_id());
  CHECK(d.last().qty() == entry.qty() - half);
}

TEST_CASE("lesson 19: a fee in the coin that was bought leaves dust, which is told as such and asked to be sold once, not for ever") {
  Desk d;
  d.want(Purpose::entry, 0.05);
  const core::Intent entry = d.last();
  bl_fill f = d.fill_of(entry, entry.qty(), entry.limit_px(), "b1");
  f.fee = "0.000000003"_dec.raw();
  f.fee_asset = d.m.table[{1}].base.value;
  d.exec->on_broker_event(f.h);
  const Decimal held = d.exec->portfolio().position({1}).qty;
  REQUIRE(held == entry.qty() - "0.000000003"_dec);
  d.now += 2 * bar_ns;
  d.price(d.m.btc, 10000);
  d.want(Purpose::exit, 0);
  const core::Intent sale = d.last();
  CHECK(sale.qty() == floor_to(held, d.m.table[{1}].rules.base_step));
  d.fill(sale, sale.qty(), "100"_dec);
  CHECK(d.exec->portfolio().position({1}).qty.is_positive());
  CHECK(d.exec->portfolio().dust({1}));
  const std::size_t sent = d.broker.sent.size();
  for (int i = 0; i < 20; ++i) {
    d.now += bar_ns;
    d.price(d.m.btc, 10000);
    d.want(Purpose::exit, 0);
  }
  CHECK(d.broker.sent.size() == sent);
}

TEST_CASE("lesson 13: the fill of an old position's stop is that stop's, and the next position keeps its own") {
  RestingDesk d;
  const core::Intent old = d.protected_five();
  d.want(Purpose::exit, 0);
  d.gone(old);
  d.fill(d.last(), "5"_dec, "99.9"_dec);
  REQUIRE(d.held().is_zero());
  d.now += 20 * bar_ns;
  d.price(d.m.btc, 10000);
  d.hold(0.05);
  d.price(d.m.btc, 10000);
  REQUIRE(d.protect("96"_dec) == BL_OK);
  d.step();
  const Decimal all = d.held();
  const core::Intent young = d.stop_sent(all, "96"_dec);
  d.accept(young);
  d.fill(old, "1"_dec, "94.9"_dec);  // told at last: cancelled it was not whole
  CHECK(d.exec->orders().find(core::ClientOrderId(old.client_id()))->cum_qty == "1"_dec);
  CHECK(d.exec->orders().find(core::ClientOrderId(young.client_id()))->cum_qty.is_zero());
  CHECK(d.held() == all - "1"_dec);
  d.now += 2 * second_ns;
  d.step();
  CHECK(d.cancelled(young));  // it would sell what is not held any more
}

TEST_CASE("lesson 18: a stop that sold a part and was cancelled leaves a rest that is sold, to the step and no further") {
  RestingDesk d;
  const core::Intent stop = d.protected_five();
  d.fill(stop, "1.2345"_dec, "94.9"_dec);
  d.price(d.m.btc, 9300);
  d.now += bar_ns;
  d.step();  // in its time it did not fill whole
  REQUIRE(d.cancelled(stop));
  d.gone(stop, "1.2345"_dec);
  CHECK(d.last().purpose == Purpose::stop);
  CHECK(d.last().qty() == "3.7655"_dec);
  d.fill(d.last(), "3.7655"_dec, "92.5"_dec);
  CHECK(d.held().is_zero());
}

TEST_CASE("lesson 20: replacing a stop leaves no naked window: the host watches, the window is bounded, and a stop that fails is said aloud") {
  RestingDesk d;
  d.options.unprotected_after = bar_ns;
  d.use({});
  const core::Intent old = d.protected_five();
  REQUIRE(d.protect("97"_dec) == BL_OK);
  d.step();
  REQUIRE(d.cancelled(old));
  SECTION("the window: the price falls while the cancel is on its way") {
    ++d.now;
    d.quote(d.m.btc, 9600, 9610);
    d.gone(old);
    CHECK(d.last().purpose == Purpose::stop);
    CHECK_FALSE(core::rests_as_stop(d.last()));
  }
  SECTION("bounded: with the end of the old one the new one goes out in the same moment") {
    const core::Nanos then = d.now;
    d.gone(old);
    CHECK(d.stop_sent("5"_dec, "97"_dec).abi.decided_ns == then);
  }
  SECTION("the new one is not taken: an incident at once") {
    d.gone(old);
    d.report(d.last(), BL_X_REJECTED, BL_S_REJECTED);
    CHECK(d.incidents("STOP_NOT_RESTING") == 1);
    CHECK(d.exec->stop_px({1}) == "97"_dec);
    d.price(d.m.btc, 9600);
    d.now += second_ns;
    d.step();
    CHECK(d.last().purpose == Purpose::stop);
  }
  SECTION("the venue says nothing of the new one, nor of its cancel: told when it has been so for too long, once; its end is asked for before anything is sold beside it") {
    d.gone(old);
    const bool cancelled = GENERATE(false, true);
    if (cancelled) {
      d.report(d.last(), BL_X_ACCEPTED);
      REQUIRE(d.protect("98"_dec) == BL_OK);
      d.now += second_ns;
      d.step();
      CHECK(d.incidents("STOP_NOT_RESTING") == 0);
    }
    for (int i = 0; i < 4; ++i) {
      d.now += bar_ns;
      d.price(d.m.btc, 10000);
      d.step();
    }
    CHECK(d.incidents("STOP_NOT_RESTING") == 1);
    const core::Intent silent = d.last();
    ++d.now;
    d.quote(d.m.btc, 9600, 9610);
    CHECK(d.cancelled(silent));
    d.gone(silent);
    CHECK(d.last().purpose == Purpose::stop);
    CHECK_FALSE(core::rests_as_stop(d.last()));
  }
  SECTION("nobody wants a stop at all: unprotected, and an incident when it has been so for too long, once") {
    RestingDesk bare;
    bare.options.unprotected_after = 3 * bar_ns;
    bare.use({});
    bare.hold(0.05);  // two bars
    bare.price(bare.m.btc, 10000);
    bare.step();
    CHECK(bare.incidents("POSITION_UNPROTECTED") == 0);
    for (int i = 0; i < 3; ++i) {
      bare.now += bar_ns;
      bare.price(bare.m.btc, 10000);
      bare.step();
      CHECK(bare.incidents("POSITION_UNPROTECTED") == 1);
    }
  }
  SECTION("a venue that ends the new one each time: told once, and the host watches") {
    d.gone(old);
    d.report(d.last(), BL_X_DONE, BL_S_EXPIRED, Decimal::zero());  // a venue that ends what should stay
    for (int i = 0; i < 4; ++i) {
      d.now += bar_ns;
      d.price(d.m.btc, 10000);
      d.step();
      if (core::rests_as_stop(d.last()) && !core::is_terminal(d.state(d.last()))) d.report(d.last(), BL_X_DONE, BL_S_EXPIRED, Decimal::zero());
    }
    CHECK(d.incidents("STOP_NOT_RESTING") == 1);
    CHECK(d.exec->stop_px({1}) == "97"_dec);
    ++d.now;
    d.quote(d.m.btc, 9600, 9610);
    CHECK(d.last().purpose == Purpose::stop);
    CHECK_FALSE(core::rests_as_stop(d.last()));
  }
}
