// Whole runs in this process, with the built plugins.
#include "services/runtime/run.hpp"

#include <atomic>
#include <chrono>
#include <cmath>
#include <fstream>
#include <functional>
#include <map>

#include "services/runtime/selected_features.hpp"
#include "store/dump.hpp"
#include "unit/runtime/configured.hpp"

using namespace bowline;
using namespace bowline::test;
using namespace bowline::literals;
namespace fs = std::filesystem;

namespace {

/// Bars of five minutes whose price goes up and down, so that an EMA crosses; the shadows are long, so that what rests is
/// reached.
void candles(const fs::path& file, int bars, double phase, int leave_out = -1) {
  std::ofstream out(file);
  out << "time_utc_epoch_s,open,high,low,close,volume\n";
  for (int i = 0; i < bars; ++i) {
    if (i == leave_out) continue;
    char line[160];
    const double p = 100 + 10 * std::sin(phase + i / 8.0), q = 100 + 10 * std::sin(phase + (i + 1) / 8.0);
    std::snprintf(line, sizeof line, "%d,%.2f,%.2f,%.2f,%.2f,1000\n", 1640995200 + 300 * i, p, std::max(p, q) + 6,
                  std::min(p, q) - 6, q);
    out << line;
  }
}

std::string yaml_of(const Folder& folder, const std::string& venue = "") {
  return "mode: mock\nseed: 7\ninterval: 5m\nlisten: {enabled: off}\ninstruments: [BTC-USD, ETH-USD]\nplugins:\n  path: [" +
         std::string(PLUGINS) + "]\nbridge:\n  cost_gate: off\ninstances:\n  - {id: market, kind: feed, plugin: bowline.feed.replay, "
         "params: {files: {BTC-USD: " + (folder.path() / "btc.csv").string() + ", ETH-USD: " + (folder.path() / "eth.csv").string() +
         "}}}\n  - {id: cross, kind: signal, plugin: bowline.signal.ema_cross, params: {fast: 3, slow: 8}}\n"
         "  - {id: venue, kind: broker, plugin: bowline.broker.mock, params: {cash: {USD: \"10000\"}, state: memory, "
         "taker_fee: 0.1%, maker_fee: 0.1%" + venue + "}}\n";
}

struct Ended {
  services::Summary summary;
  std::string dumps;
};

Ended run(const Folder& folder, const std::string& yaml, const std::string& var) {
  services::RunOptions o;
  o.var = folder.path() / var;
  o.wall_ns = [] { return 0; };
  o.select = services::select_features;
  const auto config = configured(folder, yaml);
  auto made = services::Run::make(config, std::move(o));
  if (!made) FAIL(made.error().message);
  Ended e;
  e.summary = (*made)->execute();
  const auto files = services::store_files(config, folder.path() / var);
  for (const std::string& name : store::dump_names())
    REQUIRE(store::dump(files.prices, files.transactions, name, store::DumpFormat::csv, [&](std::string_view line) {
              e.dumps.append(name).append(" ").append(line);
            }).ok());
  return e;
}

}  // namespace

TEST_CASE("a replay of two small files: it trades, it adds up, and it does so twice alike") {
  Folder folder;
  candles(folder.path() / "btc.csv", 300, 0);
  candles(folder.path() / "eth.csv", 300, 2);
  const Ended one = run(folder, yaml_of(folder), "one"), two = run(folder, yaml_of(folder), "two");
  CHECK(one.summary.end == services::RunEnd::end_of_data);
  CHECK(one.summary.bars == 600);
  CHECK(one.summary.steps == 300);
  CHECK(one.summary.late_bars == 0);
  CHECK(one.summary.start_equity == "10000"_dec);
  CHECK(one.summary.fills > 4);
  CHECK(one.summary.incidents == 0);
  // Equity is at the mid and what is unrealised at the bid, so they differ by half a spread of what is held.
  const Decimal booked = one.summary.start_equity + one.summary.realised + one.summary.unrealised - one.summary.fees;
  const double held = (one.summary.equity - one.summary.cash).to_double(), apart = (one.summary.equity - booked).to_double();
  CHECK(apart == Approx(0.0005 * held).epsilon(1e-9));
  CHECK(one.summary.journal_head == two.summary.journal_head);
  CHECK(one.dumps == two.dumps);
  CHECK(one.dumps.size() > 10000);
}

