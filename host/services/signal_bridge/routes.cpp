#include "services/signal_bridge/routes.hpp"

#include "services/runtime/route_help.hpp"

namespace bowline::services {
namespace {

using edge::Method;
using edge::Request;
using edge::Responder;

constexpr const char* decision_schema =
    R"({"type":"object","required":["id","symbol","action","code","time","time_ns","portfolio_version"],"properties":{
"id":{"type":"string","description":"same as the signal's"},"symbol":{"type":"string"},
"action":{"type":"string","enum":["BUY","SELL","HOLD","NONE"]},
"code":{"type":"string","description":"TARGET when a target left, else the reason why not"},
"time":{"type":["string","null"],"format":"date-time"},"time_ns":{"type":["integer","null"]},
"target_weight":{"type":["number","null"],"description":"null when no target left"},
"held_weight":{"type":["number","null"]},"expected_move":{"type":["number","null"]},"cost":{"type":["number","null"]},
"max_position":{"type":["number","null"]},"p_up":{"type":["number","null"]},"threshold":{"type":["number","null"]},
"portfolio_version":{"type":"integer","description":"the version v(t) it was decided on"}}})";

}  // namespace

void add_signal_bridge_routes(const std::shared_ptr<edge::Router>& router, Backend& backend) {
  router->add({.method = Method::Get,
               .path = "/decisions",
               .operation_id = "list_decisions",
               .summary = "What was decided on each prediction, also where no target left.",
               .description = page_text,
               .params = {since_doc(), symbol_doc(), limit_doc(), before_doc()},
               .responses = {{200, {"in order of time", page_schema("decisions", decision_schema)}}},
               .tag = "decisions"},
              page_route(backend, "decisions", backend.decisions, Narrowed::by_symbol));
  router->add({.method = Method::Get,
               .path = "/decisions/{id}/explain",
               .operation_id = "explain_decision",
               .summary = "From signal to order, or to the reason why there is none.",
               .params = {id_doc("decision id", "0123456789abcdef0123456789abcdef")},
               .responses = {{200, {"the explanation", explain_schema}}},
               .tag = "decisions"},
              explanation(backend, backend.explain_decision));
}

}  // namespace bowline::services
