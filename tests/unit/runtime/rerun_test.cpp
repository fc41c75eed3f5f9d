// The same run again: what is changed of its configuration, how far it goes, and that its journal is the same.
#include "services/runtime/rerun.hpp"

#include <nlohmann/json.hpp>

#include "store/journal_compare.hpp"
#include "unit/runtime/configured.hpp"

using namespace bowline;
using namespace bowline::test;
namespace fs = std::filesystem;

namespace {

std::string yaml(std::string_view venue = "file: venue.db", std::string_view listen = "on") {
  return "mode: mock\nseed: 7\ninterval: 5m\nlisten: {enabled: " + std::string(listen) + "}\ninstruments: [BTC-USD, ETH-USD]\nlog: {file: run.log}\nplugins:\n  path: [" +
         std::string(PLUGINS) + "]\nbridge:\n  cost_gate: off\ninstances:\n"
         "  - {id: market, kind: feed, plugin: bowline.feed.simulated, params: {seed: 7, bars: 400, speed: real}}\n"
         "  - {id: cross, kind: signal, plugin: bowline.signal.ema_cross, params: {fast: 3, slow: 8}}\n"
         "  - {id: venue, kind: broker, plugin: bowline.broker.mock, params: {cash: {USD: \"10000\"}, latency: 20s, " + std::string(venue) + "}}\n";
}

config::RunConfig again_of(const Folder& folder, const std::string& text) {
  auto c = services::rerun_config(configured(folder, text), folder.path() / "var");
  if (!c) FAIL(c.error().message);
  return *c;
}

std::string param(const config::InstanceConfig& i, const char* key) { return nlohmann::json::parse(i.params_json).at(key).get<std::string>(); }

services::RunOptions options(const fs::path& var) {
  services::RunOptions o;
  o.var = var;
  o.wall_ns = [] { return 0; };
  return o;
}

services::RerunEnd run_again(const config::RunConfig& config, const fs::path& var, core::Nanos settled) {
  auto end = services::run_again(config, options(var), settled, [](services::Run*) {}, {});
  if (!end) FAIL(end.error().message);
  return *end;
}

}  // namespace

TEST_CASE("a run again serves nothing, stores nothing, waits for no clock, and decides by the same seed") {
  const Folder folder;
  const config::RunConfig was = configured(folder, yaml()), c = again_of(folder, yaml());
  CHECK(was.listen.enabled);
  CHECK(!c.listen.enabled);
  CHECK(c.store.transactions == "none");
  CHECK(c.store.prices == "none");
  CHECK(c.journal == "file");
  CHECK(c.log.file.empty());
  CHECK(param(c.instances[0], "speed") == "max");
  CHECK(c.seed == was.seed);
  auto execution = was.execution;
  execution.ballast_bytes = 0;  // its journal has no disk to run out of
  CHECK(c.execution == execution);
  CHECK(c.instruments == was.instruments);
  CHECK(c.instances[1] == was.instances[1]);
  CHECK(c.services.size() == 4);
}

TEST_CASE("a run again keeps the venue's file in its own folder, wherever the recorded run kept it") {
  const Folder folder;
  const auto file_of = [&folder](const std::string& file) {
    const config::InstanceConfig venue = again_of(folder, yaml("file: " + file)).instances[2];
    CHECK(venue.state_files.size() == 1);
    CHECK(venue.state_files.front().string() == param(venue, "file"));
    return param(venue, "file");
  };
  const fs::path var = folder.path() / "var";
  CHECK(file_of("venue.db") == (var / "venue.db").string());
  CHECK(file_of((folder.path() / "recorded" / "venue.db").string()) == (var / "venue-1-venue.db").string());
  CHECK(file_of("../venue.db") == (var / "venue-1-venue.db").string());
  CHECK(file_of((folder.path() / "variant.db").string()) == (var / "venue-1-variant.db").string());
}

TEST_CASE("what can't be had again is not run again") {
  const Folder folder;
  config::RunConfig live = configured(folder, yaml());
  live.mode = "live";
  CHECK(services::rerun_config(live, folder.path()).error().code == "MODE_REPLAY_LIVE");
  config::RunConfig feed = configured(folder, yaml());
  feed.instances[0].plugin = "exchange.feed.live";
  const Error e = services::rerun_config(feed, folder.path()).error();
  CHECK(e.code == "FEED_NOT_REPEATED");
  CHECK(e.message.find("market") != std::string::npos);
  CHECK(e.message.find("exchange.feed.live") != std::string::npos);
}