TEST_CASE("a hole in one file is a step without that instrument, and the run goes on") {
  Folder folder;
  candles(folder.path() / "btc.csv", 300, 0);
  candles(folder.path() / "eth.csv", 300, 2, 150);
  const Ended e = run(folder, yaml_of(folder), "var");
  CHECK(e.summary.end == services::RunEnd::end_of_data);
  CHECK(e.summary.bars == 599);
  CHECK(e.summary.steps == 300);
  CHECK(e.summary.late_bars == 0);
}

TEST_CASE("a slow venue: the first balances are known, orders arrive by timers, and two runs agree") {
  Folder folder;
  candles(folder.path() / "btc.csv", 300, 0);
  candles(folder.path() / "eth.csv", 300, 2);
  const std::string slow = yaml_of(folder, ", latency: 1500ms");
  const Ended one = run(folder, slow, "one"), two = run(folder, slow, "two"), quick = run(folder, yaml_of(folder), "quick");
  CHECK(one.summary.start_equity == "10000"_dec);
  CHECK(one.summary.fills > 4);
  CHECK(one.summary.incidents == 0);
  CHECK(one.dumps == two.dumps);
  CHECK(one.dumps != quick.dumps);
}

TEST_CASE("a file that turns bad ends the run with its name, and what came before is kept") {
  Folder folder;
  candles(folder.path() / "btc.csv", 100, 0);
  candles(folder.path() / "eth.csv", 100, 2);
  std::ofstream(folder.path() / "eth.csv", std::ios::app) << "1641025200,1,2\n";
  const Ended e = run(folder, yaml_of(folder), "var");
  CHECK(e.summary.end == services::RunEnd::feed_failed);
  CHECK(e.summary.error.code == "FEED_FAILED");
  CHECK(e.summary.error.message.find("eth.csv") != std::string::npos);
  CHECK(e.dumps.find("candles BTC-USD") != std::string::npos);
}

TEST_CASE("a state folder with the orders of an earlier run is refused") {
  Folder folder;
  candles(folder.path() / "btc.csv", 100, 0);
  candles(folder.path() / "eth.csv", 100, 2);
  CHECK(run(folder, yaml_of(folder), "var").summary.orders > 0);
  services::RunOptions o;
  o.var = folder.path() / "var";
  o.select = services::select_features;
  CHECK(services::Run::make(configured(folder, yaml_of(folder)), std::move(o)).error().code == "RUN_VAR_USED");
}

TEST_CASE("rule 4.1: a run keeps its ballast beside a journal in a file, of the size that is set") {
  Folder folder;
  candles(folder.path() / "btc.csv", 20, 0);
  candles(folder.path() / "eth.csv", 20, 2);
  CHECK(run(folder, yaml_of(folder), "standard").summary.incidents == 0);
  CHECK(fs::file_size(folder.path() / "standard/ballast") == 16 * 1024 * 1024);
  static_cast<void>(run(folder, yaml_of(folder) + "execution: {journal: {ballast: 1MiB}}\n", "small"));
  CHECK(fs::file_size(folder.path() / "small/ballast") == 1024 * 1024);
  static_cast<void>(run(folder, yaml_of(folder) + "execution: {journal: {ballast: 0}}\n", "none"));
  CHECK_FALSE(fs::exists(folder.path() / "none/ballast"));
  static_cast<void>(run(folder, yaml_of(folder) + "journal: memory\n", "memory"));
  CHECK_FALSE(fs::exists(folder.path() / "memory/ballast"));
}

TEST_CASE("rule 4.1: without room for its ballast a run buys nothing and stores nothing; started again with room it stores what it had seen") {
  Folder folder;
  candles(folder.path() / "btc.csv", 100, 0);
  candles(folder.path() / "eth.csv", 100, 2);
  std::string yaml = yaml_of(folder);
  yaml.erase(yaml.find(", state: memory"), std::string_view(", state: memory").size());
  const fs::path ballast = folder.path() / "var/ballast";
  fs::create_directories(ballast);  // nothing can be kept there
  const Ended none = run(folder, yaml, "var");
  CHECK(none.summary.end == services::RunEnd::end_of_data);
  CHECK(none.summary.error.code == "STORE_FULL");
  CHECK(none.summary.orders == 0);
  CHECK(none.summary.incident_codes.count("BALLAST_FILE") == 1);
  CHECK(none.dumps.find("candles BTC-USD") == std::string::npos);
  fs::remove(ballast);
  const Ended room = run(folder, yaml, "var");
  CHECK(room.summary.error.code.empty());
  CHECK(room.dumps.find("candles BTC-USD") != std::string::npos);
  services::RunOptions o;
  o.var = folder.path() / "var";
  o.select = services::select_features;
  CHECK(services::Run::make(configured(folder, yaml), std::move(o)).error().code == "RUN_VAR_USED");
}

