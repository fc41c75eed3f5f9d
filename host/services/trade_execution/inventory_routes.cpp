// POST /inventory/{instrument}/adopt and /release, POST /inventory/reclassify.
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

constexpr const char* adopt_schema =
    R"({"type":"object","additionalProperties":false,"required":["qty","reason"],"properties":{
"qty":{"type":"string","format":"decimal","description":"base units of what is unmanaged","examples":["0.01"]},
"price":{"type":["string","null"],"format":"decimal","description":"what a unit of it cost; without: its price now"},
"reason":{"type":"string","minLength":1,"maxLength":500,"description":"for the audit trail"}}})";

constexpr const char* release_schema =
    R"({"type":"object","additionalProperties":false,"required":["qty","reason"],"properties":{
"qty":{"type":"string","format":"decimal","description":"base units of the position","examples":["0.01"]},
"reason":{"type":"string","minLength":1,"maxLength":500,"description":"for the audit trail"}}})";

constexpr const char* moved_schema =
    R"({"type":"object","required":["instrument","managed","unmanaged","replayed"],"properties":{
"instrument":{"type":"string"},
"managed":{"type":"string","format":"decimal","description":"the position now"},
"unmanaged":{"type":["string","null"],"format":"decimal","description":"what else is there of it; below 0 it is owed"},
"replayed":{"type":"boolean","description":"this key and body were answered before: nothing was moved again"}}})";

constexpr const char* reclassify_schema =
    R"({"type":"object","additionalProperties":false,"required":["asset","amount","from","to","reason"],"properties":{
"asset":{"type":"string","description":"of a configured instrument","examples":["SOL"]},
"amount":{"type":"string","format":"decimal","description":"how much of what was booked, the newest bookings first","examples":["0.25"]},
"from":{"type":"string","enum":["deposit","reward"],"description":"what it was booked as"},
"to":{"type":"string","enum":["deposit","reward"],"description":"what it was: the other one"},
"reason":{"type":"string","minLength":1,"maxLength":500,"description":"for the audit trail"}}})";

constexpr const char* reclassified_schema =
    R"({"type":"object","required":["asset","deposit","reward","replayed"],"properties":{
"asset":{"type":"string"},
"deposit":{"type":"string","format":"decimal","description":"what stands booked as deposits now"},
"reward":{"type":"string","format":"decimal","description":"what stands booked as rewards now"},
"replayed":{"type":"boolean","description":"this key and body were answered before: nothing was changed again"}}})";

int move_status(const Error& error) noexcept {
  if (error.code == "IDEMPOTENCY_KEY_REUSED" || error.code == "IDEMPOTENCY_KEY_FORGOTTEN") return 409;
  if (error.code == "JOURNAL_UNWRITABLE") return 503;
  return 422;
}

/// Key and body of a command of inventory; nothing else may be asked. The key goes to `key`.
Result<nlohmann::json> command_of(const Request& request, std::string& key) {
  if (const auto ok = only_params(request, {}); !ok) return ok.error();
  auto given = idempotency_key(request);
  if (!given) return given.error();
  key = std::move(*given);
  auto body = edge::json_object(request);
  if (!body) return body.error();
  return std::move(*body);
}

Result<InventoryRequest> read_move(const Request& request, const core::InstrumentTable& table, bool adopt) {
  InventoryRequest q;
  q.adopt = adopt;
  const auto body = command_of(request, q.key);
  if (!body) return body.error();
  if (const auto ok = adopt ? only_keys(*body, {"qty", "price", "reason"}) : only_keys(*body, {"qty", "reason"}); !ok) return ok.error();
  const auto qty = decimal_of(*body, "qty");
  if (!qty) return qty.error();
  q.qty = *qty;
  if (const auto px = decimal_of(*body, "price"); !px) return px.error();
  else q.px = *px;
  auto reason = text_of(*body, "reason", true);
  if (!reason) return reason.error();
  q.reason = std::move(*reason);
  const std::string_view symbol = request.param("instrument");
  q.instrument = table.find(symbol);
  if (!q.instrument) return Error{"INSTRUMENT_UNKNOWN", "the instrument named is not among the configured ones"};
  q.principal = request.principal;
  q.request_id = request.request_id;
  return q;
}

