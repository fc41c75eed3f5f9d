// The stream: how it is opened, subscribed, watched and opened again.
#include "rig.hpp"
#include "unit/coinbase/vectors.hpp"

using namespace feed_test;
using bowline::coinbase_test::vector_json;

namespace {
std::vector<std::string> subscribed(const std::vector<std::string>& sent) {
  std::vector<std::string> out;
  for (const std::string& s : sent) {
    const json m = json::parse(s);
    std::string line = m.at("type").get<std::string>().substr(0, 3) + " " + m.at("channel").get<std::string>();
    if (m.contains("product_ids"))
      for (const auto& id : m.at("product_ids")) line += " " + id.get<std::string>();
    out.push_back(line);
  }
  return out;
}
constexpr std::uint32_t all_channels = (1u << BL_EV_BAR) | (1u << BL_EV_QUOTE) | (1u << BL_EV_TRADE);
}  // namespace

TEST_CASE("once open it subscribes what the host wants, one channel a message, with all products") {
  Rig r(json{{"history", 0}}, all_channels, {2, 1});
  r.run(r.host.now);
  REQUIRE(r.host.sockets.size() == 1);
  CHECK(r.host.sockets[0].url == "wss://advanced-trade-ws.coinbase.com");
  CHECK(r.host.sockets[0].sent.empty());
  CHECK(r.link() == 0);
  r.opened();
  CHECK(subscribed(r.host.sockets[0].sent) ==
        std::vector<std::string>{"sub heartbeats", "sub candles BTC-USD ETH-USD", "sub level2 BTC-USD ETH-USD", "sub market_trades BTC-USD ETH-USD"});
  CHECK(json::parse(r.host.sockets[0].sent[0]).contains("jwt") == false);
  CHECK(r.link() == 2);
  r.beat();
  CHECK(r.link() == 1);
  Rig bars(json{{"history", 0}});
  bars.run(bars.host.now);
  bars.opened();
  CHECK(subscribed(bars.host.sockets[0].sent).size() == 2);
}

TEST_CASE("a stream that ends is opened again, later each time it fails, and its last words are not heard twice") {
  Rig r(json{{"history", 0}});
  r.connect();
  std::int64_t waited = 0;
  for (std::size_t i = 1; i < 8; ++i) {
    const std::int64_t from = r.host.now;
    const std::uint64_t old = r.conn();
    r.closed();
    CHECK(r.link() == 0);
    while (r.host.sockets.size() == i && r.host.now < from + 120 * second) r.run(r.host.now + second / 4);
    REQUIRE(r.host.sockets.size() == i + 1);
    waited = r.host.now - from;
    CHECK(waited >= std::min<std::int64_t>(60, 1 << (i - 1)) * second / 2);
    r.event(bowline::testing::ws_frame(old, 3, "again", r.host.now));
    CHECK(r.conn() != old);
    r.run(r.host.now + second);
    CHECK(r.host.sockets.size() == i + 1);
  }
  CHECK(waited > 20 * second);
  r.opened();
  for (int i = 0; i < 70; ++i) {
    r.run(r.host.now + second);
    r.beat();
  }
  const std::int64_t from = r.host.now;
  r.closed();
  while (r.host.sockets.size() == 8) r.run(r.host.now + second / 4);
  CHECK(r.host.now - from <= second + second / 4);  // it had lived
}

TEST_CASE("a stream without a word, heartbeats included, is given up and connected anew") {
  Rig r(json{{"history", 0}});
  r.connect();
  r.run(r.host.now + 9 * second);
  CHECK(r.host.closed_by_plugin.empty());
  r.run(r.host.now + 2 * second);
  CHECK(r.host.closed_by_plugin == std::vector<std::uint64_t>{1});
  CHECK(r.link() == 0);
  r.run(r.host.now + 3 * second);
  CHECK(r.host.sockets.size() == 2);
}

