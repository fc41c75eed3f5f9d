// From the bars of one close to the predictions of all instruments, in process and without a store, against the bare
// work (feature update + XGBoosterPredictFromDense with a reused proxy) on the same bars, interleaved in one run.
//   bench_close_to_prediction <bundle> <plugin folder> [steps]
// The bundle: bowline train configs/bench_predict_train.yaml --out <bundle>  (167 rounds x 3 classes = 501 trees, depth 6)
#include <xgboost/c_api.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "features/feature_set.hpp"
#include "services/runtime/instances.hpp"
#include "services/runtime/selected_features.hpp"
#include "services/signal_generator/generator.hpp"

using namespace bowline;
using Clock = std::chrono::steady_clock;

namespace {

class NoSink final : public core::RecordSink {
 public:
  bool wanted() const noexcept override { return false; }
  void put(core::Record&&) override {}
  void end_step(core::Nanos) override {}
};

/// xorshift: the same market on every machine.
struct Market {
  std::uint64_t state = 88172645463325252ull;
  std::vector<double> px;
  double uniform() {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return static_cast<double>(state >> 11) * 0x1p-53;
  }
  bl_bar bar(std::uint32_t instrument, core::Nanos close) {
    double& p = px[instrument - 1];
    const double open = p;
    p *= 1 + 0.002 * (uniform() + uniform() + uniform() - 1.5);
    bl_bar b{};
    b.h.size = sizeof b;
    b.h.type = BL_EV_BAR;
    b.h.instrument = instrument;
    b.h.ts_event = b.h.ts_recv = b.close_ns = close;
    b.open_ns = close - 300'000'000'000;
    b.px_exp = b.qty_exp = -8;
    b.is_final = 1;
    const auto m = [](double x) { return static_cast<std::int64_t>(std::llround(x * 1e8)); };
    b.open = m(open);
    b.close = m(p);
    b.high = m(std::max(open, p) * (1 + 0.0005 * uniform()));
    b.low = m(std::min(open, p) * (1 - 0.0005 * uniform()));
    b.volume = m(10 + 90 * uniform());
    return b;
  }
};

void must(int rc) {
  if (rc == 0) return;
  std::fprintf(stderr, "xgboost: %s\n", XGBGetLastError());
  std::exit(1);
}

/// The work without a host: features into one float matrix, one call into the library.
struct Bare {
  features::FeatureSet set;
  BoosterHandle booster = nullptr;
  DMatrixHandle proxy = nullptr;
  std::vector<double> row;
  std::vector<float> matrix;
  double sum = 0;  // so that nothing is optimised away

