#include "unit/services/again.hpp"

using namespace bowline;
using namespace bowline::test;
using core::Intent;
using core::OrderState;
using core::OrderType;
using core::Purpose;
using core::Side;

namespace {

Decimal held(const Desk& d) { return d.exec->portfolio().position({1}).qty; }

/// 5 BTC at 99.95 with a stop at 95, the price at 100.
void protect_five(Desk& d) {
  d.hold(0.05);
  d.price(d.m.btc, 10000);
  REQUIRE(d.protect("95"_dec) == BL_OK);
}

/// The stop sold all of it.
void stop_out(Desk& d) {
  d.price(d.m.btc, 9400);
  d.step();
  d.fill(d.last(), d.last().qty(), "93.95"_dec);
  REQUIRE(held(d).is_zero());
}

}  // namespace

TEST_CASE("rule 3.3: the host watches the stop, and at a bid of its price or below it sells the position") {
  Desk d;
  protect_five(d);
  d.step();
  CHECK(d.broker.sent.size() == 1);  // the entry
  d.price(d.m.btc, 9505);            // a bid of 95.0025
  d.step();
  CHECK(d.broker.sent.size() == 1);
  d.price(d.m.btc, 9504);  // a bid of 94.99: the close is above the stop, what a sale brings is not
  d.step();
  REQUIRE(d.broker.sent.size() == 2);
  CHECK(d.last().side() == Side::sell);
  CHECK(d.last().qty() == "5"_dec);
  CHECK(d.last().purpose == Purpose::stop);
  CHECK((d.last().abi.flags & BL_REDUCE_ONLY) != 0);
  d.price(d.m.btc, 11000);  // once it is due it is sold, whatever the price does next
  d.report(d.last(), BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
  d.now += 3 * bar_ns;
  d.step();
  REQUIRE(d.broker.sent.size() == 3);
  CHECK(d.last().purpose == Purpose::stop);
  const auto events = d.sink.all<core::EventRecord>();
  REQUIRE(events.size() == 1);
  CHECK(events[0].type == "stop");
}

TEST_CASE("rule 3.3: a stop at or above the bid means now, and a quote sets it off between two steps") {
  Desk d;
  protect_five(d);
  CHECK(d.protect("100"_dec) == BL_OK);
  d.step();
  REQUIRE(d.broker.sent.size() == 2);
  CHECK(d.last().purpose == Purpose::stop);

  Desk q;
  protect_five(q);
  ++q.now;
  q.quote(q.m.btc, 9501, 9600);
  CHECK(q.broker.sent.size() == 1);
  q.quote(q.m.btc, 9500, 9600);
  REQUIRE(q.broker.sent.size() == 2);
  CHECK(q.last().purpose == Purpose::stop);
  q.quote(q.m.btc, 9400, 9500);  // one order at a time
  CHECK(q.broker.sent.size() == 2);
  q.report(q.last(), BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
  q.quote(q.m.btc, 9400, 9500);
  CHECK(q.broker.sent.size() == 2);  // a ladder takes time: quotes come faster than a venue answers
  q.now += 1'000'000'000;
  q.quote(q.m.btc, 9400, 9500);  // nor does the next attempt wait for a bar
  REQUIRE(q.broker.sent.size() == 3);
  CHECK(q.last().limit_px() == "91.18"_dec);  // 3 % below 94
}

TEST_CASE("rule 3.3: between two steps a stop takes what is in its way off at once, durable before it does") {
  StoreFolder dir;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    protect_five(d);
    auto sale = d.request(Side::sell, "5"_dec);
    sale.type = OrderType::limit;
    sale.tif = core::TimeInForce::gtc;
    sale.limit_px = "120"_dec;
    REQUIRE(d.exec->execute(sale, d.now));
    const Intent resting = d.last();
    d.report(resting, BL_X_ACCEPTED);
    ++d.now;
    d.quote(d.m.btc, 9400, 9500);
    REQUIRE(d.broker.cancelled.size() == 1);
    CHECK(d.broker.cancelled.back() == resting.client_id());
    d.quote(d.m.btc, 9400, 9500);  // asked once a moment
    CHECK(d.broker.cancelled.size() == 1);
    d.now += 1'000'000'000;
    d.quote(d.m.btc, 9400, 9500);
    CHECK(d.broker.cancelled.size() == 2);
    SECTION("it goes on when that has ended") {
      d.report(resting, BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
      d.quote(d.m.btc, 9400, 9500);
      CHECK(d.last().purpose == Purpose::stop);
      CHECK(d.last().qty() == "5"_dec);
    }
    SECTION("killed here, the next process knows of it, though the price is back") {}
  }
  Again a(dir / "j");
  CHECK(a.exec->reentry_locked(a.m.btc, a.exec->settled()));
  a.now = start_ns + 3 * bar_ns;
  a.exec->resume_orders();
  a.price(a.m.btc, 10000);
  a.step();
  // It clears the way, or asks what became of its own sale.
  CHECK(a.broker.cancelled.size() + a.broker.asked.size() == 1);
}

TEST_CASE("rule 3.3: what the venue says is sold is not set off again at each quote, though its fills are missing") {
  Desk d;
  protect_five(d);
  ++d.now;
  d.quote(d.m.btc, 9400, 9500);
  d.report(d.last(), BL_X_DONE, BL_S_CANCELLED, "5"_dec);  // sold, and no fill is told
  for (int i = 0; i < 3; ++i) {
    d.now += bar_ns;
    d.step();
  }
  const std::size_t events = d.sink.all<core::EventRecord>().size(), sent = d.broker.sent.size();
  for (int i = 0; i < 5; ++i) {
    d.now += 2'000'000'000;
    d.quote(d.m.btc, 9400, 9500);
  }
  CHECK(d.sink.all<core::EventRecord>().size() == events);
  CHECK(d.broker.sent.size() == sent);
}

TEST_CASE("rule 3.3: a stop ends with its position, whoever took it: the next position has its own") {
  StoreFolder dir;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    protect_five(d);
    services::InventoryRequest away;
    away.instrument = d.m.btc;
    away.adopt = false;
    away.qty = "5"_dec;
    away.reason = "to the vault";
    away.key = "k";
    away.principal = "operator";
    REQUIRE(d.exec->move_inventory(away, d.now));
    CHECK_FALSE(d.exec->stop_px(d.m.btc).is_set());
    d.exec->settle(d.now);
  }
  Again a(dir / "j");
  CHECK_FALSE(a.exec->stop_px(a.m.btc).is_set());
}

TEST_CASE("rule 3.2: an exit that never left this host used up no step of the ladder") {
  Desk d;
  protect_five(d);
  d.broker.answer = services::HandOver::denied;
  d.price(d.m.btc, 9400);
  d.step();
  const Decimal first = d.last().limit_px();
  d.broker.answer = services::HandOver::taken;
  d.now += bar_ns;
  d.price(d.m.btc, 9400);
  d.step();
  CHECK(d.last().limit_px() == first);
}

TEST_CASE("rule 3.3: a wish that can't be kept is not taken") {
  Desk d;
  CHECK(d.protect("95"_dec) == BL_E_STATE);  // nothing is held
  d.hold(0.05);
  CHECK(d.protect("0"_dec) == BL_E_INVALID);
  CHECK(d.protect("-1"_dec) == BL_E_INVALID);
  CHECK(d.protect(Decimal::not_set()) == BL_E_INVALID);
  CHECK(d.protect("95"_dec, "0"_dec) == BL_E_INVALID);
  CHECK(d.protect("95"_dec, "110"_dec, 10'001) == BL_E_INVALID);
  CHECK(d.protect("95"_dec, Decimal::not_set(), 0, "stops", {9}) == BL_E_NOT_FOUND);
  CHECK(d.protect("95"_dec, Decimal::not_set(), 0, "stops", {0}) == BL_E_NOT_FOUND);
  bl_stop ends{};
  ends.size = sizeof ends;
  ends.instrument = 1;
  ends.stop_px = "95"_dec.raw();
  ends.limit_px = Decimal::not_set().raw();
  ends.expire_ns = d.now + bar_ns;
  CHECK(d.exec->want_stop(ends, nullptr) == BL_E_UNSUPPORTED);
  CHECK_FALSE(d.exec->stop_px({1}).is_set());
  CHECK(d.protect("95"_dec) == BL_OK);
  CHECK(d.protect("94"_dec) == BL_OK);
  CHECK(d.exec->stop_px({1}) == "95"_dec);  // it never moves down
}

TEST_CASE("rule 1.2: a stop outranks a BUY, a plan and what the operator left resting; halted it runs as well") {
  Desk d;
  protect_five(d);
  SECTION("a BUY and a plan") {
    d.want({d.target(Purpose::rebalance, 0.2)}, true);
    const Intent more = d.last();
    REQUIRE(more.side() == Side::buy);
    d.report(more, BL_X_ACCEPTED);
    d.now += bar_ns;
    d.price(d.m.btc, 9400);
    d.want(Purpose::entry, 0.2);
    CHECK(d.broker.cancelled == std::vector<std::string>{std::string(more.client_id())});
    d.report(more, BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
    d.want(Purpose::entry, 0.2);
    CHECK(d.last().purpose == Purpose::stop);
    CHECK(d.last().qty() == "5"_dec);
  }
  SECTION("the operator's resting sale holds what is to be sold: it is cancelled first") {
    auto q = d.request(Side::sell, "5"_dec);
    q.type = OrderType::limit;
    q.tif = core::TimeInForce::gtc;
    q.limit_px = "120"_dec;
    REQUIRE(d.exec->execute(q, d.now));
    const Intent resting = d.last();
    d.report(resting, BL_X_ACCEPTED);
    d.now += bar_ns;
    d.price(d.m.btc, 9400);
    d.step();
    CHECK(d.broker.cancelled == std::vector<std::string>{std::string(resting.client_id())});
    d.fill(resting, "2"_dec, "120"_dec);  // late, in the cancel's flight
    d.report(resting, BL_X_DONE, BL_S_CANCELLED, "2"_dec);
    d.step();
    CHECK(d.last().purpose == Purpose::stop);
    CHECK(d.last().qty() == "3"_dec);
  }
  SECTION("halted") {
    d.exec->emergency_stop(d.now, "operator", "test", "");
    d.price(d.m.btc, 9400);
    d.step();
    CHECK(d.last().purpose == Purpose::stop);
  }
}

TEST_CASE("rule 3.3: a take-profit sells its share once, and the stop keeps watching what is left") {
  Desk d;
  d.hold(0.05);
  d.price(d.m.btc, 10000);
  REQUIRE(d.protect("95"_dec, "110"_dec, 4000) == BL_OK);
  d.price(d.m.btc, 11100);
  d.step();
  REQUIRE(d.broker.sent.size() == 2);
  CHECK(d.last().qty() == "2"_dec);
  CHECK(d.last().purpose == Purpose::stop);
  SECTION("what an attempt left of the share is sold by the next, and no more") {
    d.fill(d.last(), "0.5"_dec, "110"_dec);
    d.report(d.last(), BL_X_DONE, BL_S_CANCELLED, "0.5"_dec);
    d.now += bar_ns;
    d.step();
    REQUIRE(d.broker.sent.size() == 3);
    CHECK(d.last().qty() == "1.5"_dec);
    d.fill(d.last(), "1.5"_dec, "110"_dec);
    for (int i = 0; i < 3; ++i) {
      d.now += bar_ns;
      d.step();
    }
    CHECK(d.broker.sent.size() == 3);
    CHECK(held(d) == "3"_dec);
    CHECK(d.exec->stop_px({1}) == "95"_dec);
    d.price(d.m.btc, 9400);
    d.step();
    REQUIRE(d.broker.sent.size() == 4);
    CHECK(d.last().qty() == "3"_dec);
    CHECK(d.last().limit_px() == "93.01"_dec);  // the stop's own ladder begins at its first step
  }
  SECTION("a stop that is due in between sells all of it") {
    d.report(d.last(), BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
    d.now += bar_ns;
    d.price(d.m.btc, 9400);
    d.step();
    REQUIRE(d.broker.sent.size() == 3);
    CHECK(d.last().qty() == "5"_dec);
  }
  SECTION("the rule's next step is another take-profit") {
    d.fill(d.last(), "2"_dec, "110"_dec);
    REQUIRE(d.protect("95"_dec, "120"_dec) == BL_OK);
    d.now += bar_ns;
    d.step();
    CHECK(d.broker.sent.size() == 2);
    d.price(d.m.btc, 12100);
    d.step();
    REQUIRE(d.broker.sent.size() == 3);
    CHECK(d.last().qty() == "3"_dec);
    d.fill(d.last(), "3"_dec, "120"_dec);
    CHECK_FALSE(d.exec->stop_px({1}).is_set());
  }
}

TEST_CASE("a take-profit whose rest could not be sold sells all; one too small for an order waits") {
  Desk d;
  d.hold(0.05);
  d.price(d.m.btc, 10000);
  SECTION("the rest is dust") {
    REQUIRE(d.protect("95"_dec, "110"_dec, 9999) == BL_OK);
    d.price(d.m.btc, 11100);
    d.step();
    CHECK(d.last().qty() == "5"_dec);
  }
  SECTION("the share is dust") {
    REQUIRE(d.protect("95"_dec, "110"_dec, 1) == BL_OK);
    d.price(d.m.btc, 11100);
    d.step();
    CHECK(d.broker.sent.size() == 1);
  }
}

TEST_CASE("rule 1.3: a stop-out locks re-entry for everyone for N bars") {
  Desk d;
  d.options.stop_lock_bars = 3;
  d.use({});
  protect_five(d);
  stop_out(d);
  d.step();  // its end is seen: the lock runs from here
  const core::Nanos out = d.now;
  const std::size_t sent = d.broker.sent.size();
  for (; d.now < out + 3 * bar_ns; d.now += bar_ns) {
    d.price(d.m.btc, 9400);
    CHECK(d.exec->reentry_locked({1}, d.now));
    d.want(Purpose::entry, 0.05);
    d.want(Purpose::rebalance, 0.05);
    CHECK(d.exec->execute(d.request(Side::buy, "1"_dec), d.now).error().code == "REENTRY_LOCKED");
  }
  CHECK(d.broker.sent.size() == sent);
  CHECK(d.why("REENTRY_LOCKED") == 6);
  CHECK_FALSE(d.exec->reentry_locked({1}, d.now));
  d.want(Purpose::entry, 0.05);
  CHECK(d.broker.sent.size() == sent + 1);
  CHECK(d.last().side() == Side::buy);
}

TEST_CASE("rule 3.3: with the position its protection is over: the next one is not sold by an old stop") {
  Desk d;
  d.options.stop_lock_bars = 0;
  d.use({});
  protect_five(d);
  stop_out(d);
  CHECK_FALSE(d.exec->stop_px({1}).is_set());
  d.now += bar_ns;
  d.price(d.m.btc, 8000);
  d.step();
  d.hold(0.05);
  const std::size_t sent = d.broker.sent.size();
  d.price(d.m.btc, 8000);
  d.step();
  CHECK(d.broker.sent.size() == sent);
}

TEST_CASE("rule 3.3: what a sale leaves is no position when it is too little for any order: its stop is over, too") {
  Desk d;
  protect_five(d);
  d.price(d.m.btc, 9400);
  d.step();
  d.fill(d.last(), d.last().qty() - "0.0005"_dec, "93.95"_dec);
  REQUIRE(held(d) == "0.0005"_dec);
  CHECK_FALSE(d.exec->stop_px({1}).is_set());
}

TEST_CASE("rule 3.3: a position without a stop for too long is an incident, told once, and again when it is so anew") {
  Desk d;
  d.options.unprotected_after = bar_ns;
  d.use({});
  d.want(Purpose::entry, 0.05);
  d.fill(d.last(), "2"_dec, "99.95"_dec);
  d.step();
  CHECK(d.exec->counts().incidents == 0);
  d.now += bar_ns;
  d.step();
  d.step();
  CHECK(d.exec->counts().by_incident.at("POSITION_UNPROTECTED") == 1);

  Desk p;
  p.options.unprotected_after = bar_ns;
  p.use({});
  protect_five(p);
  p.now += 5 * bar_ns;
  p.step();
  CHECK(p.exec->counts().incidents == 0);
}

TEST_CASE("restart: the stop is what it was, and a sale that was not over goes on (3.3)") {
  StoreFolder dir;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    protect_five(d);
    REQUIRE(d.protect("96"_dec, "110"_dec, 4000) == BL_OK);
    d.step();
  }
  {
    Again a(dir / "j");
    CHECK(a.exec->stop_px({1}) == "96"_dec);
    a.now = start_ns + 5 * bar_ns;
    CHECK(a.protect("99"_dec) == BL_E_STATE);  // of what is only recalled nothing is wanted
    a.exec->resume_orders();
    a.price(a.m.btc, 9600);
    a.step();
    REQUIRE(a.broker.sent.size() == 1);
    CHECK(a.last().purpose == Purpose::stop);
    a.report(a.last(), BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
    a.exec->settle(a.now);
  }
  Again b(dir / "j");
  b.exec->resume_orders();
  b.now = start_ns + 9 * bar_ns;
  b.price(b.m.btc, 12000);  // due is due
  b.step();
  REQUIRE(b.broker.sent.size() == 1);
  CHECK(b.last().purpose == Purpose::stop);
  CHECK(b.last().qty() == "5"_dec);
}

TEST_CASE("restart: a take-profit in the middle leaves what it would have left, and is not taken twice (3.3)") {
  StoreFolder dir;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    d.hold(0.05);
    d.price(d.m.btc, 10000);
    REQUIRE(d.protect("95"_dec, "110"_dec, 4000) == BL_OK);
    d.price(d.m.btc, 11100);
    d.step();
    d.fill(d.last(), "0.5"_dec, "110"_dec);
    d.report(d.last(), BL_X_DONE, BL_S_CANCELLED, "0.5"_dec);
    d.exec->settle(d.now);
  }
  Again a(dir / "j");
  a.exec->resume_orders();
  a.now = start_ns + 9 * bar_ns;
  a.price(a.m.btc, 11100);
  a.step();
  REQUIRE(a.broker.sent.size() == 1);
  CHECK(a.last().qty() == "1.5"_dec);
  a.fill(a.last(), "1.5"_dec, "110"_dec);
  a.now += bar_ns;
  a.step();
  CHECK(a.broker.sent.size() == 1);
  CHECK(held(a) == "3"_dec);
}

TEST_CASE("restart: the lock after a stop-out outlives the process, the stop of a closed position does not (1.3)") {
  StoreFolder dir;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    protect_five(d);
    stop_out(d);
    d.exec->settle(d.now);
  }
  Again a(dir / "j");
  a.exec->resume_orders();
  a.now = start_ns + 5 * bar_ns;
  a.price(a.m.btc, 9400);
  CHECK_FALSE(a.exec->stop_px({1}).is_set());
  CHECK(a.exec->reentry_locked({1}, a.now));
  CHECK_FALSE(a.exec->reentry_locked({1}, a.now + 12 * bar_ns));
  a.want(Purpose::entry, 0.05);
  CHECK(a.broker.sent.empty());
}

TEST_CASE("rule 3.3: the bar in which a position was opened is no best price of it, whether a restart hears it before its fill or after") {
  StoreFolder dir;
  const auto best = [](const Desk& d) { return d.exec->portfolio().position({1}).best_px; };
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    d.want(Purpose::entry, 0.05);
    const Intent entry = d.last();
    d.now += bar_ns;
    d.price(d.m.btc, 11000);
    d.fill(entry, entry.qty(), entry.limit_px());
    REQUIRE(best(d) == entry.limit_px());
    REQUIRE(d.journal->flush());  // and dies in this step
  }
  Again a(dir / "j");
  a.exec->resume_orders();
  a.now = start_ns + bar_ns;
  a.price(a.m.btc, 11000);
  CHECK(best(a) == "99.95"_dec);
  a.now += bar_ns;
  a.price(a.m.btc, 10500);
  CHECK(best(a) == "105"_dec);
}

TEST_CASE("rule 3.3: the best price of a position outlives the process, where no bar tells it again") {
  StoreFolder dir;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    d.options.time_by_data = false;
    d.use({});
    d.hold(0.05);
    d.quote(d.m.btc, 11990, 12010);
    d.quote(d.m.btc, 10990, 11010);
    d.step();
  }
  Again a(dir / "j");
  CHECK(a.exec->portfolio().position({1}).best_px == "120"_dec);
}

TEST_CASE("rule 3.3: a quote that is recalled counts for the best price as it did, and keeps a bar from being the mark") {
  StoreFolder dir;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    d.hold(0.05);
    d.step();
  }
  Again a(dir / "j");
  bl_quote q{};
  q.h.size = sizeof q;
  q.h.type = BL_EV_QUOTE;
  q.h.instrument = 1;
  q.h.ts_event = q.h.ts_recv = start_ns + bar_ns;
  q.px_exp = -2;
  q.bid = 11990;
  q.ask = 12010;
  a.exec->recall_quote(q);
  CHECK(a.exec->portfolio().position({1}).best_px == "120"_dec);
  bl_bar bar{};
  bar.h = q.h;
  bar.h.size = sizeof bar;
  bar.h.type = BL_EV_BAR;
  bar.h.ts_event = bar.h.ts_recv = bar.close_ns = start_ns + bar_ns + 1;
  bar.px_exp = -2;
  bar.is_final = 1;
  bar.open = bar.high = bar.low = bar.close = 13000;
  a.exec->recall_bar(bar);
  CHECK(a.exec->portfolio().mark({1}).bid == "119.9"_dec);
  CHECK(a.exec->portfolio().position({1}).best_px == "120"_dec);
}

