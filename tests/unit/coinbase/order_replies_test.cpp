// What the venue says to a request that changes something.
#include "coinbase/order_replies.hpp"

#include <catch2/catch.hpp>

#include "coinbase/error_body.hpp"
#include "vectors.hpp"

using namespace bowline;
using namespace bowline::coinbase;
using namespace bowline::literals;
using bowline::coinbase_test::vector_json;

namespace {

std::string code(const Result<CreateReply>& r) { return r ? "" : r.error().code; }

}  // namespace

TEST_CASE("a new order is placed when the answer says so and has its id") {
  const auto r = parse_create(R"({"success":true,"success_response":{"order_id":"o","product_id":"BTC-USD","side":"BUY","client_order_id":"c",
    "attached_order_id":"a"},"order_configuration":{"limit_limit_gtc":{"base_size":"0.2","limit_price":"5"}}})");
  REQUIRE(r.ok());
  REQUIRE(r->placed.has_value());
  CHECK(r->placed->order_id == "o");
  CHECK(r->placed->side == Side::buy);
  CHECK(r->placed->client_order_id == "c");
  CHECK(r->placed->attached_order_id == "a");
  CHECK(r->placed->terms.base_size == "0.2"_dec);
  CHECK(parse_create(R"({"success":true,"success_response":{"order_id":"o"},"order_configuration":null,"error_response":null})")->placed.has_value());
  CHECK(code(parse_create(R"({"success":true})")) == "COINBASE_FIELD_MISSING");
  CHECK(code(parse_create(R"({"success":true,"order_id":"o"})")) == "COINBASE_FIELD_MISSING");
  CHECK(code(parse_create(R"({"success":true,"success_response":{"order_id":""}})")) == "COINBASE_FIELD_MISSING");
  CHECK(code(parse_create(R"({"success":true,"success_response":5})")) == "COINBASE_FIELD_UNREADABLE");
  CHECK(code(parse_create(R"({"success_response":{"order_id":"o"}})")) == "COINBASE_FIELD_MISSING");
  CHECK(code(parse_create(R"({"success":"yes","success_response":{"order_id":"o"}})")) == "COINBASE_FIELD_UNREADABLE");
  for (const char* bad : {"", "{", "[]", "<html>", "Unauthorized"}) CHECK(code(parse_create(bad)) == "COINBASE_ANSWER_UNREADABLE");
}

TEST_CASE("a refusal has the first word that says something") {
  const auto reason = [](const char* e) {
    const auto r = parse_create(std::string(R"({"success":false,"error_response":)") + e + "}");
    REQUIRE(r.ok());
    CHECK_FALSE(r->placed.has_value());
    return r->refusal.reason;
  };
  CHECK(reason(R"({"error":"A","preview_failure_reason":"B","new_order_failure_reason":"C"})") == "C");
  CHECK(reason(R"({"error":"A","preview_failure_reason":"B","new_order_failure_reason":"UNKNOWN_FAILURE_REASON"})") == "B");
  CHECK(reason(R"({"error":"A","preview_failure_reason":"UNKNOWN_PREVIEW_FAILURE_REASON"})") == "A");
  CHECK(reason(R"({"error":"UNKNOWN_FAILURE_REASON"})") == "UNKNOWN_FAILURE_REASON");
  CHECK(reason("{}") == "UNKNOWN_FAILURE_REASON");
  CHECK(parse_create(R"({"success":false,"failure_reason":"INVALID_SIDE"})")->refusal.reason == "INVALID_SIDE");
  const auto r = parse_create("{\"success\":false,\"error_response\":{\"error\":\"X\",\"message\":\"\",\"error_details\":\"a\\nb\\u00e4\"}}");
  CHECK(r->refusal.message == "a b??");
}

TEST_CASE("an answer that says both yes and no is no answer") {
  CHECK(code(parse_create(R"({"success":false,"success_response":{"order_id":"o"},"error_response":{"error":"X"}})")) == "COINBASE_ANSWER_CONTRADICTS");
  CHECK(code(parse_create(R"({"success":true,"success_response":{"order_id":"o"},"error_response":{"error":"INSUFFICIENT_FUND"}})")) == "COINBASE_ANSWER_CONTRADICTS");
  CHECK(code(parse_create(R"({"success":false})")) == "COINBASE_ANSWER_CONTRADICTS");
  CHECK(code(parse_create(R"({"success":true,"success":false,"success_response":{"order_id":"o"}})")) == "COINBASE_ANSWER_UNREADABLE");
  CHECK(parse_edit(R"({"success":true,"errors":[{"edit_failure_reason":"ORDER_NOT_FOUND"}]})").error().code == "COINBASE_ANSWER_CONTRADICTS");
  CHECK(parse_edit(R"({"success":false})").error().code == "COINBASE_ANSWER_CONTRADICTS");
}

