// The operator's routes beside orders: trading states, locks, and closing a whole position.
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

/// What has to be said, word for word, for a state in which not even a stop sells.
constexpr std::string_view freeze_words = "I want no exits and no stops";

constexpr const char* state_request_schema =
    R"({"type":"object","additionalProperties":false,"required":["state","reason"],"properties":{
"state":{"type":"string","enum":["active","reducing","halted"]},
"reason":{"type":"string","minLength":1,"maxLength":500,"description":"for the audit trail"},
"instrument":{"type":"string","description":"only this product; without: all together","examples":["BTC-USD"]},
"freeze":{"type":"boolean","description":"with halted: no exit and no stop runs either"},
"confirm":{"type":"string","description":"with freeze: exactly `I want no exits and no stops`"}}})";

constexpr const char* lock_request_schema =
    R"({"type":"object","additionalProperties":false,"required":["reason"],"properties":{
"reason":{"type":"string","minLength":1,"maxLength":500,"description":"for the audit trail"},
"until":{"type":"string","description":"a time in UTC, or ns since 1970, in engine time; without: until it is unlocked",
"examples":["2022-01-01T12:00:00Z"]}}})";

constexpr const char* reason_schema =
    R"({"type":"object","additionalProperties":false,"required":["reason"],"properties":{
"reason":{"type":"string","minLength":1,"maxLength":500,"description":"for the audit trail"}}})";

std::string trading_schema(bool changed) {
  const std::string standing =
      R"("state":{"type":"string","enum":["active","reducing","halted"]},"frozen":{"type":"boolean","description":"no exits either"},
"who":{"type":"string"},"why":{"type":"string"},"since":{"type":["string","null"],"format":"date-time","description":"null: from the start"},
"since_ns":{"type":["integer","null"]})";
  return R"({"type":"object","required":["state","frozen","gate_open","who","why","products"],"properties":{)" + standing +
         R"(,"gate_open":{"type":"boolean","description":"false after an emergency stop, until a resume"},)" +
         (changed ? R"("cancels":{"type":"integer","description":"resting entries whose cancel the broker took"},
"cancels_failed":{"type":"integer","description":"resting entries whose cancel the broker did not take: they may still fill"},
"replayed":{"type":"boolean","description":"this request was taken before: nothing was changed"},)"
                  : "") +
         R"("products":{"type":"array","items":{"type":"object","required":["instrument","state","effective","entries"],"properties":{
"instrument":{"type":"string"},)" +
         standing +
         R"(,"effective":{"type":"string","enum":["active","reducing","halted"],"description":"the stricter of its own state and everybody's"},
"entries":{"type":"boolean","description":"whether anything more may be bought of it, as far as states, locks, lists and blocks say"},
"blocked":{"type":"boolean","description":"the venue reported what can't be explained"},
"listed":{"type":"boolean","description":"by execution.allow and execution.deny"},
"closing":{"type":"boolean","description":"its position is being closed by an operator's word"},
"lock":{"type":["object","null"],"required":["who","why"],"properties":{"until":{"type":["string","null"],"format":"date-time"},
"until_ns":{"type":["integer","null"]},"since":{"type":["string","null"],"format":"date-time"},"since_ns":{"type":["integer","null"]},
"who":{"type":"string"},"why":{"type":"string"}}}}}}}})";
}

constexpr const char* close_schema =
    R"({"type":"object","required":["instrument","held","closing","cancels","cancels_failed","replayed"],"properties":{
"instrument":{"type":"string"},"held":{"type":"string","format":"decimal"},
"closing":{"type":"boolean","description":"not all is sold yet; it goes on by itself"},
"order":{"type":["string","null"],"description":"the sale that works now; null: it waits for a cancel, or all is sold"},
"cancels":{"type":"integer"},"cancels_failed":{"type":"integer"},
"replayed":{"type":"boolean","description":"this key and body were answered before: no second close"}}})";

/// Over a port that authenticates nobody the caller has no name.
std::string_view author(const std::string& who) { return who.empty() ? "not authenticated" : std::string_view(who); }

void write_standing(JsonObject& out, const StandingState& s) {
  out.text("state", core::to_string(s.state)).boolean("frozen", s.frozen).text("who", author(s.who)).text("why", s.why).time("since", s.since);
}

std::string product_json(const Execution& e, const core::Instrument& ins, core::Nanos now) {
  const TradingStates& states = e.states();
  JsonObject out;
  out.text("instrument", ins.symbol);
  write_standing(out, states.own(ins.id));
  const ProductLock* lock = states.lock_of(ins.id, now);
  out.text("effective", core::to_string(states.of(ins.id)))
      .boolean("entries", e.gate_open() && states.of(ins.id) == core::TradingState::active && lock == nullptr &&
                              states.listed(ins.id) && !e.blocked(ins.id))
      .boolean("blocked", e.blocked(ins.id))
      .boolean("listed", states.listed(ins.id))
      .boolean("closing", e.closing(ins.id));
  if (lock == nullptr)
    out.json("lock", "null");
  else
    out.json("lock", JsonObject().time("until", lock->until).time("since", lock->since).text("who", author(lock->who)).text("why", lock->why).done());
  return out.done();
}