TEST_CASE("a run again goes one step behind what was settled, and counts its rows up to there") {
  const Folder folder;
  const config::RunConfig config = again_of(folder, yaml());
  const services::RerunEnd whole = run_again(config, folder.path() / "var" / "whole", std::numeric_limits<core::Nanos>::max());
  CHECK(whole.end == services::RunEnd::end_of_data);
  CHECK(!whole.beyond);
  CHECK(whole.error.code.empty());
  const auto all = store::measure_journal(folder.path() / "var" / "whole" / "journal.db");
  REQUIRE(all);
  CHECK(all->whole);
  CHECK(all->settled == whole.last);
  CHECK(whole.settled_rows < all->rows);  // its end stands behind them
  CHECK(whole.settled_rows > 20);

  fs::remove_all(folder.path() / "var" / "venue.db");
  const core::Nanos half = whole.last - 200 * config.interval_ns;
  const services::RerunEnd part = run_again(config, folder.path() / "var" / "part", half);
  CHECK(part.end == services::RunEnd::stopped);
  CHECK(part.beyond);
  CHECK(part.last == half);
  CHECK(part.settled_rows < whole.settled_rows);
  const auto c = store::compare_journals(folder.path() / "var" / "part" / "journal.db", {{}, part.settled_rows, part.settled_rows, half, false},
                                         {folder.path() / "var" / "whole" / "journal.db", part.settled_rows, store::Rerun::Behind::nothing});
  REQUIRE(c);
  CHECK(c->result == store::Agreement::same);
  CHECK(c->rows == part.settled_rows);
  CHECK(c->decisions > 0);

  fs::remove_all(folder.path() / "var" / "venue.db");
  const services::RerunEnd none = run_again(config, folder.path() / "var" / "none", 0);
  CHECK(none.beyond);
  CHECK(none.last == 0);
  CHECK(none.settled_rows == 0);
}

namespace {

/// Orders one thing after the other of a run, a few steps apart, as routes do it: between two events, on the core thread.
class Operator {
  services::Run& run_;
  std::vector<std::pair<std::function<void(core::Nanos)>, std::function<bool()>>> orders_;
  std::size_t next_ = 0, steps_ = 0;

 public:
  explicit Operator(services::Run& run) : run_(run) {
    run_.loop().after_step = [this](core::Nanos, bool) {
      if (++steps_ % 7 != 0 || steps_ < 60 || next_ == orders_.size()) return;
      if (const auto& when = orders_[next_].second; when && !when()) return;
      run_.loop().post([this, order = orders_[next_++].first] {
        order(run_.now());
        run_.loop().pump();
      });
    };
  }
  /// `when`: not before it says so.
  void orders(std::function<void(core::Nanos)> order, std::function<bool()> when = {}) { orders_.emplace_back(std::move(order), std::move(when)); }
  bool done() const { return next_ == orders_.size(); }
};

}  // namespace

