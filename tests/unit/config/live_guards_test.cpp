// What mode: live demands (trading rules 6, 5.3, 3.5): each guard that is missing is refused alone, by its own code and at its
// place; with all of them met it is taken; and who puts a configuration together in code is asked the same.
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
std::vector<Told> told(const Loaded& l) {
  std::vector<Told> out;
  for (const Problem& p : l.problems) out.push_back({p.code, p.path, p.line});
  return out;
}

/// Every guard met to the last, without a file.
RunConfig met() {
  RunConfig c;
  c.mode = "live";
  c.live = {true, true};
  c.time = "real";
  c.services = {"signal-generator", "signal-bridge", "trade-execution", "portfolio-rebalancer"};
  c.listen.tokens = {"secret://read", "secret://trade", "secret://emergency"};
  c.plugins.pins["a.so"] = std::string(64, 'a');
  c.instances.emplace_back().kind = "risk";
  c.execution.portfolio_uuid = c.execution.account = uuid;
  c.execution.floor.max_order = c.execution.floor.max_day = c.execution.floor.max_total = Decimal::from_int(1);
  c.execution.ramp = {Decimal::from_int(1), 1};
  c.execution.starts_reducing = true;
  c.execution.assumed_half_spread = Decimal::zero();
  c.execution.floor.max_mark_age_ns = 1;
  c.execution.stops.owner = "venue";
  c.execution.stops.unprotected_after_ns = 1;
  c.execution.drift.position_above = c.execution.drift.exposure_above = Decimal::from_int(1);
  return c;
}
/// What nobody finds in a file: a canary that has passed.
constexpr LiveFacts after_canary{.canary_passed = true};

}  // namespace

TEST_CASE("rule 6: with every guard met a live file is taken") {
  LiveFile run;
  const Loaded l = run.load(live());
  INFO(all_text(l));
  CHECK(l.problems.empty());
  CHECK_FALSE(l.live_guard);
  CHECK(l.config.mode == "live");
  CHECK(l.config.execution.account == uuid);
  CHECK(l.config.execution.portfolio_uuid == uuid);
  CHECK_FALSE(l.live_facts.half_spread_said);
  CHECK_FALSE(l.live_facts.in_kubernetes);
  CHECK(may_run(l.config, l.live_facts).ok());
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
           One{"instruments", "instruments: [BTC-USD]\ntime: data", "LIVE_TIME_DATA", "time", 5},
           One{"portfolio_uuid", "  portfolio_uuid: 00000000-0000-0000-0000-000000000000", "LIVE_PORTFOLIO_MISSING", "execution.portfolio_uuid", 12},
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
    const auto all = told(l);
    REQUIRE(all.size() == 1);
    CHECK(all[0].code == one.code);
    CHECK(all[0].path == one.path);
    CHECK(all[0].line == one.at);
    CHECK(l.live_guard);
  }
}

TEST_CASE("rule 6: a live file that has nothing names every guard at once, each where it is missing") {
  LiveFile run;
  run.canary = {};
  const Loaded l = run.load("mode: live\n" + base + no_instances);
  std::set<std::string> codes;
  for (const Told& t : told(l)) {
    CHECK(codes.insert(t.code).second);
    CHECK(t.line > 0);
  }
  // All but those that are met by saying nothing.
  std::set<std::string> wanted;
  for (const LiveGuard& g : live_guards()) wanted.emplace(g.code);
  for (const char* unsaid : {"LIVE_LISTEN_OPEN", "LIVE_TIME_DATA", "LIVE_SERVICES_PARTED", "LIVE_JOURNAL_MEMORY", "LIVE_STORE_MISSING", "LIVE_VENUE_PLAIN",
                             "LIVE_HALF_SPREAD", "LIVE_STARTS_ACTIVE", "LIVE_MARK_AGE"})
    CHECK(wanted.erase(unsaid) == 1);
  CHECK(codes == wanted);
}

