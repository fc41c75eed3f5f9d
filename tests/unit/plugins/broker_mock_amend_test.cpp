// What an amendment changes, what it may not, and what it costs.
#include <catch2/catch.hpp>

#include <functional>

#include "venue_fixture.hpp"

using namespace plugin_tests;

namespace {

struct AmendBench : Bench {
  /// Sends and lets the venue work; what it answered.
  const Report& amend(const char* id, const OrderSpec& wanted) {
    venue().amend({id, ""}, wanted, now);
    said.clear();
    work();
    for (const Report& r : said)
      if (r.kind == Report::Kind::amended || r.kind == Report::Kind::amend_rejected) return r;
    FAIL("the amendment was not answered");
    std::abort();
  }
};

using K = Report::Kind;

}  // namespace

TEST_CASE("amend: quantity and price change, the hold follows, the answer is the order as it is now") {
  AmendBench b;
  OrderSpec s = b.limit("a", Side::buy, "1", "99");
  b.send(s);
  CHECK(text(b.usd().hold) == "100.188");
  s.qty = D("2");
  s.limit_px = D("98");
  const Report& r = b.amend("a", s);
  CHECK(r.kind == K::amended);
  CHECK(r.order.venue_id == "mock-1");
  CHECK(text(*r.order.spec.qty) == "2");
  CHECK(text(*r.order.spec.limit_px) == "98");
  CHECK(text(b.usd().hold) == "198.352");  // 196 * 1.012
  b.bar("100", "100", "97.99", "100");
  REQUIRE(b.fills("a").size() == 1);
  CHECK(text(b.fills("a")[0].px) == "98");
  CHECK(text(b.fills("a")[0].qty) == "2");
  CHECK(b.usd().hold == Decimal::zero());
}

TEST_CASE("amend: of an order that is partly filled only the rest is held for") {
  AmendBench b;
  OrderSpec s = b.limit("a", Side::buy, "1", "99");
  b.send(s);
  b.bar("100", "100", "98", "100", "4");  // 0.4 of it
  s.qty = D("2");
  s.limit_px = D("90");
  CHECK(b.amend("a", s).kind == K::amended);
  CHECK(text(b.usd().hold) == "145.728");  // 1.6 * 90 * 1.012
  CHECK(text(b.venue().order(1).cum_qty) == "0.4");
  OrderSpec sell = b.limit("b", Side::sell, "1", "105");
  b.send(sell);
  b.bar("100", "106", "100", "100", "4");
  sell.qty = D("0.7");
  CHECK(b.amend("b", sell).kind == K::amended);
  CHECK(text(b.btc().hold) == "0.3");
}

TEST_CASE("amend: what cannot be is refused with its reason, and the order is as it was") {
  struct Case {
    const char* name;
    Reason reason;
    std::function<void(OrderSpec&)> change;
  };
  const std::vector<Case> cases = {
      {"side", Reason::not_amendable, [](OrderSpec& s) { s.side = Side::sell; }},
      {"instrument", Reason::not_amendable, [](OrderSpec& s) { s.instrument = 2; }},
      {"type", Reason::not_amendable,
       [](OrderSpec& s) {
         s.type = Type::stop_limit;
         s.stop_px = D("101");
       }},
      {"time in force", Reason::not_amendable, [](OrderSpec& s) { s.tif = Tif::gtc; }},
      {"post-only", Reason::not_amendable, [](OrderSpec& s) { s.post_only = true; }},
      {"by cost", Reason::not_amendable, [](OrderSpec& s) { s.quote_qty = D("5"); }},
      {"no quantity", Reason::invalid_quantity, [](OrderSpec& s) { s.qty.reset(); }},
      {"zero", Reason::invalid_quantity, [](OrderSpec& s) { s.qty = D("0"); }},
      {"off the step", Reason::invalid_quantity, [](OrderSpec& s) { s.qty = D("1.000000001"); }},
      {"too small", Reason::below_minimum, [](OrderSpec& s) { s.qty = D("0.00001"); }},
      {"too large", Reason::above_maximum, [](OrderSpec& s) { s.qty = D("101"); }},
      {"below what is filled", Reason::below_filled, [](OrderSpec& s) { s.qty = D("0.3"); }},
      {"no price", Reason::invalid_price, [](OrderSpec& s) { s.limit_px.reset(); }},
      {"off the price step", Reason::invalid_price, [](OrderSpec& s) { s.limit_px = D("99.001"); }},
      {"a stop it does not have", Reason::invalid_price, [](OrderSpec& s) { s.stop_px = D("98"); }},
      {"more than the cash", Reason::insufficient_fund, [](OrderSpec& s) { s.qty = D("100"); }},
      {"dearer than the cash", Reason::insufficient_fund, [](OrderSpec& s) { s.limit_px = D("20000"); }},
      {"over already", Reason::expiry_passed, [](OrderSpec& s) { s.expire_ns = 1; }},
  };
  for (const Case& c : cases) {
    INFO(c.name);
    AmendBench b;
    OrderSpec s = b.limit("a", Side::buy, "1", "99");
    s.tif = Tif::gtd;
    s.expire_ns = b.now + 10 * bar_ns;
    b.send(s);
    b.bar("100", "100", "98", "100", "5");  // half of it fills
    REQUIRE(text(b.last("a").cum_qty) == "0.5");
    const Balance before = b.usd();
    OrderSpec wanted = s;
    c.change(wanted);
    const Report& r = b.amend("a", wanted);
    CHECK(r.kind == K::amend_rejected);
    CHECK(r.reason == c.reason);
    CHECK(r.order.spec == s);
    CHECK(b.venue().order(1).spec == s);
    CHECK(b.venue().order(1).state == State::open);
    CHECK(b.venue().order(1).amends == 0);
    CHECK(text(b.usd().hold) == text(before.hold));
    CHECK(b.count(K::balance) == 0);
  }
}

