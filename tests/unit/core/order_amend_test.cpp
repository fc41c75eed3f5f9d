// Amends: what is asked for, what is in force, and what may fill while nobody knows which.
#include <catch2/catch.hpp>

#include "core/portfolio_view.hpp"
#include "unit/core/market.hpp"
#include "unit/core/orders.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using test::go;
using test::limit_buy;
using S = OrderState;
using E = OrderEvent;

namespace {

struct Desk {
  OrderTable table;
  Order& o;
  explicit Desk(const Intent& intent = limit_buy("bl-1", "10"_dec)) : o(**table.add(intent, 0, 1)) {
    go(table, o, {E::handed_over, E::acked});
  }
  void fill(Decimal qty) {
    o.cum_qty = o.cum_qty + qty;
    REQUIRE(table.apply(o, o.fill_event(), 2));
  }
  std::string ask(const Terms& t) {
    const auto done = table.apply(o, E::amend_sent, 3, &t);
    return done ? "" : done.error().code;
  }
  void answer(E e, const Terms& t = {}) { REQUIRE(table.apply(o, e, 4, &t)); }
};

Terms qty(Decimal q, Nanos as_of = 0) { return {q, Decimal::not_set(), Decimal::not_set(), 0, as_of}; }
Terms px(Decimal p) { return {Decimal::not_set(), p, Decimal::not_set(), 0, 0}; }

}  // namespace

TEST_CASE("an amend changes the terms in force when it is answered, not before") {
  Desk d;
  REQUIRE(d.ask({"12"_dec, "101"_dec, Decimal::not_set(), 2'000'000'000'000, 0}) == "");
  CHECK(d.o.state == S::open);
  CHECK(d.o.intent.qty() == "10"_dec);
  CHECK(d.o.intent.limit_px() == "100"_dec);
  d.answer(E::amended);
  CHECK(d.o.state == S::open);
  CHECK(d.o.intent.qty() == "12"_dec);
  CHECK(d.o.intent.limit_px() == "101"_dec);
  CHECK(d.o.intent.abi.expire_ns == 2'000'000'000'000);
  CHECK_FALSE(d.o.amends->pending);
}

TEST_CASE("rule 5.5: while an amend travels the larger quantity counts, and the higher price of a buy") {
  Desk d;
  REQUIRE(d.ask({"12"_dec, "101"_dec, Decimal::not_set(), 0, 0}) == "");
  CHECK(d.o.leaves() == "12"_dec);
  CHECK(Decimal::from_raw(d.o.worst_case().qty) == "12"_dec);
  CHECK(Decimal::from_raw(d.o.worst_case().limit_px) == "101"_dec);
  const test::Market m;
  const Portfolio book = m.book("1000"_dec);
  PortfolioView view;
  view.build(book, d.table, TradingState::active, 1);
  REQUIRE(view.get().n_working == 1);
  CHECK(Decimal::from_raw(view.get().working[0]->leaves_qty) == "12"_dec);
  CHECK(Decimal::from_raw(view.get().working[0]->intent->limit_px) == "101"_dec);
  d.answer(E::amend_refused);
  CHECK(d.o.leaves() == "10"_dec);
  REQUIRE(d.ask(qty("5"_dec)) == "");
  CHECK(d.o.leaves() == "10"_dec);  // it may still be ten
  d.answer(E::amended);
  CHECK(d.o.leaves() == "5"_dec);
}

TEST_CASE("rule 2.2: what the venue says is in force counts, also where it is not what was asked for") {
  Desk d;
  REQUIRE(d.ask({"12"_dec, "101"_dec, Decimal::not_set(), 0, 0}) == "");
  CHECK(d.o.agrees({"10"_dec, "100"_dec, Decimal::not_set(), 0, 0}));
  CHECK(d.o.agrees({"12"_dec, "101"_dec, Decimal::not_set(), 0, 0}));
  CHECK_FALSE(d.o.agrees({"12"_dec, "100"_dec, Decimal::not_set(), 0, 0}));  // half of it is neither
  CHECK_FALSE(d.o.agrees(qty("11"_dec)));
  d.answer(E::amended, qty("11"_dec));
  CHECK(d.o.intent.qty() == "11"_dec);
  CHECK(d.o.intent.limit_px() == "101"_dec);
  CHECK(d.o.agrees(qty("10"_dec)));  // an old report tells what it was sent with
  CHECK(d.o.agrees({}));             // what is not told can't disagree
}