std::string trading_json(const Execution& e, const Backend& backend, const StateAnswer* changed) {
  const core::Nanos now = backend.now();
  JsonObject out;
  write_standing(out, e.states().global());
  out.boolean("gate_open", e.gate_open());
  if (changed != nullptr)
    out.number("cancels", std::uint64_t{changed->cancels.asked})
        .number("cancels_failed", std::uint64_t{changed->cancels.failed})
        .boolean("replayed", changed->replayed);
  std::vector<std::string> products;
  for (const core::Instrument& ins : backend.instruments->all()) products.push_back(product_json(e, ins, now));
  return out.json("products", json_array(products)).done();
}

Error no_such_instrument() { return {"INSTRUMENT_UNKNOWN", "the instrument named is not among the configured ones"}; }

void pump(const Backend& backend) {
  if (backend.pump) backend.pump();
}

int status_of(const Error& error) noexcept {
  if (error.code == "JOURNAL_UNWRITABLE") return 503;
  if (error.code == "LOCK_EXPIRED" || error.code == "POSITION_FLAT" || error.code == "POSITION_DUST") return 422;
  return 409;
}

void answer_change(const Execution& execution, const Backend& backend, const Result<StateAnswer>& done, Responder& answer) {
  if (!done) return answer.error(status_of(done.error()), done.error());
  pump(backend);
  answer(Response::json(200, trading_json(execution, backend, &*done)));
}

Result<StateRequest> read_state(const Request& q, const core::InstrumentTable& table) {
  if (const auto ok = only_params(q, {}); !ok) return ok.error();
  const auto body = edge::json_object(q);
  if (!body) return body.error();
  if (const auto ok = only_keys(*body, {"state", "reason", "instrument", "freeze", "confirm"}); !ok) return ok.error();
  StateRequest out;
  const auto state = text_of(*body, "state", true, 16);
  if (!state) return state.error();
  bool known = false;
  for (const auto s : {core::TradingState::active, core::TradingState::reducing, core::TradingState::halted})
    if (core::to_string(s) == *state) {
      out.state = s;
      known = true;
    }
  if (!known) return Error{"JSON_VALUE", "key state must be one of active, reducing, halted", {{"key", "state"}}};
  auto reason = text_of(*body, "reason", true);
  if (!reason) return reason.error();
  const auto instrument = text_of(*body, "instrument", false, 40);
  if (!instrument) return instrument.error();
  if (const auto it = body->find("freeze"); it != body->end()) {
    if (!it->is_boolean()) return Error{"JSON_TYPE", "key freeze must be true or false", {{"key", "freeze"}}};
    out.freeze = it->get<bool>();
  }
  const auto confirm = text_of(*body, "confirm", false, 100);
  if (!confirm) return confirm.error();
  if (out.freeze && out.state != core::TradingState::halted)
    return Error{"JSON_VALUE", "freeze goes with state halted alone", {{"key", "freeze"}}};
  if (out.freeze && *confirm != freeze_words)
    return Error{"CONFIRM_MISSING", "freeze stops every exit and every stop: it needs confirm, exactly: " + std::string(freeze_words),
                 {{"key", "confirm"}}};
  if (body->contains("instrument")) {
    out.instrument = table.find(*instrument);
    if (!out.instrument) return no_such_instrument();
  }
  out.reason = std::move(*reason);
  out.principal = q.principal;
  out.request_id = q.request_id;
  return out;
}

Result<LockRequest> read_lock(const Request& q, const core::InstrumentTable& table, bool lock) {
  if (const auto ok = only_params(q, {}); !ok) return ok.error();
  const auto body = edge::json_object(q);
  if (!body) return body.error();
  if (const auto ok = lock ? only_keys(*body, {"reason", "until"}) : only_keys(*body, {"reason"}); !ok) return ok.error();
  LockRequest out;
  auto reason = text_of(*body, "reason", true);
  if (!reason) return reason.error();
  if (lock && body->contains("until")) {
    const auto text = text_of(*body, "until", true, 40);
    if (!text) return text.error();
    const auto at = parse_time(*text, "until");
    if (!at || *at <= 0) return Error{"JSON_VALUE", "key until must be a time like 2022-01-01T00:05:00Z, or ns since 1970", {{"key", "until"}}};
    out.until = *at;
  }
  out.instrument = table.find(q.param("symbol"));
  if (!out.instrument) return no_such_instrument();
  out.reason = std::move(*reason);
  out.principal = q.principal;
  out.request_id = q.request_id;
  return out;
}

edge::ParamDoc symbol_path() {
  return {.name = "symbol", .in = "path", .required = true, .description = "instrument as configured", .example = "BTC-USD"};
}

