// The limits on orders: the cash they take, their notionals, how many there are and how fast they come, their price, and locks.
#include <catch2/catch.hpp>

#include <cstring>

#include "limits_fixture.hpp"

using namespace bowline::risk_limits;
using namespace plugin_tests;
using namespace plugin_tests::limits;
using bowline::Decimal;

TEST_CASE(
    "cash reserve: what stays in cash once everything being bought and the order are paid with their fees") {
  AccountFixture b = account();
  Limits l = open();
  l.cash_reserve = D("0.2");
  l.taker_fee = D("0.01");
  CHECK(ask(b, buy("79"), l).action == Action::allow);  // 7,979 with the fee
  const Answer a = ask(b, buy("80"), l);                // 8,080
  CHECK(a.action == Action::shrink);
  CHECK(a.code == "CASH_RESERVE_LIMIT");
  CHECK(a.unit == Unit::share_of_equity);
  CHECK(text(a.value) == "0.192");
  CHECK(text(a.limit) == "0.2");
  CHECK(text(a.max_qty) == "79.20792079207920792");
  b.work(by_cost(2, D("3000"), "cost"), std::nullopt);                  // its fee is inside
  b.work(buy("400", 2, D("10"), "resting"), D("200"));                  // 2,000 + 20
  b.work(sell("10", 2, D("10"), "exit"), D("10"));                      // brings nothing until it fills
  CHECK(text(ask(b, buy("80"), l).max_qty) == "29.50495049504950495");  // (8,000 - 5,020) / 1.01 / 100
  CHECK(ask(b, by_cost(1, D("2980")), l).action == Action::allow);
  CHECK(ask(b, by_cost(1, D("2980.01")), l).action == Action::shrink);
  b.balances[0].asset = 7;  // another asset is no cash
  CHECK(ask(b, buy("1"), l).code == "CASH_RESERVE_LIMIT");
  CHECK(ask(b, buy("1"), l).action == Action::reject);
}

TEST_CASE("order notional: an entry is cut to the largest amount in quote currency") {
  AccountFixture b = account();
  Limits l = open();
  l.max_order = D("250");
  CHECK(ask(b, buy("2.5"), l).action == Action::allow);
  const Answer a = ask(b, buy("3"), l);
  CHECK(a.action == Action::shrink);
  CHECK(a.code == "ORDER_NOTIONAL_LIMIT");
  CHECK(a.unit == Unit::quote_amount);
  CHECK(text(a.value) == "300");
  CHECK(text(a.limit) == "250");
  CHECK(text(a.max_qty) == "2.5");
  l.max_order = Decimal::zero();  // nothing may be bought
  CHECK(ask(b, buy("1"), l).action == Action::reject);
}

TEST_CASE("day notional: what was bought on the UTC day, what is being bought and the order together") {
  AccountFixture b = account();
  b.now_ns = 20'000 * day + 12 * hour;
  Limits l = open();
  l.max_day = D("1000");
  Memory m;
  bl_fill f{};
  f.h.size = sizeof f;
  f.h.type = BL_EV_FILL;
  f.h.ts_event = 20'000 * day - 1;  // the day before
  f.side = BL_BUY;
  f.px = D("100").raw();
  f.qty = D("9").raw();
  m.on_fill(f);
  CHECK(ask(b, buy("10"), l, m).action == Action::allow);
  f.h.ts_event = 20'000 * day;
  f.qty = D("3").raw();
  m.on_fill(f);
  f.side = BL_SELL;  // a sale is no entry
  m.on_fill(f);
  b.work(buy("2", 1, D("100"), "resting"), D("1.5"));
  const Answer a = ask(b, buy("10"), l, m);
  CHECK(a.code == "DAY_NOTIONAL_LIMIT");
  CHECK(text(a.max_qty) == "5.5");
  CHECK(text(a.value) == "1450");
  f.side = BL_BUY;
  f.h.ts_event = 20'000 * day - 1;  // told late: of a day that is over
  m.on_fill(f);
  CHECK(text(ask(b, buy("10"), l, m).max_qty) == "5.5");
  f.h.ts_event = 20'000 * day + 1;
  f.flags = 4;  // a reversal takes the 300 off again
  m.on_fill(f);
  CHECK(text(ask(b, buy("10"), l, m).max_qty) == "8.5");
  m.on_fill(f);  // and is never more than what was there
  CHECK(text(ask(b, buy("10"), l, m).max_qty) == "8.5");
  b.now_ns += day;
  b.working.clear();
  CHECK(ask(b, buy("10"), l, m).action == Action::allow);
}

TEST_CASE("day notional: a day that no longer fits exact arithmetic is full") {
  AccountFixture b = account();
  b.now_ns = 5 * hour;
  Limits l = open();
  l.max_day = D("1000");
  Memory m;
  bl_fill f{};
  f.side = BL_BUY;
  f.px = f.qty = D("100000000000").raw();
  m.on_fill(f);
  CHECK(ask(b, buy("1"), l, m).code == "ARITHMETIC_OVERFLOW");
  f.px = f.qty = D("1").raw();
  m.on_fill(f);
  CHECK(ask(b, buy("1"), l, m).code == "ARITHMETIC_OVERFLOW");
}

