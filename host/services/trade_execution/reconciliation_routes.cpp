// GET and POST /reconciliation: how the book stands against the venue, and an operator's word that the venue's counts.
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

constexpr const char* adoption_members =
    R"("key":{"type":"string"},"phase":{"type":"string","enum":["asking","done","failed","interrupted"],
"description":"failed: the venue did not answer all of it; interrupted: the process ended before the answer. Nothing was taken then"},
"code":{"type":["string","null"],"description":"why it failed"},
"instrument":{"type":["string","null"],"description":"null: all products"},
"who":{"type":"string"},"why":{"type":"string"},"request_id":{"type":"string"},
"begun":{"type":["string","null"],"format":"date-time"},"begun_ns":{"type":["integer","null"]},
"ended":{"type":["string","null"],"format":"date-time"},"ended_ns":{"type":["integer","null"]},
"answers":{"type":"integer","description":"whole answers of the venue"},
"flows":{"type":"array","description":"differences of balances that were booked","items":{"type":"object","required":["asset","class","amount"],"properties":{
"asset":{"type":"string"},"class":{"type":"string","enum":["deposit","withdrawal","reward","conversion","correction"]},
"amount":{"type":"string","format":"decimal"}}}},
"orders":{"type":"array","items":{"type":"object","required":["id","instrument","done","filled"],"properties":{
"id":{"type":"string"},"instrument":{"type":"string"},
"done":{"type":"string","enum":["closed","ended"],"description":"closed: at what its fills add up to; ended: as cancelled, the venue does not know it"},
"filled":{"type":["string","null"],"format":"decimal"},"told":{"type":["string","null"],"format":"decimal","description":"filled by the venue's word"}}}},
"unblocked":{"type":"array","items":{"type":"string"}},
"left":{"type":"array","description":"what stays as it is","items":{"type":"object","required":["what","code","why"],"properties":{
"what":{"type":"string","description":"an instrument or an asset"},"code":{"type":"string","description":"of the reason; empty: a balance"},
"why":{"type":"string"}}}})";

constexpr const char* state_schema_head =
    R"({"type":"object","required":["agrees","time","asked","answered","answered_whole","agreed","unanswered","held_back","products","orders","balances","adoption"],"properties":{
