// What a bar costs in the built plugin files, through the C ABI: the mock broker with nothing open, with resting orders,
// and the smallest signal.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>

#include "unit/plugins/fake_host.hpp"

namespace {

using namespace plugin_tests;
constexpr std::int64_t bar_ns = 300'000'000'000;

/// As Opened, without a test framework around it.
template <class Table>
struct Plugin {
  FakeHost host;
  const bl_plugin* plugin = nullptr;
  const Table* table = nullptr;
  bl_inst* inst = nullptr;
  Plugin(const char* folder, Json params) {
    void* file = dlopen(file_of(folder).c_str(), RTLD_NOW | RTLD_LOCAL);
    if (file == nullptr) std::abort();
    plugin = reinterpret_cast<const bl_module* (*)()>(dlsym(file, "bowline_module_v1"))()->plugins[0];
    table = static_cast<const Table*>(plugin->vtable);
    const Json schema = Json::parse(std::string(plugin->config_schema.ptr, plugin->config_schema.len));
    for (const auto& [key, property] : schema.at("properties").items())
      if (!params.contains(key)) params[key] = property.at("default");
    const std::string text = params.dump();
    bl_error e{};
    if (plugin->base->create(&host.host, &inst, &e) != BL_OK || plugin->base->configure(inst, {text.data(), text.size()}, &e) != BL_OK ||
        plugin->base->start(inst, &e) != BL_OK)
      std::abort();
  }
};

void broker_bar(benchmark::State& state, int resting) {
  Plugin<bl_broker_v1> p("broker_mock", {{"state", "memory"}});
  const auto dec = [](const char* s) { return bowline::money::to_abi(*bowline::money::parse(s)); };
  for (int i = 0; i < resting; ++i) {
    bl_intent o{};
    o.size = sizeof o;
    o.instrument = 1;
    const std::string id = "o" + std::to_string(i);
    id.copy(o.client_id, id.size());
    o.side = BL_BUY;
    o.type = BL_LIMIT;
    o.tif = BL_GTC;
    o.qty = dec("0.1");
    o.limit_px = dec("50");
    o.quote_qty = o.stop_px = bowline::money::not_set();
    bl_error e{};
    if (p.table->submit(p.inst, &o, &e) < 0) std::abort();
  }
  p.plugin->base->on_wake(p.inst);
  bl_bar b = bar_at(1, p.host.now, 10'000, 10'100, 9'900, 10'050);
  for (auto _ : state) {
    p.table->on_event(p.inst, &b.h, &p.host.sink);
    b.open_ns += bar_ns;
    b.close_ns += bar_ns;
    b.close ^= 1;
  }
  state.SetItemsProcessed(state.iterations());
}
void broker_idle(benchmark::State& s) { broker_bar(s, 0); }
void broker_one_resting(benchmark::State& s) { broker_bar(s, 1); }
void broker_ten_resting(benchmark::State& s) { broker_bar(s, 10); }

void ema_cross(benchmark::State& state) {
  Plugin<bl_signal_v1> p("signal_ema_cross", Json::object());
  std::uint64_t said = 0;
  bl_sink sink{};
  sink.size = sizeof sink;
  sink.ctx = &said;
  sink.prediction = [](void* ctx, const bl_prediction* q) noexcept -> bl_status {
    *static_cast<std::uint64_t*>(ctx) += q->action;
    return BL_OK;
  };
  bl_bar b = bar_at(1, p.host.now, 10'000, 10'100, 9'900, 10'050);
  std::int64_t step = 3;
  for (auto _ : state) {
    b.close += (++step & 64) != 0 ? 3 : -3;
    p.table->on_event(p.inst, &b.h, &sink);
  }
  benchmark::DoNotOptimize(said);
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK(broker_idle);
BENCHMARK(broker_one_resting);
BENCHMARK(broker_ten_resting);
BENCHMARK(ema_cross);

}  // namespace

BENCHMARK_MAIN();