TEST_CASE("rule 6: what is wrong with a key is said once: as what it is, and not as a guard that is missing as well") {
  const auto only = [](LiveFile& run, const char* line, const char* instead) {
    const Loaded l = run.load(live(line, instead));
    INFO(all_text(l));
    CHECK(l.live_guard);
    REQUIRE(l.problems.size() == 1);
    return l.problems[0].code + " " + l.problems[0].path;
  };
  LiveFile run;
  run.env.erase("BOWLINE_SECRET_TRADE");
  CHECK(only(run, "nothing", "") == "CONFIG_SECRET listen.tokens.trade");
  LiveFile all;
  CHECK(only(all, "portfolio_uuid", "  portfolio_uuid: mine") == "CONFIG_VALUE execution.portfolio_uuid");
  CHECK(only(all, "floor", "  floor: {max_order: 0, max_day: 1000, max_total: 5000}") == "CONFIG_RANGE execution.floor.max_order");
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
    const auto all = told(l);
    REQUIRE(all.size() == (passed ? 0 : 1));
    if (passed) continue;
    CHECK(all[0].code == "LIVE_CANARY_MISSING");
    CHECK(all[0].path == "instances");
    CHECK(all[0].line == 10);
  }
  run.canary = {};  // nobody who could say
  CHECK(told(run.load(live())).size() == 1);
  run.only_kind = "broker";
  CHECK(told(run.load(live())).empty());
  bool asked = false;
  run.canary = [&asked](const RunConfig&) { return asked = true; };
  run.only_kind = {};
  CHECK(run.load(base + no_instances).problems.empty());
  CHECK_FALSE(asked);  // of a mock run
}

TEST_CASE("rule 6: in a pod nothing is said about Kubernetes") {
  LiveFile run;
  run.env["KUBERNETES_SERVICE_HOST"] = "10.0.0.1";
  const Loaded l = run.load(live("allow_outside"));
  CHECK(told(l).empty());
  CHECK(may_run(l.config, l.live_facts).ok());
  CHECK(may_run(l.config, after_canary).error().code == "LIVE_OUTSIDE_KUBERNETES");
  run.env["KUBERNETES_SERVICE_HOST"] = "";
  CHECK(told(run.load(live("allow_outside"))).size() == 1);
}