TEST_CASE("a fill, a cancel, an end may come while an amend travels; its answer changes no end") {
  for (const E end : {E::cancelled, E::expired, E::rejected}) {
    Desk d;
    REQUIRE(d.ask(qty("12"_dec)) == "");
    d.fill("4"_dec);
    CHECK(d.o.state == S::partially_filled);
    go(d.table, d.o, {E::cancel_sent, E::timed_out, end});
    const S ended = d.o.state;
    CHECK(is_terminal(ended));
    d.answer(E::amend_refused);
    CHECK(d.o.state == ended);
    d.answer(E::amended, qty("12"_dec));
    CHECK(d.o.state == ended);
    CHECK(d.table.working().empty());
  }
}

TEST_CASE("a fill of the quantity asked for may come before the amend's answer: it is the order's") {
  Desk d;
  CHECK(d.o.most_qty() == "10"_dec);
  REQUIRE(d.ask(qty("15"_dec)) == "");
  CHECK(d.o.most_qty() == "15"_dec);
  d.fill("13"_dec);
  CHECK(d.o.leaves() == "2"_dec);
}

TEST_CASE("all of the old quantity filled is no end while a larger one may be in force") {
  Desk d;
  REQUIRE(d.ask(qty("15"_dec)) == "");
  d.fill("10"_dec);
  CHECK(d.o.state == S::partially_filled);
  CHECK(d.o.leaves() == "5"_dec);
  SECTION("it is: the order works on") {
    d.answer(E::amended);
    CHECK(d.o.state == S::partially_filled);
    d.fill("5"_dec);
    CHECK(d.o.state == S::filled);
  }
  SECTION("it is not: nothing is left") {
    d.answer(E::amend_refused);
    CHECK(d.o.state == S::filled);
    CHECK(d.table.working().empty());
  }
}

TEST_CASE("an amend down to what has filled ends an order as filled") {
  SECTION("answered after the fill") {
    Desk d;
    REQUIRE(d.ask(qty("5"_dec)) == "");
    d.fill("5"_dec);
    CHECK(d.o.state == S::partially_filled);
    d.answer(E::amended);
    CHECK(d.o.state == S::filled);
    CHECK(d.o.leaves().is_zero());
  }
  SECTION("the venue says filled, and its answer is lost") {
    Desk d;
    REQUIRE(d.ask(qty("5"_dec)) == "");
    d.fill("5"_dec);
    go(d.table, d.o, {E::fill_all});
    CHECK(d.o.state == S::filled);
    CHECK(d.o.intent.qty() == "5"_dec);
  }
}

TEST_CASE("fills that were made under the larger quantity are the order's, though the smaller is in force now") {
  Desk d;
  d.fill("4"_dec);
  REQUIRE(d.ask(qty("6"_dec)) == "");
  d.answer(E::amended);
  CHECK(d.o.leaves() == "2"_dec);
  CHECK(d.o.most_qty() == "10"_dec);
  d.fill("5"_dec);  // filled before the amend came to the venue, told after it
  CHECK(d.o.state == S::filled);
  CHECK(d.o.leaves().is_zero());  // never negative
}

TEST_CASE("an order that was filled and then amended to more works on") {
  Desk d;
  d.fill("10"_dec);
  REQUIRE(d.o.state == S::filled);
  SECTION("told by its amend") { d.answer(E::amended, qty("12"_dec)); }
  SECTION("seen by a query") { d.answer(E::found, qty("12"_dec)); }
  CHECK(d.o.state == S::partially_filled);
  CHECK(d.o.leaves() == "2"_dec);
  CHECK(d.table.working().size() == 1);
  CHECK(d.table.done().empty());
}

TEST_CASE("a query that shows the terms asked for answers the amend; one that shows the old ones does not") {
  Desk d;
  REQUIRE(d.ask(qty("12"_dec)) == "");
  d.answer(E::found, qty("10"_dec));
  CHECK(d.o.amends->pending);
  d.answer(E::found, qty("10"_dec, 50));  // however new it is: the amend may still be on its way
  CHECK(d.o.amends->pending);
  CHECK(d.o.leaves() == "12"_dec);
  d.answer(E::found, qty("12"_dec));
  CHECK_FALSE(d.o.amends->pending);
  CHECK(d.o.intent.qty() == "12"_dec);
}

