// Rules of misbehaviour: how they are read, when they act, and what they do to answers and frames.
#include <catch2/catch.hpp>

#include <algorithm>

#include "exchange/server/frame_filter.hpp"
#include "exchange/server/mischief.hpp"
#include "unit/coinbase/vectors.hpp"

using namespace bowline;
using namespace bowline::exchange;
using Json = nlohmann::ordered_json;

namespace {

constexpr std::int64_t second = 1'000'000'000;

Rule rule(const char* text) {
  auto r = read_rule(Json::parse(text));
  INFO((r ? std::string() : r.error().message));
  REQUIRE(r.ok());
  return *r;
}
std::string why(const char* text) {
  const auto r = read_rule(Json::parse(text, nullptr, false));
  REQUIRE_FALSE(r.ok());
  REQUIRE(r.error().code == "RULE_INVALID");
  return r.error().message;
}
std::string user_frame(int number, const char* fills = "0", const char* type = "update") {
  return R"({"channel":"user","client_id":"","timestamp":"t","sequence_num":)" + std::to_string(number) + R"(,"events":[{"type":")" + type +
         R"(","orders":[{"order_id":"a","number_of_fills":")" + fills + R"("}]}]})";
}

struct Filtered {
  Mischief rules;
  FrameFilter filter{rules};
  std::int64_t now = 100 * second;
  std::vector<FrameOut> out;
  void add(const char* text) { rules.add(rule(text)); }
  void take(StreamId stream, std::string text, bool close = false) { filter.take({stream, std::move(text), close}, now, out); }
  /// The sequence numbers that were sent on a stream, since the last time.
  std::string numbers(StreamId stream) {
    std::string all;
    for (const FrameOut& f : out)
      if (f.stream == stream) {
        const auto at = f.text.find("\"sequence_num\":");
        all += (all.empty() ? "" : " ") + (at == std::string::npos ? "-" : std::to_string(std::atoi(f.text.c_str() + at + 15)));
      }
    out.clear();
    return all;
  }
};

}  // namespace

TEST_CASE("a rule says what is wrong with it") {
  CHECK(why("[]").find("an object") != std::string::npos);
  CHECK(why(R"({"do":"hide"})").find("connection, request or frame") != std::string::npos);
  CHECK(why(R"({"on":"frame","do":"drop_after"})").find("is one of fields, lose") != std::string::npos);
  CHECK(why(R"({"on":"request","do":"drop_after","rout":"/x"})").find("did you mean route?") != std::string::npos);
  CHECK(why(R"({"on":"request","do":"drop_after","by":"5s"})").find("not known to drop_after") != std::string::npos);
  CHECK(why(R"({"on":"request","do":"wait"})").find("needs \"by\"") != std::string::npos);
  CHECK(why(R"({"on":"request","do":"wait","by":"5"})").find("a time") != std::string::npos);
  CHECK(why(R"({"on":"request","do":"drop_after","nth":0})").find("a whole number from 1") != std::string::npos);
  CHECK(why(R"({"on":"request","do":"drop_after","probability":2})").find("a share") != std::string::npos);
  CHECK(why(R"({"on":"request","do":"fields","change":[{"op":"remove"}]})").find("needs \"at\"") != std::string::npos);
  CHECK(why(R"({"on":"request","do":"fields","change":[{"op":"set","at":"/a"}]})").find("\"value\" belongs to set") != std::string::npos);
  CHECK(why(R"({"on":"request","do":"fields","change":[{"op":"null","at":"a"}]})").find("no JSON pointer") != std::string::npos);
  CHECK(why(R"({"on":"request","do":"answer","status":99})").find("from 100 to 599") != std::string::npos);
}

TEST_CASE("a rule is told as it was given, and can be given again") {
  for (const char* text :
       {R"({"on":"request","do":"drop_after","method":"POST","route":"/a*","product":"BTC-USD","nth":3,"times":2})",
        R"({"on":"request","do":"wait","by":"250ms","done":false,"probability":"0.25","seed":9})",
        R"({"on":"frame","do":"fields","channel":"user","fills":true,"change":[{"op":"move","at":"/events/*/orders","to":"/events/*/o"}]})",
        R"({"on":"request","do":"answer","status":502,"headers":{"X-A":"b"},"body":"go/sg/x","done":true})"}) {
    Json once = to_json(rule(text));
    for (const char* key : {"id", "matched", "acted"}) once.erase(key);
    Json twice = to_json(rule(once.dump().c_str()));
    for (const char* key : {"id", "matched", "acted"}) twice.erase(key);
    CHECK(once == twice);
    const Json given = Json::parse(text);
    for (const auto& item : given.items()) CHECK(once[item.key()] == item.value());
  }
}

