#include "observe/metrics.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

using namespace bowline::observe;

TEST_CASE("what is counted is exposed, with its help and type") {
  Metrics m;
  auto bars = m.counter("bowline_bars_total", {{"feed", "candles"}});
  bars.inc();
  bars.inc_single_writer(41);
  m.counter("bowline_bars_total", {{"feed", "other"}}).inc(7);
  m.gauge("bowline_trading_ready").set(1);
  const auto text = m.expose();
  CHECK(text.find(
            "# HELP bowline_bars_total Final bars of this run's products that the core took from a feed.\n# TYPE bowline_bars_total counter\n") !=
        std::string::npos);
  CHECK(text.find("bowline_bars_total{feed=\"candles\"} 42\n") != std::string::npos);
  CHECK(text.find("bowline_bars_total{feed=\"other\"} 7\n") != std::string::npos);
  CHECK(text.find("bowline_trading_ready 1\n") != std::string::npos);
  CHECK(text.find("bowline_bars_total") < text.find("bowline_trading_ready"));
  CHECK(text.find("bowline_fills_total") == std::string::npos);  // never used: not shown
}

TEST_CASE("the same name and labels are the same cell") {
  Metrics m;
  m.counter("bowline_fills_total", {{"side", "buy"}}).inc(2);
  auto again = m.counter("bowline_fills_total", {{"side", "buy"}});
  again.inc(3);
  CHECK(again.value() == 5);
}

TEST_CASE("a label value is escaped") {
  Metrics m;
  m.counter("bowline_bars_total", {{"feed", "a\"b\\c\nd"}}).inc();
  CHECK(m.expose().find("bowline_bars_total{feed=\"a\\\"b\\\\c\\nd\"} 1\n") != std::string::npos);
}

TEST_CASE("a histogram has the catalogue's buckets, also when filled from counts made elsewhere") {
  Metrics m;
  auto h = m.histogram("bowline_journal_commit_seconds");
  h.observe(0.00015);
  const std::array<double, 10> counts = {0, 0, 0, 3, 0, 0, 0, 0, 0, 1};
  h.observe_many(counts, 7.5);
  const auto text = m.expose();
  CHECK(text.find("bowline_journal_commit_seconds_count 5\n") != std::string::npos);
  CHECK(text.find("bowline_journal_commit_seconds_bucket{le=\"0.0002\"} 1\n") != std::string::npos);
  CHECK(text.find("bowline_journal_commit_seconds_bucket{le=\"1\"} 4\n") != std::string::npos);
  CHECK(text.find("bowline_journal_commit_seconds_bucket{le=\"+Inf\"} 5\n") != std::string::npos);
}

TEST_CASE("publishers run at each scrape until their token dies") {
  Metrics m;
  auto depth = m.gauge("bowline_core_queue_depth");
  int calls = 0;
  auto token = m.on_scrape([&] { depth.set(++calls); });
  CHECK(m.expose().find("bowline_core_queue_depth 1\n") != std::string::npos);
  CHECK(m.expose().find("bowline_core_queue_depth 2\n") != std::string::npos);
  token.reset();
  CHECK(m.expose().find("bowline_core_queue_depth 2\n") != std::string::npos);
  CHECK(calls == 2);
}

TEST_CASE("counting from many threads while scraping loses nothing") {
  Metrics m;
  auto c = m.counter("bowline_fills_total", {{"side", "buy"}});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 20'000; ++i) c.inc();
    });
  for (int i = 0; i < 20; ++i) (void)m.expose();
  for (auto& t : threads) t.join();
  CHECK(c.value() == 80'000);
}

TEST_CASE("a handle made without metrics counts into nothing") {
  Counter c;
  c.inc();
  Gauge g;
  g.set(1);
  Histogram h;
  h.observe(1);
}

TEST_CASE("the catalogue follows its own rules") {
  for (const auto& d : metric_catalogue()) {
    INFO(std::string(d.name));
    CHECK(d.name.starts_with("bowline_"));
    CHECK((d.type == MetricType::Counter) == d.name.ends_with("_total"));
    CHECK((d.type == MetricType::Histogram) == !d.buckets.empty());
    CHECK(d.help.ends_with("."));
    CHECK(find_metric(d.name) == &d);
    CHECK(metrics_markdown().find("`" + std::string(d.name) + "`") != std::string::npos);
    // No metric may carry money: the words that would name it are not there.
    for (const char* word : {"price", "equity", "balance", "cash", "notional", "pnl", "usd"})
      CHECK(d.name.find(word) == std::string_view::npos);
  }
  CHECK_FALSE(find_metric("bowline_nothing"));
}
