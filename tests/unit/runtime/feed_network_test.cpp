// Feeds that are handed what the network and the clock answer them (ABI 1.2): their reader thread, and a run with one.
#include <fstream>
#include <thread>

#include "services/runtime/feed_reader.hpp"
#include "services/runtime/instances.hpp"
#include "services/runtime/plugin_network.hpp"
#include "services/runtime/run.hpp"
#include "services/runtime/run_health.hpp"
#include "unit/edge/tls_peer.hpp"
#include "unit/runtime/configured.hpp"

using namespace bowline;
using namespace bowline::test;
using edge_test::Authority;
using edge_test::Peer;
using edge_test::TlsServer;
using services::FeedReader;
using Front = FeedReader::Front;

namespace {

std::int64_t system_now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

struct Feed {
  Folder folder;
  Market m;
  services::RunFacts facts;
  services::EventInbox inbox{10'000};
  std::atomic<int> woken{0};
  std::optional<services::InstanceServices> host;
  std::unique_ptr<loader::FeedInstance> instance;
  std::optional<FeedReader> reader;

  Feed(const TlsServer& server, const Authority& ca, nlohmann::json params = nlohmann::json::object()) {
    config::RunConfig::Plugins::Network n;
    n.ca_file = ca.file();
    facts.instruments = &m.table;
    facts.wall_ns = system_now;
    facts.network = services::network_maker(n, {});
    host.emplace("market", facts, true);
    host->inbox = &inbox;
    host->networked = 4;
    nlohmann::json all = {{"url", server.url("")}, {"ws", ""}, {"trace", ""}, {"per_hour", 0}};
    all.update(params);
    instance = plugin_instance<loader::FeedInstance>(NET_FEED, "test.feed.net", all, *host, folder.path());
    host->budget(*loader::venue_rates(*instance));
    reader.emplace(*instance, facts.wall_ns, [this] { ++woken; }, &*host);
    REQUIRE(instance->start().ok());
    const std::uint32_t both[] = {1, 2};
    REQUIRE(instance->subscribe(both, 1u << BL_EV_BAR).ok());
    reader->start();
  }
  ~Feed() { reader->stop(); }
  /// Closes of the bars and ts_recv of quotes, in seconds, until there are `n` of them or ten seconds are over.
  std::vector<std::int64_t> hear(std::size_t n) {
    std::vector<std::int64_t> all;
    for (int i = 0; i < 2000 && all.size() < n; ++i) {
      services::MarketEvent* e = nullptr;
      if (reader->front(e) != Front::event) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        continue;
      }
      all.push_back((e->h.type == BL_EV_BAR ? e->bar.close_ns : e->h.ts_recv) / second);
      known.push_back(e->h.ts_recv);
      reader->pop();
    }
    return all;
  }
  std::vector<std::int64_t> known;
};

/// Says the script to the first request, "" to the others.
auto plays(std::string script) {
  return [script = std::move(script)](Peer& p, int) {
    for (std::string q; !(q = p.request()).empty();) p.reply(q.find("/script") != q.npos ? script : "");
  };
}

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("what a feed makes of an answer reaches the core in the order it gave it, by sink and by publish alike") {
  Authority ca;
  std::string script;
  std::vector<std::int64_t> expected;
  for (std::int64_t i = 1; i <= 1500; ++i) {  // more than one batch holds
    script += "bar 1 " + std::to_string(i * 300) + " " + std::to_string(i * 300) + " 100\n";
    expected.push_back(i * 300);
  }
  TlsServer server(ca.issue(), plays(script));
  Feed f(server, ca);
  CHECK(f.hear(1500) == expected);
  CHECK(f.woken.load() >= 1);
  CHECK(f.reader->malformed() == 0);
  CHECK(f.facts.timers.load() == 0);  // a feed's timers are none of the core's
}

TEST_CASE("known times of what a feed hears do not go back, are no time in the future, and are now where it says none") {
  Authority ca;
  const std::int64_t began = system_now();
  TlsServer server(ca.issue(), plays("bar 1 300 2000 1\nbar 1 600 1000 1\nquote 1 2500\nbar 1 900 0 1\nbar 1 1200 -1 1\nbar 1 1500 3000 1\n"));
  Feed f(server, ca);
  CHECK(f.hear(6) == std::vector<std::int64_t>{300, 600, 2500, 900, 1200, 1500});
  REQUIRE(f.known.size() == 6);
  CHECK(f.known[0] == 2000 * second);
  CHECK(f.known[1] == 2000 * second);
  CHECK(f.known[3] >= began);
  CHECK(f.known[4] < began + 1800 * second);
  CHECK(f.known[5] == f.known[4]);
}

TEST_CASE("a feed's timers fire by the clock, and a wake is one call, on the thread that it is told everything on") {
  Authority ca;
  TlsServer server(ca.issue(), plays("timer 50\nwake\n"));
  Feed f(server, ca);
  CHECK(f.hear(2) == std::vector<std::int64_t>{8, 7});
}

TEST_CASE("raw trades stay out, and what a feed says of its link is seen by those who watch it") {
  Authority ca;
  TlsServer server(ca.issue(), plays("trade 1 10\nlink 2\nbar 1 300 300 1\nbar 1 600 600 1\n"));
  Feed f(server, ca);
  CHECK(f.hear(2).size() == 2);
  CHECK(f.reader->ignored() == 1);
  CHECK(f.reader->says_stale());
  CHECK(services::condition(*f.reader, system_now(), 3600 * second) == services::FeedCondition::stale);
  TlsServer other(ca.issue(), plays("link 0\nlink 1\nbar 1 300 300 1\n"));
  Feed g(other, ca);
  CHECK(g.hear(1).size() == 1);
  CHECK(services::condition(*g.reader, system_now(), 3600 * second) == services::FeedCondition::up);
}

TEST_CASE("an event that a feed cannot take ends it as a failed pull does, behind what it gave before") {
  Authority ca;
  TlsServer server(ca.issue(), plays("bar 1 300 300 1\nthrow\n"));
  Feed f(server, ca);
  services::MarketEvent* e = nullptr;
  CHECK(f.hear(1) == std::vector<std::int64_t>{300});
  for (int i = 0; i < 1000 && f.reader->front(e) == Front::nothing_yet; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  REQUIRE(f.reader->front(e) == Front::failed);
  CHECK(f.reader->error().code == "FEED_FAILED");
  CHECK(f.reader->error().message.find("on_event") != std::string::npos);
}

TEST_CASE("a feed's requests keep to its own rates, and at the end each one is answered before it is stopped") {
  Authority ca;
  std::atomic<int> got{0};
  TlsServer server(ca.issue(), [&got](Peer& p, int) {
    for (std::string q; !(q = p.request()).empty();)
      if (q.find("/script") != q.npos) p.reply("ask 6\n");
      else ++got;  // and never answers
  });
  Folder folder;
  const auto trace = folder.path() / "trace";
  {
    Feed f(server, ca, {{"trace", trace.string()}, {"per_hour", 5}});
    for (int i = 0; i < 1000 && got.load() < 3; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    CHECK(got.load() == 3);  // with the script four of five: a share is kept for what is urgent
    f.reader->stop();
    REQUIRE(f.instance->stop(second));
  }
  const std::string said = text_of(trace);
  std::size_t unsent = 0, unknown = 0;
  for (std::size_t at = 0; (at = said.find("http -8\n", at)) != said.npos; ++at) ++unsent;
  for (std::size_t at = 0; (at = said.find("http -10\n", at)) != said.npos; ++at) ++unknown;
  CHECK(said.starts_with("http 0\n"));
  CHECK(unsent == 3);
  CHECK(unknown == 3);
  CHECK(said.ends_with("stop\n"));
}

TEST_CASE("a WebSocket that a feed cannot open is told to it as closed") {
  Authority ca;
  TlsServer server(ca.issue(), [](Peer& p, int) {
    p.request();
    p.reply("no WebSocket here", {}, "404 Not Found");
  });
  Folder folder;
  const auto trace = folder.path() / "trace";
  Feed f(server, ca, {{"url", ""}, {"ws", "wss" + server.url("/ws").substr(5)}, {"trace", trace.string()}});
  for (int i = 0; i < 1000 && text_of(trace).empty(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  CHECK(text_of(trace) == "closed\n");
}

TEST_CASE("bowline.publish/1 says to wait when the core is far behind, and loses nothing of what it took") {
  services::RunFacts facts;
  services::EventInbox inbox{2};
  services::InstanceServices host("market", facts, true);
  host.inbox = &inbox;
  bl_bar b{};
  b.h.size = sizeof b;
  b.h.type = BL_EV_BAR;
  CHECK(host.publish(b.h) == BL_OK);
  CHECK(host.publish(b.h) == BL_OK);
  CHECK(host.publish(b.h) == BL_E_AGAIN);
  int n = 0;
  inbox.drain([&n](const bl_event&) { ++n; });
  CHECK(n == 2);
  CHECK(host.publish(b.h) == BL_OK);
}

TEST_CASE("a feed that is neither pulled nor handed events is refused") {
  Folder folder;
  loader::TrustPolicy trust;
  trust.var = folder.path();
  auto mute = loader::load_plugin_file(MUTE_FEED_FILE, trust);
  REQUIRE(mute.ok());
  CHECK(services::fits_host(**mute, "test.feed.net", loader::Kind::Feed, "mock").error().code == "RUN_FEED_PUSHED");
  auto net = loader::load_plugin_file(NET_FEED, trust);
  REQUIRE(net.ok());
  CHECK(services::fits_host(**net, "test.feed.net", loader::Kind::Feed, "mock").ok());
}

TEST_CASE("a run takes its bars from the network, acts on them in their steps, and ends when it is told to") {
  Authority ca;
  TlsServer server(ca.issue(), plays("bar 1 300 300 10000\nbar 1 600 600 10000\nbar 1 900 900 10000\n"));
  Folder folder;
  const std::filesystem::path plugins = folder.path() / "plugins";
  std::filesystem::create_directory(plugins);
  std::filesystem::copy_file(NET_FEED, plugins / "net_feed.so");
  for (const char* file : {"libsignal_ema_cross.so", "libbroker_mock.so"}) std::filesystem::copy_file(std::filesystem::path(PLUGINS) / file, plugins / file);
  const auto trace = folder.path() / "trace";
  const std::string yaml =
      "mode: mock\nseed: 7\ninterval: 5m\njournal: memory\nstore: {transactions: none, prices: none}\nlisten: {enabled: off}\n"
      "instruments: [BTC-USD]\nplugins:\n  path: [" + plugins.string() + "]\n  network: {ca_file: " + ca.file() + "}\n"
      "instances:\n  - {id: market, kind: feed, plugin: test.feed.net, params: {url: \"" + server.url("") + "\", trace: \"" + trace.string() + "\"}}\n"
      "  - {id: cross, kind: signal, plugin: bowline.signal.ema_cross, params: {fast: 3, slow: 8}}\n"
      "  - {id: venue, kind: broker, plugin: bowline.broker.mock, params: {cash: {USD: \"10000\"}, state: memory}}\n";
  services::RunOptions o;
  o.var = folder.path() / "var";
  auto made = services::Run::make(configured(folder, yaml), std::move(o));
  if (!made) FAIL(made.error().message);
  services::Run& run = **made;
  std::thread ender([&run] {
    for (int i = 0; i < 2000 && run.loop().steps() < 3; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    run.stop();
  });
  const auto summary = run.execute();
  ender.join();
  INFO(summary.error.code << ": " << summary.error.message);
  CHECK(summary.error.code.empty());
  CHECK(summary.end == services::RunEnd::stopped);
  CHECK(summary.steps == 3);
  CHECK(summary.bars == 3);
  CHECK(text_of(trace) == "http 0\nstop\n");
}