TEST_CASE("rule 5.7: two wallets in one run: the venue's balances are the book's, each product pays by its own, and a broken peg stops its purchases alone") {
  Folder folder;
  candles(folder.path() / "btc.csv", 300, 0);
  candles(folder.path() / "eth.csv", 300, 2);
  {
    std::ofstream out(folder.path() / "usdc.csv");
    out << "time_utc_epoch_s,open,high,low,close,volume\n";
    for (int i = 0; i < 300; ++i) {
      const char* px = i >= 100 && i < 160 ? "0.97" : "1.0005";
      out << 1640995200 + 300 * i << "," << px << "," << px << "," << px << "," << px << ",1000\n";
    }
  }
  std::string yaml = yaml_of(folder);
  const auto put = [&yaml](const std::string& was, const std::string& is) {
    REQUIRE(yaml.find(was) != std::string::npos);
    yaml.replace(yaml.find(was), was.size(), is);
  };
  put("instruments: [BTC-USD, ETH-USD]", "instruments: [BTC-USD, ETH-USDC, {symbol: USDC-USD, px_step: \"0.0001\"}]\nportfolio: {pegs: {USDC: {to: USD}}}\n"
                                         "execution: {trip: {daily_loss: off, drawdown: off}}");
  put("ETH-USD: ", "ETH-USDC: ");
  put("eth.csv", "eth.csv, USDC-USD: " + (folder.path() / "usdc.csv").string());
  put("cash: {USD: \"10000\"}", "cash: {USD: \"6000\", USDC: \"4000\"}");
  const Ended one = run(folder, yaml, "one"), two = run(folder, yaml, "two");
  CHECK(one.dumps == two.dumps);
  CHECK(one.summary.end == services::RunEnd::end_of_data);
  CHECK(one.summary.start_equity == "10000"_dec);
  CHECK(one.dumps.find("ETH-USDC") != std::string::npos);
  CHECK(one.summary.why_not.at("PEG_BROKEN") > 0);
  CHECK(one.summary.incident_codes == std::map<std::string, std::uint64_t, std::less<>>{{"PEG_BROKEN", 1}});  // and no balance that nobody explains
  REQUIRE(one.summary.wallets.size() == 2);
  CHECK(one.summary.wallets[0].first == "USD");
  CHECK(one.summary.wallets[1].first == "USDC");
  CHECK(one.summary.wallets[0].second != "6000"_dec);
  CHECK(one.summary.wallets[1].second != "4000"_dec);
  CHECK(one.summary.cash == one.summary.wallets[0].second + one.summary.wallets[1].second);
}

TEST_CASE("rule 3.6: a liquidation that a restart finds goes on though the feed gives nothing") {
  using clock = std::chrono::steady_clock;
  const bool real = GENERATE(false, true);
  Folder folder;
  candles(folder.path() / "btc.csv", 300, 0);
  candles(folder.path() / "eth.csv", 300, 2);
  std::string yaml = yaml_of(folder);
  yaml.erase(yaml.find(", state: memory"), std::string_view(", state: memory").size());
  const auto options = [&folder] {
    services::RunOptions o;
    o.var = folder.path() / "var";
    o.select = services::select_features;
    o.feed_patience = std::chrono::milliseconds(300);
    return o;
  };
  const auto held = [](services::Run& run) { return run.execution().portfolio().position({1}).qty; };
  Decimal left = Decimal::zero();
  {
    auto made = services::Run::make(configured(folder, yaml), options());
    if (!made) FAIL(made.error().message);
    services::Run& run = **made;
    run.loop().after_step = [&](core::Nanos t, bool) {
      if (run.execution().liquidating() || !held(run).is_positive()) return;
      services::LiquidationRequest q;
      q.id = "e1";
      q.reason = "fire";
      q.principal = "operator";
      q.request_id = "r1";
      bool replayed = false;
      CHECK(run.execution().liquidate(q, t, replayed).ok());
      run.stop();
    };
    CHECK(run.execute().end == services::RunEnd::stopped);
    REQUIRE(run.execution().liquidating());
    left = held(run);
    REQUIRE(left.is_positive());
  }
  std::string mute = yaml;
  const auto from = mute.find("  - {id: market"), to = mute.find("  - {id: cross");
  mute.replace(from, to - from, "  - {id: market, kind: feed, plugin: test.feed.script, params: {script: silent}}\n");
  if (real) mute += "time: real\n";
  mute.replace(mute.find(PLUGINS), std::string_view(PLUGINS).size(), std::string(PLUGINS) + ", " + fs::path(SCRIPT_FEED).parent_path().string());
  auto made = services::Run::make(configured(folder, mute), options());
  if (!made) FAIL(made.error().message);
  services::Run& run = **made;
  const auto begun = clock::now();
  run.loop().beat = [&] {
    if (run.execution().counts().orders > 0 || clock::now() - begun > std::chrono::seconds(20)) run.stop();
  };
  run.execute();
  REQUIRE(run.execution().counts().orders > 0);
  REQUIRE_FALSE(run.execution().orders().working().empty());
  const core::Order& sale = *run.execution().orders().working().front();
  CHECK(sale.intent.side() == core::Side::sell);
  CHECK(sale.intent.purpose == core::Purpose::emergency);
  CHECK(sale.intent.qty() <= left);
  // Decided now, and not at the step of long ago: else it might not leave any more.
  const auto wall = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  if (real) CHECK(sale.intent.abi.not_after_ns > wall);
}

