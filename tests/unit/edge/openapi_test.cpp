#include "edge/openapi.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "fixture.hpp"

using namespace edge_test;

TEST_CASE("the API document says what the route table says") {
  Router r;
  r.add({.method = Method::Post,
         .path = "/trades/execute",
         .operation_id = "execute",
         .summary = "Place an order",
         .params = {{.name = "dry_run", .type = "boolean", .description = "only check", .example = "true"}},
         .request_schema = R"({"type":"object","required":["side"],"properties":{"side":{"type":"string"}}})",
         .responses = {{202, {"accepted", R"({"type":"object"})"}}}},
        [](const Request&, Responder) {});
  r.add(doc(Method::Get, "/orders/{id}/explain", "explain"), [](const Request&, Responder) {});
  r.add_ws(doc(Method::Get, "/signals/stream", "stream"),
           {.on_open = [](std::shared_ptr<WsSession>, const Request&) {}});
  const auto text = openapi_json("trade-execution", "0.1.0", "x", r);
  CHECK(text == openapi_json("trade-execution", "0.1.0", "x", r));
  const auto d = nlohmann::json::parse(text);
  CHECK(d["openapi"] == "3.1.0");
  const auto& post = d["paths"]["/trades/execute"]["post"];
  CHECK(post["operationId"] == "execute");
  CHECK(post["parameters"][0]["example"] == true);
  CHECK(post["requestBody"]["content"]["application/json"]["schema"]["required"][0] == "side");
  CHECK(post["responses"].contains("202"));
  CHECK(post["responses"]["default"]["$ref"] == "#/components/responses/Error");
  const auto& id = d["paths"]["/orders/{id}/explain"]["get"]["parameters"][0];
  CHECK(id["name"] == "id");
  CHECK(id["in"] == "path");
  CHECK(id["required"] == true);
  CHECK(d["paths"]["/signals/stream"]["get"]["responses"].contains("101"));
}
