// The two pulled feeds at work: what they emit, when, and how they end.
#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "common/money.hpp"
#include "feed_replay/player.hpp"
#include "feed_simulated/simulator.hpp"
#include "temp_files.hpp"

using plugin_tests::candle_header;
using plugin_tests::TempDir;
namespace replay = bowline::feed_replay;
namespace sim = bowline::feed_simulated;

namespace {

constexpr std::int64_t second = 1'000'000'000;

/// A sink that keeps bars, and refuses from the `full`-th on.
struct Bars {
  std::vector<bl_bar> seen;
  std::size_t full = SIZE_MAX;
  bl_sink sink{};
  Bars() {
    sink.size = sizeof sink;
    sink.ctx = this;
    sink.event = [](void* ctx, const bl_event* e) noexcept -> bl_status {
      auto& self = *static_cast<Bars*>(ctx);
      if (self.seen.size() >= self.full) return BL_E_AGAIN;
      self.seen.push_back(*reinterpret_cast<const bl_bar*>(e));
      return BL_OK;
    };
  }
};

std::int64_t no_clock() {
  FAIL("an unpaced feed asked for the time");
  return 0;
}

replay::PlayerOptions two_files(const TempDir& dir) {
  dir.write("a.csv", std::string(candle_header) + "300,1,2,0.5,1.5,10\n600,1.5,2,1,1,0\n");
  dir.write("b.csv", std::string(candle_header) + "300,7,7,7,7,1\n600,8,8,8,8,1\n900,9,9,9,9,1\n");
  auto o = replay::player_options({{"B-USD", dir.at("b.csv")}, {"A-USD", dir.at("a.csv")}}, 300 * second,
                                  "max", "", "", "refuse");
  REQUIRE(o.ok());
  return *o;
}
std::uint32_t number_of(const std::string& symbol) {
  return symbol == "A-USD" ? 1 : symbol == "B-USD" ? 2 : 0;
}

std::unique_ptr<replay::Player> playing(const replay::PlayerOptions& o) {
  auto p = replay::Player::open(o, number_of);
  REQUIRE(p.ok());
  const std::uint32_t both[] = {1, 2};
  REQUIRE((*p)->subscribe(both, 2).ok());
  return std::move(*p);
}

}  // namespace

TEST_CASE("replay: bars carry open and close, exact values, final, numbered, in time and instrument order") {
  TempDir dir;
  auto p = playing(two_files(dir));
  Bars b;
  std::int64_t next = 0;
  CHECK(p->pull(3, b.sink, no_clock, next) == replay::Player::Pulled::more);
  CHECK(b.seen.size() == 3);
  CHECK(p->pull(100, b.sink, no_clock, next) == replay::Player::Pulled::end);
  REQUIRE(b.seen.size() == 5);
  const std::uint32_t order[] = {1, 2, 1, 2, 2};
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(b.seen[i].h.instrument == order[i]);
    CHECK(b.seen[i].h.seq == i);
    CHECK(b.seen[i].h.size == sizeof(bl_bar));
    CHECK(b.seen[i].h.type == BL_EV_BAR);
    CHECK(b.seen[i].h.flags == 0);
    CHECK(b.seen[i].is_final == 1);
    CHECK(b.seen[i].close_ns - b.seen[i].open_ns == 300 * second);
    CHECK(b.seen[i].h.ts_event == b.seen[i].close_ns);
    CHECK(b.seen[i].h.ts_recv == b.seen[i].close_ns);
  }
  CHECK(b.seen[0].low == 50'000'000);
  CHECK(b.seen[0].px_exp == -8);
  CHECK(b.seen[0].volume == 1'000'000'000);
  std::vector<std::string> said;
  p->summarize([&said](std::uint32_t, const std::string& t) { said.push_back(t); });
  REQUIRE(said.size() == 2);
  CHECK(said[0].find("a.csv: 2 bars") != std::string::npos);
  CHECK(said[0].find("1 without volume") != std::string::npos);
}

