#include <algorithm>
#include <atomic>
#include <set>
#include <thread>
#include <vector>

#include "fixture.hpp"

using namespace routes_test;

TEST_CASE("an order is placed once, whatever is repeated") {
  Desk d;
  const Got first = d.trade(limit_buy());
  REQUIRE(first.status == 202);
  CHECK(first.body["replayed"] == false);
  CHECK(first.body["state"] == "open");
  CHECK(first.body["qty"] == "1");
  const Got again = d.trade(limit_buy());
  CHECK(again.status == 202);
  CHECK(again.body["replayed"] == true);
  CHECK(again.body["id"] == first.body["id"]);
  CHECK(d.broker.submits == 1);
  const Got other = d.trade(limit_buy("2"));
  CHECK(other.status == 409);
  CHECK(other.code() == "IDEMPOTENCY_KEY_REUSED");

  const std::string id = first.body["id"];
  const Got order = d.get("/orders/" + id);
  CHECK(order.status == 200);
  CHECK(order.body["limit_price"] == "99");
  CHECK(order.body["instrument"] == "BTC-USD");
  CHECK(d.get("/orders?state=working").body["orders"].size() == 1);
  CHECK(d.get("/orders?state=filled").body["orders"].empty());
  CHECK(d.get("/orders?state=nonsense").status == 400);
  CHECK(d.get("/orders/nobody").status == 404);
  CHECK(d.get("/orders/" + std::string(80, 'x')).status == 404);

  const Got gone = d.ask(Method::Delete, "/orders/" + id);
  CHECK(gone.status == 202);
  CHECK(gone.body["state"] == "cancelled");
  const Got twice = d.ask(Method::Delete, "/orders/" + id);
  CHECK(twice.status == 409);
  CHECK(twice.code() == "ORDER_ENDED");
  CHECK(d.ask(Method::Delete, "/orders/nobody").status == 404);
}

namespace {
/// What that many callers get who say the same at one moment, each over a connection of its own; every second one says `other`.
std::vector<Got> all_at_once(Desk& d, std::size_t callers, const json& body, const json& other) {
  const std::string url = "http://127.0.0.1:" + std::to_string(d.port()) + "/trades/execute";
  std::vector<Got> got(callers);
  std::atomic<std::size_t> ready = 0;
  std::vector<std::thread> threads;
  for (std::size_t n = 0; n < callers; ++n)
    threads.emplace_back([&, n] {
      edge::HttpClient own(d.io);
      ++ready;
      while (ready < callers) std::this_thread::yield();
      const auto r = own.fetch({.method = Method::Post, .url = url, .headers = {{"Idempotency-Key", "race"}}, .body = (n % 2 == 0 ? body : other).dump()});
      got[n] = {r.complete() ? r.status : 0, json::parse(r.body, nullptr, false)};
    });
  for (std::thread& t : threads) t.join();
  return got;
}
}  // namespace

TEST_CASE("callers that race with one key make one order, and each is told of it") {
  Desk d;
  const auto got = all_at_once(d, 8, limit_buy(), limit_buy());
  int made = 0;
  for (const Got& g : got) {
    REQUIRE(g.status == 202);
    CHECK(g.body["id"] == got[0].body["id"]);
    made += g.body["replayed"] == false ? 1 : 0;
  }
  CHECK(made == 1);
  CHECK(d.broker.submits == 1);
  CHECK(d.get("/orders").body["orders"].size() == 1);
}

TEST_CASE("callers that race with one key and two orders make the one that came first, and the others are refused") {
  Desk d;
  const auto got = all_at_once(d, 8, limit_buy("1"), limit_buy("2"));
  std::set<std::string> placed;
  for (const Got& g : got) {
    if (g.status == 202) placed.insert(g.body["qty"].get<std::string>());
    else CHECK(g.code() == "IDEMPOTENCY_KEY_REUSED");
  }
  CHECK(placed.size() == 1);
  CHECK(std::count_if(got.begin(), got.end(), [](const Got& g) { return g.status == 202; }) == 4);
  CHECK(d.broker.submits == 1);
}

TEST_CASE("a dry run judges and leaves no order") {
  Desk d;
  const Got dry = d.trade(limit_buy(), "k1", "?dry_run=true");
  CHECK(dry.status == 200);
  CHECK(dry.body["dry_run"] == true);
  CHECK_FALSE(dry.body["checks"].empty());
  CHECK(d.broker.submits == 0);
  CHECK(d.get("/orders").body["orders"].empty());
  CHECK(d.trade(limit_buy(), "k1", "?dry_run=perhaps").status == 400);
}