TEST_CASE("amend: an order that is done, or that nobody knows, is refused as such") {
  AmendBench b;
  OrderSpec s = b.limit("a", Side::buy, "1", "99");
  b.send(s);
  b.cancel("a");
  s.qty = D("2");
  CHECK(b.amend("a", s).reason == Reason::already_done);
  CHECK(b.said[0].order.state == State::cancelled);
  CHECK(b.amend("nobody", s).reason == Reason::unknown_order);
  CHECK(b.said[0].order.spec.client_id == "nobody");
}

TEST_CASE("amend: orders that never rest cannot be amended") {
  AmendBench b;
  b.bar("100", "100", "100", "100");
  OrderSpec market = b.order("market", Side::buy, Type::market, "1");
  OrderSpec ioc = b.limit("ioc", Side::buy, "1", "99");
  ioc.tif = Tif::ioc;
  OrderSpec fok = b.limit("fok", Side::buy, "1", "99");
  fok.tif = Tif::fok;
  for (OrderSpec s : {market, ioc, fok}) {
    INFO(s.client_id);
    b.send(s);
    s.qty = D("0.5");
    CHECK(b.amend(s.client_id.c_str(), s).reason == Reason::not_amendable);
  }
}

TEST_CASE("amend: the same amendment twice is one, and both are answered") {
  AmendBench b;
  OrderSpec s = b.limit("a", Side::buy, "1", "99");
  b.send(s);
  b.send(b.limit("b", Side::buy, "1", "98"));
  s.limit_px = D("98");
  CHECK(b.amend("a", s).kind == K::amended);
  b.send(b.limit("c", Side::buy, "1", "98"));
  CHECK(b.amend("a", s).kind == K::amended);  // it does not fall behind c
  CHECK(b.venue().order(1).amends == 1);
  CHECK(b.count(K::balance) == 0);
  b.bar("100", "100", "97", "100", "20");  // cap 2
  CHECK(b.venue().order(2).state == State::filled);
  CHECK(b.venue().order(1).state == State::filled);
  CHECK(b.venue().order(3).state == State::open);
}

TEST_CASE(
    "amend: a place in the queue is kept when the quantity falls and the price stays, else it is lost") {
  struct Case {
    const char* name;
    bool keeps;
    std::function<void(OrderSpec&)> change;
  };
  const std::vector<Case> cases = {
      {"less", true, [](OrderSpec& s) { s.qty = D("0.9"); }},
      {"another end", true, [](OrderSpec& s) { s.expire_ns += bar_ns; }},
      {"more", false, [](OrderSpec& s) { s.qty = D("1.1"); }},
      {"dearer", false, [](OrderSpec& s) { s.limit_px = D("99.01"); }},
      {"less and cheaper", false,
       [](OrderSpec& s) {
         s.qty = D("0.9");
         s.limit_px = D("98.99");
       }},
  };
  for (const Case& c : cases) {
    INFO(c.name);
    AmendBench b;
    OrderSpec s = b.limit("a", Side::buy, "1", "99");
    s.tif = Tif::gtd;
    s.expire_ns = b.now + 10 * bar_ns;
    b.send(s);
    b.send(b.limit("b", Side::buy, "1", "99"));
    c.change(s);
    REQUIRE(b.amend("a", s).kind == K::amended);
    b.bar("100", "100", "98", "100", "5");  // cap 0.5: only the first gets something
    CHECK(b.fills(c.keeps ? "a" : "b").size() == 1);
    CHECK(b.fills(c.keeps ? "b" : "a").empty());
  }
}

