// Rows per second of the candle reader: plain, gzip, and six files merged. The text is made here, shaped like
// five-minute candles of a venue (some 55 bytes a row).
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "feed_replay/merge.hpp"
#include "unit/plugins/temp_files.hpp"

namespace {

using namespace bowline::feed_replay;
constexpr int rows = 200'000;

std::string candles(std::uint64_t seed) {
  std::string text{plugin_tests::candle_header};
  std::uint64_t x = seed, px = 4'632'134;
  const auto next = [&x] { return x ^= x << 13, x ^= x >> 7, x ^= x << 17; };
  const auto price = [](std::uint64_t cents) {
    const std::string f = std::to_string(cents % 100);
    return std::to_string(cents / 100) + "." + (f.size() < 2 ? "0" + f : f);
  };
  for (int i = 0; i < rows; ++i) {
    const std::uint64_t open = px, close = px - 2'000 + next() % 4'001;
    const std::uint64_t high = std::max(open, close) + next() % 3'000,
                        low = std::min(open, close) - next() % 3'000;
    text += std::to_string(1'640'995'200 + i * 300) + "," + price(open) + "," + price(high) + "," +
            price(low) + "," + price(close) + "," + std::to_string(next() % 900) + "." +
            std::to_string(10'000 + next() % 90'000) + "\n";
    px = close < 1'000'000 ? 4'632'134 : close;
  }
  return text;
}

struct Files {
  plugin_tests::TempDir dir;
  Files() {
    for (int i = 0; i < 6; ++i) {
      const std::string text = candles(88172645463325252ULL + static_cast<std::uint64_t>(i));
      dir.write(std::to_string(i) + ".csv", text);
      dir.write_gz(std::to_string(i) + ".csv.gz", text);
    }
  }
};
const Files& files() {
  static const Files f;
  return f;
}

void read(benchmark::State& state, int n, const char* ending) {
  files();  // made before the clock runs
  std::int64_t total = 0;
  for (auto _ : state) {
    Merge merge;
    for (int i = 0; i < n; ++i) {
      FileOptions o;
      o.path = files().dir.at(std::to_string(i) + ending);
      auto file = BarFile::open(o);
      if (!file) std::abort();
      merge.add(static_cast<std::uint32_t>(i + 1), std::move(*file));
    }
    std::int64_t sum = 0;
    while (merge.peek() == BarFile::Next::bar) {
      sum += merge.row().close;
      ++total;
      merge.pop();
    }
    benchmark::DoNotOptimize(sum);
  }
  if (total != static_cast<std::int64_t>(state.iterations()) * n * rows)
    state.SkipWithError("rows were lost");
  state.SetItemsProcessed(total);
}

void csv(benchmark::State& s) { read(s, 1, ".csv"); }
void csv_gz(benchmark::State& s) { read(s, 1, ".csv.gz"); }
void six_csv_gz(benchmark::State& s) { read(s, 6, ".csv.gz"); }

BENCHMARK(csv)->Unit(benchmark::kMillisecond);
BENCHMARK(csv_gz)->Unit(benchmark::kMillisecond);
BENCHMARK(six_csv_gz)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
