// The operator's routes over HTTP: states, locks, closing a position.
#include "fixture.hpp"

using namespace routes_test;

namespace {

Got post(Desk& d, const std::string& path, const std::string& body, edge::Pairs headers = {}) {
  return d.ask(Method::Post, path, body, std::move(headers));
}
const json& product(const Got& got, const std::string& symbol) {
  for (const json& p : got.body["products"])
    if (p["instrument"] == symbol) return p;
  FAIL("no product " + symbol);
  return got.body;
}

}  // namespace

TEST_CASE("the trading state is told with its author, of all and of each product") {
  Desk d;
  const Got at_first = d.get("/trading/state");
  REQUIRE(at_first.status == 200);
  CHECK(at_first.body["state"] == "active");
  CHECK(at_first.body["gate_open"] == true);
  CHECK(at_first.body["since"].is_null());
  REQUIRE(at_first.body["products"].size() == 2);
  CHECK(product(at_first, "ETH-USD")["entries"] == true);
  CHECK(product(at_first, "ETH-USD")["lock"].is_null());

  const Got one = post(d, "/trading/state", R"({"state":"reducing","instrument":"ETH-USD","reason":"a look"})");
  REQUIRE(one.status == 200);
  CHECK(one.body["state"] == "active");
  CHECK(product(one, "ETH-USD")["state"] == "reducing");
  CHECK(product(one, "ETH-USD")["why"] == "a look");
  CHECK(product(one, "ETH-USD")["since_ns"] == Parts::start);
  CHECK(product(one, "ETH-USD")["entries"] == false);
  CHECK(product(one, "BTC-USD")["entries"] == true);
  CHECK(d.trade(limit_buy("1", "ETH-USD")).code() == "STATE_REDUCING");

  REQUIRE(d.trade(limit_buy()).status == 202);
  const Got all = post(d, "/trading/state", R"({"state":"halted","reason":"more"})");
  REQUIRE(all.status == 200);
  CHECK(all.body["cancels"] == 1);
  CHECK(d.broker.cancels == 1);
  CHECK(product(all, "ETH-USD")["state"] == "reducing");
  CHECK(product(all, "ETH-USD")["effective"] == "halted");
}

TEST_CASE("freeze needs its own words, and goes with halted alone") {
  Desk d;
  CHECK(post(d, "/trading/state", R"({"state":"halted","freeze":true,"reason":"x"})").code() == "CONFIRM_MISSING");
  CHECK(post(d, "/trading/state", R"({"state":"halted","freeze":true,"confirm":"yes","reason":"x"})").code() == "CONFIRM_MISSING");
  CHECK(post(d, "/trading/state", R"({"state":"reducing","freeze":true,"confirm":"I want no exits and no stops","reason":"x"})").code() == "JSON_VALUE");
  CHECK(d.get("/trading/state").body["frozen"] == false);
  const Got frozen = post(d, "/trading/state", R"({"state":"halted","freeze":true,"confirm":"I want no exits and no stops","reason":"x"})");
  REQUIRE(frozen.status == 200);
  CHECK(frozen.body["frozen"] == true);
  CHECK(post(d, "/positions/BTC-USD/close", R"({"reason":"x"})", {{"Idempotency-Key", "c"}}).code() == "EXIT_FROZEN");
}

TEST_CASE("what is wrong with a state is said") {
  Desk d;
  CHECK(post(d, "/trading/state", R"({"state":"asleep","reason":"x"})").code() == "JSON_VALUE");
  CHECK(post(d, "/trading/state", R"({"state":"halted"})").code() == "JSON_KEY_MISSING");
  CHECK(post(d, "/trading/state", R"({"state":"halted","reason":"x","product":"BTC-USD"})").code() == "JSON_KEY_UNKNOWN");
  CHECK(post(d, "/trading/state", R"({"state":"halted","reason":"x","instrument":"DOGE-USD"})").status == 404);
  CHECK(post(d, "/trading/state", R"({"state":"halted","reason":"x","instrument":""})").status == 404);  // not: all
  CHECK(d.get("/trading/state?x=1").status == 400);
  CHECK(d.execution->state() == core::TradingState::active);
  REQUIRE(post(d, "/emergency/stop", R"({"reason":"fire"})").status == 200);
  const Got loose = post(d, "/trading/state", R"({"state":"active","reason":"x"})");
  CHECK(loose.status == 409);
  CHECK(loose.code() == "EMERGENCY_STOPPED");
}