TEST_CASE("what is wrong with an order is said, and no amount with it") {
  Desk d;
  const Got bare = d.ask(Method::Post, "/trades/execute", limit_buy().dump());
  CHECK(bare.status == 400);
  CHECK(bare.code() == "IDEMPOTENCY_KEY_MISSING");
  CHECK(d.trade(limit_buy(), std::string(200, 'k')).code() == "IDEMPOTENCY_KEY_INVALID");
  CHECK(d.ask(Method::Post, "/trades/execute", "{", {{"Idempotency-Key", "k"}}).code() == "JSON_MALFORMED");

  json number = limit_buy();
  number["qty"] = 31337.5;
  const Got inexact = d.trade(number);
  CHECK(inexact.status == 400);
  CHECK(inexact.code() == "DECIMAL_NOT_TEXT");
  CHECK(inexact.body.dump().find("31337") == std::string::npos);

  json misspelt = limit_buy();
  misspelt["limit_prise"] = "99";
  const Got unknown = d.trade(misspelt);
  CHECK(unknown.code() == "JSON_KEY_UNKNOWN");
  CHECK(unknown.body["error"]["details"]["allowed"].get<std::string>().starts_with("limit_price"));

  json no_reason = limit_buy();
  no_reason.erase("reason");
  CHECK(d.trade(no_reason).code() == "JSON_KEY_MISSING");
  json side = limit_buy();
  side["side"] = "31337";
  CHECK(d.trade(side).body.dump().find("31337") == std::string::npos);

  const Got where = d.trade(limit_buy("1", "DOGE-USD"));
  CHECK(where.status == 404);
  CHECK(where.code() == "INSTRUMENT_UNKNOWN");

  const Got large = d.trade(limit_buy("4"));
  CHECK(large.status == 422);
  CHECK(large.code() == "TOO_LARGE");
  const Got step = d.trade(limit_buy("1.00001"));
  CHECK(step.status == 422);
  CHECK(step.code() == "ORDER_QUANTITY_STEP");
  json both = limit_buy();
  both["quote_qty"] = "5";
  CHECK(d.trade(both).status == 422);
  CHECK(d.broker.submits == 0);
}

TEST_CASE("the emergency stop closes the gate and cancels resting entries; resume opens it") {
  Desk d;
  REQUIRE(d.trade(limit_buy()).status == 202);
  CHECK(d.ask(Method::Post, "/emergency/stop", "{}").code() == "JSON_KEY_MISSING");
  CHECK(d.execution->gate_open());
  const Got stop = d.ask(Method::Post, "/emergency/stop", R"({"reason":"fire"})");
  REQUIRE(stop.status == 200);
  CHECK(stop.body["state"] == "halted");
  CHECK(stop.body["gate_open"] == false);
  CHECK(stop.body["cancels"] == 1);
  CHECK(d.broker.cancels == 1);
  CHECK(d.get("/orders?state=working").body["orders"].empty());
  CHECK(d.get("/portfolio").body["state"] == "halted");
  CHECK(d.trade(limit_buy("1", "ETH-USD"), "k2").status == 422);
  const Got resume = d.ask(Method::Post, "/emergency/resume", R"({"reason":"out"})");
  CHECK(resume.status == 200);
  CHECK(resume.body["gate_open"] == true);
  CHECK(d.trade(limit_buy("1", "ETH-USD"), "k3").status == 202);
}

TEST_CASE("a cancel that the broker did not take is not answered as asked for") {
  Desk d;
  const std::string id = d.trade(limit_buy()).body["id"];
  d.broker.takes_cancels = false;
  const Got refused = d.ask(Method::Delete, "/orders/" + id);
  CHECK(refused.status == 502);
  CHECK(refused.code() == "CANCEL_FAILED");
  CHECK(d.get("/orders/" + id).body["state"] == "open");
  const Got stop = d.ask(Method::Post, "/emergency/stop", R"({"reason":"fire"})");
  REQUIRE(stop.status == 200);  // the gate is closed whatever the broker says
  CHECK(stop.body["gate_open"] == false);
  CHECK(stop.body["cancels"] == 0);
  CHECK(stop.body["cancels_failed"] == 1);
  d.broker.takes_cancels = true;
  CHECK(d.ask(Method::Delete, "/orders/" + id).status == 202);
}

TEST_CASE("the portfolio tells amounts as text") {
  Desk d;
  const Got p = d.get("/portfolio");
  REQUIRE(p.status == 200);
  CHECK(p.body["equity"] == "100000");
  CHECK(p.body["currency"] == "USD");
  CHECK(p.body["time"] == "2022-01-01T00:05:00Z");
  CHECK(p.body["time_ns"] == Parts::start);
  CHECK(p.body["balances"][0]["asset"] == "USD");
  CHECK(p.body["positions"].empty());
}

