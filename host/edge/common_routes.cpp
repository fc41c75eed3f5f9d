#include "edge/common_routes.hpp"

#include "edge/openapi.hpp"

namespace bowline::edge {
namespace {

constexpr const char* health_schema =
    R"({"type":"object","required":["status","live","ready","trading","components"],
"properties":{"status":{"type":"string","enum":["ok","degraded","down"]},"service":{"type":"string"},
"version":{"type":"string"},"mode":{"type":"string"},"live":{"type":"boolean"},"ready":{"type":"boolean"},
"trading":{"type":"object","properties":{"ready":{"type":"boolean"},"reasons":{"type":"array","items":{"type":"string"}}}},
"components":{"type":"object","additionalProperties":{"type":"object","properties":{
"status":{"type":"string","enum":["ok","degraded","down"]},"code":{"type":"string"},"text":{"type":"string"}}}}}})";

constexpr const char* yes_no_schema =
    R"({"type":"object","required":["ok"],"properties":{"ok":{"type":"boolean"}}})";

Response yes_no(bool ok) { return Response::json(ok ? 200 : 503, ok ? R"({"ok":true})" : R"({"ok":false})"); }

RouteDoc doc(std::string path, std::string id, std::string summary, std::map<int, ResponseDoc> responses) {
  return {.method = Method::Get,
          .path = std::move(path),
          .operation_id = std::move(id),
          .summary = std::move(summary),
          .responses = std::move(responses),
          .tag = "operation"};
}

}  // namespace

void register_common_routes(const std::shared_ptr<Router>& router, CommonSources sources) {
  const auto s = std::make_shared<const CommonSources>(std::move(sources));
  router->add(doc("/health", "health", "How each component of the service feels.",
                  {{200, {"every component works, perhaps degraded", health_schema}},
                   {503, {"a component is down", health_schema}}}),
              [s](const Request&, Responder answer) {
                auto [ok, text] = s->health();
                answer(Response::json(ok ? 200 : 503, std::move(text)));
              });
  router->add(doc("/livez", "livez", "Whether the service's loop turns; else restart it.",
                  {{200, {"it turns", yes_no_schema}}, {503, {"it stands still", yes_no_schema}}}),
              [s](const Request&, Responder answer) { answer(yes_no(s->live())); });
  router->add(doc("/readyz", "readyz", "Whether the service can take commands.",
                  {{200, {"it can", yes_no_schema}}, {503, {"not now", yes_no_schema}}}),
              [s](const Request&, Responder answer) { answer(yes_no(s->ready())); });
  router->add(
      doc("/metrics", "metrics", "Metrics for Prometheus.", {{200, {"text format 0.0.4", "", "text/plain"}}}),
      [s](const Request&, Responder answer) {
        answer(Response{200, "text/plain; version=0.0.4; charset=utf-8", {}, s->metrics()});
      });
  // The table is complete once the server runs, and never changes after: made on first use, kept for good.
  router->add(
      doc("/openapi.json", "openapi", "This document.", {{200, {"OpenAPI 3.1", R"({"type":"object"})"}}}),
      [s, weak = std::weak_ptr(router), cached = std::make_shared<std::shared_ptr<const std::string>>()](
          const Request&, Responder answer) {
        if (!*cached)
          if (const auto table = weak.lock())
            *cached = std::make_shared<const std::string>(
                openapi_json(s->service, s->version, s->description, *table));
        answer(Response::shared(*cached));
      });
}

}  // namespace bowline::edge
