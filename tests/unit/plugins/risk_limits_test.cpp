// The limits: each rule, what counts, and that the answers hang together.
#include <catch2/catch.hpp>

#include <set>
#include <string>

#include "account_fixture.hpp"
#include "limits_1_0.hpp"
#include "risk_limits/codes.hpp"
#include "risk_limits/limits.hpp"
#include "risk_limits/memory.hpp"

using namespace bowline::risk_limits;
using namespace plugin_tests;
using bowline::Decimal;
namespace money = bowline::money;

namespace {
constexpr std::int64_t s = 1'000'000'000, minute = 60 * s, hour = 60 * minute, day = 24 * hour;

Limits usual() {
  Limits l;
  l.max_position = D("0.05");
  l.max_exposure = D("0.8");
  l.min_notional = D("10");
  return l;
}
/// Everything off but what a test turns on.
Limits open() {
  Limits l;
  l.max_position = l.max_exposure = D("1");
  return l;
}
/// Number, code and unit of an answer are those of the table, which the documentation is made from.
bool listed(const Answer& a) {
  for (const bowline::risk::Code& c : codes)
    if (c.rule == a.rule && c.code == a.code) return c.unit == a.unit || a.unit == bowline::risk::Unit::none;
  return a.code.empty();
}
/// 10,000 USD of equity; instrument 1 at 100, 2 at 10.
AccountFixture account() {
  AccountFixture a(D("10000"));
  a.mark(1, D("100"));
  a.mark(2, D("10"));
  return a;
}
Answer ask(AccountFixture& a, const bl_intent& i, const Limits& l = usual(), const Memory& m = {}) {
  static bowline::risk::Marks marks;
  static bowline::risk::LastChecks last;
  last.reset(codes, 2);
  const Answer said = judge(i, a.view(), l, m, marks, &last);
  CHECK(listed(said));
  const Answer unwatched = judge(i, a.view(), l, m, marks);  // no verdict depends on it
  CHECK((said.code == unwatched.code && said.action == unwatched.action && said.max_qty == unwatched.max_qty && said.value == unwatched.value));
  return said;
}
bl_intent buy(const char* qty, std::uint32_t instrument = 1, const Amount& limit_px = {},
              const std::string& id = "asked") {
  return order(BL_BUY, instrument, D(qty), limit_px, id);
}
bl_intent sell(const char* qty, std::uint32_t instrument = 1, const Amount& limit_px = {},
               const std::string& id = "asked") {
  return order(BL_SELL, instrument, D(qty), limit_px, id);
}
}  // namespace

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

TEST_CASE("rule 5.1, daily loss: from the share of the day's opening equity on nothing is bought") {
  AccountFixture b = account();
  Limits l = open();
  l.max_daily_loss = D("0.03");
  b.equity = D("9700.01");
  CHECK(ask(b, buy("1"), l).action == Action::allow);
  b.equity = D("9700");
  const Answer a = ask(b, buy("1"), l);
  CHECK(a.action == Action::reject);
  CHECK(a.code == "DAILY_LOSS_LIMIT");
  CHECK(text(a.value) == "0.03");
  b.equity = D("10400");  // a gain is no loss
  CHECK(ask(b, buy("1"), l).action == Action::allow);
  b.day_start = Decimal::not_set();
  CHECK(ask(b, buy("1"), l).code == "OPENING_EQUITY_MISSING");
  b.day_start = Decimal::zero();
  CHECK(ask(b, buy("1"), l).code == "OPENING_EQUITY_MISSING");
}