TEST_CASE("replay: a sink that is full loses nothing") {
  TempDir dir;
  auto p = playing(two_files(dir));
  Bars b;
  b.full = 2;
  std::int64_t next = 0;
  CHECK(p->pull(100, b.sink, no_clock, next) == replay::Player::Pulled::more);
  b.full = SIZE_MAX;
  CHECK(p->pull(100, b.sink, no_clock, next) == replay::Player::Pulled::end);
  REQUIRE(b.seen.size() == 5);
  for (std::size_t i = 0; i < 5; ++i) CHECK(b.seen[i].h.seq == i);
}

TEST_CASE("replay: paced bars wait for their time on the reader's clock") {
  TempDir dir;
  auto o = two_files(dir);
  o.speed = 300;  // five minutes a second
  auto p = playing(o);
  Bars b;
  std::int64_t now = 50 * second, next = 0;
  const auto clock = [&now] { return now; };
  CHECK(p->pull(100, b.sink, clock, next) == replay::Player::Pulled::more);
  CHECK(b.seen.size() == 2);  // the first time at once
  CHECK(p->pull(100, b.sink, clock, next) == replay::Player::Pulled::wait);
  CHECK(next == 51 * second);
  now = next;
  CHECK(p->pull(100, b.sink, clock, next) == replay::Player::Pulled::more);
  CHECK(b.seen.size() == 4);
  now = 60 * second;  // late: it catches up
  CHECK(p->pull(100, b.sink, clock, next) == replay::Player::Pulled::end);
  CHECK(b.seen.size() == 5);
}

TEST_CASE("replay: an error keeps the bars before it and says where") {
  TempDir dir;
  auto o = two_files(dir);
  dir.write("b.csv", std::string(candle_header) + "300,7,7,7,7,1\n600,8,8,nan,8,1\n");
  auto p = playing(o);
  Bars b;
  std::int64_t next = 0;
  CHECK(p->pull(100, b.sink, no_clock, next) == replay::Player::Pulled::failed);
  CHECK(b.seen.size() == 2);
  CHECK(p->error().code == "FEED_ROW_NOT_A_NUMBER");
  CHECK(p->error().message.find("b.csv:3") != std::string::npos);
}

TEST_CASE("replay: params and files that do not fit the run are refused") {
  TempDir dir;
  const auto o = two_files(dir);
  const auto code = [](const auto& r) { return r.ok() ? std::string() : r.error().code; };
  CHECK(code(replay::player_options({}, 300 * second, "max", "", "", "refuse")) == "FEED_FILES_MISSING");
  CHECK(code(replay::player_options(o.files, 1, "max", "", "", "refuse")) == "FEED_INTERVAL_INVALID");
  CHECK(code(replay::player_options(o.files, 300 * second, "quick", "", "", "refuse")) ==
        "FEED_SPEED_INVALID");
  CHECK(code(replay::player_options(o.files, 300 * second, "max", "gestern", "", "refuse")) ==
        "FEED_TIME_INVALID");
  CHECK(code(replay::player_options(o.files, 300 * second, "max", "2022-01-02", "2022-01-01", "refuse")) ==
        "FEED_TIME_INVALID");
  CHECK(code(replay::Player::open(o, [](const std::string&) { return 0u; })) == "FEED_SYMBOL_UNKNOWN");
  auto p = replay::Player::open(o, number_of);
  REQUIRE(p.ok());
  const std::uint32_t three[] = {1, 2, 3};
  CHECK(code((*p)->subscribe(three, 3)) == "FEED_FILE_MISSING");
  auto range = o;
  range.from_ns = 100'000 * second;
  auto empty = playing(range);
  Bars b;
  std::int64_t next = 0;
  CHECK(empty->pull(10, b.sink, no_clock, next) == replay::Player::Pulled::failed);
  CHECK(empty->error().code == "FEED_RANGE_EMPTY");
}

namespace {
std::vector<sim::ListedProduct> products() {
  const auto d = [](const char* s) { return *bowline::money::parse(s); };
  return {{1, "BTC-USD", d("0.01"), d("0.00000001")},
          {2, "DOGE-USD", d("0.00001"), d("0.1")},
          {3, "XYZ-USD", d("0.5"), d("5")}};
}
sim::SimulatorOptions sim_options() {
  sim::SimulatorOptions o;
  o.history_bars = 10;
  o.bars = 5;
  auto r = sim::simulator_options(o, "2024-01-01T00:00:00Z", "max", {{"XYZ-USD", "123.7"}});
  REQUIRE(r.ok());
  return *r;
}
}  // namespace

