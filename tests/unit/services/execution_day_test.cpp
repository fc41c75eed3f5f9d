// The day's entries, as the floor's cap and the ramp count them: what was bought in it and what works (trading rules 5.1, 5.5, 6).
#include "services/trade_execution/risk_state.hpp"
#include "unit/services/amend_desk.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using test::Again;
using test::bar_ns;
using test::opened;
using test::start_ns;
using test::StoreFolder;

namespace {

using D = test::AmendDesk<test::Desk>;
constexpr Nanos day_ns = 86'400'000'000'000;

template <class Desk>
Decimal day(const Desk& d) {
  return d.exec->risk_use(d.now).day_notional;
}
FloorLimits cap(Decimal most) {
  FloorLimits l;
  l.max_day = most;
  return l;
}
void ends(D& d, const Intent& i, std::uint32_t state, Decimal filled = Decimal::zero()) { d.report(i, BL_X_DONE, state, filled); }

}  // namespace

TEST_CASE("rule 5.5: an entry that follows the touch is one entry of the day, however many orders it was") {
  D d;
  d.options.entry.reprice = 3;
  d.options.entry.wait = 0;
  d.make({}, cap("250"_dec), "10000"_dec);
  d.price(d.m.bnb, 10000);
  d.quote(d.m.btc, 10000, 10002);
  Target t = d.target(Purpose::entry, 0.01);
  d.want(std::vector{t});
  REQUIRE(d.broker.sent.size() == 1);
  const Decimal once = mul(d.last().qty(), d.last().limit_px(), Rounding::up);
  CHECK(day(d) == once);
  for (std::size_t order = 1; order <= 3; ++order) {
    const Intent i = d.last();
    d.report(i, BL_X_ACCEPTED);
    d.now += 1'000'000'000;
    d.quote(d.m.btc, 10000 + static_cast<std::int64_t>(order), 10010);
    t.valid_until = d.now + bar_ns;
    d.want(std::vector{t});
    ends(d, i, BL_S_CANCELLED);
    CHECK(day(d) == Decimal::zero());  // nothing of it is bought, and nothing works
    d.want(std::vector{t});
    REQUIRE(d.broker.sent.size() == order + 1);
    CHECK(day(d) == mul(d.last().qty(), d.last().limit_px(), Rounding::up));
  }
  CHECK(day(d) < "101"_dec);
  d.want(Purpose::entry, 0.014, d.m.bnb);
  CHECK(d.last().instrument() == d.m.bnb);
  CHECK(d.why("DAY_NOTIONAL_LIMIT") == 0);
}

TEST_CASE("rule 5.5: what filled of an entry stays in the day at what it cost, and its end gives back the rest") {
  D d;
  const Intent i = d.placed(Side::buy, "2"_dec, "100"_dec);
  CHECK(day(d) == "200"_dec);
  d.fill(i, "0.5"_dec, "99"_dec);  // better than its limit
  CHECK(day(d) == "199.5"_dec);
  SECTION("expired") {
    ends(d, i, BL_S_EXPIRED, "0.5"_dec);
    CHECK(day(d) == "49.5"_dec);
  }
  SECTION("filled whole") {
    d.fill(i, "1.5"_dec, "100"_dec);
    CHECK(day(d) == "199.5"_dec);
  }
  SECTION("sold again: what was bought was bought") {
    ends(d, i, BL_S_EXPIRED, "0.5"_dec);
    d.want(Purpose::exit, 0);
    REQUIRE(d.last().side() == Side::sell);
    d.fill(d.last(), d.last().qty(), "100"_dec);
    CHECK(day(d) == "49.5"_dec);
  }
  SECTION("a fill that the venue takes back was none") {
    ends(d, i, BL_S_CANCELLED, "0.5"_dec);
    bl_fill f = d.fill_of(i, "0.5"_dec, "99"_dec, "f1");
    f.flags = 4;
    d.exec->on_broker_event(f.h);
    CHECK(day(d) == Decimal::zero());
  }
  SECTION("one that is corrected counts as it is told now") {
    bl_fill f = d.fill_of(i, "0.5"_dec, "98"_dec, "f1");
    f.flags = 2;
    d.exec->on_broker_event(f.h);
    CHECK(day(d) == "199"_dec);
  }
  SECTION("what the venue says was filled counts before its fills are told") {
    ends(d, i, BL_S_EXPIRED, "1.5"_dec);
    CHECK(day(d) == "149.5"_dec);
  }
}

TEST_CASE("rule 2.3: an entry of unknown fate counts whole until it is known") {
  D d;
  d.broker.answer = services::HandOver::unknown;
  d.want(Purpose::entry, 0.05);
  const Intent i = d.last();
  const Decimal whole = mul(i.qty(), i.limit_px(), Rounding::up);
  REQUIRE(d.state(i) == OrderState::unknown);
  CHECK(day(d) == whole);
  SECTION("refused") {
    d.report(i, BL_X_REJECTED, BL_S_REJECTED);
    CHECK(day(d) == Decimal::zero());
  }
  SECTION("it is there") {
    d.report(i, BL_X_ACCEPTED);
    CHECK(day(d) == whole);
    d.fill(i, "1"_dec, i.limit_px());
    CHECK(day(d) == whole);
  }
}

