// bl_host and the services as a plugin sees them, called with what a hostile or clumsy plugin might pass.
#include "loader/host_side.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <thread>

#include "unit/loader/probe.hpp"

using namespace probe;

namespace {

bl_str text(std::string_view s) { return {s.data(), s.size()}; }

class RichHost : public Host {
 public:
  std::vector<bl_bar> bars;
  std::vector<std::uint16_t> published;
  bl_status publish(const bl_event& e) noexcept override {
    published.push_back(e.type);
    return BL_OK;
  }
  bl_status history_bars(std::uint32_t, std::int64_t, std::span<bl_bar> out,
                         std::uint64_t& got) noexcept override {
    got = std::min(out.size(), bars.size());
    std::copy_n(bars.begin(), got, out.begin());
    return BL_OK;
  }
  bl_status product(std::uint32_t instrument, bl_product& out) noexcept override {
    if (instrument != 1) return BL_E_NOT_FOUND;
    out.base = 11;
    out.flags = 5;
    return BL_OK;
  }
  bl_status find_instrument(std::string_view symbol, std::uint32_t& instrument) noexcept override {
    instrument = symbol == "BTC-USD" ? 1 : 0;
    return instrument != 0 ? BL_OK : BL_E_NOT_FOUND;
  }
  bl_status kv_put(std::string_view, std::span<const std::uint8_t>) noexcept override { return BL_OK; }
  std::vector<std::string> asked;
  bl_status http_send(const bl_http_request& q, Error& why) noexcept override {
    asked.push_back(std::string(q.url.ptr, q.url.len) + " lane " + std::to_string(q.lane));
    why = Error{"EDGE_QUEUE_FULL", "EDGE_QUEUE_FULL: wait"};
    return q.request == 0 ? BL_E_AGAIN : BL_PENDING;
  }
  bl_status ws_open(std::uint64_t conn, std::string_view url, std::string_view, std::uint64_t, Error& why) noexcept override {
    asked.push_back(std::string(url) + " conn " + std::to_string(conn));
    why = Error{"EDGE_BAD_URL", "EDGE_BAD_URL: no"};
    return conn == 0 ? BL_E_INVALID : BL_PENDING;
  }
  bl_status ws_send(std::uint64_t, std::string_view said) noexcept override {
    asked.push_back(std::string(said));
    return BL_OK;
  }
  bl_status metric_define(std::uint32_t, std::string_view, std::string_view,
                          std::uint64_t& metric) noexcept override {
    metric = 9;
    return BL_OK;
  }
};

struct Setup {
  RichHost host;
  HostSide side{host, "mom_btc", "test.puppet"};
  const bl_host& table = side.table;
  Setup() { side.state.store(State::Running); }
  template <class T>
  const T* service(std::string_view id) {
    return static_cast<const T*>(table.service(table.ctx, text(id)));
  }
};

}  // namespace

TEST_CASE("a service that the host does not offer is NULL; thread_check always is there") {
  Setup s;
  CHECK(s.service<bl_kv_v1>(BL_SVC_KV) != nullptr);
  CHECK(s.service<void>("bowline.kv/2") == nullptr);
  CHECK(s.service<void>("") == nullptr);
  CHECK(s.table.service(s.table.ctx, bl_str{nullptr, 5}) == nullptr);
  s.host.everything = false;
  CHECK(s.service<bl_kv_v1>(BL_SVC_KV) == nullptr);
  CHECK(s.service<bl_thread_check_v1>(BL_SVC_THREAD_CHECK) != nullptr);
}

