// The limits after losses: of a day, of 24 hours, from the peak, and of closes that lost.
#include <catch2/catch.hpp>

#include "limits_fixture.hpp"

using namespace bowline::risk_limits;
using namespace plugin_tests;
using namespace plugin_tests::limits;
using bowline::Decimal;

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