TEST_CASE("a repeated request is answered as such") {
  Desk d;
  const edge::Pairs first{{"X-Request-Id", "req-0001"}};
  REQUIRE(post(d, "/trading/state", R"({"state":"reducing","reason":"x"})").status == 200);
  CHECK(post(d, "/trading/state", R"({"state":"active","reason":"x"})", first).body["replayed"] == false);
  CHECK(post(d, "/trading/state", R"({"state":"active","reason":"x"})", first).body["replayed"] == true);
  REQUIRE(post(d, "/trading/state", R"({"state":"halted","reason":"x"})").status == 200);
  const Got stale = post(d, "/trading/state", R"({"state":"active","reason":"x"})", first);
  CHECK(stale.status == 409);
  CHECK(stale.code() == "REQUEST_REPEATED");
}

TEST_CASE("a lock is shown with its end and its author, and taken off again") {
  Desk d;
  const Got locked = post(d, "/positions/BTC-USD/lock", R"({"reason":"news","until":"2022-01-01T01:00:00Z"})");
  REQUIRE(locked.status == 200);
  CHECK(product(locked, "BTC-USD")["lock"]["until"] == "2022-01-01T01:00:00Z");
  CHECK(product(locked, "BTC-USD")["lock"]["why"] == "news");
  CHECK(product(locked, "BTC-USD")["entries"] == false);
  CHECK(d.trade(limit_buy()).code() == "PRODUCT_LOCKED");
  CHECK(post(d, "/positions/BTC-USD/lock", R"({"reason":"news","until":"2021-01-01T01:00:00Z"})").code() == "LOCK_EXPIRED");
  CHECK(post(d, "/positions/BTC-USD/lock", R"({"reason":"news","until":"soon"})").status == 400);
  CHECK(post(d, "/positions/DOGE-USD/lock", R"({"reason":"news"})").status == 404);
  const Got open = post(d, "/positions/BTC-USD/unlock", R"({"reason":"over"})");
  REQUIRE(open.status == 200);
  CHECK(product(open, "BTC-USD")["lock"].is_null());
  CHECK(post(d, "/positions/BTC-USD/unlock", R"({"reason":"over"})").status == 409);
  CHECK(d.trade(limit_buy("1", "BTC-USD"), "k2").status == 202);
}

TEST_CASE("closing a position needs a key; flat is said; the sale goes to the broker") {
  Desk d;
  CHECK(post(d, "/positions/BTC-USD/close", R"({"reason":"x"})").code() == "IDEMPOTENCY_KEY_MISSING");
  const edge::Pairs key{{"Idempotency-Key", "close-1"}};
  CHECK(post(d, "/positions/BTC-USD/close", R"({"reason":"x"})", {{"Idempotency-Key", "c0"}}).code() == "POSITION_FLAT");
  CHECK(post(d, "/positions/DOGE-USD/close", R"({"reason":"x"})", key).status == 404);
  const std::string id = d.trade(limit_buy("2")).body["id"];
  bl_fill f{};
  f.h.size = sizeof f;
  f.h.type = BL_EV_FILL;
  f.h.instrument = 1;
  f.h.ts_recv = Parts::start;
  std::memcpy(f.client_id, id.data(), id.size());
  std::memcpy(f.fill_id, "f1", 2);
  f.side = BL_BUY;
  f.px = "99"_dec.raw();
  f.qty = "2"_dec.raw();
  f.fee = Decimal::zero().raw();
  d.execution->on_broker_event(f.h);
  const std::size_t submits = d.broker.submits;
  const Got closed = post(d, "/positions/BTC-USD/close", R"({"reason":"x"})", key);
  REQUIRE(closed.status == 202);
  CHECK(closed.body["closing"] == true);
  CHECK(closed.body["held"] == "2");
  CHECK(closed.body["replayed"] == false);
  REQUIRE(closed.body["order"].is_string());
  CHECK(d.broker.submits == submits + 1);
  CHECK(d.get("/orders/" + closed.body["order"].get<std::string>()).body["side"] == "SELL");
  CHECK(post(d, "/positions/BTC-USD/close", R"({"reason":"x"})", key).body["replayed"] == true);
  CHECK(post(d, "/positions/BTC-USD/close", R"({"reason":"y"})", key).code() == "IDEMPOTENCY_KEY_REUSED");
  CHECK(d.broker.submits == submits + 1);
}
