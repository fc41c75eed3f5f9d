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

namespace {

/// The venue's word of a balance.
void tell_hold(Desk& d, core::AssetId asset, Decimal total, Decimal hold) {
  bl_balance_ev b{};
  b.h.size = sizeof b;
  b.h.type = BL_EV_BALANCE;
  b.h.ts_event = b.h.ts_recv = d.now;
  b.asset = asset.value;
  b.total = total.raw();
  b.hold = hold.raw();
  d.exec->on_broker_event(b.h);
}

/// Bars in which the venue says that it does not have the order; `beside`: what it says then, too.
void absent_for(Desk& d, const core::Intent& order, int bars, const std::function<void()>& beside = {}) {
  for (int n = 0; n < bars; ++n) {
    d.now += bar_ns;
    d.price(d.m.btc, 10000);
    if (!core::is_terminal(d.state(order))) d.report(order, BL_X_ABSENT, BL_S_UNKNOWN);
    if (beside) beside();
    d.step();
  }
}

}  // namespace

TEST_CASE("rule 2.3: what this process sent may be on its way: in the first bars after a restart, too, an answer that it is not there is no proof") {
  StoreFolder dir;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    d.hold(0.05);
    d.price(d.m.btc, 10000);
    d.step();
  }
  Again a(dir / "j");
  a.exec->resume_orders();
  a.now = a.exec->settled() + bar_ns;
  a.price(a.m.btc, 10000);
  a.want(Purpose::exit, 0);
  const core::Intent exit = a.last();
  REQUIRE(exit.side() == core::Side::sell);
  absent_for(a, exit, 6);
  CHECK_FALSE(core::is_terminal(a.state(exit)));
  CHECK(a.broker.sent.size() == 1);  // nothing is sold beside it
  a.report(exit, BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
  a.now += bar_ns;
  a.price(a.m.btc, 10000);
  a.step();
  CHECK(a.broker.sent.size() == 2);
}

TEST_CASE("rule 2.3: what was sent again is on its way once more: that it is not there proves nothing before it is answered") {
  StoreFolder dir;
  core::Intent exit = core::blank_intent();
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    d.hold(0.05);
    d.price(d.m.btc, 10000);
    d.want(Purpose::exit, 0);
    exit = d.last();
  }
  Again a(dir / "j");
  a.report(exit, BL_X_ABSENT, BL_S_UNKNOWN);
  a.now = exit.abi.decided_ns + 1;
  a.price(a.m.btc, 10000);
  a.exec->resume_orders();
  REQUIRE(a.broker.sent.size() == 1);
  REQUIRE(a.last().client_id() == exit.client_id());
  absent_for(a, exit, 6);
  CHECK(a.state(exit) == OrderState::unknown);
  CHECK(a.broker.sent.size() == 1);
  a.report(exit, BL_X_UNKNOWN, BL_S_UNKNOWN);
  absent_for(a, exit, 2);
  CHECK(a.state(exit) == OrderState::unknown);
  absent_for(a, exit, 2);
  CHECK(a.state(exit) == OrderState::not_placed);
  CHECK(a.broker.sent.size() == 2);
}

TEST_CASE("rule 2.3: an exit that died on its way, its cancel asked for, was never placed; the next attempt sells") {
  StoreFolder dir;
  core::Intent exit = core::blank_intent();
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    d.hold(0.05);
    d.price(d.m.btc, 10000);
    d.want(Purpose::exit, 0);
    exit = d.last();
    d.now += 3 * bar_ns;
    d.price(d.m.btc, 10000);
    d.step();
    REQUIRE(d.state(exit) == OrderState::cancel_pending);
  }
  Again a(dir / "j");
  a.now = a.exec->settled();
  a.exec->resume_orders();
  absent_for(a, exit, 4);
  CHECK(a.state(exit) == OrderState::not_placed);
  REQUIRE(a.broker.sent.size() == 1);
  CHECK(a.last().client_id() != exit.client_id());
  CHECK(a.last().qty() == exit.qty());
}