TEST_CASE("an amend by somebody else is taken as told: what is in force is the venue's word") {
  Desk d;
  d.answer(E::amended, {"20"_dec, "99"_dec, Decimal::zero(), 0, 0});
  CHECK(d.o.intent.qty() == "20"_dec);
  CHECK(d.o.intent.limit_px() == "99"_dec);
  CHECK_FALSE(d.o.intent.stop_px().is_set());  // a venue writes 0 for none
  CHECK(d.o.most_qty() == "20"_dec);
}

TEST_CASE("a copy of an order has its amends to itself, and one that was never amended has none") {
  Desk d;
  const Order before = d.o;
  REQUIRE(d.ask(qty("12"_dec)) == "");
  Order copy = d.o;
  CHECK_FALSE(before.amends);
  CHECK(copy.leaves() == "12"_dec);
  d.answer(E::amended, qty("12"_dec, 100));
  CHECK_FALSE(d.o.amends->pending);
  CHECK(copy.amends->pending);
  copy = d.o;
  CHECK_FALSE(copy.amends->pending);
  CHECK(copy.amends->answered == 100);
  copy = before;
  CHECK_FALSE(copy.amends);
  CHECK(d.o.amends->answered == 100);
}

TEST_CASE("an answer that is not newer than the last is the last one, told twice") {
  Desk d;
  REQUIRE(d.ask(qty("12"_dec)) == "");
  d.answer(E::amended, qty("12"_dec, 100));
  REQUIRE(d.ask(qty("14"_dec)) == "");
  d.answer(E::amended, qty("12"_dec, 100));
  CHECK(d.o.amends->pending);
  CHECK(d.o.leaves() == "14"_dec);
  d.answer(E::amend_refused, qty(Decimal::not_set(), 100));
  CHECK(d.o.amends->pending);
  d.answer(E::amended, qty("14"_dec, 101));
  CHECK_FALSE(d.o.amends->pending);
  d.answer(E::amended, qty("12"_dec, 100));
  CHECK(d.o.intent.qty() == "14"_dec);
}

TEST_CASE("an amend that can't be is refused here, with the reason, and nothing is noted") {
  Desk d;
  CHECK(d.ask({}) == "AMEND_TERMS");
  CHECK(d.ask(qty("10"_dec)) == "AMEND_TERMS");
  CHECK(d.ask(px("-1"_dec)) == "AMEND_TERMS");
  CHECK(d.ask({Decimal::not_set(), Decimal::not_set(), "90"_dec, 0, 0}) == "AMEND_TERMS");  // it has no stop
  d.fill("4"_dec);
  CHECK(d.ask(qty("4"_dec)) == "AMEND_TERMS");
  CHECK(d.ask(qty("3"_dec)) == "AMEND_TERMS");
  CHECK_FALSE(d.o.amends);
  CHECK(d.ask(px("99"_dec)) == "");
  CHECK(d.ask(px("98"_dec)) == "AMEND_PENDING");
  CHECK(d.o.amends->wanted.limit_px == "99"_dec);
  go(d.table, d.o, {E::cancel_sent});
  CHECK(d.ask(px("98"_dec)) == "ORDER_EVENT_UNEXPECTED");
}

TEST_CASE("only an order that rests can be amended, and a stop price only until it has triggered") {
  Intent now = limit_buy("bl-1", "10"_dec);
  SECTION("market") { now.abi.type = BL_MARKET; }
  SECTION("immediate or cancel") { now.abi.tif = BL_IOC; }
  SECTION("fill or kill") { now.abi.tif = BL_FOK; }
  SECTION("by cost") {
    now.abi.qty = Decimal::not_set().raw();
    now.abi.quote_qty = "100"_dec.raw();
  }
  Desk d(now);
  CHECK(d.ask(px("99"_dec)) == "AMEND_IMPOSSIBLE");

  Intent stop = limit_buy("bl-2", "10"_dec);
  stop.abi.type = BL_STOP_LIMIT;
  stop.abi.tif = BL_GTC;
  stop.abi.stop_px = "95"_dec.raw();
  Desk s(stop);
  CHECK(s.ask({Decimal::not_set(), Decimal::not_set(), Decimal::not_set(), 5, 0}) == "AMEND_TERMS");  // GTC has no end
  const Terms higher{Decimal::not_set(), Decimal::not_set(), "96"_dec, 0, 0};
  go(s.table, s.o, {E::triggered});
  CHECK(s.ask(higher) == "AMEND_TERMS");
}
