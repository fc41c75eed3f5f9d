// The operator's routes over HTTP: states, locks, closing a position.
#include "fixture.hpp"
#include "services/trade_execution/risk_state.hpp"

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

TEST_CASE("liquidating all needs its confirmation; a dry run needs none and changes nothing") {
  Desk d;
  CHECK(post(d, "/emergency/liquidate-all", R"({"reason":"fire"})").code() == "CONFIRM_MISSING");
  CHECK(post(d, "/emergency/liquidate-all", R"({"reason":"fire","confirm":false})").code() == "CONFIRM_MISSING");
  CHECK(post(d, "/emergency/liquidate-all", R"({"reason":"fire","confirm":"true"})").code() == "CONFIRM_MISSING");
  CHECK(post(d, "/emergency/liquidate-all", R"({"confirm":true})").code() == "JSON_KEY_MISSING");
  CHECK(post(d, "/emergency/liquidate-all", R"({"reason":"fire","confirm":true,"id":"a b"})").code() == "JSON_VALUE");
  CHECK(post(d, "/emergency/liquidate-all", R"({"reason":"fire","confirm":true,"max_slice":"0"})").code() == "JSON_VALUE");
  CHECK(post(d, "/emergency/liquidate-all", R"({"reason":"fire","confirm":true,"max_slippage":"1"})").code() == "JSON_VALUE");
  CHECK(post(d, "/emergency/liquidate-all", R"({"reason":"fire","confirm":true,"max_slippage":0.1})").code() == "DECIMAL_NOT_TEXT");
  const Got dry = post(d, "/emergency/liquidate-all?dry_run=true", R"({"reason":"fire","id":"e1"})");
  REQUIRE(dry.status == 200);
  CHECK(dry.body["phase"] == "planned");
  CHECK(d.execution->state() == core::TradingState::active);
  CHECK(d.get("/emergency/e1").code() == "EMERGENCY_NOT_FOUND");
}

TEST_CASE("a liquidation is begun once by its id, is told by it, and is interrupted by a resume") {
  Desk d;
  REQUIRE(d.trade(limit_buy()).status == 202);
  const Got begun = post(d, "/emergency/liquidate-all", R"({"reason":"fire","confirm":true,"id":"e1"})");
  REQUIRE(begun.status == 202);
  CHECK(begun.body["id"] == "e1");
  CHECK(begun.body["replayed"] == false);
  CHECK(begun.body["cancels"] == 1);
  CHECK(d.broker.cancels == 1);
  CHECK(d.get("/trading/state").body["state"] == "halted");
  CHECK(d.get("/trading/state").body["gate_open"] == false);
  const Got again = post(d, "/emergency/liquidate-all", R"({"reason":"fire","confirm":true,"id":"e1"})");
  CHECK(again.status == 200);
  CHECK(again.body["replayed"] == true);
  const Got other = post(d, "/emergency/liquidate-all", R"({"reason":"fire","confirm":true,"id":"e2"})");
  CHECK(other.status == 409);
  CHECK(other.code() == "EMERGENCY_RUNNING");
  CHECK(d.get("/emergency/e1").body["phase"] == "reading");
  REQUIRE(post(d, "/emergency/resume", R"({"reason":"out"})").status == 200);
  CHECK(d.get("/emergency/e1").body["phase"] == "interrupted");
  CHECK(d.get("/trading/state").body["state"] == "active");
}

TEST_CASE("the risk state tells what is used of each limit, and what was refused with value and limit") {
  Desk d;
  REQUIRE(d.trade(limit_buy("2")).status == 202);
  REQUIRE(d.trade(limit_buy("4", "ETH-USD"), "k2").code() == "TOO_LARGE");
  const Got r = d.get("/risk/state");
  REQUIRE(r.status == 200);
  CHECK(r.body["state"] == "active");
  CHECK(r.body["equity"] == "100000");
  CHECK(r.body["working_entries"] == "198");
  REQUIRE(r.body["limits"].size() == 4);
  CHECK(r.body["limits"][1]["limit"] == "max_day");
  CHECK(r.body["limits"][1]["value"].is_null());
  CHECK(r.body["limits"][1]["used"] == "198");
  CHECK(r.body["limits"][3]["used"] == "1");
  json small;
  for (const json& rule : r.body["rules"])
    if (rule["rule"] == "small_only") small = rule;
  REQUIRE(small.is_object());
  CHECK(small["allowed"] == 1);
  CHECK(small["rejected"] == 1);
  REQUIRE(small["trips"].size() == 1);
  CHECK(small["trips"][0]["code"] == "TOO_LARGE");
  CHECK(small["trips"][0]["count"] == 1);
  CHECK(d.get("/risk/state?x=1").status == 400);
}

TEST_CASE("the risk state has the headroom of a limit that is set") {
  Desk d;
  core::FloorLimits limits;
  limits.max_day = "1000"_dec;
  limits.max_total = "150"_dec;
  limits.max_orders_per_minute = 5;
  // Behind the routes another desk stands, with these limits: only its reading is asked for.
  d.execution = std::make_unique<services::Execution>(services::ExecutionOptions{}, d.table, core::AssetId{1}, "0.0005"_dec,
                                                      std::vector<std::unique_ptr<core::RiskRule>>{}, limits, d.broker, *d.journal, d.sink);
  const json r = json::parse(services::risk_json(*d.execution, Parts::start));
  CHECK(r["limits"][1]["headroom"] == "1000");
  CHECK(r["limits"][2]["headroom"] == "150");
  CHECK(r["limits"][3]["headroom"] == "5");
}
