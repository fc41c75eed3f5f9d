// POST /emergency/liquidate-all and the receipts of what it sold.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "edge/json_body.hpp"
#include "services/runtime/json_values.hpp"
#include "services/runtime/route_help.hpp"
#include "services/trade_execution/routes.hpp"

namespace bowline::services {
namespace {

using edge::Method;
using edge::Request;
using edge::Responder;
using edge::Response;

constexpr const char* liquidate_schema =
    R"({"type":"object","additionalProperties":false,"required":["reason"],"properties":{
"confirm":{"type":"boolean","description":"must be true, but for a dry run"},
"reason":{"type":"string","minLength":1,"maxLength":500,"description":"for the audit trail"},
"id":{"type":"string","pattern":"^[A-Za-z0-9._-]{1,64}$","description":"one id is one liquidation; without: made from the request's id",
"examples":["fire-2022-01-01"]},
"max_slice":{"type":["string","null"],"format":"decimal","description":"worth of one sale at most; without: a position at once"},
"max_slippage":{"type":["string","null"],"format":"decimal",
"description":"a fraction: limits go down to this far below the bid, and no further; without: at last to the market","examples":["0.1"]}}})";

constexpr const char* receipt_schema =
    R"({"type":"object","required":["id","phase","products","replayed"],"properties":{
"id":{"type":"string"},"replayed":{"type":"boolean","description":"this id was commanded before: nothing new was begun"},
"phase":{"type":"string","enum":["reading","selling","checking","done","interrupted","planned"],
"description":"checking: all is sold, and the venue is read once more; planned: a dry run"},
"who":{"type":"string"},"why":{"type":"string"},"request_id":{"type":"string"},
"begun":{"type":["string","null"],"format":"date-time"},"begun_ns":{"type":["integer","null"]},
"ended":{"type":["string","null"],"format":"date-time"},"ended_ns":{"type":["integer","null"]},
"cancels":{"type":"integer","description":"orders whose cancel the broker took at once; of a dry run: those that work"},
"cancels_failed":{"type":"integer","description":"asked for again until they end"},
"orders_read":{"type":"boolean","description":"two reads of all orders at the venue agreed before anything was sold"},
"final_read":{"type":"boolean","description":"after the last slice the venue told once more what it has of each product"},
"journal_head":{"type":"string","description":"head of the journal's hash chain when this was written"},
"signed":{"type":"boolean","description":"of one that is over: by the key that execution.receipt.key names"},
"signature":{"type":["object","null"],"required":["algorithm","key_id","value"],"properties":{"algorithm":{"type":"string","enum":["Ed25519"]},
"key_id":{"type":"string"},"value":{"type":"string","description":"hex; over what docs/operations.md says"}}},
"products":{"type":"array","items":{"type":"object","required":["instrument","status","held_before","sold","left","unmanaged","orders"],"properties":{
"instrument":{"type":"string"},
"status":{"type":"string","enum":["sold","flat","unmanaged","dust","parked","missing","unexplained","selling","left","to_sell"]},
"held_before":{"type":"string","format":"decimal"},"sold":{"type":"string","format":"decimal"},
"proceeds":{"type":"string","format":"decimal","description":"before fees"},"fees":{"type":"string","format":"decimal"},
"left":{"type":"string","format":"decimal"},
"unmanaged":{"type":"string","format":"decimal","description":"there and not ours to sell"},
"at_venue":{"type":["string","null"],"format":"decimal","description":"of the base asset, free and held, as the last read told; null: not read, or not told"},
"orders":{"type":"array","items":{"type":"string"}}}}}}})";

bool sane_id(std::string_view id) noexcept {
  return !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  });
}

std::string id_of_request(std::string_view request_id) {
  std::string id = "em-" + std::string(request_id.substr(0, 61));
  for (char& c : id)
    if (!sane_id(std::string_view(&c, 1))) c = '-';
  return id;
}

Result<LiquidationRequest> read_liquidation(const Request& q) {
  if (const auto ok = only_params(q, {"dry_run"}); !ok) return ok.error();
  LiquidationRequest out;
  if (const auto dry = q.query_value("dry_run")) {
    if (*dry != "true" && *dry != "false")
      return Error{"PARAM_INVALID", "query parameter dry_run must be true or false", {{"parameter", "dry_run"}}};
    out.dry_run = *dry == "true";
  }
  const auto body = edge::json_object(q);
  if (!body) return body.error();
  if (const auto ok = only_keys(*body, {"confirm", "reason", "id", "max_slice", "max_slippage"}); !ok) return ok.error();
  auto reason = text_of(*body, "reason", true);
  if (!reason) return reason.error();
  const auto confirm = body->find("confirm");
  if (!out.dry_run && (confirm == body->end() || !confirm->is_boolean() || !confirm->get<bool>()))
    return Error{"CONFIRM_MISSING", "everything is cancelled and sold: that needs \"confirm\":true, or ?dry_run=true to look first", {{"key", "confirm"}}};
  auto id = text_of(*body, "id", false, 64);
  if (!id) return id.error();
  if (body->contains("id") && !sane_id(*id))
    return Error{"JSON_VALUE", "key id must have 1 to 64 letters, digits, dots, dashes and underscores", {{"key", "id"}}};
  const auto slice = decimal_of(*body, "max_slice");
  if (!slice) return slice.error();
  if (slice->is_set() && !slice->is_positive()) return Error{"JSON_VALUE", "key max_slice must be above 0", {{"key", "max_slice"}}};
  const auto end = decimal_of(*body, "max_slippage");
  if (!end) return end.error();
  if (end->is_set() && (!end->is_positive() || *end >= Decimal::from_int(1)))
    return Error{"JSON_VALUE", "key max_slippage must be a fraction above 0 and below 1", {{"key", "max_slippage"}}};
  out.id = id->empty() ? id_of_request(q.request_id) : std::move(*id);
  out.max_slice = *slice;
  out.end = *end;
  out.reason = std::move(*reason);
  out.principal = q.principal;
  out.request_id = q.request_id;
  return out;
}

