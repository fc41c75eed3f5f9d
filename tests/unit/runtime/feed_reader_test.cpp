#include "services/runtime/feed_reader.hpp"

#include <atomic>
#include <chrono>
#include <thread>

#include "unit/runtime/rig.hpp"

using namespace bowline;
using namespace bowline::test;
using services::FeedReader;
using Front = services::FeedReader::Front;

namespace {

struct One {
  Folder folder;
  Market m;
  services::RunFacts facts;
  std::atomic<std::int64_t> clock{0};
  std::atomic<int> woken{0};
  std::unique_ptr<ScriptFeed> feed;

  explicit One(const std::string& script) {
    facts.instruments = &m.table;
    facts.wall_ns = [this] { return clock.load(); };
    feed = std::make_unique<ScriptFeed>(script, facts, folder.path(), [this] { ++woken; });
  }
  FeedReader& reader() { return feed->reader; }
  /// The front once it is known; `nothing_yet` after two seconds.
  Front front(services::MarketEvent*& e) {
    for (int i = 0; i < 2000; ++i) {
      const Front f = reader().front(e);
      if (f != Front::nothing_yet) return f;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return Front::nothing_yet;
  }
};

}  // namespace

TEST_CASE("feed reader: batches arrive in order, then the end, and the end stays") {
  One t("spin 10000\n");  // more than two batches
  t.reader().start();
  services::MarketEvent* e = nullptr;
  std::int64_t n = 0;
  bool in_order = true;
  while (t.front(e) == Front::event) {
    in_order = in_order && e->h.ts_recv == ++n * second && e->h.type == BL_EV_BAR && e->bar.close == 10000;
    services::MarketEvent* again = nullptr;
    in_order = in_order && t.reader().front(again) == Front::event && again == e;  // looking takes nothing
    t.reader().pop();
  }
  CHECK(in_order);
  CHECK(n == 10000);
  CHECK(t.front(e) == Front::ended);
  CHECK(t.front(e) == Front::ended);
  CHECK(t.woken.load() >= 3);
}

TEST_CASE("feed reader: what was read before a failure is given first, then why it failed") {
  One t("bar 1 300 300 10000\nbar 1 600 600 10000\nfail\n");
  t.reader().start();
  services::MarketEvent* e = nullptr;
  for (int i = 0; i < 2; ++i) {
    REQUIRE(t.front(e) == Front::event);
    t.reader().pop();
  }
  REQUIRE(t.front(e) == Front::failed);
  CHECK(t.reader().error().code == "FEED_FAILED");
  CHECK(t.reader().error().message.find("as the script wants") != std::string::npos);
  CHECK(t.reader().error().message.find("test.feed.script") != std::string::npos);
}

TEST_CASE("feed reader: quotes and observations are kept, raw trades are counted and left out") {
  One t("quote 1 10\ntrade 1 11\nobservation 2 12\ntrade 1 13\nbar 1 300 300 10000 open\n");
  t.reader().start();
  services::MarketEvent* e = nullptr;
  std::vector<std::uint16_t> types;
  for (; t.front(e) == Front::event; t.reader().pop()) {
    types.push_back(e->h.type);
    if (e->h.type == BL_EV_QUOTE) CHECK(e->quote.ask == 10010);
    if (e->h.type == BL_EV_OBSERVATION) CHECK(e->h.instrument == 2);
  }
  CHECK(types == std::vector<std::uint16_t>{BL_EV_QUOTE, BL_EV_OBSERVATION, BL_EV_BAR});
  CHECK(t.reader().ignored() == 2);
}

TEST_CASE("feed reader: a reader that ran ahead waits for the core, and stop ends that wait") {
  One t("spin 1000000\n");
  t.reader().start();
  int before = -1;
  for (int same = 0; same < 20;) {  // until it is blocked: all batches full and nobody takes one
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    const int now = t.woken.load();
    same = now == before ? same + 1 : 0;
    before = now;
  }
  // As many wake-ups as batches it may be ahead, and the one it was blocked with.
  CHECK(before >= static_cast<int>(services::FeedReader::most_batches));
  CHECK(before <= static_cast<int>(services::FeedReader::most_batches) + 1);
  const auto began = std::chrono::steady_clock::now();
  t.reader().stop();
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(1));
  services::MarketEvent* e = nullptr;
  CHECK(t.reader().front(e) == Front::event);  // what had arrived is still there
}

TEST_CASE("feed reader: a paced feed is asked again when its time has come on the clock, not before") {
  One t("bar 1 300 300 10000\nwait 1000\nbar 1 600 600 10000\n");
  t.reader().start();
  services::MarketEvent* e = nullptr;
  REQUIRE(t.front(e) == Front::event);
  t.reader().pop();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  CHECK(t.reader().front(e) == Front::nothing_yet);
  t.clock = 1000 * second;
  REQUIRE(t.front(e) == Front::event);
  CHECK(e->h.ts_recv == 600 * second);
  t.reader().pop();
  CHECK(t.front(e) == Front::ended);
}

TEST_CASE("feed reader: stop ends a paced wait at once") {
  One t("silent\n");
  t.reader().start();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  const auto began = std::chrono::steady_clock::now();
  t.reader().stop();
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::milliseconds(150));
}
