#include "services/trade_execution/routes.hpp"

#include <nlohmann/json.hpp>

#include "edge/json_body.hpp"
#include "services/runtime/json_values.hpp"
#include "services/runtime/route_help.hpp"
#include "services/trade_execution/order_list.hpp"

namespace bowline::services {
Error order_unknown() {
  return {"ORDER_NOT_FOUND", "no order of this id is known to this service: GET /orders lists them"};
}

/// An order that memory has forgotten has ended: the store says whether there was one.
void answer_forgotten(const Backend& backend, const std::string& id, const Answer& answer) {
  if (!backend.order) return answer->error(404, order_unknown());
  off_thread(backend, answer, [&backend, id](const Answer& a) {
    const auto stored = backend.order(id);
    if (stored) return a->error(409, {"ORDER_ENDED", "this order has ended long ago: nothing of it is left"});
    const int status = store_status(stored.error());
    a->error(status, status == 404 ? order_unknown() : stored.error());
  });
}

namespace {

using edge::Method;
using edge::Request;
using edge::Responder;
using edge::Response;

constexpr const char* trade_schema =
    R"({"type":"object","additionalProperties":false,"required":["instrument","side","type","reason"],
"properties":{
"instrument":{"type":"string","description":"as configured","examples":["BTC-USD"]},
"side":{"type":"string","enum":["BUY","SELL"]},"type":{"type":"string","enum":["market","limit",
"stop_limit","bracket"],"description":"bracket: a sell at limit_price, the target, or at the market when stop_price is reached"},
"tif":{"type":"string","enum":["GTC","GTD","IOC","FOK"],"description":"without: IOC for market, else GTC; market: IOC or FOK; stop_limit and bracket: GTC or GTD"},
"qty":{"type":["string","null"],"format":"decimal","description":"base units; this or quote_qty",
"examples":["0.01"]},
"quote_qty":{"type":["string","null"],"format":"decimal","description":"cost of a market buy"},
"limit_price":{"type":["string","null"],"format":"decimal"},"stop_price":{"type":["string","null"],
"format":"decimal"},
"expire":{"type":"string","format":"date-time","description":"with GTD"},
"post_only":{"type":"boolean","description":"a limit order, GTC or GTD, that is refused rather than take"},
"reason":{"type":"string","minLength":1,"maxLength":500,"description":"for the audit trail"}}})";

std::string answer_schema() {
  return std::string(R"({"type":"object","required":["id","dry_run","replayed","checks"],"properties":{
"id":{"type":"string","description":"client order id"},"dry_run":{"type":"boolean"},
"replayed":{"type":"boolean",
"description":"this key and body were answered before: no second order was made"},
"state":{"type":"string"},"qty":{"type":["string","null"],"format":"decimal"},"checks":)") +
         checks_schema + "}}";
}

constexpr const char* cancel_schema =
    R"({"type":"object","required":["id","state"],"properties":{
"id":{"type":"string"},"state":{"type":"string"}}})";

constexpr const char* reason_schema =
    R"({"type":"object","additionalProperties":false,"required":["reason"],"properties":{
"reason":{"type":"string","minLength":1,"maxLength":500,"description":"for the audit trail"}}})";

constexpr const char* state_schema =
    R"({"type":"object","required":["state","gate_open"],"properties":{
"state":{"type":"string","enum":["active","reducing","halted"]},"gate_open":{"type":"boolean"},
"cancels":{"type":"integer","description":"resting entries whose cancel the broker took"},
"cancels_failed":{"type":"integer","description":"resting entries whose cancel the broker did not take: they may still fill"},
"dry_run":{"type":"boolean","description":"nothing was done; what follows is told of a dry run alone"},
"frozen":{"type":"boolean"},"state_now":{"type":"string","enum":["active","reducing","halted"]},"gate_open_now":{"type":"boolean"},
"latched_now":{"type":"boolean","description":"the latch is set: nothing is bought, whatever the state says"},
"would_cancel":{"type":"array","description":"of a stop: the entries","items":{"type":"object","required":["id","instrument","state"],"properties":{
"id":{"type":"string"},"instrument":{"type":"string"},"state":{"type":"string"},"left":{"type":["string","null"],"format":"decimal"},
"limit_price":{"type":["string","null"],"format":"decimal"}}}},
"would_stay":{"type":"array","description":"of a stop: stops, exits, and orders of others","items":{"type":"object"}},
"would_give_up":{"type":"array","description":"of a stop: products whose strategy exit would not go on","items":{"type":"string"}},
"would_unblock":{"type":"array","description":"of a resume: products","items":{"type":"string"}},
"would_interrupt":{"type":["string","null"],"description":"of a resume: the liquidation that would end"},
"refused":{"type":["object","null"],"required":["code","message"],"properties":{"code":{"type":"string"},"message":{"type":"string"}},
"description":"why it would be refused; null: it would be done"}}})";

