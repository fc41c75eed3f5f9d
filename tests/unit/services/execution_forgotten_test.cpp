// Orders of ours that ended so long ago that memory has forgotten them, and what the venue tells of them then.
#include "unit/services/venue_word.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using test::bar_ns;
using test::opened;
using test::StoreFolder;
using test::VenueOrder;

namespace {

constexpr Nanos hour = 3'600'000'000'000;

/// A desk that keeps one ended order, and has forgotten the purchase that it holds.
struct Forgetful : test::VenueWord<test::Desk> {
  Intent bought;
  bl_fill booked{};
  Forgetful(const StoreFolder& dir, Decimal first_fill = "5"_dec)
      : test::VenueWord<test::Desk>({}, "10000"_dec, opened(dir / "j")) {
    options.ended_orders = 1;
    use({});
    exec->begin();
    now += bar_ns;
    want(Purpose::entry, 0.05);
    bought = last();
    report(bought, BL_X_ACCEPTED);
    booked = fill_of_ours(first_fill, "f-1");
    exec->on_broker_event(booked.h);
    if (first_fill < bought.qty()) report(bought, BL_X_DONE, BL_S_EXPIRED, first_fill);
    forget();
    cash_ = exec->portfolio().cash(m.usd);
  }
  /// The next one ends, and it is forgotten.
  void forget() {
    now += 2 * bar_ns;
    price(m.btc, 10000);
    want(Purpose::entry, 0.10);
    const Intent next = last();
    REQUIRE(next.client_id() != bought.client_id());
    report(next, BL_X_ACCEPTED);
    report(next, BL_X_DONE, BL_S_EXPIRED, Decimal::zero());
    REQUIRE(exec->orders().find(ClientOrderId(bought.client_id())) == nullptr);
    REQUIRE(journal->flush());
    now += 2 * bar_ns;
    step();
  }
  bl_fill fill_of_ours(Decimal qty, std::string_view id) const {
    bl_fill f = fill_of(bought, qty, bought.limit_px(), id);
    f.h.ts_event = now;
    test::put_text(f.venue_id, venue_id_of(bought));
    return f;
  }
  bl_exec end_of_it() const {
    const Decimal filled = Decimal::from_raw(booked.qty);
    bl_exec e = exec_of(bought, filled == bought.qty() ? BL_S_FILLED : BL_S_EXPIRED, filled);
    e.h.ts_event = booked.h.ts_event;
    return e;
  }
  Decimal free() const { return exec->portfolio().unmanaged(m.btc); }
  Decimal held() const { return exec->portfolio().position(m.btc).qty; }
  /// The question that is out is answered with the order and these fills.
  void answer(std::vector<bl_fill> told) {
    REQUIRE_FALSE(broker.queries.empty());
    const std::uint64_t request = broker.queries.back().request;
    bl_exec e = end_of_it();
    say(e.h);
    for (bl_fill& f : told) say(f.h);
    done(request);
  }
  void is_as_it_was() {
    CHECK(held() == "5"_dec);
    CHECK(free().is_zero());
    CHECK(exec->orders().external() == 0);
    CHECK_FALSE(exec->blocked(m.btc));
    CHECK(exec->portfolio().cash(m.usd) == cash_);
  }

 private:
  Decimal cash_;
};

}  // namespace

