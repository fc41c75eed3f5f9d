// What became of a request: of any status and any body.
#include "coinbase/outcome.hpp"

#include <catch2/catch.hpp>

#include "coinbase/error_body.hpp"
#include "vectors.hpp"

using namespace bowline::coinbase;
using bowline::coinbase_test::vector_json;

namespace {

constexpr Call calls[] = {Call::create, Call::cancel, Call::edit, Call::preview, Call::preview_edit, Call::read};
Outcome of(Call call, int status, std::string_view body, const Standing& standing = {}) {
  return outcome_of(call, {Reply::Delivery::whole, status, body}, standing);
}
constexpr const char* placed = R"({"success":true,"success_response":{"order_id":"o"}})";
constexpr const char* refused = R"({"success":false,"error_response":{"error":"INSUFFICIENT_FUND","message":"Insufficient balance"}})";

}  // namespace

TEST_CASE("rule 2.3: a time-out, a 5xx and an answer that can't be read after sending are unknown, not a refusal") {
  for (const Call c : calls) {
    const Outcome lost = outcome_of(c, {Reply::Delivery::lost, 0, ""});
    CHECK(lost.verdict == Verdict::unknown);
    CHECK(lost.reason == "NO_ANSWER");
    for (const int status : {500, 502, 503, 504, 599, 600})
      for (const char* body : {"", "go/sg/5f1c7a2e", R"({"error":"INTERNAL","code":13})", R"({"success":false,"error_response":{"error":"X"}})", placed,
                               R"({"error":"NOT_FOUND"})", R"({"error":"resource_exhausted"})"})
        CHECK(of(c, status, body).verdict == Verdict::unknown);
    for (const char* body : {"", "<html>ok</html>", "{", "[]", "null", "\"done\"", "{\"a\":1,\"a\":2}"}) CHECK(of(c, 200, body).verdict == Verdict::unknown);
    for (const int status : {0, 100, 199, 301, 302, 307, 408, 499}) CHECK(of(c, status, R"({"error":"X"})").verdict == Verdict::unknown);
  }
  CHECK(of(Call::create, 200, R"({"success":true})").verdict == Verdict::unknown);
  CHECK(of(Call::create, 200, R"({"success":false})").verdict == Verdict::unknown);
  CHECK(of(Call::create, 200, R"({"success":false,"success_response":{"order_id":"o"},"error_response":{"error":"X"}})").verdict == Verdict::unknown);
  CHECK(of(Call::create, 200, "{}").verdict == Verdict::unknown);
  // "No" without a reason: what an answer looks like that the venue could not fill in.
  CHECK(of(Call::create, 200, R"({"success":false,"error_response":{"error":"UNKNOWN_FAILURE_REASON","message":""}})").verdict == Verdict::unknown);
}

TEST_CASE("what no byte was sent of never reached the venue") {
  for (const Call c : calls) {
    const Outcome o = outcome_of(c, {Reply::Delivery::not_sent, 200, placed});
    CHECK(o.verdict == Verdict::denied);
    CHECK(o.reason == "NOT_SENT");
  }
}