constexpr const char* portfolio_schema =
    R"({"type":"object","required":["version","equity","cash","positions","balances"],"properties":{
"version":{"type":"integer"},"time":{"type":["string","null"],"format":"date-time"},
"time_ns":{"type":["integer","null"]},
"currency":{"type":"string"},"state":{"type":"string","enum":["active","reducing","halted"]},
"gate_open":{"type":"boolean"},
"equity":{"type":["string","null"],"format":"decimal"},
"equity_at_bid":{"type":["string","null"],"format":"decimal","description":"with what is held at the bid: what peak, day_start and max_drawdown are reckoned by"},"cash":{"type":["string","null"],"format":"decimal"},
"exposure":{"type":["string","null"],"format":"decimal"},"realised":{"type":["string","null"],
"format":"decimal"},
"unrealised":{"type":["string","null"],"format":"decimal"},"fees":{"type":["string","null"],
"format":"decimal"},
"peak":{"type":["string","null"],"format":"decimal"},"day_start":{"type":["string","null"],
"format":"decimal"},
"max_drawdown":{"type":["string","null"],"format":"decimal","description":"fraction of the peak"},
"positions":{"type":"array","items":{"type":"object","required":["instrument","qty"],"properties":{
"instrument":{"type":"string"},"qty":{"type":"string","format":"decimal"},
"average_price":{"type":["string","null"],"format":"decimal"},"cost":{"type":["string","null"],
"format":"decimal"},
"last_price":{"type":["string","null"],"format":"decimal"},"value":{"type":["string","null"],
"format":"decimal"},
"unrealised":{"type":["string","null"],"format":"decimal"},"realised":{"type":["string","null"],
"format":"decimal"},
"fees":{"type":["string","null"],"format":"decimal"},"dust":{"type":"boolean"},
"opened":{"type":["string","null"],"format":"date-time"},"opened_ns":{"type":["integer","null"]}}}},
"balances":{"type":"array","items":{"type":"object","properties":{"asset":{"type":"string"},
"total":{"type":"string","format":"decimal"}}}},
"wallets":{"type":"array","description":"what counts as cash: each pays for the products quoted in it alone","items":{"type":"object",
"required":["asset","total","peg"],"properties":{"asset":{"type":"string"},"total":{"type":"string","format":"decimal"},
"peg":{"type":"string","enum":["holds","unknown","broken"]},"price":{"type":["string","null"],"format":"decimal"},
"rate":{"type":"string","format":"decimal","description":"what a unit counts in equity, in the currency"}}}}}})";

constexpr const char* history_schema =
    R"({"type":"object","required":["version","time","time_ns","equity"],"properties":{"version":{"type":"integer"},
"time":{"type":["string","null"],"format":"date-time"},"time_ns":{"type":["integer","null"]},
"equity":{"type":"string","format":"decimal"},"cash":{"type":"string","format":"decimal"},
"exposure":{"type":"string","format":"decimal"},"realised":{"type":"string","format":"decimal"},
"unrealised":{"type":"string","format":"decimal"},"fees":{"type":"string","format":"decimal"},
"peak":{"type":"string","format":"decimal","description":"of equity with what is held at the bid: it may lie below equity"}}})";

int trade_status(const Error& error) noexcept {
  if (error.code == "IDEMPOTENCY_KEY_REUSED" || error.code == "IDEMPOTENCY_KEY_FORGOTTEN") return 409;
  if (error.code == "JOURNAL_UNWRITABLE") return 503;
  return 422;
}

void pump(const Backend& backend) {
  if (backend.pump) backend.pump();
}

/// The order of a path parameter; an id that is too long for one is no order's.
const core::Order* find_order(const Execution& execution, std::string_view id) {
  return id.size() > 39 ? nullptr : execution.orders().find(core::ClientOrderId(id));
}

