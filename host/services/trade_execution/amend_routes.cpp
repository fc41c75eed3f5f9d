// PATCH /orders/{id}: other terms for an order that works.
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

constexpr const char* amend_schema =
    R"({"type":"object","additionalProperties":false,"required":["reason"],"properties":{
"qty":{"type":["string","null"],"format":"decimal","description":"the whole order's, what is filled included","examples":["0.01"]},
"limit_price":{"type":["string","null"],"format":"decimal"},"stop_price":{"type":["string","null"],"format":"decimal"},
"expire":{"type":"string","format":"date-time","description":"of a GTD order"},
"reason":{"type":"string","minLength":1,"maxLength":500,"description":"for the audit trail"}}})";

std::string answer_schema() {
  return std::string(R"({"type":"object","required":["id","dry_run","replayed","checks"],"properties":{
"id":{"type":"string","description":"client order id"},"dry_run":{"type":"boolean"},
"replayed":{"type":"boolean","description":"this key and body were answered before: nothing was asked for again"},
"outcome":{"type":"string","enum":["pending","in_force","refused"],
"description":"pending: either terms may be in force, GET /orders/{id} tells when the venue has answered; refused: the order is as it was"},
"state":{"type":"string"},"qty":{"type":["string","null"],"format":"decimal","description":"this and the other terms: those in force, as far as is known"},
"limit_price":{"type":["string","null"],"format":"decimal"},"stop_price":{"type":["string","null"],"format":"decimal"},
"expire":{"type":["string","null"],"format":"date-time"},"expire_ns":{"type":["integer","null"]},
"filled_qty":{"type":["string","null"],"format":"decimal"},"reason":{"type":"string","description":"the venue's words, if it refused"},"checks":)") +
         checks_schema + "}}";
}

Result<AmendRequest> read_amend(const Request& request) {
  AmendRequest q;
  if (const auto ok = only_params(request, {"dry_run"}); !ok) return ok.error();
  const auto dry = dry_run_of(request);
  if (!dry) return dry.error();
  q.dry_run = *dry;
  auto key = idempotency_key(request);
  if (!key) return key.error();
  q.key = std::move(*key);
  const auto body = edge::json_object(request);
  if (!body) return body.error();
  if (const auto ok = only_keys(*body, {"qty", "limit_price", "stop_price", "expire", "reason"}); !ok) return ok.error();
  for (const auto& [name, slot] :
       {std::pair{"qty", &q.terms.qty}, std::pair{"limit_price", &q.terms.limit_px}, std::pair{"stop_price", &q.terms.stop_px}}) {
    const auto value = decimal_of(*body, name);
    if (!value) return value.error();
    *slot = *value;
  }
  const auto expire = text_of(*body, "expire", false, 40);
  if (!expire) return expire.error();
  if (!expire->empty()) {
    const auto at = parse_time(*expire, "expire");
    if (!at || *at <= 0) return Error{"JSON_VALUE", "key expire must be a time like 2022-01-01T00:05:00Z, or ns since 1970", {{"key", "expire"}}};
    q.terms.expire_ns = *at;
  }
  auto reason = text_of(*body, "reason", true);
  if (!reason) return reason.error();
  q.reason = std::move(*reason);
  const core::Terms& t = q.terms;
  if (!t.qty.is_set() && !t.limit_px.is_set() && !t.stop_px.is_set() && t.expire_ns == 0)
    return Error{"JSON_KEY_MISSING", "an amendment says what shall be otherwise: one of qty, limit_price, stop_price and expire at least", {{"key", "qty"}}};
  q.principal = request.principal;
  q.request_id = request.request_id;
  return q;
}

int amend_status(const Error& error) noexcept {
  if (error.code == "ORDER_NOT_FOUND") return 404;
  if (error.code == "JOURNAL_UNWRITABLE") return 503;
  for (const char* code : {"IDEMPOTENCY_KEY_REUSED", "IDEMPOTENCY_KEY_FORGOTTEN", "ORDER_ENDED", "ORDER_EXTERNAL", "ORDER_CANCELLING", "ORDER_UNANSWERED", "AMEND_PENDING"})
    if (error.code == code) return 409;
  return 422;
}

std::string answer_json(const AmendAnswer& done, const core::Order* order, const AmendRequest& q) {
  JsonObject body;
  body.text("id", done.order.view()).boolean("dry_run", q.dry_run).boolean("replayed", done.replayed);
  if (order != nullptr) {
    const AmendOutcome outcome = outcome_of(*order, q.terms);
    if (!q.dry_run) body.text("outcome", to_string(outcome));
    body.text("state", core::to_string(order->state))
        .amount("qty", order->intent.qty())
        .amount("limit_price", order->intent.limit_px())
        .amount("stop_price", order->intent.stop_px())
        .time("expire", order->intent.abi.expire_ns)
        .amount("filled_qty", order->cum_qty);
    if (!q.dry_run && outcome == AmendOutcome::refused) body.text("reason", order->reason);
  }
  return body.json("checks", checks_json(done.checks)).done();
}

void amend(Execution& execution, const Backend& backend, const AmendRequest& q, const Answer& answer) {
  if (!q.dry_run && refused_while_stopping(backend, *answer)) return;
  const auto done = execution.amend(q, backend.now());
  if (!done && done.error().code == "ORDER_NOT_FOUND") return answer_forgotten(backend, std::string(q.order.view()), answer);
  if (!done) return answer->error(amend_status(done.error()), done.error());
  if (!q.dry_run && !done->replayed && backend.pump) backend.pump();
  (*answer)(Response::json(q.dry_run ? 200 : 202, answer_json(*done, execution.orders().find(done->order), q)));
}

}  // namespace

void add_amend_route(edge::Router& router, Execution& execution, Backend& backend) {
  router.add(
      {.method = Method::Patch,
       .path = "/orders/{id}",
       .operation_id = "amend_order",
       .summary = "Asks the venue for another quantity, price or end of an order that works.",
       .description =
           "Of an order that was placed with POST /trades/execute and rests. What it increases goes through the risk chain and the floor, a sell is "
           "proved against the position; it is taken whole or not at all. Until the venue has answered, either terms may be in force. An amendment "
           "that the venue refuses leaves the order as it was. One at a time. The same key and body again give the first answer with replayed true.",
       .params = {id_doc("client order id", "bl-0123456789abcdef"),
                  {.name = "Idempotency-Key", .in = "header", .required = true, .description = "chosen by the caller, one per amendment", .example = "nearer-1"},
                  {.name = "dry_run", .type = "boolean", .description = "only check", .example = "true"}},
       .request_schema = amend_schema,
       .responses = {{200, {"dry run: it would be asked for", answer_schema()}}, {202, {"recorded and handed to the broker", answer_schema()}}},
       .tag = "orders"},
      [&execution, &backend](const Request& q, Responder answer) {
        auto asked = read_amend(q);
        if (!asked) return answer.error(request_status(asked.error()), asked.error());
        const std::string_view id = q.param("id");
        if (id.size() > 39) return answer.error(404, order_unknown());
        asked->order = core::ClientOrderId(id);
        on_core(backend, std::move(answer), [&execution, &backend, a = std::move(*asked)](const Answer& to) { amend(execution, backend, a, to); });
      });
}

}  // namespace bowline::services
