// Who records the market: never waits, tells what it lost, and leaves files that say how far they go.
#include "store/market_recorder.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "unit/market_log/heard.hpp"

using namespace bowline;
using namespace bowline::store;
using namespace bowline::test;

namespace {

std::int64_t now() { return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count(); }

MarketRecorderOptions options(const std::filesystem::path& folder, std::string run = "run-1") {
  MarketRecorderOptions o;
  o.folder = folder;
  o.header = header(std::move(run));
  o.wall_ns = now;
  o.free_bytes = [](const std::filesystem::path&) { return UINT64_MAX; };
  return o;
}

void take(MarketRecorder& r, std::uint64_t from, std::uint64_t to) {
  for (std::uint64_t n = from; n <= to; ++n) {
    const HeardEvent h = heard_quote(n, 1, static_cast<core::Nanos>(n) * second, static_cast<std::int64_t>(n), n);
    r.take(n % 2, h.event, n);
  }
}

struct Played {
  std::uint64_t events = 0;
  bool ended = false;
  std::string why, how;
};

Played play(const std::filesystem::path& folder) {
  const core::InstrumentTable names = table_of({"BTC-USD", "ETH-USD"});
  auto tape = MarketTape::open(folder, header().stamp, names);
  Played p;
  if (!tape) {
    p.why = tape.error().code;
    return p;
  }
  for (core::MarketEvent* e = nullptr; (*tape)->front(e) == MarketTape::Front::event; (*tape)->pop()) {
    ++p.events;
    REQUIRE(e->quote.bid == static_cast<std::int64_t>(p.events));
    REQUIRE((*tape)->rows() == p.events);
    REQUIRE((*tape)->feed() == (p.events % 2 != 0 ? "other" : "market"));
  }
  core::MarketEvent* e = nullptr;
  p.ended = (*tape)->front(e) == MarketTape::Front::ended;
  if (p.ended) p.how = (*tape)->end().how;
  p.why = (*tape)->why();
  return p;
}

bool within(std::chrono::seconds most, const std::function<bool()>& holds) {
  for (const auto until = std::chrono::steady_clock::now() + most; std::chrono::steady_clock::now() < until;) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return holds();
}

void make_older(const std::filesystem::path& file, std::int64_t by_s) {
  struct timespec times[2];
  times[0] = times[1] = {static_cast<time_t>(now() / second - by_s), 0};
  REQUIRE(::utimensat(AT_FDCWD, file.c_str(), times, 0) == 0);
}

}  // namespace

