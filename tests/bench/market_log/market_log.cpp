// What it costs the core that the market is recorded: a call of MarketRecorder::take for each event, with the writer's thread
// packing and writing beside it. Batches of 32 quotes and bars, 10,000 events a second, more than fifty products tell; each batch
// is timed whole. The bar is a mean below 1 us an event and nothing lost.
//   bench_market_log [folder]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <random>
#include <thread>
#include <vector>

#include "store/market_recorder.hpp"

using namespace bowline;
using clock_type = std::chrono::steady_clock;

int main(int argc, char** argv) {
  constexpr std::size_t batch = 32, batches = 5'000;
  constexpr double bar_ns = 1000;
  const std::filesystem::path folder = (argc > 1 ? std::filesystem::path(argv[1]) : std::filesystem::temp_directory_path()) / "bowline-bench-market-log";
  std::filesystem::remove_all(folder);
  store::MarketRecorderOptions o;
  o.folder = folder;
  o.header.run = "bench";
  o.header.stamp = {"mock", "bowline.broker.mock", "default"};
  o.header.instruments.assign(50, "X-USD");
  o.header.feeds = {"market"};
  o.wall_ns = [] { return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count(); };
  std::vector<double> ns;
  std::uint64_t n = 0, lost = 0;
  std::mt19937_64 draw(7);
  std::int64_t px = 4'000'000;
  {
    store::MarketRecorder recorder(o);
    auto due = clock_type::now();
    for (std::size_t b = 0; b < batches; ++b) {
      core::MarketEvent events[batch];
      for (core::MarketEvent& e : events) {
        ++n;
        std::memset(static_cast<void*>(&e), 0, sizeof e);
        const bool bar = n % 50 == 0;
        e.h.size = bar ? sizeof(bl_bar) : sizeof(bl_quote);
        e.h.type = bar ? BL_EV_BAR : BL_EV_QUOTE;
        e.h.instrument = static_cast<std::uint32_t>(1 + n * 7919 % 50);
        e.h.ts_event = e.h.ts_recv = 1'700'000'000'000'000'000 + static_cast<std::int64_t>(n) * 20'000 + static_cast<std::int64_t>(draw() % 10'000);
        e.h.seq = n;
        px += static_cast<std::int64_t>(draw() % 41) - 20;
        if (bar) e.bar.close = px;
        else e.quote.bid = px, e.quote.ask = px + 1, e.quote.bid_qty = static_cast<std::int64_t>(draw() % 1'000'000), e.quote.ask_qty = static_cast<std::int64_t>(draw() % 1'000'000);
      }
      const auto began = clock_type::now();
      for (const core::MarketEvent& e : events) recorder.take(0, e, n / 100);
      ns.push_back(std::chrono::duration<double, std::nano>(clock_type::now() - began).count() / batch);
      due += std::chrono::microseconds(100 * batch);
      std::this_thread::sleep_until(due);
    }
    recorder.close({"end_of_data", "", ""});
    lost = recorder.lost();
  }
  std::uintmax_t bytes = 0;
  for (const store::SegmentName& s : store::segments_in(folder)) bytes += std::filesystem::file_size(s.file);
  double sum = 0;
  for (const double x : ns) sum += x;
  std::sort(ns.begin(), ns.end());
  const double mean = sum / static_cast<double>(ns.size());
  const bool met = mean < bar_ns && lost == 0;
  std::printf("recording an event, %zu batches of %zu: mean %.0f ns, p50 %.0f ns, p99 %.0f ns, most %.0f ns; %.1f bytes an event on disk, %llu lost; bar %.0f ns: %s\n", ns.size(), batch, mean,
              ns[ns.size() / 2], ns[ns.size() * 99 / 100], ns.back(), static_cast<double>(bytes) / static_cast<double>(n), static_cast<unsigned long long>(lost), bar_ns, met ? "met" : "MISSED");
  std::filesystem::remove_all(folder);
  return met ? 0 : 1;
}
