// bowline.http/1 and bowline.ws/1 as a broker plugin has them: asked on the lane, answered on the lane.
#include "services/runtime/plugin_network.hpp"

#include <fstream>

#include "observe/log.hpp"
#include "services/runtime/run.hpp"
#include "services/runtime/timed_net.hpp"
#include "services/stand_in/venue_line.hpp"
#include "unit/edge/tls_peer.hpp"
#include "unit/runtime/configured.hpp"

using namespace bowline;
using namespace bowline::test;
using edge_test::Authority;
using edge_test::Peer;
using edge_test::TlsServer;
using Network = config::RunConfig::Plugins::Network;

namespace {

/// Replies to each request, when `go` says so.
void answer(Peer& p, int) {
  for (std::string q; !(q = p.request()).empty();) p.reply("ok", {}, q.find("/cancel") != q.npos ? "202 Accepted" : "200 OK");
}

struct Heard {
  std::uint16_t type;
  std::uint64_t request;
  std::int64_t value;
  bool operator==(const Heard&) const = default;
  friend std::ostream& operator<<(std::ostream& to, const Heard& h) { return to << h.type << "/" << h.request << "/" << h.value; }
};

struct Venue {
  Folder folder;
  Market m;
  services::RunFacts facts;
  services::EventInbox inbox;
  std::atomic<bool> gate{false};
  std::atomic<int> rung{0};
  std::optional<services::InstanceServices> host;
  std::unique_ptr<loader::BrokerInstance> instance;
  std::optional<services::BrokerAdapter> broker;

  Venue(const TlsServer& server, const Authority& ca, nlohmann::json params = nlohmann::json::object(), std::uint32_t networked = 3) {
    Network n;
    n.ca_file = ca.file();
    facts.instruments = &m.table;
    facts.wall_ns = [] { return 0; };
    facts.network = services::network_maker(n, {});
    host.emplace("venue", facts, false);
    host->inbox = &inbox;
    host->networked = networked;
    nlohmann::json all = {{"url", server.url("")}, {"ws", "wss" + server.url("/ws").substr(5)}, {"per_hour", 0}, {"early", false}, {"late", false}, {"asks", true}};
    all.update(params);
    instance = plugin_instance<loader::BrokerInstance>(NET_BROKER, "test.broker.net", all, *host, folder.path());
    broker.emplace(*instance, inbox, gate);
    broker->listen(host->net());
    if (host->net() == nullptr) return;
    host->net()->budget(*loader::venue_rates(*instance));
    host->net()->on_arrival([this] { ++rung; });
  }
  ~Venue() {
    if (host->net() != nullptr) host->net()->on_arrival({});
  }
  Result<void> query(std::uint64_t request, std::uint32_t scope = 1) {
    bl_query q{};
    q.size = sizeof q;
    q.scope = scope;
    q.request = request;
    return broker->query(q);
  }
  /// What the plugin said, once it has said so much.
  std::vector<Heard> hear(std::size_t n) {
    std::vector<Heard> all;
    for (int i = 0; i < 400 && all.size() < n; ++i) {
      host->net()->wait(std::chrono::milliseconds(25));
      while (broker->hear({})) {
      }
      inbox.drain([&](const bl_event& e) {
        if (e.type == BL_EV_DONE) {
          const auto& d = reinterpret_cast<const bl_done&>(e);
          all.push_back({e.type, d.request, d.status});
        } else {
          const auto& b = reinterpret_cast<const bl_balance_ev&>(e);
          CHECK(e.flags == 4);  // the core records none of what it was made of
          CHECK(e.source == 3);
          CHECK(e.ts_recv > 1'600'000'000'000'000'000);
          all.push_back({e.type, e.seq, static_cast<std::int64_t>(Decimal::from_raw(b.total).to_double())});
        }
      });
    }
    return all;
  }
};

constexpr std::uint16_t done = BL_EV_DONE, balance = BL_EV_BALANCE;

}  // namespace