TEST_CASE("rule 5.1, daily and rolling loss and the ladder of drawdown: with what is held at the bid, by the host's word or, without it, by equity") {
  AccountFixture b = account();
  Limits l = open();
  l.max_daily_loss = D("0.03");
  // The host tells opening and peak by as much above 10,000 as equity is above its worth at the bid.
  const auto spread = [&](const char* equity, const char* at_bid) {
    b.equity = D(equity);
    b.at_bid = D(at_bid);
    b.day_start = b.peak = D("10000") + (b.equity - b.at_bid);
  };
  spread("9800", "9700.01");
  CHECK(ask(b, buy("1"), l).action == Action::allow);
  spread("9800", "9700");
  const Answer a = ask(b, buy("1"), l);
  CHECK(a.code == "DAILY_LOSS_LIMIT");
  CHECK(text(a.value) == "0.03");  // of 10,000, and not of what is told
  l = open();
  l.ladder = {{D("0.03"), D("0")}};
  CHECK(ask(b, buy("1"), l).code == "DRAWDOWN_LIMIT");
  spread("9800", "9700.01");
  CHECK(ask(b, buy("1"), l).action == Action::allow);
  l = open();
  l.max_rolling_loss = D("0.03");
  Memory m;
  spread("10050", "10000");
  m.on_equity(b.view());
  spread("9800", "9700");
  CHECK(ask(b, buy("1"), l, m).code == "ROLLING_LOSS_LIMIT");
  spread("9800", "9700.01");
  CHECK(ask(b, buy("1"), l, m).action == Action::allow);
  // A host of before ABI 1.4 has no such field: equity it is.
  bl_portfolio old = b.view();
  old.size = offsetof(bl_portfolio, equity_at_bid);
  CHECK(bowline::Portfolio(old).equity_at_bid() == D("9800"));
}

