#include "services/portfolio_rebalancer/routes.hpp"

#include <nlohmann/json.hpp>
#include <optional>

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

/// Refused for certain, or nobody knows: the caller must not take the one for the other.
int handover_status(const Error& error) noexcept {
  if (error.code == "EXECUTION_ABSENT") return 503;
  return error.code == "REBALANCE_OUTCOME_UNKNOWN" ? 504 : 422;
}

std::string plan_json(bool dry_run, core::Nanos now, std::span<const core::Target> targets, const core::InstrumentTable& table) {
  std::vector<std::string> items;
  for (const core::Target& t : targets) items.push_back(target_json(t, table));
  return JsonObject().boolean("dry_run", dry_run).time("time", now).json("targets", json_array(items)).done();
}

/// The plan of now; nothing when it cannot be made, which is then answered. [core thread]
std::optional<std::vector<core::Target>> make_plan(Rebalancer& rebalancer, const Backend& backend, bool record,
                                                   std::string_view command, Responder& answer) {
  if (backend.view == nullptr) {
    answer.error(503, {"PORTFOLIO_ABSENT", "this process has no portfolio: it cannot plan one"});
    return std::nullopt;
  }
  auto targets = rebalancer.run(backend.now(), *backend.view, record, command);
  if (targets) return std::move(*targets);
  answer.error(targets.error().code == "REBALANCER_ABSENT" ? 409 : 422, targets.error());
  return std::nullopt;
}

/// [core thread]
void run_plan(Rebalancer& rebalancer, const Backend& backend, const Asker& who, const Answer& answer) {
  if (refused_while_stopping(backend, *answer)) return;
  if (!backend.take_plan)
    return answer->error(503, {"EXECUTION_ABSENT", "no trade-execution is in reach: a plan would go nowhere"});
  const auto targets = make_plan(rebalancer, backend, true, who.request_id, *answer);
  if (!targets) return;
  const core::Nanos now = backend.now();
  backend.take_plan(*targets, now, who,
                    [&backend, answer, body = plan_json(false, now, *targets, *backend.instruments)](const Result<void>& taken) {
                      if (!taken) return answer->error(handover_status(taken.error()), taken.error());
                      if (backend.pump) backend.pump();
                      (*answer)(Response::json(202, body));
                    });
}

}  // namespace

void add_portfolio_rebalancer_routes(const std::shared_ptr<edge::Router>& router, Rebalancer& rebalancer,
                                     Backend& backend) {
  router->add({.method = Method::Get,
               .path = "/rebalance/plan",
               .operation_id = "plan_rebalance",
               .summary = "The portfolio that a plan made now would ask for. Changes nothing.",
               .responses = {{200, {"the plan", plan_schema()}}},
               .tag = "rebalance"},
              [&rebalancer, &backend](const Request& q, Responder answer) {
                if (const auto ok = only_params(q, {}); !ok) return answer.error(400, ok.error());
                on_core(backend, std::move(answer),
                        [&](const Answer& a) {
                          if (const auto targets = make_plan(rebalancer, backend, false, {}, *a))
                            (*a)(Response::json(200, plan_json(true, backend.now(), *targets, *backend.instruments)));
                        });
              });
  router->add(
      {.method = Method::Post,
       .path = "/rebalance/run",
       .operation_id = "run_rebalance",
       .summary = "Plans now and hands the targets to trade-execution, which judges each order as ever.",
       .description = "No body, or {}. Asked twice, the second run finds the first one's orders working. 422: not taken. 503: nothing "
                      "was handed over. 504 REBALANCE_OUTCOME_UNKNOWN: it may have been taken and traded; look at orders and "
                      "portfolio of trade-execution first.",
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
                [&rebalancer, &backend, who = Asker{q.principal, q.request_id}](const Answer& a) {
                  run_plan(rebalancer, backend, who, a);
                });
      });
  router->add({.method = Method::Get,
               .path = "/rebalance/history",
               .operation_id = "list_rebalances",
               .summary = "The plans of this run, from the store.",
               .description = page_text,
               .params = {since_doc(), limit_doc(), before_doc()},
               .responses = {{200, {"in order of time", page_schema("rebalances", rebalance_schema)}}},
               .tag = "rebalance"},
              page_route(backend, "rebalances", backend.rebalances, Narrowed::by_nothing));
}

}  // namespace bowline::services
