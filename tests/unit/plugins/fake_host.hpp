// The host's side of the ABI for tests: opens a built plugin file and offers instruments, time, timers and
// publishing.
#pragma once

#include <unistd.h>

#include <bowline/plugin.h>

#include <catch2/catch.hpp>

#include <dlfcn.h>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/money.hpp"

namespace plugin_tests {

using Json = nlohmann::json;

inline std::string file_of(const std::string& folder) {
  const char* build = std::getenv("BOWLINE_BUILD");
  const std::string dir = build ? build : ".", file = "/lib" + folder + ".so";
  return dir + "/plugins" + file;
}

/// Copies of events by type; the sink and bowline.publish/1 write here.
struct FakeHost {
  std::int64_t now = 1'000'000'000'000'000;
  int wakes = 0;
  std::vector<std::string> logs, failures;
  std::map<std::uint64_t, std::int64_t> timers;
  std::vector<std::vector<std::uint64_t>> events;  ///< 8-byte aligned copies
  std::vector<bl_prediction> predictions;
  std::vector<bl_target> targets;
  std::vector<bl_stop> stops;
  bool takes_stops = true;
  std::vector<std::string> symbols{"", "BTC-USD", "ETH-USD"}, assets{"", "USD", "BTC", "ETH"};
  bool offers_publish = true;
  std::map<std::uint32_t, bl_dec> taker_fees;  ///< by instrument; one that is not in it is not told
  bl_host host{};
  bl_sink sink{};

  FakeHost() {
    host.size = sizeof host;
    host.ctx = this;
    host.service = [](void* ctx, bl_str id) noexcept {
      return self(ctx).service(std::string(id.ptr, id.len));
    };
    host.log = [](void* ctx, std::uint32_t, bl_str m) noexcept { self(ctx).logs.emplace_back(m.ptr, m.len); };
    host.now_ns = [](void* ctx) noexcept { return self(ctx).now; };
    host.wake = [](void* ctx) noexcept { ++self(ctx).wakes; };
    host.fail = [](void* ctx, const bl_error* e) noexcept { self(ctx).failures.emplace_back(e->message); };
    sink.size = sizeof sink;
    sink.ctx = this;
    sink.event = [](void* ctx, const bl_event* e) noexcept { return self(ctx).take(e); };
    sink.prediction = [](void* ctx, const bl_prediction* p) noexcept -> bl_status {
      self(ctx).predictions.push_back(*p);
      return BL_OK;
    };
    sink.target = [](void* ctx, const bl_target* t) noexcept -> bl_status {
      self(ctx).targets.push_back(*t);
      return BL_OK;
    };
    sink.stop = [](void* ctx, const bl_stop* w) noexcept -> bl_status {
      if (!self(ctx).takes_stops) return BL_E_UNSUPPORTED;
      self(ctx).stops.push_back(*w);
      return BL_OK;
    };
  }
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;

  template <class T>
  const T& event(std::size_t i) const {
    return *reinterpret_cast<const T*>(events.at(i).data());
  }
  std::vector<std::uint16_t> types() const {
    std::vector<std::uint16_t> t;
    for (std::size_t i = 0; i < events.size(); ++i) t.push_back(event<bl_event>(i).type);
    return t;
  }