void execute(Execution& execution, const Backend& backend, const TradeRequest& q, Responder& answer) {
  if (!q.dry_run && refused_while_stopping(backend, answer)) return;
  const auto done = execution.execute(q, backend.now());
  if (!done) return answer.error(trade_status(done.error()), done.error());
  if (!q.dry_run && !done->replayed) pump(backend);
  JsonObject body;
  body.text("id", done->order.view()).boolean("dry_run", q.dry_run).boolean("replayed", done->replayed);
  if (const core::Order* o = execution.orders().find(done->order))
    body.text("state", core::to_string(o->state));
  body.amount("qty", done->qty).json("checks", checks_json(done->checks));
  answer(Response::json(q.dry_run ? 200 : 202, body.done()));
}

void cancel(Execution& execution, const Backend& backend, const Request& asked, const Answer& to) {
  const std::string_view id = asked.param("id");
  if (find_order(execution, id) == nullptr) return answer_forgotten(backend, std::string(id), to);
  Responder& answer = *to;
  const core::ClientOrderId order(id);
  if (const auto done = execution.cancel(order, backend.now(), asked.principal, asked.request_id); !done)
    return answer.error(done.error().code == "ORDER_ENDED" || done.error().code == "ORDER_EXTERNAL" ? 409 : done.error().code == "CANCEL_FAILED" ? 502 : 404, done.error());
  pump(backend);
  const core::Order* o = execution.orders().find(order);
  answer(Response::json(202, JsonObject()
                                 .text("id", order.view())
                                 .text("state", o != nullptr ? core::to_string(o->state) : "cancelled")
                                 .done()));
}

/// Memory's answer, or the store's: memory forgets orders that ended long ago.
void get_order(Execution& execution, const Backend& backend, const std::string& id, const Answer& answer) {
  if (const core::Order* o = find_order(execution, id))
    return (*answer)(Response::json(200, order_json(*o, *backend.instruments)));
  if (!backend.order) return answer->error(404, order_unknown());
  off_thread(backend, answer, [&backend, id](const Answer& a) {
    auto stored = backend.order(id);
    if (stored) return (*a)(Response::json(200, std::move(*stored)));
    const int status = store_status(stored.error());
    a->error(status, status == 404 ? order_unknown() : stored.error());
  });
}

/// The store is asked first: whatever happens meanwhile, memory's word is then the newer one.
void list_orders(Execution& execution, const Backend& backend, const store::PageAsk& ask, const Answer& answer) {
  const auto join = [&execution, &backend, ask](store::Page stored) {
    return [&execution, &backend, ask, stored = std::move(stored)](const Answer& a) {
      (*a)(Response::json(200, page_json("orders", order_page(execution.orders(), *backend.instruments, ask, stored))));
    };
  };
  if (!backend.orders || ask.only == any_working) return on_core(backend, answer, join({}));  // memory has all of these
  off_thread(backend, answer, [&backend, ask, join](const Answer& a) {
    auto stored = backend.orders(ask);
    if (!stored) return a->error(store_status(stored.error()), stored.error());
    on_core(backend, a, join(std::move(*stored)));
  });
}

/// From the store, which lags a moment behind memory: an order that is known is not denied meanwhile.
void explain_order(Execution& execution, const Backend& backend, const std::string& id, const Answer& answer) {
  auto why = backend.explain_order(id);
  if (why) return (*answer)(Response::json(200, std::move(*why)));
  const int status = store_status(why.error());
  if (status != 404) return answer->error(status, why.error());
  on_core(backend, answer, [&execution, id](const Answer& a) {
    if (find_order(execution, id) == nullptr) return a->error(404, order_unknown());
    a->error(503, {"STORE_BEHIND", "this order is known, but not stored yet: GET /orders/{id} has its state; ask again in a moment"});
  });
}

/// {reason} of the emergency routes; `dry_run` is the query's.
Result<std::string> read_reason(const Request& q, bool& dry_run) {
  if (const auto ok = only_params(q, {"dry_run"}); !ok) return ok.error();
  const auto dry = dry_run_of(q);
  if (!dry) return dry.error();
  dry_run = *dry;
  const auto body = edge::json_object(q);
  if (!body) return body.error();
  if (const auto ok = only_keys(*body, {"reason"}); !ok) return ok.error();
  return text_of(*body, "reason", true);
}

