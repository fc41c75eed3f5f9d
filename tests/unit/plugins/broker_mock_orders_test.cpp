// Fill-or-kill and bracket orders of the mock venue.
#include <catch2/catch.hpp>

#include "venue_fixture.hpp"

using namespace plugin_tests;

namespace {

OrderSpec fok(OrderSpec s) {
  s.tif = Tif::fok;
  return s;
}
OrderSpec bracket(const Bench& b, const char* id, const char* qty, const char* target, const char* stop) {
  OrderSpec s = b.limit(id, Side::sell, qty, target);
  s.type = Type::bracket;
  s.stop_px = D(stop);
  return s;
}

}  // namespace

TEST_CASE("FOK: a limit that is marketable at its first bar's open fills whole, as a taker") {
  Bench b;
  b.send(fok(b.limit("a", Side::buy, "2", "100")));
  b.bar("98", "99", "97", "98");
  REQUIRE(b.fills("a").size() == 1);
  CHECK(text(b.fills("a")[0].px) == "98.05");
  CHECK(text(b.fills("a")[0].qty) == "2");
  CHECK(b.fills("a")[0].liquidity == Liquidity::taker);
  CHECK(b.last("a").state == State::filled);
}

TEST_CASE("FOK: one that is not marketable at the open is cancelled, whatever the bar does later") {
  Bench b;
  b.send(fok(b.limit("a", Side::buy, "2", "99")));
  b.bar("99", "100", "90", "95");  // the open only touches the limit
  CHECK(b.last("a").state == State::cancelled);
  CHECK(b.last("a").reason == Reason::none);
  CHECK(b.fills("a").empty());
  CHECK(b.usd().hold == Decimal::zero());
  b.bar("90", "100", "80", "95");
  CHECK(b.fills("a").empty());
}

TEST_CASE("FOK: more than the bar gives is cancelled with nothing filled, and leaves the bar to others") {
  Bench b;
  b.bar("100", "100", "100", "100");
  b.send(fok(b.order("a", Side::buy, Type::market, "6")));
  b.send(b.order("b", Side::buy, Type::market, "5"));
  b.bar("100", "100", "100", "100", "50");  // cap 5
  CHECK(b.last("a").state == State::cancelled);
  CHECK(b.fills("a").empty());
  CHECK(b.last("a").cum_qty == Decimal::zero());
  REQUIRE(b.fills("b").size() == 1);
  CHECK(text(b.fills("b")[0].qty) == "5");
  b.send(fok(b.order("c", Side::sell, Type::market, "6")));
  b.bar("100", "100", "100", "100", "60");  // exactly enough
  CHECK(b.last("c").state == State::filled);
}

TEST_CASE("FOK: a market buy by cost spends all of its amount or nothing") {
  Bench b;
  OrderSpec s = fok(b.order("q", Side::buy, Type::market, nullptr));
  s.quote_qty = D("1000");
  b.send(s);
  b.bar("100", "100", "100", "100", "98");  // cap 9.8, and 1000 pay for 9.87
  CHECK(b.last("q").state == State::cancelled);
  CHECK(b.fills("q").empty());
  CHECK(text(b.usd().total) == "10000");
  s.client_id = "r";
  b.send(s);
  b.bar("100", "100", "100", "100", "99");
  CHECK(b.last("r").state == State::filled);
  CHECK(bowline::money::plus(b.last("r").cum_quote, b.last("r").cum_fee) > D("999.99"));
}

TEST_CASE("FOK: a market buy that the open makes too dear is cancelled whole, not cut") {
  Bench b;
  b.bar("100", "100", "100", "100");
  b.send(fok(b.order("m", Side::buy, Type::market, "98")));
  CHECK(b.last("m").state == State::open);
  b.bar("200", "200", "200", "200", "100000");
  CHECK(b.last("m").state == State::cancelled);
  CHECK(b.last("m").reason == Reason::insufficient_fund);
  CHECK(b.fills("m").empty());
  CHECK(text(b.usd().total) == "10000");
}