TEST_CASE("rule 7: amend: no fill uses data from before the amendment's arrival") {
  AmendBench b;
  b.options.latency_ns = minute;
  OrderSpec s = b.limit("a", Side::buy, "2", "90");
  REQUIRE(b.venue().submit(s, b.now).ok());
  b.bar("100", "100", "100", "100");
  OrderSpec wanted = s;
  wanted.limit_px = D("99");
  b.venue().amend({"a", ""}, wanted, b.now);
  b.bar("100", "100", "95", "100");  // it arrives while this bar runs
  CHECK(b.last("a").spec.limit_px == D("99"));
  CHECK(b.fills("a").empty());
  b.bar("100", "100", "98", "100");
  REQUIRE(b.fills("a").size() == 1);
  CHECK(text(b.fills("a")[0].px) == "99");
}

TEST_CASE("amend: a bar that is running fills an order that only shrank: its price stood before") {
  AmendBench b;
  b.options.latency_ns = minute;
  OrderSpec s = b.limit("a", Side::buy, "2", "99");
  REQUIRE(b.venue().submit(s, b.now).ok());
  b.bar("100", "100", "100", "100");
  s.qty = D("1");
  b.venue().amend({"a", ""}, s, b.now);
  b.bar("100", "100", "95", "100");
  REQUIRE(b.fills("a").size() == 1);
  CHECK(text(b.fills("a")[0].qty) == "1");
  CHECK(b.last("a").state == State::filled);
}

TEST_CASE("amend: it takes as long as a submit, and one that meets a fill on its way loses the race") {
  AmendBench b;
  b.options.latency_ns = minute;
  OrderSpec s = b.limit("a", Side::buy, "1", "99");
  REQUIRE(b.venue().submit(s, b.now).ok());
  b.bar("100", "100", "100", "100");
  s.limit_px = D("98");
  b.now += bar_ns - minute / 2;  // just before the close of the bar that fills it
  b.venue().amend({"a", ""}, s, b.now);
  CHECK(b.venue().deadline_ns() == b.now + minute);
  b.now -= bar_ns - minute / 2;
  b.bar("100", "100", "97", "100");
  CHECK(b.last("a").state == State::filled);
  b.now += minute;
  b.work();
  CHECK(b.said.back().kind == K::amend_rejected);
  CHECK(b.said.back().reason == Reason::already_done);
}

TEST_CASE("amend: post-only stays post-only: a price that would cross is refused, and the order rests on") {
  AmendBench b;
  b.bar("100", "100", "100", "100");
  OrderSpec s = b.limit("a", Side::buy, "1", "99");
  s.post_only = true;
  b.send(s);
  OrderSpec cross = s;
  cross.limit_px = D("100.05");
  CHECK(b.amend("a", cross).reason == Reason::post_only_would_cross);
  CHECK(b.venue().order(1).state == State::open);
  CHECK(b.venue().order(1).spec == s);
  s.limit_px = D("99.95");
  CHECK(b.amend("a", s).kind == K::amended);
  b.bar("99", "99", "98", "98");  // opens through it: a maker all the same
  REQUIRE(b.fills("a").size() == 1);
  CHECK(text(b.fills("a")[0].px) == "99.95");
  CHECK(b.fills("a")[0].liquidity == Liquidity::maker);
}

