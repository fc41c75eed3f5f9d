// What mode: live demands (trading rules 6, 5.3, 3.5): each guard that is missing is refused alone, by its own code and at its
// place; with all of them met one remains, which says that this version does not offer it.
#include "config/live_guards.hpp"

#include <catch2/catch.hpp>

#include <set>

#include "run_file.hpp"

using namespace bowline;
using namespace bowline::config;

namespace {

constexpr const char* uuid = "1b4e28ba-2fa1-41d2-883f-0016d3cca427";

/// A live file that has everything; one line of it may be replaced, or left out with "".
std::string live(const std::string& line = "\n", const std::string& instead = "") {
  std::string out;
  for (const std::string& l : {std::string("mode: live"), std::string("confirm_live: true"), std::string("allow_outside_kubernetes: true"),
                               std::string("instruments: [BTC-USD]"), std::string("listen: {tokens: {read: secret://read, trade: secret://trade, emergency: secret://emergency}}"),
                               std::string("plugins:"), std::string("  path: [plugins]"),
                               "  pins: {librisk.so: " + std::string(64, 'a') + "}", std::string("instances:"),
                               std::string("  - {id: limits, kind: risk, plugin: p}"), std::string("execution:"),
                               "  portfolio_uuid: " + std::string(uuid), std::string("  ramp: {usd_per_day: 500, orders_per_day: 10}"),
                               std::string("  floor: {max_order: 100, max_day: 1000, max_total: 5000}"),
                               std::string("  stops: {owner: venue, unprotected_after: 1m}"),
                               std::string("  drift: {position_cap: 5%, position_above: 6%, exposure_cap: 80%, exposure_above: 85%}")}) {
    if (l.find(line) == std::string::npos) out += l + "\n";
    else if (!instead.empty()) out += instead + "\n";
  }
  return out;
}

/// With the secrets that it names.
struct LiveFile : RunFile {
  LiveFile() {
    canary = [](const RunConfig&) { return true; };
    for (const char* scope : {"READ", "TRADE", "EMERGENCY"}) env[std::string("BOWLINE_SECRET_") + scope] = scope + std::string(64, 'x');
  }
};

struct Told {
  std::string code, path;
  int line = 0;
};
/// What stands beside the one guard that is never met.
std::vector<Told> beside(const Loaded& l) {
  std::vector<Told> out;
  bool unmet = false;
  for (const Problem& p : l.problems)
    if (p.code == unmet_guard) unmet = true;
    else out.push_back({p.code, p.path, p.line});
  CHECK(unmet);
  CHECK(l.live_guard);
  return out;
}

}  // namespace

TEST_CASE("rule 6: with every guard met one remains, and it says that live is not possible") {
  LiveFile run;
  const Loaded l = run.load(live());
  INFO(all_text(l));
  REQUIRE(l.problems.size() == 1);
  CHECK(l.problems[0].code == "LIVE_NOT_OFFERED");
  CHECK(l.problems[0].path == "mode");
  CHECK(l.problems[0].line == 1);
  CHECK(l.problems[0].message.find("this version does not offer mode: live") != std::string::npos);
  CHECK(l.live_guard);
  CHECK(l.config.execution.account == uuid);
  CHECK(l.config.execution.portfolio_uuid == uuid);
}