TEST_CASE("a request is answered on the lane, with its number, in the order of arrival") {
  Authority ca;
  TlsServer server(ca.issue(), answer);
  Venue v(server, ca);
  REQUIRE(v.instance->start().ok());
  REQUIRE(v.query(7));
  CHECK(v.hear(2) == std::vector<Heard>{{balance, 1, 200}, {done, 7, BL_OK}});
  REQUIRE(v.broker->cancel({}));
  CHECK(v.hear(2) == std::vector<Heard>{{balance, 2, 202}, {done, 2'000'000, BL_OK}});
  CHECK(v.rung.load() >= 1);
  CHECK(v.host->net()->outstanding() == 0);
}

TEST_CASE("what cannot be asked is refused with a code, and nothing comes of it") {
  Authority ca;
  TlsServer server(ca.issue(), answer);
  Venue v(server, ca, {{"url", "http://example.com"}});
  REQUIRE(v.instance->start().ok());
  const auto refused = v.query(7);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().message.find("EDGE_BAD_URL") != std::string::npos);
  CHECK(v.host->net()->outstanding() == 0);
}

TEST_CASE("what is handed over in configure waits for the budget, and its answer for the start") {
  Authority ca;
  TlsServer server(ca.issue(), answer);
  Venue v(server, ca, {{"early", true}});
  for (int i = 0; i < 400 && !v.host->net()->some(); ++i) v.host->net()->wait(std::chrono::milliseconds(25));
  REQUIRE(v.host->net()->some());
  CHECK_FALSE(v.broker->hear({}));
  REQUIRE(v.instance->start().ok());
  CHECK(v.broker->wants_wake());
  CHECK(v.hear(2) == std::vector<Heard>{{balance, 1, 200}, {done, 1'000'000, BL_OK}});
}

TEST_CASE("the plugin's own rates are kept to, with a share for cancels") {
  Authority ca;
  TlsServer server(ca.issue(), answer);
  Venue v(server, ca, {{"per_hour", 5}});
  REQUIRE(v.instance->start().ok());
  for (std::uint64_t i = 1; i <= 6; ++i) REQUIRE(v.query(i));
  CHECK(v.hear(8).size() == 8);  // four of five
  REQUIRE(v.broker->cancel({}));
  CHECK(v.hear(2).back() == Heard{done, 2'000'000, BL_OK});
  CHECK(v.host->net()->outstanding() == 2);
}

TEST_CASE("at the end each request that is out is answered on the lane, and says whether it was sent") {
  Authority ca;
  std::atomic<int> got{0};
  TlsServer server(ca.issue(), [&](Peer& p, int) {
    while (!p.request().empty()) ++got;
  });
  Venue v(server, ca, {{"per_hour", 5}});
  REQUIRE(v.instance->start().ok());
  for (std::uint64_t i = 1; i <= 6; ++i) REQUIRE(v.query(i));
  for (int i = 0; i < 2000 && got.load() < 4; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  REQUIRE(got.load() == 4);
  v.host->net()->close();
  CHECK(v.host->net()->outstanding() == 6);  // until the plugin has heard of them
  std::map<std::int64_t, int> endings;
  for (const Heard& h : v.hear(12))
    if (h.type == done) ++endings[h.value];
  CHECK(endings == std::map<std::int64_t, int>{{BL_E_UNKNOWN_OUTCOME, 4}, {BL_E_IO, 2}});
  CHECK(v.host->net()->outstanding() == 0);
  const auto refused = v.query(9);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().message.find("EDGE_CLOSED") != std::string::npos);
}

TEST_CASE("a WebSocket that is refused is told on the lane to be closed") {
  Authority ca;
  TlsServer server(ca.issue(), [](Peer& p, int) {
    p.request();
    p.reply("no WebSocket here", {}, "404 Not Found");
  });
  Venue v(server, ca);
  REQUIRE(v.instance->start().ok());
  REQUIRE(v.query(5, 256));
  CHECK(v.hear(1) == std::vector<Heard>{{balance, 1, 3}});
}

TEST_CASE("who does not ask for the network has none, and nobody has where it is not offered") {
  Authority ca;
  TlsServer server(ca.issue(), answer);
  Venue v(server, ca, {{"asks", false}});
  CHECK(v.host->net() == nullptr);
  CHECK_FALSE(v.broker->hear({}));
  services::InstanceServices closed("other", v.facts, false);
  CHECK_FALSE(closed.offers(loader::Service::Http));
  CHECK_FALSE(closed.offers(loader::Service::Ws));
  CHECK(closed.ws_send(1, "x") == BL_E_UNSUPPORTED);
}