void add_order_routes(edge::Router& router, Execution& execution, Backend& backend) {
  router.add(
      {.method = Method::Post,
       .path = "/trades/execute",
       .operation_id = "execute_trade",
       .summary = "Places an order through the risk chain and the floor.",
       .description =
           "The same key and body again give the first answer with replayed true; the same key with "
           "another body is refused. Amounts are decimals in quotes.",
       .params = {{.name = "Idempotency-Key",
                   .in = "header",
                   .required = true,
                   .description = "chosen by the caller, one per order",
                   .example = "rebalance-2022-01-01-1"},
                  {.name = "dry_run", .type = "boolean", .description = "only check", .example = "true"}},
       .request_schema = trade_schema,
       .responses = {{200, {"dry run: it would be placed", answer_schema()}},
                     {202, {"recorded and handed to the broker", answer_schema()}}},
       .tag = "orders"},
      [&execution, &backend](const Request& q, Responder answer) {
        auto trade = read_trade(q, *backend.instruments);
        if (!trade) return answer.error(request_status(trade.error()), trade.error());
        on_core(backend, std::move(answer), [&execution, &backend, t = std::move(*trade)](const Answer& a) {
          execute(execution, backend, t, *a);
        });
      });
  router.add(
      {.method = Method::Get,
       .path = "/orders",
       .operation_id = "list_orders",
       .summary = "Orders, the newest last.",
       .description = std::string(page_text) +
                      " In order of the time of decision, which is also what since looks at. An order is in the list from the "
                      "answer of POST /trades/execute on: what is in memory and what is stored are one list. A page may hold "
                      "fewer than limit entries and still have more.",
       .params = {since_doc(),
                  {.name = "state", .description = "an order state, or working", .example = "working"},
                  limit_doc(), before_doc()},
       .responses = {{200, {"in order of the time of decision", page_schema("orders", order_schema)}}},
       .tag = "orders"},
      [&execution, &backend](const Request& q, Responder answer) {
        if (const auto ok = only_params(q, {"since", "state", "limit", "before"}); !ok)
          return answer.error(400, ok.error());
        auto ask = query_page(q);
        if (!ask) return answer.error(400, ask.error());
        ask->only = q.query_value("state").value_or("");
        if (!ask->only.empty() && ask->only != any_working && !core::order_state_from(ask->only))
          return answer.error(400,
                              {"PARAM_INVALID", "query parameter state must be working or an order state"});
        list_orders(execution, backend, *ask, std::make_shared<Responder>(std::move(answer)));
      });
  router.add({.method = Method::Get,
              .path = "/orders/{id}",
              .operation_id = "get_order",
              .summary = "One order as it now stands.",
              .params = {id_doc("client order id", "bl-0123456789abcdef")},
              .responses = {{200, {"the order", order_schema}}},
              .tag = "orders"},
             [&execution, &backend](const Request& q, Responder answer) {
               on_core(backend, std::move(answer), [&execution, &backend, id = std::string(q.param("id"))](const Answer& a) {
                 get_order(execution, backend, id, a);
               });
             });
  router.add({.method = Method::Delete,
              .path = "/orders/{id}",
              .operation_id = "cancel_order",
              .summary = "Asks the venue to cancel; fills may still come.",
              .params = {id_doc("client order id", "bl-0123456789abcdef")},
              .responses = {{202, {"asked for", cancel_schema}}},
              .tag = "orders"},
             [&execution, &backend](const Request& q, Responder answer) {
               on_core(backend, std::move(answer),
                       [&execution, &backend, q](const Answer& a) { cancel(execution, backend, q, a); });
             });
  router.add({.method = Method::Get,
              .path = "/orders/{id}/explain",
              .operation_id = "explain_order",
              .summary = "Why this order was made: signal, decision, sizing, checks, events, fills.",
              .params = {id_doc("client order id", "bl-0123456789abcdef")},
              .responses = {{200, {"the explanation", explain_schema}}},
              .tag = "orders"},
             [&execution, &backend](const Request& q, Responder answer) {
               if (!backend.explain_order) return answer.error(503, store_absent());
               off_thread(backend, std::make_shared<Responder>(std::move(answer)),
                          [&execution, &backend, id = std::string(q.param("id"))](const Answer& a) {
                            explain_order(execution, backend, id, a);
                          });
             });
}

