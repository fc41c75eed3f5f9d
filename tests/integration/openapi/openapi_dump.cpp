// Prints the API document of a service with every kind of route there is; `broken` prints one that must be
// refused.
#include <cstdio>
#include <string_view>

#include "edge/common_routes.hpp"
#include "edge/openapi.hpp"

using namespace bowline::edge;

int main(int argc, char** argv) {
  const auto router = std::make_shared<Router>();
  register_common_routes(router, {.service = "trade-execution",
                                  .version = "0.1.0",
                                  .description = "d",
                                  .health = {},
                                  .live = {},
                                  .ready = {},
                                  .metrics = {}});
  const auto nothing = [](const Request&, Responder) {};
  router->add(
      {.method = Method::Post,
       .path = "/trades/execute",
       .operation_id = "execute_trade",
       .summary = "Place an order through the risk chain.",
       .description = "Same key and body: the first answer again.",
       .params = {{.name = "Idempotency-Key",
                   .in = "header",
                   .required = true,
                   .description = "chosen by the caller",
                   .example = "k-1"},
                  {.name = "dry_run", .type = "boolean", .description = "only check", .example = "true"}},
       .request_schema = R"({"type":"object","additionalProperties":false,"required":["instrument","side"],
                 "properties":{"instrument":{"type":"string"},"side":{"type":"string","enum":["buy","sell"]},
                 "qty":{"type":"string","format":"decimal"},"limit_price":{"type":["string","null"],"format":"decimal"}}})",
       .responses = {{202, {"accepted", R"({"type":"object","properties":{"id":{"type":"string"}}})"}},
                     {409, {"the key was used with another body"}}},
       .tag = "orders"},
      nothing);
  router->add(
      {.method = Method::Get,
       .path = "/orders/{id}/explain",
       .operation_id = "explain_order",
       .summary = "Why this order was made.",
       .params = {{.name = "id", .in = "path", .required = true, .description = "client order id"},
                  {.name = "depth", .type = "integer", .description = "how far back", .example = "3"}},
       .responses = {{200, {"the chain of causes", R"({"type":"object"})"}}}},
      nothing);
  router->add({.method = Method::Delete,
               .path = "/orders/{id}",
               .operation_id = "cancel_order",
               .summary = "Cancel.",
               .responses = {{204, {"cancelled"}}}},
              nothing);
  router->add_ws({.path = "/events/stream",
                  .operation_id = "event_stream",
                  .summary = "Events from an id on.",
                  .params = {{.name = "from", .type = "integer", .description = "first id", .example = "1"}}},
                 {.on_open = [](std::shared_ptr<WsSession>, const Request&) {}});
  if (argc > 1 && std::string_view(argv[1]) == "broken")
    router->add({.method = Method::Get,
                 .path = "/x",
                 .operation_id = "x",
                 .summary = "s",
                 .params = {{.name = "p", .in = "nowhere"}}},
                nothing);
  std::puts(openapi_json("trade-execution", "0.1.0", "Orders, fills, portfolio.", *router).c_str());
  return 0;
}
