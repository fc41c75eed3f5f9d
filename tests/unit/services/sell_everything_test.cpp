// All that an account holds is sold by the venue's word, where the journal can't be had (trading rules 3.6, 3.7).
#include "unit/services/sell_everything_desk.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::test;
using namespace bowline::test::everything;

TEST_CASE("rule 3.7: everything is sold by the venue's word, managed or not, and what it is sold for is kept") {
  Sale w;
  w.begin();
  REQUIRE(w.runs());
  CHECK(w.s->clean());
  CHECK(w.v.balances[w.v.m.btc_asset.value].is_zero());
  CHECK(w.v.balances[w.v.m.bnb_asset.value].is_zero());
  CHECK(w.v.balances[w.v.m.usd.value] == "710"_dec);
  REQUIRE(w.v.sent.size() == 2);
  CHECK(w.v.sent[0].abi.type == BL_MARKET);
  CHECK(w.v.sent[0].abi.tif == BL_IOC);
  CHECK(w.v.sent[0].purpose == Purpose::emergency);
  CHECK(w.receipt().at("phase") == "done");
  CHECK(w.receipt().at("orders_read") == true);
  CHECK(w.product("BTC-USD").at("status") == "sold");
  CHECK(w.product("BTC-USD").at("sold") == "2");
  CHECK(w.product("BTC-USD").at("held_before") == "2");
  CHECK(w.product("BTC-USD").at("proceeds") == "200");
}

TEST_CASE("rule 3.6: before anything is sold, two lists of all orders agree, and what buys or holds coins is cancelled") {
  Sale w;
  w.v.rests(mark, w.v.m.btc, BL_BUY, "1"_dec);
  w.v.rests("", w.v.m.btc, BL_SELL, "2"_dec);             // somebody else's, with the id of the venue alone
  w.v.rests("their-own", w.v.m.bnb, BL_SELL, "5"_dec);
  w.begin();
  std::size_t lists = 0;
  w.v.before_submit = [&] {
    CHECK(std::none_of(w.v.orders.begin(), w.v.orders.end(), [](const Venue::Order& o) { return o.state == BL_S_OPEN && !o.client.starts_with("bl-"); }));
    lists = w.v.asked.size();
  };
  REQUIRE(w.runs());
  CHECK(lists >= 3);
  CHECK(w.v.cancelled.size() >= 3);
  CHECK(w.v.balances[w.v.m.btc_asset.value].is_zero());
  CHECK(w.v.balances[w.v.m.bnb_asset.value].is_zero());
  CHECK(w.receipt().at("cancels") == 3);
}

TEST_CASE("rule 3.7: two who sell the same never sell more than is held: what the venue refuses is read again") {
  Sale w;
  w.begin();
  int taken = 0;
  w.v.before_submit = [&] {  // a host comes first, with half of it
    if (taken++ == 0) w.v.balances[w.v.m.btc_asset.value] = "0.5"_dec;
  };
  REQUIRE(w.runs());
  CHECK(w.s->clean());
  CHECK(w.sold(w.v.m.btc) == "0.5"_dec);
  CHECK(w.v.balances[w.v.m.btc_asset.value].is_zero());
  // The next attempt has another id.
  CHECK(w.v.sent[0].client_id() != w.v.sent[1].client_id());
}

TEST_CASE("rule 3.7: order ids follow from the liquidation alone, and another one has others") {
  const auto id = services::everything_order_id("mine", "BTC-USD", "fire-1", 0);
  CHECK(id == services::everything_order_id("mine", "BTC-USD", "fire-1", 0));
  CHECK(id != services::everything_order_id("mine", "BTC-USD", "fire-1", 1));
  CHECK(id != services::everything_order_id("mine", "BTC-USD", "fire-2", 0));
  CHECK(id != services::everything_order_id("other", "BTC-USD", "fire-1", 0));
  CHECK(id != services::everything_order_id("mine", "BNB-USD", "fire-1", 0));
  Sale w;
  w.begin();
  REQUIRE(w.runs());
  CHECK(w.v.sent[0].client_id() == id.view());
  // A venue that has to look for an id need not read all that it ever had.
  for (const bl_query& q : w.v.asked)
    if ((q.scope & 1u) != 0) CHECK(q.since_ns == start_ns + second_ns / 5 - 24 * 3600 * second_ns);
}

