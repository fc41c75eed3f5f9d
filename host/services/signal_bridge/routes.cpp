#include "services/signal_bridge/routes.hpp"

#include "services/runtime/route_help.hpp"

namespace bowline::services {
namespace {

using edge::Method;
using edge::Request;
using edge::Responder;

constexpr const char* decision_schema =
    R"({"type":"object","required":["id","code"],"properties":{
"id":{"type":"string","description":"same as the signal's"},"symbol":{"type":"string"},
"action":{"type":"string"},
"code":{"type":"string","description":"TARGET when a target left, else the reason why not"},
"time":{"type":["string","null"],"format":"date-time"},"time_ns":{"type":["integer","null"]}}})";

}  // namespace

void add_signal_bridge_routes(const std::shared_ptr<edge::Router>& router, Backend& backend) {
  router->add({.method = Method::Get,
               .path = "/decisions",
               .operation_id = "list_decisions",
               .summary = "What was decided on each prediction, also where no target left.",
               .params = {since_doc(), symbol_doc(), limit_doc()},
               .responses = {{200, {"in order of time", list_schema("decisions", decision_schema)}}},
               .tag = "decisions"},
              [&backend](const Request& q, Responder answer) {
                if (const auto ok = only_params(q, {"since", "symbol", "limit"}); !ok)
                  return answer.error(400, ok.error());
                const auto since = query_since(q);
                if (!since) return answer.error(400, since.error());
                const auto symbol = query_symbol(q, *backend.instruments);
                if (!symbol) return answer.error(404, symbol.error());
                const auto limit = query_limit(q);
                if (!limit) return answer.error(400, limit.error());
                from_store(
                    backend, std::move(answer), static_cast<bool>(backend.decisions),
                    [&backend, t = *since, s = *symbol, n = *limit] { return backend.decisions(t, s, n); });
              });
  router->add({.method = Method::Get,
               .path = "/decisions/{id}/explain",
               .operation_id = "explain_decision",
               .summary = "From signal to order, or to the reason why there is none.",
               .params = {id_doc("decision id", "0123456789abcdef0123456789abcdef")},
               .responses = {{200, {"the explanation", explain_schema}}},
               .tag = "decisions"},
              [&backend](const Request& q, Responder answer) {
                from_store(
                    backend, std::move(answer), static_cast<bool>(backend.explain_decision),
                    [&backend, id = std::string(q.param("id"))] { return backend.explain_decision(id); });
              });
}

}  // namespace bowline::services
