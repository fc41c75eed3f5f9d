// Where time is real the clock moves it while a feed is mute (trading rules 1.5), and what came of that comes again when the
// run is run again. The clock is the test's: each look at it is a while later.
#include <atomic>
#include <chrono>
#include <thread>

#include "services/runtime/repeater.hpp"
#include "store/journal_compare.hpp"
#include "store/journal_file.hpp"
#include "unit/runtime/rig.hpp"
#include "unit/services/again.hpp"

using namespace bowline;
using namespace bowline::test;
using namespace bowline::literals;
using services::RunEnd;

namespace {

/// A rig whose clock runs: `pace` seconds at each look.
struct RealRig : Rig {
  std::shared_ptr<std::atomic<std::int64_t>> wall = std::make_shared<std::atomic<std::int64_t>>(300 * second);
  explicit RealRig(std::int64_t pace = 7, const std::filesystem::path& file = {}) {
    real = true;
    facts.wall_ns = [w = wall, pace] { return w->fetch_add(pace * second + 123'456'789); };
    if (!file.empty()) journal = opened(file);
  }
  services::RunEnd play(const std::vector<std::string>& scripts) {
    build(scripts);
    return turn();
  }
  services::RunEnd turn() {
    // Nobody waits for the real clock, and the feed's reader, which looks five times a second, is not left far behind.
    pipeline->watch = [this] {
      if (until && until()) pipeline->stop();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      pipeline->wake();
    };
    return go();
  }
  std::function<bool()> until;
  core::Nanos engine() const { return facts.engine_ns.load(); }
};

std::vector<store::RecordedInput> inputs_of(const std::filesystem::path& file) {
  const auto extent = store::measure_journal(file);
  if (!extent) FAIL(extent.error().message);
  return extent->inputs;
}

std::string late(int from, int to) {
  std::string s;
  for (int i = from; i <= to; ++i)
    for (int id = 1; id <= 2; ++id) s += "bar " + std::to_string(id) + " " + std::to_string(300 * i) + " " + std::to_string(300 * i) + " 10000\n";
  return s;
}

}  // namespace

TEST_CASE("rule 1.5: a mute feed, real time: an entry whose end passes is cancelled") {
  RealRig r;
  r.until = [&r] { return r.engine() > 2000 * second || (r.engine() > 300 * second && r.exec->orders().working().empty()); };
  CHECK(r.play({both(1) + "silent\n"}) == RunEnd::stopped);
  CHECK(r.exec->counts().orders == 2);
  CHECK(r.exec->orders().working().empty());
  CHECK(r.engine() >= 900 * second);
  CHECK(r.engine() < 2000 * second);
  for (const core::Order* o : r.exec->orders().done()) CHECK(o->cum_qty.is_zero());
}

TEST_CASE("rule 1.5: in replay and simulation the clock moves nothing") {
  RealRig r;
  r.real = false;
  int looks = 0;
  r.until = [&] { return ++looks > 200; };
  CHECK(r.play({both(1) + "silent\n"}) == RunEnd::stopped);
  CHECK(r.engine() == 300 * second);
  CHECK(r.exec->orders().working().size() == 2);
}

TEST_CASE("rule 1.5: a plugin's timer fires by the clock while the feed is mute") {
  RealRig r;
  static_cast<void>(r.listener("rule").timer_arm(5, 1000 * second, 0));
  r.until = [&r] { return r.engine() > 2000 * second; };
  CHECK(r.play({both(1) + "silent\n"}) == RunEnd::stopped);
  CHECK(std::find(r.log.begin(), r.log.end(), "rule 5 at 1000") != r.log.end());
}