TEST_CASE("total notional: all positions and what is being bought, in quote currency") {
  AccountFixture b = account();
  Limits l = open();
  l.max_total = D("1000");
  b.hold(2, D("50"), D("1"));
  b.work(buy("2", 1, D("90"), "resting"), D("2"));
  const Answer a = ask(b, buy("4"), l);
  CHECK(a.code == "TOTAL_NOTIONAL_LIMIT");
  CHECK(text(a.max_qty) == "3");
  CHECK(text(a.value) == "1100");
}

TEST_CASE("open orders: in all and of one product, of both sides, the judged one not counted") {
  AccountFixture b = account();
  Limits l = open();
  l.max_open_orders = 3;
  l.max_product_orders = 2;
  b.work(buy("1", 1, D("90"), "a"), D("1"), BL_S_UNKNOWN);
  CHECK(ask(b, buy("1"), l).action == Action::allow);
  b.work(sell("1", 1, D("110"), "b"), D("1"));
  const Answer a = ask(b, buy("1"), l);
  CHECK(a.code == "PRODUCT_ORDERS_LIMIT");
  CHECK(a.unit == Unit::count);
  CHECK(text(a.value) == "3");
  CHECK(text(a.limit) == "2");
  CHECK(ask(b, buy("1", 1, std::nullopt, "a"), l).action == Action::allow);
  CHECK(ask(b, buy("1", 2), l).action == Action::allow);
  b.work(buy("1", 2, D("9"), "c"), D("1"));
  CHECK(ask(b, buy("1", 2), l).code == "OPEN_ORDERS_LIMIT");
}

TEST_CASE("orders per minute: those reported, those in flight and those of the same frame, each once") {
  AccountFixture b = account();
  Limits l = open();
  l.max_orders_per_minute = 3;
  Memory m;
  bl_exec e{};
  e.h.size = sizeof e;
  e.h.type = BL_EV_EXEC;
  const auto heard = [&](const char* id, std::int64_t made, std::uint32_t kind, std::int64_t told) {
    std::memset(e.client_id, 0, sizeof e.client_id);
    std::strncpy(e.client_id, id, sizeof e.client_id - 1);
    e.kind = kind;
    e.created_ns = made;
    e.h.ts_event = e.h.ts_recv = told;
    m.on_exec(e);
  };
  const std::int64_t now = b.now_ns;
  heard("old", now - day, BL_X_SNAPSHOT, now);  // made yesterday
  heard("absent", now, BL_X_ABSENT, now);       // never sent
  heard("", now, BL_X_SNAPSHOT, now);           // not ours
  heard("first", now - 59 * s, BL_X_ACCEPTED, now);
  heard("first", now - 59 * s, BL_X_DONE, now);  // the same order
  CHECK(ask(b, buy("1"), l, m).action == Action::allow);
  b.work(buy("1", 1, D("90"), "first"), D("1")).decided_ns = now - 59 * s;  // the same again
  b.work(buy("1", 2, D("9"), "flying"), D("1")).decided_ns = now;
  b.work(buy("1", 2, D("9"), "resting"), D("1")).decided_ns = now - hour;
  CHECK(ask(b, buy("1"), l, m).action == Action::allow);
  heard("rejected", 0, BL_X_REJECTED, now - s);  // when it was made is not told
  const Answer a = ask(b, buy("1"), l, m);
  CHECK(a.code == "ORDER_RATE_LIMIT");
  CHECK(text(a.value) == "4");
  CHECK(text(a.limit) == "3");
  CHECK(ask(b, buy("1", 1, std::nullopt, "rejected"), l, m).action ==
        Action::allow);  // it is one of them itself
  b.now_ns += 2 * s;     // the first one is more than a minute ago
  CHECK(ask(b, buy("1"), l, m).action == Action::allow);
}

TEST_CASE(
    "price band: a limit price too far from the mark, above or below, is refused; a market order has none") {
  AccountFixture b = account();
  Limits l = open();
  l.price_band = D("0.02");
  CHECK(ask(b, buy("1", 1, D("102")), l).action == Action::allow);
  CHECK(ask(b, buy("1", 1, D("98")), l).action == Action::allow);
  const Answer a = ask(b, buy("1", 1, D("102.01")), l);
  CHECK(a.action == Action::reject);
  CHECK(a.code == "PRICE_OUTSIDE_BAND");
  CHECK(a.unit == Unit::fraction);
  CHECK(text(a.value) == "0.0201");
  CHECK(text(a.limit) == "0.02");
  CHECK(ask(b, buy("1", 1, D("97.99")), l).code == "PRICE_OUTSIDE_BAND");
  CHECK(ask(b, buy("1"), l).action == Action::allow);
}

TEST_CASE("locks: a locked product is not bought, for good or until its time; others are") {
  AccountFixture b = account();
  b.now_ns = 1'700'000'000 * s;
  Limits l = open();
  l.locks = {{1, 0}, {2, 1'700'000'060 * s}};
  Answer a = ask(b, buy("1"), l);
  CHECK(a.code == "PRODUCT_LOCKED");
  CHECK(a.unit == Unit::none);
  a = ask(b, buy("1", 2), l);
  CHECK(a.code == "PRODUCT_LOCKED");
  CHECK(a.unit == Unit::seconds);
  CHECK(text(a.value) == "1700000000");
  CHECK(text(a.limit) == "1700000060");
  b.now_ns += 60 * s;
  CHECK(ask(b, buy("1", 2), l).action == Action::allow);
  CHECK(ask(b, buy("1"), l).code == "PRODUCT_LOCKED");
}