"agrees":{"type":"boolean","description":"nothing is blocked, nothing differs, every fate is known, and all is answered"},
"time":{"type":["string","null"],"format":"date-time"},"time_ns":{"type":["integer","null"]},
"asked":{"type":["string","null"],"format":"date-time","description":"when the venue was asked last; engine time, as all here"},"asked_ns":{"type":["integer","null"]},
"answered":{"type":["string","null"],"format":"date-time"},"answered_ns":{"type":["integer","null"]},
"answered_whole":{"type":"boolean"},
"agreed":{"type":["string","null"],"format":"date-time","description":"when its balances were the ledger's last; null: not in this process"},"agreed_ns":{"type":["integer","null"]},
"unanswered":{"type":"array","items":{"type":"object","required":["request","since","since_ns"],"properties":{"request":{"type":"integer"},
"since":{"type":["string","null"],"format":"date-time"},"since_ns":{"type":["integer","null"]}}}},
"held_back":{"type":"integer","description":"told by the venue before their time: in a resumed run of recorded time"},
"products":{"type":"array","items":{"type":"object","required":["instrument","blocked","reasons","managed","unmanaged","entries_held"],"properties":{
"instrument":{"type":"string"},"blocked":{"type":"boolean","description":"nothing more is bought of it"},
"reasons":{"type":"array","items":{"type":"object","required":["code","text","order","since","since_ns","lifts","stays"],"properties":{
"code":{"type":"string","description":"of the incident"},"text":{"type":"string"},"order":{"type":["string","null"]},
"since":{"type":["string","null"],"format":"date-time"},"since_ns":{"type":["integer","null"]},
"lifts":{"type":"boolean","description":"an adoption would take it off"},"stays":{"type":["string","null"],"description":"why it would not"}}}},
"managed":{"type":"string","format":"decimal"},"unmanaged":{"type":["string","null"],"format":"decimal"},
"entries_held":{"type":["string","null"],"description":"code of what holds entries while it lasts"}}}},
"orders":{"type":"array","items":{"type":"object","required":["id","instrument","side","trouble","state","filled","would"],"properties":{
"id":{"type":"string"},"instrument":{"type":"string"},"side":{"type":"string","enum":["BUY","SELL"]},
"trouble":{"type":"string","enum":["unknown","gone","fills_missing","external"],
"description":"gone: the venue does not know it any more; external: not made here, no trouble by itself"},
"state":{"type":"string"},"qty":{"type":["string","null"],"format":"decimal"},"filled":{"type":["string","null"],"format":"decimal"},
"told":{"type":["string","null"],"format":"decimal","description":"filled by the venue's word"},
"would":{"type":["string","null"],"enum":["close","end",null],"description":"what an adoption would do with it"}}}},
"balances":{"type":"array","items":{"type":"object","required":["asset","ledger","venue","difference","by_fees","would","doubt"],"properties":{
"asset":{"type":"string"},"ledger":{"type":["string","null"],"format":"decimal"},
"venue":{"type":["string","null"],"format":"decimal","description":"its last word; null: it told none in this process"},
"told":{"type":["string","null"],"format":"date-time"},"told_ns":{"type":["integer","null"]},
"difference":{"type":["string","null"],"format":"decimal","description":"what the venue has more"},
"by_fees":{"type":"boolean","description":"fees that were not told explain it"},
"would":{"type":["string","null"],"description":"the class that an adoption would book it as"},
"doubt":{"type":["string","null"],"description":"why it can't be taken"}}}},
"adoption":{"description":"the one on its way, or the last","type":["object","null"],"properties":{)";

std::string state_schema() { return std::string(state_schema_head) + adoption_members + "}}}}"; }
std::string adoption_schema() {
  return std::string(R"({"type":"object","required":["replayed","key","phase","flows","orders","unblocked","left"],"properties":{
"replayed":{"type":"boolean","description":"this key was commanded before: nothing was done again"},)") +
         adoption_members + "}}";
}
/// Of action ask, or of action adopt_venue.
std::string answer_schema() {
  return R"({"anyOf":[{"type":"object","required":["asked","unanswered"],"additionalProperties":false,"properties":{
"asked":{"type":"boolean","description":"false: it was being asked already, and is asked once more behind that"},
"unanswered":{"type":"integer","description":"questions that are out"}}},)" +
         adoption_schema() + "]}";
}

constexpr const char* request_schema =
    R"({"type":"object","additionalProperties":false,"required":["action","reason"],"properties":{
"action":{"type":"string","enum":["ask","adopt_venue"]},
"reason":{"type":"string","minLength":1,"maxLength":500,"description":"for the audit trail"},
"instrument":{"type":"string","description":"with adopt_venue: only this product; without: all","examples":["BTC-USD"]},
"confirm":{"type":"boolean","description":"with adopt_venue: must be true"}}})";

struct Asked {
  bool adopt = false;
  AskRequest ask;
  AdoptRequest adoption;
};

Result<Asked> read_action(const Request& q, const core::InstrumentTable& table) {
  if (const auto ok = only_params(q, {}); !ok) return ok.error();
  const auto body = edge::json_object(q);
  if (!body) return body.error();
  if (const auto ok = only_keys(*body, {"action", "reason", "instrument", "confirm"}); !ok) return ok.error();
  const auto action = text_of(*body, "action", true, 16);
  if (!action) return action.error();
  Asked out;
  out.adopt = *action == "adopt_venue";
  if (!out.adopt && *action != "ask") return Error{"JSON_VALUE", "key action must be one of ask, adopt_venue", {{"key", "action"}}};
  auto reason = text_of(*body, "reason", true);
  if (!reason) return reason.error();
  if (!out.adopt) {
    for (const char* key : {"instrument", "confirm"})
      if (body->contains(key)) return Error{"JSON_VALUE", std::string("key ") + key + " goes with action adopt_venue alone", {{"key", key}}};
    out.ask = {std::move(*reason), q.principal, q.request_id};
    return out;
  }
  auto key = idempotency_key(q);
  if (!key) return key.error();
  const auto confirm = body->find("confirm");
  if (confirm == body->end() || !confirm->is_boolean() || !confirm->get<bool>())
    return Error{"CONFIRM_MISSING", "the venue's word replaces what the book has: that needs \"confirm\":true; GET /reconciliation tells first what it would do",
                 {{"key", "confirm"}}};
  const auto instrument = text_of(*body, "instrument", false, 40);
  if (!instrument) return instrument.error();
  if (body->contains("instrument")) {
    out.adoption.instrument = table.find(*instrument);
    if (!out.adoption.instrument) return Error{"INSTRUMENT_UNKNOWN", "the instrument named is not among the configured ones"};
  }
  out.adoption.key = std::move(*key);
  out.adoption.reason = std::move(*reason);
  out.adoption.principal = q.principal;
  out.adoption.request_id = q.request_id;
  return out;
}