TEST_CASE("rule 1.5: a clock that steps back moves nothing back, and one before the first event moves nothing") {
  RealRig r;
  std::atomic<int> looks = 0;
  r.facts.wall_ns = [&looks] { return ++looks < 50 ? 5000 * second : 400 * second; };
  r.until = [&] { return looks > 200; };
  CHECK(r.play({both(1) + "silent\n"}) == RunEnd::stopped);
  CHECK(r.engine() <= 5000 * second);
  CHECK(r.engine() >= 400 * second);

  RealRig none;
  looks = 0;
  none.until = [&] { return ++looks > 100; };
  CHECK(none.play({"silent\n"}) == RunEnd::stopped);
  CHECK(none.engine() == 0);
}

TEST_CASE("rule 1.5: a mute feed does not hold up the other ones") {
  RealRig r;
  r.until = [&r] { return r.pipeline->steps() == 2 || r.engine() > 20'000 * second; };
  CHECK(r.play({both(3), "silent\n"}) == RunEnd::stopped);
  CHECK(r.pipeline->steps() == 2);
}

TEST_CASE("rule 1.5: three hours of outage: no order comes from bars that are filled in, also where the feed says it had them in time") {
  const Folder folder;
  {
    RealRig r(101, folder.path() / "journal.db");
    r.max_bar_delay = 60 * second;
    CHECK(r.play({both(2) + "wait 11700\n" + late(3, 38)}) == RunEnd::end_of_data);
    CHECK(r.pipeline->late_bars() == 72);
    for (const auto& o : r.sink.all<core::OrderRecord>()) CHECK(o.decided_ns <= 600 * second);
    CHECK(r.sink.all<core::CandleRecord>().size() == 76);  // they are written down and update features
    REQUIRE(r.journal->flush());
  }
  // That time had moved beyond them is written down: run again they are as late.
  const auto inputs = inputs_of(folder.path() / "journal.db");
  REQUIRE(!inputs.empty());
  CHECK(store::place_of(inputs.back().input).at >= 11'400 * second);
}

TEST_CASE("rule 1.5: a restart whose feed is mute: history ends all the same, and the clock goes on") {
  RealRig r;
  r.feed_patience = second / 20;
  r.build({"silent\n"});
  r.facts.engine_ns = 300 * second;
  core::Nanos ended = 0;
  r.pipeline->go_on_after(300 * second, {}, [&] { ended = r.engine(); });
  int looks = 0;
  r.until = [&] { return ++looks > 400 || (ended != 0 && r.engine() > ended + 60 * second); };
  CHECK(r.turn() == RunEnd::stopped);
  CHECK(ended > 300 * second);  // what is resumed then is resumed now
  CHECK(r.engine() > ended + 60 * second);
}

TEST_CASE("rule 1.5: a feed that still recalls is waited for, and its first new bar ends history at its own time") {
  RealRig r;
  r.feed_patience = 3600 * second;
  r.build({both(2) + "silent\n"});
  r.facts.engine_ns = 300 * second;
  core::Nanos ended = 0;
  r.pipeline->go_on_after(300 * second, {}, [&] { ended = r.engine(); });
  r.until = [&] { return r.pipeline->steps() == 2; };
  CHECK(r.turn() == RunEnd::stopped);
  CHECK(ended == 600 * second);
}

TEST_CASE("rule 1.5: a feed that tells something each second does not keep the clock's work from being done") {
  RealRig r;
  r.facts.wall_ns = [] { return 300 * second; };
  r.latency = "100000000000";
  std::string script = both(1);
  for (int i = 1; i <= 11; ++i) script += "quote 1 " + std::to_string(300 + i) + "\n";
  r.until = [&r] { return r.engine() >= 311 * second; };
  CHECK(r.play({script + "silent\n"}) == RunEnd::stopped);
  REQUIRE(r.exec->orders().working().size() == 2);
  for (const core::Order* o : r.exec->orders().working()) CHECK(o->state == core::OrderState::unknown);
}

TEST_CASE("rule 1.5: a step does not wait for a bar that does not come") {
  RealRig r(1);
  int looks = 0;
  r.until = [&] { return ++looks > 400 || !r.log.empty(); };
  CHECK(r.play({"bar 1 300 300 10000\nsilent\n"}) == RunEnd::stopped);
  CHECK(r.log == std::vector<std::string>{"step 300 acted"});
  CHECK(r.exec->counts().orders == 1);
  CHECK(r.engine() < 320 * second);
}

TEST_CASE("rule 1.5: by data a step waits for its bars") {
  RealRig r(1);
  r.real = false;
  int looks = 0;
  r.until = [&] { return ++looks > 200; };
  CHECK(r.play({"bar 1 300 300 10000\nsilent\n"}) == RunEnd::stopped);
  CHECK(r.log.empty());
}

TEST_CASE("rule 1.5: while the clock that was ahead is set right what waits for its time goes on") {
  RealRig r;
  std::atomic<std::int64_t> looks = 0;
  constexpr std::int64_t ahead = 50, back = 600;
  r.facts.wall_ns = [&looks] {
    const std::int64_t look = ++looks;
    return (300 + 7 * look - (look > ahead ? back : 0)) * second;
  };
  core::Nanos least = 0, most = 0;
  bool fell = false;
  r.until = [&] {
    fell = fell || r.engine() < most;
    most = std::max(most, r.engine());
    if (looks <= ahead) least = most;
    return looks > ahead + 60;
  };
  CHECK(r.play({both(1) + "silent\n"}) == RunEnd::stopped);
  CHECK_FALSE(fell);
  CHECK(least > 400 * second);
  CHECK(r.engine() > least + 60 * second);      // slower than the wall, which it lets catch up
  CHECK(r.engine() < least + 60 * 5 * second);
}

namespace {

/// Runs a script by the clock, and again without one: both journals must be the same. The recorded one's inputs.
std::vector<store::RecordedInput> comes_again(const std::string& script, std::int64_t pace, std::uint64_t least_orders) {
  const Folder folder;
  const auto recorded = folder.path() / "recorded.db", again = folder.path() / "again.db";
  const auto action = [](const bl_bar& b) { return b.close_ns == 4500 * second ? 2u : 1u; };
  const std::string latency = "20000000000";
  std::uint64_t rows = 0;
  {
    RealRig r(pace, recorded);
    r.action = action;
    r.latency = latency;
    REQUIRE(r.play({script}) == RunEnd::end_of_data);
    REQUIRE(r.exec->counts().orders >= least_orders);
    REQUIRE(r.journal->flush());
    rows = r.journal->rows();
  }
  const auto inputs = inputs_of(recorded);
  {
    RealRig r(0, again);
    r.ticks = false;
    r.wall->store(1'000'000 * second);
    r.action = action;
    r.latency = latency;
    const Folder own;
    const store::HaltLatch latch(own.path());
    r.build({script});
    services::Repeater repeater({*r.pipeline, *r.exec, *r.rebalancer, latch, r.facts, r.m.table, r.sink}, inputs);
    r.pipeline->repeats = [&repeater](const bl_event* next) { return repeater.next(next); };
    REQUIRE(r.go() == RunEnd::end_of_data);
    REQUIRE(r.journal->flush());
  }
  const auto extent = store::measure_journal(recorded);
  REQUIRE(extent);
  const auto c = store::compare_journals(recorded, *extent, {again, rows, store::Rerun::Behind::all});
  REQUIRE(c);
  INFO((c->recorded ? c->recorded->kind + c->recorded->payload : "none") << "\n" << (c->again ? c->again->kind + c->again->payload : "none"));
  CHECK(c->result == store::Agreement::same);
  CHECK(c->rows == rows);
  return inputs;
}

}  // namespace

TEST_CASE("rule 1.5: what the clock brought comes again at the same place when the run is run again, byte for byte") {
  const auto inputs = comes_again(both(2) + "wait 4000\nbar 1 4200 4200 10000\nbar 2 4200 4200 10000\nbar 1 4500 4500 9000\nbar 2 4500 4500 9000\nwait 9000\n" +
                                      "bar 1 9300 9300 9000\nbar 2 9300 9300 9000\n", 3, 4);
  CHECK(inputs.size() >= 2);
  CHECK(inputs.size() < 60);  // not each second's
}

TEST_CASE("rule 1.5: a step that the clock closed is closed again at the same place, whenever its other bar comes") {
  static_cast<void>(comes_again("bar 1 300 300 10000\nwait 400\nbar 2 300 300 10000\n" + late(2, 4), 1, 3));
}

TEST_CASE("rule 1.5: what came of a second that events passed comes again, too") {
  std::string script = both(1);
  for (int i = 1; i <= 40; ++i) script += "quote 1 " + std::to_string(300 + i) + "\nobservation 2 " + std::to_string(300 + i) + "\n";
  const auto inputs = comes_again(script + late(3, 4), 0, 2);
  CHECK_FALSE(inputs.empty());
}

TEST_CASE("rule 4.4: a command comes again between the same events that trade-execution does not hear, though they bear one time") {
  const Folder folder;
  const auto recorded = folder.path() / "recorded.db", again = folder.path() / "again.db", market = folder.path() / "market";
  const store::Stamp stamp{"mock", "v", "default"};
  // What a rule hears, with how much was written by then: the command's rows are among it.
  const auto listen = [](RealRig& r, const std::function<void()>& heard) {
    r.extra.push_back(std::make_unique<services::InstanceServices>("rule", r.facts, false));
    r.listeners.push_back({r.extra.back().get(), {}, [&r, heard](const bl_event& e) {
                             if (e.type != BL_EV_OBSERVATION) return;
                             r.log.push_back("observation " + std::to_string(e.instrument) + " behind row " + std::to_string(r.journal->rows()));
                             if (heard) heard();
                           }});
  };
  std::vector<std::string> first;
  {
    store::MarketRecorderOptions o;
    o.folder = market;
    o.wall_ns = [] { return std::int64_t{0}; };
    RealRig r(0, recorded);
    o.header.run = "first";
    o.header.stamp = stamp;
    o.header.feeds = {"feed"};
    for (const core::Instrument& i : r.m.table.all()) o.header.instruments.push_back(i.symbol);
    store::MarketRecorder recorder(o);
    r.recorder = &recorder;
    int n = 0;
    listen(r, [&] {
      if (++n != 2) return;
      r.pipeline->post([&r] { REQUIRE(r.exec->lock({core::InstrumentId{2}, 0, "a test", "ops", "r"}, r.engine())); });
    });
    std::string script = both(2);
    for (int i = 0; i < 4; ++i) script += "observation " + std::to_string(1 + i % 2) + " 700\n";
    REQUIRE(r.play({script}) == RunEnd::end_of_data);
    recorder.close({"end_of_data", "", ""});
    REQUIRE(r.journal->flush());
    first = r.log;
  }
  const auto extent = store::measure_journal(recorded);
  REQUIRE(extent);
  REQUIRE(!extent->inputs.empty());
  RealRig r(0, again);
  r.ticks = false;
  const auto tape = store::MarketTape::open(market, stamp, r.m.table);
  if (!tape) FAIL(tape.error().message);
  r.tape = tape->get();
  listen(r, {});
  const Folder own;
  const store::HaltLatch latch(own.path());
  r.build({});
  services::Repeater repeater({*r.pipeline, *r.exec, *r.rebalancer, latch, r.facts, r.m.table, r.sink, tape->get()}, extent->inputs);
  r.pipeline->repeats = [&repeater](const bl_event* next) { return repeater.next(next); };
  REQUIRE(r.go() == RunEnd::end_of_data);
  CHECK(r.log == first);
  CHECK((*tape)->events() == 8);
  CHECK(r.journal->head() == [&] {
    auto file = store::JournalFile::open(recorded);
    REQUIRE(file);
    while (*file->next()) {
    }
    return store::hex(file->head());
  }());
}
