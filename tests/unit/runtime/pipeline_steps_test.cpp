// How events become steps: what closes one, what has a row in it, and what is never acted on.
#include "unit/runtime/rig.hpp"

using namespace bowline;
using namespace bowline::test;
using namespace bowline::literals;
using services::RunEnd;
using Strings = std::vector<std::string>;
using Rows = std::vector<std::vector<std::uint32_t>>;

TEST_CASE("a step closes when all bars of it have arrived") {
  Rig r;
  CHECK(r.play({both(2)}) == RunEnd::end_of_data);
  CHECK(r.log == Strings{"step 300 acted", "step 600 acted"});
  CHECK(r.rows == Rows{{1, 2}, {1, 2}});
  CHECK(r.pipeline->bars() == 4);
  CHECK(r.pipeline->steps() == 2);
  CHECK(r.pipeline->first_time() == 300 * second);
  CHECK(r.pipeline->last_time() == 600 * second);
}

TEST_CASE("a missing instrument has no row, and its step closes when a later event is pulled") {
  Rig r;
  CHECK(r.play({"bar 1 300 300 10000\nbar 1 600 600 10000\nbar 2 600 600 10000\nbar 2 900 900 10000\n"}) == RunEnd::end_of_data);
  CHECK(r.log == Strings{"step 300 acted", "step 600 acted", "step 900 acted"});
  CHECK(r.rows == Rows{{1}, {1, 2}, {2}});
}

TEST_CASE("feeds are merged by the time known; at one time the configuration's order decides") {
  Rig r;
  std::string order;
  r.action = [&order](const bl_bar& b) {
    order += std::to_string(b.h.instrument);
    return 3u;
  };
  r.play({"bar 2 300 300 10000\nbar 2 600 600 10000\n", "bar 1 300 300 10000\nbar 1 600 600 10000\n"});
  CHECK(order == "2121");
  CHECK(r.log == Strings{"step 300 acted", "step 600 acted"});
}

TEST_CASE("rule 1.5: a late bar is counted and not acted on") {
  Rig r;
  r.max_bar_delay = 60 * second;
  r.play({both(1) + "bar 1 600 700 10000\nbar 2 600 700 10000\n"});
  CHECK(r.log == Strings{"step 300 acted", "step 700"});
  CHECK(r.pipeline->late_bars() == 2);
  CHECK(r.rows[1].empty());
  CHECK(r.sink.all<core::DecisionRecord>().size() == 2);  // of the first step alone
}

TEST_CASE("a bar of a step that is over is late also where no delay is set") {
  Rig r;
  r.play({both(2) + "bar 1 300 900 10000\nbar 1 900 900 10000\nbar 2 900 900 10000\n"});
  CHECK(r.pipeline->late_bars() == 1);
  CHECK(r.rows.back() == std::vector<std::uint32_t>{1, 2});
}

TEST_CASE("a late bar does not stand for the bar in time of its instrument") {
  Rig r;
  r.play({both(2) + "bar 1 300 900 10000\nbar 2 900 900 10000\nbar 1 900 900 10000\n"});
  CHECK(r.log == Strings{"step 300 acted", "step 600 acted", "step 900 acted"});
  CHECK(r.rows.back() == std::vector<std::uint32_t>{1, 2});
  CHECK(r.pipeline->late_bars() == 1);
}

TEST_CASE("rule 1.5: three hours of outage: no order comes from the bars that are filled in after it") {
  Rig r;
  r.max_bar_delay = 60 * second;
  std::string script = both(2);
  for (int i = 3; i <= 38; ++i)
    for (int id = 1; id <= 2; ++id) script += "bar " + std::to_string(id) + " " + std::to_string(300 * i) + " 12000 10000\n";
  r.play({script});
  CHECK(r.pipeline->late_bars() == 72);
  for (const auto& o : r.sink.all<core::OrderRecord>()) CHECK(o.decided_ns <= 600 * second);
  CHECK(r.log.back().find("acted") == std::string::npos);
  const auto candles = r.sink.all<core::CandleRecord>();
  CHECK(candles.size() == 76);  // they are written down and update features
  CHECK_FALSE(candles.back().acted_on);
}

TEST_CASE("replayed bars warm up and never trade") {
  Rig r;
  r.play({"bar 1 300 300 10000 replayed\nbar 2 300 300 10000 replayed\nbar 1 600 600 10000 replayed\nbar 2 600 600 10000 replayed\n"
          "bar 1 900 900 10000\nbar 2 900 900 10000\n"});
  CHECK(r.log == Strings{"step 300", "step 600", "step 900 acted"});
  CHECK(r.pipeline->late_bars() == 0);
  for (const auto& o : r.sink.all<core::OrderRecord>()) CHECK(o.decided_ns == 900 * second);
  CHECK(r.exec->counts().orders == 2);
}

TEST_CASE("rule 1.6: bars that are not final, and of instruments nobody named, do nothing") {
  Rig r;
  r.play({"bar 1 300 100 9999 open\nbar 17 300 200 10000\nquote 17 250\nquote 0 250\n" + both(1)});
  CHECK(r.pipeline->bars() == 2);
  CHECK(r.feeds[0]->reader.unusable == 4);
  CHECK(r.log == Strings{"step 300 acted"});
}

TEST_CASE("an order of a step is filled by a later bar, never by the one it was decided on") {
  Rig r;
  r.play({both(3)});
  const auto fills = r.sink.all<core::FillRecord>();
  REQUIRE(fills.size() == 2);
  for (const auto& f : fills) CHECK(f.time > 300 * second);
  CHECK(r.exec->portfolio().position(r.m.btc).qty.is_positive());
}

TEST_CASE("rule 4.4: within a step the order is fixed: candles, then signals, decisions, sizings, orders") {
  Rig r;
  r.play({both(1)});
  std::vector<std::size_t> kinds;
  for (const auto& rec : r.sink.records) {
    const bool counts = std::holds_alternative<core::CandleRecord>(rec) || std::holds_alternative<core::SignalRecord>(rec) ||
                        std::holds_alternative<core::DecisionRecord>(rec) || std::holds_alternative<core::SizingRecord>(rec);
    if (counts) kinds.push_back(rec.index());
  }
  CHECK(kinds.size() == 8);
  CHECK(std::is_sorted(kinds.begin(), kinds.end()));
}

TEST_CASE("a feed that fails ends the run with its words; what had arrived was a step") {
  Rig r;
  CHECK(r.play({both(1) + "bar 1 600 600 10000\nfail\n"}) == RunEnd::feed_failed);
  CHECK(r.pipeline->error().code == "FEED_FAILED");
  CHECK(r.log == Strings{"step 300 acted", "step 600 acted"});
  CHECK(r.rows.back() == std::vector<std::uint32_t>{1});
}

TEST_CASE("with latency an order reaches the venue by its timer and costs the bar it falls into") {
  Rig r;
  r.latency = "1000000000";
  r.play({both(4)});
  std::vector<core::Nanos> acked;
  for (const auto& e : r.sink.all<core::OrderEventRecord>())
    if (e.event == "acked") acked.push_back(e.time);
  REQUIRE(acked.size() == 2);
  CHECK(acked[0] == 301 * second);
  const auto fills = r.sink.all<core::FillRecord>();
  REQUIRE(fills.size() == 2);
  for (const auto& f : fills) CHECK(f.time == 900 * second);  // not from the bar that opened at 300 s
}
