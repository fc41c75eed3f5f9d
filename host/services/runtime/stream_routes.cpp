#include "services/runtime/stream_routes.hpp"

#include <nlohmann/json.hpp>

#include "edge/json_body.hpp"
#include "edge/target.hpp"
#include "services/runtime/json_values.hpp"
#include "services/runtime/route_help.hpp"

namespace bowline::services {
namespace {

using edge::Method;
using edge::Request;
using edge::Responder;
using edge::Response;

edge::ParamDoc from_doc() {
  return {.name = "from", .type = "integer", .description = "first event id wanted", .example = "1"};
}

std::optional<Response> bad_query(const Request& q, std::initializer_list<std::string_view> allowed) {
  if (const auto ok = only_params(q, allowed); !ok) return edge::error_response(400, ok.error(), q.request_id);
  if (const auto from = edge::query_int(q, "from", 0, INT64_MAX); !from)
    return edge::error_response(400, from.error(), q.request_id);
  return std::nullopt;
}

std::optional<std::uint64_t> from_of(const Request& q) {
  const auto from = edge::query_int(q, "from", 0, INT64_MAX);
  return from && *from ? std::optional(static_cast<std::uint64_t>(**from)) : std::nullopt;
}

constexpr const char* targets_schema =
    R"({"type":"object","required":["from","time_ns","step","plan","targets","changed"],"properties":{
"from":{"type":"string","enum":["signal-bridge","portfolio-rebalancer"]},
"time_ns":{"type":"integer","description":"the step decided on"},
"step":{"type":"boolean","description":"false: on command, traded at once"},
"plan":{"type":"boolean","description":"a rebalancer's whole plan, in place of the one before"},
"targets":{"type":"array","items":{"type":"object",
"required":["symbol","purpose","weight","decision","time_ns","valid_until_ns","ref_price"],"properties":{
"symbol":{"type":"string"},"purpose":{"type":"string","description":"of a prediction or of a plan; stops are not proposed"},
"weight":{"type":"number","minimum":-1,"maximum":1,"description":"below 0: counts as 0"},"decision":{"type":"string"},"time_ns":{"type":"integer"},
"valid_until_ns":{"type":"integer"},"ref_price":{"type":["string","null"]}}}},
"changed":{"type":"array","items":{"type":"string"},
"description":"instruments whose prediction now says another action than before"},
"principal":{"type":"string","maxLength":128,"description":"on command: who gave it, for the audit trail"},
"request_id":{"type":"string","maxLength":128,"description":"on command: of the request that gave it"}}})";
constexpr const char* taken_schema =
    R"({"type":"object","required":["taken"],"properties":{"taken":{"type":"integer"},
"replayed":{"type":"boolean","description":"this key was answered before"}}})";

}  // namespace

void add_market_stream_route(const std::shared_ptr<edge::Router>& router, MarketStream& stream) {
  router->add_ws(
      {.path = "/market/stream",
       .operation_id = "stream_market",
       .summary = "Bars, quotes, observations, and the close of each step with its predictions.",
       .description =
           "Text messages. First {\"type\":\"hello\",\"service\",\"run\",\"seed\",\"interval_ns\",\"instruments\"}, then "
           "{\"event_id\",\"time\",\"time_ns\",\"type\"} with bar, quote, observation, close (acted, predictions) or end. "
           "Prices are mantissas with px_exp and qty_exp. With from, the newest 16384 are sent again from that id on; a "
           "run in one process keeps them only while somebody listens. A service of the same run names itself with "
           "`as` and answers {\"type\":\"settled\",\"time_ns\"} after each close: the next step is published when all have. "
           "409 for a name that this run has not (in one process: any), or that somebody follows under now; who joins at "
           "the same moment is closed with 4409.",
       .params = {from_doc(),
                  {.name = "as", .description = "the service that follows; nothing to look on", .example = "signal-bridge"}},
       .tag = "market"},
      {.guard = [&stream](const Request& q) -> std::optional<Response> {
         if (auto bad = bad_query(q, {"from", "as"})) return bad;
         if (const auto role = q.query_value("as"))
           if (const auto why = stream.refuses(std::string(*role))) return edge::error_response(409, *why, q.request_id);
         return std::nullopt;
       },
       .on_open = [&stream](const std::shared_ptr<edge::WsSession>& session, const Request& q) {
         stream.join(session, std::string(q.query_value("as").value_or("")), from_of(q));
       }});
}

void add_events_stream_route(const std::shared_ptr<edge::Router>& router, EventsStream& stream) {
  router->add_ws(
      {.path = "/events/stream",
       .operation_id = "stream_events",
       .summary = "Orders, fills, and the portfolio of each step.",
       .description =
           "Text messages. First {\"type\":\"hello\"}, then {\"event_id\",\"time\",\"time_ns\",\"type\"} with order, fill, "
           "portfolio (version v(t): positions, balances, marks and working orders) or targets (those of one service for a "
           "step are here). Amounts are decimal text. With from, the newest 16384 are sent again from that id on; a "
           "run in one process keeps them only while somebody listens.",
       .params = {from_doc()},
       .tag = "events"},
      {.guard = [](const Request& q) { return bad_query(q, {"from"}); },
       .on_open = [&stream](const std::shared_ptr<edge::WsSession>& session, const Request& q) { stream.join(session, from_of(q)); }});
}

void add_targets_route(const std::shared_ptr<edge::Router>& router, Backend& backend) {
  router->add(
      {.method = Method::Post,
       .path = "/targets",
       .operation_id = "propose_targets",
       .summary = "Proposes targets: signal-bridge and portfolio-rebalancer in another process do.",
       .description = "The same key and body get the first answer again; the same key with another body is 409.",
       .params = {{.name = "Idempotency-Key",
                   .in = "header",
                   .required = true,
                   .description = "one per service and step",
                   .example = "signal-bridge-1640995500000000000"}},
       .request_schema = targets_schema,
       .responses = {{200, {"taken", taken_schema}}},
       .tag = "targets"},
      [&backend](const Request& q, Responder answer) {
        if (const auto ok = only_params(q, {}); !ok) return answer.error(400, ok.error());
        const auto key = q.headers.find("Idempotency-Key");
        if (!key || key->empty() || key->size() > 128)
          return answer.error(400, {"IDEMPOTENCY_KEY_MISSING", "the header Idempotency-Key is missing or too long"});
        if (!backend.take_targets)
          return answer.error(409, {"TARGETS_LOCAL", "signal-bridge and portfolio-rebalancer run in this process: it takes "
                                                     "targets from nobody else"});
        const auto body = edge::json_object(q);
        if (!body) return answer.error(400, body.error());
        auto targets = wire::read_targets(*body, *backend.instruments);
        if (!targets) return answer.error(400, targets.error());
        on_core(backend, std::move(answer),
                [&backend, t = std::move(*targets), key = std::string(*key), text = q.body](const Answer& a) {
                  const auto replayed = backend.take_targets(t, key, text);
                  if (!replayed) return a->error(409, replayed.error());
                  (*a)(Response::json(200, JsonObject()
                                               .number("taken", std::uint64_t{t.targets.size()})
                                               .boolean("replayed", *replayed)
                                               .done()));
                });
      });
}

}  // namespace bowline::services