TEST_CASE("rule 6: a port is this machine's own by its address, and without ports there is none") {
  for (const char* own : {"127.0.0.1", "127.1.2.3", "::1"}) CHECK(loopback(own));
  for (const char* open : {"0.0.0.0", "::", "10.0.0.1", "", "localhost", "127.evil.example", "1270.0.0.1", "::1.example"}) {
    INFO(open);
    CHECK_FALSE(loopback(open));
  }
  LiveFile run;
  CHECK(told(run.load(live("listen", "listen: {enabled: off, host: 0.0.0.0}"))).empty());
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

TEST_CASE("rule 6: a live file that is one of several processes is refused by its own guard") {
  LiveFile run;
  const Loaded l = run.load(live("instruments", "instruments: [BTC-USD]\nservices: [trade-execution]"));
  INFO(all_text(l));
  REQUIRE(about(l, "services") != nullptr);
  CHECK(about(l, "services")->code == "LIVE_SERVICES_PARTED");
}

TEST_CASE("rule 6: live speaks to its venue over TLS alone, this machine's included") {
  LiveFile run;
  run.schema = R"({"type":"object","additionalProperties":false,"properties":{"url":{"type":"string"},"more":{"type":"array","items":{"type":"string"}}}})";
  const auto with = [&run](const std::string& kind, const std::string& params) {
    return run.load(live("kind: risk", "  - {id: limits, kind: risk, plugin: p}\n  - {id: other, kind: " + kind + ", plugin: q, params: {" + params + "}}"));
  };
  for (const char* kind : {"broker", "feed"})
    for (const char* params : {"url: \"http://127.0.0.1:8443\"", "url: \"ws://localhost:8443\"", "more: [\"https://a\", \"http://b\"]"}) {
      const Loaded l = with(kind, params);
      INFO(kind << " " << params << "\n" << all_text(l));
      REQUIRE(told(l).size() == 1);
      CHECK(told(l)[0].code == "LIVE_VENUE_PLAIN");
      CHECK(told(l)[0].path == "instances");
    }
  CHECK(told(with("broker", "url: \"https://api.example\", more: [\"wss://b\"]")).empty());
  CHECK(told(with("signal", "url: \"http://127.0.0.1\"")).empty());  // it has no network at all
  RunConfig c = met();
  c.instances.emplace_back().kind = "broker";
  CHECK(may_run(c, after_canary).ok());
  c.instances.back().params_json = "{\"url\":";  // nobody can tell
  CHECK(may_run(c, after_canary).error().code == "LIVE_VENUE_PLAIN");
}

TEST_CASE("rule 6: a run whose configuration was made in code is asked for every guard, too") {
  CHECK(may_run(met(), after_canary).ok());
  RunConfig mock;
  CHECK(may_run(mock, {}).ok());
  for (const char* mode : {"", "Mock", "paper", "LIVE"}) {
    INFO(mode);
    RunConfig c = met();
    c.mode = mode;
    CHECK(may_run(c, after_canary).error().code == "MODE_UNKNOWN");
  }
  mock.mode = "live";  // by the mode alone nothing is run
  const Error e = may_run(mock, {}).error();
  CHECK(e.code == live_guards()[0].code);
  for (const MissingGuard& g : missing_guards(mock, {})) {
    CHECK(e.message.find(g.code) != e.message.npos);
    CHECK(e.message.find(g.message) != e.message.npos);
  }
  struct One {
    const char* code;
    void (*take)(RunConfig&);
  };
  std::set<std::string> taken;
  for (const One& one : {
           One{"LIVE_NOT_AUTHENTICATED", [](RunConfig& c) { c.listen.tokens.trade.clear(); }},
           One{"LIVE_NOT_CONFIRMED", [](RunConfig& c) { c.live.confirm = false; }},
           One{"LIVE_OUTSIDE_KUBERNETES", [](RunConfig& c) { c.live.outside_kubernetes = false; }},
           One{"LIVE_LISTEN_OPEN", [](RunConfig& c) { c.listen.host = "0.0.0.0"; }},
           One{"LIVE_TIME_DATA", [](RunConfig& c) { c.time = "data"; }},
           One{"LIVE_SERVICES_PARTED", [](RunConfig& c) { c.services.pop_back(); }},
           One{"LIVE_JOURNAL_MEMORY", [](RunConfig& c) { c.journal = "memory"; }},
           One{"LIVE_STORE_MISSING", [](RunConfig& c) { c.store.prices = "none"; }},
           One{"LIVE_PINS_MISSING", [](RunConfig& c) { c.plugins.pins.clear(); }},
           One{"LIVE_VENUE_PLAIN", [](RunConfig& c) { c.instances.emplace_back().kind = "feed", c.instances.back().params_json = R"({"u":"http://127.0.0.1"})"; }},
           One{"LIVE_RISK_MISSING", [](RunConfig& c) { c.instances[0].kind = "signal"; }},
           One{"LIVE_PORTFOLIO_MISSING", [](RunConfig& c) { c.execution.portfolio_uuid.clear(); }},
           One{"LIVE_MAX_ORDER_MISSING", [](RunConfig& c) { c.execution.floor.max_order = Decimal::not_set(); }},
           One{"LIVE_MAX_DAY_MISSING", [](RunConfig& c) { c.execution.floor.max_day = Decimal::not_set(); }},
           One{"LIVE_MAX_TOTAL_MISSING", [](RunConfig& c) { c.execution.floor.max_total = Decimal::not_set(); }},
           One{"LIVE_RAMP_AMOUNT_MISSING", [](RunConfig& c) { c.execution.ramp.usd_per_day = Decimal::not_set(); }},
           One{"LIVE_RAMP_ORDERS_MISSING", [](RunConfig& c) { c.execution.ramp.orders_per_day = 0; }},
           One{"LIVE_MARK_AGE", [](RunConfig& c) { c.execution.floor.max_mark_age_ns = 0; }},
           One{"LIVE_STOPS_AT_HOST", [](RunConfig& c) { c.execution.stops.owner = "host"; }},
           One{"LIVE_UNPROTECTED_UNTOLD", [](RunConfig& c) { c.execution.stops.unprotected_after_ns = 0; }},
           One{"LIVE_DRIFT_MISSING", [](RunConfig& c) { c.execution.drift.exposure_above = Decimal::not_set(); }},
           One{"LIVE_HALF_SPREAD", [](RunConfig& c) { c.execution.assumed_half_spread = Decimal::from_mantissa(1, -4); }},
           One{"LIVE_STARTS_ACTIVE", [](RunConfig& c) { c.execution.starts_reducing = false; }},
       }) {
    RunConfig c = met();
    one.take(c);
    INFO(one.code);
    const auto missing = missing_guards(c, after_canary);
    REQUIRE(missing.size() == 1);
    CHECK(missing[0].code == one.code);
    const auto no = may_run(c, after_canary);
    REQUIRE_FALSE(no.ok());
    CHECK(no.error().code == one.code);
    taken.insert(one.code);
  }
  std::set<std::string> all;  // a guard that nobody takes away here is one that nobody tries
  for (const LiveGuard& g : live_guards()) all.emplace(g.code);
  CHECK(may_run(met(), {}).error().code == "LIVE_CANARY_MISSING");
  taken.insert("LIVE_CANARY_MISSING");
  CHECK(taken == all);
  for (const char* other : {"main", "00000000-0000-0000-0000-000000000000"}) {  // pinned is what the journal is stamped with
    RunConfig c = met();
    c.execution.account = other;
    CHECK(may_run(c, after_canary).error().code == "LIVE_PORTFOLIO_MISSING");
  }
  RunConfig zeros = met();
  zeros.execution.portfolio_uuid = zeros.execution.account = std::string(unfilled_uuid);
  CHECK(may_run(zeros, after_canary).error().code == "LIVE_PORTFOLIO_MISSING");
  CHECK(may_run(met(), {.half_spread_said = true, .canary_passed = true}).error().code == "LIVE_HALF_SPREAD");
}

TEST_CASE("rule 6: live takes no venue that is simulated, and no feed that tells what was made up or recorded") {
  CHECK(live_takes("broker", "b", false, false).ok());
  CHECK(live_takes("feed", "f", false, false).ok());
  CHECK(live_takes("broker", "b", true, false).error().code == "LIVE_VENUE_SIMULATED");
  CHECK(live_takes("feed", "f", true, false).error().code == "LIVE_FEED_SIMULATED");
  CHECK(live_takes("feed", "f", false, true).error().code == "LIVE_FEED_SIMULATED");
  for (const char* kind : {"signal", "risk", "rebalancer"}) CHECK(live_takes(kind, "p", true, false).ok());
  std::set<std::string> codes;
  for (const LiveGuard& g : live_plugin_guards()) codes.emplace(g.code);
  CHECK(codes == std::set<std::string>{"LIVE_VENUE_SIMULATED", "LIVE_FEED_SIMULATED"});
}

TEST_CASE("rule 3.7: who ends a run is not refused for what bounds entries, but for what its venue is") {
  LiveFile run;
  run.only_kind = "broker";
  const std::string needed = "mode: live\nconfirm_live: true\n" + base;
  const std::string rest = "execution: {portfolio_uuid: " + std::string(uuid) + "}\n" + no_instances;
  const auto pinned = [](std::string yaml) { return yaml.replace(yaml.find("[plugins]"), 9, "[plugins], pins: {a.so: " + std::string(64, 'a') + "}"); };
  const Loaded good = run.load(pinned(needed) + rest);
  INFO(all_text(good));
  CHECK(good.problems.empty());
  std::set<std::string> codes;
  for (const Told& t : told(run.load("mode: live\n" + base + no_instances))) codes.insert(t.code);
  CHECK(codes == std::set<std::string>{"LIVE_NOT_CONFIRMED", "LIVE_PINS_MISSING", "LIVE_PORTFOLIO_MISSING"});
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
  const Loaded zeros = with("portfolio_uuid: " + std::string(unfilled_uuid));
  REQUIRE(about(zeros, "execution.portfolio_uuid") != nullptr);
  CHECK(about(zeros, "execution.portfolio_uuid")->code == "CONFIG_VALUE");
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