TEST_CASE("rule 6, 5.3, 3.5: each guard that is missing is refused alone, by its own code, at its place") {
  struct One {
    const char *line, *instead, *code, *path;
    int at;
  };
  for (const One& one : {
           One{"confirm_live", "", "LIVE_NOT_CONFIRMED", "confirm_live", 1},
           One{"confirm_live", "confirm_live: off", "LIVE_NOT_CONFIRMED", "confirm_live", 2},
           One{"allow_outside", "", "LIVE_OUTSIDE_KUBERNETES", "allow_outside_kubernetes", 1},
           One{"listen", "", "LIVE_NOT_AUTHENTICATED", "listen.tokens", 1},
           One{"listen", "listen: {host: 127.0.0.1}", "LIVE_NOT_AUTHENTICATED", "listen.tokens", 5},
           One{"listen", "listen: {host: 0.0.0.0, tokens: {read: secret://read, trade: secret://trade, emergency: secret://emergency}}",
               "LIVE_LISTEN_OPEN", "listen.host", 5},
           One{"instruments", "instruments: [BTC-USD]\njournal: memory", "LIVE_JOURNAL_MEMORY", "journal", 5},
           One{"instruments", "instruments: [BTC-USD]\nstore: {transactions: none, prices: none}", "LIVE_STORE_MISSING", "store.transactions", 5},
           One{"pins", "", "LIVE_PINS_MISSING", "plugins.pins", 7},
           One{"kind: risk", "  - {id: ema, kind: signal, plugin: p}", "LIVE_RISK_MISSING", "instances", 10},
           One{"portfolio_uuid", "  account: main", "LIVE_PORTFOLIO_MISSING", "execution.portfolio_uuid", 12},
           One{"floor", "  floor: {max_day: 1000, max_total: 5000}", "LIVE_MAX_ORDER_MISSING", "execution.floor.max_order", 14},
           One{"floor", "  floor: {max_order: 100, max_total: 5000}", "LIVE_MAX_DAY_MISSING", "execution.floor.max_day", 14},
           One{"floor", "  floor: {max_order: 100, max_day: 1000}", "LIVE_MAX_TOTAL_MISSING", "execution.floor.max_total", 14},
           One{"ramp", "  ramp: {orders_per_day: 10}", "LIVE_RAMP_AMOUNT_MISSING", "execution.ramp.usd_per_day", 13},
           One{"ramp", "  ramp: {usd_per_day: 500}", "LIVE_RAMP_ORDERS_MISSING", "execution.ramp.orders_per_day", 13},
           One{"floor", "  floor: {max_order: 100, max_day: 1000, max_total: 5000, max_mark_age: 0}", "LIVE_MARK_AGE", "execution.floor.max_mark_age", 14},
           One{"stops", "  stops: {unprotected_after: 1m}", "LIVE_STOPS_AT_HOST", "execution.stops.owner", 15},
           One{"stops", "  stops: {owner: venue}", "LIVE_UNPROTECTED_UNTOLD", "execution.stops.unprotected_after", 15},
           One{"drift", "  drift: {exposure_cap: 80%, exposure_above: 85%}", "LIVE_DRIFT_MISSING", "execution.drift", 16},
           One{"drift", "  drift: {position_cap: 5%, position_above: 6%}", "LIVE_DRIFT_MISSING", "execution.drift", 16},
           One{"ramp", "  ramp: {usd_per_day: 500, orders_per_day: 10}\n  assumed_half_spread: 5bp", "LIVE_HALF_SPREAD", "execution.assumed_half_spread", 14},
           One{"ramp", "  ramp: {usd_per_day: 500, orders_per_day: 10}\n  starts_reducing: off", "LIVE_STARTS_ACTIVE", "execution.starts_reducing", 14},
       }) {
    LiveFile run;
    const Loaded l = run.load(live(one.line, one.instead));
    INFO(one.code << " by " << one.line << "\n" << all_text(l));
    const auto told = beside(l);
    REQUIRE(told.size() == 1);
    CHECK(told[0].code == one.code);
    CHECK(told[0].path == one.path);
    CHECK(told[0].line == one.at);
  }
}

TEST_CASE("rule 6: a live file that has nothing names every guard at once, each where it is missing") {
  LiveFile run;
  run.canary = {};
  const Loaded l = run.load("mode: live\n" + base + no_instances);
  std::set<std::string> codes;
  for (const Told& t : beside(l)) {
    CHECK(codes.insert(t.code).second);
    CHECK(t.line > 0);
  }
  // All but those that are met by saying nothing.
  std::set<std::string> wanted;
  for (const LiveGuard& g : live_guards()) wanted.emplace(g.code);
  for (const char* met : {"LIVE_NOT_OFFERED", "LIVE_LISTEN_OPEN", "LIVE_JOURNAL_MEMORY", "LIVE_STORE_MISSING", "LIVE_HALF_SPREAD", "LIVE_STARTS_ACTIVE", "LIVE_MARK_AGE"})
    CHECK(wanted.erase(met) == 1);
  CHECK(codes == wanted);
}