TEST_CASE("a route's star stands for any text") {
  CHECK(fits("", "/anything"));
  CHECK(fits("/api/*/orders", "/api/v3/brokerage/orders"));
  CHECK_FALSE(fits("/api/*/orders", "/api/v3/brokerage/orders/edit"));
  CHECK(fits("/api/*/orders*", "/api/v3/brokerage/orders/edit"));
  CHECK(fits("*", ""));
  CHECK_FALSE(fits("/a", "/ab"));
  CHECK_FALSE(fits("/ab", "/a"));
}

TEST_CASE("a rule acts on the matches that it says, and on no other request") {
  Mischief m;
  m.add(rule(R"({"on":"request","do":"drop_before","method":"POST","route":"*/orders","product":"BTC-USD","nth":2,"times":2})"));
  const auto ask = [&](const char* method, const char* path, const char* body) { return m.request({method, path, "", body}); };
  const char* const btc = R"({"product_id":"BTC-USD"})";
  CHECK_FALSE(ask("POST", "/b/orders", btc).drop);
  CHECK_FALSE(ask("GET", "/b/orders", btc).drop);
  CHECK_FALSE(ask("POST", "/b/orders", R"({"product_id":"BTC-USDC"})").drop);
  CHECK(ask("POST", "/b/orders", btc).drop);
  CHECK_FALSE(ask("POST", "/b/orders", btc).done == true);
  CHECK_FALSE(ask("POST", "/b/orders", btc).drop);
  CHECK(m.rules()[0].matched == 4);
  CHECK(m.rules()[0].acted == 2);
}

TEST_CASE("chances follow from the seed, and are about as often as they say") {
  const auto acted = [](const char* text) {
    Mischief m;
    m.add(rule(text));
    std::string bits;
    for (int i = 0; i < 2000; ++i) bits += m.request({"GET", "/", "", ""}).drop ? '1' : '0';
    return bits;
  };
  const std::string a = acted(R"({"on":"request","do":"drop_after","probability":"10%","seed":1})");
  CHECK(a == acted(R"({"on":"request","do":"drop_after","probability":0.1,"seed":1})"));
  CHECK(a != acted(R"({"on":"request","do":"drop_after","probability":0.1,"seed":2})"));
  const auto n = std::count(a.begin(), a.end(), '1');
  CHECK(n > 150);
  CHECK(n < 250);
}

TEST_CASE("rules on one request add up, and of two answers the first counts") {
  Mischief m;
  m.add(rule(R"({"on":"request","do":"wait","by":"1s","done":false})"));
  m.add(rule(R"({"on":"request","do":"wait","by":"2s"})"));
  m.add(rule(R"({"on":"request","do":"rate_limited","headers":false})"));
  m.add(rule(R"({"on":"request","do":"unauthorized"})"));
  const RequestPlan p = m.request({"GET", "/", "", ""});
  CHECK(p.wait_before_ns == second);
  CHECK(p.wait_after_ns == 2 * second);
  REQUIRE(p.instead);
  CHECK(p.instead->status == 429);
  CHECK(p.instead->headers.empty());
  CHECK_FALSE(p.done);
  CHECK(m.remove(3));
  CHECK_FALSE(m.remove(3));
}

TEST_CASE("what a client is answered by the words of a rule") {
  const auto answer = [](const char* text) {
    Mischief m;
    m.add(rule(text));
    return m.request({"POST", "/", "", ""});
  };
  const RequestPlan limited = answer(R"({"on":"request","do":"rate_limited"})");
  CHECK(limited.instead->body == R"({"errors":[{"id":"rate_limit_exceeded","message":"Too many requests"}]})");
  CHECK(find_header(limited.instead->headers, "x-ratelimit-remaining") == "0");
  CHECK(answer(R"({"on":"request","do":"unauthorized"})").instead->body == "Unauthorized");
  const RequestPlan error = answer(R"({"on":"request","do":"server_error","done":true})");
  CHECK(error.instead->status == 503);
  CHECK(error.done);
  CHECK(Json::parse(error.instead->body, nullptr, false).is_discarded());
  CHECK(answer(R"({"on":"request","do":"answer","status":200,"body":{"a":1}})").instead->body == R"({"a":1})");
}