TEST_CASE("each cancel has its own answer, and one that is left out is untold") {
  using State = CancelResult::State;
  const std::string body = R"({"results":[{"success":true,"failure_reason":"UNKNOWN_CANCEL_FAILURE_REASON","order_id":"b"},
    {"success":false,"failure_reason":"UNKNOWN_CANCEL_ORDER","order_id":"a"},{"success":false,"order_id":"d"},
    {"success":true,"order_id":"e"},{"success":false,"failure_reason":"X","order_id":"e"},{"success":true,"order_id":"f"},{"success":true,"order_id":"f"}]})";
  const auto r = parse_cancel(body, std::vector<std::string>{"a", "b", "c", "d", "e", "f"});
  REQUIRE(r.ok());
  REQUIRE(r->size() == 6);
  CHECK((*r)[0].state == State::refused);
  CHECK((*r)[0].reason == "UNKNOWN_CANCEL_ORDER");
  CHECK((*r)[1].state == State::accepted);
  CHECK((*r)[1].reason.empty());
  CHECK((*r)[2].state == State::untold);
  CHECK((*r)[3].state == State::refused);
  CHECK((*r)[3].reason == "UNKNOWN_CANCEL_FAILURE_REASON");
  CHECK((*r)[4].state == State::untold);  // told twice, and differently
  CHECK((*r)[4].reason.empty());
  CHECK((*r)[5].state == State::accepted);
  CHECK(parse_cancel(body)->size() == 7);
  CHECK(parse_cancel("{}").error().code == "COINBASE_FIELD_MISSING");
  CHECK(parse_cancel(R"({"results":[{"order_id":"a"}]})").error().details.at(0).second == "results[0].success");
  CHECK(parse_cancel(R"({"results":[{"success":true}]})").error().details.at(0).second == "results[0].order_id");
}

TEST_CASE("an edit is accepted or refused, in each of the forms that its errors have") {
  CHECK(parse_edit(R"({"success":true})")->accepted);
  CHECK(parse_edit(R"({"success":true,"errors":[]})")->accepted);
  CHECK(parse_edit(R"({"success":true,"errors":null})")->accepted);
  const auto reason = [](const char* body) {
    const auto r = parse_edit(body);
    REQUIRE(r.ok());
    CHECK_FALSE(r->accepted);
    return r->refusal.reason;
  };
  CHECK(reason(R"({"success":false,"errors":[{"edit_failure_reason":"ORDER_NOT_FOUND"}]})") == "ORDER_NOT_FOUND");
  CHECK(reason(R"({"success":false,"errors":[{"edit_failure_reason":"UNKNOWN_EDIT_ORDER_FAILURE_REASON","preview_failure_reason":"PREVIEW_INSUFFICIENT_FUND"}]})") ==
        "PREVIEW_INSUFFICIENT_FUND");
  CHECK(reason(R"({"success":false,"errors":{"edit_failure_reason":"INVALID_EDITED_SIZE"}})") == "INVALID_EDITED_SIZE");
  CHECK(reason(R"({"success":false,"error_response":{"edit_order_failure_reason":"CALLER_ID_MISMATCH"}})") == "CALLER_ID_MISMATCH");
  CHECK(reason(R"({"success":false,"errors":[]})") == "UNKNOWN_EDIT_ORDER_FAILURE_REASON");
  CHECK(parse_edit(R"({"success":false,"errors":5})").error().code == "COINBASE_FIELD_UNREADABLE");
  CHECK(parse_edit("{}").error().code == "COINBASE_FIELD_MISSING");
}

