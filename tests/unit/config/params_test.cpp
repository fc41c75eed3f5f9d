#include <catch2/catch.hpp>

#include "run_file.hpp"

using namespace bowline::config;

namespace {

constexpr const char* schema = R"json({"type":"object","additionalProperties":false,"required":["name"],"properties":{
"name":{"type":"string","minLength":1},
"max_position":{"type":"number","x-bowline-unit":"percent","default":0.05,"exclusiveMinimum":0,"maximum":1},
"wait":{"type":"integer","x-bowline-unit":"duration","default":0,"minimum":0},
"mode":{"type":"string","default":"fast","enum":["fast","slow"]},
"speed":{"type":"string","default":"max","pattern":"^(max|[0-9]+x)$"},
"list":{"type":"array","items":{"type":"integer"},"minItems":1,"maxItems":2},
"cash":{"type":"object","additionalProperties":{"type":"string","format":"decimal"}},
"state":{"type":"string","x-bowline-unit":"path","x-bowline-state":true,"default":"venue.db"},
"on":{"type":"boolean","default":true}}})json";

Loaded load_with(const std::string& params) {
  RunFile run;
  run.schema = schema;
  return run.load_params(params);
}

}  // namespace

TEST_CASE("params come out as canonical JSON: keys sorted, units understood, defaults filled in") {
  const Loaded l = load_with("{wait: 5m, name: n, max_position: 5%, on: no}");
  INFO(all_text(l));
  REQUIRE(l.problems.empty());
  CHECK(l.config.instances.at(0).params_json ==
        R"({"max_position":0.05,"mode":"fast","name":"n","on":false,"speed":"max",)"
        R"("state":"/var/run-state/venue.db","wait":300000000000})");
}

TEST_CASE("an unknown param names the nearest one and its place") {
  const Loaded l = load_with("{name: n, max_postion: 5%}");
  REQUIRE(l.problems.size() == 1);
  CHECK(l.problems[0].path == "instances[0].params.max_postion");
  CHECK(l.problems[0].message == "unknown key; did you mean max_position?");
  CHECK(l.problems[0].line == 4);
  CHECK(l.problems[0].column == 56);
}

TEST_CASE("each rule of a schema is enforced") {
  const auto [params, path] = GENERATE(table<std::string, std::string>({
      {"{}", "name"},
      {"{name: \"\"}", "name"},
      {"{name: n, max_position: 0}", "max_position"},
      {"{name: n, max_position: 101%}", "max_position"},
      {"{name: n, wait: 5}", "wait"},
      {"{name: n, mode: quick}", "mode"},
      {"{name: n, speed: warp}", "speed"},
      {"{name: n, list: []}", "list"},
      {"{name: n, list: [1, 2, 3]}", "list"},
      {"{name: n, list: [010]}", "list[0]"},
      {"{name: n, list: 1}", "list"},
      {"{name: n, cash: {USD: lots}}", "cash.USD"},
      {"{name: n, on: 1}", "on"},
      {"{name: n, name: m}", "name"},
  }));
  const Loaded l = load_with(params);
  INFO(params << "\n" << all_text(l));
  REQUIRE(l.problems.size() == 1);
  CHECK(l.problems[0].path == "instances[0].params." + path);
  CHECK(l.config.instances.at(0).params_json == "{}");
}

TEST_CASE("a limit of a percentage is told as a percentage") {
  const Loaded l = load_with("{name: n, max_position: 180%}");
  REQUIRE(l.problems.size() == 1);
  CHECK(l.problems[0].message == "180% is over the limit of 100%");
}

TEST_CASE("a schema that demands what the host does not enforce is refused, and so is a pattern that is none") {
  RunFile run;
  for (const char* property : {R"({"type":"string","const":"x"})", R"({"type":"array","items":{"not":{}}})",
                               R"({"type":"string","pattern":"(["})"}) {
    INFO(property);
    run.schema = R"({"type":"object","additionalProperties":false,"properties":{"p":)" + std::string(property) + "}}";
    const Loaded l = run.load_params("{}");
    REQUIRE(l.problems.size() == 1);
    CHECK(l.problems[0].code == "CONFIG_SCHEMA_UNSUPPORTED");
  }
}

TEST_CASE("a param that is the host's own key takes the host's value, and no other one") {
  RunFile run;
  run.schema = R"json({"type":"object","additionalProperties":false,"properties":{
"interval":{"type":"integer","x-bowline-unit":"duration","x-bowline-host":"interval","default":300000000000},
"bars":{"type":"integer","x-bowline-host":"signals.resolve_bars","default":12}}})json";
  const auto load = [&](const std::string& host, const std::string& params) {
    return run.load(base + "instances:\n  - {id: a, kind: signal, plugin: p, params: " + params + "}\n" + host);
  };
  CHECK(load("", "{}").config.instances.at(0).params_json == R"({"bars":12,"interval":300000000000})");
  const std::string hour = "interval: 1h\nsignals: {resolve_bars: 24}\n";
  CHECK(load(hour, "{}").config.instances.at(0).params_json == R"({"bars":24,"interval":3600000000000})");
  CHECK(load(hour, "{interval: 60m, bars: 24}").problems.empty());
  const Loaded l = load(hour, "{interval: 5m, bars: 12}");
  INFO(all_text(l));
  REQUIRE(l.problems.size() == 2);
  for (const Problem& p : l.problems) CHECK(p.code == "CONFIG_MISMATCH");
  CHECK(l.problems[0].path == "instances[0].params.interval");
  CHECK(l.problems[0].message == "5m is not the run's interval, which is 1h: leave it out here, or make the two equal");
  CHECK(l.problems[1].message == "12 is not the run's signals.resolve_bars, which is 24: leave it out here, or make the two equal");
}