TEST_CASE("from the moment a stop begins no order is made, and what ends orders is still taken") {
  Desk d;
  const std::string id = d.trade(limit_buy()).body["id"];
  bool accepting = false;
  d.backend.accepting = [&accepting] { return accepting; };
  CHECK(d.trade(limit_buy("1", "ETH-USD"), "k2").code() == "SERVICE_STOPPING");
  CHECK(d.ask(Method::Post, "/rebalance/run", "{}").code() == "SERVICE_STOPPING");
  CHECK(d.broker.submits == 1);
  CHECK(d.ask(Method::Delete, "/orders/" + id).status == 202);
  CHECK(d.ask(Method::Post, "/emergency/stop", R"({"reason":"fire"})").status == 200);
  CHECK(d.ask(Method::Post, "/emergency/resume", R"({"reason":"out"})").status == 200);
  accepting = true;
  CHECK(d.trade(limit_buy("1", "ETH-USD"), "k2").status == 202);
}

TEST_CASE("a loop that has ended is 503, not silence") {
  Desk d;
  d.core.stop();
  for (const char* path : {"/portfolio", "/orders", "/orders/x", "/rebalance/plan"}) {
    const Got got = d.get(path);
    CHECK(got.status == 503);
    CHECK(got.code() == "SERVICE_STOPPING");
  }
  CHECK(d.trade(limit_buy()).code() == "SERVICE_STOPPING");
  CHECK(d.ask(Method::Post, "/emergency/stop", R"({"reason":"fire"})").status == 503);
}

TEST_CASE("inventory is adopted and released with a key, and refused with its reason") {
  Desk d;
  const auto move = [&d](const std::string& what, const json& body, const std::string& key = "m1") {
    return d.ask(Method::Post, "/inventory/" + what, body.dump(), {{"Idempotency-Key", key}});
  };
  const json one = {{"qty", "1"}, {"reason", "a test"}};
  CHECK(d.ask(Method::Post, "/inventory/BTC-USD/adopt", one.dump()).code() == "IDEMPOTENCY_KEY_MISSING");
  const Got none = move("BTC-USD/adopt", {{"qty", "1"}, {"price", "100"}, {"reason", "a test"}});
  CHECK(none.status == 422);
  CHECK(none.code() == "ADOPT_BEYOND_UNMANAGED");
  CHECK(move("BTC-USD/release", one).code() == "RELEASE_BEYOND_POSITION");
  CHECK(move("BTC-USD/release", {{"qty", "1"}, {"price", "1"}, {"reason", "a test"}}).status == 400);
  CHECK(move("BTC-USD/adopt", {{"qty", "1"}}).status == 400);
  CHECK(move("NOPE-USD/adopt", one).status == 404);
}

TEST_CASE("rule 5.6: a deposit is named a reward with a key, of an asset that is there, and refused with its reason") {
  Desk d;
  const auto name = [&d](const json& body, const std::string& key = "n1") {
    return d.ask(Method::Post, "/inventory/reclassify", body.dump(), {{"Idempotency-Key", key}});
  };
  const json one = {{"asset", "USD"}, {"amount", "1"}, {"from", "deposit"}, {"to", "reward"}, {"reason", "a test"}};
  const auto but = [&one](const char* key, const json& value) {
    json other = one;
    if (value.is_null()) other.erase(key);
    else other[key] = value;
    return other;
  };
  CHECK(d.ask(Method::Post, "/inventory/reclassify", one.dump()).code() == "IDEMPOTENCY_KEY_MISSING");
  const Got none = name(one);
  CHECK(none.status == 422);
  CHECK(none.code() == "RECLASSIFY_BEYOND_BOOKED");
  CHECK(name(but("amount", "-1")).status == 422);
  CHECK(name(but("amount", nullptr)).code() == "RECLASSIFY_AMOUNT");
  for (const auto& bad : {but("amount", 1), but("from", "withdrawal"), but("to", "deposit"), but("to", nullptr), but("from", 7), but("reason", nullptr),
                          but("asset", nullptr), but("qty", "1"), json::array()})
    CHECK(name(bad).status == 400);
  CHECK(name(but("asset", "DOGE")).code() == "ASSET_UNKNOWN");
  CHECK(name(but("asset", "DOGE")).status == 404);
  CHECK(name(but("asset", std::string(50, 'A'))).status == 400);
}