TEST_CASE("a new order is refused in one of the two shapes that were recorded, and nothing else is") {
  const auto answer = [](const std::string& reason, const char* method, const char* path, const std::string& body) {
    Mischief m;
    m.add(rule((R"({"on":"request","do":"reject","reason":")" + reason + "\"}").c_str()));
    RequestPlan p = m.request({method, path, "", body});
    CHECK(m.rules()[0].matched == (p.instead ? 1 : 0));
    return p;
  };
  const char* const orders = "/api/v3/brokerage/orders";
  const std::string body = R"({"client_order_id":"a","product_id":"BTC-USD","side":"BUY","orderConfiguration":{"limitLimitGtc":{"baseSize":"1","limitPrice":"5"}}})";
  const RequestPlan plan = answer("INSUFFICIENT_FUND", "POST", orders, body);
  REQUIRE(plan.instead);
  CHECK(plan.instead->status == 200);
  CHECK_FALSE(plan.done);
  CHECK(plan.instead->body == R"({"success":false,"error_response":{"error":"INSUFFICIENT_FUND","message":"","error_details":"",)"
                              R"("new_order_failure_reason":"INSUFFICIENT_FUND"},"order_configuration":{"limit_limit_gtc":{"base_size":"1","limit_price":"5"}}})");
  CHECK(answer("PREVIEW_STOP_PRICE_ABOVE_LAST_TRADE_PRICE", "POST", orders, body).instead->body ==
        R"({"success":false,"error_response":{"error":"UNKNOWN_FAILURE_REASON","message":"","error_details":"",)"
        R"("preview_failure_reason":"PREVIEW_STOP_PRICE_ABOVE_LAST_TRADE_PRICE"},"order_configuration":{"limit_limit_gtc":{"base_size":"1","limit_price":"5"}}})");
  // Whatever came, an object comes back.
  for (const char* other : {"", "{}", "no json", "[1]", "{\"order_configuration\":5}"})
    CHECK(Json::parse(answer("X", "POST", orders, other).instead->body)["order_configuration"] == Json::object());
  CHECK_FALSE(answer("X", "POST", "/api/v3/brokerage/orders/edit", body).instead);
  CHECK_FALSE(answer("X", "POST", "/api/v3/brokerage/orders/preview", body).instead);
  CHECK_FALSE(answer("X", "POST", "/api/v3/brokerage/orders/batch_cancel", body).instead);
  CHECK_FALSE(answer("X", "GET", orders, body).instead);

  const auto recorded = coinbase_test::vector_json("rest/create_order_success_and_failures.json");
  if (!recorded) return;
  for (const char* which : {"failure_http_200", "failure_preview_reason_only"}) {
    Json was = Json::parse(recorded->at(which).dump());
    const Json asked{{"client_order_id", "a"}, {"product_id", "BTC-USD"}, {"side", "BUY"}, {"order_configuration", was["order_configuration"]}};
    const auto& e = was["error_response"];
    const std::string reason = e.contains("preview_failure_reason") ? e["preview_failure_reason"] : e["new_order_failure_reason"];
    Json now = Json::parse(answer(reason, "POST", orders, asked.dump()).instead->body);
    was["error_response"]["message"] = now["error_response"]["message"];  // the one thing that a rule has no word for
    CHECK(nlohmann::json(now) == nlohmann::json(was));
  }
}