TEST_CASE("rule 5.3: the portfolio that the run is pinned to is the one that the broker's key must be bound to") {
  RunFile run;
  run.schema = R"json({"type":"object","additionalProperties":false,"properties":{
"portfolio":{"type":"string","x-bowline-host":"execution.portfolio_uuid","default":""}}})json";
  const std::string pinned = "1b4e28ba-2fa1-41d2-883f-0016d3cca427", other = "2c5e28ba-2fa1-41d2-883f-0016d3cca427";
  const auto load = [&](const std::string& pin, const std::string& params) {
    return run.load(base + "instances:\n  - {id: a, kind: broker, plugin: p, params: " + params + "}\n" +
                    (pin.empty() ? "" : "execution: {portfolio_uuid: " + pin + "}\n"));
  };
  CHECK(load(pinned, "{}").config.instances.at(0).params_json == "{\"portfolio\":\"" + pinned + "\"}");
  CHECK(load(pinned, "{portfolio: " + pinned + "}").problems.empty());
  const Loaded l = load(pinned, "{portfolio: " + other + "}");
  REQUIRE(l.problems.size() == 1);
  CHECK(l.problems[0].code == "CONFIG_MISMATCH");
  CHECK(l.problems[0].path == "instances[0].params.portfolio");
  // A run that is pinned to none: the plugin's own is held against the key alone.
  const Loaded alone = load("", "{portfolio: " + other + "}");
  CHECK(alone.problems.empty());
  CHECK(alone.config.instances.at(0).params_json == "{\"portfolio\":\"" + other + "\"}");
  CHECK(load("", "{}").config.instances.at(0).params_json == "{\"portfolio\":\"\"}");
}

TEST_CASE("rule 5.7: a venue's plugin is told under what the data of each product come, by the run alone") {
  RunFile run;
  run.schema = R"json({"type":"object","additionalProperties":false,"properties":{
"data":{"type":"object","x-bowline-host":"instruments.data_symbol","additionalProperties":{"type":"string"},"default":{}}}})json";
  const auto load = [&](const std::string& instruments, const std::string& params) {
    return run.load("instruments: [" + instruments + "]\nplugins: {path: [plugins]}\ninstances:\n  - {id: a, kind: broker, plugin: p, params: " + params + "}\n");
  };
  const std::string two = "{symbol: BTC-USDC, data_symbol: BTC-USD}, {symbol: ETH-USDC, data_symbol: ETH-USDC}";
  CHECK(load(two, "{}").config.instances.at(0).params_json == R"({"data":{"BTC-USDC":"BTC-USD"}})");
  CHECK(load("BTC-USD", "{}").config.instances.at(0).params_json == R"({"data":{}})");
  for (const char* said : {"{data: {BTC-USDC: BTC-USD}}", "{data: {}}", "{data: 1}"}) {
    const Loaded l = load(two, said);
    REQUIRE(l.problems.size() == 1);
    CHECK(l.problems[0].code == "CONFIG_MISMATCH");
    CHECK(l.problems[0].path == "instances[0].params.data");
  }
  run.schema = R"json({"type":"object","additionalProperties":false,"properties":{"data":{"type":"string","x-bowline-host":"instruments.data_symbol","default":""}}})json";
  const Loaded text = load(two, "{}");
  REQUIRE(text.problems.size() == 1);
  CHECK(text.problems[0].code == "CONFIG_SCHEMA_UNSUPPORTED");
}

TEST_CASE("a schema that names a host key this host does not have is not taken") {
  RunFile run;
  run.schema = R"json({"type":"object","additionalProperties":false,"properties":{
"seed":{"type":"integer","x-bowline-host":"seed","default":1}}})json";
  const Loaded l = run.load_params("{}");
  REQUIRE(l.problems.size() == 1);
  CHECK(l.problems[0].code == "CONFIG_SCHEMA_UNSUPPORTED");
}