TEST_CASE("rule 3.7: a sale whose end is told in the middle of an answer counts once, and what was read before it sells nothing") {
  Sale w;
  w.v.fills = false;
  w.begin();
  while (w.v.sent.empty()) w.step();
  const std::string id(w.v.sent[0].client_id());
  const std::string symbol = w.v.m.table[w.v.sent[0].instrument()].symbol;
  w.v.answers = false;
  for (int n = 0; n < 60 && (w.v.answered == w.v.asked.size() || w.v.asked_ids.back() != id); ++n) {
    w.v.answers = w.v.answered < w.v.asked.size();
    w.step();
    w.v.answers = false;
    w.now += second_ns / 5;
    w.s->look(w.now);
  }
  REQUIRE(w.v.asked_ids.back() == id);
  const auto o = std::find_if(w.v.orders.begin(), w.v.orders.end(), [&](const Venue::Order& one) { return one.client == id; });
  REQUIRE(o != w.v.orders.end());
  o->cum = o->qty;
  o->state = BL_S_FILLED;
  const std::uint32_t asset = w.v.m.table[InstrumentId{o->instrument}].base.value;
  const Decimal held = w.v.balances[asset];
  w.v.balances[asset] = Decimal::zero();
  w.s->hear(w.v.told(*o, BL_X_SNAPSHOT).h);
  w.s->hear(w.v.told(*o, BL_X_DONE).h);
  w.v.answers = w.v.fills = true;
  REQUIRE(w.runs());
  CHECK(w.product(symbol).at("sold") == held.to_string());
  CHECK(w.product(symbol).at("orders").size() == 1);
}

TEST_CASE("rule 3.2: a sale that works for too long is cancelled, and the next follows; an operator's end bounds the ladder") {
  Sale w;
  SECTION("at the market") {
    w.v.fills = false;
    w.begin();
    while (w.v.sent.empty()) w.step();
    for (int n = 0; n < 75; ++n) w.step();
    CHECK(std::count(w.v.cancelled.begin(), w.v.cancelled.end(), "v0") >= 1);
    CHECK(w.v.orders[0].state == BL_S_CANCELLED);
    CHECK(w.v.sent.size() > 2);
    w.v.fills = true;
    REQUIRE(w.runs());
    CHECK(w.sold(w.v.m.btc) == "2"_dec);
  }
  SECTION("to an end") {
    w.options.end = "0.05"_dec;
    w.v.fills = false;
    w.begin();
    for (int n = 0; n < 20; ++n) w.step();
    CHECK(w.v.sent.empty());  // no bid to count it from
    CHECK(w.product("BTC-USD").at("status") == "parked");
    bl_quote q{};
    q.h.size = sizeof q;
    q.h.type = BL_EV_QUOTE;
    q.h.instrument = w.v.m.btc.value;
    q.bid = 100;
    w.s->hear(q.h);
    for (int n = 0; n < 600; ++n) w.step();
    REQUIRE(w.v.sent.size() >= 4);
    const std::vector<std::string> want{"99", "97", "95", "95"};
    for (std::size_t n = 0; n < 4; ++n) {
      CHECK(w.v.sent[n].abi.type == BL_LIMIT);
      CHECK(w.v.sent[n].limit_px().to_string() == want[n]);
    }
  }
}

TEST_CASE("rule 3.6: what is not tradable is parked and told, and sold as soon as it is") {
  for (const std::uint64_t flags : {0u + 2u + 1u, 32u, 16u + 1u, 8u + 1u}) {
    Sale w;
    w.v.flags = flags;
    w.begin();
    CHECK_FALSE(w.runs(30));
    CHECK(w.v.sent.empty());
    CHECK(w.product("BTC-USD").at("status") == "parked");
    w.v.flags = 1;
    REQUIRE(w.runs());
    CHECK(w.product("BTC-USD").at("status") == "sold");
  }
}

TEST_CASE("rule 3.7: somebody's sale that can't be cancelled is waited for, and then what is free beside it is sold") {
  Sale w;
  w.v.cancels = false;
  w.v.rests("", w.v.m.btc, BL_SELL, "0.5"_dec);
  w.begin();
  for (int n = 0; n < 250; ++n) w.step();
  CHECK(w.sold(w.v.m.btc).is_zero());
  CHECK(w.sold(w.v.m.bnb) == "5"_dec);
  for (int n = 0; n < 150; ++n) w.step();
  CHECK(w.sold(w.v.m.btc) == "1.5"_dec);
  CHECK_FALSE(w.s->over());
  w.v.cancels = true;
  REQUIRE(w.runs());
  CHECK(w.sold(w.v.m.btc) == "2"_dec);
}