TEST_CASE("FOK: a bar that by lot fills only a part fills none of it") {
  Bench b;
  b.options.partial_fill_probability = 1;
  b.bar("100", "100", "100", "100");
  b.send(fok(b.order("m", Side::buy, Type::market, "5")));
  b.bar("100", "100", "100", "100");
  CHECK(b.last("m").state == State::cancelled);
  CHECK(b.fills("m").empty());
}

TEST_CASE("FOK: with latency it is the first bar behind the arrival that counts") {
  Bench b;
  b.options.latency_ns = 1;
  b.bar("100", "100", "100", "100");
  REQUIRE(b.venue().submit(fok(b.order("m", Side::buy, Type::market, "1")), b.now).ok());
  b.bar("100", "100", "100", "100");
  CHECK(b.last("m").state == State::open);
  b.bar("70", "70", "70", "70");
  CHECK(b.last("m").state == State::filled);
  CHECK(text(b.fills("m")[0].px) == "70.04");
}

TEST_CASE("FOK and IOC go with market and limit orders that do not have to rest") {
  Bench b;
  b.bar("100", "100", "100", "100");
  OrderSpec post = fok(b.limit("post", Side::buy, "1", "90"));
  post.post_only = true;
  b.send(post);
  b.send(fok(b.stop("stop", Side::sell, "1", "90", "89")));
  b.send(fok(bracket(b, "bracket", "1", "110", "90")));
  OrderSpec ioc = bracket(b, "ioc", "1", "110", "90");
  ioc.tif = Tif::ioc;
  b.send(ioc);
  for (const char* id : {"post", "stop", "bracket", "ioc"}) {
    INFO(id);
    CHECK(b.last(id).state == State::rejected);
    CHECK(b.last(id).reason == Reason::invalid_combination);
  }
}

TEST_CASE("bracket: what is not a sell with a target above its stop is refused") {
  Bench b;
  const auto reason = [&b](OrderSpec s) {
    b.send(s);
    return b.last(s.client_id.c_str()).reason;
  };
  OrderSpec buy = bracket(b, "buy", "1", "110", "90");
  buy.side = Side::buy;
  CHECK(reason(buy) == Reason::invalid_combination);
  OrderSpec post = bracket(b, "post", "1", "110", "90");
  post.post_only = true;
  CHECK(reason(post) == Reason::invalid_combination);
  OrderSpec up = bracket(b, "up", "1", "110", "90");
  up.trigger_up = true;
  CHECK(reason(up) == Reason::invalid_combination);
  CHECK(reason(bracket(b, "even", "1", "90", "90")) == Reason::invalid_price);
  CHECK(reason(bracket(b, "turned", "1", "90", "110")) == Reason::invalid_price);
  OrderSpec bare = bracket(b, "bare", "1", "110", "90");
  bare.stop_px.reset();
  CHECK(reason(bare) == Reason::invalid_price);
  OrderSpec aimless = bracket(b, "aimless", "1", "110", "90");
  aimless.limit_px.reset();
  CHECK(reason(aimless) == Reason::invalid_price);
  CHECK(reason(bracket(b, "off step", "1", "110", "90.001")) == Reason::invalid_price);
  CHECK(reason(bracket(b, "too much", "1.1", "110", "90")) == Reason::insufficient_fund);
  CHECK(b.btc().hold == Decimal::zero());
}

TEST_CASE("bracket: it holds the coins once, and no other sale can have them") {
  Bench b;
  b.send(bracket(b, "a", "1", "110", "90"));
  CHECK(b.last("a").state == State::open);
  CHECK(text(b.btc().hold) == "1");
  b.send(b.limit("b", Side::sell, "0.1", "120"));
  CHECK(b.last("b").reason == Reason::insufficient_fund);
  b.cancel("a");
  CHECK(b.btc().hold == Decimal::zero());
}