TEST_CASE("rule 3.8: a run in real time that is stopped long after its last step hands its stops over as of now") {
  constexpr std::int64_t begin = 1'800'000'000;
  Folder folder;
  std::string script;
  for (int i = 0; i < 4; ++i) {
    const std::string at = std::to_string(begin + 300 * i);
    script += "bar 1 " + at + " " + at + " 10000\\n";
  }
  std::string yaml = yaml_of(folder);
  const auto from = yaml.find("  - {id: market"), to = yaml.find("  - {id: cross");
  yaml.replace(from, to - from, "  - {id: market, kind: feed, plugin: test.feed.script, params: {script: \"" + script + "silent\"}}\n");
  yaml.replace(yaml.find(PLUGINS), std::string_view(PLUGINS).size(), std::string(PLUGINS) + ", " + fs::path(SCRIPT_FEED).parent_path().string());
  yaml.replace(yaml.find("[BTC-USD, ETH-USD]"), std::string_view("[BTC-USD, ETH-USD]").size(), "[BTC-USD]");
  yaml += "time: real\nexecution: {stops: {owner: host}}\n";
  std::atomic<std::int64_t> wall = (begin + 900) * second;
  services::RunOptions o;
  o.var = folder.path() / "var";
  o.select = services::select_features;
  o.wall_ns = [&wall] { return wall.load(); };
  auto made = services::Run::make(configured(folder, yaml), std::move(o));
  if (!made) FAIL(made.error().message);
  services::Run& run = **made;
  run.loop().after_step = [&](core::Nanos t, bool) {
    services::Execution& e = run.execution();
    if (e.steps() == 1) {
      services::TradeRequest q;
      q.instrument = {1};
      q.qty = "1"_dec;
      q.key = q.request_id = "buy";
      q.reason = "a test";
      q.principal = "operator";
      REQUIRE(e.execute(q, t));
    }
    if (e.steps() < 4) return;
    REQUIRE(e.portfolio().position({1}).qty.is_positive());
    bl_stop stop{};
    stop.size = sizeof stop;
    stop.instrument = 1;
    stop.stop_px = "90"_dec.raw();
    stop.limit_px = Decimal::not_set().raw();
    REQUIRE(e.want_stop(stop, nullptr) == BL_OK);
    wall += 90 * second;
    run.stop();
  };
  CHECK(run.execute().end == services::RunEnd::stopped);
  const auto& working = run.execution().orders().working();
  REQUIRE(working.size() == 1);
  CHECK(core::rests_as_stop(working.front()->intent));
  CHECK(working.front()->intent.abi.not_after_ns > wall);
}

