// The limits on what is held and bought: what counts, at which price, and what is refused whatever it is.
#include <catch2/catch.hpp>

#include "limits_fixture.hpp"

using namespace bowline::risk_limits;
using namespace plugin_tests;
using namespace plugin_tests::limits;
using bowline::Decimal;

TEST_CASE("an entry up to exactly the position limit is allowed; one unit more is shrunk to it") {
  AccountFixture b = account();
  CHECK(ask(b, buy("5")).action == Action::allow);
  const Answer a = ask(b, buy("5.00000001"));
  CHECK(a.action == Action::shrink);
  CHECK(a.code == "POSITION_LIMIT");
  CHECK(text(a.max_qty) == "5");
  CHECK(a.value > a.limit);
  CHECK(text(a.limit) == "0.05");
  CHECK(a.unit == Unit::share_of_equity);
}

TEST_CASE("rule 5.5: what is held, in flight, resting or unknown counts; a working sell does not help") {
  AccountFixture b = account();
  b.hold(1, D("2"), D("50"));
  b.work(buy("1", 1, D("90"), "resting"), D("1"));  // counts at the mark, which is dearer
  b.work(by_cost(1, D("50"), "in flight"), std::nullopt, BL_S_PENDING);
  b.work(sell("2", 1, D("101"), "exit"), D("2"));
  const Answer a = ask(b, buy("5"));
  CHECK(a.action == Action::shrink);
  CHECK(text(a.max_qty) == "1.5");  // 500 - 200 - 100 - 50
  b.work(buy("1.5", 1, D("120"), "unknown"), std::nullopt,
         BL_S_UNKNOWN);  // what is left is not told: all of it
  const Answer full = ask(b, buy("0.2"));
  CHECK(full.action == Action::reject);
  CHECK(full.code == "POSITION_LIMIT");
}

TEST_CASE("an order does not count against itself, and one of another name does") {
  AccountFixture b = account();
  b.work(buy("5", 1, D("100"), "mine"), D("5"));
  CHECK(ask(b, buy("5", 1, D("100"), "mine")).action == Action::allow);
  CHECK(ask(b, buy("5", 1, D("100"), "other")).action == Action::reject);
  CHECK(ask(b, buy("5", 1, D("100"), "")).action == Action::reject);  // no name is nobody's
}

TEST_CASE("a buy is valued at the dearer of mark and limit") {
  AccountFixture b = account();
  const Answer a = ask(b, buy("5", 1, D("110")));
  CHECK(a.action == Action::shrink);
  CHECK(text(a.max_qty) == "4.545454545454545454");
  CHECK(ask(b, buy("5", 1, D("90"))).action == Action::allow);
  CHECK(ask(b, buy("5.1", 1, D("90"))).action == Action::shrink);
}

TEST_CASE("all positions together: the exposure limit, named when it is the tighter one") {
  AccountFixture b = account();
  b.hold(2, D("770"), D("9"));  // 7,700 at the mark
  const Answer a = ask(b, buy("4"));
  CHECK(a.action == Action::shrink);
  CHECK(a.code == "EXPOSURE_LIMIT");
  CHECK(text(a.max_qty) == "3");
  CHECK(text(a.value) == "0.81");
  b.positions[0].qty = D("800").raw();
  CHECK(ask(b, buy("4")).action == Action::reject);
}

TEST_CASE("room below the minimum is a rejection, and so is an entry below it") {
  AccountFixture b = account();
  const Answer small = ask(b, buy("0.09"));
  CHECK(small.action == Action::reject);
  CHECK(small.code == "NOTIONAL_BELOW_MINIMUM");
  CHECK(text(small.value) == "9");
  CHECK(text(small.limit) == "10");
  b.hold(1, D("4.95"), D("100"));
  const Answer a = ask(b, buy("1"));
  CHECK(a.action == Action::reject);
  CHECK(a.code == "POSITION_LIMIT");
}

