// What is said of a run's parts: health by component, what keeps entries back, and the lines of the log when it changes.
#include "services/runtime/run_health.hpp"

#include <atomic>
#include <chrono>
#include <fstream>
#include <future>
#include <thread>

#include "services/runtime/run_watch.hpp"
#include "unit/observe/log_file.hpp"
#include "unit/runtime/rig.hpp"

using namespace bowline;
using namespace bowline::test;
using observe::Health;
using services::Component;
using services::FeedCondition;

namespace {

struct Seen {
  std::atomic<std::int64_t> clock{1000 * second};  // read by the feeds' threads, which end with the rig
  Rig rig;
  services::RunParts parts;

  explicit Seen(const std::vector<std::string>& scripts) {
    rig.facts.wall_ns = [this] { return clock.load(); };
    rig.build(scripts);
    parts.loop = rig.pipeline.get();
    parts.generator = rig.gen.get();
    parts.execution = rig.exec.get();
    parts.broker = rig.broker.get();
    parts.journal = rig.journal.get();
    for (auto& f : rig.feeds) parts.feeds.push_back(&f->reader);
    parts.wall_ns = rig.facts.wall_ns;
    parts.stale_after_ns = 600 * second;
  }
  Component component(std::string_view service, std::string_view name) const {
    for (const Component& c : components(parts, service))
      if (c.name == name) return c;
    FAIL("no component " << name << " of " << service);
    return {};
  }
  void link(std::uint32_t state) {
    bl_link l{};
    l.h.size = sizeof l;
    l.h.type = BL_EV_LINK;
    l.state = state;
    l.scope = 2;
    REQUIRE(rig.inbox.put(l.h));
    rig.pipeline->pump();
  }
  FeedCondition feed() const { return condition(*parts.feeds[0], clock, parts.stale_after_ns); }
  void until(services::FeedReader::State state) const {
    for (int i = 0; i < 2000 && parts.feeds[0]->state() != state; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    REQUIRE(parts.feeds[0]->state() == state);
  }
};

}  // namespace

TEST_CASE("rule 4.4: a market that can't be recorded whole is told in the health, and degrades nothing else") {
  Seen seen({"silent\n"});
  store::MarketRecorderOptions o;
  o.folder = seen.rig.folder.path() / "market";
  o.wall_ns = [] { return std::int64_t{0}; };
  std::ofstream(o.folder) << "a file where the folder should be";
  store::MarketRecorder recorder(o);
  seen.parts.recorder = &recorder;
  CHECK(seen.component("signal-generator", "market log").status == Health::Ok);
  core::MarketEvent e{};
  e.quote.h.size = sizeof e.quote;
  e.quote.h.type = BL_EV_QUOTE;
  recorder.take(0, e, 0);
  recorder.close({"stopped", "", ""});
  const Component c = seen.component("signal-generator", "market log");
  CHECK(c.status == Health::Degraded);
  CHECK(c.code == "MARKET_LOG_LOST");
  CHECK(services::trading_obstacles(seen.parts).empty());
}

TEST_CASE("a feed is up while it delivers, stale when it is silent for too long, and told when it ends or fails") {
  SECTION("silent") {
    Seen s({"silent\n"});
    CHECK(s.feed() == FeedCondition::up);  // not started: nothing is overdue
    s.rig.feeds[0]->reader.start();
    while (s.parts.feeds[0]->delivered_ns() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    CHECK(s.feed() == FeedCondition::up);
    s.clock += 600 * second;
    CHECK(s.feed() == FeedCondition::up);
    s.clock += 1;
    CHECK(s.feed() == FeedCondition::stale);
    const Component c = s.component("signal-generator", "feed test.feed.script");
    CHECK(c.status == Health::Degraded);
    CHECK(c.code == "FEED_STALE");
    CHECK(trading_obstacles(s.parts) == std::vector<std::string>{"FEED_STALE"});
  }
  SECTION("ended") {
    Seen s({both(1)});
    s.rig.feeds[0]->reader.start();
    s.until(services::FeedReader::State::ended);
    CHECK(s.component("signal-generator", "feed test.feed.script").code == "FEED_ENDED");
  }
  SECTION("failed") {
    Seen s({"fail\n"});
    s.rig.feeds[0]->reader.start();
    s.until(services::FeedReader::State::failed);
    CHECK(s.component("signal-generator", "feed test.feed.script").status == Health::Down);
  }
}

TEST_CASE("a venue that says its connection is down is down, and keeps entries back until it is up again") {
  Seen s({both(1)});
  CHECK(s.component("trade-execution", "venue").status == Health::Ok);
  s.link(0);
  CHECK(s.component("trade-execution", "venue").status == Health::Down);
  CHECK(s.component("trade-execution", "venue").code == "VENUE_LINK_DOWN");
  CHECK(trading_obstacles(s.parts) == std::vector<std::string>{"VENUE_LINK_DOWN"});
  s.link(2);
  CHECK(s.component("trade-execution", "venue").status == Health::Degraded);
  s.link(1);
  CHECK(s.component("trade-execution", "venue").status == Health::Ok);
  CHECK(trading_obstacles(s.parts).empty());
}

TEST_CASE("an emergency stop keeps entries back and makes no component sick") {
  Seen s({both(1)});
  static_cast<void>(s.rig.exec->emergency_stop(1, "me", "a drill", "r1"));
  CHECK(trading_obstacles(s.parts) == std::vector<std::string>{"GATE_CLOSED", "STATE_HALTED"});
  for (const Component& c : components(s.parts, "trade-execution")) CHECK(c.status == Health::Ok);
  s.rig.exec->emergency_resume(2, "me", "over", "r2");
  CHECK(trading_obstacles(s.parts).empty());
}

TEST_CASE("rule 4.1: a ballast that is not whole keeps entries back, and the journal is degraded, not down") {
  Seen s({both(1)});
  const auto file = s.rig.folder.path() / "ballast";
  std::filesystem::create_directories(file);  // nothing can be kept there
  store::Ballast ballast(file, 1024 * 1024);
  s.rig.exec->keep(ballast);
  s.rig.exec->fill_reserve(1);
  CHECK(s.component("trade-execution", "journal").status == Health::Degraded);
  CHECK(s.component("trade-execution", "journal").code == "BALLAST_RELEASED");
  CHECK(trading_obstacles(s.parts) == std::vector<std::string>{"GATE_CLOSED", "BALLAST_RELEASED"});
  std::filesystem::remove(file);
  s.rig.exec->emergency_resume(2, "me", "room again", "r1");
  CHECK(s.component("trade-execution", "journal").status == Health::Ok);
  CHECK(trading_obstacles(s.parts).empty());
}

TEST_CASE("each change is one line: the venue's connection, a feed's end; a look without news says nothing") {
  LogFile log;
  Seen s({both(1)});
  services::RunWatch watch(s.parts);
  watch.look();
  s.link(0);
  for (int i = 0; i < 3; ++i) watch.look();
  s.link(1);
  watch.look();
  s.rig.feeds[0]->reader.start();
  s.until(services::FeedReader::State::ended);
  for (int i = 0; i < 3; ++i) watch.look();
  std::vector<std::string> told;
  for (const auto& line : log.lines()) told.push_back(line["service"].get<std::string>() + ": " + line["msg"].get<std::string>());
  CHECK(told == std::vector<std::string>{"trade-execution: the venue says that its connection is down",
                                         "trade-execution: the venue says that its connection is up",
                                         "signal-generator: feed test.feed.script has ended: no more data"});
}

TEST_CASE("late bars are told at the first, and then counted") {
  LogFile log;
  std::string script = "bar 1 300 300 10000\nbar 2 300 300 10000\n";
  for (int i = 0; i < 12; ++i) script += "bar 1 300 " + std::to_string(600 + i) + " 10000\n";
  Seen s({script});
  services::RunWatch watch(s.parts);
  s.rig.pipeline->after_step = [&](core::Nanos, bool) { watch.look(); };
  CHECK(s.rig.go() == services::RunEnd::end_of_data);
  watch.look();
  std::vector<std::uint64_t> counts;
  for (const auto& line : log.lines())
    if (line.contains("count")) counts.push_back(line["count"].get<std::uint64_t>());
  CHECK(s.rig.pipeline->late_bars() == 12);
  CHECK(counts == std::vector<std::uint64_t>{1, 10});
}

TEST_CASE("each step that is waited for is timed, and none where nobody asks") {
  // The feed has nothing before each step until the clock goes on, so the loop waits.
  Seen s({"wait 5000\nbar 1 300 300 10000\nbar 2 300 300 10000\nbatch\nwait 7000\nbar 1 600 600 10000\nbar 2 600 600 10000\n"});
  std::vector<double> seconds;
  std::atomic<std::size_t> timed{0};
  s.rig.pipeline->predicted = [&](double t) {
    seconds.push_back(t);
    ++timed;
  };
  std::thread time([&s, &timed] {
    // Work is done between two looks at the feeds: behind the second piece the loop has looked once and waits.
    std::size_t step = 0;
    for (const std::int64_t to : {6000, 8000}) {
      for (int looks = 0; looks < 2 || timed < step;) {
        std::promise<void> done;
        if (!s.rig.pipeline->post([&done] { done.set_value(); })) return;
        done.get_future().wait();
        looks += timed == step;
      }
      s.clock = to * second;
      ++step;
    }
  });
  const services::RunEnd end = s.rig.go();
  time.join();
  CHECK(end == services::RunEnd::end_of_data);
  CHECK(seconds.size() == 2);
  for (const double t : seconds) {
    CHECK(t >= 0);
    CHECK(t < 10);
  }
  CHECK(s.parts.feeds[0]->bars == 4);
  CHECK(s.parts.feeds[0]->unusable == 0);
}

TEST_CASE("bars that are not final or of no product of the run are counted apart") {
  Seen s({"bar 1 300 300 10000 open\nbar 9 300 300 10000\nbar 1 300 301 10000\n"});
  CHECK(s.rig.go() == services::RunEnd::end_of_data);
  CHECK(s.parts.feeds[0]->bars == 1);
  CHECK(s.parts.feeds[0]->unusable == 2);
}