void add_state_routes(edge::Router& router, Execution& execution, Backend& backend) {
  router.add({.method = Method::Get,
              .path = "/trading/state",
              .operation_id = "get_trading_state",
              .summary = "What may be traded: of all products together and of each, who said so, when and why.",
              .responses = {{200, {"the states", trading_schema(false)}}},
              .tag = "operator"},
             [&execution, &backend](const Request& q, Responder answer) {
               if (const auto ok = only_params(q, {}); !ok) return answer.error(400, ok.error());
               on_core(backend, std::move(answer), [&execution, &backend](const Answer& a) {
                 (*a)(Response::json(200, trading_json(execution, backend, nullptr)));
               });
             });
  router.add(
      {.method = Method::Post,
       .path = "/trading/state",
       .operation_id = "set_trading_state",
       .summary = "Active, reducing or halted, for one product or for all.",
       .description =
           "Reducing: nothing is bought, resting entries are cancelled, all exits run. Halted: strategy exits do not run either; protective stops "
           "and the operator's exits do. With freeze nothing sells at all. What loosens is taken once per X-Request-Id. After an "
           "emergency stop only POST /emergency/resume loosens.",
       .request_schema = state_request_schema,
       .responses = {{200, {"the states as they are now", trading_schema(true)}}},
       .tag = "operator"},
      [&execution, &backend](const Request& q, Responder answer) {
        auto asked = read_state(q, *backend.instruments);
        if (!asked) return answer.error(request_status(asked.error()), asked.error());
        on_core(backend, std::move(answer), [&execution, &backend, s = std::move(*asked)](const Answer& a) {
          answer_change(execution, backend, execution.set_trading_state(s, backend.now()), *a);
        });
      });
}

void add_lock_route(edge::Router& router, Execution& execution, Backend& backend, bool lock) {
  router.add({.method = Method::Post,
              .path = lock ? "/positions/{symbol}/lock" : "/positions/{symbol}/unlock",
              .operation_id = lock ? "lock_position" : "unlock_position",
              .summary = lock ? "Nothing more is bought of the product until the lock expires; exits run." : "Takes the lock off.",
              .params = {symbol_path()},
              .request_schema = lock ? lock_request_schema : reason_schema,
              .responses = {{200, {"the states as they are now", trading_schema(true)}}},
              .tag = "operator"},
             [&execution, &backend, lock](const Request& q, Responder answer) {
               auto asked = read_lock(q, *backend.instruments, lock);
               if (!asked) return answer.error(request_status(asked.error()), asked.error());
               on_core(backend, std::move(answer), [&execution, &backend, lock, l = std::move(*asked)](const Answer& a) {
                 answer_change(execution, backend, lock ? execution.lock(l, backend.now()) : execution.unlock(l, backend.now()), *a);
               });
             });
}

void close_position(Execution& execution, const Backend& backend, const CloseRequest& c, Responder& answer) {
  const auto done = execution.close_position(c, backend.now());
  if (!done) return answer.error(status_of(done.error()), done.error());
  if (!done->replayed) pump(backend);
  JsonObject out;
  out.text("instrument", (*backend.instruments)[c.instrument].symbol)
      .amount("held", execution.portfolio().position(c.instrument).qty)
      .boolean("closing", execution.closing(c.instrument) && done->closing);
  if (done->order.empty()) out.json("order", "null");
  else out.text("order", done->order.view());
  out.number("cancels", std::uint64_t{done->cancels.asked})
      .number("cancels_failed", std::uint64_t{done->cancels.failed})
      .boolean("replayed", done->replayed);
  answer(Response::json(202, out.done()));
}

void add_close_route(edge::Router& router, Execution& execution, Backend& backend) {
  router.add(
      {.method = Method::Post,
       .path = "/positions/{symbol}/close",
       .operation_id = "close_position",
       .summary = "Sells a whole position, at the operator's rank.",
       .description =
           "What of the product rests is cancelled first; the sale follows by itself, and is made again until all is sold. Works while reducing "
           "and halted, not in freeze. The same key and body again give the same close. Nothing keeps a strategy from buying it "
           "again afterwards: lock it.",
       .params = {symbol_path(),
                  {.name = "Idempotency-Key", .in = "header", .required = true, .description = "chosen by the caller, one per close", .example = "close-btc-1"}},
       .request_schema = reason_schema,
       .responses = {{202, {"it is being sold", close_schema}}},
       .tag = "operator"},
      [&execution, &backend](const Request& q, Responder answer) {
        auto key = idempotency_key(q);
        if (!key) return answer.error(400, key.error());
        auto read = read_lock(q, *backend.instruments, false);
        if (!read) return answer.error(request_status(read.error()), read.error());
        CloseRequest c{read->instrument, std::move(*key), std::move(read->reason), q.principal, q.request_id};
        on_core(backend, std::move(answer), [&execution, &backend, c = std::move(c)](const Answer& a) {
          close_position(execution, backend, c, *a);
        });
      });
}

}  // namespace

void add_operator_routes(edge::Router& router, Execution& execution, Backend& backend) {
  add_state_routes(router, execution, backend);
  add_lock_route(router, execution, backend, true);
  add_lock_route(router, execution, backend, false);
  add_close_route(router, execution, backend);
}

}  // namespace bowline::services
