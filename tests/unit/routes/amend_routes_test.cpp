// PATCH /orders/{id}, and orders of every type, through the server.
#include "fixture.hpp"

using namespace routes_test;

namespace {

Got amend(Desk& d, const std::string& id, const json& body, const std::string& key = "a1", const std::string& query = "") {
  return d.ask(Method::Patch, "/orders/" + id + query, body.dump(), {{"Idempotency-Key", key}});
}
json dearer() { return {{"limit_price", "99.5"}, {"reason", "nearer"}}; }

}  // namespace

TEST_CASE("an order is amended once, whatever is repeated, and the answer tells the terms in force") {
  Desk d;
  const std::string id = d.trade(limit_buy()).body["id"];
  const Got first = amend(d, id, dearer());
  REQUIRE(first.status == 202);
  CHECK(first.body["outcome"] == "in_force");
  CHECK(first.body["replayed"] == false);
  CHECK(first.body["limit_price"] == "99.5");
  CHECK(first.body["qty"] == "1");
  CHECK(first.body["state"] == "open");
  CHECK_FALSE(first.body["checks"].empty());
  const Got again = amend(d, id, dearer());
  CHECK(again.status == 202);
  CHECK(again.body["replayed"] == true);
  CHECK(d.broker.answered == 2);  // amended once
  CHECK(amend(d, id, {{"limit_price", "99.6"}, {"reason", "nearer"}}).code() == "IDEMPOTENCY_KEY_REUSED");
  const Got order = d.get("/orders/" + id);
  CHECK(order.body["limit_price"] == "99.5");
  CHECK_FALSE(order.body.contains("amend"));
}

TEST_CASE("an amendment without an answer is told as such, and the order shows what it asks for") {
  Desk d;
  const std::string id = d.trade(limit_buy()).body["id"];
  d.broker.silent = true;
  const Got asked = amend(d, id, {{"qty", "2"}, {"reason", "more"}});
  REQUIRE(asked.status == 202);
  CHECK(asked.body["outcome"] == "pending");
  CHECK(asked.body["qty"] == "1");
  const Got order = d.get("/orders/" + id);
  CHECK(order.body["amend"]["qty"] == "2");
  CHECK(order.body["amend"]["limit_price"].is_null());
  CHECK(amend(d, id, dearer(), "a2").status == 409);
  CHECK(amend(d, id, dearer(), "a2").code() == "AMEND_PENDING");
}

TEST_CASE("an amendment that the venue refuses is told with its words, and the order is as it was") {
  Desk d;
  const std::string id = d.trade(limit_buy()).body["id"];
  d.broker.refuses_amends = true;
  const Got refused = amend(d, id, dearer());
  REQUIRE(refused.status == 202);
  CHECK(refused.body["outcome"] == "refused");
  CHECK(refused.body["reason"] == "BELOW_FILLED");
  CHECK(refused.body["limit_price"] == "99");
}

TEST_CASE("what is wrong with an amendment is said, and nothing is asked for") {
  Desk d;
  const std::string id = d.trade(limit_buy()).body["id"];
  const Got bare = d.ask(Method::Patch, "/orders/" + id, dearer().dump());
  CHECK(bare.status == 400);
  CHECK(bare.code() == "IDEMPOTENCY_KEY_MISSING");
  CHECK(amend(d, id, {{"reason", "nothing"}}).code() == "JSON_KEY_MISSING");
  CHECK(amend(d, id, {{"qty", "2"}}).code() == "JSON_KEY_MISSING");
  CHECK(amend(d, id, {{"qty", 2}, {"reason", "x"}}).code() == "DECIMAL_NOT_TEXT");
  CHECK(amend(d, id, {{"side", "SELL"}, {"reason", "x"}}).code() == "JSON_KEY_UNKNOWN");
  CHECK(amend(d, id, {{"expire", "soon"}, {"reason", "x"}}).code() == "JSON_VALUE");
  CHECK(amend(d, id, dearer(), "a1", "?dry_run=perhaps").status == 400);
  CHECK(amend(d, "nobody", dearer()).status == 404);
  CHECK(amend(d, std::string(80, 'x'), dearer()).status == 404);
  const Got step = amend(d, id, {{"qty", "1.00001"}, {"reason", "x"}});
  CHECK(step.status == 422);
  CHECK(step.code() == "ORDER_QUANTITY_STEP");
  const Got large = amend(d, id, {{"qty", "4"}, {"reason", "x"}});
  CHECK(large.status == 422);
  CHECK(large.code() == "TOO_LARGE");
  CHECK(d.broker.answered == 1);
}

TEST_CASE("a dry run of an amendment judges and asks for nothing") {
  Desk d;
  const std::string id = d.trade(limit_buy()).body["id"];
  const Got dry = amend(d, id, dearer(), "a1", "?dry_run=true");
  CHECK(dry.status == 200);
  CHECK(dry.body["dry_run"] == true);
  CHECK_FALSE(dry.body.contains("outcome"));
  CHECK(dry.body["limit_price"] == "99");
  CHECK(d.broker.answered == 1);
  CHECK(amend(d, id, dearer()).body["replayed"] == false);
}

TEST_CASE("an order that has ended is not amended, and while a stop has begun none is") {
  Desk d;
  const std::string id = d.trade(limit_buy()).body["id"];
  bool accepting = false;
  d.backend.accepting = [&accepting] { return accepting; };
  CHECK(amend(d, id, dearer()).code() == "SERVICE_STOPPING");
  accepting = true;
  REQUIRE(d.ask(Method::Delete, "/orders/" + id).status == 202);
  const Got late = amend(d, id, dearer(), "a2");
  CHECK(late.status == 409);
  CHECK(late.code() == "ORDER_ENDED");
  d.backend.order = [](const std::string&) -> services::Backend::Json { return std::string("{}"); };
  CHECK(amend(d, "bl-long-ago", dearer(), "a3").status == 409);  // the store knows that there was one
}

TEST_CASE("each type and time in force is taken or refused as it stands in the request") {
  Desk d;
  const auto with = [&d](json change, const std::string& key) {
    json body = limit_buy();
    body.update(change);
    return d.trade(body, key, "?dry_run=true");
  };
  CHECK(with({{"tif", "FOK"}}, "a").status == 200);
  CHECK(with({{"tif", "GTC"}, {"post_only", true}}, "b").status == 200);
  CHECK(with({{"type", "stop_limit"}, {"stop_price", "98"}}, "c").status == 200);
  const Got bracket = with({{"type", "bracket"}, {"stop_price", "90"}}, "d");
  CHECK(bracket.status == 422);
  CHECK(bracket.code() == "ORDER_COMBINATION");
  CHECK(bracket.body["error"]["details"]["key"] == "side");
  const Got sell = with({{"type", "bracket"}, {"stop_price", "90"}, {"side", "SELL"}}, "e");
  CHECK(sell.code() == "EXIT_BEYOND_POSITION");  // it is judged as any sell
  CHECK(with({{"tif", "IOC"}, {"post_only", true}}, "f").body["error"]["details"]["key"] == "post_only");
  CHECK(with({{"type", "stop_limit"}, {"stop_price", "98"}, {"tif", "FOK"}}, "g").body["error"]["details"]["key"] == "tif");
}