TEST_CASE("rule 5.5: an entry that never left, or was not made durable, is none of the day") {
  D d;
  d.broker.answer = services::HandOver::denied;
  d.want(Purpose::entry, 0.05);
  REQUIRE(d.broker.sent.size() == 1);
  CHECK(day(d) == Decimal::zero());
}

TEST_CASE("rule 5.5: an amendment counts while it is out, and what is refused of it is given back") {
  D d(cap("300"_dec));
  const Intent i = d.placed(Side::buy, "2"_dec, "100"_dec);
  SECTION("refused by the venue") {
    REQUIRE(d.amend_qty(i, "2.5"_dec) == "");
    CHECK(day(d) == "250"_dec);
    d.says(i, BL_X_AMEND_REJECTED, BL_S_OPEN, Decimal::zero(), 10);
  }
  SECTION("it never left") {
    d.broker.amend_answer = services::HandOver::denied;
    REQUIRE(d.amend_qty(i, "2.5"_dec) == "");
  }
  CHECK(day(d) == "200"_dec);
  d.broker.amend_answer = services::HandOver::taken;
  REQUIRE(d.amend_qty(i, "1"_dec) == "");
  CHECK(day(d) == "200"_dec);  // the old terms may be in force still
  d.says(d.wanted(), BL_X_AMENDED, BL_S_OPEN, Decimal::zero(), 20);
  CHECK(day(d) == "100"_dec);
  CHECK(d.amend_qty(i, "3"_dec) == "");  // the cap exactly: its own rest is no other entry
}

TEST_CASE("rule 5.1: behind midnight what was bought the day before is of that day, and what works may still be bought in this one") {
  D d;
  d.now = start_ns + day_ns - bar_ns;
  d.price(d.m.btc, 10000);
  const Intent i = d.placed(Side::buy, "2"_dec, "100"_dec);
  d.fill(i, "0.5"_dec, "100"_dec);
  CHECK(day(d) == "200"_dec);
  d.now += 2 * bar_ns;
  d.price(d.m.btc, 10000);
  CHECK(day(d) == "150"_dec);
  d.fill(i, "0.5"_dec, "100"_dec);
  ends(d, i, BL_S_CANCELLED, "1"_dec);
  CHECK(day(d) == "50"_dec);
  bl_fill f = d.fill_of(i, "0.5"_dec, "100"_dec, "f1");  // of the day before
  f.flags = 4;
  d.exec->on_broker_event(f.h);
  CHECK(day(d) == "50"_dec);
}

TEST_CASE("restart: the day's entries are what they were, of whatever is filled, works, or is not known (5.1, 5.5)") {
  StoreFolder dir;
  Decimal before;
  {
    D d({}, "10000"_dec, opened(dir / "j"));
    const Intent filled = d.placed(Side::buy, "2"_dec, "100"_dec);
    d.fill(filled, "0.5"_dec, "99"_dec);
    SECTION("works") {}
    SECTION("ended") { ends(d, filled, BL_S_EXPIRED, "0.5"_dec); }
    SECTION("ended, and fills are missing") { ends(d, filled, BL_S_EXPIRED, "1.5"_dec); }
    SECTION("taken back") {
      bl_fill f = d.fill_of(filled, "0.5"_dec, "99"_dec, "f1");
      f.flags = 4;
      d.exec->on_broker_event(f.h);
    }
    SECTION("another of unknown fate") {
      d.broker.answer = services::HandOver::unknown;
      d.price(d.m.bnb, 10000);
      auto q = d.request(Side::buy, "1"_dec, "unknown");
      q.instrument = d.m.bnb;
      q.type = OrderType::limit;
      q.tif = TimeInForce::gtc;
      q.limit_px = "90"_dec;
      REQUIRE(d.exec->execute(q, d.now));
    }
    SECTION("an amendment that is out") { REQUIRE(d.amend_qty(filled, "2.5"_dec) == ""); }
    SECTION("an amendment that was refused") {
      REQUIRE(d.amend_qty(filled, "2.5"_dec) == "");
      d.says(filled, BL_X_AMEND_REJECTED, BL_S_OPEN, "0.5"_dec, 10);
    }
    d.exec->settle(d.now);
    before = day(d);
  }
  test::AmendDesk<Again> a(dir / "j");
  CHECK(day(a) == before);
}

TEST_CASE("restart: a fill that came behind the last step is of the day all the same (5.1)") {
  StoreFolder dir;
  Decimal before;
  {
    D d({}, "10000"_dec, opened(dir / "j"));
    const Intent i = d.placed(Side::buy, "2"_dec, "100"_dec);
    d.exec->settle(d.now);
    d.fill(i, "2"_dec, "99"_dec);
    REQUIRE(d.journal->flush());
    before = day(d);
    CHECK(before == "198"_dec);
  }
  test::AmendDesk<Again> a(dir / "j");
  CHECK(day(a) == before);
}