TEST_CASE("amend: the size of a post-only order may change where its price would now cross") {
  AmendBench b;
  b.bar("100", "100", "100", "100");
  OrderSpec s = b.limit("a", Side::buy, "1", "99");
  s.post_only = true;
  b.send(s);
  b.venue().note_price(1, 9'800, -2, b.now + 1);
  s.qty = D("0.5");
  CHECK(b.amend("a", s).kind == K::amended);
}

TEST_CASE("amend: a limit that was moved through the market takes, as a new one would") {
  AmendBench b;
  OrderSpec s = b.limit("a", Side::buy, "1", "90");
  b.send(s);
  b.bar("100", "100", "100", "100");
  s.limit_px = D("105");
  REQUIRE(b.amend("a", s).kind == K::amended);
  b.bar("100", "100", "100", "100");
  REQUIRE(b.fills("a").size() == 1);
  CHECK(text(b.fills("a")[0].px) == "100.05");
  CHECK(b.fills("a")[0].liquidity == Liquidity::taker);
}

TEST_CASE("amend: a quantity equal to what is filled ends the order as filled") {
  AmendBench b;
  OrderSpec s = b.limit("a", Side::buy, "1", "99");
  b.send(s);
  b.bar("100", "100", "98", "100", "5");
  s.qty = D("0.5");
  CHECK(b.amend("a", s).kind == K::amended);
  CHECK(b.said[1].kind == K::done);
  CHECK(b.said[1].order.state == State::filled);
  CHECK(b.usd().hold == Decimal::zero());
  CHECK(b.venue().idle(1, b.now + bar_ns));
}

TEST_CASE("amend: the stop of a stop-limit may move until it has triggered, its limit also after") {
  AmendBench b;
  OrderSpec s = b.stop("a", Side::sell, "1", "95", "94");
  b.send(s);
  s.stop_px = D("96");
  s.limit_px = D("95");
  REQUIRE(b.amend("a", s).kind == K::amended);
  b.bar("90", "90", "85", "86");  // gapped below its limit
  REQUIRE(b.venue().order(1).triggered);
  OrderSpec again = s;
  again.stop_px = D("80");
  CHECK(b.amend("a", again).reason == Reason::not_amendable);
  s.limit_px = D("85");
  REQUIRE(b.amend("a", s).kind == K::amended);
  b.bar("86", "86", "86", "86");
  REQUIRE(b.fills("a").size() == 1);
  CHECK(text(b.fills("a")[0].px) == "85.95");  // marketable now: the open less slippage
}

TEST_CASE("amend: both prices and the quantity of a bracket, until its stop has triggered") {
  AmendBench b;
  OrderSpec s = b.limit("a", Side::sell, "0.8", "110");
  s.type = Type::bracket;
  s.stop_px = D("90");
  b.send(s);
  s.qty = D("1");
  s.limit_px = D("120");
  s.stop_px = D("95");
  REQUIRE(b.amend("a", s).kind == K::amended);
  CHECK(text(b.btc().hold) == "1");
  OrderSpec turned = s;
  turned.stop_px = D("121");
  CHECK(b.amend("a", turned).reason == Reason::invalid_price);
  b.bar("100", "115", "96", "100");
  CHECK(b.fills("a").empty());
  b.bar("100", "100", "94", "94", "4");
  REQUIRE(b.fills("a").size() == 1);
  CHECK(text(b.fills("a")[0].px) == "94.95");
  OrderSpec less = s;
  less.qty = D("0.5");
  CHECK(b.amend("a", less).reason == Reason::not_amendable);  // it is being executed
  CHECK(b.amend("a", s).kind == K::amended);                  // what it is already is no change
}

TEST_CASE("amend: the end of a GTD order moves, and it ends then") {
  AmendBench b;
  OrderSpec s = b.limit("a", Side::buy, "1", "99");
  s.tif = Tif::gtd;
  s.expire_ns = b.now + minute;
  b.send(s);
  s.expire_ns = b.now + 3 * minute;
  REQUIRE(b.amend("a", s).kind == K::amended);
  CHECK(b.venue().deadline_ns() == s.expire_ns);
  b.now += 2 * minute;
  b.work();
  CHECK(b.venue().order(1).state == State::open);
  b.now += minute;
  b.work();
  CHECK(b.last("a").state == State::expired);
}

TEST_CASE("amend: within one moment it comes behind its own submit, and behind a cancel") {
  AmendBench b;
  OrderSpec s = b.limit("a", Side::buy, "1", "99");
  OrderSpec wanted = s;
  wanted.qty = D("2");
  REQUIRE(b.venue().submit(s, b.now).ok());
  b.venue().amend({"a", ""}, wanted, b.now);
  b.work();
  CHECK(text(*b.last("a").spec.qty) == "2");
  wanted.qty = D("3");
  b.venue().amend({"a", ""}, wanted, b.now);
  b.venue().cancel({"a", ""}, b.now);
  b.work();
  CHECK(b.said.back().kind != K::amended);
  CHECK(b.venue().order(1).state == State::cancelled);
  CHECK(text(*b.venue().order(1).spec.qty) == "2");
}

TEST_CASE("amend: a submit of the original content is still that order; the amended content is another one") {
  AmendBench b;
  const OrderSpec first = b.limit("a", Side::buy, "1", "99");
  OrderSpec s = first;
  b.send(s);
  s.qty = D("2");
  REQUIRE(b.amend("a", s).kind == K::amended);
  s.limit_px = D("98");
  REQUIRE(b.amend("a", s).kind == K::amended);
  CHECK(b.venue().order(1).amends == 2);
  b.said.clear();
  b.send(first);
  REQUIRE(b.said.size() == 1);
  CHECK(b.said[0].kind == K::snapshot);
  CHECK(text(*b.said[0].order.spec.qty) == "2");
  const auto r = b.venue().submit(s, b.now);
  REQUIRE_FALSE(r.ok());
  CHECK(r.error().code == "CLIENT_ID_REUSED");
  CHECK(b.venue().orders() == 1);
}

TEST_CASE("amend: an order may be named by its venue id") {
  AmendBench b;
  OrderSpec s = b.limit("a", Side::buy, "1", "99");
  b.send(s);
  s.client_id.clear();
  s.qty = D("2");
  b.venue().amend({"", "mock-1"}, s, b.now);
  b.work();
  CHECK(text(*b.last("a").spec.qty) == "2");
}