void add_portfolio_routes(edge::Router& router, Execution& execution, Backend& backend) {
  router.add(
      {.method = Method::Get,
       .path = "/portfolio",
       .operation_id = "get_portfolio",
       .summary = "What is owned and what it is worth, now.",
       .responses = {{200, {"the portfolio", portfolio_schema}}},
       .tag = "portfolio"},
      [&execution, &backend](const Request& q, Responder answer) {
        if (const auto ok = only_params(q, {}); !ok) return answer.error(400, ok.error());
        on_core(backend, std::move(answer), [&execution, &backend](const Answer& a) {
          (*a)(Response::json(200, portfolio_json(execution.portfolio(), backend.now(), execution.state(),
                                                  execution.gate_open(), execution.max_drawdown())));
        });
      });
  router.add({.method = Method::Get,
              .path = "/portfolio/history",
              .operation_id = "list_portfolio_history",
              .summary = "Equity and its parts over time, from the store.",
              .description = page_text,
              .params = {since_doc(), limit_doc(), before_doc()},
              .responses = {{200, {"in order of time", page_schema("history", history_schema)}}},
              .tag = "portfolio"},
             page_route(backend, "history", backend.portfolio_history, Narrowed::by_nothing));
}

void add_emergency_route(edge::Router& router, Execution& execution, Backend& backend, bool stop) {
  router.add(
      {.method = Method::Post,
       .path = stop ? "/emergency/stop" : "/emergency/resume",
       .operation_id = stop ? "emergency_stop" : "emergency_resume",
       .summary = stop ? "Closes the gate for entries, halts trading and cancels resting entries; stops stay."
                       : "Takes the latch off, opens the gate again and trades on.",
       .description = stop ? "With dry_run=true it tells which entries would be cancelled, which orders would stay and which exits would be given "
                             "up, and what state would follow: nothing is done, and nothing stands in the audit trail."
                           : "With dry_run=true it tells what state would follow, which blocks and which liquidation would end, and why it would "
                             "be refused: nothing is done, and nothing stands in the audit trail.",
       .params = {{.name = "dry_run", .type = "boolean", .description = "only tell what would be done", .example = "true"}},
       .request_schema = reason_schema,
       .responses = {{200, {"the state trading is in now; of a dry run the one that would follow", state_schema}}},
       .tag = "emergency"},
      [&execution, &backend, stop](const Request& q, Responder answer) {
        bool dry_run = false;
        auto reason = read_reason(q, dry_run);
        if (!reason) return answer.error(400, reason.error());
        if (dry_run)
          return on_core(backend, std::move(answer), [&execution, &backend, stop, request_id = q.request_id](const Answer& a) {
            (*a)(Response::json(200, stop ? execution.plan_stop(backend.now()) : execution.plan_resume(backend.now(), request_id)));
          });
        on_core(backend, std::move(answer),
                [&execution, &backend, stop, reason = std::move(*reason), principal = q.principal,
                 request_id = q.request_id](const Answer& a) {
                  JsonObject body;
                  Cancels cancels;
                  if (stop)
                    cancels = execution.emergency_stop(backend.now(), principal, reason, request_id);
                  else if (const auto done = execution.resume(backend.now(), principal, reason, request_id); !done)
                    return a->error(done.error().code == "REQUEST_REPEATED" ? 409 : 503, done.error());
                  pump(backend);
                  body.text("state", core::to_string(execution.state()))
                      .boolean("gate_open", execution.gate_open());
                  if (stop) body.number("cancels", cancels.asked).number("cancels_failed", cancels.failed);
                  (*a)(Response::json(200, body.done()));
                });
      });
}

}  // namespace

void add_trade_execution_routes(const std::shared_ptr<edge::Router>& router, Execution& execution,
                                Backend& backend) {
  add_order_routes(*router, execution, backend);
  add_amend_route(*router, execution, backend);
  add_portfolio_routes(*router, execution, backend);
  add_inventory_routes(*router, execution, backend);
  add_reconciliation_routes(*router, execution, backend);
  add_emergency_route(*router, execution, backend, true);
  add_emergency_route(*router, execution, backend, false);
  add_liquidation_routes(*router, execution, backend);
  add_operator_routes(*router, execution, backend);
  add_risk_route(*router, execution, backend);
  add_ramp_routes(*router, execution, backend);
}

}  // namespace bowline::services