/// The receipt with how it came to be asked for in front.
std::string with_replayed(std::string receipt, bool replayed) {
  return std::string(R"({"replayed":)") + (replayed ? "true," : "false,") + receipt.substr(1);
}

}  // namespace

void add_liquidation_routes(edge::Router& router, Execution& execution, Backend& backend) {
  router.add(
      {.method = Method::Post,
       .path = "/emergency/liquidate-all",
       .operation_id = "liquidate_all",
       .summary = "Halts, cancels every order and sells every managed position.",
       .description =
           "The gate and the latch first; then cancels, and reads of the venue's orders until two agree; then each position slice by slice, read "
           "before each; then the venue once more, for each product. It goes on by itself, also after a restart, until nothing is left that can be sold; what is not tradable is parked and "
           "tried again. The same id again tells of the same liquidation. Trading stays halted until POST /emergency/resume, which "
           "also interrupts it. Not in freeze.",
       .params = {{.name = "dry_run", .type = "boolean", .description = "only tell what would be done", .example = "true"}},
       .request_schema = liquidate_schema,
       .responses = {{200, {"a dry run, or an id that was commanded before", receipt_schema}},
                     {202, {"it is begun: GET /emergency/{id} tells how far it is, and WS /emergency/{id}/stream as it goes on", receipt_schema}}},
       .tag = "emergency"},
      [&execution, &backend](const Request& q, Responder answer) {
        auto asked = read_liquidation(q);
        if (!asked) return answer.error(400, asked.error());
        on_core(backend, std::move(answer), [&execution, &backend, l = std::move(*asked)](const Answer& a) {
          bool replayed = false;
          auto done = execution.liquidate(l, backend.now(), replayed);
          if (!done) return a->error(409, done.error());
          if (backend.pump && !l.dry_run && !replayed) backend.pump();
          (*a)(Response::json(l.dry_run || replayed ? 200 : 202, with_replayed(std::move(*done), replayed)));
        });
      });
  router.add({.method = Method::Get,
              .path = "/emergency/{id}",
              .operation_id = "get_liquidation",
              .summary = "How far a liquidation is, or its receipt: sold, parked, dust, missing, unmanaged.",
              .params = {id_doc("id of the liquidation", "fire-2022-01-01")},
              .responses = {{200, {"as it is now", receipt_schema}}},
              .tag = "emergency"},
             [&execution, &backend](const Request& q, Responder answer) {
               if (const auto ok = only_params(q, {}); !ok) return answer.error(400, ok.error());
               on_core(backend, std::move(answer), [&execution, id = std::string(q.param("id"))](const Answer& a) {
                 auto found = execution.receipt(id);
                 if (!found) return a->error(404, {"EMERGENCY_NOT_FOUND", "no liquidation of this id is known to this service"});
                 (*a)(Response::json(200, with_replayed(std::move(*found), false)));
               });
             });
}

void add_liquidation_stream_route(edge::Router& router, LiquidationStream& stream, const Backend& backend) {
  router.add_ws({.path = "/emergency/{id}/stream",
                 .operation_id = "stream_liquidation",
                 .summary = "A liquidation as it goes on, and at last its receipt.",
                 .description =
                     "Text messages {\"event_id\",\"type\",\"liquidation\"}: first how far it is, then one for each thing that moved, type progress; the last "
                     "one, when it is over, is of type receipt, and the connection is closed with 1000. Each holds the whole of what GET "
                     "/emergency/{id} tells, so that who comes late, or comes back after a break, has missed nothing. An id that nobody "
                     "knows is closed with 4404. A reader that is too slow is closed with 1013: nothing waits for it.",
                 .params = {id_doc("id of the liquidation", "fire-2022-01-01")},
                 .tag = "emergency"},
                {.guard = [](const Request& q) -> std::optional<Response> {
                   if (const auto ok = only_params(q, {}); !ok) return edge::error_response(400, ok.error(), q.request_id);
                   return std::nullopt;
                 },
                 .on_open = [&stream, &backend](const std::shared_ptr<edge::WsSession>& session, const Request& q) {
                   if (!backend.post([&stream, session, id = std::string(q.param("id"))] { stream.join(session, id); }))
                     session->close(edge::ws_going_away, "the service is stopping");
                 }});
}

}  // namespace bowline::services
