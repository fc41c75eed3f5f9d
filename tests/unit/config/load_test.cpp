#include <catch2/catch.hpp>

#include "config/reference.hpp"
#include "config/secret.hpp"
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

TEST_CASE("rule 5.8: fees that are not stated are the worst tier: taker 1.2 %, maker 0.6 %") {
  RunFile run;
  const Loaded l = run.load(base + no_instances);
  REQUIRE(l.config.instruments.size() == 1);
  CHECK(l.config.instruments[0].taker_fee == *Decimal::try_parse("0.012"));
  CHECK(l.config.instruments[0].maker_fee == *Decimal::try_parse("0.006"));
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

TEST_CASE("execution.ended_orders: of the orders that have ended the newest 20,000 are kept, or as many as is said, but not fewer than 100") {
  RunFile run;
  const auto kept = [&run](const std::string& text) { return run.load(text + base + no_instances); };
  CHECK(kept("").config.execution.ended_orders == 20'000);
  CHECK(kept("execution: {ended_orders: 100}\n").config.execution.ended_orders == 100);
  const Loaded few = kept("execution: {ended_orders: 99}\n");
  REQUIRE(few.problems.size() == 1);
  CHECK(few.problems[0].code == "CONFIG_RANGE");
}

TEST_CASE("the exit's collar is 1 %, 3 % and 8 %, or steps that widen; none of them is the market at once") {
  RunFile run;
  const auto collar = [&run](const std::string& text) {
    const Loaded l = run.load("execution: {exit: {collar: " + text + "}}\n" + base + no_instances);
    INFO(all_text(l));
    CHECK(l.problems.empty());
    std::string all;
    for (const Decimal& d : l.config.execution.exit.collar) all += d.to_string() + " ";
    return all;
  };
  CHECK(collar("[0.5%, 2%]") == "0.005 0.02 ");
  CHECK(collar("[]").empty());
  const Loaded standard = run.load(base + no_instances);
  CHECK(standard.config.execution.exit.collar.size() == 3);
  CHECK(standard.config.execution.stops.lock_bars == 12);
  for (const char* text : {"[3%, 1%]", "[1%, 1%]", "[0%]", "[100%]"}) {
    const Loaded l = run.load("execution: {exit: {collar: " + std::string(text) + "}}\n" + base + no_instances);
    INFO(text << "\n" << all_text(l));
    REQUIRE(l.problems.size() == 1);
    CHECK(l.problems[0].code == "CONFIG_RANGE");
  }
}

TEST_CASE("rule 4.1: 16 MiB are kept for exits unless another size is set, or none") {
  RunFile run;
  const auto load = [&run](const std::string& ballast) { return run.load("execution: {journal: {ballast: " + ballast + "}}\n" + base + no_instances); };
  CHECK(run.load(base + no_instances).config.execution.ballast_bytes == 16 * 1024 * 1024);
  CHECK(load("64KiB").config.execution.ballast_bytes == 65'536);
  CHECK(load("0").config.execution.ballast_bytes == 0);
  CHECK(load("0").problems.empty());
  CHECK(load("63KiB").problems.at(0).code == "CONFIG_RANGE");
  CHECK(load("2GiB").problems.at(0).code == "CONFIG_RANGE");
  CHECK(load("16MB").problems.at(0).code == "CONFIG_TYPE");
}

TEST_CASE("what the network of plugins keeps to is read, within its limits") {
  RunFile run;
  const auto load = [&run](const std::string& network) {
    return run.load("instruments: [BTC-USD]\nplugins: {path: [plugins], network: {" + network + "}}\n" + no_instances);
  };
  const Loaded l = load("ca_file: certs/venue.pem, timeout: 3s, connect_timeout: 1s, idle: 20s, ping: 5s, connections: 4, spare: 0, queue: 10, "
                        "max_reply: 1MiB, max_frame: 1GiB");
  INFO(all_text(l));
  CHECK(l.problems.empty());
  const auto& n = l.config.plugins.network;
  CHECK(n.ca_file.is_absolute());
  CHECK(n.ca_file.filename() == "venue.pem");
  CHECK(n.timeout_ns == 3'000'000'000);
  CHECK(n.connect_ns == 1'000'000'000);
  CHECK(n.idle_ns == 20'000'000'000);
  CHECK(n.ping_ns == 5'000'000'000);
  CHECK(n.connections == 4);
  CHECK(n.spare == 0);
  CHECK(n.queue == 10);
  CHECK(n.max_reply == 1024 * 1024);
  CHECK(n.max_frame == std::int64_t{1} << 30);
  const RunConfig::Plugins::Network standard;
  CHECK(load("").config.plugins.network == standard);
  CHECK(standard.max_frame == 64 * 1024 * 1024);
  for (const char* wrong : {"connections: 1", "connections: 65", "spare: 17", "queue: 0", "max_frame: 0", "max_frame: 5GiB", "max_reply: 63KiB", "timeout: 0s",
                            "ping: 1ms", "idle: 10ms"}) {
    INFO(wrong);
    REQUIRE(load(wrong).problems.size() == 1);
    CHECK(load(wrong).problems[0].code == "CONFIG_RANGE");
  }
  CHECK(load("max_frmae: 1MiB").problems.at(0).code == "CONFIG_KEY_UNKNOWN");
}

TEST_CASE("the host trips at 5 % of the day and 20 % of the peak, at what is set, or never") {
  RunFile run;
  const auto load = [&run](const std::string& trip) { return run.load("execution: {trip: {" + trip + "}}\n" + base + no_instances); };
  const Loaded standard = run.load(base + no_instances);
  CHECK(standard.config.execution.trip.daily_loss == *Decimal::try_parse("0.05"));
  CHECK(standard.config.execution.trip.drawdown == *Decimal::try_parse("0.2"));
  const Loaded l = load("daily_loss: 3%, drawdown: off");
  INFO(all_text(l));
  CHECK(l.problems.empty());
  CHECK(l.config.execution.trip.daily_loss == *Decimal::try_parse("0.03"));
  CHECK_FALSE(l.config.execution.trip.drawdown.is_set());
  CHECK(load("daily_loss: 0%").problems.at(0).code == "CONFIG_RANGE");
  CHECK(load("drawdown: on").problems.at(0).code == "CONFIG_TYPE");
}

TEST_CASE("rule 1.5: time is moved by the data unless it is real; then what happens once is kept in a file, by one process, and late bars are late") {
  RunFile run;
  const auto with = [&run](const std::string& more) { return run.load(more + base + no_instances); };
  CHECK(with("").config.time == "data");
  CHECK(with("").config.max_bar_delay_ns == 0);
  const Loaded real = with("time: real\ninterval: 1m\n");
  INFO(all_text(real));
  CHECK(real.problems.empty());
  CHECK(real.config.time == "real");
  CHECK(real.config.max_bar_delay_ns == 60'000'000'000);
  CHECK(real.config.execution.floor.max_mark_age_ns == 120'000'000'000);  // nothing is bought on the price of a feed that is mute
  CHECK(with("time: real\nexecution: {floor: {max_mark_age: 5s}}\n").config.execution.floor.max_mark_age_ns == 5'000'000'000);
  CHECK(with("time: real\nexecution: {floor: {max_mark_age: 0}}\n").config.execution.floor.max_mark_age_ns == 0);
  CHECK(with("interval: 1m\n").config.execution.floor.max_mark_age_ns == 0);
  CHECK(with("time: real\nmax_bar_delay: 5s\n").config.max_bar_delay_ns == 5'000'000'000);
  CHECK(about(with("time: wall\n"), "time") != nullptr);
  CHECK(about(with("time: real\njournal: memory\n"), "journal") != nullptr);
  CHECK(about(with("time: real\nservices: [signal-generator]\n"), "services") != nullptr);
  CHECK(about(with("mode: live\ntime: data\n"), "time") != nullptr);
  CHECK(with("mode: live\n").config.time == "real");
}

TEST_CASE("rule 4.4: what is heard is recorded exactly where time is real, unless it is told not to") {
  RunFile run;
  const auto with = [&run](const std::string& more) { return run.load(more + base + no_instances); };
  CHECK_FALSE(with("").config.market_log.enabled);
  const RunConfig::MarketLog real = with("time: real\n").config.market_log;
  CHECK(real.enabled);
  CHECK(real.keep_ns == 30 * std::int64_t{86'400'000'000'000});
  CHECK(real.keep_bytes == std::int64_t{4} << 30);
  CHECK_FALSE(with("time: real\nmarket_log: {enabled: off}\n").config.market_log.enabled);
  const RunConfig::MarketLog said = with("time: real\nmarket_log: {keep: 0, keep_size: 1MiB}\n").config.market_log;
  CHECK(said.keep_ns == 0);
  CHECK(said.keep_bytes == 1024 * 1024);
  CHECK(with("market_log: {enabled: off, keep: 1d}\n").problems.empty());
  CHECK(about(with("market_log: {enabled: on}\n"), "market_log.enabled") != nullptr);
  CHECK(about(with("time: real\nmarket_log: {keep: soon}\n"), "market_log.keep") != nullptr);
  CHECK(about(with("time: real\nmarket_log: {keep_size: 10}\n"), "market_log.keep_size") != nullptr);
  CHECK(about(with("time: real\nmarket_log: {keep_size: 1KiB}\n"), "market_log.keep_size") != nullptr);
  CHECK(about(with("time: real\nmarket_log: {size: 1MiB}\n"), "market_log.size") != nullptr);
}

TEST_CASE("the venue is asked at periods where the journal is a file, and where they are set") {
  constexpr std::int64_t second = 1'000'000'000;
  RunFile run;
  const auto periods = [&run](const std::string& text) {
    const Loaded l = run.load(text + base + no_instances);
    INFO(all_text(l));
    CHECK(l.problems.empty());
    CHECK(l.config.execution.reconcile.in_flight_every_ns == (text.find("in_flight_every: 7s") == std::string::npos ? 2 * second : 7 * second));
    return std::pair(l.config.execution.reconcile.orders_every_ns, l.config.execution.reconcile.balances_every_ns);
  };
  CHECK(periods("") == std::pair(60 * second, 300 * second));
  CHECK(periods("journal: memory\n") == std::pair(0 * second, 0 * second));
  CHECK(periods("journal: memory\nexecution: {reconcile: {orders_every: 10s}}\n") == std::pair(10 * second, 0 * second));
  CHECK(periods("execution: {reconcile: {orders_every: 0, balances_every: 1h}}\n") == std::pair(0 * second, 3600 * second));
  CHECK(periods("execution: {reconcile: {in_flight_every: 7s}}\n") == std::pair(60 * second, 300 * second));
}

TEST_CASE("a drift band has both its ends, in their order, or is off") {
  RunFile run;
  const auto load = [&run](const std::string& drift) { return run.load("execution: {drift: {" + drift + "}}\n" + base + no_instances); };
  const Loaded l = load("position_cap: 5%, position_above: 6%");
  INFO(all_text(l));
  CHECK(l.problems.empty());
  CHECK(l.config.execution.drift.position_above == *Decimal::try_parse("0.06"));
  CHECK_FALSE(l.config.execution.drift.exposure_cap.is_set());
  CHECK(load("exposure_cap: 80%, exposure_above: 70%").problems.at(0).code == "CONFIG_RANGE");
  CHECK(load("exposure_cap: 80%").problems.at(0).code == "CONFIG_KEY_MISSING");
}

TEST_CASE("a folder is not a secret") {
  RunFile run;
  run.env["BOWLINE_SECRETS"] = run.folder().string();
  std::filesystem::create_directory(run.folder() / "token");
  const auto found = find_secret("secret://token", run.environment());
  REQUIRE_FALSE(found.ok());
  CHECK(found.error().code == "SECRET_MISSING");
}

TEST_CASE("a secret stays a reference, and must be there") {
  RunFile run;
  run.schema = R"({"type":"object","additionalProperties":false,"properties":{"key":{"type":"string"}}})";
  const Loaded without = run.load_params("{key: \"secret://api-key\"}");
  REQUIRE(without.problems.size() == 1);
  CHECK(without.problems[0].path == "instances[0].params.key");
  run.env["BOWLINE_SECRET_API_KEY"] = "hunter2";
  const Loaded with = run.load_params("{key: \"secret://api-key\"}");
  INFO(all_text(with));
  REQUIRE(with.problems.empty());
  CHECK(with.config.instances.at(0).params_json == R"({"key":"secret://api-key"})");
}

TEST_CASE("a secret's file goes before the environment, without its line feed; names cannot leave the folder") {
  RunFile run;
  run.env["BOWLINE_SECRETS"] = run.folder().string();
  run.env["BOWLINE_SECRET_TOKEN"] = "from the environment";
  std::ofstream(run.folder() / "token") << "from the file\n";
  const auto found = find_secret("secret://token", run.environment());
  REQUIRE(found.ok());
  CHECK(found->reveal() == "from the file");
  for (const char* name : {"secret://../token", "secret:///etc/passwd", "secret://", "secret://a b"}) {
    INFO(name);
    const auto refused = find_secret(name, run.environment());
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == "SECRET_NAME");
  }
}

TEST_CASE("the reference page has a row for every key that the check knows") {
  const std::string page = reference_markdown();
  for (const Key& k : keys()) {
    if (k.path.ends_with("[]") || k.path.ends_with("{}")) continue;
    INFO(k.path);
    CHECK(page.find("| `" + std::string(k.path) + "` |") != std::string::npos);
    CHECK_FALSE(k.meaning.empty());
  }
}

namespace {
/// A file in which the key of this path has this text, and everything else is left out.
std::string with_key(std::string_view path, std::string_view text) {
  constexpr std::string_view in_instrument = "instruments[].", in_instance = "instances[].";
  std::string instrument = "{symbol: BTC-USD", instance = "{id: a, kind: signal, plugin: p", rest;
  const std::string value = text.empty() ? "\"\"" : std::string(text);
  if (path.starts_with(in_instrument)) {
    instrument += ", " + std::string(path.substr(in_instrument.size())) + ": " + value;
  } else if (path.starts_with(in_instance)) {
    instance += ", " + std::string(path.substr(in_instance.size())) + ": " + value;
  } else {
    std::string close;
    for (std::size_t dot; (dot = path.find('.')) != path.npos; path.remove_prefix(dot + 1), close += "}")
      rest += (rest.empty() ? "" : "{") + std::string(path.substr(0, dot)) + ": ";
    rest += (close.empty() ? "" : "{") + std::string(path) + ": " + value + close + "\n";
  }
  return "instruments: [" + instrument + "}]\nplugins: {path: [plugins]" +
         (rest.starts_with("plugins: {") ? ", " + rest.substr(10, rest.size() - 11) : "}") + "\ninstances: [" + instance + "}]\n" +
         (rest.starts_with("plugins: {") ? "" : rest);
}
}  // namespace

TEST_CASE("each default that the reference page shows is the one that is used") {
  RunFile run;
  const Loaded left_out = run.load(with_key("mode", "mock"));
  INFO(all_text(left_out));
  REQUIRE(left_out.problems.empty());
  int held = 0;
  for (const Key& k : keys()) {
    // A map has no default of its own, "none" and "all four" are words for a key that is left out.
    if (k.type == "map" || k.type == "list" || k.standard == "required" || k.standard == "none" || k.path.ends_with("[]") ||
        k.path.find("{}") != k.path.npos || k.path.starts_with("peers.") || (k.standard.empty() && k.type != "text"))
      continue;
    const std::string yaml = with_key(k.path, k.standard);
    INFO(yaml);
    const Loaded stated = run.load(yaml);
    INFO(all_text(stated));
    REQUIRE(stated.problems.empty());
    CHECK(stated.config == left_out.config);
    ++held;
  }
  CHECK(held > 35);
  CHECK_FALSE(run.load(with_key("bridge.max_position", "6%")).config == left_out.config);
  CHECK_FALSE(run.load(with_key("instruments[].px_step", "0.1")).config == left_out.config);
}

TEST_CASE("instruments of two quote assets are refused: their amounts would be one sum") {
  RunFile run;
  const Loaded l = run.load(
      "instruments: [BTC-USD, ETH-USD, {symbol: SOL-EUR}]\n"
      "plugins: {path: [plugins]}\n" +
      no_instances);
  INFO(all_text(l));
  REQUIRE(l.problems.size() == 1);
  CHECK(l.problems[0].code == "CONFIG_QUOTE_MIXED");
  CHECK(l.problems[0].path == "instruments[2]");
  CHECK(l.problems[0].line == 1);
  CHECK(l.problems[0].column == 33);
  CHECK(l.problems[0].message.find("SOL-EUR is not quoted in USD as BTC-USD is") == 0);
}

TEST_CASE("rule 5.7: quotes of several assets go together where all but one are pegged to it") {
  RunFile run;
  const auto with = [&run](const std::string& instruments, const std::string& pegs) {
    return run.load("instruments: [" + instruments + "]\nportfolio: {pegs: {" + pegs + "}}\nplugins: {path: [plugins]}\n" + no_instances);
  };
  const Loaded l = with("ETH-USDC, BTC-USD, USDC-USD", "USDC: {to: USD}");
  INFO(all_text(l));
  REQUIRE(l.problems.empty());
  REQUIRE(l.config.pegs.size() == 1);
  CHECK(l.config.pegs[0] == PegConfig{"USDC", "USD", *Decimal::try_parse("0.01"), false});
  CHECK(with("ETH-USDC, BTC-USD", "USDC: {to: USD, band: 0.5%, mark: par}").config.pegs.at(0) == PegConfig{"USDC", "USD", *Decimal::try_parse("0.005"), true});
  CHECK(with("ETH-USDC", "USDC: {to: USD, mark: par}").problems.empty());
  const auto code = [&](const std::string& instruments, const std::string& pegs) {
    const Loaded bad = with(instruments, pegs);
    INFO(all_text(bad));
    REQUIRE(bad.problems.size() == 1);
    return bad.problems[0].code + " at " + bad.problems[0].path;
  };
  const std::string usdc = "USDC: {to: USD, mark: par}";
  CHECK(code("BTC-USD, ETH-USDC, SOL-EUR", usdc) == "CONFIG_QUOTE_MIXED at instruments[2]");
  CHECK(code("SOL-EUR, ETH-USDC", usdc) == "CONFIG_QUOTE_MIXED at instruments[0]");
  CHECK(code("BTC-USD, ETH-USDC", "USDC: {to: USD}") == "CONFIG_PEG_MARK at portfolio.pegs.USDC.mark");
  CHECK(code("BTC-USD, BTC-USDC", usdc) == "CONFIG_BASE_SHARED at instruments[1]");
  CHECK(code("BTC-USD, ETH-USDC, USD-USDC", usdc) == "CONFIG_PEG_PRODUCT at instruments[2]");
  CHECK(code("BTC-USD", usdc) == "CONFIG_VALUE at portfolio.pegs.USDC");
  CHECK(code("BTC-USD, ETH-USDC", "USDC: {to: USD, mark: par, band: 11%}") == "CONFIG_RANGE at portfolio.pegs.USDC.band");
  CHECK(code("BTC-USD, ETH-USDC", "USDC: {to: USD, mark: guess}") == "CONFIG_VALUE at portfolio.pegs.USDC.mark");
  CHECK(code("BTC-USD, ETH-USDC", "USDC: {to: USD, mark: par, bnad: 1%}") == "CONFIG_KEY_UNKNOWN at portfolio.pegs.USDC.bnad");
}

TEST_CASE("rule 5.7: the data of an instrument may be told under another product of its base") {
  RunFile run;
  const auto with = [&run](const std::string& instruments, const std::string& pegs) {
    return run.load("instruments: [" + instruments + "]\n" + (pegs.empty() ? "" : "portfolio: {pegs: {" + pegs + "}}\n") + "plugins: {path: [plugins]}\n" + no_instances);
  };
  const std::string usdc = "USDC: {to: USD, mark: par}", btc = "{symbol: BTC-USDC, data_symbol: BTC-USD}";
  for (const std::string& pegs : {std::string(), usdc}) {
    const Loaded l = with(btc + ", ETH-USDC", pegs);
    INFO(all_text(l));
    REQUIRE(l.problems.empty());
    CHECK(l.config.instruments.at(0).symbol == "BTC-USDC");
    CHECK(l.config.instruments.at(0).data_symbol == "BTC-USD");
    CHECK(l.config.instruments.at(1).data_symbol.empty());
  }
  // Its own is nothing to be said.
  const Loaded own = with("{symbol: BTC-USDC, data_symbol: BTC-USDC}", "");
  CHECK(own.problems.empty());
  CHECK(own.config.instruments.at(0).data_symbol.empty());
  const auto codes = [&](const std::string& instruments, const std::string& pegs) {
    const Loaded bad = with(instruments, pegs);
    std::string all;
    for (const Problem& p : bad.problems) all += (all.empty() ? "" : ", ") + p.code + " at " + p.path;
    return all;
  };
  const auto one = [&](const std::string& data, const std::string& pegs) { return codes("{symbol: BTC-USDC, data_symbol: " + data + "}", pegs); };
  const std::string at = " at instruments[0].data_symbol";
  CHECK(one("ETH-USD", "") == "CONFIG_DATA_BASE" + at);
  CHECK(one("BT-USD", "") == "CONFIG_DATA_BASE" + at);
  CHECK(one("BTCX-USD", "") == "CONFIG_DATA_BASE" + at);
  for (const char* malformed : {"BTC", "BTC-", "-USD", "BTC-USD-PERP", "\"-\""}) CHECK(one(malformed, "") == "CONFIG_VALUE" + at);
  CHECK(one("[BTC-USD]", "") == "CONFIG_TYPE" + at);
  CHECK(one("BTC-EUR", "") == "");  // whether it is of one book is the venue's to say
  CHECK(one("BTC-EUR", usdc) == "CONFIG_DATA_QUOTE" + at);
  CHECK(one("BTC-BTC", "") == "CONFIG_DATA_QUOTE" + at);
  CHECK(codes("ETH-USDC, {symbol: USDC-USD, data_symbol: USDC-USDC}", "USDC: {to: USD}") == "CONFIG_DATA_QUOTE at instruments[1].data_symbol");
  CHECK(codes(btc + ", BTC-USD", usdc) == "CONFIG_DATA_SHARED" + at + ", CONFIG_BASE_SHARED at instruments[1]");
  CHECK(codes("{symbol: BTC-USDC, data_symbol: BTC-DAI}, {symbol: BTC-USD, data_symbol: BTC-DAI}", usdc + ", DAI: {to: USD, mark: par}").find("CONFIG_DATA_SHARED at instruments[1].data_symbol") !=
        std::string::npos);
  CHECK(codes("{symbol: BTC-USDC, data_symbols: BTC-USD}", "") == "CONFIG_KEY_UNKNOWN at instruments[0].data_symbols");
}

TEST_CASE("rule 5.7: a peg names the asset that it is to, which is the same of all and has none itself") {
  RunFile run;
  const auto says = [&run](const std::string& pegs, const std::string& code, const std::string& path) {
    const Loaded l = run.load("instruments: [BTC-USD, ETH-USDC, SOL-USDT]\nportfolio: {pegs: {" + pegs + "}}\nplugins: {path: [plugins]}\n" + no_instances);
    return std::any_of(l.problems.begin(), l.problems.end(), [&](const Problem& p) { return p.code == code && p.path == path; });
  };
  CHECK(says("USDC: {mark: par}", "CONFIG_KEY_MISSING", "portfolio.pegs.USDC.to"));
  CHECK(says("USDC: {to: USDC, mark: par}", "CONFIG_PEG_TO", "portfolio.pegs.USDC.to"));
  CHECK(says("USDC: {to: USD, mark: par}, USDT: {to: USDC, mark: par}", "CONFIG_PEG_TO", "portfolio.pegs.USDT.to"));
  CHECK(says("USDC: {to: USD, mark: par}, USDT: {to: EUR, mark: par}", "CONFIG_PEG_TO", "portfolio.pegs.USDT.to"));
  CHECK(says("USDC: USD", "CONFIG_TYPE", "portfolio.pegs.USDC"));
  CHECK(run.load("instruments: [BTC-USD, ETH-USDC, SOL-USDT]\nportfolio: {pegs: {USDC: {to: USD, mark: par}, USDT: {to: USD, mark: par}}}\nplugins: {path: [plugins]}\n" +
                 no_instances).problems.empty());
}

TEST_CASE("rule 5.6: what earns at the venue is an asset of an instrument, with the most that it may earn at once") {
  RunFile run;
  const auto with = [&run](const std::string& rewards) {
    return run.load("instruments: [BTC-USD, SOL-USD]\nportfolio: {rewards: {" + rewards + "}}\nplugins: {path: [plugins]}\n" + no_instances);
  };
  const Loaded l = with("SOL: {most: 0.1%}, USD: {most: 5bp}");
  INFO(all_text(l));
  REQUIRE(l.problems.empty());
  REQUIRE(l.config.rewards.size() == 2);
  CHECK(l.config.rewards[0] == RewardConfig{"SOL", *Decimal::try_parse("0.001")});
  CHECK(l.config.rewards[1] == RewardConfig{"USD", *Decimal::try_parse("0.0005")});
  CHECK(run.load("instruments: [BTC-USD]\nplugins: {path: [plugins]}\n" + no_instances).config.rewards.empty());
  const auto code = [&](const std::string& rewards) {
    const Loaded bad = with(rewards);
    INFO(all_text(bad));
    REQUIRE(bad.problems.size() == 1);
    return bad.problems[0].code + " at " + bad.problems[0].path;
  };
  CHECK(code("ETH: {most: 0.1%}") == "CONFIG_VALUE at portfolio.rewards.ETH");
  CHECK(code("SO: {most: 0.1%}") == "CONFIG_VALUE at portfolio.rewards.SO");
  CHECK(code("SOL-USD: {most: 0.1%}") == "CONFIG_VALUE at portfolio.rewards.SOL-USD");
  CHECK(code("SOL: {}") == "CONFIG_KEY_MISSING at portfolio.rewards.SOL.most");
  CHECK(code("SOL: {most: 11%}") == "CONFIG_RANGE at portfolio.rewards.SOL.most");
  CHECK(code("SOL: {most: 0}") == "CONFIG_RANGE at portfolio.rewards.SOL.most");
  CHECK(code("SOL: {most: -0.1%}") == "CONFIG_RANGE at portfolio.rewards.SOL.most");
  CHECK(code("SOL: {most: much}") == "CONFIG_TYPE at portfolio.rewards.SOL.most");
  CHECK(code("SOL: {most: [1%]}") == "CONFIG_TYPE at portfolio.rewards.SOL.most");
  CHECK(code("SOL: 0.1%") == "CONFIG_TYPE at portfolio.rewards.SOL");
  CHECK(code("SOL: {most: 0.1%, least: 1%}") == "CONFIG_KEY_UNKNOWN at portfolio.rewards.SOL.least");
}

TEST_CASE("what the services of a process cannot do without is asked for when it is to be run, and of no other service") {
  RunFile run;
  const std::string feed = "  - {id: f, kind: feed, plugin: p}\n", signal = "  - {id: s, kind: signal, plugin: p}\n",
                    venue = "  - {id: v, kind: broker, plugin: p}\n", second = "  - {id: w, kind: broker, plugin: p}\n";
  const auto codes = [&](const std::string& services, const std::string& list) {
    const Loaded l = run.load(services + base + (list.empty() ? no_instances : "instances:\n" + list));
    std::vector<std::string> out;
    for (const Problem& p : l.problems) {
      out.push_back(p.code);
      CHECK(p.path == "instances");
    }
    return out;
  };
  using Codes = std::vector<std::string>;
  CHECK(codes("", "") == Codes{});  // it is only read
  run.complete = true;
  CHECK(codes("", feed + signal + venue) == Codes{});
  CHECK(codes("", signal + venue) == Codes{"RUN_FEED_MISSING"});
  CHECK(codes("", feed + venue) == Codes{"RUN_SIGNAL_MISSING"});
  CHECK(codes("", feed + signal) == Codes{"RUN_BROKER_COUNT"});
  CHECK(codes("", feed + signal + venue + second) == Codes{"RUN_BROKER_COUNT"});
  CHECK(codes("", "") == Codes{"RUN_FEED_MISSING", "RUN_SIGNAL_MISSING", "RUN_BROKER_COUNT"});
  const std::string peers =
      "peers: {signal-generator: 'http://a:1', signal-bridge: 'http://a:2', trade-execution: 'http://a:3'}\n";
  CHECK(codes("services: [signal-bridge]\n" + peers, "") == Codes{});
  CHECK(codes("services: [signal-generator]\n" + peers, feed + signal) == Codes{});
  CHECK(codes("services: [signal-generator]\n" + peers, venue) == Codes{"RUN_FEED_MISSING", "RUN_SIGNAL_MISSING"});
  CHECK(codes("services: [trade-execution]\n" + peers, venue) == Codes{});
  CHECK(codes("services: [trade-execution]\n" + peers, feed + signal) == Codes{"RUN_BROKER_COUNT"});
}

TEST_CASE("what may be bought is a list of the run's instruments, allowed or denied, and not both") {
  RunFile run;
  const auto with = [&](const std::string& lists) { return run.load("execution: {" + lists + "}\n" + base + no_instances); };
  const Loaded good = with("allow: [BTC-USD]");
  INFO(all_text(good));
  REQUIRE(good.problems.empty());
  CHECK(good.config.execution.allow == std::vector<std::string>{"BTC-USD"});
  CHECK(good.config.execution.deny.empty());
  CHECK(with("deny: [BTC-USD]").config.execution.deny == std::vector<std::string>{"BTC-USD"});
  const Loaded unknown = with("deny: [BTC-UDS]");
  REQUIRE(unknown.problems.size() == 1);
  CHECK(unknown.problems[0].path == "execution.deny[0]");
  CHECK(unknown.problems[0].message.find("did you mean BTC-USD?") != std::string::npos);
  REQUIRE(with("allow: []").problems.size() == 1);  // it would deny everything, or nothing: nobody knows
  REQUIRE(with("allow: [BTC-USD], deny: [BTC-USD]").problems.size() == 1);
  REQUIRE(with("allow: BTC-USD").problems.size() == 1);
}