TEST_CASE("rule 4.1: a run with all kinds of commands is the same when it is run again") {
  const Folder folder;
  const std::string text = yaml() + "  - {id: balance, kind: rebalancer, plugin: bowline.rebalancer.targets, params: {universe: all, max_weight: 3%}}\n";
  const config::RunConfig config = again_of(folder, text);
  const fs::path var = folder.path() / "var", recorded = var / "recorded" / "journal.db";
  std::vector<std::string> refusals;
  {
    auto opened = services::Run::make(config, options(var / "recorded"));
    if (!opened) FAIL(opened.error().message);
    services::Run& run = **opened;
    services::Execution& e = run.execution();
    const core::InstrumentId btc{1}, eth{2};
    Operator op(run);
    const auto trade = [&](std::string key, core::Nanos, bool dry, Decimal px, Decimal qty) {
      services::TradeRequest q;
      q.instrument = eth;
      q.type = core::OrderType::limit;
      q.tif = core::TimeInForce::gtc;
      q.qty = qty;
      q.limit_px = px;
      q.reason = "a test";
      q.key = std::move(key);
      q.principal = "ops";
      q.request_id = "r-" + q.key;
      q.dry_run = dry;
      return q;
    };
    const auto refused = [&refusals](const auto& r) {
      REQUIRE(!r);
      refusals.push_back(r.error().code);
    };
    core::ClientOrderId resting;
    op.orders([&](core::Nanos now) { refused(e.execute(trade("much", now, false, "100"_dec, "100000000"_dec), now)); });
    op.orders([&](core::Nanos now) { REQUIRE(e.lock({eth, 0, "mine", "ops", "r-lock"}, now)); });
    op.orders([&](core::Nanos now) { REQUIRE(e.unlock({eth, 0, "mine", "ops", "r-unlock"}, now)); });
    op.orders([&](core::Nanos now) { REQUIRE(e.set_trading_state({btc, core::TradingState::reducing, false, "wait", "ops", "r-s1"}, now)); });
    op.orders([&](core::Nanos now) { REQUIRE(e.set_trading_state({btc, core::TradingState::active, false, "go", "ops", "r-s2"}, now)); });
    op.orders([&](core::Nanos now) { static_cast<void>(e.emergency_stop(now, "ops", "fire", "r-stop")); });
    op.orders([&](core::Nanos now) { refused(e.execute(trade("halted", now, false, "1"_dec, "1"_dec), now)); });
    op.orders([&](core::Nanos now) { REQUIRE(e.resume(now, "ops", "out", "r-resume")); });
    op.orders([&](core::Nanos now) { refused(e.cancel(core::ClientOrderId("bl-nobody"), now, "ops", "r-no")); });
    op.orders([&](core::Nanos now) {
      const auto plan = run.rebalancer().run(now, e.view(), true, "r-plan");
      REQUIRE(plan);
      REQUIRE(!plan->empty());
      run.take_plan(*plan, now, {"ops", "r-plan"}, [](const Result<void>& taken) { REQUIRE(taken); });
    });
    const auto held = [&] { return e.portfolio().position(btc).qty.is_zero() ? eth : btc; };
    op.orders([&](core::Nanos now) { REQUIRE(e.close_position({held(), "close", "enough", "ops", "r-close"}, now)); },
              [&] { return e.portfolio().position(held()).qty.is_positive() && !e.portfolio().dust(held()); });
    op.orders([&](core::Nanos now) { REQUIRE(e.set_trading_state({{}, core::TradingState::reducing, false, "wait", "ops", "r-s3"}, now)); });
    op.orders([&](core::Nanos now) { REQUIRE(e.set_trading_state({{}, core::TradingState::active, false, "go", "ops", "r-s4"}, now)); });
    op.orders([&](core::Nanos now) { static_cast<void>(e.execute(trade("dry", now, true, "1"_dec, "50"_dec), now)); });
    op.orders([&](core::Nanos now) {
      for (const core::Order* o : e.orders().working())
        if (o->intent.instrument() == eth) return;
      const auto placed = e.execute(trade("rests", now, false, "1"_dec, "50"_dec), now);
      REQUIRE(placed);
      resting = placed->order;
    });
    op.orders([&](core::Nanos now) {
      REQUIRE(!resting.empty());
      REQUIRE(e.cancel(resting, now, "ops", "r-cancel"));
    });
    op.orders([&](core::Nanos now) { REQUIRE(e.ask_again({"look", "ops", "r-ask"}, now)); });
    op.orders([&](core::Nanos now) { static_cast<void>(e.execute(trade("last", now, true, "1"_dec, "50"_dec), now)); });
    const services::Summary s = run.execute();
    CHECK(s.end == services::RunEnd::end_of_data);
    REQUIRE(op.done());
    CHECK(s.orders > 10);
  }
  CHECK(refusals == std::vector<std::string>{"QUOTE_BALANCE_SHORT", "GATE_CLOSED", "ORDER_NOT_FOUND"});
  const auto extent = store::measure_journal(recorded);
  if (!extent) FAIL(extent.error().message);
  std::string asked;
  for (const store::RecordedInput& i : extent->inputs)
    if (const auto* row = std::get_if<store::AskedRow>(&i.input)) asked += (asked.empty() ? "" : " ") + std::string(to_string(row->what));
  INFO(asked);
  for (const char* what : {"lock", "unlock", "state", "stop", "resume", "plan", "close", "trade", "cancel", "venue"}) CHECK(asked.find(what) != std::string::npos);

  fs::remove_all(var / "venue.db");
  services::RunOptions o = options(var / "again");
  o.inputs = extent->inputs;
  const auto end = services::run_again(config, std::move(o), extent->settled, [](services::Run*) {}, {});
  if (!end) FAIL(end.error().message);
  const auto c = store::compare_journals(recorded, *extent, {var / "again" / "journal.db", end->settled_rows, store::Rerun::Behind::all});
  REQUIRE(c);
  INFO(c->row << " " << (c->recorded ? c->recorded->kind + c->recorded->payload : "none") << "\n" << (c->again ? c->again->kind + c->again->payload : "none"));
  CHECK(c->result == store::Agreement::same);
  CHECK(c->rows == extent->rows);

  // Asked otherwise it is another.
  fs::remove_all(var / "venue.db");
  services::RunOptions without = options(var / "without");
  without.inputs.assign(extent->inputs.begin(), extent->inputs.begin() + 2);
  const auto other = services::run_again(config, std::move(without), extent->settled, [](services::Run*) {}, {});
  REQUIRE(other);
  CHECK(store::compare_journals(recorded, *extent, {var / "without" / "journal.db", other->settled_rows, store::Rerun::Behind::all})->result == store::Agreement::differ);
}

TEST_CASE("rule 1.5: feeds that tell what happened once are refused where time is real") {
  const Folder folder;
  config::RunConfig c = configured(folder, yaml());
  c.time = "real";
  const auto made = services::Run::make(c, options(folder.path() / "var" / "real"));
  REQUIRE(!made);
  CHECK(made.error().code == "RUN_TIME_REAL");
}

TEST_CASE("a run again is stopped from elsewhere by the run that it hands out") {
  const Folder folder;
  services::Run* held = nullptr;
  std::size_t steps = 0;
  const auto end = services::run_again(
      again_of(folder, yaml()), options(folder.path() / "var" / "stopped"), std::numeric_limits<core::Nanos>::max(),
      [&](services::Run* r) { held = r; },
      [&](core::Nanos) {
        if (++steps == 10) held->stop();
      });
  REQUIRE(end);
  CHECK(held == nullptr);
  CHECK(steps == 10);
  CHECK(end->end == services::RunEnd::stopped);
  CHECK(!end->beyond);
}
