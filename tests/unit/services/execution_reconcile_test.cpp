#include "unit/services/again.hpp"

using namespace bowline;
using namespace bowline::test;
using core::OrderState;
using core::Purpose;

TEST_CASE("rule 2.3: a venue that does not know what it had acknowledged is not believed: the product is blocked, the order works on") {
  Desk d;
  const core::Intent entry = d.resting();
  REQUIRE(d.state(entry) == OrderState::open);
  d.report(entry, BL_X_ABSENT, BL_S_UNKNOWN);
  CHECK(d.exec->counts().by_incident.count("ORDER_GONE") == 1);
  CHECK(d.exec->blocked(d.m.btc));
  CHECK_FALSE(core::is_terminal(d.state(entry)));
}

TEST_CASE("rule 4.4: after a restart an answer of what is still to come is held back until engine time reaches it") {
  StoreFolder dir;
  core::Intent entry = core::blank_intent();
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    entry = d.resting();
    d.exec->settle(d.now);
  }
  Again a(dir / "j");
  services::ExecutionOptions o;
  o.min_trade = "0.005"_dec;
  o.time_by_data = true;
  a.exec = std::make_unique<services::Execution>(o, a.m.table, a.m.usd, "0.0005"_dec, std::vector<std::unique_ptr<core::RiskRule>>{},
                                                 core::FloorLimits{}, a.broker, *a.journal, a.sink);
  REQUIRE(a.journal->each([&a](const store::JournalRow& row) { return a.exec->restore(row); }).ok());
  a.exec->restored();
  // The venue filled it two bars from where this process goes on: it had been told, and was lost.
  bl_fill told = a.fill_of(entry, entry.qty(), entry.limit_px(), "f1");
  told.h.flags = 2;  // an answer
  told.h.ts_event = start_ns + 2 * bar_ns;
  told.h.ts_recv = start_ns;
  a.exec->on_broker_event(told.h);
  CHECK(a.exec->portfolio().position({1}).qty.is_zero());
  a.exec->release(start_ns + bar_ns);
  CHECK(a.exec->portfolio().position({1}).qty.is_zero());
  a.exec->release(start_ns + 2 * bar_ns);
  CHECK(a.exec->portfolio().position({1}).qty == entry.qty());
  CHECK(a.exec->orders().find(core::ClientOrderId(entry.client_id()))->state == OrderState::filled);
}

TEST_CASE("rule 2.3: absent is proved over a time, however often it was asked within a moment") {
  Desk d;
  d.want(Purpose::entry, 0.05);
  const core::Intent i = d.last();
  d.report(i, BL_X_UNKNOWN, BL_S_UNKNOWN);
  for (int n = 0; n < 10; ++n) {
    d.report(i, BL_X_ABSENT, BL_S_UNKNOWN);
    d.now += 2'000'000'000;
    d.step();
  }
  CHECK(d.state(i) == OrderState::unknown);
  d.now += 60'000'000'000;
  d.report(i, BL_X_ABSENT, BL_S_UNKNOWN);
  d.step();
  CHECK(d.state(i) == OrderState::not_placed);
}

TEST_CASE("rule 2.3: an acknowledged order that the venue does not know any more ends in time, is never sent again, and holds no exit up") {
  StoreFolder dir;
  Desk d({}, "10000"_dec, opened(dir / "j"));
  d.hold(0.02);
  const core::Intent entry = d.resting();
  const std::size_t sent = d.broker.sent.size();
  d.report(entry, BL_X_ABSENT, BL_S_UNKNOWN);
  CHECK(d.exec->blocked(d.m.btc));
  for (int n = 0; n < 4; ++n) {
    d.now += bar_ns;
    d.price(d.m.btc, 10000);
    d.want(Purpose::exit, 0);
    if (!core::is_terminal(d.state(entry))) d.report(entry, BL_X_ABSENT, BL_S_UNKNOWN);
  }
  CHECK(core::is_terminal(d.state(entry)));
  CHECK(d.exec->blocked(d.m.btc));  // somebody has to look
  REQUIRE(d.broker.sent.size() == sent + 1);
  CHECK(d.last().side() == core::Side::sell);
}

