// A run by the clock, whose feed gives everything once: what it heard is recorded, and run again on that it decides the same. The
// clock is the test's: each look at it is some seconds later.
#include <atomic>
#include <chrono>
#include <thread>

#include "services/runtime/rerun.hpp"
#include "store/journal_compare.hpp"
#include "store/journal_file.hpp"
#include "unit/runtime/configured.hpp"

using namespace bowline;
using namespace bowline::test;
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t bar_s = 300;

std::string yaml(const std::string& script, const std::string& more = "") {
  std::string quoted;
  for (const char c : script) quoted += c == '\n' ? std::string("\\n") : std::string(1, c);
  return "mode: mock\nseed: 7\ninterval: 5m\ntime: real\nmax_bar_delay: 3h\nlisten: {enabled: off}\nstore: {transactions: none, prices: none}\ninstruments: [BTC-USD, ETH-USD]\n" + more +
         "plugins:\n  path: [" + std::string(PLUGINS) + ", " + fs::path(SCRIPT_FEED).parent_path().string() + "]\nbridge: {cost_gate: off}\ninstances:\n"
         "  - {id: market, kind: feed, plugin: test.feed.script, params: {script: \"" + quoted + "\"}}\n"
         "  - {id: cross, kind: signal, plugin: bowline.signal.ema_cross, params: {fast: 3, slow: 8}}\n"
         "  - {id: venue, kind: broker, plugin: bowline.broker.mock, params: {cash: {USD: \"10000\"}, latency: 20s, file: venue.db}}\n";
}

/// So many steps of prices that go up and down by some percent, with quotes and observations between; now and then the feed is
/// mute until the clock has come so far, and one bar does not come.
std::string market(int steps) {
  std::string s;
  for (int i = 1; i <= steps; ++i) {
    const std::int64_t close = bar_s * i, price = 10'000 + (i % 16 < 8 ? i % 8 : 8 - i % 8) * 150;
    if (i % 6 == 0) s += "wait " + std::to_string(close) + "\n";
    for (int id = 1; id <= 2; ++id)
      if (i != 18 || id == 1) s += "bar " + std::to_string(id) + " " + std::to_string(close) + " " + std::to_string(close) + " " + std::to_string(price * id) + "\n";
    s += "observation 1 " + std::to_string(close) + "\nobservation 2 " + std::to_string(close) + "\n";
    s += "quote 1 " + std::to_string(close + 20) + "\n";
    if (i % 3 == 0) s += "bar 1 " + std::to_string(close + 20) + " " + std::to_string(close + 20) + " 1 open\nquote 9 " + std::to_string(close + 21) + "\n";
  }
  return s;
}

std::function<std::int64_t()> running_clock() {
  return [wall = std::make_shared<std::atomic<std::int64_t>>(bar_s * second)] { return wall->fetch_add(5 * second + 123'456'789); };
}

services::RunOptions options(const fs::path& var, bool by_clock) {
  services::RunOptions o;
  o.var = var;
  o.wall_ns = by_clock ? running_clock() : [] { return std::int64_t{0}; };
  return o;
}

/// Runs it by the clock, with commands: purchases, orders that expire while nothing is heard, locks. The run's end; in `taken` how many of
/// the commands were taken, which depends on how bars and commands meet.
services::RunEnd run_by_clock(const config::RunConfig& config, const fs::path& var, const std::function<bool(services::Run&)>& until = {},
                              std::size_t* taken = nullptr) {
  auto opened = services::Run::make(config, options(var, true));
  if (!opened) FAIL(opened.error().message);
  services::Run& run = **opened;
  // Nobody waits for the real clock.
  run.loop().beat = [&] {
    if (until && until(run)) run.stop();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    run.loop().wake();
  };
  std::size_t steps = 0;
  run.loop().after_step = [&](core::Nanos, bool) {
    const std::size_t n = ++steps;
    if (n % 3 != 0) return;
    run.loop().post([&run, n, taken] {
      const auto given = [taken](const auto& done) {
        if (taken != nullptr && done) ++*taken;
      };
      services::Execution& e = run.execution();
      const core::Nanos now = run.now();
      if (n % 12 == 0) {
        given(e.lock({core::InstrumentId{2}, 0, "a test", "ops", "r"}, now));
      } else if (n % 12 == 3) {
        given(e.unlock({core::InstrumentId{2}, 0, "a test", "ops", "r"}, now));
      } else {
        services::TradeRequest q;
        q.instrument = core::InstrumentId{1};
        if (n % 12 == 6) {
          q.type = core::OrderType::market;
          q.tif = core::TimeInForce::ioc;
          q.qty = "1"_dec;
        } else {
          q.type = core::OrderType::limit;
          q.tif = core::TimeInForce::gtd;
          q.expire_ns = now + 400 * second;
          q.qty = "0.5"_dec;
          q.limit_px = "50"_dec;
        }
        q.reason = "a test";
        q.key = "k" + std::to_string(n);
        q.principal = "ops";
        q.request_id = "r";
        given(e.execute(q, now));
      }
      run.loop().pump();
    });
  };
  return run.execute().end;
}

