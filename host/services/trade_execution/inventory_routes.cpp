// POST /inventory/{instrument}/adopt and /release.
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

int move_status(const Error& error) noexcept {
  if (error.code == "IDEMPOTENCY_KEY_REUSED" || error.code == "IDEMPOTENCY_KEY_FORGOTTEN") return 409;
  if (error.code == "JOURNAL_UNWRITABLE") return 503;
  return 422;
}

Result<InventoryRequest> read_move(const Request& request, const core::InstrumentTable& table, bool adopt) {
  InventoryRequest q;
  q.adopt = adopt;
  if (const auto ok = only_params(request, {}); !ok) return ok.error();
  auto key = idempotency_key(request);
  if (!key) return key.error();
  q.key = std::move(*key);
  const auto body = edge::json_object(request);
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

}  // namespace

void add_inventory_routes(edge::Router& router, Execution& execution, Backend& backend) {
  add_move(router, execution, backend, true);
  add_move(router, execution, backend, false);
}

}  // namespace bowline::services
