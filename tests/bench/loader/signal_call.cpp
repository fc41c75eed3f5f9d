// What one bar costs on its way across the ABI into a signal plugin that does two EMAs, against the same code
// inlined. Means of 10^7 calls, medians of 21 interleaved runs. The bar is <= 8 ns over the inlined code,
// watchdog bracket included.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "bench/loader/bench_host.hpp"
#include "bench/loader/two_ema.h"
#include "loader/instance.hpp"

namespace {

using namespace bowline;
using namespace bowline::loader;

constexpr int calls = 10'000'000, runs = 21;

template <class F>
double ns_per_call(F&& call) {
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < calls; ++i) call(i);
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - began;
  return took.count() / calls;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

template <class T>
T must(Result<T> result) {
  if (result) return std::move(result).value();
  std::fprintf(stderr, "%s: %s\n", result.error().code.c_str(), result.error().message.c_str());
  std::exit(1);
}
void must(const Result<void>& result) {
  if (result) return;
  std::fprintf(stderr, "%s: %s\n", result.error().code.c_str(), result.error().message.c_str());
  std::exit(1);
}

}  // namespace

int main() {
  bench::StateFolder var;
  bench::SilentHost host;
  WatchdogOptions options;
  options.var = var.path;
  Watchdog watchdog(options);
  must(watchdog.start());
  auto module = must(load_plugin_file(TWO_EMA_PLUGIN, TrustPolicy{var.path, {}, false}));
  auto signal = must(make_instance<SignalInstance>(
      module, InstanceSpec{1, "bench", "bench.two_ema", "{}"}, host, &watchdog));
  must(signal->configure());
  must(signal->start());

  std::array<bl_bar, 256> bars{};
  for (std::size_t i = 0; i < bars.size(); ++i) {
    bars[i].h.size = sizeof(bl_bar);
    bars[i].h.type = BL_EV_BAR;
    bars[i].close = 40'000'00 + static_cast<std::int64_t>((i * 7919) % 1000);
  }
  bl_sink sink{};
  sink.size = sizeof sink;
  const auto* table = static_cast<const bl_signal_v1*>(signal->plugin().vtable);

  two_ema state{};
  std::vector<double> inlined, bare, wrapped;
  for (int r = 0; r < runs; ++r) {
    inlined.push_back(ns_per_call([&](int i) {
      two_ema_step(&state, &bars[static_cast<std::size_t>(i) & 255]);
      asm volatile("" : : "r"(&state) : "memory");  // the state is stored after each bar, as a plugin's is
    }));
    bare.push_back(ns_per_call([&](int i) {
      (void)table->on_event(signal->raw(), &bars[static_cast<std::size_t>(i) & 255].h, &sink);
    }));
    wrapped.push_back(ns_per_call([&](int i) {
      bl_bar& bar = bars[static_cast<std::size_t>(i) & 255];
      bar.h.id = static_cast<std::uint64_t>(i);
      (void)signal->on_event(bar.h, sink);
    }));
  }
  const double base = median(inlined), raw = median(bare), full = median(wrapped);
  std::printf(
      "one bar into two EMAs: inlined %.2f ns, table call %.2f ns, through SignalInstance with watchdog %.2f "
      "ns\n",
      base, raw, full);
  std::printf("over the inlined code: %.2f ns (of which the wrapper %.2f ns)   bar: <= 8 ns\n", full - base,
              full - raw);
  return full - base <= 8.0 ? 0 : 1;
}