void add_move(edge::Router& router, Execution& execution, Backend& backend, bool adopt) {
  router.add(
      {.method = Method::Post,
       .path = adopt ? "/inventory/{instrument}/adopt" : "/inventory/{instrument}/release",
       .operation_id = adopt ? "adopt_inventory" : "release_inventory",
       .summary = adopt ? "Makes coins that are not from our orders a position, which may be sold and stopped."
                        : "Makes a part of a position unmanaged: it stays at the venue and is not traded.",
       .description = "The same key and body again move nothing more. GET /portfolio has what is unmanaged among its balances.",
       .params = {{.name = "Idempotency-Key", .in = "header", .required = true, .description = "chosen by the caller, one per move", .example = "adopt-btc-1"},
                  {.name = "instrument", .in = "path", .required = true, .description = "as configured", .example = "BTC-USD"}},
       .request_schema = adopt ? adopt_schema : release_schema,
       .responses = {{200, {"what is held of it now", moved_schema}}},
       .tag = "portfolio"},
      [&execution, &backend, adopt](const Request& asked, Responder answer) {
        auto q = read_move(asked, *backend.instruments, adopt);
        if (!q) return answer.error(request_status(q.error()), q.error());
        on_core(backend, std::move(answer), [&execution, &backend, q = std::move(*q)](const Answer& a) {
          const auto done = execution.move_inventory(q, backend.now());
          if (!done) return a->error(move_status(done.error()), done.error());
          const core::Portfolio& book = execution.portfolio();
          (*a)(Response::json(200, JsonObject()
                                       .text("instrument", (*backend.instruments)[q.instrument].symbol)
                                       .amount("managed", book.position(q.instrument).qty)
                                       .amount("unmanaged", book.unmanaged(q.instrument))
                                       .boolean("replayed", *done)
                                       .done()));
        });
      });
}

Result<core::Flow> class_in(const nlohmann::json& body, const char* key) {
  const auto word = text_of(body, key, true, 16);
  if (!word) return word.error();
  for (const auto kind : {core::Flow::deposit, core::Flow::reward})
    if (core::to_string(kind) == *word) return kind;
  return Error{"JSON_VALUE", std::string("key ") + key + " must be one of deposit, reward", {{"key", key}}};
}

Result<ReclassifyRequest> read_reclassify(const Request& request, const core::InstrumentTable& table) {
  ReclassifyRequest q;
  const auto body = command_of(request, q.key);
  if (!body) return body.error();
  if (const auto ok = only_keys(*body, {"asset", "amount", "from", "to", "reason"}); !ok) return ok.error();
  const auto amount = decimal_of(*body, "amount");
  if (!amount) return amount.error();
  q.amount = *amount;
  const auto from = class_in(*body, "from"), to = class_in(*body, "to");
  if (!from) return from.error();
  if (!to) return to.error();
  if (*from == *to) return Error{"JSON_VALUE", "key to must be another class than key from", {{"key", "to"}}};
  q.from = *from;
  q.to = *to;
  auto reason = text_of(*body, "reason", true);
  if (!reason) return reason.error();
  q.reason = std::move(*reason);
  const auto asset = text_of(*body, "asset", true, 40);
  if (!asset) return asset.error();
  q.asset = table.find_asset(*asset);
  if (!q.asset) return Error{"ASSET_UNKNOWN", "the asset named is of no configured instrument"};
  q.principal = request.principal;
  q.request_id = request.request_id;
  return q;
}

void add_reclassify(edge::Router& router, Execution& execution, Backend& backend) {
  router.add(
      {.method = Method::Post,
       .path = "/inventory/reclassify",
       .operation_id = "reclassify_flow",
       .summary = "Names what was booked as a deposit a reward, or the other way round.",
       .description = "Nothing comes or goes. What was booked since the day's opening changes the day's result: a reward is earned, a deposit is not. "
                      "The same key and body again change nothing more.",
       .params = {{.name = "Idempotency-Key", .in = "header", .required = true, .description = "chosen by the caller, one per command", .example = "reward-sol-1"}},
       .request_schema = reclassify_schema,
       .responses = {{200, {"what stands booked of the asset now", reclassified_schema}}},
       .tag = "portfolio"},
      [&execution, &backend](const Request& asked, Responder answer) {
        auto q = read_reclassify(asked, *backend.instruments);
        if (!q) return answer.error(q.error().code == "ASSET_UNKNOWN" ? 404 : request_status(q.error()), q.error());
        on_core(backend, std::move(answer), [&execution, &backend, q = std::move(*q)](const Answer& a) {
          const auto done = execution.reclassify(q, backend.now());
          if (!done) return a->error(move_status(done.error()), done.error());
          const core::Portfolio& book = execution.portfolio();
          (*a)(Response::json(200, JsonObject()
                                       .text("asset", backend.instruments->asset_code(q.asset))
                                       .amount("deposit", book.booked(q.asset, core::Flow::deposit))
                                       .amount("reward", book.booked(q.asset, core::Flow::reward))
                                       .boolean("replayed", *done)
                                       .done()));
        });
      });
}

}  // namespace

void add_inventory_routes(edge::Router& router, Execution& execution, Backend& backend) {
  add_reclassify(router, execution, backend);
  add_move(router, execution, backend, true);
  add_move(router, execution, backend, false);
}

}  // namespace bowline::services