TEST_CASE("rule 2.4: a fill of an order that memory has forgotten, told again, is not booked again and blocks nothing") {
  StoreFolder dir;
  Forgetful d(dir);
  SECTION("by itself: the venue is asked what order that was") {
    d.exec->on_broker_event(d.booked.h);
    d.answer({d.booked});
  }
  SECTION("by itself, and the answer names no fill") {
    d.exec->on_broker_event(d.booked.h);
    d.answer({});
  }
  SECTION("by itself, by a venue that gives no id of the order") {
    bl_fill f = d.booked;
    std::memset(f.venue_id, 0, sizeof f.venue_id);
    d.exec->on_broker_event(f.h);
    CHECK(d.broker.queries.empty());
  }
  SECTION("by itself, by a venue that gives its own id of the order alone") {
    std::memset(d.booked.client_id, 0, sizeof d.booked.client_id);
    d.exec->on_broker_event(d.booked.h);
    d.answer({d.booked});
  }
  SECTION("in a list that reaches back") {
    REQUIRE(d.exec->ask_venue());
    d.answer({d.booked});
  }
  SECTION("without a time") {
    d.booked.h.ts_event = 0;
    REQUIRE(d.exec->ask_venue());
    d.answer({d.booked});
  }
  SECTION("the order's end alone") {
    const bl_exec e = d.end_of_it();
    d.exec->on_broker_event(e.h);
  }
  SECTION("to the next process") {
    const auto before = test::facts(*d.exec, d.m);
    d.exec.reset();
    d.journal.reset();
    d.journal = opened(dir / "j");
    d.exec = std::make_unique<services::Execution>(d.options, d.m.table, d.m.usd, "0.0005"_dec, std::vector<std::unique_ptr<RiskRule>>{}, FloorLimits{},
                                                   d.broker, *d.journal, d.sink);
    REQUIRE(d.journal->each([&d](const store::JournalRow& row) { return d.exec->restore(row); }));
    d.exec->restored();
    d.broker.queries.clear();
    REQUIRE(d.exec->ask_venue());
    d.answer({d.booked});
    CHECK(test::facts(*d.exec, d.m) == before);
    return;
  }
  d.is_as_it_was();
}

TEST_CASE("rule 2.4: what is new of an order that memory has forgotten is seen: as unmanaged, with its product blocked") {
  StoreFolder dir;
  Forgetful d(dir, "4"_dec);
  REQUIRE(d.held() == "4"_dec);
  bl_fill late = d.fill_of_ours("1"_dec, "f-2");
  SECTION("another id") {}
  SECTION("the same id with another quantity") { test::put_text(late.fill_id, "f-1"); }
  SECTION("the same id as a correction") {
    test::put_text(late.fill_id, "f-1");
    late.flags = 2;
  }
  SECTION("the same id and another price") {
    late = d.booked;
    late.px = "98"_dec.raw();
  }
  REQUIRE(d.exec->ask_venue());
  const Decimal qty = Decimal::from_raw(late.qty);
  d.answer({d.booked, late});
  CHECK(d.held() == "4"_dec);
  CHECK(d.free() == qty);
  CHECK(d.exec->blocked(d.m.btc));
}

TEST_CASE("rule 5.6: a fill of somebody else's with the id and the quantity of one that was forgotten is another product's or side's") {
  StoreFolder dir;
  Forgetful d(dir);
  VenueOrder o;
  o.qty = "5"_dec;
  o.state = BL_S_FILLED;
  o.cum = "5"_dec;
  o.side = BL_SELL;
  bl_fill f = d.fill_of_others(o, "5"_dec, "f-1", d.bought.limit_px());
  f.h.ts_event = d.booked.h.ts_event + 1;
  REQUIRE(d.exec->ask_venue());
  d.say(o);
  d.say(f.h);
  d.done(d.broker.queries.back().request);
  CHECK(d.held().is_zero());  // it sold what is managed here, and that is seen
  CHECK(d.exec->blocked(d.m.btc));
}

TEST_CASE("the journal is not searched for what is newer than all that was forgotten, nor again and again") {
  StoreFolder dir;
  Forgetful d(dir);
  SECTION("newer: it can be nobody's here") {
    d.now += 2 * hour;
    d.booked.h.ts_event = d.now;
    REQUIRE(d.exec->ask_venue());
    d.answer({d.booked});
    CHECK(d.free() == "5"_dec);
    CHECK(d.exec->blocked(d.m.btc));
  }
  SECTION("again at once: an exit does not wait for it") {
    const bl_exec e = d.end_of_it();
    d.exec->on_broker_event(e.h);
    REQUIRE_FALSE(d.exec->blocked(d.m.btc));
    VenueOrder o;
    o.client_id = "bl-00000000000000000000000000000000";
    o.state = BL_S_CANCELLED;
    bl_exec strange = d.exec_of(o);
    strange.h.ts_event = e.h.ts_event;
    d.exec->on_broker_event(strange.h);  // not looked for, and so nobody's
    CHECK(d.exec->blocked(d.m.btc));
    CHECK(d.exec->counts().by_incident.at("EXEC_UNKNOWN_ORDER") == 1);
    d.exec->on_broker_event(e.h);  // what was found is known still
    CHECK(d.exec->counts().by_incident.at("EXEC_UNKNOWN_ORDER") == 1);
  }
}