  Bare(features::FeatureSet s, const std::filesystem::path& model) : set(std::move(s)), row(set.cols()) {
    must(XGBoosterCreate(nullptr, 0, &booster));
    must(XGBoosterSetParam(booster, "nthread", "1"));
    must(XGBoosterLoadModel(booster, model.c_str()));
    must(XGProxyDMatrixCreate(&proxy));
  }
  void step(const std::vector<bl_bar>& bars) {
    for (const bl_bar& b : bars) set.update(b);
    matrix.clear();
    for (const bl_bar& b : bars) {
      set.row(b.h.instrument, row);
      for (const double v : row) matrix.push_back(static_cast<float>(v));
    }
    char array[160];
    std::snprintf(array, sizeof array, R"({"data":[%llu,true],"shape":[%zu,%zu],"typestr":"<f4","version":3})",
                  static_cast<unsigned long long>(reinterpret_cast<std::uintptr_t>(matrix.data())), bars.size(), set.cols());
    bst_ulong const* shape = nullptr;
    bst_ulong dim = 0;
    const float* out = nullptr;
    must(XGProxyDMatrixSetDataDense(proxy, array));
    must(XGBoosterPredictFromDense(booster, array,
                                   R"({"type":0,"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":false,"cache_id":0,"missing":NaN})",
                                   proxy, &shape, &dim, &out));
    sum += out[0];
  }
};

double quantile(std::vector<double> v, double q) {
  std::sort(v.begin(), v.end());
  return v[static_cast<std::size_t>(q * static_cast<double>(v.size() - 1))];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: bench_close_to_prediction <bundle> <plugin folder> [steps]\n");
    return 2;
  }
  const std::filesystem::path bundle = std::filesystem::absolute(argv[1]);
  const int steps = argc > 3 ? std::atoi(argv[3]) : 20'000;
  config::RunConfig config;
  for (const char* s : {"BTC-USD", "ETH-USD", "SOL-USD", "ADA-USD", "XRP-USD", "LTC-USD", "LINK-USD", "DOGE-USD"}) {
    config::InstrumentConfig i;
    i.symbol = s;
    config.instruments.push_back(i);
  }
  config.plugins.path = {argv[2]};
  nlohmann::json params = nlohmann::json::parse(
      R"({"colsample":0.8,"early_stopping":0,"eta":0.1,"features":[],"horizon_bars":12,"interval":300000000000,"max_depth":6,"min_child_weight":10,"rounds":200,"seed":1,"subsample":0.8})");
  params["bundle"] = bundle.string();
  config::InstanceConfig signal;
  signal.id = "model";
  signal.kind = "signal";
  signal.plugin = "bowline.signal.xgboost";
  signal.params_json = params.dump();
  config.instances = {signal};
  auto table = services::instrument_table(config);
  services::RunFacts facts;
  facts.instruments = &*table;
  facts.wall_ns = [] { return std::int64_t{0}; };
  facts.select = services::select_features;
  auto catalogue = loader::Catalogue::scan(config.plugins.path);
  if (!catalogue) return std::fprintf(stderr, "%s\n", catalogue.error().message.c_str()), 1;
  services::InstancesOptions io;
  io.var = std::filesystem::temp_directory_path() / "bowline-bench-predict";
  std::filesystem::create_directories(io.var);
  io.without_broker = true;
  auto all = services::Instances::make(config, *catalogue, facts, io);
  if (!all) return std::fprintf(stderr, "%s\n", all.error().message.c_str()), 1;
  if (auto done = (*all)->start(); !done) return std::fprintf(stderr, "%s\n", done.error().message.c_str()), 1;

  std::ifstream in(bundle / "manifest.json");
  const auto manifest = nlohmann::json::parse(in);
  std::vector<std::string> names = manifest.at("features");
  std::vector<std::string_view> views(names.begin(), names.end());
  auto set = features::FeatureSet::select(views);
  if (!set) return std::fprintf(stderr, "%s\n", set.error().message.c_str()), 1;
  Bare bare(std::move(*set), bundle / "model.ubj");

  NoSink sink;
  auto& one = (*all)->signals.front();
  std::vector<std::unique_ptr<services::SignalPort>> ports;
  ports.push_back(std::make_unique<services::SignalAdapter>(*one.instance, one.needs, std::move(one.frames)));
  services::Generator generator({}, *table, std::move(ports), sink);

  Market market;
  market.px.assign(config.instruments.size(), 100);
  std::vector<double> host_us, bare_us;
  std::size_t said = 0;
  core::Nanos t = 1'700'000'100'000'000'000 / 300'000'000'000 * 300'000'000'000;
  const int warm = 400;
  for (int step = 0; step < steps + warm; ++step) {
    t += 300'000'000'000;
    std::vector<bl_bar> bars;
    for (std::uint32_t i = 1; i <= config.instruments.size(); ++i) bars.push_back(market.bar(i, t));
    const auto a = Clock::now();
    for (const bl_bar& b : bars) generator.on_bar(b, true);
    said = generator.predict(t).size();
    const auto b = Clock::now();
    bare.step(bars);
    const auto c = Clock::now();
    if (step < warm) continue;
    host_us.push_back(std::chrono::duration<double, std::micro>(b - a).count());
    bare_us.push_back(std::chrono::duration<double, std::micro>(c - b).count());
  }
  const double h50 = quantile(host_us, 0.5), b50 = quantile(bare_us, 0.5);
  std::printf("%zu instruments, %zu features, %d steps, %zu predictions a step\n", config.instruments.size(), names.size(), steps, said);
  std::printf("host  p50 %8.1f us   p99 %8.1f us\nbare  p50 %8.1f us   p99 %8.1f us\n", h50, quantile(host_us, 0.99), b50,
              quantile(bare_us, 0.99));
  const bool met = quantile(host_us, 0.99) <= 1000 && h50 <= 1.5 * b50;
  std::printf("p50 ratio %.3f (bar 1.5), p99 %.3f ms (bar 1): %s\n", h50 / b50, quantile(host_us, 0.99) / 1000, met ? "met" : "MISSED");
  (*all)->stop();
  return met ? 0 : 1;
}