TEST_CASE(
    "simulated: history is marked and unpaced, then bars at their pace, then the end; all on the products' "
    "steps") {
  auto o = sim_options();
  o.speed = 300;
  auto s = sim::Simulator::make(o, products());
  REQUIRE(s.ok());
  Bars b;
  std::int64_t now = 7 * second, next = 0;
  const auto clock = [&now] { return now; };
  CHECK((*s)->pull(1'000, b.sink, clock, next) == sim::Simulator::Pulled::more);
  CHECK(b.seen.size() == 33);  // ten steps of history, and the first behind it
  CHECK((*s)->pull(1'000, b.sink, clock, next) == sim::Simulator::Pulled::wait);
  CHECK(next == 8 * second);
  now = 100 * second;
  CHECK((*s)->pull(1'000, b.sink, clock, next) == sim::Simulator::Pulled::end);
  REQUIRE(b.seen.size() == 45);
  for (std::size_t i = 0; i < b.seen.size(); ++i) {
    CHECK((b.seen[i].h.flags & 1) == (i < 30 ? 1 : 0));
    CHECK(b.seen[i].h.instrument == i % 3 + 1);
    CHECK(b.seen[i].open_ns == 1'704'067'200 * second + static_cast<std::int64_t>(i / 3) * 300 * second);
    CHECK(b.seen[i].close_ns == b.seen[i].open_ns + 300 * second);
  }
  CHECK(int{b.seen[0].px_exp} == -2);
  CHECK(b.seen[0].open == 4'200'000);
  CHECK(int{b.seen[1].px_exp} == -5);
  CHECK(int{b.seen[2].px_exp} == -1);
  CHECK(b.seen[2].open == 1'235);  // 123.7 down to the step of 0.5
  for (std::size_t i = 2; i < 45; i += 3) {
    CHECK(b.seen[i].close % 5 == 0);
    CHECK(b.seen[i].volume % 5 == 0);
  }
}

TEST_CASE("simulated: how it is pulled does not change what it gives") {
  auto a = sim::Simulator::make(sim_options(), products()),
       c = sim::Simulator::make(sim_options(), products());
  REQUIRE(a.ok());
  REQUIRE(c.ok());
  Bars x, y;
  std::int64_t next = 0;
  while ((*a)->pull(1, x.sink, no_clock, next) == sim::Simulator::Pulled::more) {
  }
  while ((*c)->pull(7, y.sink, no_clock, next) == sim::Simulator::Pulled::more) {
  }
  REQUIRE(x.seen.size() == 45);
  REQUIRE(y.seen.size() == 45);
  for (std::size_t i = 0; i < 45; ++i) CHECK(x.seen[i].close == y.seen[i].close);
}

TEST_CASE("simulated: senseless params are refused") {
  const auto code = [](const auto& r) { return r.ok() ? std::string() : r.error().code; };
  const sim::SimulatorOptions n;
  CHECK(code(sim::simulator_options(n, "2024-01-01T00:01:00Z", "max", {})) == "FEED_TIME_INVALID");
  CHECK(code(sim::simulator_options(n, "soon", "max", {})) == "FEED_TIME_INVALID");
  CHECK(code(sim::simulator_options(n, "2024-01-01", "warp", {})) == "FEED_SPEED_INVALID");
  CHECK(code(sim::simulator_options(n, "2024-01-01", "max", {{"BTC-USD", "-1"}})) == "FEED_PRICE_INVALID");
  CHECK(code(sim::simulator_options(n, "2024-01-01", "max", {{"BTC-USD", "1e5"}})) == "FEED_PRICE_INVALID");
  auto low = sim::simulator_options(n, "2024-01-01", "max", {{"BTC-USD", "0.001"}});
  REQUIRE(low.ok());
  CHECK(code(sim::Simulator::make(*low, products())) == "FEED_PRICE_INVALID");
}
