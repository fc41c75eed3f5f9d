// A whole run of mode: live in this process (trading rules 6): a venue over TLS that asks for the network only when it starts, and does
// not answer at first. No order is made.
#include <atomic>
#include <chrono>

#include "services/runtime/run.hpp"
#include "services/runtime/selected_features.hpp"
#include "unit/edge/tls_peer.hpp"
#include "unit/runtime/configured.hpp"

using namespace bowline;
using namespace bowline::test;
using edge_test::Authority;
using edge_test::Peer;
using edge_test::TlsServer;
namespace fs = std::filesystem;

namespace {

constexpr const char* uuid = "1b4e28ba-2fa1-41d2-883f-0016d3cca427";

struct Live {
  Folder folder;
  Authority ca;
  std::atomic<int> queries{0};
  int unanswered;  ///< so many questions come to the venue and get no answer
  TlsServer server;
  std::string yaml;

  explicit Live(int unanswered_first)
      : unanswered(unanswered_first), server(ca.issue(), [this](Peer& p, int) {
          for (std::string q; !(q = p.request()).empty();) {
            const bool query = q.find("/query") != q.npos;
            if (query && ++queries <= unanswered) return;
            p.reply(query ? "ok" : "");
          }
        }) {
    const fs::path plugins = folder.path() / "plugins";
    fs::create_directory(plugins);
    for (const char* file : {NET_FEED, NET_VENUE}) fs::copy_file(file, plugins / fs::path(file).filename());
    for (const char* file : {"libsignal_ema_cross.so", "librisk_limits.so"}) fs::copy_file(fs::path(PLUGINS) / file, plugins / file);
    loader::TrustPolicy trust;
    trust.var = folder.path() / "hashed";
    std::string pins;
    for (const auto& file : fs::directory_iterator(plugins)) {
      const auto module = loader::load_plugin_file(file.path(), trust);
      REQUIRE(module.ok());
      pins += (pins.empty() ? "" : ", ") + file.path().filename().string() + ": " + std::string((*module)->sha256());
    }
    yaml = "mode: live\nconfirm_live: true\nallow_outside_kubernetes: true\nseed: 7\ninterval: 5m\nlisten: {enabled: off}\ninstruments: [BTC-USD]\n"
           "plugins:\n  path: [" + plugins.string() + "]\n  network: {ca_file: " + ca.file() + "}\n  pins: {" + pins + "}\n"
           "execution:\n  portfolio_uuid: " + uuid + "\n  ramp: {usd_per_day: 100, orders_per_day: 1}\n"
           "  floor: {max_order: 10, max_day: 10, max_total: 10}\n  stops: {owner: venue, unprotected_after: 1m}\n"
           "  drift: {position_cap: 5%, position_above: 6%, exposure_cap: 80%, exposure_above: 85%}\n"
           "instances:\n  - {id: market, kind: feed, plugin: test.feed.net, params: {url: \"" + server.url("") + "\"}}\n"
           "  - {id: cross, kind: signal, plugin: bowline.signal.ema_cross, params: {fast: 3, slow: 8}}\n"
           "  - {id: limits, kind: risk, plugin: bowline.risk.limits}\n"
           "  - {id: venue, kind: broker, plugin: test.broker.net, params: {url: \"" + server.url("") + "\", asks: false, late: true}}\n";
  }

  /// Runs it until it has begun; `seen` looks at it then.
  services::Summary run(const char* var, const std::function<void(services::Run&)>& seen = {}) {
    services::RunOptions o;
    o.live_facts.canary_passed = true;
    o.var = folder.path() / var;
    o.select = services::select_features;
    auto made = services::Run::make(configured(folder, yaml), std::move(o));
    if (!made) FAIL(made.error().code + ": " + made.error().message);
    return (*made)->execute([&] {
      if (seen) seen(**made);
      (*made)->stop();
    });
  }
  std::uint64_t epoch(const char* var) {
    auto journal = store::Journal::open(folder.path() / var / "journal.db", {"live", "test.broker.net", uuid});
    if (!journal) FAIL(journal.error().message);
    return (*journal)->epoch();
  }
};

}  // namespace

TEST_CASE("rule 6: a live run is begun when its venue has answered all of it, and is asked again until then; by the clock from its start on") {
  Live l(2);
  const auto before = std::chrono::system_clock::now();
  bool began = false;
  const auto summary = l.run("one", [&](services::Run& run) {
    began = true;
    const auto engine = std::chrono::system_clock::time_point(std::chrono::nanoseconds(run.now()));
    CHECK(engine >= before);
    CHECK(engine <= std::chrono::system_clock::now());
    CHECK(run.execution().state() == core::TradingState::reducing);  // rule 3.5
  });
  INFO(summary.error.code << ": " << summary.error.message);
  CHECK(began);
  CHECK(summary.error.code.empty());
  CHECK(summary.end == services::RunEnd::stopped);
  CHECK(summary.mode == "live");
  CHECK(summary.orders == 0);
  CHECK(l.queries.load() >= 3);
}

TEST_CASE("rule 2.1: the order ids of two live runs of one seed and account are made of two numbers, and those of a run that goes on of one") {
  Live l(0);
  for (const char* var : {"one", "two"}) REQUIRE(l.run(var).error.code.empty());
  const std::uint64_t one = l.epoch("one"), two = l.epoch("two");
  CHECK(one != two);
  REQUIRE(l.run("one").error.code.empty());
  CHECK(l.epoch("one") == one);
}
