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
  CHECK(c.execution == was.execution);
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