int status_of(const Error& error) noexcept {
  if (error.code == "JOURNAL_UNWRITABLE") return 503;
  return error.code == "RECONCILE_NOT_ASKED" ? 502 : 409;
}

void pump(const Backend& backend) {
  if (backend.pump) backend.pump();
}

void ask(Execution& execution, const Backend& backend, const AskRequest& q, Responder& answer) {
  const auto asked = execution.ask_again(q, backend.now());
  if (!asked) return answer.error(status_of(asked.error()), asked.error());
  pump(backend);
  answer(Response::json(202, JsonObject().boolean("asked", *asked).number("unanswered", std::uint64_t{execution.reconciliation().unanswered.size()}).done()));
}

void adopt(Execution& execution, const Backend& backend, const AdoptRequest& q, Responder& answer) {
  bool replayed = false;
  const auto begun = execution.adopt_venue(q, backend.now(), replayed);
  if (!begun) return answer.error(status_of(begun.error()), begun.error());
  if (!replayed) pump(backend);
  const bool out = execution.adopting();
  if (!out && !execution.journal_ok())
    return answer.error(503, {"JOURNAL_UNWRITABLE", "what was adopted is in force in this process and not durable: the journal can't be written, and a restart would not know of it"});
  const auto now = execution.adoption(q.key);
  answer(Response::json(out ? 202 : 200, std::string(R"({"replayed":)") + (replayed ? "true," : "false,") + now.value_or(*begun).substr(1)));
}

}  // namespace

void add_reconciliation_routes(edge::Router& router, Execution& execution, Backend& backend) {
  router.add({.method = Method::Get,
              .path = "/reconciliation",
              .operation_id = "get_reconciliation",
              .summary = "How the book stands against the venue: what was asked, what differs, what is blocked and why.",
              .description = "The venue's words are its last ones: POST with action ask has it asked now. What an adoption would do stands with each entry.",
              .responses = {{200, {"as it is now", state_schema()}}},
              .tag = "operator"},
             [&execution, &backend](const Request& q, Responder answer) {
               if (const auto ok = only_params(q, {}); !ok) return answer.error(400, ok.error());
               on_core(backend, std::move(answer), [&execution, &backend](const Answer& a) {
                 (*a)(Response::json(200, reconciliation_json(execution.reconciliation(), *backend.instruments, backend.now())));
               });
             });
  router.add(
      {.method = Method::Post,
       .path = "/reconciliation",
       .operation_id = "reconcile",
       .summary = "Asks the venue now, or takes what stands unexplained as the venue tells it.",
       .description =
           "adopt_venue asks the venue until two answers agree, then books differences of balances by their class, closes ended orders whose fills are "
           "missing at what they add up to, ends orders that the venue does not know, and unblocks what is explained so. It makes no order, cancels none "
           "and sells nothing. One key is one adoption; one that took nothing may be commanded again with it.",
       .params = {{.name = "Idempotency-Key", .in = "header", .description = "with adopt_venue: chosen by the caller, one per adoption", .example = "adopt-2022-01-01"}},
       .request_schema = request_schema,
       .responses = {{200, {"adopted, or why not", adoption_schema()}},
                     {202, {"asked; of an adoption GET /reconciliation tells when it is over", answer_schema()}}},
       .tag = "operator"},
      [&execution, &backend](const Request& q, Responder answer) {
        auto asked = read_action(q, *backend.instruments);
        if (!asked) return answer.error(request_status(asked.error()), asked.error());
        on_core(backend, std::move(answer), [&execution, &backend, r = std::move(*asked)](const Answer& a) {
          r.adopt ? adopt(execution, backend, r.adoption, *a) : ask(execution, backend, r.ask, *a);
        });
      });
}

}  // namespace bowline::services
