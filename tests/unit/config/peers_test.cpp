#include <catch2/catch.hpp>

#include "run_file.hpp"

using namespace bowline;
using namespace bowline::config;

namespace {
const std::string bridge_alone = "services: [signal-bridge]\n";
const std::string two_peers = "peers: {signal-generator: \"http://a:1\", trade-execution: \"http://b:2\"}\n";
}  // namespace

TEST_CASE("a process may be some of the services when it knows where the others are") {
  RunFile run;
  const Loaded l = run.load(bridge_alone + two_peers + base + no_instances);
  INFO(all_text(l));
  REQUIRE(l.problems.empty());
  CHECK(l.config.services == std::vector<std::string>{"signal-bridge"});
  CHECK(l.config.peers.at("trade-execution") == "http://b:2");
}

TEST_CASE("a peer that is needed and missing is a problem, and so is one that cannot be reached") {
  RunFile run;
  const Loaded none = run.load(bridge_alone + base + no_instances);
  REQUIRE(about(none, "peers.signal-generator") != nullptr);
  CHECK(about(none, "peers.signal-generator")->code == "CONFIG_PEER_MISSING");
  CHECK(about(none, "peers.trade-execution") != nullptr);
  CHECK(about(none, "peers.portfolio-rebalancer") == nullptr);  // nothing of this file plans
  for (const char* url : {"b:2", "http://b", "https://b:2", "http://b:0", "http://:2"}) {
    const Loaded bad = run.load("peers: {trade-execution: \"" + std::string(url) + "\"}\n" + base + no_instances);
    CAPTURE(url);
    REQUIRE(about(bad, "peers.trade-execution") != nullptr);
    CHECK(about(bad, "peers.trade-execution")->code == "CONFIG_VALUE");
  }
}

TEST_CASE("services in several processes need their ports") {
  RunFile run;
  const Loaded deaf = run.load(bridge_alone + two_peers + "listen: {enabled: off}\n" + base + no_instances);
  REQUIRE(about(deaf, "listen.enabled") != nullptr);
  CHECK(about(deaf, "listen.enabled")->code == "CONFIG_PEER_DEAF");
  const Loaded open = run.load("services: [signal-bridge, portfolio-rebalancer]\n" + two_peers +
                               "listen: {ports: {signal-bridge: 0}}\n" + base + no_instances);
  CHECK(about(open, "listen.ports.signal-bridge") != nullptr);
  CHECK(run.load("services: []\n" + base + no_instances).problems.size() == 1);
}