TEST_CASE("rule 3.7: nothing is sold by an answer that is not whole, or without one") {
  Sale w;
  w.begin();
  SECTION("not whole") {
    w.v.whole = false;
    CHECK_FALSE(w.runs(60));
    CHECK(w.s->trouble().code == "RECONCILE_INCOMPLETE");
    w.v.whole = true;
  }
  SECTION("none") {
    w.v.answers = false;
    CHECK_FALSE(w.runs(60));
    CHECK(w.s->trouble().code == "RECONCILE_INCOMPLETE");
    w.v.answered = w.v.asked.size() - 1;
    w.v.answers = true;
  }
  CHECK(w.v.sent.empty());
  REQUIRE(w.runs());
  CHECK(w.v.balances[w.v.m.btc_asset.value].is_zero());
}

TEST_CASE("rule 3.6: a product that the venue does not tell of, or no word about products at all, keeps nothing from being sold") {
  Sale w;
  w.v.products = GENERATE(Venue::Products::incomplete, Venue::Products::silent);
  w.begin();
  REQUIRE(w.runs());
  CHECK(w.v.balances[w.v.m.btc_asset.value].is_zero());
  CHECK(w.v.balances[w.v.m.bnb_asset.value].is_zero());
  CHECK(w.v.sent.size() == 2);
  CHECK(w.s->trouble().code.empty());
}

TEST_CASE("rule 3.7: a bid or a balance beyond any amount ends no sale: what has one is sold, and of the other nothing is known") {
  Sale w;
  w.v.balances[w.v.m.btc_asset.value] = "100"_dec;
  w.begin();
  bl_quote q{};
  q.h.size = sizeof q;
  q.h.type = BL_EV_QUOTE;
  q.h.instrument = w.v.m.btc.value;
  q.bid = 9'000'000'000'000'000'000;
  bl_balance_ev b{};
  b.h.size = sizeof b;
  b.h.type = BL_EV_BALANCE;
  b.h.flags = 2;
  b.asset = w.v.m.xyz.value;
  b.total = "100000000000000000000"_dec.raw();
  b.hold = "-100000000000000000000"_dec.raw();
  for (int n = 0; n < 100 && !w.s->over(); ++n) {
    w.s->hear(q.h);
    w.now += second_ns / 5;
    w.s->look(w.now);
    w.s->hear(b.h);
    w.v.turn(*w.s);
  }
  CHECK(w.s->over());
  CHECK(w.sold(w.v.m.btc) == "100"_dec);
}

TEST_CASE("rule 3.6: a venue that does not list its orders is sold to all the same, and it is not over before it has") {
  Sale w;
  w.v.lists = false;
  w.begin();
  CHECK_FALSE(w.runs(60));
  CHECK(w.v.balances[w.v.m.btc_asset.value].is_zero());
  CHECK(w.v.balances[w.v.m.bnb_asset.value].is_zero());
  CHECK(w.receipt().at("orders_read") == false);
  w.v.lists = true;
  REQUIRE(w.runs());
  CHECK(w.v.sent.size() == 2);
}

TEST_CASE("rule 3.7: a sale that never left keeps its id, and dust and refusals end it and are told") {
  Sale w;
  SECTION("denied") {
    w.v.hand = services::HandOver::denied;
    w.begin();
    for (int n = 0; n < 50; ++n) w.step();
    CHECK(w.v.sent.empty());
    w.v.hand = services::HandOver::taken;
    REQUIRE(w.runs());
    CHECK(w.v.sent[0].client_id() == services::everything_order_id("mine", w.v.m.table[w.v.sent[0].instrument()].symbol, "fire-1", 0).view());
  }
  SECTION("dust") {
    w.v.balances[w.v.m.btc_asset.value] = "0.00093"_dec;
    w.begin();
    REQUIRE(w.runs());
    CHECK(w.s->clean());
    CHECK(w.product("BTC-USD").at("status") == "dust");
    CHECK(w.product("BTC-USD").at("left") == "0.00093");
    CHECK(w.v.sent.size() == 1);
  }
  SECTION("refused for minutes") {
    w.v.refuse = 1000;
    w.begin();
    REQUIRE(w.runs(2000));
    CHECK(w.now - start_ns >= 300 * second_ns);
    CHECK_FALSE(w.s->clean());
    CHECK(w.product("BTC-USD").at("status") == "refused");
    CHECK(w.product("BTC-USD").at("words") == "INSUFFICIENT_FUND");
    CHECK(w.product("BTC-USD").at("left") == "2");
  }
}