TEST_CASE("HTTP 200 means what its body says") {
  const Outcome yes = of(Call::create, 200, placed);
  CHECK(yes.verdict == Verdict::done);
  REQUIRE(yes.placed);
  CHECK(yes.placed->order_id == parse_create(placed)->placed->order_id);
  const Outcome no = of(Call::create, 200, refused);
  CHECK(no.verdict == Verdict::refused);
  CHECK_FALSE(no.placed);
  CHECK_FALSE(of(Call::read, 200, placed).placed);
  CHECK_FALSE(of(Call::create, 500, placed).placed);
  CHECK(no.reason == "INSUFFICIENT_FUND");
  CHECK(no.message == "Insufficient balance");
  CHECK(of(Call::create, 200, R"({"success":false,"error_response":{"error":"UNKNOWN_FAILURE_REASON","message":"account is not available"}})").verdict ==
        Verdict::refused);
  CHECK(of(Call::cancel, 200, R"({"results":[{"success":false,"failure_reason":"UNKNOWN_CANCEL_ORDER","order_id":"a"}]})").verdict == Verdict::done);
  CHECK(of(Call::cancel, 200, "{}").verdict == Verdict::unknown);
  CHECK(of(Call::edit, 200, R"({"success":true})").verdict == Verdict::done);
  CHECK(of(Call::edit, 200, R"({"success":false,"errors":[{"edit_failure_reason":"ORDER_NOT_FOUND"}]})").reason == "ORDER_NOT_FOUND");
  CHECK(of(Call::edit, 200, R"({"success":false,"errors":[]})").verdict == Verdict::unknown);
  CHECK(of(Call::preview, 200, R"({"errs":["PREVIEW_INSUFFICIENT_FUND"]})").reason == "PREVIEW_INSUFFICIENT_FUND");
  CHECK(of(Call::preview, 200, R"({"errs":[],"order_total":"1","commission_total":"0"})").verdict == Verdict::done);
  CHECK(of(Call::preview_edit, 200, R"({"errors":[{"edit_failure_reason":"ORDER_NOT_FOUND"}]})").verdict == Verdict::refused);
  CHECK(of(Call::read, 200, "{}").verdict == Verdict::done);
}

TEST_CASE("a limit is no refusal, and neither is a 401 to a key that has worked") {
  for (const Call c : calls) {
    for (const char* body : {"", "slow down", R"({"errors":[{"id":"rate_limit_exceeded","message":"Too many requests"}]})"}) {
      CHECK(of(c, 429, body).verdict == Verdict::throttled);
      CHECK(of(c, 429, body).reason == "RATE_LIMITED");
    }
    for (const char* body : {R"({"error":"resource_exhausted"})", R"({"error":"RESOURCE_EXHAUSTED"})", R"({"error":"x","code":8})", R"({"errors":[{"id":"rate_limit_exceeded"}]})",
                             R"({"error":"ResourceExhausted"})", R"({"error":"RateLimitExceeded"})"})
      for (const int status : {400, 403, 499}) CHECK(of(c, status, body).verdict == Verdict::throttled);
    CHECK(of(c, 401, "Unauthorized").verdict == Verdict::unauthorised);
    CHECK(of(c, 401, "Unauthorized").reason == "UNAUTHORISED");
    for (std::uint32_t before = 0; before < 5; ++before) {
      const Outcome o = of(c, 401, "Unauthorized", {true, before});
      CHECK((o.verdict == Verdict::throttled) == (before < 3));
      CHECK(o.reason == (before < 3 ? "MAYBE_RATE_LIMITED" : "UNAUTHORISED"));
    }
    CHECK(of(c, 401, R"({"error":"resource_exhausted"})").verdict == Verdict::throttled);
    CHECK(of(c, 403, R"({"error":"PERMISSION_DENIED","error_details":"Missing required scopes"})").verdict == Verdict::unauthorised);
    CHECK(of(c, 403, R"({"error":"PermissionDenied"})").verdict == Verdict::unauthorised);
    CHECK(of(c, 403, R"({"error":"x","code":7,"message":"m","details":[]})").reason == "PERMISSION_DENIED");
  }
}