TEST_CASE("a buy by cost is judged by its cost and answered in base") {
  AccountFixture b = account();
  CHECK(ask(b, by_cost(1, D("500"))).action == Action::allow);
  const Answer over = ask(b, by_cost(1, D("600")));
  CHECK(over.action == Action::shrink);
  CHECK(text(over.max_qty) == "5");
}

TEST_CASE("without equity or a mark nothing is bought") {
  AccountFixture b = account();
  b.equity = Decimal::zero();
  CHECK(ask(b, buy("1")).code == "EQUITY_NOT_POSITIVE");
  b.equity = D("-5");
  CHECK(ask(b, buy("1")).code == "EQUITY_NOT_POSITIVE");
  b.equity = Decimal::not_set();
  CHECK(ask(b, buy("1")).code == "EQUITY_NOT_POSITIVE");
  b = account();
  b.mark(1, std::nullopt);
  CHECK(ask(b, buy("1")).code == "MARK_MISSING");
  b.mark(1, Decimal::zero());
  CHECK(ask(b, buy("1")).code == "MARK_MISSING");
  CHECK(ask(b, buy("1", 7)).code == "MARK_MISSING");
  CHECK(ask(b, buy("1", 0xFFFFFFFFu)).code == "MARK_MISSING");
}

TEST_CASE("a mark that was there in the call before and is gone now is gone") {
  AccountFixture b = account();
  CHECK(ask(b, buy("1")).action == Action::allow);
  b.marks.clear();
  CHECK(ask(b, buy("1")).code == "MARK_MISSING");
}

TEST_CASE("another instrument without a mark counts at cost; without a cost nothing can be judged") {
  AccountFixture b = account();
  b.mark(2, std::nullopt);
  b.hold(2, D("100"), D("78"));
  const Answer a = ask(b, buy("4"));
  CHECK(a.code == "EXPOSURE_LIMIT");
  CHECK(text(a.max_qty) == "2");
  b.positions[0].avg_px = Decimal::zero().raw();
  CHECK(ask(b, buy("4")).code == "MARK_MISSING");
  b.positions.clear();
  b.work(order(BL_BUY, 0xFFFFFFFFu, D("1"), std::nullopt, "far"), D("1"));  // a number beyond all marks
  CHECK(ask(b, buy("4")).code == "MARK_MISSING");
}

TEST_CASE(
    "rule 3.1: sells that reduce are allowed whatever the limits say; more than is free is cut or refused") {
  AccountFixture b = account();
  b.equity = D("-1");
  b.marks.clear();
  b.hold(1, D("90"), D("100"));
  Limits l = usual();
  l.max_open_orders = l.max_orders_per_minute = 1;
  l.max_daily_loss = D("0.01");
  l.max_order = D("1");
  l.ladder = {{D("0.01"), D("0")}};
  l.locks = {{1, 0}};
  b.work(buy("1", 2, D("10"), "resting"), D("1"));
  CHECK(ask(b, sell("90"), l).action == Action::allow);
  CHECK(ask(b, sell("0.00001"), l).action == Action::allow);
  const Answer a = ask(b, sell("91"), l);
  CHECK(a.action == Action::shrink);
  CHECK(text(a.max_qty) == "90");
  b.work(sell("90", 1, std::nullopt, "exit"), D("90"));
  const Answer none = ask(b, sell("1"), l);
  CHECK(none.action == Action::reject);
  CHECK(none.code == "SELL_EXCEEDS_POSITION");
}

TEST_CASE("senseless quantities, sides and amounts beyond exact arithmetic are rejected") {
  AccountFixture b = account();
  CHECK(ask(b, buy("0")).code == "QUANTITY_INVALID");
  CHECK(ask(b, buy("-1")).code == "QUANTITY_INVALID");
  CHECK(ask(b, sell("0")).code == "QUANTITY_INVALID");
  CHECK(ask(b, order(BL_BUY, 1, std::nullopt)).code == "QUANTITY_INVALID");
  CHECK(ask(b, order(9, 1, D("1"))).code == "SIDE_UNKNOWN");
  b.mark(1, D("10000000000000000000"));
  CHECK(ask(b, buy("10000000000000000000")).code == "ARITHMETIC_OVERFLOW");
}
