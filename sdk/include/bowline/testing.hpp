// The host's side of the ABI for a plugin's own test, without a test library:
//
//   bowline::testing::FakeHost host;                       // two instruments: 1 BTC-USD, 2 ETH-USD
//   bowline::testing::Instance p(host, argv[1]);           // the built lib<name>.so
//   BOWLINE_CHECK(p.run(R"({"fast":3,"slow":5})") == BL_OK);
//   p.event(bowline::testing::bar(1, 0, 100.0));
//   BOWLINE_CHECK(host.predictions.size() == 1);
//   return bowline::testing::result();
#pragma once

#include <bowline/plugin.h>
#include <dlfcn.h>

#include <bowline/decimal.hpp>
#include <bowline/views.hpp>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace bowline::testing {

inline int& failures() {
  static int count = 0;
  return count;
}
inline void check(bool holds, const char* text, const char* file, int line) {
  if (holds) return;
  ++failures();
  std::fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, text);
}
/// For main(): 0 when every check held.
inline int result() { return failures() == 0 ? 0 : 1; }

#define BOWLINE_CHECK(...) \
  bowline::testing::check(static_cast<bool>(__VA_ARGS__), #__VA_ARGS__, __FILE__, __LINE__)

/// A request as the plugin made it, copied.
struct SentRequest {
  std::uint64_t request = 0;
  std::uint32_t lane = 0, rate_class = 0, cost = 0;
  std::string method, url, headers, body;
  std::int64_t deadline_ns = 0, not_after_ns = 0, at_ns = 0;  ///< at: the engine's time when it was sent
};
/// A WebSocket that the plugin opened, and what it sent over it.
struct OpenedSocket {
  std::uint64_t conn = 0;
  std::string url, headers;
  std::vector<std::string> sent;
};

/// Records what a plugin says and offers instruments, features, metrics, timers, publishing, secrets, requests and WebSockets.
/// Nothing answers by itself: a test reads `requests` and `sockets` and hands the plugin http_reply() and ws_frame().
class FakeHost {
 public:
  std::int64_t now = 1'600'000'000'000'000'000;
  int wakes = 0;
  std::vector<std::string> logs, faults, features;
  std::vector<bl_prediction> predictions;  ///< model_id points into the plugin
  std::vector<bl_target> targets;
  std::vector<bl_stop> stops;
  std::vector<std::vector<std::uint64_t>> events;  ///< emitted or published, 8-byte aligned copies
  std::vector<std::string> symbols{"", "BTC-USD", "ETH-USD"}, assets{"", "USD", "BTC", "ETH"};
  std::vector<std::string> metrics{""};
  std::map<std::uint64_t, double> recorded;
  std::map<std::uint64_t, std::int64_t> timers;
  std::map<std::string, std::string> secrets;  ///< what "secret://..." stands for
  std::vector<SentRequest> requests;           ///< accepted ones, in order
  std::vector<std::uint64_t> withdrawn;        ///< http cancel, in order
  bl_status http_answer = BL_PENDING;          ///< of the next sends: a negative one refuses them
  std::vector<OpenedSocket> sockets;           ///< accepted ones, in order; a number may come again after its end
  std::vector<std::uint64_t> closed_by_plugin; ///< ws close, in order
  std::set<std::uint64_t> open_sockets;        ///< accepted and not ended by end_socket()
  bl_status ws_answer = BL_PENDING;            ///< of the next opens
  bool has_network = true;                     ///< false: neither http nor ws
  bool has_services = true;  ///< false: a host that offers none, which a plugin has to bear
  bl_host host{};
  bl_sink sink{};

  FakeHost() {
    host.size = sizeof host;
    host.abi_minor = BL_ABI_MINOR;
    host.ctx = this;
    host.name = to_abi("fake");
    host.version = to_abi("1.0.0");
    host.service = [](void* c, bl_str id) noexcept { return self(c).service(from_abi(id)); };
    host.log = [](void* c, std::uint32_t, bl_str m) noexcept { self(c).logs.emplace_back(from_abi(m)); };
    host.now_ns = [](void* c) noexcept { return self(c).now; };
    host.wake = [](void* c) noexcept { ++self(c).wakes; };
    host.fail = [](void* c, const bl_error* e) noexcept { self(c).faults.emplace_back(e->message); };
    sink.size = sizeof sink;
    sink.ctx = this;
    sink.event = [](void* c, const bl_event* e) noexcept { return self(c).take(*e); };
    sink.prediction = [](void* c, const bl_prediction* p) noexcept {
      return self(c).predictions.push_back(*p), bl_status{BL_OK};
    };
    sink.target = [](void* c, const bl_target* t) noexcept {
      return self(c).targets.push_back(*t), bl_status{BL_OK};
    };
    sink.stop = [](void* c, const bl_stop* s) noexcept {
      return self(c).stops.push_back(*s), bl_status{BL_OK};
    };
  }
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;

  /// Before a `closed` frame is handed over: its number is free then.
  void end_socket(std::uint64_t conn) { open_sockets.erase(conn); }
  /// The i-th event as its own type.
  template <class T>
  const T& event(std::size_t i) const {
    return *reinterpret_cast<const T*>(events.at(i).data());
  }

 private:
  static FakeHost& self(void* c) noexcept { return *static_cast<FakeHost*>(c); }
  static bl_status index(const std::vector<std::string>& names, bl_str s, std::uint32_t* out) noexcept {
    for (std::size_t i = 1; i < names.size(); ++i)
      if (names[i] == from_abi(s)) return *out = static_cast<std::uint32_t>(i), BL_OK;
    return BL_E_NOT_FOUND;
  }
  bl_status take(const bl_event& e) {
    std::vector<std::uint64_t> copy((e.size + 7) / 8);
    std::memcpy(copy.data(), &e, e.size);
    events.push_back(std::move(copy));
    return BL_OK;
  }
  bl_status take(const bl_http_request& q) {
    if (http_answer < 0) return http_answer;
    requests.push_back({q.request, q.lane, q.rate_class, q.cost, std::string(from_abi(q.method)), std::string(from_abi(q.url)),
                        std::string(from_abi(q.headers)), std::string(from_abi(q.body)), q.deadline_ns, q.not_after_ns, now});
    return http_answer;
  }
  bl_status product(std::uint32_t i, bl_product& out) const noexcept {
    if (i == 0 || i >= symbols.size()) return BL_E_NOT_FOUND;
    const std::uint32_t size = out.h.size;
    out = bl_product{};
    out.h.size = size;
    out.h.type = BL_EV_PRODUCT;
    out.h.instrument = i;
    out.symbol = to_abi(symbols[i]);
    out.base = i + 1;
    out.quote = 1;
    out.base_step = out.base_min = Decimal::from_mantissa(1, -8).raw();
    out.quote_step = out.px_step = Decimal::from_mantissa(1, -2).raw();
    out.base_max = out.quote_max = Decimal::from_int(1'000'000).raw();
    out.quote_min = Decimal::from_int(1).raw();
    out.maker_fee = out.taker_fee = Decimal::from_mantissa(1, -3).raw();
    out.flags = 1;
    return BL_OK;
  }
  const void* service(std::string_view id) const noexcept {
    static const bl_publish_v1 publish{sizeof(bl_publish_v1), 0,
                                       [](void* c, const bl_event* e) noexcept { return self(c).take(*e); }};
    static const bl_timer_v1 timer{
        sizeof(bl_timer_v1), 0,
        [](void* c, std::uint64_t i, std::int64_t due, std::int64_t) noexcept {
          return self(c).timers[i] = due, bl_status{BL_OK};
        },
        [](void* c, std::uint64_t i) noexcept { return self(c).timers.erase(i), bl_status{BL_OK}; }};
    static const bl_instruments_v1 instruments{
        sizeof(bl_instruments_v1), 0,
        [](void* c, bl_str s, std::uint32_t* out) noexcept { return index(self(c).symbols, s, out); },
        [](void* c, std::uint32_t i, bl_product* out) noexcept { return self(c).product(i, *out); },
        [](void* c, bl_str s, std::uint32_t* out) noexcept { return index(self(c).assets, s, out); }};
    static const bl_features_v1 select{sizeof(bl_features_v1), 0,
                                       [](void* c, const bl_str* names, std::uint64_t n, bl_error*) noexcept {
                                         self(c).features.clear();
                                         for (std::uint64_t i = 0; i < n; ++i)
                                           self(c).features.emplace_back(from_abi(names[i]));
                                         return bl_status{BL_OK};
                                       }};
    static const bl_metrics_v1 meter{
        sizeof(bl_metrics_v1), 0,
        [](void* c, std::uint32_t, bl_str name, bl_str, std::uint64_t* out) noexcept {
          *out = self(c).metrics.size();
          return self(c).metrics.emplace_back(from_abi(name)), bl_status{BL_OK};
        },
        [](void* c, std::uint64_t metric, double v) noexcept {
          return self(c).recorded[metric] += v, bl_status{BL_OK};
        }};
    static const bl_secret_v1 secret{
        sizeof(bl_secret_v1), 0, [](void* c, bl_str ref, char* buf, std::uint64_t cap, std::uint64_t* len) noexcept {
          const auto found = self(c).secrets.find(std::string(from_abi(ref)));
          if (found == self(c).secrets.end()) return bl_status{BL_E_NOT_FOUND};
          *len = found->second.size();
          if (*len > cap) return bl_status{BL_E_OVERFLOW};
          std::memcpy(buf, found->second.data(), found->second.size());
          return bl_status{BL_OK};
        }};
    static const bl_http_v1 http{
        sizeof(bl_http_v1), 0,
        [](void* c, const bl_http_request* q, bl_error*) noexcept { return self(c).take(*q); },
        [](void* c, std::uint64_t request) noexcept {
          self(c).withdrawn.push_back(request);
          for (const SentRequest& q : self(c).requests)
            if (q.request == request) return bl_status{BL_OK};
          return bl_status{BL_E_NOT_FOUND};
        }};
    static const bl_ws_v1 ws{
        sizeof(bl_ws_v1), 0,
        [](void* c, std::uint64_t conn, bl_str url, bl_str headers, std::uint64_t, bl_error*) noexcept {
          if (self(c).ws_answer < 0) return self(c).ws_answer;
          if (!self(c).open_sockets.insert(conn).second) return bl_status{BL_E_INVALID};
          self(c).sockets.push_back({conn, std::string(from_abi(url)), std::string(from_abi(headers)), {}});
          return bl_status{BL_PENDING};
        },
        [](void* c, std::uint64_t conn, bl_str text) noexcept {
          if (self(c).open_sockets.count(conn) == 0) return bl_status{BL_E_STATE};
          for (auto s = self(c).sockets.rbegin(); s != self(c).sockets.rend(); ++s)
            if (s->conn == conn) return s->sent.emplace_back(from_abi(text)), bl_status{BL_OK};
          return bl_status{BL_E_STATE};
        },
        [](void* c, std::uint64_t conn) noexcept {
          self(c).closed_by_plugin.push_back(conn);
          return self(c).open_sockets.count(conn) != 0 ? bl_status{BL_OK} : bl_status{BL_E_NOT_FOUND};
        }};
    if (!has_services) return nullptr;
    if (id == BL_SVC_SECRET) return &secret;
    if (id == BL_SVC_HTTP) return has_network ? &http : nullptr;
    if (id == BL_SVC_WS) return has_network ? &ws : nullptr;
    if (id == BL_SVC_PUBLISH) return &publish;
    if (id == BL_SVC_TIMER) return &timer;
    if (id == BL_SVC_INSTRUMENTS) return &instruments;
    if (id == BL_SVC_FEATURES) return &select;
    if (id == BL_SVC_METRICS) return &meter;
    return nullptr;
  }
};

/// One instance of the first plugin of a built file; ended with it. The file stays mapped, as under a real
/// host.
class Instance {
 public:
  const bl_plugin* plugin = nullptr;
  bl_inst* inst = nullptr;
  bl_error error{};

  Instance(FakeHost& host, const std::string& file) : host_(host) {
    void* handle = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    using Entry = const bl_module* (*)();
    const auto entry = handle ? reinterpret_cast<Entry>(::dlsym(handle, "bowline_module_v1")) : nullptr;
    if (entry == nullptr) die("no plugin in " + file, ::dlerror());
    plugin = entry()->plugins[0];
    if (plugin->base->create(&host.host, &inst, &error) < 0) die("create", error.message);
  }
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  ~Instance() {
    if (running_) stop();
    plugin->base->destroy(inst);
  }

  /// `json` holds what differs from the defaults.
  bl_status configure(std::string_view json = "{}") {
    return plugin->base->configure(inst, to_abi(json), &error);
  }
  bl_status start() {
    const bl_status s = plugin->base->start(inst, &error);
    running_ = s >= 0;
    return s;
  }
  bl_status stop() {
    running_ = false;
    return plugin->base->stop(inst, 1'000'000'000, &error);
  }
  /// configure, then start.
  bl_status run(std::string_view json = "{}") {
    const bl_status s = configure(json);
    return s < 0 ? s : start();
  }
  std::string_view schema() const { return from_abi(plugin->config_schema); }
  /// The table of its kind: table<bl_risk_v1>().check(p.inst, ...).
  template <class T>
  const T& table() const {
    return *static_cast<const T*>(plugin->vtable);
  }
  /// An event to a signal, a broker, or a feed that hears any.
  template <class E>
  bl_status event(const E& e) {
    if (plugin->kind == BL_SIGNAL) return table<bl_signal_v1>().on_event(inst, &e.h, &host_.sink);
    if (plugin->kind == BL_BROKER && table<bl_broker_v1>().on_event != nullptr)
      return table<bl_broker_v1>().on_event(inst, &e.h, &host_.sink);
    if (plugin->kind == BL_FEED && BL_HAS(&table<bl_feed_v1>(), bl_feed_v1, on_event))
      return table<bl_feed_v1>().on_event(inst, &e.h, &host_.sink);
    return BL_E_UNSUPPORTED;
  }

 private:
  FakeHost& host_;
  bool running_ = false;
  [[noreturn]] static void die(const std::string& what, const char* why) {
    std::fprintf(stderr, "%s: %s\n", what.c_str(), why ? why : "-");
    std::exit(2);
  }
};

/// A final bar of one minute; all four prices are `close`, in cents.
inline bl_bar bar(std::uint32_t instrument, std::int64_t open_ns, double close) {
  bl_bar b{};
  b.h.size = sizeof b;
  b.h.type = BL_EV_BAR;
  b.h.instrument = instrument;
  b.open_ns = open_ns;
  b.close_ns = b.h.ts_event = b.h.ts_recv = open_ns + 60'000'000'000;
  b.px_exp = -2;
  b.is_final = 1;
  b.open = b.high = b.low = b.close = std::llround(close * 100);
  b.volume = 1;
  return b;
}
/// How a request ended: a whole reply, or, with another outcome, `body` as the reason. Borrows the texts.
inline bl_http_result http_reply(std::uint64_t request, std::uint32_t status, std::string_view body, std::int64_t at_ns = 0,
                                 bl_status outcome = BL_OK, std::string_view headers = {}) {
  bl_http_result r{};
  r.h.size = sizeof r;
  r.h.type = BL_EV_HTTP;
  r.h.flags = 4;
  r.h.ts_event = r.h.ts_recv = at_ns;
  r.request = request;
  r.outcome = outcome;
  r.status = status;
  r.headers = to_abi(headers);
  r.body = to_abi(body);
  return r;
}
/// What a WebSocket says: 1 open, 2 text, 3 closed. Borrows the text. FakeHost::end_socket() frees the number of a closed one.
inline bl_ws_frame ws_frame(std::uint64_t conn, std::uint32_t what, std::string_view data = {}, std::int64_t at_ns = 0) {
  bl_ws_frame f{};
  f.h.size = sizeof f;
  f.h.type = BL_EV_WS;
  f.h.flags = 4;
  f.h.ts_event = f.h.ts_recv = at_ns;
  f.conn = conn;
  f.what = what;
  f.data = to_abi(data);
  return f;
}
/// A limit buy of `qty` at `px`.
inline bl_intent intent(std::uint32_t instrument, Decimal qty, Decimal px, Side side = Side::buy) {
  bl_intent i{};
  i.size = sizeof i;
  i.instrument = instrument;
  std::memcpy(i.client_id, "test-1", 7);
  i.side = static_cast<std::uint32_t>(side);
  i.type = BL_LIMIT;
  i.tif = BL_GTC;
  i.qty = qty.raw();
  i.quote_qty = i.stop_px = Decimal::not_set().raw();
  i.limit_px = px.raw();
  return i;
}
/// An empty portfolio of `equity`.
inline bl_portfolio portfolio(Decimal equity) {
  bl_portfolio p{};
  p.size = sizeof p;
  p.base_asset = 1;
  p.position_stride = sizeof(bl_position);
  p.balance_stride = sizeof(bl_balance);
  p.mark_stride = sizeof(bl_mark);
  p.equity = p.peak_equity = p.day_start_equity = p.equity_at_bid = equity.raw();
  return p;
}

}  // namespace bowline::testing