TEST_CASE("rule 5.1, rolling loss: against the equity of 24 hours before, or the first one known since") {
  AccountFixture b = account();
  Limits l = open();
  l.max_rolling_loss = D("0.05");
  Memory m;
  const std::int64_t t = b.now_ns;
  const auto at = [&](std::int64_t when, const char* equity) {
    b.now_ns = when;
    b.equity = D(equity);
    m.on_equity(b.view());
  };
  b.equity = D("1");
  CHECK(ask(b, buy("1", 1, D("1")), l, m).action == Action::shrink);  // nothing is known: no loss either
  at(t, "10000");
  at(t + 30 * s, "20000");  // within the minute: not kept
  at(t + hour, "9501");
  CHECK(ask(b, buy("1"), l, m).action == Action::allow);
  at(t + 2 * hour, "9500");
  const Answer a = ask(b, buy("1"), l, m);
  CHECK(a.code == "ROLLING_LOSS_LIMIT");
  CHECK(text(a.value) == "0.05");
  at(t + day, "9400");
  CHECK(ask(b, buy("1"), l, m).code == "ROLLING_LOSS_LIMIT");  // still against the 10,000
  CHECK(text(*m.equity_a_day_ago(t + day + 40 * s)) == "10000");
  at(t + day + hour, "9400");  // now against the 9,501
  CHECK(ask(b, buy("1"), l, m).action == Action::allow);
  for (int i = 2; i < 40'000; ++i) at(t + day + hour + i * minute, "9400");
  CHECK(text(*m.equity_a_day_ago(b.now_ns)) == "9400");
}

TEST_CASE("drawdown ladder: the position that would result is cut to the step's share of what is wanted") {
  AccountFixture b = account();
  Limits l = open();
  l.ladder = {{D("0.1"), D("0.5")}, {D("0.2"), D("0.25")}, {D("0.3"), D("0")}};
  b.peak = D("11000");
  CHECK(ask(b, buy("4"), l).action == Action::allow);  // 9.1 %
  b.peak = D("11111.12");
  Answer a = ask(b, buy("4"), l);
  CHECK(a.action == Action::shrink);
  CHECK(a.code == "DRAWDOWN_LIMIT");
  CHECK(a.unit == Unit::fraction);
  CHECK(text(a.limit) == "0.1");
  CHECK(a.value > a.limit);
  CHECK(text(a.max_qty) == "2");
  b.peak = D("12500");  // exactly 20 %
  a = ask(b, buy("4"), l);
  CHECK(text(a.max_qty) == "1");
  CHECK(text(a.limit) == "0.2");
  b.peak = D("15000");
  a = ask(b, buy("4"), l);
  CHECK(a.action == Action::reject);
  CHECK(a.code == "DRAWDOWN_LIMIT");
  b.peak = Decimal::not_set();
  CHECK(ask(b, buy("4"), l).code == "PEAK_EQUITY_MISSING");
  b.peak = D("9000");  // above the peak told: no drawdown
  CHECK(ask(b, buy("4"), l).action == Action::allow);
}

TEST_CASE(
    "drawdown ladder: asked again for the rest, it gives nothing more (rule 1.3: constant inputs, no "
    "orders)") {
  AccountFixture b = account();
  Limits l = open();
  l.ladder = {{D("0.1"), D("0.5")}};
  b.peak = D("12000");
  CHECK(text(ask(b, buy("4"), l).max_qty) == "2");
  b.hold(1, D("2"), D("100"));
  const Answer a = ask(b, buy("2"), l);  // 4 are wanted in all
  CHECK(a.action == Action::reject);
  CHECK(a.code == "DRAWDOWN_LIMIT");
  CHECK(text(ask(b, buy("4"), l).max_qty) == "1");  // now 6 are
}

TEST_CASE("drawdown ladder: what another limit leaves is what is wanted") {
  AccountFixture b = account();
  Limits l = usual();  // 500 in one instrument
  l.ladder = {{D("0.1"), D("0.5")}};
  b.peak = D("12000");
  const Answer a = ask(b, buy("100"), l);
  CHECK(a.code == "DRAWDOWN_LIMIT");
  CHECK(text(a.max_qty) == "2.5");
}

namespace {
/// One product from flat to flat, with that result.
void trip(Memory& m, std::uint32_t instrument, std::int64_t at, Decimal& realised, const char* result,
          const char* fee = "0") {
  static Decimal fees = Decimal::zero();
  bl_position_ev e{};
  e.h.size = sizeof e;
  e.h.type = BL_EV_POSITION;
  e.h.ts_event = e.h.ts_recv = at;
  e.position.instrument = instrument;
  e.position.qty = D("1").raw();
  e.position.realised = realised.raw();
  e.position.fees = fees.raw();
  m.on_position(e);
  realised += D(result);
  fees += D(fee);
  e.position.qty = Decimal::zero().raw();
  e.position.realised = realised.raw();
  e.position.fees = fees.raw();
  m.on_position(e);
}
}  // namespace

TEST_CASE("cooldown: so many losing closes within the window, and nothing is bought for a while") {
  AccountFixture b = account();
  Limits l = open();
  l.cooldown = {2, day, 4 * hour, false};
  Memory m;
  m.reset(l.cooldown);
  Decimal realised = Decimal::zero();
  const std::int64_t t = b.now_ns;
  trip(m, 1, t, realised, "-5");
  trip(m, 1, t + hour, realised, "9");  // a gain breaks nothing: closes are counted, not rows of them
  CHECK(ask(b, buy("1"), l, m).action == Action::allow);
  trip(m, 1, t + 23 * hour, realised, "-1");
  b.now_ns = t + 23 * hour;
  const Answer a = ask(b, buy("1"), l, m);
  CHECK(a.action == Action::reject);
  CHECK(a.code == "COOLDOWN_ACTIVE");
  CHECK(a.unit == Unit::seconds);
  CHECK(text(a.value) == "0");
  CHECK(text(a.limit) == "14400");
  CHECK(ask(b, buy("1", 2), l, m).code == "COOLDOWN_ACTIVE");  // it is for all products
  b.now_ns += 4 * hour - 1;
  CHECK(ask(b, buy("1"), l, m).code == "COOLDOWN_ACTIVE");
  b.now_ns += 1;
  CHECK(ask(b, buy("1"), l, m).action == Action::allow);
  trip(m, 1, t + 24 * hour + 23 * hour, realised, "-1");  // exactly a day after the last: no longer within
  b.now_ns = t + 47 * hour;
  CHECK(ask(b, buy("1"), l, m).action == Action::allow);
}

TEST_CASE("cooldown: fees make a close a losing one, and dust counts as flat") {
  AccountFixture b = account();
  Limits l = open();
  l.cooldown = {1, day, hour, false};
  Memory m;
  m.reset(l.cooldown);
  Decimal realised = D("-100");  // earlier losses are not this trip's
  trip(m, 1, b.now_ns, realised, "2", "1.5");
  CHECK(ask(b, buy("1"), l, m).action == Action::allow);
  trip(m, 1, b.now_ns, realised, "2", "2.5");
  CHECK(ask(b, buy("1"), l, m).code == "COOLDOWN_ACTIVE");
  m.reset(l.cooldown);
  bl_position_ev e{};
  e.h.ts_event = b.now_ns;
  e.position.instrument = 1;
  const auto tell = [&](const char* qty, const char* realised_so_far, const char* fees) {
    e.position.qty = D(qty).raw();
    e.position.realised = D(realised_so_far).raw();
    e.position.fees = D(fees).raw();
    m.on_position(e);
  };
  tell("0", "50", "10");
  tell("1", "50", "11.5");  // the entry's fee is the trip's, too
  tell("0", "52", "12.5");
  CHECK(ask(b, buy("1"), l, m).code == "COOLDOWN_ACTIVE");
  m.reset(l.cooldown);
  e = {};
  e.h.ts_event = b.now_ns;
  e.position.instrument = 1;
  e.position.qty = D("1").raw();
  e.position.realised = e.position.fees = Decimal::zero().raw();
  m.on_position(e);
  e.position.qty = D("0.4").raw();
  e.position.realised = D("-7").raw();
  m.on_position(e);  // a part was sold: it is not closed yet
  CHECK(ask(b, buy("1"), l, m).action == Action::allow);
  e.position.qty = D("0.00000001").raw();
  e.position.flags = 1;
  m.on_position(e);
  CHECK(ask(b, buy("1"), l, m).code == "COOLDOWN_ACTIVE");
}

TEST_CASE("cooldown per product: only the product that lost waits") {
  AccountFixture b = account();
  Limits l = open();
  l.cooldown = {2, day, hour, true};
  Memory m;
  m.reset(l.cooldown);
  Decimal one = Decimal::zero(), two = Decimal::zero();
  trip(m, 1, b.now_ns, one, "-5");
  trip(m, 2, b.now_ns, two, "-5");
  CHECK(ask(b, buy("1"), l, m).action == Action::allow);
  trip(m, 2, b.now_ns, two, "-5");
  CHECK(ask(b, buy("1"), l, m).action == Action::allow);
  CHECK(ask(b, buy("1", 2), l, m).code == "COOLDOWN_ACTIVE");
  CHECK_FALSE(m.cooling_since(0xFFFFFFFFu, b.now_ns));
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

// ---- properties ------------------------------------------------------------------------------------------

namespace {
struct Random {
  std::uint64_t x;
  std::uint64_t next() { return x ^= x << 13, x ^= x >> 7, x ^= x << 17; }
  std::uint64_t below(std::uint64_t n) { return next() % n; }
  bool chance(std::uint64_t one_in) { return next() % one_in == 0; }
  Decimal amount(std::uint64_t most) {
    return money::from_mantissa(static_cast<std::int64_t>(1 + below(most)), -4);
  }
  Decimal percent() { return money::from_mantissa(static_cast<std::int64_t>(1 + below(100)), -2); }
};

/// Three instruments, some without a mark, held and worked on in every way.
AccountFixture random_account(Random& r) {
  AccountFixture b(r.amount(200'000'000));
  b.peak = r.chance(3) ? b.equity : b.equity + r.amount(100'000'000);
  b.day_start = r.chance(3) ? b.equity : r.amount(200'000'000);
  b.cash(r.amount(200'000'000));
  for (std::uint32_t i = 1; i <= 3; ++i)
    if (!r.chance(12)) b.mark(i, r.amount(5'000'000));
  const auto any = [&] { return static_cast<std::uint32_t>(1 + r.below(3)); };
  for (std::uint64_t k = r.below(3); k > 0; --k) b.hold(any(), r.amount(100'000), r.amount(5'000'000));
  for (std::uint64_t k = r.below(4); k > 0; --k) {
    const std::string id = "w" + std::to_string(k);
    if (r.chance(5)) {
      b.work(by_cost(any(), r.amount(5'000'000), id), std::nullopt);
      continue;
    }
    const Amount px = r.chance(4) ? Amount() : Amount(r.amount(5'000'000));
    const Decimal qty = r.amount(50'000);
    b.work(order(r.chance(2) ? BL_BUY : BL_SELL, any(), qty, px, id),
           r.chance(4) ? Amount() : Amount(money::times(qty, D("0.5"), money::Round::down)));
  }
  return b;
}
bl_intent random_order(Random& r) {
  const auto instrument = static_cast<std::uint32_t>(1 + r.below(3));
  if (r.chance(8)) return by_cost(instrument, r.amount(30'000'000));
  const Amount px = r.chance(2) ? Amount() : Amount(r.amount(5'000'000));
  return order(r.chance(6) ? BL_SELL : BL_BUY, instrument, r.amount(300'000), px,
               r.chance(9) ? "w1" : "asked");
}
Limits random_limits(Random& r) {
  Limits l;
  l.max_position = r.percent();
  l.max_exposure = r.percent();
  l.min_notional = r.amount(100'000);
  if (r.chance(2)) l.cash_reserve = min(r.percent(), D("0.99"));
  l.taker_fee = money::from_mantissa(static_cast<std::int64_t>(r.below(200)), -4);
  if (r.chance(3)) l.max_order = r.amount(20'000'000);
  if (r.chance(3)) l.max_day = r.amount(40'000'000);
  if (r.chance(3)) l.max_total = r.amount(60'000'000);
  if (r.chance(4)) l.price_band = r.percent();
  if (r.chance(3)) l.ladder = {{D("0.1"), D("0.5")}, {D("0.3"), D("0.2")}, {D("0.6"), D("0")}};
  return l;
}

limits_1_0::Book old_book(const bl_portfolio& p, const bl_intent& judged) {
  limits_1_0::Book b;
  b.equity = Decimal::from_raw(p.equity);
  for (const bl_position& x : bowline::Portfolio(p).positions())
    b.holdings.push_back({x.instrument, Decimal::from_raw(x.qty), Decimal::from_raw(x.avg_px)});
  b.marks.resize(4);
  for (const bl_mark& m : bowline::Portfolio(p).marks()) b.marks[m.instrument] = money::from_abi(m.px);
  for (const bl_working* w : bowline::Portfolio(p).working()) {
    if (std::strcmp(w->intent->client_id, judged.client_id) == 0) continue;
    limits_1_0::Working v;
    v.instrument = w->intent->instrument;
    v.buy = w->intent->side == BL_BUY;
    const auto leaves = money::from_abi(w->leaves_qty), qty = money::from_abi(w->intent->qty);
    v.leaves = leaves ? *leaves : qty.value_or(Decimal::zero());
    if (!qty) v.by_cost = money::from_abi(w->intent->quote_qty);
    if (w->intent->type != BL_MARKET) v.limit_px = money::from_abi(w->intent->limit_px);
    b.working.push_back(v);
  }
  return b;
}
}  // namespace

TEST_CASE("property: with what 1.0 had, the answers are those of 1.0, to the last digit") {
  Random r{20260101};
  int seen[3]{};
  for (int round = 0; round < 60'000; ++round) {
    AccountFixture b = random_account(r);
    const bl_intent i = random_order(r);
    Limits l;
    l.max_position = r.percent();
    l.max_exposure = r.percent();
    l.min_notional = r.amount(100'000);
    limits_1_0::Ask old;
    old.instrument = i.instrument;
    old.buy = i.side == BL_BUY;
    old.qty = money::from_abi(i.qty);
    old.by_cost = money::from_abi(i.quote_qty);
    if (i.type != BL_MARKET) old.limit_px = money::from_abi(i.limit_px);
    const auto before =
        limits_1_0::judge(old, old_book(b.view(), i), {l.max_position, l.max_exposure, l.min_notional});
    const Answer now = ask(b, i, l);
    REQUIRE(static_cast<int>(now.action) == static_cast<int>(before.action));
    REQUIRE(now.code == before.code);
    REQUIRE(now.reason == before.reason);
    REQUIRE(now.max_qty == before.max_qty);
    REQUIRE(now.value == before.value);
    REQUIRE(now.limit == before.limit);
    REQUIRE(static_cast<int>(now.unit) == static_cast<int>(before.unit));
    REQUIRE(now.rule == before.rule);
    ++seen[static_cast<int>(now.action)];
  }
  for (const int n : seen) CHECK(n > 3'000);
}

TEST_CASE("property: what was shrunk passes when asked again; less than what passes, passes") {
  Random r{99};
  int shrunk = 0, allowed = 0, rejected = 0;
  for (int round = 0; round < 40'000; ++round) {
    AccountFixture b = random_account(r);
    Limits l = random_limits(r);
    bl_intent i = random_order(r);
    if (i.side != BL_BUY) continue;
    Answer a = ask(b, i, l);
    rejected += a.action == Action::reject;
    if (a.action == Action::shrink) {
      ++shrunk;
      // A drawdown's cut is a share of what is asked: asked for less, it gives less.
      if (a.code == "DRAWDOWN_LIMIT") l.ladder.clear();
      i.qty = a.max_qty.raw();
      i.quote_qty = money::not_set();
      const Answer again = ask(b, i, l);
      // The quantity was rounded down: a notional that met the minimum exactly may be 10^-18 short of it now.
      if (again.action != Action::allow) REQUIRE(again.code == "NOTIONAL_BELOW_MINIMUM");
      a = again;
    }
    if (a.action != Action::allow) continue;
    ++allowed;
    bl_intent half = i;
    bl_dec& size = Decimal::from_raw(i.qty).is_set() ? half.qty : half.quote_qty;
    size = money::times(Decimal::from_raw(size), D("0.5"), money::Round::down).raw();
    if (!Decimal::from_raw(size).is_positive()) continue;
    const Answer less = ask(b, half, l);
    REQUIRE((less.action == Action::allow || less.code == "NOTIONAL_BELOW_MINIMUM"));
  }
  CHECK(shrunk > 1'000);
  CHECK(allowed > 3'000);
  CHECK(rejected > 1'000);
}

namespace {
/// What an account holds and buys, added up in another way than the code does it.
struct Sums {
  Decimal here, all, buying,
      pay;  // `here`: of the instrument asked about; `pay`: the cash that the buys take
};
Sums add_up(const AccountFixture& b, std::uint32_t asked, const Decimal& fee) {
  Sums t{};
  const auto mark_of = [&](std::uint32_t i) -> Amount {
    for (const bl_mark& m : b.marks)
      if (m.instrument == i) return Decimal::from_raw(m.px);
    return std::nullopt;
  };
  const auto count = [&](std::uint32_t i, const Decimal& amount) {
    t.all += amount;
    if (i == asked) t.here += amount;
  };
  for (const bl_position& p : b.positions)
    count(p.instrument,
          mul(Decimal::from_raw(p.qty), mark_of(p.instrument).value_or(Decimal::from_raw(p.avg_px)),
              bowline::Rounding::up));
  for (const bl_working& w : b.working) {
    if (w.intent->side != BL_BUY) continue;
    Decimal amount = Decimal::from_raw(w.intent->quote_qty);
    const bool cost = amount.is_set();
    if (!cost) {
      const Decimal leaves = Decimal::from_raw(w.leaves_qty), limit = Decimal::from_raw(w.intent->limit_px);
      const Amount mark = mark_of(w.intent->instrument);
      const Decimal px = !mark ? limit : !limit.is_set() ? *mark : max(*mark, limit);
      amount = mul(leaves.is_set() ? leaves : Decimal::from_raw(w.intent->qty), px, bowline::Rounding::up);
    }
    t.buying += amount;
    t.pay += cost ? amount : mul(amount, D("1") + fee, bowline::Rounding::up);
    count(w.intent->instrument, amount);
  }
  return t;
}

/// The first limit that the account breaks as it stands, or empty. `before`: what there was of it before the
/// order.
std::string broken(const AccountFixture& b, std::uint32_t bought, const Limits& l, const Decimal& today,
                   const Decimal& before) {
  const Sums t = add_up(b, bought, l.taker_fee);
  const auto share = [&](const Decimal& of) { return mul(of, b.equity, bowline::Rounding::up); };
  if (t.here > share(l.max_position)) return "position";
  if (t.all > share(l.max_exposure)) return "exposure";
  // The code rounds the fees of all working buys up at once, this one each: units of the last place.
  if (!l.cash_reserve.is_zero() &&
      Decimal::from_raw(b.balances[0].total) - t.pay < share(l.cash_reserve) - D("0.00000000000001"))
    return "cash";
  if (l.max_day && today + t.buying > *l.max_day) return "day";
  if (l.max_total && t.all > *l.max_total) return "total";
  if (l.max_order && t.here - before > *l.max_order) return "order";
  return "";
}
}  // namespace

TEST_CASE(
    "property: what is allowed or shrunk breaks no limit once it is in the book, and a step more breaks "
    "one") {
  Random r{4711};
  const Decimal step = D("0.00000001");
  int shrunk = 0, allowed = 0;
  std::set<std::string> by;
  for (int round = 0; round < 60'000; ++round) {
    AccountFixture b = random_account(r);
    Limits l = random_limits(r);
    l.ladder.clear();  // it cuts what is asked, not to a size
    l.price_band.reset();
    l.min_notional = Decimal::zero();
    bl_intent i = random_order(r);
    if (i.side != BL_BUY || std::strcmp(i.client_id, "asked") != 0) continue;
    Memory m;
    bl_fill f{};
    f.h.ts_event = b.now_ns;
    f.side = BL_BUY;
    f.px = D("1").raw();
    const Decimal today = r.amount(10'000'000);
    f.qty = today.raw();
    m.on_fill(f);
    const Decimal before = add_up(b, i.instrument, l.taker_fee).here;
    const Answer a = ask(b, i, l, m);
    if (a.action == Action::reject) continue;
    if (a.action == Action::shrink) {
      const Decimal qty = floor_to(a.max_qty, step);
      if (!qty.is_positive()) continue;
      i.qty = qty.raw();
      i.quote_qty = money::not_set();
    }
    b.work(i, money::from_abi(i.qty), BL_S_PENDING);
    const std::string over = broken(b, i.instrument, l, today, before);
    INFO(a.code << " " << over);
    REQUIRE(over.empty());
    if (a.action == Action::allow) {
      ++allowed;
      continue;
    }
    ++shrunk;
    by.insert(std::string(a.code));
    // Maximal: a step more, at least of a notional that shows in the sums, is over the limit.
    const Decimal more = Decimal::from_raw(i.qty) + step + step;
    b.working.pop_back();
    i.qty = more.raw();
    b.work(i, more, BL_S_PENDING);
    REQUIRE_FALSE(broken(b, i.instrument, l, today, before).empty());
  }
  CHECK(allowed > 2'000);
  CHECK(shrunk > 2'000);
  CHECK(by == std::set<std::string>{"POSITION_LIMIT", "EXPOSURE_LIMIT", "CASH_RESERVE_LIMIT",
                                    "ORDER_NOTIONAL_LIMIT", "DAY_NOTIONAL_LIMIT", "TOTAL_NOTIONAL_LIMIT"});
}

TEST_CASE("client ids are ordered as strncmp orders them, whatever stands behind their end") {
  Random r{55};
  int equal = 0;
  for (int round = 0; round < 200'000; ++round) {
    char a[40], b[40];
    for (char* id : {a, b}) {
      for (int i = 0; i < 40; ++i) id[i] = "ab\xC3"[r.below(3)];
      if (r.chance(2)) id[r.below(r.chance(2) ? 40 : 10)] = '\0';
    }
    if (r.chance(4)) std::memcpy(b, a, 12);
    if (r.chance(4)) std::strncpy(b, a, 40);
    const int want = std::strncmp(a, b, 40), is = bowline::risk::compare_ids(a, b);
    equal += want == 0;
    REQUIRE((want < 0) == (is < 0));
    REQUIRE((want == 0) == (is == 0));
  }
  CHECK(equal > 1'000);
}

TEST_CASE("property: a check changes nothing: asked twice, and in between for others, it says the same") {
  Random r{31337};
  for (int round = 0; round < 2'000; ++round) {
    AccountFixture b = random_account(r), other = random_account(r);
    const Limits l = random_limits(r);
    const bl_intent i = random_order(r), j = random_order(r);
    const Answer first = ask(b, i, l);
    static_cast<void>(ask(other, j, l));
    const Answer again = ask(b, i, l);
    REQUIRE(first.action == again.action);
    REQUIRE(first.code == again.code);
    REQUIRE(first.max_qty == again.max_qty);
    REQUIRE(first.value == again.value);
  }
}