struct Again {
  services::RerunEnd end;
  store::JournalComparison compared;
  store::JournalExtent recorded;
  std::uint64_t heard = 0;
};

/// Runs what is in `var` again, and compares as the verb does.
Again again(const config::RunConfig& config, const fs::path& var, const fs::path& scratch) {
  fs::remove_all(scratch.parent_path() / "venue.db");
  Again a;
  auto extent = store::measure_journal(var / "journal.db");
  if (!extent) FAIL(extent.error().message);
  a.recorded = *extent;
  const auto tape = services::recorded_market(config, var, extent->stamp);
  if (!tape) FAIL(tape.error().message);
  services::RunOptions o = options(scratch, false);
  o.inputs = extent->inputs;
  o.tape = tape->get();
  auto end = services::run_again(config, std::move(o), extent->settled, [](services::Run*) {}, {});
  if (!end) FAIL(end.error().message);
  a.end = *end;
  a.heard = (*tape)->events();
  auto c = store::compare_journals(var / "journal.db", *extent, {scratch / "journal.db", end->settled_rows, services::behind(*extent, *end, false, true)});
  if (!c) FAIL(c.error().message);
  a.compared = *c;
  UNSCOPED_INFO(c->row << " " << (c->recorded ? c->recorded->kind + c->recorded->payload : "none") << "\n" << (c->again ? c->again->kind + c->again->payload : "none"));
  return a;
}

std::uint64_t first_row(const fs::path& journal, std::string_view kind) {
  auto file = store::JournalFile::open(journal);
  if (!file) FAIL(file.error().message);
  while (*file->next())
    if (file->row().kind == kind) return file->row().row;
  return 0;
}

config::RunConfig config_of(const Folder& folder, const std::string& text) {
  auto c = services::rerun_config(configured(folder, text), folder.path() / "var", true);
  if (!c) FAIL(c.error().message);
  return *c;
}

/// Writes the recorded market anew, as `change` leaves it; false ends it there.
void rewrite(const fs::path& var, const std::function<bool(store::HeardEvent&)>& change) {
  const auto segments = store::segments_in(services::market_folder(var));
  std::vector<store::HeardEvent> events;
  store::MarketEnd end;
  store::MarketHeader header;
  for (const store::SegmentName& segment : segments) {
    auto reader = store::SegmentReader::open(segment.file);
    REQUIRE(reader);
    header = reader->header();
    store::MarketFrame frame;
    while (*reader->next(frame)) {
      events.insert(events.end(), frame.events.begin(), frame.events.end());
      if (frame.end) end = *frame.end;
    }
    fs::remove(segment.file);
  }
  auto writer = store::SegmentWriter::create(segments.at(0).file, header);
  REQUIRE(writer);
  store::FrameWriter frame(header.instruments.size());
  bool whole = true;
  for (store::HeardEvent& e : events) {
    whole = change(e);
    if (!whole) break;
    frame.add(e);
  }
  if (whole) frame.add(end, events.back().number + 1);
  REQUIRE(writer->write(frame.take()));
}

}  // namespace

TEST_CASE("rule 4.4: a run by the clock is the same when it is run again on the market that it recorded, byte for byte") {
  const Folder folder;
  const config::RunConfig config = config_of(folder, yaml(market(48)));
  CHECK(config.market_log.enabled);
  const fs::path var = folder.path() / "var" / "recorded", scratch = folder.path() / "var";
  std::size_t taken = 0;
  REQUIRE(run_by_clock(config, var, {}, &taken) == services::RunEnd::end_of_data);
  const Again same = again(config, var, scratch / "same");
  CHECK(same.recorded.whole);
  CHECK(same.compared.result == store::Agreement::same);
  CHECK(same.compared.rows + same.compared.own_end == same.recorded.rows);
  CHECK(same.compared.rows >= same.end.settled_rows);
  CHECK(same.compared.decisions >= 4);
  CHECK(same.end.unheard.empty());
  CHECK(same.heard > 200);
  std::size_t ticks = 0, asked = 0;
  for (const store::RecordedInput& i : same.recorded.inputs) std::holds_alternative<store::TickRow>(i.input) ? ++ticks : ++asked;
  CHECK(ticks > 0);
  CHECK(taken >= 4);
  CHECK(asked == taken);
  CHECK_FALSE(fs::exists(services::market_folder(scratch / "same")));  // what is run again records nothing

  // One price is another, at which an order fills: it is found where it was filled, and not before.
  const std::uint64_t fill = first_row(var / "journal.db", "fill");
  REQUIRE(fill != 0);
  std::uint64_t at = 0;  // what was heard when it came
  rewrite(var, [&](store::HeardEvent& e) {
    if (e.rows < fill) at = e.number;
    return true;
  });
  bool changed = false;
  rewrite(var, [&](store::HeardEvent& e) {
    if (e.number != at) return true;
    changed = e.event.h.type == BL_EV_BAR;
    e.event.bar.open += 1, e.event.bar.high += 1;
    return true;
  });
  REQUIRE(changed);
  const Again other = again(config, var, scratch / "other");
  REQUIRE(other.compared.result == store::Agreement::differ);
  CHECK(other.compared.row == fill);
  REQUIRE(other.compared.recorded);
  CHECK(other.compared.recorded->kind == "fill");

  // And where the rest of it was lost, in the middle of a step, the comparison ends there, with all that was decided before.
  rewrite(var, [&](store::HeardEvent& e) {
    if (e.number == at) e.event.bar.open -= 1, e.event.bar.high -= 1;
    return e.event.h.type != BL_EV_BAR || e.event.h.instrument != 2 || e.event.bar.close_ns != 12 * bar_s * second;
  });
  const Again part = again(config, var, scratch / "part");
  CHECK(part.compared.result == store::Agreement::same);
  CHECK(part.compared.rows > 2);
  CHECK(part.compared.rows < same.compared.rows);
  CHECK(part.end.unheard.find("died, or goes on") != std::string::npos);
  CHECK(part.end.last > 8 * bar_s * second);
  CHECK(part.end.last < 12 * bar_s * second);  // half a step is not decided: what else belonged to it is not known
  CHECK(part.end.end == services::RunEnd::stopped);
  CHECK_FALSE(part.end.beyond);
}

