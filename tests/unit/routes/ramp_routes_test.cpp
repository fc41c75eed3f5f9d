// The routes of a run that starts carefully: its ramp, and a planned roll-out (trading rules 3.5, 6).
#include "fixture.hpp"

using namespace routes_test;

namespace {

Got post(Desk& d, const std::string& path, const std::string& body, edge::Pairs headers = {}) {
  return d.ask(Method::Post, path, body, std::move(headers));
}

}  // namespace

TEST_CASE("rule 6: the ramp is told with what is used of it, set in part or whole, and taken away by a word of its own") {
  Desk d;
  const Got none = d.get("/risk/ramp");
  REQUIRE(none.status == 200);
  CHECK(none.body["usd_per_day"].is_null());
  CHECK(none.body["orders_per_day"].is_null());
  CHECK(none.body["used_orders"] == 0);
  CHECK(d.get("/risk/state").body["limits"].size() == 4);

  const Got one = post(d, "/risk/ramp", R"({"usd_per_day":"250","reason":"a first day"})");
  REQUIRE(one.status == 200);
  CHECK(one.body["usd_per_day"] == "250");
  CHECK(one.body["orders_per_day"].is_null());
  CHECK(one.body["who"] == "not authenticated");
  CHECK(one.body["why"] == "a first day");
  CHECK(one.body["since_ns"] == Parts::start);
  CHECK(one.body["replayed"] == false);
  REQUIRE(d.trade(limit_buy("2")).status == 202);  // 198
  CHECK(d.trade(limit_buy("1", "ETH-USD"), "k2").code() == "RAMP_NOTIONAL");
  const Got used = d.get("/risk/ramp");
  CHECK(used.body["used_usd"] == "198");
  CHECK(used.body["used_orders"] == 1);
  const Got state = d.get("/risk/state");
  REQUIRE(state.body["limits"].size() == 6);
  CHECK(state.body["limits"][4]["limit"] == "ramp_usd_per_day");
  CHECK(state.body["limits"][4]["headroom"] == "52");
  CHECK(state.body["limits"][5]["value"].is_null());

  const Got both = post(d, "/risk/ramp", R"({"orders_per_day":1,"reason":"one is enough"})");
  REQUIRE(both.status == 200);
  CHECK(both.body["usd_per_day"] == "250");
  CHECK(both.body["orders_per_day"] == 1);
  const Got off = post(d, "/risk/ramp", R"({"off":true,"reason":"good days"})");
  REQUIRE(off.status == 200);
  CHECK(off.body["usd_per_day"].is_null());
  CHECK(off.body["orders_per_day"].is_null());
  CHECK(d.trade(limit_buy("1", "ETH-USD"), "k3").status == 202);
}

TEST_CASE("rule 6: what is wrong with a ramp is said, and changes nothing") {
  Desk d;
  for (const char* body : {R"({"usd_per_day":"0","reason":"x"})", R"({"usd_per_day":"-1","reason":"x"})", R"({"usd_per_day":null,"reason":"x"})",
                           R"({"orders_per_day":0,"reason":"x"})", R"({"orders_per_day":-1,"reason":"x"})", R"({"orders_per_day":1000001,"reason":"x"})",
                           R"({"off":true,"usd_per_day":"5","reason":"x"})"}) {
    INFO(body);
    CHECK(post(d, "/risk/ramp", body).code() == "JSON_VALUE");
  }
  CHECK(post(d, "/risk/ramp", R"({"usd_per_day":5,"reason":"x"})").code() == "DECIMAL_NOT_TEXT");
  CHECK(post(d, "/risk/ramp", R"({"orders_per_day":"5","reason":"x"})").code() == "JSON_TYPE");
  CHECK(post(d, "/risk/ramp", R"({"orders_per_day":1.5,"reason":"x"})").code() == "JSON_TYPE");
  CHECK(post(d, "/risk/ramp", R"({"usd_per_day":"5"})").code() == "JSON_KEY_MISSING");
  CHECK(post(d, "/risk/ramp", R"({"reason":"x"})").code() == "JSON_KEY_MISSING");
  CHECK(post(d, "/risk/ramp", R"({"off":false,"reason":"x"})").code() == "JSON_KEY_MISSING");
  CHECK(post(d, "/risk/ramp", R"({"usd":"5","reason":"x"})").code() == "JSON_KEY_UNKNOWN");
  CHECK(d.get("/risk/ramp?x=1").status == 400);
  CHECK_FALSE(d.execution->ramp().limits().any());
}

TEST_CASE("rule 6: a raise that is repeated is answered as such, and not taken again behind a lower one") {
  Desk d;
  const edge::Pairs first{{"X-Request-Id", "req-0001"}};
  REQUIRE(post(d, "/risk/ramp", R"({"usd_per_day":"500","reason":"x"})", first).status == 200);
  CHECK(post(d, "/risk/ramp", R"({"usd_per_day":"500","reason":"x"})", first).body["replayed"] == true);
  REQUIRE(post(d, "/risk/ramp", R"({"usd_per_day":"50","reason":"x"})").status == 200);
  const Got again = post(d, "/risk/ramp", R"({"usd_per_day":"500","reason":"x"})", first);
  CHECK(again.status == 409);
  CHECK(again.code() == "REQUEST_REPEATED");
}

TEST_CASE("rule 3.5: a planned roll-out is announced for a quarter of an hour, or as long as is said") {
  Desk d;
  const Got plain = post(d, "/trading/rollout", R"({"reason":"version 1.2"})");
  REQUIRE(plain.status == 200);
  CHECK(plain.body["until_ns"] == Parts::start + 900'000'000'000);
  const Got hour = post(d, "/trading/rollout", R"({"reason":"version 1.3","within":"1h"})");
  REQUIRE(hour.status == 200);
  REQUIRE(d.execution->rollout(Parts::start + 3'600'000'000'000));
  CHECK(d.execution->rollout(Parts::start)->why == "version 1.3");
  CHECK(post(d, "/trading/rollout", R"({"within":"1h"})").code() == "JSON_KEY_MISSING");
  for (const char* within : {"0", "soon", "25h", "-5m", "900"}) {
    INFO(within);
    CHECK(post(d, "/trading/rollout", R"({"reason":"x","within":")" + std::string(within) + "\"}").code() == "JSON_VALUE");
  }
}