namespace {

/// Two files of data and a venue that outlives its process.
struct Lives {
  Folder folder;
  std::string yaml;
  Lives() {
    candles(folder.path() / "btc.csv", 300, 0);
    candles(folder.path() / "eth.csv", 300, 2);
    yaml = yaml_of(folder) + "execution: {starts_reducing: on}\n";
    yaml.erase(yaml.find(", state: memory"), std::string_view(", state: memory").size());
  }
  /// One process; `step` is called behind each step, `started` before the first.
  services::Summary live(const std::function<void(services::Run&, core::Nanos)>& step, const std::function<void(services::Run&)>& started = {}) const {
    services::RunOptions o;
    o.var = folder.path() / "var";
    o.select = services::select_features;
    auto made = services::Run::make(configured(folder, yaml), std::move(o));
    if (!made) FAIL(made.error().message);
    services::Run& run = **made;
    run.loop().after_step = [&](core::Nanos t, bool) { step(run, t); };
    return run.execute([&] {
      if (started) started(run);
    });
  }
};

services::StateRequest go(std::string request) { return {{}, core::TradingState::active, false, "let it trade", "operator", std::move(request)}; }

}  // namespace

TEST_CASE("rule 3.5: a run starts reducing and buys nothing; after a planned roll-out the next process trades on, after a plain stop it does not") {
  Lives l;
  // Nobody lets it trade: it stops at step 60 without an order.
  l.live(
      [](services::Run& run, core::Nanos) {
        if (run.execution().steps() == 60) run.stop();
      },
      [](services::Run& run) { CHECK(run.execution().state() == core::TradingState::reducing); });
  // An operator does; a roll-out is announced, and it is stopped while it holds something.
  bool announced = false;
  std::uint64_t orders = 0;
  l.live([&](services::Run& run, core::Nanos t) {
    services::Execution& e = run.execution();
    if (e.steps() == 1) {
      CHECK(e.state() == core::TradingState::reducing);
      CHECK(e.counts().orders == 0);
      REQUIRE(e.set_trading_state(go("go-1"), t));
    }
    if (announced || !e.portfolio().position({1}).qty.is_positive() || !e.orders().working().empty()) return;
    REQUIRE(e.announce_rollout({t + 3'600'000'000'000, "a test", "operator", "out-1"}, t));
    announced = true;
    run.stop();
  });
  REQUIRE(announced);
  l.live(
      [&](services::Run& run, core::Nanos) {
        orders = run.execution().counts().orders;
        if (orders > 2) run.stop();
      },
      [](services::Run& run) { CHECK(run.execution().state() == core::TradingState::active); });
  CHECK(orders > 2);
  l.live([](services::Run& run, core::Nanos) { run.stop(); },
         [](services::Run& run) {
           CHECK(run.execution().state() == core::TradingState::reducing);
           CHECK(run.execution().states().global().who == "host");
         });
}

TEST_CASE("rule 5.8: a venue that takes higher fees than configured keeps a new run from starting, and one that goes on from buying alone") {
  Lives l;
  l.yaml.erase(l.yaml.find("execution: {starts_reducing: on}\n"));
  const std::string dear = "taker_fee: 5%";
  const auto fee = l.yaml.find("taker_fee: 0.1%");
  SECTION("a new one is refused") {
    l.yaml.replace(fee, std::string_view("taker_fee: 0.1%").size(), dear);
    CHECK(l.live([](services::Run&, core::Nanos) {}).error.code == "RUN_FEES_BELOW_VENUE");
  }
  SECTION("one that holds something goes on") {
    l.live([](services::Run& run, core::Nanos) {
      if (run.execution().portfolio().position({1}).qty.is_positive()) run.stop();
    });
    l.yaml.replace(fee, std::string_view("taker_fee: 0.1%").size(), dear);
    bool began = false, blocked = true, bought = false;
    core::Nanos before = 0;
    const services::Summary s = l.live(
        [&](services::Run& run, core::Nanos) {
          const services::Execution& e = run.execution();
          began = true;
          blocked = blocked && e.blocked({1}) && e.blocked({2});
          for (const core::Order* o : e.orders().working()) bought = bought || (o->intent.side() == core::Side::buy && o->intent.abi.decided_ns > before);
          if (e.steps() == 100) run.stop();
        },
        [&](services::Run& run) { before = run.execution().settled(); });
    CHECK(s.error.code.empty());
    CHECK(began);
    CHECK(blocked);
    CHECK_FALSE(bought);
    CHECK(s.incident_codes.at("FEES_ABOVE_CONFIG") == 2);
  }
}

