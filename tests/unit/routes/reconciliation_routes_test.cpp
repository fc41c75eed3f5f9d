// GET and POST /reconciliation over HTTP.
#include "fixture.hpp"

using namespace routes_test;

namespace {

struct Asked : Desk {
  std::size_t answered = 0;
  Asked() { execution->begin(); }
  Got post(const json& body, edge::Pairs headers = {}) { return ask(Method::Post, "/reconciliation", body.dump(), std::move(headers)); }
  Got adopt(const std::string& key, json more = json::object()) {
    json body{{"action", "adopt_venue"}, {"reason", "looked"}, {"confirm", true}};
    body.update(more);
    return post(body, {{"Idempotency-Key", key}});
  }
  /// The venue answers all that it was asked: it has this much money.
  void answer(Decimal usd) {
    while (answered < broker.queries.size()) {
      const bl_query q = broker.queries[answered++];
      bl_balance_ev b{};
      b.h.size = sizeof b;
      b.h.type = BL_EV_BALANCE;
      b.h.flags = 2;
      b.h.ts_event = b.h.ts_recv = start;
      b.asset = 1;
      b.total = usd.raw();
      execution->on_broker_event(b.h);
      bl_done e{};
      e.h.size = sizeof e;
      e.h.type = BL_EV_DONE;
      e.h.ts_recv = start;
      e.request = q.request;
      e.complete = 1;
      execution->on_broker_event(e.h);
    }
  }
};

}  // namespace

TEST_CASE("reconciliation is told: when the venue was asked, what is out, what differs and as what it would be booked") {
  Asked d;
  const Got first = d.get("/reconciliation");
  REQUIRE(first.status == 200);
  CHECK(first.body["agrees"] == true);
  CHECK(first.body["asked"].is_null());
  CHECK(first.body["adoption"].is_null());
  REQUIRE(first.body["products"].size() == 2);
  CHECK(first.body["products"][0] ==
        json{{"instrument", "BTC-USD"}, {"blocked", false}, {"reasons", json::array()}, {"managed", "0"}, {"unmanaged", "0"}, {"entries_held", nullptr}});
  CHECK(first.body["balances"][0]["venue"] == "100000");

  const Got asked = d.post({{"action", "ask"}, {"reason", "a look"}});
  REQUIRE(asked.status == 202);
  CHECK(asked.body == json{{"asked", true}, {"unanswered", 1}});
  CHECK(d.post({{"action", "ask"}, {"reason", "a look"}}).body["asked"] == false);
  const Got out = d.get("/reconciliation");
  CHECK(out.body["agrees"] == false);
  CHECK(out.body["asked_ns"] == Parts::start);
  CHECK(out.body["unanswered"][0]["since_ns"] == Parts::start);
  CHECK(d.get("/reconciliation?x=1").status == 400);
}

TEST_CASE("adopting over HTTP: 202 while the venue is asked, then what was done; one key is one adoption") {
  Asked d;
  const Got begun = d.adopt("a1");
  REQUIRE(begun.status == 202);
  CHECK(begun.body["phase"] == "asking");
  CHECK(begun.body["replayed"] == false);
  CHECK(d.get("/reconciliation").body["adoption"]["phase"] == "asking");
  CHECK(d.adopt("a2").code() == "RECONCILE_RUNNING");
  CHECK(d.adopt("a2").status == 409);
  d.answer("100250"_dec);
  const Got over = d.adopt("a1");
  REQUIRE(over.status == 200);
  CHECK(over.body["replayed"] == true);
  CHECK(over.body["phase"] == "done");
  CHECK(over.body["flows"] == json::array({json{{"asset", "USD"}, {"class", "deposit"}, {"amount", "250"}}}));
  CHECK(d.execution->portfolio().cash(core::AssetId{1}) == "100250"_dec);
  const Got after = d.get("/reconciliation");
  CHECK(after.body["agrees"] == true);
  CHECK(after.body["agreed_ns"] == Parts::start);
  CHECK(after.body["adoption"]["key"] == "a1");
  CHECK(d.adopt("a1", {{"instrument", "ETH-USD"}}).code() == "IDEMPOTENCY_KEY_REUSED");
  CHECK(d.broker.submits == 0);
  CHECK(d.broker.cancels == 0);
}

TEST_CASE("what is wrong with a request to reconcile is said, and nothing is asked") {
  Asked d;
  CHECK(d.adopt("a1", {{"confirm", false}}).code() == "CONFIRM_MISSING");
  CHECK(d.adopt("a1", {{"confirm", "yes"}}).code() == "CONFIRM_MISSING");
  CHECK(d.post({{"action", "adopt_venue"}, {"reason", "x"}, {"confirm", true}}).code() == "IDEMPOTENCY_KEY_MISSING");
  CHECK(d.adopt("a1", {{"instrument", "DOGE-USD"}}).status == 404);
  CHECK(d.adopt("a1", {{"instrument", ""}}).status == 404);  // not: all
  CHECK(d.adopt("a1", {{"product", "BTC-USD"}}).code() == "JSON_KEY_UNKNOWN");
  CHECK(d.post({{"action", "guess"}, {"reason", "x"}}).code() == "JSON_VALUE");
  CHECK(d.post({{"action", "ask"}}).code() == "JSON_KEY_MISSING");
  CHECK(d.post({{"action", "ask"}, {"reason", "x"}, {"confirm", true}}).code() == "JSON_VALUE");
  CHECK(d.broker.queries.empty());
  CHECK(d.get("/reconciliation").body["adoption"].is_null());
}

TEST_CASE("nothing is adopted while everything is being sold") {
  Asked d;
  REQUIRE(d.ask(Method::Post, "/emergency/liquidate-all", R"({"confirm":true,"reason":"fire","id":"f1"})").status == 202);
  if (!d.execution->liquidating()) FAIL("it is over already");
  const Got refused = d.adopt("a1");
  CHECK(refused.status == 409);
  CHECK(refused.code() == "EMERGENCY_RUNNING");
  CHECK(d.post({{"action", "ask"}, {"reason", "x"}}).code() == "EMERGENCY_RUNNING");
}