TEST_CASE("rule 2.3: what is on its way to the venue and not there yet blocks nothing") {
  Desk d;
  d.want(Purpose::entry, 0.05);
  const core::Intent i = d.last();
  REQUIRE(d.state(i) == OrderState::submitted);
  d.report(i, BL_X_ABSENT, BL_S_UNKNOWN);
  CHECK_FALSE(d.exec->blocked(d.m.btc));
  d.report(i, BL_X_ACCEPTED);
  CHECK(d.state(i) == OrderState::open);
  for (int n = 0; n < 5; ++n) {
    d.now += bar_ns;
    d.step();
  }
  CHECK(d.state(i) == OrderState::open);
}

TEST_CASE("rule 2.3: what counted as never placed and is acknowledged, or filled in part, after all is cancelled") {
  for (const bool by_fill : {false, true}) {
    Desk d;
    d.want(Purpose::entry, 0.05);
    const core::Intent i = d.last();
    d.report(i, BL_X_UNKNOWN, BL_S_UNKNOWN);
    for (int n = 0; n < 5; ++n) {
      d.now += bar_ns;
      d.step();
      if (d.state(i) == OrderState::unknown) d.report(i, BL_X_ABSENT, BL_S_UNKNOWN);
    }
    REQUIRE(d.state(i) == OrderState::not_placed);
    if (by_fill) d.fill(i, "1"_dec, i.limit_px());
    else d.report(i, BL_X_ACCEPTED);
    CHECK(d.broker.cancelled == std::vector<std::string>{std::string(i.client_id())});
    CHECK(d.exec->blocked(d.m.btc));
    if (by_fill) CHECK(d.exec->portfolio().position(d.m.btc).qty == "1"_dec);
  }
}

TEST_CASE("rule 3.1: what an ended order owes in fills outlives the process: it is not sold again, and it is asked for") {
  StoreFolder dir;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    d.hold(0.05);
    d.price(d.m.btc, 10000);
    d.want(Purpose::exit, 0);
    const core::Intent sale = d.last();
    d.fill(sale, "3"_dec, "99"_dec);
    d.report(sale, BL_X_DONE, BL_S_FILLED, sale.qty());  // two more were sold, and nobody told
    d.now += bar_ns;
    d.step();
    d.now += bar_ns;
    d.step();
    d.broker.queries.clear();
    d.now += bar_ns;
    d.exec->begin();
    d.step();
    CHECK_FALSE(d.broker.queries.empty());
    CHECK(d.exec->counts().by_incident.count("FILLS_MISSING") == 1);
  }
  Again a(dir / "j");
  REQUIRE(a.exec->portfolio().position(a.m.btc).qty == "2"_dec);
  a.exec->resume_orders();
  a.now = start_ns + 20 * bar_ns;
  a.price(a.m.btc, 9000);
  a.want(Purpose::exit, 0);
  a.want(Purpose::stop, 0);
  for (const core::Intent& i : a.broker.sent) CHECK(i.side() == core::Side::buy);
  CHECK(a.exec->blocked(a.m.btc));
}

TEST_CASE("rule 3.2: a SELL that is said again each bar goes on with the ladder, in this process and the next") {
  StoreFolder dir;
  std::vector<Decimal> limits;
  const auto bar = [&limits](Desk& d) {
    d.now += bar_ns;
    d.price(d.m.btc, 10000);
    d.want(Purpose::exit, 0);
    limits.push_back(d.last().type() == core::OrderType::market ? Decimal::zero() : d.last().limit_px());
    d.report(d.last(), BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
  };
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    d.hold(0.05);
    bar(d);
    bar(d);
    d.exec->settle(d.now);
  }
  Again a(dir / "j");
  a.exec->resume_orders();
  a.now = start_ns + 20 * bar_ns;
  bar(a);
  bar(a);
  REQUIRE(limits.size() == 4);
  CHECK(limits[1] < limits[0]);
  CHECK(limits[2] < limits[1]);
  CHECK(limits[3].is_zero());
}
