// A run's file as a whole: its keys, its shape, and how its problems are told.
#include <catch2/catch.hpp>

#include "run_file.hpp"

using namespace bowline;
using namespace bowline::config;

TEST_CASE("a file with the required keys only is complete: the rest has defaults") {
  RunFile run;
  const Loaded l = run.load(base + no_instances);
  INFO(all_text(l));
  REQUIRE(l.problems.empty());
  CHECK(l.config.mode == "mock");
  CHECK(l.config.services.size() == 4);
  CHECK(l.config.interval_ns == 300'000'000'000);
  REQUIRE(l.config.instruments.size() == 1);
  CHECK(l.config.instruments[0].symbol == "BTC-USD");
  CHECK(l.config.instruments[0].taker_fee == *Decimal::try_parse("0.012"));
  CHECK(l.config.bridge.max_position == *Decimal::try_parse("0.05"));
}

TEST_CASE("a folder of plugins is relative to the file, not to where the command runs") {
  RunFile run;
  const Loaded l = run.load(base + no_instances);
  REQUIRE(l.config.plugins.path.size() == 1);
  CHECK(l.config.plugins.path[0] == run.folder() / "plugins");
}

TEST_CASE("all problems are told at once, in the order of the file") {
  RunFile run;
  const Loaded l = run.load("sed: 1\ninterval: soon\nbridge: {max_position: 180%}\n" + base + no_instances);
  INFO(all_text(l));
  REQUIRE(l.problems.size() == 3);
  CHECK(l.problems[0].text() == run.file().string() + ":1:1: sed: unknown key; did you mean seed?");
  CHECK(l.problems[1].line == 2);
  CHECK(l.problems[1].column == 11);
  CHECK(l.problems[1].path == "interval");
  CHECK(l.problems[2].text() ==
        run.file().string() + ":3:24: bridge.max_position: 180% is over the limit of 100%");
}

TEST_CASE("an unknown key that is near to none suggests none") {
  RunFile run;
  const Loaded l = run.load("colour_of_the_sky: blue\n" + base + no_instances);
  REQUIRE(l.problems.size() == 1);
  CHECK(l.problems[0].message == "unknown key");
}

TEST_CASE("a key that stands twice is refused at its second place") {
  RunFile run;
  const Loaded l = run.load("seed: 1\nseed: 2\n" + base + no_instances);
  REQUIRE(l.problems.size() == 1);
  CHECK(l.problems[0].code == "CONFIG_KEY_REPEATED");
  CHECK(l.problems[0].line == 2);
}

TEST_CASE("numbers that two readers read differently are refused") {
  RunFile run;
  for (const char* text : {"010", "0x10", "1e3", "1_000", "\"7\"", "yes"}) {
    const Loaded l = run.load("seed: " + std::string(text) + "\n" + base + no_instances);
    INFO(text);
    REQUIRE(l.problems.size() == 1);
    CHECK(l.problems[0].code == "CONFIG_TYPE");
  }
}

TEST_CASE("two instances cannot have one id, and a kind must be known") {
  RunFile run;
  const Loaded l = run.load(base +
                            "instances:\n"
                            "  - {id: a, kind: feed, plugin: p}\n"
                            "  - {id: a, kind: sgnal, plugin: p}\n");
  INFO(all_text(l));
  REQUIRE(l.problems.size() == 2);
  REQUIRE(about(l, "instances[1].id") != nullptr);
  REQUIRE(about(l, "instances[1].kind") != nullptr);
  CHECK(about(l, "instances[1].kind")->message.find("did you mean signal?") != std::string::npos);
}

TEST_CASE("where one kind alone is wanted, params and secrets of others are neither read nor checked") {
  RunFile run;
  const std::string two = base +
                          "instances:\n  - {id: a, kind: signal, plugin: p, params: {no_such: 1, key: secret://NOT_THERE}}\n"
                          "  - {id: b, kind: broker, plugin: q, params: {cash: 1}}\n";
  CHECK(run.load(two).problems.size() >= 3);
  run.only_kind = "broker";
  const Loaded alone = run.load(two);
  REQUIRE(alone.problems.size() == 1);
  CHECK(alone.problems[0].path == "instances[1].params.cash");
}

TEST_CASE("a name the environment lacks is a problem where it stands") {
  RunFile run;
  const std::string yaml = "log: {file: \"${WHERE}/run.log\"}\n" + base + no_instances;
  const Loaded without = run.load(yaml);
  REQUIRE(without.problems.size() == 1);
  CHECK(without.problems[0].code == "CONFIG_ENV_MISSING");
  CHECK(without.problems[0].line == 1);
  CHECK(without.problems[0].column == 13);
  run.env["WHERE"] = "/logs";
  const Loaded with = run.load(yaml);
  REQUIRE(with.problems.empty());
  CHECK(with.config.log.file == "/logs/run.log");
}

TEST_CASE("rule 6: TRADING_MODE may make a run safer, never riskier") {
  RunFile run;
  run.env["TRADING_MODE"] = "mock";
  const Loaded safer = run.load("mode: live\n" + base + no_instances);
  CHECK(safer.problems.empty());
  CHECK(safer.config.mode == "mock");
  run.env["TRADING_MODE"] = "live";
  const Loaded riskier = run.load("mode: mock\n" + base + no_instances);
  REQUIRE(riskier.problems.size() == 1);
  CHECK(riskier.problems[0].code == "CONFIG_MODE");
  CHECK(riskier.live_guard);
  CHECK(riskier.config.mode == "mock");
}

TEST_CASE("a file that is not there, a folder, and text that is not YAML are problems, not exceptions") {
  RunFile run;
  CHECK(load(run.folder() / "none.yaml", {}).problems.at(0).code == "CONFIG_UNREADABLE");
  CHECK(load(run.folder(), {}).problems.at(0).code == "CONFIG_UNREADABLE");
  const Loaded l = run.load("seed: [1\n");
  REQUIRE(l.problems.size() == 1);
  CHECK(l.problems[0].code == "CONFIG_SYNTAX");
}

TEST_CASE("a second document is a problem, not left out") {
  RunFile run;
  const Loaded l = run.load(base + no_instances + "---\nseed: 5\n");
  REQUIRE(l.problems.size() == 1);
  CHECK(l.problems[0].code == "CONFIG_SYNTAX");
  CHECK(l.problems[0].line > 3);
  CHECK(run.load("---\n" + base + no_instances).problems.empty());
}

TEST_CASE("a file without keys is not a run") {
  RunFile run;
  for (const char* text : {"", "# nothing\n", "[1, 2]\n", "mock\n"}) {
    INFO(text);
    CHECK(run.load(text).problems.size() == 1);
  }
}

TEST_CASE("a key that holds the wrong shape, or nothing, does not fall back to its default unsaid") {
  RunFile run;
  for (const char* text : {"bridge: 5%", "bridge: [1]", "execution: {floor: off}", "execution: {floor: {max_total: }}", "seed:"}) {
    const Loaded l = run.load(std::string(text) + "\n" + base + no_instances);
    INFO(text << "\n" << all_text(l));
    REQUIRE(l.problems.size() == 1);
    CHECK(l.problems[0].code == "CONFIG_TYPE");
    CHECK(l.problems[0].line == 1);
  }
}