TEST_CASE("rule 2.3: an order that holds balance at the venue is not absent: it is cancelled, and nothing is sold beside it") {
  Desk d;
  d.hold(0.05);
  d.price(d.m.btc, 10000);
  d.broker.answer = services::HandOver::unknown;
  d.want(Purpose::exit, 0);
  d.broker.answer = services::HandOver::taken;
  const core::Intent exit = d.last();
  absent_for(d, exit, 8, [&d] { tell_hold(d, d.m.btc_asset, "5"_dec, "5"_dec); });
  CHECK_FALSE(core::is_terminal(d.state(exit)));
  CHECK(d.broker.sent.size() == 2);
  CHECK(d.exec->counts().by_incident.at("ORDER_HELD") >= 1);
  CHECK(d.exec->blocked(d.m.btc));
  REQUIRE_FALSE(d.broker.cancelled.empty());
  CHECK(d.broker.cancelled.back() == exit.client_id());
  absent_for(d, exit, 5, [&d] { tell_hold(d, d.m.btc_asset, "5"_dec, Decimal::zero()); });
  CHECK(d.state(exit) == OrderState::not_placed);
  CHECK(d.broker.sent.size() == 3);
}

TEST_CASE("rule 2.3: what other orders hold at the venue is no sign of one that it does not have") {
  Desk d;
  d.price(d.m.bnb, 10000);
  d.want(Purpose::entry, 0.05, d.m.bnb);
  d.report(d.last(), BL_X_ACCEPTED);
  d.broker.answer = services::HandOver::unknown;
  d.want(Purpose::entry, 0.05);
  d.broker.answer = services::HandOver::taken;
  const core::Intent entry = d.last();
  REQUIRE(entry.instrument() == d.m.btc);
  absent_for(d, entry, 5, [&d] { tell_hold(d, d.m.usd, "10000"_dec, "505"_dec); });
  CHECK(d.state(entry) == OrderState::not_placed);
  CHECK(d.exec->counts().by_incident.count("ORDER_HELD") == 0);
}

TEST_CASE("rule 3.1: a purchase that the venue neither shows nor lets go of keeps nothing that is held from being sold") {
  Desk d;
  d.hold(0.02);
  d.price(d.m.btc, 10000);
  d.broker.answer = services::HandOver::unknown;
  d.want(Purpose::entry, 0.05);
  d.broker.answer = services::HandOver::taken;
  const core::Intent entry = d.last();
  REQUIRE(entry.side() == core::Side::buy);
  absent_for(d, entry, 5, [&d] { tell_hold(d, d.m.usd, d.exec->portfolio().cash(d.m.usd), "310"_dec); });
  REQUIRE_FALSE(core::is_terminal(d.state(entry)));
  REQUIRE(d.broker.sent.size() == 2);
  for (int n = 0; n < 2; ++n) {  // and once only
    d.now += bar_ns;
    d.price(d.m.btc, 10000);
    d.want(Purpose::exit, 0);
    REQUIRE(d.broker.sent.size() == 3);
    CHECK(d.last().side() == core::Side::sell);
    CHECK(d.last().qty() == d.exec->portfolio().position(d.m.btc).qty);
  }
  d.want(Purpose::entry, 0.1);
  CHECK(d.broker.sent.size() == 3);  // nor is anything bought beside it
}

TEST_CASE("rule 2.3: what counts as not placed is not bought a second time before its end at the venue, after a restart neither") {
  StoreFolder dir;
  core::Nanos end = 0;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    d.options.gtd_bars = 12;
    d.use({});
    d.want(Purpose::entry, 0.05);
    const core::Intent entry = d.last();
    end = entry.abi.expire_ns;
    d.report(entry, BL_X_UNKNOWN, BL_S_UNKNOWN);
    absent_for(d, entry, 5);
    REQUIRE(d.state(entry) == OrderState::not_placed);
    d.want(Purpose::entry, 0.05);
    CHECK(d.broker.sent.size() == 1);
    CHECK(d.why("ORDER_MAY_COME") == 1);
  }
  Again a(dir / "j");
  a.exec->resume_orders();
  a.now = end - bar_ns;
  a.price(a.m.btc, 10000);
  a.want(Purpose::entry, 0.05);
  CHECK(a.broker.sent.empty());
  a.now = end;
  a.price(a.m.btc, 10000);
  a.want(Purpose::entry, 0.05);
  CHECK(a.broker.sent.size() == 1);
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