 private:
  static FakeHost& self(void* ctx) noexcept { return *static_cast<FakeHost*>(ctx); }
  bl_status take(const bl_event* e) {
    std::vector<std::uint64_t> copy((e->size + 7) / 8);
    std::memcpy(copy.data(), e, e->size);
    events.push_back(std::move(copy));
    return BL_OK;
  }
  const void* service(const std::string& id) {
    static const bl_publish_v1 publish{sizeof(bl_publish_v1), 0,
                                       [](void* c, const bl_event* e) noexcept { return self(c).take(e); }};
    static const bl_timer_v1 timer{
        sizeof(bl_timer_v1), 0,
        [](void* c, std::uint64_t i, std::int64_t due, std::int64_t) noexcept -> bl_status {
          self(c).timers[i] = due;
          return BL_OK;
        },
        [](void* c, std::uint64_t i) noexcept -> bl_status {
          self(c).timers.erase(i);
          return BL_OK;
        }};
    static const bl_instruments_v1 instruments{
        sizeof(bl_instruments_v1), 0,
        [](void* c, bl_str s, std::uint32_t* out) noexcept { return index(self(c).symbols, s, out); },
        [](void* c, std::uint32_t i, bl_product* out) noexcept { return self(c).product(i, *out); },
        [](void* c, bl_str s, std::uint32_t* out) noexcept { return index(self(c).assets, s, out); }};
    if (id == BL_SVC_PUBLISH) return offers_publish ? &publish : nullptr;
    if (id == BL_SVC_TIMER) return &timer;
    if (id == BL_SVC_INSTRUMENTS) return &instruments;
    return nullptr;
  }
  static bl_status index(const std::vector<std::string>& names, bl_str s, std::uint32_t* out) noexcept {
    for (std::uint32_t i = 1; i < names.size(); ++i)
      if (names[i] == std::string_view(s.ptr, s.len)) {
        *out = i;
        return BL_OK;
      }
    return BL_E_NOT_FOUND;
  }
  bl_status product(std::uint32_t i, bl_product& out) {
    if (i == 0 || i >= symbols.size()) return BL_E_NOT_FOUND;
    const auto d = [](const char* s) { return bowline::money::to_abi(*bowline::money::parse(s)); };
    out.symbol = {symbols[i].data(), symbols[i].size()};
    out.base = i + 1;
    out.quote = 1;
    out.base_step = d("0.00000001");
    out.quote_step = out.px_step = d("0.01");
    out.base_min = d("0.0001");
    out.quote_min = d("1");
    out.base_max = out.quote_max = out.maker_fee = out.taker_fee = bowline::money::not_set();
    if (const auto fee = taker_fees.find(i); fee != taker_fees.end()) out.taker_fee = fee->second;
    out.flags = 1;
    return BL_OK;
  }
};

/// An instance of the one plugin in a built file.
template <class Table>
struct Opened {
  FakeHost host;
  const bl_module* module = nullptr;
  const bl_plugin* plugin = nullptr;
  const Table* table = nullptr;
  bl_inst* inst = nullptr;
  bl_error error{};

  explicit Opened(const std::string& folder) {
    void* file = dlopen(file_of(folder).c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (file == nullptr) FAIL(dlerror());
    const auto entry = reinterpret_cast<const bl_module* (*)()>(dlsym(file, "bowline_module_v1"));
    REQUIRE(entry != nullptr);
    module = entry();
    REQUIRE(module->n_plugins == 1);
    plugin = module->plugins[0];
    table = static_cast<const Table*>(plugin->vtable);
    REQUIRE(plugin->base->create(&host.host, &inst, &error) == BL_OK);
  }
  ~Opened() {
    if (inst != nullptr) plugin->base->destroy(inst);
  }
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;

  Json schema() const {
    return Json::parse(std::string(plugin->config_schema.ptr, plugin->config_schema.len));
  }
  /// `own` with the schema's defaults filled in, as the host does it.
  std::string params(Json own) const {
    const Json s = schema();
    for (const auto& [key, property] : s.at("properties").items())
      if (!own.contains(key) && property.contains("default")) own[key] = property.at("default");
    return own.dump();
  }
  bl_status configure(const Json& own) {
    const std::string text = params(own);
    return plugin->base->configure(inst, {text.data(), text.size()}, &error);
  }
  void run(const Json& own) {
    const bl_status s = configure(own);
    INFO(error.message);
    REQUIRE(s == BL_OK);
    const bl_status t = plugin->base->start(inst, &error);
    INFO(error.message);
    REQUIRE(t == BL_OK);
  }
  void stop() { REQUIRE(plugin->base->stop(inst, 1'000'000'000, &error) == BL_OK); }
  std::string message() const { return error.message; }
};

/// A final bar of five minutes that opens at `open_ns`, prices in cents, volume in units.
inline bl_bar bar_at(std::uint32_t instrument, std::int64_t open_ns, std::int64_t open, std::int64_t high,
                     std::int64_t low, std::int64_t close, std::int64_t volume = 1'000) {
  bl_bar b{};
  b.h.size = sizeof b;
  b.h.type = BL_EV_BAR;
  b.h.instrument = instrument;
  b.open_ns = open_ns;
  b.close_ns = b.h.ts_event = b.h.ts_recv = open_ns + 300'000'000'000;
  b.px_exp = -2;
  b.is_final = 1;
  b.open = open;
  b.high = high;
  b.low = low;
  b.close = close;
  b.volume = volume;
  return b;
}

}  // namespace plugin_tests