TEST_CASE("bracket: the target is a resting limit: maker, at its price, on trade-through") {
  Bench b;
  b.send(bracket(b, "a", "1", "110", "90"));
  b.bar("100", "110", "90", "100");  // both only touched
  CHECK(b.fills("a").empty());
  b.bar("100", "110.01", "95", "100");
  REQUIRE(b.fills("a").size() == 1);
  CHECK(text(b.fills("a")[0].px) == "110");
  CHECK(text(b.fills("a")[0].fee) == "0.66");
  CHECK(b.fills("a")[0].liquidity == Liquidity::maker);
  CHECK(b.last("a").state == State::filled);
  CHECK(b.btc().total == Decimal::zero());
  CHECK(b.btc().hold == Decimal::zero());
}

TEST_CASE("bracket: a first bar that opens beyond the target still fills at the target") {
  Bench b;
  b.send(bracket(b, "a", "1", "110", "90"));
  b.bar("120", "121", "119", "120");
  REQUIRE(b.fills("a").size() == 1);
  CHECK(text(b.fills("a")[0].px) == "110");
  CHECK(b.fills("a")[0].liquidity == Liquidity::maker);
}

TEST_CASE(
    "bracket: the stop fills at the worse of stop and open, worse by slippage, as a taker without a limit") {
  Bench b;
  b.send(bracket(b, "mid", "0.5", "110", "95"));
  b.send(bracket(b, "gap", "0.5", "110", "94"));
  b.bar("100", "101", "94", "96");
  REQUIRE(b.fills("mid").size() == 1);
  CHECK(text(b.fills("mid")[0].px) == "94.95");
  CHECK(text(b.fills("mid")[0].fee) == "0.5697");
  CHECK(b.fills("mid")[0].liquidity == Liquidity::taker);
  CHECK(b.fills("gap").empty());
  b.bar("60", "61", "59", "60");  // far below: there is no limit that would keep it
  REQUIRE(b.fills("gap").size() == 1);
  CHECK(text(b.fills("gap")[0].px) == "59.97");
  CHECK(b.last("gap").state == State::filled);
}

TEST_CASE("rule 7: bracket: stop and target in one bar: the stop first") {
  Bench b;
  b.send(bracket(b, "a", "1", "105", "95"));
  b.bar("100", "110", "90", "108");
  REQUIRE(b.fills("a").size() == 1);
  CHECK(text(b.fills("a")[0].px) == "94.95");
  CHECK(b.last("a").triggered);
}

TEST_CASE("bracket: what the stop leaves is a market order from the next bar on; the target is gone") {
  Bench b;
  b.send(bracket(b, "a", "1", "105", "95"));
  b.bar("100", "100", "90", "92", "4");  // cap 0.4
  REQUIRE(b.fills("a").size() == 1);
  CHECK(text(b.fills("a")[0].qty) == "0.4");
  CHECK(text(b.btc().hold) == "0.6");
  b.bar("120", "130", "119", "125");
  REQUIRE(b.fills("a").size() == 2);
  CHECK(text(b.fills("a")[1].px) == "119.94");  // the open less slippage, not the target
  CHECK(b.fills("a")[1].liquidity == Liquidity::taker);
  CHECK(b.last("a").state == State::filled);
}

TEST_CASE("bracket: what the target leaves is still a bracket") {
  Bench b;
  b.send(bracket(b, "a", "1", "105", "95"));
  b.bar("100", "106", "99", "100", "3");  // cap 0.3
  REQUIRE(b.fills("a").size() == 1);
  CHECK_FALSE(b.last("a").triggered);
  b.bar("100", "106", "94", "100");
  REQUIRE(b.fills("a").size() == 2);
  CHECK(text(b.fills("a")[1].px) == "94.95");
  CHECK(text(b.fills("a")[1].qty) == "0.7");
}

TEST_CASE("bracket: a GTD bracket ends at its time and frees the coins") {
  Bench b;
  OrderSpec s = bracket(b, "a", "1", "110", "90");
  s.tif = Tif::gtd;
  s.expire_ns = b.now + bar_ns + minute;
  b.send(s);
  b.bar("100", "100", "100", "100");
  b.bar("100", "120", "80", "100");  // spans the expiry
  CHECK(b.last("a").state == State::expired);
  CHECK(b.fills("a").empty());
  CHECK(b.btc().hold == Decimal::zero());
}