TEST_CASE("a request is looked at before the host gets it, and a refusal is told in words") {
  Setup s;
  const auto* http = s.service<bl_http_v1>(BL_SVC_HTTP);
  REQUIRE(http != nullptr);
  bl_error why{};
  bl_http_request q{};
  q.size = sizeof q;
  q.request = 1;
  q.url = text("https://x/");
  CHECK(http->send(s.table.ctx, &q, &why) == BL_PENDING);
  q.lane = 1;
  CHECK(http->send(s.table.ctx, &q, nullptr) == BL_PENDING);
  q.lane = 77;  // unknown: the documented default
  CHECK(http->send(s.table.ctx, &q, &why) == BL_PENDING);
  CHECK(s.host.asked == std::vector<std::string>{"https://x/ lane 0", "https://x/ lane 1", "https://x/ lane 0"});
  q.request = 0;
  CHECK(http->send(s.table.ctx, &q, &why) == BL_E_AGAIN);
  CHECK(why.status == BL_E_AGAIN);
  CHECK(std::string(why.message) == "EDGE_QUEUE_FULL: wait");
  s.host.asked.clear();
  CHECK(http->send(s.table.ctx, nullptr, &why) == BL_E_INVALID);
  q.size = 111;
  CHECK(http->send(s.table.ctx, &q, &why) == BL_E_INVALID);
  q.size = 4096;  // of a later minor
  q.body = {nullptr, 5};
  CHECK(http->send(s.table.ctx, &q, &why) == BL_E_INVALID);
  q.body = {};
  q.url = {"x", UINT64_MAX};
  CHECK(http->send(s.table.ctx, &q, &why) == BL_E_INVALID);
  CHECK(s.host.asked.empty());
  CHECK(http->cancel(s.table.ctx, 1) == BL_E_UNSUPPORTED);
  s.side.state.store(State::Creating);
  CHECK(http->send(s.table.ctx, &q, &why) == BL_E_STATE);
}

TEST_CASE("a WebSocket's texts are looked at as well") {
  Setup s;
  const auto* ws = s.service<bl_ws_v1>(BL_SVC_WS);
  REQUIRE(ws != nullptr);
  bl_error why{};
  CHECK(ws->open(s.table.ctx, 3, text("wss://x/"), {}, 0, &why) == BL_PENDING);
  CHECK(ws->send(s.table.ctx, 3, text("hello")) == BL_OK);
  CHECK(s.host.asked == std::vector<std::string>{"wss://x/ conn 3", "hello"});
  CHECK(ws->open(s.table.ctx, 0, text("x"), {}, 0, &why) == BL_E_INVALID);
  CHECK(std::string(why.message) == "EDGE_BAD_URL: no");
  CHECK(ws->open(s.table.ctx, 3, {nullptr, 1}, {}, 0, &why) == BL_E_INVALID);
  CHECK(ws->open(s.table.ctx, 3, text("x"), {"x", UINT64_MAX}, 0, nullptr) == BL_E_INVALID);
  CHECK(ws->send(s.table.ctx, 3, {nullptr, 1}) == BL_E_INVALID);
  CHECK(ws->close(s.table.ctx, 3) == BL_E_UNSUPPORTED);
  s.side.host.store(nullptr);
  CHECK(ws->open(s.table.ctx, 3, text("x"), {}, 0, &why) == BL_E_STATE);
  CHECK(ws->close(s.table.ctx, 3) == BL_E_STATE);
}

TEST_CASE("services answer from configure on, not in create, and never after the instance was abandoned") {
  Setup s;
  std::uint32_t found = 0;
  const auto* instruments = s.service<bl_instruments_v1>(BL_SVC_INSTRUMENTS);
  s.side.state.store(State::Creating);
  CHECK(instruments->find(s.table.ctx, text("BTC-USD"), &found) == BL_E_STATE);
  s.side.state.store(State::Created);
  CHECK(instruments->find(s.table.ctx, text("BTC-USD"), &found) == BL_OK);
  CHECK(found == 1);
  s.side.host.store(nullptr);
  CHECK(instruments->find(s.table.ctx, text("BTC-USD"), &found) == BL_E_STATE);
  CHECK(s.table.now_ns(s.table.ctx) == 0);
  s.table.wake(s.table.ctx);
  s.table.log(s.table.ctx, 2, text("from beyond"));
  CHECK(s.host.wakes == 0);
  CHECK(s.host.logs.empty());
}

