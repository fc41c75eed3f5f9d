// Which price is the mark, and what is done where it is old.
#include "unit/services/desk.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using test::bar_ns;
using test::Desk;

TEST_CASE("rule 5.2: a late bar does not put the mark back, and a bar does not replace a quote") {
  Desk d;
  d.now += bar_ns;
  d.price(d.m.btc, 20000);
  d.now -= bar_ns;
  d.price(d.m.btc, 10000);
  CHECK(d.exec->portfolio().mark(d.m.btc).last == "200"_dec);
  d.now += bar_ns;
  d.quote(d.m.btc, 20990, 21010);
  d.now += bar_ns - 1;
  d.price(d.m.btc, 15000);
  CHECK(d.exec->portfolio().mark(d.m.btc).last == "210"_dec);
  CHECK(d.exec->portfolio().bid(d.m.btc) == "209.9"_dec);
  ++d.now;  // a whole bar without another quote: it is not the market any more
  d.price(d.m.btc, 15000);
  CHECK(d.exec->portfolio().mark(d.m.btc).last == "150"_dec);
  CHECK(d.exec->portfolio().bid(d.m.btc) == "149.925"_dec);
}

TEST_CASE("rule 5.2: where the quotes have ended nothing is bought by the price of a bar; it is sold by it") {
  Desk d;
  d.hold(0.02);
  d.quote(d.m.btc, 9990, 10010);
  d.now += bar_ns;
  d.price(d.m.btc, 10000);
  const std::size_t sent = d.broker.sent.size();
  d.want(Purpose::entry, 0.05);
  CHECK(d.why("MARK_STALE") == 1);
  CHECK(d.exec->execute(d.request(Side::buy, "1"_dec), d.now).error().code == "MARK_STALE");
  CHECK(d.broker.sent.size() == sent);
  SECTION("it is sold") {
    d.want(Purpose::exit, 0);
    CHECK(d.broker.sent.size() == sent + 1);
  }
  SECTION("the quotes are back") {
    d.quote(d.m.btc, 9990, 10010);
    d.want(Purpose::entry, 0.05);
    CHECK(d.last().side() == Side::buy);
    CHECK(d.broker.sent.size() == sent + 1);
  }
}

TEST_CASE("rule 5.2: a one-sided or crossed quote is no validated mark; a two-sided one is the mid") {
  Desk d;
  bl_quote q{};
  q.h.size = sizeof q;
  q.h.type = BL_EV_QUOTE;
  q.h.instrument = d.m.btc.value;
  q.h.ts_event = d.now;
  q.px_exp = -2;
  q.bid = 20000;
  q.ask = 0;
  d.exec->on_quote(q);
  q.bid = 0;
  q.ask = 20000;
  d.exec->on_quote(q);
  q.bid = 20001;
  d.exec->on_quote(q);
  CHECK(d.exec->portfolio().mark(d.m.btc).last == "100"_dec);
  q.bid = 19998;
  d.exec->on_quote(q);
  CHECK(d.exec->portfolio().mark(d.m.btc).last == "199.99"_dec);
  CHECK(d.exec->portfolio().bid(d.m.btc) == "199.98"_dec);
}

TEST_CASE("rule 5.2: a price of a time that has not come yet counts as of when it came, and does not stand in the way of those that follow") {
  Desk d;
  d.hold(0.05);
  d.price(d.m.btc, 10000);
  REQUIRE(d.protect("95"_dec) == BL_OK);
  d.step();
  const auto quote = [&d](std::int64_t bid, Nanos ahead) {
    bl_quote q{};
    q.h.size = sizeof q;
    q.h.type = BL_EV_QUOTE;
    q.h.instrument = d.m.btc.value;
    q.h.ts_event = d.now + ahead;
    q.h.ts_recv = d.now;
    q.px_exp = -2;
    q.bid = bid;
    q.ask = bid + 2;
    d.exec->on_quote(q);
  };
  const auto told = [&d] { return d.exec->counts().by_incident.count("MARK_AHEAD") == 0 ? 0 : d.exec->counts().by_incident.find("MARK_AHEAD")->second; };
  quote(9998, 500'000'000);  // two clocks that differ a little
  CHECK(told() == 0);
  constexpr Nanos second = 1'000'000'000;
  quote(9999, 3600 * second);
  quote(9999, 3601 * second);
  CHECK(d.exec->portfolio().mark(d.m.btc).time == d.now);
  CHECK(told() == 1);
  d.now += second;
  quote(9400, 0);
  CHECK(d.exec->portfolio().bid(d.m.btc) == "94"_dec);
  CHECK(d.last().purpose == Purpose::stop);
}