TEST_CASE("rule 4.4: what the core hears is recorded in its order, over as many files as it takes, and how it ended") {
  const StoreFolder folder;
  auto o = options(folder / "market");
  o.segment_bytes = 512;
  o.flush_ns = 0;
  {
    MarketRecorder r(o);
    for (std::uint64_t n = 1; n <= 20'000; n += 500) {
      take(r, n, n + 499);
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    r.close({"end_of_data", "", ""});
    CHECK(r.taken() == 20'000);
    CHECK(r.lost() == 0);
    CHECK(r.why().empty());
  }
  CHECK(segments_in(folder / "market").size() >= 2);
  const Played p = play(folder / "market");
  CHECK(p.events == 20'000);
  CHECK(p.ended);
  CHECK(p.how == "end_of_data");
}

TEST_CASE("rule 4.4: what is heard can be read a second later, and a crash leaves it") {
  const StoreFolder folder;
  auto o = options(folder / "market");
  o.flush_ns = second / 5;
  {
    MarketRecorder r(o);
    take(r, 1, 3);
    CHECK(within(std::chrono::seconds(20), [&] { return !segments_in(folder / "market").empty() && play(folder / "market").events == 3; }));
    CHECK(play(folder / "market").why.find("died, or goes on") != std::string::npos);
    take(r, 4, 5);
    CHECK(within(std::chrono::seconds(20), [&] { return play(folder / "market").events == 5; }));
  }
  // The next process writes files of its own, and the first one's are as they were.
  o.header.run = "run-2";
  o.header.resumed = true;
  {
    MarketRecorder r(o);
    take(r, 1, 9);
    r.close({"stopped", "", ""});
  }
  CHECK(segments_in(folder / "market").size() == 2);
  const Played p = play(folder / "market");
  CHECK(p.events == 5);
  CHECK_FALSE(p.ended);
  CHECK(p.why.find("another one went on") != std::string::npos);
}

TEST_CASE("rule 4.4: a run that heard nothing says so") {
  const StoreFolder folder;
  {
    MarketRecorder r(options(folder / "market"));
    r.close({"stopped", "", ""});
  }
  const Played p = play(folder / "market");
  CHECK(p.events == 0);
  CHECK(p.how == "stopped");
  {
    MarketRecorder untold(options(folder / "untold"));
  }
  CHECK(segments_in(folder / "untold").empty());
}

TEST_CASE("rule 4.4: the core never waits for the writer: what has no place is lost, told, and the record ends there") {
  const StoreFolder folder;
  std::atomic<bool> go{false}, stuck{false};
  auto o = options(folder / "market");
  o.places = 64;
  o.flush_ns = 0;
  o.free_bytes = [&](const std::filesystem::path&) {
    stuck = true;
    while (!go) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return UINT64_MAX;
  };
  {
    MarketRecorder r(o);
    take(r, 1, 1);
    REQUIRE(within(std::chrono::seconds(20), [&] { return stuck.load(); }));
    const auto before = std::chrono::steady_clock::now();
    take(r, 2, 1000);  // 64 of them have a place
    CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds(5));
    CHECK(r.lost() == 1000 - 1 - 64);
    CHECK(r.why().find("faster") != std::string::npos);
    go = true;
    REQUIRE(within(std::chrono::seconds(20), [&] { return play(folder / "market").events == 65; }));
    take(r, 1001, 1010);  // it goes on
    r.close({"stopped", "", ""});
    CHECK(r.taken() == 1010);
    CHECK(r.lost() == 935);
  }
  const Played p = play(folder / "market");
  CHECK(p.events == 65);
  CHECK(p.why == "935 events were lost there");
}

TEST_CASE("rule 4.4: a disk that is nearly full is left to others, and the record goes on when it has room") {
  const StoreFolder folder;
  std::atomic<std::uint64_t> room{UINT64_MAX};
  auto o = options(folder / "market");
  o.flush_ns = 0;
  o.leave_bytes = 1000;
  o.free_bytes = [&](const std::filesystem::path&) { return room.load(); };
  {
    MarketRecorder r(o);
    take(r, 1, 4);
    REQUIRE(within(std::chrono::seconds(20), [&] { return play(folder / "market").events == 4; }));
    room = 999;
    take(r, 5, 6);
    REQUIRE(within(std::chrono::seconds(20), [&] { return r.lost() == 2; }));
    CHECK(r.why().find("nearly full") != std::string::npos);
    room = 1000;
    take(r, 7, 9);
    r.close({"stopped", "", ""});
    CHECK(r.lost() == 2);
  }
  CHECK(play(folder / "market").why == "2 events were lost there");
}

TEST_CASE("rule 4.4: where nothing can be recorded all is lost, and nothing else happens") {
  const StoreFolder folder;
  put_bytes(folder / "market", "a file where the folder should be");
  MarketRecorder r(options(folder / "market"));
  take(r, 1, 5);
  r.close({"stopped", "", ""});
  CHECK(r.lost() == 5);
  CHECK(r.why().find("can't be made") != std::string::npos);
  CHECK(bytes_of(folder / "market") == "a file where the folder should be");
}

TEST_CASE("recorded market: files go by their age and by the size of all, the oldest first, never the one that is written") {
  const StoreFolder folder;
  const auto once = [&](const char* run, std::int64_t keep_ns, std::uint64_t keep_bytes) {
    auto o = options(folder / "market", run);
    o.keep_ns = keep_ns;
    o.keep_bytes = keep_bytes;
    MarketRecorder r(o);
    take(r, 1, 1000);
    r.close({"stopped", "", ""});
  };
  const auto numbers = [&] {
    std::string all;
    for (const SegmentName& s : segments_in(folder / "market")) all += std::to_string(s.number) + " ";
    return all;
  };
  for (const char* run : {"1", "2", "3"}) once(run, 0, 0);
  make_older(segment_file(folder / "market", 1), 3600);
  make_older(segment_file(folder / "market", 2), 100);
  once("4", 3601 * second + 60 * second, 0);
  CHECK(numbers() == "1 2 3 4 ");
  once("5", 1800 * second, 0);
  CHECK(numbers() == "2 3 4 5 ");
  const std::uint64_t one = std::filesystem::file_size(segment_file(folder / "market", 2));
  once("6", 0, 3 * one);
  CHECK(numbers() == "4 5 6 ");  // a new one is small when the others are looked at
  once("7", 0, 1);
  CHECK(numbers() == "7 ");
  core::InstrumentTable names = table_of({"BTC-USD", "ETH-USD"});
  const auto tape = MarketTape::open(folder / "market", header().stamp, names);
  REQUIRE(!tape);
  CHECK(tape.error().code == "MARKET_LOG_ABSENT");
  CHECK(tape.error().message.find("kept no longer") != std::string::npos);
}
