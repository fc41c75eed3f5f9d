// When, at what price and how much the mock venue fills.
#include <catch2/catch.hpp>

#include "venue_fixture.hpp"

using namespace plugin_tests;

TEST_CASE(
    "a market order fills at the next bar's open, worse by slippage, rounded against it, at the taker fee") {
  Bench b;
  b.bar("100", "101", "99", "100");
  b.send(b.order("m", Side::buy, Type::market, "10"));
  CHECK(b.last("m").state == State::open);
  CHECK(b.fills("m").empty());  // no fill uses data at or before submit
  b.bar("100.01", "105", "95", "104");
  const auto f = b.fills("m");
  REQUIRE(f.size() == 1);
  CHECK(text(f[0].px) == "100.07");  // 100.01 * 1.0005 = 100.060005
  CHECK(text(f[0].fee) == "12.0084");
  CHECK(f[0].liquidity == Liquidity::taker);
  CHECK(f[0].ts_ns == b.now);
  CHECK(b.last("m").state == State::filled);
  CHECK(text(b.usd().total) == "8987.2916");
  CHECK(b.usd().hold == Decimal::zero());
  CHECK(text(b.btc().total) == "11");

  b.send(b.order("s", Side::sell, Type::market, "11"));
  CHECK(text(b.btc().hold) == "11");
  b.bar("100", "100", "100", "100");
  CHECK(text(b.fills("s")[0].px) == "99.95");
  CHECK(b.btc().total == Decimal::zero());
  CHECK(text(b.usd().total) == "10073.5482");  // + 1099.45 - 13.1934
}

TEST_CASE("rule 7: no fill uses data at or before submit + latency: any latency costs the whole bar it falls into") {
  Bench b;
  b.options.latency_ns = 1;
  b.bar("100", "100", "100", "100");
  REQUIRE(b.venue().submit(b.order("m", Side::buy, Type::market, "1"), b.now).ok());
  b.work();
  CHECK(b.said.empty());  // not there yet: nothing said about it
  CHECK(b.venue().deadline_ns() == b.now + 1);
  b.bar("100", "200", "50", "100");  // opened before the order arrived
  CHECK(b.last("m").state == State::open);
  CHECK(b.fills("m").empty());
  b.bar("70", "200", "50", "100");
  REQUIRE(b.fills("m").size() == 1);
  CHECK(text(b.fills("m")[0].px) == "70.04");
}

TEST_CASE("rule 7: a limit fills only on trade-through, at its price, at the maker fee") {
  Bench b;
  b.send(b.limit("b", Side::buy, "1", "99"));
  CHECK(text(b.usd().hold) == "100.188");  // 99 * 1.012
  b.bar("100", "101", "99", "100");        // touched, not traded through
  CHECK(b.fills("b").empty());
  b.bar("100", "101", "98.99", "100");
  REQUIRE(b.fills("b").size() == 1);
  CHECK(text(b.fills("b")[0].px) == "99");
  CHECK(text(b.fills("b")[0].fee) == "0.594");
  CHECK(b.fills("b")[0].liquidity == Liquidity::maker);
  CHECK(b.usd().hold == Decimal::zero());
  b.send(b.limit("s", Side::sell, "1", "105"));
  b.bar("100", "105", "99", "100");
  CHECK(b.fills("s").empty());
  b.bar("100", "105.01", "99", "100");
  CHECK(text(b.fills("s")[0].px) == "105");
}

TEST_CASE("a limit that arrives marketable is a taker at the open with slippage, never beyond its limit") {
  Bench b;
  b.send(b.limit("a", Side::buy, "1", "100"));
  b.send(b.limit("b", Side::buy, "1", "98.01"));
  b.bar("98", "99", "97", "98");
  CHECK(text(b.fills("a")[0].px) == "98.05");  // 98 * 1.0005 = 98.049
  CHECK(text(b.fills("b")[0].px) == "98.01");  // slippage bounded by the limit
  CHECK(b.fills("a")[0].liquidity == Liquidity::taker);
}

TEST_CASE("a limit that rested before the market gapped through it is a maker at its own price") {
  Bench b;
  b.send(b.limit("b", Side::buy, "1", "90"));
  b.bar("100", "100", "100", "100");
  b.bar("80", "81", "79", "80");
  CHECK(text(b.fills("b")[0].px) == "90");
  CHECK(b.fills("b")[0].liquidity == Liquidity::maker);
}