TEST_CASE("fields are removed, made null, moved, set, and of another type") {
  const auto change = [](const char* changes, const char* text) {
    return changed(text, rule((std::string(R"({"on":"request","do":"fields","change":)") + changes + "}").c_str()).changes);
  };
  const char* const body = R"({"success":true,"success_response":{"order_id":"x","n":5},"list":[{"a":"1.5"},{"a":"b"}]})";
  CHECK(change(R"([{"op":"remove","at":"/success_response/order_id"}])", body) ==
        R"({"success":true,"success_response":{"n":5},"list":[{"a":"1.5"},{"a":"b"}]})");
  CHECK(change(R"([{"op":"null","at":"/list/*/a"}])", body) == R"({"success":true,"success_response":{"order_id":"x","n":5},"list":[{"a":null},{"a":null}]})");
  CHECK(change(R"([{"op":"move","at":"/success_response/order_id","to":"/order_id"}])", body) ==
        R"({"success":true,"success_response":{"n":5},"list":[{"a":"1.5"},{"a":"b"}],"order_id":"x"})");
  CHECK(change(R"([{"op":"move","at":"/list/*/a","to":"/list/*/b"}])", body) ==
        R"({"success":true,"success_response":{"order_id":"x","n":5},"list":[{"b":"1.5"},{"b":"b"}]})");
  CHECK(change(R"([{"op":"set","at":"/success_response/status","value":"NEVER_SEEN"}])", body) ==
        R"({"success":true,"success_response":{"order_id":"x","n":5,"status":"NEVER_SEEN"},"list":[{"a":"1.5"},{"a":"b"}]})");
  CHECK(change(R"([{"op":"as_text","at":"/success_response/n"},{"op":"as_text","at":"/success"},{"op":"as_number","at":"/list/*/a"}])", body) ==
        R"({"success":"true","success_response":{"order_id":"x","n":"5"},"list":[{"a":1.5},{"a":"b"}]})");
  CHECK(change(R"([{"op":"remove","at":"/list/*"},{"op":"remove","at":"/no/where"},{"op":"null","at":"/list/7/a"}])", body) ==
        R"({"success":true,"success_response":{"order_id":"x","n":5},"list":[]})");
  CHECK(change(R"([{"op":"set","at":"/a~1b~0","value":null}])", "{}") == R"({"a/b~":null})");
  CHECK(change(R"([{"op":"remove","at":"/a"}])", "no json") == "no json");
}

TEST_CASE("frames that no rule is about pass untouched") {
  Filtered f;
  f.take(1, "{}");
  f.take(1, "", true);
  REQUIRE(f.out.size() == 2);
  CHECK(f.out[0].text == "{}");
  CHECK(f.out[1].close_after);
}

TEST_CASE("fills on the user stream are lost, hidden, duplicated, delayed and reordered") {
  Filtered f;
  f.add(R"({"on":"frame","do":"lose","channel":"user","fills":true})");
  for (int i = 0; i < 4; ++i) f.take(1, user_frame(i, i == 1 ? "1" : "0"));
  CHECK(f.numbers(1) == "0 2 3");

  f.rules.clear();
  f.add(R"({"on":"frame","do":"hide","fills":true})");
  f.take(2, user_frame(0, "1", "snapshot"));  // what was filled before is no news
  for (int i = 1; i < 4; ++i) f.take(2, user_frame(i, i == 2 ? "3" : "0"));
  CHECK(f.numbers(2) == "0 1 2");

  f.rules.clear();
  f.add(R"({"on":"frame","do":"duplicate","fills":true})");
  f.add(R"({"on":"frame","do":"duplicate","fills":true,"renumber":true,"nth":2})");
  for (int i = 0; i < 4; ++i) f.take(3, user_frame(i, i == 1 || i == 2 ? "1" : "0"));
  CHECK(f.numbers(3) == "0 1 1 2 3 4");

  f.rules.clear();
  f.add(R"({"on":"frame","do":"delay","by":"2s","fills":true})");
  for (int i = 0; i < 3; ++i) f.take(4, user_frame(i, i == 1 ? "1" : "0"));
  CHECK(f.numbers(4) == "0 2");
  CHECK(f.filter.next_due() == f.now + 2 * second);
  f.filter.advance(f.now + 2 * second - 1, f.out);
  CHECK(f.out.empty());
  f.filter.advance(f.now + 2 * second, f.out);
  CHECK(f.numbers(4) == "1");
  CHECK(f.filter.next_due() == forever);

  f.rules.clear();
  f.add(R"({"on":"frame","do":"reorder","fills":true})");
  for (int i = 0; i < 4; ++i) f.take(5, user_frame(i, i == 1 ? "1" : "0"));
  CHECK(f.numbers(5) == "0 2 1 3");
}

TEST_CASE("a stream has gaps, goes mute, is cut, and says what is no JSON") {
  Filtered f;
  f.add(R"({"on":"frame","do":"skip","count":3,"nth":2})");
  for (int i = 0; i < 3; ++i) f.take(1, user_frame(i));
  CHECK(f.numbers(1) == "0 4 5");

  f.rules.clear();
  f.add(R"({"on":"frame","do":"mute","nth":2})");
  for (int i = 0; i < 3; ++i) f.take(2, user_frame(i), i == 2);
  CHECK(f.numbers(2) == "0");
  f.take(3, user_frame(0));
  CHECK(f.numbers(3) == "0");  // it was acted on once

  f.rules.clear();
  f.add(R"({"on":"frame","do":"cut","bytes":10})");
  f.take(4, user_frame(0));
  CHECK(f.out.at(0).text == user_frame(0).substr(0, 10));
  f.out.clear();

  f.add(R"({"on":"frame","do":"torn"})");
  f.add(R"({"on":"frame","do":"disconnect","nth":2})");
  f.take(5, user_frame(0));
  f.take(5, user_frame(1));
  REQUIRE(f.out.size() == 2);
  CHECK(f.out[0].kind == FrameOut::Kind::torn);
  CHECK(f.out[1].kind == FrameOut::Kind::cut);
  f.out.clear();

  f.rules.clear();
  f.add(R"({"on":"frame","do":"huge","bytes":5000000})");
  f.take(6, user_frame(0));
  CHECK(f.out.at(0).text.size() == 5'000'000);
  CHECK_FALSE(Json::parse(f.out.at(0).text, nullptr, false).is_discarded());
}

TEST_CASE("a delayed frame of a stream that is gone is not sent") {
  Filtered f;
  f.add(R"({"on":"frame","do":"delay","by":"1s","times":0})");
  f.take(1, user_frame(0));
  f.take(2, user_frame(0));
  f.filter.closed(1);
  f.filter.advance(f.now + second, f.out);
  CHECK(f.numbers(1).empty());
  f.take(2, user_frame(1));
  f.filter.advance(f.now + second, f.out);
  CHECK(f.numbers(2) == "1");
}