TEST_CASE("a run waits for a venue that answers over the network, and ends with every answer heard") {
  Authority ca;
  std::atomic<int> queries{0};
  TlsServer server(ca.issue(), [&](Peer& p, int) {
    for (std::string q; !(q = p.request()).empty();) {
      ++queries;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      p.reply("ok");
    }
  });
  Folder folder;
  const std::filesystem::path plugins = folder.path() / "plugins";
  std::filesystem::create_directory(plugins);
  for (const char* file : {SCRIPT_FEED, NET_BROKER}) std::filesystem::copy_file(file, plugins / std::filesystem::path(file).filename());
  for (const char* file : {"libsignal_ema_cross.so"}) std::filesystem::copy_file(std::filesystem::path(PLUGINS) / file, plugins / file);
  const std::string yaml =
      "mode: mock\nseed: 7\ninterval: 5m\njournal: memory\nstore: {transactions: none, prices: none}\nlisten: {enabled: off}\n"
      "instruments: [BTC-USD]\nplugins:\n  path: [" + plugins.string() + "]\n  network: {ca_file: " + ca.file() + "}\n"
      "instances:\n  - {id: market, kind: feed, plugin: test.feed.script, params: {script: \"bar 1 300 300 10000\\nbar 1 600 600 10000\\n\"}}\n"
      "  - {id: cross, kind: signal, plugin: bowline.signal.ema_cross, params: {fast: 3, slow: 8}}\n"
      "  - {id: venue, kind: broker, plugin: test.broker.net, params: {url: \"" + server.url("") + "\"}}\n";
  services::RunOptions o;
  o.var = folder.path() / "var";
  auto made = services::Run::make(configured(folder, yaml), std::move(o));
  if (!made) FAIL(made.error().message);
  const auto summary = (*made)->execute();
  INFO(summary.error.code << ": " << summary.error.message);
  CHECK(summary.error.code.empty());
  CHECK(summary.steps == 2);
  CHECK(summary.equity == Decimal::from_mantissa(200, 0));  // what the venue answered
  CHECK(queries.load() >= 1);
}

TEST_CASE("rule 3.7: a venue alone is heard, whether its plugin looks for the network when it is configured or when it starts; its requests are timed") {
  Authority ca;
  TlsServer server(ca.issue(), answer);
  for (const bool late : {false, true}) {
    INFO(late);
    Folder folder;
    Market m;
    config::RunConfig c;
    c.plugins.path = {std::filesystem::path(NET_BROKER).parent_path()};
    c.plugins.network.ca_file = ca.file();
    config::InstanceConfig& i = c.instances.emplace_back();
    i.id = "venue";
    i.kind = "broker";
    i.plugin = "test.broker.net";
    i.params_json = nlohmann::json{{"url", server.url("")}, {"ws", ""}, {"per_hour", 9}, {"early", false}, {"late", late}, {"asks", true}}.dump();
    const auto wall = [] { return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count(); };
    const auto times = std::make_shared<services::NetTimes>();
    services::VenueLine::Options o;
    o.var = folder.path();
    o.wall_ns = wall;
    o.network = services::timed_network(services::network_maker(c.plugins.network, wall), times, wall);
    auto line = services::VenueLine::make(c, m.table, std::move(o));
    REQUIRE(line);
    REQUIRE((*line)->start(wall()));
    REQUIRE((*line)->rates());
    CHECK((*line)->rates()->classes.at(0).per_hour == 9);
    CHECK((*line)->standing().error().code == "PLUGIN_EXTENSION_MISSING");
    CHECK((*line)->plugin_sha256().size() == 64);
    bl_query q{};
    q.size = sizeof q;
    q.scope = 1;
    q.request = 7;
    REQUIRE((*line)->broker().query(q));
    bool answered = false;
    for (int n = 0; n < 400 && !answered; ++n) {
      (*line)->wait(std::chrono::milliseconds(25));
      (*line)->turn(wall(), [&](const bl_event& e) { answered = answered || (e.type == BL_EV_DONE && reinterpret_cast<const bl_done&>(e).status == BL_OK); });
    }
    CHECK(answered);
    CHECK(times->round_trips().size() == 1);
    CHECK(times->failed() == 0);
    CHECK((*line)->fault().code.empty());
  }
}
