// GET and POST /risk/ramp, POST /trading/rollout: what an operator says of a run that starts carefully (trading rules 3.5, 6).
#include <nlohmann/json.hpp>
#include <optional>

#include "config/values.hpp"
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

constexpr std::uint32_t most_orders = 1'000'000;

constexpr const char* ramp_request_schema =
    R"({"type":"object","additionalProperties":false,"required":["reason"],"properties":{
"usd_per_day":{"type":"string","format":"decimal","description":"the most that the entries of a UTC day may be worth, quote currency; without: as it is","examples":["5000"]},
"orders_per_day":{"type":"integer","minimum":1,"maximum":1000000,"description":"the most entries that may be ordered in a UTC day; without: as it is"},
"off":{"type":"boolean","description":"true, alone: no ramp any more; the floor's own limits go on"},
"reason":{"type":"string","minLength":1,"maxLength":500,"description":"for the audit trail"}}})";

constexpr const char* rollout_request_schema =
    R"({"type":"object","additionalProperties":false,"required":["reason"],"properties":{
"within":{"type":"string","description":"how long the stop and the start may take together, to 24h; without: 15m","examples":["15m"]},
"reason":{"type":"string","minLength":1,"maxLength":500,"description":"for the audit trail"}}})";

std::string ramp_schema(bool changed) {
  const std::string number = R"({"type":["string","null"],"format":"decimal","description":"null: not bounded"})";
  const std::string orders = R"({"type":["integer","null"],"description":"null: not bounded"})";
  return R"({"type":"object","required":["usd_per_day","orders_per_day","used_usd","used_orders","who","why"],"properties":{"usd_per_day":)" + number +
         R"(,"orders_per_day":)" + orders + R"(,"used_usd":{"type":"string","format":"decimal"},"used_orders":{"type":"integer"},"configured":{"type":"object","properties":{"usd_per_day":)" +
         number + R"(,"orders_per_day":)" + orders +
         R"(}},"who":{"type":"string"},"why":{"type":"string"},"since":{"type":["string","null"],"format":"date-time"},"since_ns":{"type":["integer","null"]})" +
         (changed ? R"(,"replayed":{"type":"boolean","description":"this request was taken before: nothing was changed"})" : "") + "}}";
}

constexpr const char* rollout_schema =
    R"({"type":"object","required":["until"],"properties":{"until":{"type":["string","null"],"format":"date-time"},"until_ns":{"type":["integer","null"]}}})";

JsonObject& put(JsonObject& out, const RampLimits& l) {
  out.amount("usd_per_day", l.usd_per_day);
  if (l.orders_per_day == 0) out.json("orders_per_day", "null");
  else out.number("orders_per_day", std::uint64_t{l.orders_per_day});
  return out;
}

std::string ramp_json(const Execution& e, core::Nanos now, std::optional<bool> replayed) {
  const Ramp& ramp = e.ramp();
  JsonObject out, configured;
  put(out, ramp.limits())
      .amount("used_usd", e.risk_use(now).day_notional)
      .number("used_orders", std::uint64_t{e.entries_today(now)})
      .json("configured", put(configured, ramp.configured()).done())
      .text("who", ramp.who().empty() ? std::string_view("not authenticated") : std::string_view(ramp.who()))
      .text("why", ramp.why())
      .time("since", ramp.since());
  if (replayed) out.boolean("replayed", *replayed);
  return out.done();
}

/// What was said; what was not stays as it is when it is carried out.
struct RampWish {
  std::optional<Decimal> usd_per_day;
  std::optional<std::uint32_t> orders_per_day;
  bool off = false;
  RampRequest request;
};

Result<RampWish> read_ramp_wish(const Request& q) {
  if (const auto ok = only_params(q, {}); !ok) return ok.error();
  const auto body = edge::json_object(q);
  if (!body) return body.error();
  if (const auto ok = only_keys(*body, {"usd_per_day", "orders_per_day", "off", "reason"}); !ok) return ok.error();
  RampWish out;
  const auto usd = decimal_of(*body, "usd_per_day");
  if (!usd) return usd.error();
  if (usd->is_set()) out.usd_per_day = *usd;
  if (body->contains("usd_per_day") && (!usd->is_set() || !usd->is_positive()))
    return Error{"JSON_VALUE", "key usd_per_day must be above 0; off takes the ramp away", {{"key", "usd_per_day"}}};
  if (const auto it = body->find("orders_per_day"); it != body->end()) {
    if (!it->is_number_integer()) return Error{"JSON_TYPE", "key orders_per_day must be a whole number", {{"key", "orders_per_day"}}};
    if (!it->is_number_unsigned() || it->get<std::uint64_t>() < 1 || it->get<std::uint64_t>() > most_orders)
      return Error{"JSON_VALUE", "key orders_per_day must be 1 to " + std::to_string(most_orders) + "; off takes the ramp away", {{"key", "orders_per_day"}}};
    out.orders_per_day = it->get<std::uint32_t>();
  }
  if (const auto it = body->find("off"); it != body->end()) {
    if (!it->is_boolean()) return Error{"JSON_TYPE", "key off must be true or false", {{"key", "off"}}};
    out.off = it->get<bool>();
  }
  if (out.off && (out.usd_per_day || out.orders_per_day)) return Error{"JSON_VALUE", "key off stands alone: with it nothing is bounded", {{"key", "off"}}};
  if (!out.off && !out.usd_per_day && !out.orders_per_day)
    return Error{"JSON_KEY_MISSING", "one of usd_per_day, orders_per_day and off is needed", {{"key", "usd_per_day"}}};
  auto reason = text_of(*body, "reason", true);
  if (!reason) return reason.error();
  out.request.reason = std::move(*reason);
  out.request.principal = q.principal;
  out.request.request_id = q.request_id;
  return out;
}