TEST_CASE("a log line is cleaned: one line, valid UTF-8, a bounded length, a known level") {
  Setup s;
  s.table.log(s.table.ctx, 2, text("two\nlines\x1b[31m and \xff caf\xc3\xa9 end"));
  s.table.log(s.table.ctx, 99, text("loud"));
  s.table.log(s.table.ctx, 1, bl_str{nullptr, 10});
  const std::string endless(100'000, 'x');
  s.table.log(s.table.ctx, 1, text(endless));
  REQUIRE(s.host.logs.size() == 3);
  CHECK(s.host.logs[0] == "2 two lines [31m and ? caf\xc3\xa9 end");
  CHECK(s.host.logs[1] == "5 loud");
  CHECK(s.host.logs[2].size() == 4096 + 2);
}

TEST_CASE("a plugin's error text is bounded, clean, and may be cut anywhere") {
  bl_error e{};
  std::memset(e.message, 'a', sizeof e.message);
  CHECK(plugin_text(e).size() == sizeof e.message);
  CHECK(plugin_text("caf\xc3\xa9", 64) == "caf\xc3\xa9");
  CHECK(plugin_text("caf\xc3\xa9", 4) == "caf");                // torn at the limit
  CHECK(plugin_text("a\xed\xa0\x80 b cd", 64) == "a??? b cd");  // a surrogate is not UTF-8
  CHECK(plugin_text("a\xc0\xaf b cd", 64) == "a?? b cd");       // overlong
  CHECK(plugin_text(std::string_view("a\0b", 3), 64) == "a b");
}

TEST_CASE("an event is published only when it is as long as its type demands") {
  Setup s;
  const auto* publish = s.service<bl_publish_v1>(BL_SVC_PUBLISH);
  bl_fill fill{};
  fill.h.type = BL_EV_FILL;
  fill.h.size = sizeof(bl_event);
  CHECK(publish->event(s.table.ctx, &fill.h) == BL_E_INVALID);
  CHECK(publish->event(s.table.ctx, nullptr) == BL_E_INVALID);
  fill.h.size = sizeof fill;
  CHECK(publish->event(s.table.ctx, &fill.h) == BL_OK);
  CHECK(s.host.published == std::vector<std::uint16_t>{BL_EV_FILL});
  CHECK(least_event_size(BL_EV_BAR) == 128);
  CHECK(least_event_size(61) == 48);
  CHECK(least_event_size(60000) == 48);
}

TEST_CASE("arguments that contradict themselves are refused") {
  Setup s;
  void* ctx = s.table.ctx;
  std::uint64_t n = 0;
  CHECK(s.service<bl_timer_v1>(BL_SVC_TIMER)->arm(ctx, 1, 0, -5) == BL_E_INVALID);
  CHECK(s.service<bl_secret_v1>(BL_SVC_SECRET)->get(ctx, text("a"), nullptr, 10, &n) == BL_E_INVALID);
  CHECK(s.service<bl_secret_v1>(BL_SVC_SECRET)->get(ctx, text("a"), nullptr, 0, nullptr) == BL_E_INVALID);
  const auto* kv = s.service<bl_kv_v1>(BL_SVC_KV);
  const std::string long_key(129, 'k');
  const std::vector<std::uint8_t> value(65537);
  CHECK(kv->put(ctx, text(long_key), value.data(), 1) == BL_E_INVALID);
  CHECK(kv->put(ctx, text(""), value.data(), 1) == BL_E_INVALID);
  CHECK(kv->put(ctx, text("k"), value.data(), value.size()) == BL_E_INVALID);
  CHECK(kv->put(ctx, text("k"), nullptr, 1) == BL_E_INVALID);
  CHECK(kv->put(ctx, text("k"), nullptr, 0) == BL_OK);
  const auto* metrics = s.service<bl_metrics_v1>(BL_SVC_METRICS);
  CHECK(metrics->define(ctx, BL_GAUGE, text("Has Space"), text(""), &n) == BL_E_INVALID);
  CHECK(metrics->define(ctx, 77, text("ok"), text(""), &n) == BL_E_INVALID);
  CHECK(metrics->define(ctx, BL_GAUGE, text("fills_seen"), text("fills"), &n) == BL_OK);
  CHECK(n == 9);
  const auto* instruments = s.service<bl_instruments_v1>(BL_SVC_INSTRUMENTS);
  CHECK(instruments->find(ctx, text("BTC-USD"), nullptr) == BL_E_INVALID);
  const auto* features = s.service<bl_features_v1>(BL_SVC_FEATURES);
  bl_error why{};
  CHECK(features->select(ctx, nullptr, 3, &why) == BL_E_STATE);  // not in configure
  CHECK(std::string(why.message) == "features are selected in configure only");
}

TEST_CASE("the callee writes only what the caller's size reaches") {
  Setup s;
  const auto* instruments = s.service<bl_instruments_v1>(BL_SVC_INSTRUMENTS);
  struct {
    bl_product product;
    unsigned char guard[16];
  } out{};
  constexpr std::uint32_t product_1_0 = 224;  // of a plugin that was built before 1.3
  auto* const bytes = reinterpret_cast<unsigned char*>(&out);
  std::memset(bytes + product_1_0, 0xAB, sizeof out - product_1_0);
  out.product.h.size = product_1_0;
  REQUIRE(instruments->product(s.table.ctx, 1, &out.product) == BL_OK);
  CHECK(out.product.base == 11);
  CHECK(out.product.h.size == product_1_0);
  for (std::size_t i = product_1_0; i < sizeof out; ++i) CHECK(bytes[i] == 0xAB);
  out.product.h.size = 100;
  CHECK(instruments->product(s.table.ctx, 1, &out.product) == BL_E_INVALID);
}

TEST_CASE("history is written with the caller's stride") {
  Setup s;
  for (int i = 0; i < 3; ++i) {
    bl_bar bar{};
    bar.h.size = sizeof bar;
    bar.close = 100 + i;
    s.host.bars.push_back(bar);
  }
  const auto* history = s.service<bl_history_v1>(BL_SVC_HISTORY);
  std::uint64_t got = 0;
  bl_bar plain[4] = {};
  REQUIRE(history->bars(s.table.ctx, 1, 300, plain, sizeof(bl_bar), 4, &got) == BL_OK);
  CHECK(got == 3);
  CHECK(plain[2].close == 102);
  struct Wide {
    bl_bar bar;
    std::uint64_t later;
  } wide[3] = {};
  for (Wide& w : wide) w.later = 0xABAB;
  REQUIRE(history->bars(s.table.ctx, 1, 300, &wide[0].bar, sizeof(Wide), 3, &got) == BL_OK);
  CHECK(wide[2].bar.close == 102);
  CHECK(wide[2].later == 0xABAB);
  CHECK(history->bars(s.table.ctx, 1, 300, plain, 64, 4, &got) == BL_E_INVALID);
  CHECK(history->bars(s.table.ctx, 1, 300, nullptr, sizeof(bl_bar), 4, &got) == BL_E_INVALID);
}

TEST_CASE("thread classes are those of the call under way on this very thread") {
  Setup s;
  const auto* check = s.service<bl_thread_check_v1>(BL_SVC_THREAD_CHECK);
  void* ctx = s.table.ctx;
  CHECK(check->is_lane(ctx) + check->is_control(ctx) == 0);
  {
    const InCall call(s.side.slot, CallClass::Control, "base.start", 0);
    CHECK(check->is_control(ctx) == 1);
    CHECK(check->is_lane(ctx) == 0);
    std::thread([&] {
      CHECK(check->is_lane(ctx) + check->is_control(ctx) == 0);
    }).join();  // an [io] thread of the plugin
  }
  for (const CallClass kind : {CallClass::Lane, CallClass::Broker, CallClass::Pull}) {
    const InCall call(s.side.slot, kind, "x", 0);
    CHECK(check->is_lane(ctx) == 1);
    CHECK(check->is_control(ctx) == 0);
  }
  CHECK(check->is_lane(ctx) + check->is_control(ctx) == 0);
}
