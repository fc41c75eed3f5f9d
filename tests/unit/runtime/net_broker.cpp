// A venue that asks others: each query is a request of its own number to `url`/query, each cancel an urgent one to
// `url`/cancel; scope 256 opens a WebSocket to `ws`, whose number is the query's. What comes back is said on as balances of
// the accounting asset (total: the reply's status, or what a frame is) and, of a query, one BL_EV_DONE with its outcome.
// `early`: a request is handed over in configure already. `late`: the network is looked for in start. `asks` false: not in configure.
// Built as net_venue it does not say that its venue is simulated.
#include <bowline/decimal.hpp>
#include <string>

#include "common/shell.hpp"

namespace bowline::net_broker {
namespace {

class Plugin {
  plugin_common::HostSide host_;
  const bl_http_v1* http_ = nullptr;
  const bl_ws_v1* ws_ = nullptr;
  std::string url_, ws_url_;
  bl_rate_class class_{};
  bl_venue_v1 rates_{};
  bool late_ = false;

 public:
  explicit Plugin(const bl_host& host) : host_(host) {}

  Result<void> configure(const plugin_common::Json& p) {
    url_ = p.at("url").get<std::string>();
    ws_url_ = p.at("ws").get<std::string>();
    class_ = {plugin_common::str("orders"), 1000, 1000, p.at("per_hour").get<std::uint32_t>(), 0};
    if (class_.per_hour != 0) rates_ = {sizeof rates_, 1, 0, 0, &class_, nullptr, nullptr};
    late_ = p.value("late", false);
    if (!p.at("asks").get<bool>() || late_) return {};
    if (auto found = find(); !found) return found;
    if (p.at("early").get<bool>()) {
      bl_error why{};
      if (ask("/early", 1'000'000, 0, &why) < 0) return Error{"EARLY", why.message};
    }
    return {};
  }
  Result<void> find() {
    http_ = host_.service<bl_http_v1>(BL_SVC_HTTP);
    ws_ = host_.service<bl_ws_v1>(BL_SVC_WS);
    if (http_ == nullptr || ws_ == nullptr) return Error{"SERVICE_MISSING", "the host offers no network"};
    return {};
  }
  Result<void> start() { return late_ ? find() : Result<void>(); }
  void stop() {}
  const void* extension(std::string_view id) const noexcept { return id == BL_EXT_VENUE && rates_.size != 0 ? &rates_ : nullptr; }

  bl_status ask(std::string_view path, std::uint64_t number, std::uint32_t lane, bl_error* why) {
    const std::string url = url_ + std::string(path), body = "{}";
    bl_http_request q{};
    q.size = sizeof q;
    q.lane = lane;
    q.cost = 1;
    q.request = number;
    q.method = plugin_common::str("POST");
    q.url = plugin_common::str(url);
    q.headers = plugin_common::str("X-Key: canary");
    q.body = plugin_common::str(body);
    return http_->send(host_.ctx(), &q, why);
  }
  bl_status query(const bl_query& q, bl_error* why) {
    if (q.scope == 256) return ws_->open(host_.ctx(), q.request, plugin_common::str(ws_url_), {}, 0, why);
    return ask("/query", q.request, 0, why);
  }
  bl_status cancel(bl_error* why) { return ask("/cancel", 2'000'000, 1, why); }

  bl_status on_event(const bl_event& e, const bl_sink& sink) {
    if (e.type == BL_EV_HTTP) {
      const auto& r = reinterpret_cast<const bl_http_result&>(e);
      balance(sink, r.status, e);
      bl_done done{};
      done.h.size = sizeof done;
      done.h.type = BL_EV_DONE;
      done.h.ts_event = done.h.ts_recv = e.ts_recv;
      done.request = r.request;
      done.status = r.outcome;
      done.complete = r.outcome == BL_OK;
      sink.event(sink.ctx, &done.h);
    }
    if (e.type == BL_EV_WS) {
      const auto& f = reinterpret_cast<const bl_ws_frame&>(e);
      if (f.what == 1) ws_->send(host_.ctx(), f.conn, plugin_common::str("subscribe"));
      if (f.what == 2) ws_->close(host_.ctx(), f.conn);
      balance(sink, f.what, e);
    }
    return BL_OK;
  }

 private:
  static void balance(const bl_sink& sink, std::uint32_t total, const bl_event& of) {
    bl_balance_ev b{};
    b.h = of;
    b.h.size = sizeof b;
    b.h.type = BL_EV_BALANCE;
    b.asset = 1;
    b.total = Decimal::from_mantissa(total, 0).raw();
    b.hold = Decimal::zero().raw();
    sink.event(sink.ctx, &b.h);
  }
};

using Self = plugin_common::Shell<Plugin>;

bl_status submit(bl_inst*, const bl_intent*, bl_error*) noexcept { return BL_E_UNSUPPORTED; }
bl_status cancel(bl_inst* i, const bl_order_ref*, std::uint64_t, bl_error* why) noexcept { return Self::of(i).cancel(why); }
bl_status query(bl_inst* i, const bl_query* q, bl_error* why) noexcept { return Self::of(i).query(*q, why); }
bl_status on_event(bl_inst* i, const bl_event* e, const bl_sink* sink) noexcept { return Self::of(i).on_event(*e, *sink); }
constexpr bl_broker_v1 table{sizeof(bl_broker_v1), 0, 0, submit, cancel, nullptr, query, on_event};

constexpr std::string_view schema =
    R"json({"type":"object","additionalProperties":false,"required":["url"],"properties":{"url":{"type":"string"},"ws":{"type":"string","default":""},"per_hour":{"type":"integer","default":0},"early":{"type":"boolean","default":false},"late":{"type":"boolean","default":false},"asks":{"type":"boolean","default":true}}})json";

}  // namespace
}  // namespace bowline::net_broker

#ifdef REAL_VENUE
#define NET_BROKER_NOTE ",\"needed\":[]"
#else
#define NET_BROKER_NOTE ",\"venue_class\":\"simulated\""
#endif
BOWLINE_MODULE(BL_BROKER, "broker", "test.broker.net", "1.0.0", bowline::net_broker::schema, bowline::net_broker::Plugin,
               bowline::net_broker::table, NET_BROKER_NOTE)