TEST_CASE("rule 6: a ramp of the configuration bounds the entries of a day of a whole run") {
  Lives l;
  l.yaml.replace(l.yaml.find("{starts_reducing: on}"), std::string_view("{starts_reducing: on}").size(), "{ramp: {orders_per_day: 3}}");
  std::map<core::Nanos, std::uint64_t> by_day;
  l.live([&](services::Run& run, core::Nanos t) { by_day[t / 86'400'000'000'000] = run.execution().entries_today(t); });
  REQUIRE(by_day.size() >= 2);
  for (const auto& [day, entries] : by_day) CHECK(entries <= 3);
  CHECK(by_day.begin()->second == 3);
}

TEST_CASE("rule 6: a run of mode: live is not made without every guard, whoever put its configuration together; nor is its folder touched") {
  Lives l;
  config::RunConfig config = configured(l.folder, l.yaml);
  bool canary = false;
  const auto make = [&](const config::RunConfig& c, bool repeats = false) {
    services::RunOptions o;
    o.live_facts.canary_passed = canary;
    o.var = l.folder.path() / "refused";
    o.select = services::select_features;
    o.repeats = repeats;
    const auto made = services::Run::make(c, std::move(o));
    CHECK_FALSE(fs::exists(l.folder.path() / "refused"));
    return made.ok() ? std::string() : made.error().code;
  };
  config.mode = "live";  // and all else as it was: no guard is met
  CHECK(make(config) == "LIVE_NOT_CONFIRMED");
  config.live = {true, true};
  config.time = "real";
  config.execution.portfolio_uuid = config.execution.account = "1b4e28ba-2fa1-41d2-883f-0016d3cca427";
  config.execution.assumed_half_spread = Decimal::zero();
  config.execution.starts_reducing = true;
  config.execution.floor.max_order = config.execution.floor.max_day = config.execution.floor.max_total = "100"_dec;
  config.execution.floor.max_mark_age_ns = config.execution.stops.unprotected_after_ns = 1'000'000'000;
  config.execution.ramp = {"100"_dec, 1};
  config.execution.stops.owner = "venue";
  config.execution.drift.position_above = config.execution.drift.exposure_above = "0.1"_dec;
  config.plugins.pins["libnone.so"] = std::string(64, 'a');
  config.instances.emplace_back().kind = "risk";
  config.instances.back().plugin = "bowline.risk.limits";
  config.instances.front().params_json = "{}";
  CHECK(make(config) == "LIVE_CANARY_MISSING");
  canary = true;
  // Every guard of the values is met now. A replay is no market, and a venue that is made up is none either.
  CHECK(make(config) == "LIVE_FEED_SIMULATED");
  CHECK(make(config, true) == "MODE_REPLAY_LIVE");
  config.instances.front().plugin = "bowline.feed.coinbase";
  CHECK(make(config) == "LIVE_VENUE_SIMULATED");
  config.mode = "Live";
  CHECK(make(config) == "MODE_UNKNOWN");
}

TEST_CASE("rule 6: what a file is loaded for is asked of the module itself, too") {
  Folder folder;
  loader::TrustPolicy trust;
  trust.var = folder.path();
  const auto fits = [&](const char* file, const char* plugin, loader::Kind kind, const char* mode) {
    auto module = loader::load_plugin_file(fs::path(PLUGINS) / file, trust);
    REQUIRE(module.ok());
    const auto done = services::fits_host(**module, plugin, kind, mode);
    return done.ok() ? std::string() : done.error().code;
  };
  CHECK(fits("libbroker_mock.so", "bowline.broker.mock", loader::Kind::Broker, "mock").empty());
  CHECK(fits("libbroker_mock.so", "bowline.broker.mock", loader::Kind::Broker, "live") == "LIVE_VENUE_SIMULATED");
  CHECK(fits("libbroker_coinbase.so", "bowline.broker.coinbase", loader::Kind::Broker, "mock") == "MODE_VENUE_REAL");
  CHECK(fits("libbroker_coinbase.so", "bowline.broker.coinbase", loader::Kind::Broker, "live").empty());
  for (const char* name : {"replay", "simulated"}) {
    const std::string file = std::string("libfeed_") + name + ".so", plugin = std::string("bowline.feed.") + name;
    CHECK(fits(file.c_str(), plugin.c_str(), loader::Kind::Feed, "mock").empty());
    CHECK(fits(file.c_str(), plugin.c_str(), loader::Kind::Feed, "live") == "LIVE_FEED_SIMULATED");
  }
  CHECK(fits("libfeed_coinbase.so", "bowline.feed.coinbase", loader::Kind::Feed, "live").empty());
}