TEST_CASE("a subscription that is silent is asked for again, and then the stream connected anew") {
  Rig r(json{{"history", 0}, {"quiet", 20 * second}}, 1u << BL_EV_BAR, {1, 2});
  r.connect();
  const Row eth{"ETH-USD", base, 100, 100, 100, 100, 1};
  const auto pass = [&](int seconds, bool both) {
    for (int i = 0; i < seconds; ++i) {
      r.run(r.host.now + second);
      r.beat();
      std::vector<Row> rows{eth};
      if (both) rows.push_back({"BTC-USD", base, 100, 100, 100, 100, 1});
      r.says(candles(r.host.now, r.number++, rows));
    }
  };
  pass(25, false);
  CHECK(subscribed(r.host.sockets[0].sent) ==
        std::vector<std::string>{"sub heartbeats", "sub candles BTC-USD ETH-USD", "uns candles BTC-USD", "sub candles BTC-USD"});
  CHECK(r.host.closed_by_plugin.empty());
  pass(1, true);
  pass(25, false);
  CHECK(r.host.closed_by_plugin.empty());  // it had said something: asked for again first
  pass(25, false);
  CHECK(r.host.closed_by_plugin.size() == 1);
}

TEST_CASE("an error of the venue and a frame that cannot be read end nothing") {
  Rig r(json{{"history", 0}});
  r.connect();
  r.says(R"({"type":"error","message":"authentication failure"})");
  r.says("{");
  r.says("");
  r.says(std::string(100'000, '['));
  CHECK(r.link() == 1);
  CHECK(r.host.closed_by_plugin.empty());
  bool told = false;
  for (const std::string& line : r.host.logs) told = told || line.find("authentication failure") != std::string::npos;
  CHECK(told);
}

TEST_CASE("with a key each message has a token of its own, and requests go to the address for keys") {
  const auto found = vector_json("auth/keys.json");
  if (!found) return;
  const json& keys = *found;
  std::string pem;
  const std::function<void(const json&)> look = [&](const json& j) {
    if (j.is_string() && pem.empty() && j.get<std::string>().find("BEGIN EC PRIVATE KEY") != std::string::npos) pem = j.get<std::string>();
    if (j.is_structured())
      for (const auto& [k, v] : j.items()) look(v);
  };
  look(keys);
  REQUIRE_FALSE(pem.empty());
  using Shell = bowline::plugin_common::Shell<fc::Plugin>;
  using Table = bowline::plugin_common::FeedTable<fc::Plugin>;
  bowline::testing::FakeHost host;
  host.now = base;
  host.secrets["secret://key"] = json{{"name", "organizations/o/apiKeys/k"}, {"privateKey", pem}}.dump();
  bl_inst* inst = nullptr;
  bl_error error{};
  REQUIRE(Shell::create(&host.host, &inst, &error) == BL_OK);
  const bl_status configured = Shell::configure(inst, bowline::to_abi(params({{"key", "secret://key"}}).dump()), &error);
  INFO(error.message);
  REQUIRE(configured == BL_OK);
  REQUIRE(Shell::start(inst, &error) == BL_OK);
  const std::uint32_t one = 1;
  REQUIRE(Table::value.subscribe(inst, &one, 1, 1u << BL_EV_BAR, &error) == BL_OK);
  bl_timer t{};
  t.h.size = sizeof t;
  t.h.type = BL_EV_TIMER;
  REQUIRE(Table::value.on_event(inst, &t.h, &host.sink) == BL_OK);
  REQUIRE(host.requests.size() == 1);
  CHECK(host.requests[0].url.starts_with("https://api.coinbase.com/api/v3/brokerage/products/BTC-USD/candles?"));
  CHECK(host.requests[0].headers.starts_with("Authorization: Bearer "));
  const auto frame = bowline::testing::ws_frame(1, 1, {}, host.now);
  REQUIRE(Table::value.on_event(inst, &frame.h, &host.sink) == BL_OK);
  std::set<std::string> tokens;
  for (const std::string& s : host.sockets.at(0).sent) tokens.insert(json::parse(s).at("jwt").get<std::string>());
  CHECK(tokens.size() == host.sockets[0].sent.size());
  for (const std::string& line : host.logs) CHECK(line.find("Bearer") == std::string::npos);
  CHECK(Shell::stop(inst, 1, &error) == BL_OK);
  CHECK(host.closed_by_plugin == std::vector<std::uint64_t>{1});
  Shell::destroy(inst);
}