TEST_CASE("rule 6: a run asks for its canary, of the whole file; who needs the venue alone does not") {
  LiveFile run;
  for (const bool passed : {false, true}) {
    std::string asked_of;
    run.canary = [&](const RunConfig& c) {
      asked_of = c.execution.portfolio_uuid;
      return passed;
    };
    const Loaded l = run.load(live());
    CHECK(asked_of == uuid);
    const auto told = beside(l);
    REQUIRE(told.size() == (passed ? 0 : 1));
    if (passed) continue;
    CHECK(told[0].code == "LIVE_CANARY_MISSING");
    CHECK(told[0].path == "instances");
    CHECK(told[0].line == 10);
  }
  run.canary = {};  // nobody who could say
  CHECK(beside(run.load(live())).size() == 1);
  run.only_kind = "broker";
  CHECK(beside(run.load(live())).empty());
  bool asked = false;
  run.canary = [&asked](const RunConfig&) { return asked = true; };
  run.only_kind = {};
  CHECK(run.load(base + no_instances).problems.empty());
  CHECK_FALSE(asked);  // of a mock run
}

TEST_CASE("rule 6: in a pod nothing is said about Kubernetes") {
  LiveFile run;
  run.env["KUBERNETES_SERVICE_HOST"] = "10.0.0.1";
  CHECK(beside(run.load(live("allow_outside"))).empty());
  run.env["KUBERNETES_SERVICE_HOST"] = "";
  CHECK(beside(run.load(live("allow_outside"))).size() == 1);
}

TEST_CASE("rule 6: a port is this machine's own by its address, and without ports there is none") {
  for (const char* own : {"127.0.0.1", "127.1.2.3", "::1"}) CHECK(loopback(own));
  for (const char* open : {"0.0.0.0", "::", "10.0.0.1", "", "localhost", "127.evil.example", "1270.0.0.1", "::1.example"}) {
    INFO(open);
    CHECK_FALSE(loopback(open));
  }
  LiveFile run;
  CHECK(beside(run.load(live("listen", "listen: {enabled: off, host: 0.0.0.0}"))).empty());
}

TEST_CASE("rule 6: the environment makes no run live: neither TRADING_MODE nor a value that it puts into the file") {
  LiveFile run;
  run.env["M"] = "live";
  run.env["YES"] = "true";
  const Loaded mode = run.load(live("mode: live", "mode: ${M}"));
  INFO(all_text(mode));
  REQUIRE(mode.problems.size() == 1);
  CHECK(mode.problems[0].code == "CONFIG_MODE");
  CHECK(mode.problems[0].path == "mode");
  CHECK(mode.config.mode == "mock");
  CHECK(mode.live_guard);
  const Loaded confirmed = run.load(live("confirm_live", "confirm_live: ${YES}"));
  REQUIRE(about(confirmed, "confirm_live") != nullptr);
  CHECK(about(confirmed, "confirm_live")->code == "CONFIG_MODE");
  CHECK_FALSE(confirmed.config.live.confirm);
}

TEST_CASE("rule 6: TRADING_MODE=mock over a live file is allowed, and said; engine time stays the clock's") {
  LiveFile run;
  run.env["TRADING_MODE"] = "mock";
  const Loaded safer = run.load(live());
  INFO(all_text(safer));
  CHECK(safer.problems.empty());
  CHECK(safer.config.mode == "mock");
  CHECK(safer.config.time == "real");
  REQUIRE(safer.notes.size() == 1);
  CHECK(safer.notes[0].find("TRADING_MODE=mock") != std::string::npos);
  const Loaded same = run.load(base + no_instances);
  CHECK(same.notes.empty());
  CHECK(same.config.time == "data");
}