int status_of(const Error& error) noexcept {
  if (error.code == "JOURNAL_UNWRITABLE") return 503;
  return error.code == "ROLLOUT_WINDOW" ? 422 : 409;
}

void set_ramp(Execution& execution, const Backend& backend, const RampWish& wish, Responder& answer) {
  RampRequest q = wish.request;
  if (!wish.off) q.wanted = execution.ramp().limits();
  if (wish.usd_per_day) q.wanted.usd_per_day = *wish.usd_per_day;
  if (wish.orders_per_day) q.wanted.orders_per_day = *wish.orders_per_day;
  const auto done = execution.set_ramp(q, backend.now());
  if (!done) return answer.error(status_of(done.error()), done.error());
  answer(Response::json(200, ramp_json(execution, backend.now(), *done)));
}

struct RolloutWish {
  core::Nanos within = 15 * core::Nanos{60'000'000'000};
  RolloutRequest request;
};

Result<RolloutWish> read_rollout(const Request& q) {
  if (const auto ok = only_params(q, {}); !ok) return ok.error();
  const auto body = edge::json_object(q);
  if (!body) return body.error();
  if (const auto ok = only_keys(*body, {"within", "reason"}); !ok) return ok.error();
  RolloutWish out;
  if (body->contains("within")) {
    const auto text = text_of(*body, "within", true, 20);
    if (!text) return text.error();
    const auto ns = config::parse_duration(*text);
    if (!ns || *ns <= 0 || *ns > longest_rollout)
      return Error{"JSON_VALUE", "key within must be a duration such as 15m, and 24h at most", {{"key", "within"}}};
    out.within = *ns;
  }
  auto reason = text_of(*body, "reason", true);
  if (!reason) return reason.error();
  out.request.reason = std::move(*reason);
  out.request.principal = q.principal;
  out.request.request_id = q.request_id;
  return out;
}

void add_ramp(edge::Router& router, Execution& execution, Backend& backend) {
  router.add({.method = Method::Get,
              .path = "/risk/ramp",
              .operation_id = "get_ramp",
              .summary = "The ramp of the first days: what it lets through in a UTC day, what is used of it, and who set it when and why.",
              .responses = {{200, {"as it is now", ramp_schema(false)}}},
              .tag = "operator"},
             [&execution, &backend](const Request& q, Responder answer) {
               if (const auto ok = only_params(q, {}); !ok) return answer.error(400, ok.error());
               on_core(backend, std::move(answer), [&execution, &backend](const Answer& a) {
                 (*a)(Response::json(200, ramp_json(execution, backend.now(), std::nullopt)));
               });
             });
  router.add({.method = Method::Post,
              .path = "/risk/ramp",
              .operation_id = "set_ramp",
              .summary = "Raises the ramp of the first days, lowers it, or takes it away.",
              .description = "It binds entries alone, below the floor's own limits, and stands through restarts. What is not said stays as it is. What loosens is "
                             "taken once per X-Request-Id.",
              .request_schema = ramp_request_schema,
              .responses = {{200, {"the ramp as it is now", ramp_schema(true)}}},
              .tag = "operator"},
             [&execution, &backend](const Request& q, Responder answer) {
               auto wish = read_ramp_wish(q);
               if (!wish) return answer.error(request_status(wish.error()), wish.error());
               on_core(backend, std::move(answer), [&execution, &backend, w = std::move(*wish)](const Answer& a) { set_ramp(execution, backend, w, *a); });
             });
}

void add_rollout(edge::Router& router, Execution& execution, Backend& backend) {
  router.add({.method = Method::Post,
              .path = "/trading/rollout",
              .operation_id = "announce_rollout",
              .summary = "Says that the next stop is a planned roll-out's: the process after it goes on in the state that this one was in.",
              .description = "For a run that starts reducing (execution.starts_reducing, and each live one). Only if this process is stopped in order and the next one "
                             "starts until then, and if the book and the venue agree; else that one starts reducing as ever. Taken once per X-Request-Id.",
              .request_schema = rollout_request_schema,
              .responses = {{200, {"announced", rollout_schema}}},
              .tag = "operator"},
             [&execution, &backend](const Request& q, Responder answer) {
               auto wish = read_rollout(q);
               if (!wish) return answer.error(request_status(wish.error()), wish.error());
               on_core(backend, std::move(answer), [&execution, &backend, w = std::move(*wish)](const Answer& a) {
                 RolloutRequest r = w.request;
                 const core::Nanos now = backend.now();
                 r.until = now + w.within;
                 if (const auto done = execution.announce_rollout(r, now); !done) return a->error(status_of(done.error()), done.error());
                 (*a)(Response::json(200, JsonObject().time("until", r.until).done()));
               });
             });
}

}  // namespace

void add_ramp_routes(edge::Router& router, Execution& execution, Backend& backend) {
  add_ramp(router, execution, backend);
  add_rollout(router, execution, backend);
}

}  // namespace bowline::services