TEST_CASE("a preview has its costs, or the reasons against it") {
  const auto r = parse_preview(R"({"order_total":"10.06","commission_total":"0.06","errs":[],"warning":["UNKNOWN","BIG_ORDER"],"quote_size":"10","base_size":0.001,
    "best_bid":"9999","best_ask":"10000","is_max":false,"slippage":"-0.01","preview_id":"p"})");
  REQUIRE(r.ok());
  CHECK(r->order_total == "10.06"_dec);
  CHECK(r->base_size == "0.001"_dec);
  CHECK(r->slippage == "-0.01"_dec);
  CHECK(r->errors.empty());
  CHECK(r->warnings == std::vector<std::string>{"BIG_ORDER"});
  CHECK(r->preview_id == "p");
  CHECK(parse_preview(R"({"errs":["PREVIEW_INSUFFICIENT_FUND","UNKNOWN_PREVIEW_FAILURE_REASON"],"order_total":""})")->errors ==
        std::vector<std::string>{"PREVIEW_INSUFFICIENT_FUND"});
  CHECK(parse_preview(R"({"errs":[],"commission_total":"1"})").error().details.at(0).second == "order_total");
  CHECK(parse_preview(R"({"errs":"x"})").error().code == "COINBASE_FIELD_UNREADABLE");
  CHECK(parse_preview(R"({"errs":[],"order_total":"dear","commission_total":"1"})").error().details.at(0).second == "order_total");
  const auto e = parse_edit_preview(R"({"errors":[{"edit_failure_reason":"ORDER_NOT_FOUND"},{"preview_failure_reason":"PREVIEW_X"}],"order_total":"1"})");
  REQUIRE(e.ok());
  CHECK(e->errors == std::vector<std::string>{"ORDER_NOT_FOUND", "PREVIEW_X"});
  CHECK(parse_edit_preview(R"({"errors":[],"order_total":"1","commission_total":"0","average_filled_price":"5"})")->average_filled_price == "5"_dec);
}

TEST_CASE("the published replies are read") {
  const auto v = vector_json("rest/create_order_success_and_failures.json");
  if (!v) return;
  for (const char* name : {"success_current_shape", "success_before_2024_09_03"}) {
    const auto r = parse_create(v->at(name).dump());
    INFO(name);
    REQUIRE(r.ok());
    REQUIRE(r->placed.has_value());
    CHECK(r->placed->order_id == "52cfe5e2-0b29-4c19-a245-a6a773de5030");
    CHECK(r->placed->client_order_id == "4d760580-6fca-4094-a70b-ebcca8626288");
    CHECK(r->placed->side == Side::sell);
  }
  CHECK(parse_create(v->at("success_current_shape").dump())->placed->terms.limit_price == "0.006"_dec);
  const auto no = parse_create(v->at("failure_http_200").dump());
  CHECK(no->refusal.reason == "UNSUPPORTED_ORDER_CONFIGURATION");
  CHECK(no->refusal.message == "source is not enabled for trading");
  CHECK(parse_create(v->at("failure_preview_reason_only").dump())->refusal.reason == "PREVIEW_STOP_PRICE_ABOVE_LAST_TRADE_PRICE");
  const auto cancel = parse_cancel(v->at("cancel_result").dump());
  REQUIRE(cancel.ok());
  CHECK(cancel->at(0).state == CancelResult::State::accepted);

  const auto doc = [](const char* file) { return vector_json(file)->at("response").dump(); };
  CHECK(parse_cancel(doc("rest/jkorf_CancelOrders.json"))->at(0).state == CancelResult::State::accepted);
  CHECK(parse_edit(doc("rest/jkorf_EditOrder.json"))->accepted);
  const auto placed = parse_create(doc("rest/jkorf_PlaceOrder.json"));  // every field there is, at once
  REQUIRE(placed.ok());
  CHECK(placed->placed->order_id == "11111-00000-000000");
  CHECK(placed->placed->terms.configuration == Configuration::unknown);
  const auto sdk = vector_json("requests/python_sdk_requests.json");
  for (const auto& one : sdk->at("vectors"))
    if (one.at("path") == "/api/v3/brokerage/orders") CHECK(parse_create(one.at("canned_response").dump()).error().details.at(0).second == "success");
}

TEST_CASE("every published reason says something, but those that say nothing") {
  CHECK(plain_reason("PREVIEW_INSUFFICIENT_FUND") == "INSUFFICIENT_FUND");
  CHECK(plain_reason("INSUFFICIENT_FUNDS") == "INSUFFICIENT_FUND");
  CHECK(plain_reason("INVALID_SIDE") == "INVALID_SIDE");
  CHECK(says_nothing(""));
  CHECK(says_nothing("UNKNOWN"));
  const auto v = vector_json("spec/enums.json");
  if (!v) return;
  std::size_t silent = 0;
  for (const char* list : {"NewOrderFailureReason", "PreviewFailureReason", "EditOrderFailureReason", "CancelOrderFailureReason"})
    for (const std::string word : v->at("from_openapi_2025_04").at(list))
      if (says_nothing(word)) ++silent;
  CHECK(silent == 4);
}