TEST_CASE("rule 4.4: a run by the clock that was stopped is the same up to there, and what it was asked last comes again") {
  const Folder folder;
  const config::RunConfig config = config_of(folder, yaml(market(24) + "silent\n"));
  const fs::path var = folder.path() / "var" / "recorded";
  REQUIRE(run_by_clock(config, var, [](services::Run& run) { return run.now() > 24 * bar_s * second + 600 * second; }) == services::RunEnd::stopped);
  const Again same = again(config, var, folder.path() / "var" / "again");
  CHECK_FALSE(same.recorded.whole);
  CHECK(same.compared.result == store::Agreement::same);
  CHECK(same.compared.rows > 20);
  CHECK(same.end.last == same.recorded.settled);
  CHECK(same.end.unheard.empty());
  CHECK(same.end.end == services::RunEnd::stopped);
}

TEST_CASE("rule 4.4: a feed that fails fails again, and one whose bars are too short, too") {
  for (const char* last : {"fail\n", "bar 1 6000 6000 10000 short\n"}) {
    const Folder folder;
    const config::RunConfig config = config_of(folder, yaml(market(12) + last));
    const fs::path var = folder.path() / "var" / "recorded";
    REQUIRE(run_by_clock(config, var) == services::RunEnd::feed_failed);
    const Again same = again(config, var, folder.path() / "var" / "again");
    CHECK(same.compared.result == store::Agreement::same);
    CHECK(same.end.end == services::RunEnd::feed_failed);
    CHECK(same.end.error.code == (std::string(last) == "fail\n" ? "FEED_FAILED" : "FEED_INTERVAL"));
    CHECK(same.end.last == same.recorded.settled);
  }
}

TEST_CASE("rule 4.4: what a run heard is recorded where time is real, unless it is told not to; a folder with an earlier one's is used") {
  const Folder folder;
  CHECK_FALSE(configured(folder, yaml(market(1), "market_log: {enabled: off}\n")).market_log.enabled);
  const config::RunConfig kept = configured(folder, yaml(market(1), "market_log: {keep: 2d, keep_size: 64MiB}\n"));
  CHECK(kept.market_log.keep_ns == 2 * 86'400 * second);
  CHECK(kept.market_log.keep_bytes == 64 * 1024 * 1024);
  const config::RunConfig config = config_of(folder, yaml(market(3), "market_log: {enabled: off}\n"));
  const fs::path var = folder.path() / "var" / "recorded";
  REQUIRE(run_by_clock(config, var) == services::RunEnd::end_of_data);
  CHECK_FALSE(fs::exists(services::market_folder(var)));
  const auto extent = store::measure_journal(var / "journal.db");
  REQUIRE(extent);
  const auto none = services::recorded_market(config, var, extent->stamp);
  REQUIRE(!none);
  CHECK(none.error().code == "FEED_NOT_REPEATED");
  CHECK(none.error().message.find("there is none") != std::string::npos);

  const config::RunConfig on = config_of(folder, yaml(market(3)));
  const fs::path next = folder.path() / "var" / "next";
  fs::create_directories(services::market_folder(next));
  std::ofstream(store::segment_file(services::market_folder(next), 3)) << "x";
  fs::remove_all(folder.path() / "var" / "venue.db");
  const auto used = services::Run::make(on, options(next, true));
  REQUIRE(!used);
  CHECK(used.error().code == "RUN_VAR_USED");
}