TEST_CASE("rule 5.2: live assumes no spread, and starts reducing without a word (3.5)") {
  LiveFile run;
  const Loaded l = run.load(live());
  CHECK(l.config.execution.assumed_half_spread.is_zero());
  CHECK(l.config.execution.starts_reducing);
  const Loaded mock = run.load(base + no_instances);
  CHECK_FALSE(mock.config.execution.assumed_half_spread.is_zero());
  CHECK_FALSE(mock.config.execution.starts_reducing);
  CHECK(mock.config.execution.ramp == RunConfig::Execution::Ramp{});
}

TEST_CASE("rule 6: no configuration makes live possible, however it was made") {
  CHECK(may_run("mock").ok());
  for (const char* mode : {"live", "", "Mock", "paper"}) {
    INFO(mode);
    CHECK(may_run(mode).error().code == "LIVE_NOT_OFFERED");
  }
  RunConfig all;  // met to the last, without a file
  all.mode = "live";
  all.live = {true, true};
  all.listen.tokens = {"secret://read", "secret://trade", "secret://emergency"};
  all.plugins.pins["a.so"] = std::string(64, 'a');
  all.instances.emplace_back().kind = "risk";
  all.execution.portfolio_uuid = uuid;
  all.execution.floor.max_order = all.execution.floor.max_day = all.execution.floor.max_total = Decimal::from_int(1);
  all.execution.ramp = {Decimal::from_int(1), 1};
  all.execution.starts_reducing = true;
  all.execution.floor.max_mark_age_ns = 1;
  all.execution.stops.owner = "venue";
  all.execution.stops.unprotected_after_ns = 1;
  all.execution.drift.position_above = all.execution.drift.exposure_above = Decimal::from_int(1);
  const auto missing = missing_guards(all, {false, true, true});
  REQUIRE(missing.size() == 1);
  CHECK(missing[0].code == unmet_guard);
}

TEST_CASE("rule 4.3, 6: a portfolio is pinned by its uuid, and takes the place of the account's name") {
  LiveFile run;
  const auto with = [&run](const std::string& keys) { return run.load("execution: {" + keys + "}\n" + base + no_instances); };
  CHECK(with("portfolio_uuid: " + std::string(uuid)).config.execution.account == uuid);
  for (const char* bad : {"main", "1B4E28BA-2FA1-41D2-883F-0016D3CCA427", "1b4e28ba2fa141d2883f0016d3cca427", "1b4e28ba-2fa1-41d2-883f-0016d3cca42g"}) {
    INFO(bad);
    const Loaded l = with("portfolio_uuid: " + std::string(bad));
    REQUIRE(about(l, "execution.portfolio_uuid") != nullptr);
    CHECK(about(l, "execution.portfolio_uuid")->code == "CONFIG_VALUE");
  }
  const Loaded both = with("account: main, portfolio_uuid: " + std::string(uuid));
  REQUIRE(about(both, "execution.account") != nullptr);
  CHECK(both.config.execution.portfolio_uuid.empty());
}

TEST_CASE("rule 6: a ramp bounds something: an amount above 0, a number from 1") {
  LiveFile run;
  const auto with = [&run](const std::string& ramp) { return run.load("execution: {ramp: {" + ramp + "}}\n" + base + no_instances); };
  const Loaded good = with("usd_per_day: 500.50, orders_per_day: 7");
  CHECK(good.problems.empty());
  CHECK(good.config.execution.ramp.usd_per_day == *Decimal::try_parse("500.5"));
  CHECK(good.config.execution.ramp.orders_per_day == 7);
  CHECK(about(with("usd_per_day: 0"), "execution.ramp.usd_per_day") != nullptr);
  CHECK(about(with("orders_per_day: 0"), "execution.ramp.orders_per_day") != nullptr);
}
