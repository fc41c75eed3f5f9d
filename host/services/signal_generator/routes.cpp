#include "services/signal_generator/routes.hpp"

#include "edge/json_body.hpp"
#include "services/runtime/json_values.hpp"
#include "services/runtime/route_help.hpp"

namespace bowline::services {
namespace {

using edge::Method;
using edge::Request;
using edge::Responder;
using edge::Response;

std::shared_ptr<const std::string> listed(std::string_view items) {
  return std::make_shared<const std::string>("{\"signals\":[" + std::string(items) + "]}");
}

}  // namespace

LatestSignals::LatestSignals(const core::InstrumentTable& table) : table_(table), newest_(table.size()) {
  Texts none{listed(""), std::vector<std::shared_ptr<const std::string>>(table.size(), listed("")), 0};
  texts_.store(std::make_shared<const Texts>(std::move(none)), std::memory_order_release);
}

void LatestSignals::take(std::span<const core::Prediction> predictions) {
  if (predictions.empty()) return;
  const std::scoped_lock hold(lock_);
  for (const core::Prediction& p : predictions)
    if (p.instrument && p.instrument.value <= newest_.size()) newest_[p.instrument.value - 1] = p;
  version_.fetch_add(1, std::memory_order_release);
}

std::shared_ptr<const LatestSignals::Texts> LatestSignals::texts() const {
  auto made = texts_.load(std::memory_order_acquire);
  if (made->version == version_.load(std::memory_order_acquire)) return made;
  Texts next;
  std::string all;
  {
    const std::scoped_lock hold(lock_);
    next.version = version_.load(std::memory_order_relaxed);
    for (const core::Prediction& p : newest_) {
      const std::string item = p.instrument ? prediction_json(p, table_) : std::string();
      next.by_instrument.push_back(listed(item));
      if (item.empty()) continue;
      if (!all.empty()) all.push_back(',');
      all += item;
    }
  }
  next.all = listed(all);
  made = std::make_shared<const Texts>(std::move(next));
  texts_.store(made, std::memory_order_release);
  return made;
}

void publish_signals(Broadcaster& stream, std::span<const core::Prediction> predictions,
                     const core::InstrumentTable& table) {
  for (const core::Prediction& p : predictions) {
    if (!p.instrument || stream.skip_unheard()) continue;
    stream.publish(JsonObject()
                       .number("event_id", stream.next_id())
                       .time("time", p.time)
                       .text("type", "signal")
                       .json("signal", prediction_json(p, table))
                       .done());
  }
}

void add_signal_generator_routes(const std::shared_ptr<edge::Router>& router, const LatestSignals& latest,
                                 Broadcaster& stream, Backend& backend) {
  router->add({.method = Method::Get,
               .path = "/signals/latest",
               .operation_id = "latest_signals",
               .summary = "The newest prediction of each instrument.",
               .params = {symbol_doc()},
               .responses = {{200, {"in instrument order", list_schema("signals", prediction_schema)}}},
               .tag = "signals"},
              [&latest, &backend](const Request& q, Responder answer) {
                if (q.query.empty()) return answer(Response::shared(latest.texts()->all));
                if (const auto ok = only_params(q, {"symbol"}); !ok) return answer.error(400, ok.error());
                const auto symbol = query_symbol(q, *backend.instruments);
                if (!symbol) return answer.error(404, symbol.error());
                const auto texts = latest.texts();
                answer(Response::shared(texts->by_instrument[backend.instruments->find(*symbol).value - 1]));
              });
  router->add({.method = Method::Get,
               .path = "/signals",
               .operation_id = "list_signals",
               .summary = "Predictions of this run, from the store.",
               .description = page_text,
               .params = {since_doc(), symbol_doc(), limit_doc(), before_doc()},
               .responses = {{200, {"in order of time", page_schema("signals", prediction_schema)}}},
               .tag = "signals"},
              page_route(backend, "signals", backend.signals, Narrowed::by_symbol));
  router->add({.method = Method::Get,
               .path = "/signals/{id}/explain",
               .operation_id = "explain_signal",
               .summary = "Why this prediction was made, and what became of it.",
               .params = {id_doc("signal id", "0123456789abcdef0123456789abcdef")},
               .responses = {{200, {"the explanation", explain_schema}}},
               .tag = "signals"},
              explanation(backend, backend.explain_signal));
  router->add_ws(
      {.path = "/signals/stream",
       .operation_id = "stream_signals",
       .summary = "One message per prediction, as they are made.",
       .description =
           "Text messages: {\"event_id\",\"time\",\"time_ns\",\"type\":\"signal\",\"signal\"}. With from, "
           "the "
           "newest 4096 are sent again from that event id on; a first id above it means that older ones "
           "must be fetched with GET /signals.",
       .params =
           {{.name = "from", .type = "integer", .description = "first event id wanted", .example = "1"}},
       .tag = "signals"},
      {.guard = [](const Request& q) -> std::optional<Response> {
         if (const auto ok = only_params(q, {"from"}); !ok)
           return edge::error_response(400, ok.error(), q.request_id);
         if (const auto from = edge::query_int(q, "from", 0, INT64_MAX); !from)
           return edge::error_response(400, from.error(), q.request_id);
         return std::nullopt;
       },
       .on_open =
           [&stream](const std::shared_ptr<edge::WsSession>& session, const Request& q) {
             const auto from = edge::query_int(q, "from", 0, INT64_MAX);
             stream.add(session,
                        from && *from ? std::optional(static_cast<std::uint64_t>(**from)) : std::nullopt);
           }});
}

}  // namespace bowline::services
