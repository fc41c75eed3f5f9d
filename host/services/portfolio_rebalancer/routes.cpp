#include "services/portfolio_rebalancer/routes.hpp"

#include <nlohmann/json.hpp>

#include "edge/json_body.hpp"
#include "services/runtime/json_values.hpp"
#include "services/runtime/route_help.hpp"

namespace bowline::services {
namespace {

using edge::Method;
using edge::Request;
using edge::Responder;
using edge::Response;

std::string plan_schema() {
  return std::string(
             R"({"type":"object","required":["dry_run","targets"],"properties":{"dry_run":{"type":"boolean"},
"time":{"type":["string","null"],"format":"date-time"},"time_ns":{"type":["integer","null"]},
"targets":{"type":"array","items":)") +
         target_schema + "}}}";
}
constexpr const char* rebalance_schema =
    R"({"type":"object","required":["id","instance","time","time_ns","weights"],"properties":{
"id":{"type":"string"},"instance":{"type":"string"},"portfolio_version":{"type":"integer"},
"time":{"type":["string","null"],"format":"date-time"},"time_ns":{"type":["integer","null"]},
"weights":{"type":"object","additionalProperties":{"type":"number"}}}})";

/// A plan, handed on unless it is a dry run. [core thread]
void make_plan(Rebalancer& rebalancer, const Backend& backend, bool dry_run, Responder& answer) {
  if (backend.view == nullptr)
    return answer.error(503, {"PORTFOLIO_ABSENT", "this process has no portfolio: it cannot plan one"});
  if (!dry_run && !backend.take_plan)
    return answer.error(503, {"EXECUTION_ABSENT", "no trade-execution is in reach: a plan would go nowhere"});
  const core::Nanos now = backend.now();
  const auto targets = rebalancer.run(now, *backend.view, !dry_run);
  if (!targets) return answer.error(targets.error().code == "REBALANCER_ABSENT" ? 409 : 422, targets.error());
  if (!dry_run) {
    if (const auto taken = backend.take_plan(*targets, now); !taken) return answer.error(422, taken.error());
    if (backend.pump) backend.pump();
  }
  std::vector<std::string> items;
  for (const core::Target& t : *targets) items.push_back(target_json(t, *backend.instruments));
  answer(Response::json(
      dry_run ? 200 : 202,
      JsonObject().boolean("dry_run", dry_run).time("time", now).json("targets", json_array(items)).done()));
}

}  // namespace

void add_portfolio_rebalancer_routes(const std::shared_ptr<edge::Router>& router, Rebalancer& rebalancer,
                                     Backend& backend) {
  router->add({.method = Method::Get,
               .path = "/rebalance/plan",
               .operation_id = "plan_rebalance",
               .summary = "The portfolio that would be asked for now. Changes nothing.",
               .responses = {{200, {"the plan", plan_schema()}}},
               .tag = "rebalance"},
              [&rebalancer, &backend](const Request& q, Responder answer) {
                if (const auto ok = only_params(q, {}); !ok) return answer.error(400, ok.error());
                on_core(backend, std::move(answer),
                        [&](const Answer& a) { make_plan(rebalancer, backend, true, *a); });
              });
  router->add(
      {.method = Method::Post,
       .path = "/rebalance/run",
       .operation_id = "run_rebalance",
       .summary = "Plans now and hands the targets to trade-execution, which judges each order as ever.",
       .description = "No body, or {}. Asked twice, the second run finds the first one's orders working.",
       .responses = {{202, {"the targets handed over", plan_schema()}}},
       .tag = "rebalance"},
      [&rebalancer, &backend](const Request& q, Responder answer) {
        if (const auto ok = only_params(q, {}); !ok) return answer.error(400, ok.error());
        if (!q.body.empty()) {
          const auto body = edge::json_object(q);
          if (!body) return answer.error(400, body.error());
          if (const auto ok = only_keys(*body, {}); !ok) return answer.error(400, ok.error());
        }
        on_core(backend, std::move(answer),
                [&](const Answer& a) { make_plan(rebalancer, backend, false, *a); });
      });
  router->add({.method = Method::Get,
               .path = "/rebalance/history",
               .operation_id = "list_rebalances",
               .summary = "The plans of this run, from the store.",
               .description = page_text,
               .params = {since_doc(), limit_doc(), before_doc()},
               .responses = {{200, {"in order of time", page_schema("rebalances", rebalance_schema)}}},
               .tag = "rebalance"},
              [&backend](const Request& q, Responder answer) {
                if (const auto ok = only_params(q, {"since", "limit", "before"}); !ok) return answer.error(400, ok.error());
                auto ask = query_page(q);
                if (!ask) return answer.error(400, ask.error());
                page_from_store(backend, std::move(answer), "rebalances", backend.rebalances, std::move(*ask));
              });
}

}  // namespace bowline::services