TEST_CASE("a 4xx is a refusal in the venue's own envelope alone") {
  for (const Call c : calls) {
    const Outcome o = of(c, 400, R"({"error":"INVALID_ARGUMENT","error_details":"d","message":"m"})");
    CHECK(o.verdict == Verdict::refused);
    CHECK(o.reason == "INVALID_ARGUMENT");
    CHECK(o.message == "m");
    CHECK(of(c, 400, R"({"error":"product_id argument is invalid","code":3,"message":"","details":[]})").reason == "INVALID_ARGUMENT");
    for (const char* body : {"", "Bad Request", "<html>", "{}", "[]", R"({"message":"m"})"}) CHECK(of(c, 400, body).verdict == Verdict::unknown);
  }
  for (const char* doubt : {"UNKNOWN", "unknown", "INTERNAL", "UNAVAILABLE", "DEADLINE_EXCEEDED", "ALREADY_EXISTS", "ABORTED", "DATA_LOSS", "CANCELLED",
                            "CANCELED", "Canceled", "Cancelled", "AlreadyExists", "DeadlineExceeded", "DataLoss", "Internal", "Unknown"}) {
    INFO(doubt);
    const std::string body = std::string(R"({"error":")") + doubt + "\"}";
    for (const Call c : {Call::create, Call::cancel, Call::edit})
      for (const int status : {400, 404, 409, 499}) CHECK(of(c, status, body).verdict == Verdict::unknown);
    CHECK(of(Call::read, 404, body).verdict == Verdict::refused);
  }
  CHECK(of(Call::create, 400, R"({"error":"InvalidArgument"})").verdict == Verdict::refused);
  CHECK(of(Call::create, 400, R"({"error":"Unknow"})").verdict == Verdict::refused);  // no code is taken for a longer one, or a shorter
  CHECK(of(Call::create, 400, R"({"error":"UNKNOWN_CANCEL_ORDER"})").verdict == Verdict::refused);
  CHECK(of(Call::create, 403, "<html>blocked</html>").verdict == Verdict::unknown);
  CHECK(of(Call::read, 403, "<html>blocked</html>").verdict == Verdict::unauthorised);
}

TEST_CASE("an order that is not there is told from an address that is not") {
  CHECK(says_not_found(of(Call::read, 404, R"({"error":"NOT_FOUND","message":"order with this orderID was not found"})")));
  CHECK(says_not_found(of(Call::read, 404, R"({"error":"unknown","error_details":"order with this orderID was not found"})")));
  CHECK(says_not_found(of(Call::read, 404, R"({"error":"order not there","code":5})")));
  CHECK_FALSE(says_not_found(of(Call::read, 404, "404 page not found")));
  CHECK_FALSE(says_not_found(of(Call::read, 404, R"({"error":"unknown"})")));
  CHECK_FALSE(says_not_found(of(Call::read, 500, R"({"error":"NOT_FOUND"})")));
  CHECK_FALSE(says_not_found(of(Call::read, 200, "{}")));
}

TEST_CASE("what the venue says is one printable line") {
  CHECK(one_line(std::string(1000, 'a')).size() == 300);
  CHECK(one_line("a\x1b[31m\tb\r\nc\xff") == "a?[31m b  c?");
  CHECK(read_error_body("first\nsecond").message == "first");
  CHECK_FALSE(read_error_body("first").envelope);
  CHECK(read_error_body(R"({"errors":[5]})").code.empty());
  CHECK(read_error_body(R"({"error":5})").code == "5");
  CHECK(read_error_body(R"({"error":{}})").code.empty());
  CHECK(name_of(Verdict::unknown) == std::string("unknown"));
}

TEST_CASE("the published error bodies have their outcomes") {
  const auto v = vector_json("rest/error_bodies.json");
  if (!v) return;
  const auto outcome = [&](const char* name, Call call) {
    const auto& one = v->at(name);
    const std::string body = one.at("body").is_string() ? one.at("body").get<std::string>() : one.at("body").dump();
    INFO(name);
    return of(call, one.at("http"), body);
  };
  CHECK(outcome("401", Call::create).verdict == Verdict::unauthorised);
  CHECK(outcome("403", Call::create).verdict == Verdict::unauthorised);
  CHECK(outcome("403", Call::create).message == "Missing required scopes");
  CHECK(outcome("400_invalid_argument", Call::read).reason == "INVALID_ARGUMENT");
  CHECK(outcome("400_granularity", Call::read).message == "granularity argument is invalid");
  CHECK(outcome("400_bad_json", Call::create).verdict == Verdict::refused);
  CHECK(says_not_found(outcome("404_order", Call::read)));
  CHECK(outcome("429", Call::create).verdict == Verdict::throttled);
  CHECK(outcome("429", Call::create).message == "Too many requests");
  CHECK(outcome("400_too_many_cancel_ids", Call::cancel).reason == "InvalidArgument");
  CHECK(outcome("5xx", Call::cancel).verdict == Verdict::unknown);
  CHECK(v->size() == 9);
}