TEST_CASE(
    "a post-only order that would cross the assumed touch is rejected; one at the touch rests and is a "
    "maker") {
  Bench b;
  b.bar("100", "100", "100", "100");
  OrderSpec cross = b.limit("x", Side::buy, "1", "100.05");
  cross.post_only = true;
  b.send(cross);
  CHECK(b.last("x").reason == Reason::post_only_would_cross);
  OrderSpec rest = b.limit("r", Side::buy, "1", "99.95");
  rest.post_only = true;
  b.send(rest);
  b.bar("99", "99", "98", "98");
  CHECK(text(b.fills("r")[0].px) == "99.95");
  CHECK(b.fills("r")[0].liquidity == Liquidity::maker);
}

TEST_CASE("rule 7: a stop-limit fills at the worse of stop and open, bounded by its limit") {
  Bench b;
  b.send(b.stop("mid", Side::sell, "0.1", "95", "90"));
  b.bar("100", "101", "95", "96");  // touched only
  CHECK(b.fills("mid").empty());
  b.bar("100", "101", "94", "96");
  CHECK(text(b.fills("mid")[0].px) == "94.95");  // 95 less slippage 0.0475, down to the step
  CHECK(b.fills("mid")[0].liquidity == Liquidity::taker);

  b.send(b.stop("gap", Side::sell, "0.1", "95", "90"));
  b.bar("93", "99", "92", "93");
  CHECK(text(b.fills("gap")[0].px) == "92.95");

  b.send(b.stop("far", Side::sell, "0.1", "95", "90"));
  b.bar("80", "99", "79", "80");  // gapped below the limit: the stop is triggered, the rest waits
  CHECK(b.fills("far").empty());
  CHECK(b.venue().order(3).triggered);
  b.bar("85", "90.01", "80", "85");
  CHECK(text(b.fills("far")[0].px) == "90");
  CHECK(b.fills("far")[0].liquidity == Liquidity::maker);

  b.send(b.stop("buy", Side::buy, "0.1", "105", "110"));
  b.bar("100", "105.01", "99", "100");
  CHECK(text(b.fills("buy")[0].px) == "105.06");
}

TEST_CASE("rule 7: all our orders together take at most the volume share of a bar; the rest fills later") {
  Bench b;
  b.bar("100", "100", "100", "100");
  b.send(b.order("a", Side::buy, Type::market, "6"));
  b.send(b.order("b", Side::buy, Type::market, "6"));
  b.bar("100", "100", "100", "100", "100");  // cap 10
  REQUIRE(b.fills("a").size() == 1);
  REQUIRE(b.fills("b").size() == 1);
  CHECK(text(b.fills("a")[0].qty) == "6");  // first come, first served
  CHECK(text(b.fills("b")[0].qty) == "4");
  CHECK(b.last("b").state == State::open);
  b.bar("100", "100", "100", "100", "0");  // nobody traded, nobody fills
  CHECK(b.fills("b").size() == 1);
  b.bar("101", "101", "101", "101", "100");
  CHECK(text(b.fills("b")[1].qty) == "2");
  CHECK(text(b.fills("b")[1].px) == "101.06");
  CHECK(b.last("b").state == State::filled);
}

TEST_CASE("IOC takes what the first bar's open allows, the rest is cancelled") {
  Bench b;
  b.bar("100", "100", "100", "100");
  OrderSpec m = b.order("m", Side::buy, Type::market, "6");
  m.tif = Tif::ioc;
  b.send(m);
  OrderSpec l = b.limit("l", Side::buy, "1", "99");
  l.tif = Tif::ioc;
  b.send(l);
  b.bar("100", "100", "90", "100", "40");
  CHECK(text(b.last("m").cum_qty) == "4");
  CHECK(b.last("m").state == State::cancelled);
  CHECK(b.last("l").state == State::cancelled);  // not marketable at the open; what came later does not count
  CHECK(b.fills("l").empty());
  CHECK(b.usd().hold == Decimal::zero());
}

TEST_CASE("a GTD order ends at its time: a bar that spans the expiry does not fill it") {
  Bench b;
  OrderSpec spans = b.limit("spans", Side::buy, "1", "99");
  spans.tif = Tif::gtd;
  spans.expire_ns = b.now + bar_ns + minute;
  b.send(spans);
  OrderSpec exact = b.limit("exact", Side::buy, "1", "98");
  exact.tif = Tif::gtd;
  exact.expire_ns = b.now + 2 * bar_ns;
  b.send(exact);
  b.bar("100", "100", "100", "100");
  CHECK(b.venue().deadline_ns() == b.now + minute);
  b.bar("100", "100", "97", "100");
  CHECK(b.last("spans").state == State::expired);
  CHECK(b.fills("spans").empty());
  CHECK(b.last("exact").state == State::filled);  // the bar ends at the expiry
  OrderSpec idle = b.limit("idle", Side::buy, "1", "98");
  idle.tif = Tif::gtd;
  idle.expire_ns = b.now + 2 * bar_ns;
  b.send(idle);
  b.bar("100", "100", "100", "100");
  b.bar("100", "100", "100", "100");
  CHECK(b.last("idle").state == State::expired);
  CHECK(b.usd().hold == Decimal::zero());
}

