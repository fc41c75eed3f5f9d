// What a run's file sets of execution, network, time and record, and that each default is the one on the reference page.
#include <catch2/catch.hpp>

#include "config/reference.hpp"
#include "run_file.hpp"

using namespace bowline;
using namespace bowline::config;

TEST_CASE("rule 5.8: fees that are not stated are the worst tier: taker 1.2 %, maker 0.6 %") {
  RunFile run;
  const Loaded l = run.load(base + no_instances);
  REQUIRE(l.config.instruments.size() == 1);
  CHECK(l.config.instruments[0].taker_fee == *Decimal::try_parse("0.012"));
  CHECK(l.config.instruments[0].maker_fee == *Decimal::try_parse("0.006"));
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