TEST_CASE("rule 3.3: after a restart the rules are told how positions came about, as history and in its time, and what is held now") {
  struct Told {
    core::Nanos at;
    std::uint16_t flags;
    Decimal qty;
    bool operator==(const Told&) const = default;
  };
  StoreFolder dir;
  core::Nanos bought = 0, sold = 0;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    bought = d.now;
    d.hold(0.05);
    d.price(d.m.btc, 10000);
    d.want(Purpose::exit, 0);
    sold = d.now += bar_ns;
    d.price(d.m.btc, 10000);
    d.fill(d.last(), "2"_dec, "100"_dec);
    d.report(d.last(), BL_X_DONE, BL_S_CANCELLED, "2"_dec);
    d.step();
  }
  Again a(dir / "j");
  a.exec = std::make_unique<services::Execution>(a.options, a.m.table, a.m.usd, "0.0005"_dec, std::vector<std::unique_ptr<core::RiskRule>>{},
                                                 core::FloorLimits{}, a.broker, *a.journal, a.sink);
  std::vector<Told> told;
  a.exec->tell_rules([&told](const bl_event& e) {
    if (e.type == BL_EV_POSITION) told.push_back({e.ts_recv, e.flags, Decimal::from_raw(reinterpret_cast<const bl_position_ev&>(e).position.qty)});
  });
  REQUIRE(a.journal->each([&a](const store::JournalRow& row) { return a.exec->restore(row); }).ok());
  a.exec->restored();
  a.exec->recall_positions(bought - 1);
  CHECK(told.empty());
  a.exec->recall_positions(bought);
  CHECK(told == std::vector<Told>{{bought, 1, "5"_dec}});
  a.exec->tell_rules_of_today();
  CHECK(told == std::vector<Told>{{bought, 1, "5"_dec}, {sold, 1, "3"_dec}});
  a.exec->resume_orders();
  CHECK(told == std::vector<Told>{{bought, 1, "5"_dec}, {sold, 1, "3"_dec}, {a.exec->settled(), 0, "3"_dec}});
}