TEST_CASE("an expiry comes with time alone, and with another instrument's bar") {
  Bench b;
  OrderSpec s = b.limit("a", Side::buy, "1", "99");
  s.tif = Tif::gtd;
  s.expire_ns = b.now + minute;
  b.send(s);
  b.now += minute;
  b.work();
  CHECK(b.last("a").state == State::expired);
  s.client_id = "b";
  s.expire_ns = b.now + minute;
  b.send(s);
  b.bar("1", "1", "1", "1", "1", 2);
  CHECK(b.last("b").state == State::expired);
}

TEST_CASE("a late or repeated bar fills nothing") {
  Bench b;
  b.bar("100", "100", "100", "100");
  b.send(b.limit("a", Side::buy, "1", "99"));
  const BarView old{b.now - bar_ns, b.now, D("98"), D("98"), D("90"), D("98"), D("100")};
  b.venue().on_bar(1, old);
  b.collect();
  CHECK(b.fills("a").empty());
}

TEST_CASE("a market buy by cost spends its amount with the fee inside, in whole steps") {
  Bench b;
  OrderSpec s = b.order("q", Side::buy, Type::market, nullptr);
  s.quote_qty = D("1000");
  b.send(s);
  CHECK(text(b.usd().hold) == "1000");
  b.bar("30000", "30000", "30000", "30000");
  const Order& o = b.last("q");
  CHECK(o.state == State::filled);
  CHECK(text(o.cum_qty) == "0.03292161");  // 1000 / (30015 * 1.012), down
  const Decimal spent = bowline::money::plus(o.cum_quote, o.cum_fee);
  CHECK(spent <= D("1000"));
  CHECK(spent > D("999.999"));
  CHECK(bowline::money::plus(b.usd().total, spent) == D("10000"));
  CHECK(b.usd().hold == Decimal::zero());
}

TEST_CASE("an order that used all cash fills to the last step in many parts") {
  Bench b;
  b.options.taker_fee = b.options.maker_fee = D("0.0123456789");
  b.venue().ledger().set(1, {D("1012.3456789"), Decimal::zero()});
  b.send(b.limit("a", Side::buy, "10", "100"));
  CHECK(b.venue().ledger().available(1) == Decimal::zero());
  for (int i = 0; i < 60 && b.last("a").state == State::open; ++i)
    b.bar("101", "101", "99", "101", "1.77777777");
  CHECK(b.last("a").state == State::filled);
  CHECK(b.fills("a").size() == 57);
  CHECK(b.usd().total >= Decimal::zero());
  CHECK(b.usd().total < D("0.000000000000001"));
}

TEST_CASE("a market buy that the next open makes too dear is cut to what the cash pays, the rest cancelled") {
  Bench b;
  b.bar("100", "100", "100", "100");
  b.send(b.order("m", Side::buy, Type::market, "98"));
  CHECK(b.last("m").state == State::open);
  b.bar("200", "200", "200", "200", "100000");
  CHECK(b.last("m").state == State::cancelled);
  CHECK(b.last("m").reason == Reason::insufficient_fund);
  CHECK(b.last("m").cum_qty > D("49"));
  CHECK(b.last("m").cum_qty < D("50"));
  CHECK(b.usd().total >= Decimal::zero());
}

TEST_CASE("partial fills are drawn by (seed, order, bar): the same luck in every run") {
  const auto run = [](std::uint64_t seed) {
    Bench b;
    b.options.partial_fill_probability = 0.5;
    b.options.seed = seed;
    b.bar("100", "100", "100", "100");
    std::vector<std::string> said;
    for (int i = 0; i < 20; ++i) {
      const std::string id = "o" + std::to_string(i);
      b.send(b.order(id.c_str(), i % 2 ? Side::sell : Side::buy, Type::market, "0.5"));
      b.bar("100", "100", "100", "100");
    }
    for (const Report& r : b.said)
      if (r.kind == Report::Kind::fill) said.push_back(r.fill.fill_id + " " + text(r.fill.qty));
    return said;
  };
  const auto once = run(1);
  CHECK(once == run(1));
  CHECK(once != run(2));
  CHECK(once.size() > 20);  // some came in parts
}
