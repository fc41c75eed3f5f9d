#include "feed_coinbase/options.hpp"

#include "rig.hpp"

using namespace feed_test;

namespace {
std::string code(const json& own) {
  const auto made = fc::feed_options(params(own));
  return made ? "" : made.error().code;
}
}  // namespace

TEST_CASE("params: the defaults are the real venue's, and each is filled by the schema") {
  const auto made = fc::feed_options(params());
  REQUIRE(made.ok());
  CHECK(made->rest == "https://api.coinbase.com");
  CHECK(made->stream == "wss://advanced-trade-ws.coinbase.com");
  CHECK(made->authority() == "api.coinbase.com");
  CHECK(made->key.empty());
  CHECK(made->history == 300);
  CHECK(made->quotes == fc::QuoteSource::level2);
  CHECK(made->empty == bowline::coinbase::EmptyBuckets::flat);
  CHECK(json::parse(fc::schema).at("additionalProperties") == false);
}

TEST_CASE("params: another interval than the stream's, and addresses with a path, are refused") {
  CHECK(code({{"interval", 60 * second}}) == "FEED_INTERVAL");
  CHECK(code({{"interval", 300 * second}}).empty());
  for (const char* url : {"", "api.coinbase.com", "ftp://api.coinbase.com", "https://", "https://api.coinbase.com/v3", "https://a b", "https://u@api.coinbase.com"})
    CHECK(code({{"rest_url", url}}) == "FEED_URL");
  for (const char* url : {"https://x", "wss://", "wss://x/ws", "ws:x"}) CHECK(code({{"stream_url", url}}) == "FEED_URL");
  const auto made = fc::feed_options(params({{"rest_url", "http://localhost:8443/"}, {"stream_url", "ws://localhost:8443"}}));
  REQUIRE(made.ok());
  CHECK(made->rest == "http://localhost:8443");
  CHECK(made->authority() == "localhost:8443");
}

TEST_CASE("a key that is none is refused in configure, and a host without a network where it is needed") {
  using Shell = bowline::plugin_common::Shell<fc::Plugin>;
  bowline::testing::FakeHost host;
  bl_inst* inst = nullptr;
  bl_error error{};
  REQUIRE(Shell::create(&host.host, &inst, &error) == BL_OK);
  const auto configure = [&](const json& own) { return Shell::configure(inst, bowline::to_abi(params(own).dump()), &error); };
  CHECK(configure({{"key", "secret://none"}}) == BL_E_CONFIG);
  CHECK(std::string(error.message).starts_with("SECRET_REFUSED"));
  host.secrets["secret://bad"] = R"({"name":"organizations/o/apiKeys/k","privateKey":"canary-no-key"})";
  CHECK(configure({{"key", "secret://bad"}}) == BL_E_CONFIG);
  CHECK(std::string(error.message).find("canary") == std::string::npos);
  host.has_network = false;
  CHECK(configure(json::object()) == BL_OK);
  const std::uint32_t one = 1;
  CHECK(bowline::plugin_common::FeedTable<fc::Plugin>::value.subscribe(inst, &one, 1, 2, &error) == BL_E_CONFIG);
  CHECK(std::string(error.message).starts_with("FEED_NO_NETWORK"));
  Shell::destroy(inst);
}

TEST_CASE("an instrument that the host does not list, and none at all, are refused in subscribe") {
  using Shell = bowline::plugin_common::Shell<fc::Plugin>;
  using Table = bowline::plugin_common::FeedTable<fc::Plugin>;
  CHECK(Table::value.pull == nullptr);
  REQUIRE(Table::value.on_event != nullptr);
  bowline::testing::FakeHost host;
  bl_inst* inst = nullptr;
  bl_error error{};
  REQUIRE(Shell::create(&host.host, &inst, &error) == BL_OK);
  REQUIRE(Shell::configure(inst, bowline::to_abi(params().dump()), &error) == BL_OK);
  REQUIRE(Shell::start(inst, &error) == BL_OK);
  const std::uint32_t unknown = 9;
  CHECK(Table::value.subscribe(inst, &unknown, 1, 2, &error) == BL_E_CONFIG);
  CHECK(std::string(error.message).starts_with("FEED_INSTRUMENT_UNKNOWN"));
  CHECK(Table::value.subscribe(inst, nullptr, 0, 2, &error) == BL_E_CONFIG);
  bl_timer t{};
  t.h.size = sizeof t;
  t.h.type = BL_EV_TIMER;
  CHECK(Table::value.on_event(inst, &t.h, &host.sink) == BL_OK);  // nothing is subscribed: nothing happens
  CHECK(host.sockets.empty());
  CHECK(Shell::stop(inst, 1, &error) == BL_OK);
  Shell::destroy(inst);
}
