// The venue's YAML file: what it says, and what is said about what is wrong in it.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>

#include "exchange/server/config.hpp"
#include "exchange/server/files.hpp"

using namespace bowline;
using namespace bowline::exchange;
using namespace bowline::literals;

namespace {

VenueConfig good(const std::string& text) {
  std::vector<config::Problem> problems;
  VenueConfig c = read_config(text, "venue.yaml", problems);
  for (const config::Problem& p : problems) UNSCOPED_INFO(p.text());
  REQUIRE(problems.empty());
  return c;
}
/// All problems, as a person reads them.
std::string bad(const std::string& text) {
  std::vector<config::Problem> problems;
  static_cast<void>(read_config(text, "venue.yaml", problems));
  REQUIRE_FALSE(problems.empty());
  std::string all;
  for (const config::Problem& p : problems) all += p.code + " " + p.text() + "\n";
  return all;
}
bool has(const std::string& text, const std::string& words) {
  UNSCOPED_INFO(text);
  return text.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("an empty file is a venue with the default products and nobody in it") {
  const VenueConfig c = good("");
  CHECK(c.products.size() == default_products().size());
  CHECK(c.portfolios.empty());
  CHECK(c.limits.per_second_key == 30);
  CHECK(c.limits.per_second_address == 10);
  CHECK(c.port == 8443);
  CHECK(c.address == "127.0.0.1");
}

TEST_CASE("the default products are sound, and the aliases share a book") {
  Engine e;
  for (const ProductConfig& p : default_products()) REQUIRE(e.add_product(p.rules).ok());
  CHECK(e.book_of(*e.product_number("BTC-USDC")) == *e.product_number("BTC-USD"));
  CHECK(e.products().size() >= 12);
}

TEST_CASE("everything that can be said") {
  const VenueConfig c = good(R"(
listen: {address: 0.0.0.0, port: 0, control_port: 9000, control: true}
tls: {ca_file: ca.pem, names: [venue.test, 10.0.0.1], certificate: expired}
state: {file: var/state, log_size: 1MiB}
seed: 42
clock_skew: -5s
products:
  - BTC-USD
  - {id: BTC-USDC}
  - id: FOO-USD
    base_increment: "0.1"
    quote_increment: "0.01"
    price_increment: "0.05"
    base_min_size: "1"
    base_max_size: "1000"
    quote_min_size: "1"
    quote_max_size: "100000"
    flags: {limit_only: true, status: offline}
    market: {price: "3", volatility: 5%, spread: 10bp, depth: "500"}
portfolios:
  - name: main
    owner: alice
    fees: {maker: 0.4%, taker: 60bp}
    deposits: {USD: "1000.5", BTC: "2"}
    keys:
      - {generate: ed25519, file: alice.json, name: organizations/a/apiKeys/b, permissions: [view, transfer]}
      - {public_key: bob.pem, name: bob}
market: {source: simulated, tick: 500ms, levels: 5}
engine:
  pending_lag: 10ms
  visibility_lag: 1s
  cancel_lag: 20ms
  edit_lag: 30ms
  fill_lag: 2s
  self_trade: cancel_both
  client_id_scope: owner
  client_id_retention: 24h
  max_open_orders: 7
  edit_stops: true
  max_end: never
  max_limit_distance: 50%
  bracket_through: 5%
  fills_on_touch: true
face: {unknown_fields: refuse, id_mismatch: refuse, empty_buckets: repeat_close, sequence_scope: product, client_id: false, ack_first: false, short_batch_ends: false, subscribe_within: 3s, quiet: 60s, user_endpoint_alone: true}
auth: {skew: 10s, max_life: 0, check_open: false, other_hosts: []}
limits: {private: 0, public: 5, hourly: 10000, headers: false, reset: unix_seconds}
misbehaviour:
  - {on: request, do: wait, by: 5s, route: "*/orders"}
  - on: frame
    do: fields
    change: [{op: set, at: /channel, value: "7"}, {op: set, at: /n, value: 7}]
)");
  CHECK(c.certificate == CertificateFault::expired);
  CHECK(c.names == std::vector<std::string>{"venue.test", "10.0.0.1"});
  CHECK(c.log_size == 1 << 20);
  CHECK(c.seed == 42);
  CHECK(c.engine.id_seed == 42);
  CHECK(c.skew_ns == -5'000'000'000);
  REQUIRE(c.products.size() == 3);
  CHECK(c.products[1].rules.alias == "BTC-USD");
  CHECK(c.products[2].rules.base == "FOO");
  CHECK(c.products[2].rules.flags.limit_only);
  CHECK(c.products[2].rules.flags.status == ProductStatus::offline);
  CHECK(c.products[2].shape.volatility_ppm == 50'000);
  CHECK(c.products[2].shape.spread_ppm == 1'000);
  REQUIRE(c.portfolios.size() == 1);
  const PortfolioConfig& p = c.portfolios[0];
  CHECK(p.owner == "alice");
  CHECK(p.rates == FeeRates{"0.004"_dec, "0.006"_dec});
  CHECK(p.deposits[0] == std::pair<std::string, Decimal>("USD", "1000.5"_dec));
  CHECK(p.keys[0].generate == KeyKind::ed25519);
  CHECK((p.keys[0].can_view && !p.keys[0].can_trade && p.keys[0].can_transfer));
  CHECK((p.keys[1].can_view && p.keys[1].can_trade && !p.keys[1].can_transfer));
  CHECK(c.market.tick_ns == 500'000'000);
  CHECK(c.engine.visible_ns == 1'000'000'000);
  CHECK(c.engine.edit_ns == 30'000'000);
  CHECK(c.engine.listed_ns == 2'000'000'000);
  CHECK(c.engine.self_trade == SelfTrade::cancel_both);
  CHECK(c.engine.max_end_ns == forever);
  CHECK(c.engine.max_limit_distance == "0.5"_dec);
  CHECK(c.face.sequence_scope == SequenceScope::product);
  CHECK_FALSE(c.face.client_id_sent);
  CHECK_FALSE(c.face.ack_first);
  CHECK_FALSE(c.face.short_batch_ends);
  CHECK(c.gate.max_life_s == 0);
  CHECK(c.gate.other_hosts.empty());
  CHECK(c.limits.per_hour_key == 10'000);
  CHECK(c.limits.reset == ResetUnit::unix_seconds);
  REQUIRE(c.rules.size() == 2);
  CHECK(c.rules[0].by_ns == 5'000'000'000);
  CHECK(c.rules[1].changes[0].value == "7");
  CHECK(c.rules[1].changes[1].value == 7);
}

TEST_CASE("what is wrong is told with its place and what would be right, all of it at once") {
  const std::string all = bad("listen: {prot: 1}\nmarket: {tick: 5}\nengine:\n  self_trade: never\n");
  CHECK(has(all, "venue.yaml:1:10: listen.prot: unknown key; did you mean port?"));
  CHECK(has(all, "venue.yaml:2:16: market.tick: \"5\" is no time"));
  CHECK(has(all, "venue.yaml:4:15: engine.self_trade: \"never\" is not one of allow, cancel_taker"));
  CHECK(has(bad("listen: 5"), "CONFIG_TYPE"));
  CHECK(has(bad("listen: {port: 70000}"), "from 0 to 65535"));
  CHECK(has(bad("listen:\n  port:\n"), "has no value"));
  CHECK(has(bad("seed: 1\nseed: 2"), "CONFIG_KEY_REPEATED"));
  CHECK(has(bad("a: [b"), "CONFIG_YAML"));
  CHECK(has(bad("products: [NO-SUCH]"), "none of the products that are known"));
  CHECK(has(bad("products: [{base: X}]"), "id is needed"));
  CHECK(has(bad("products: [{id: X-Y}]"), "PRODUCT_INVALID"));
  CHECK(has(bad("products: [BTC-USDC]"), "PRODUCT_ALIAS_UNKNOWN"));
  CHECK(has(bad("products: [BTC-USD, BTC-USD]"), "PRODUCT_EXISTS"));
  CHECK(has(bad("portfolios: [{name: a}, {name: a}]"), "CONFIG_NAME_REPEATED"));
  CHECK(has(bad("portfolios: [{name: a, deposits: {USD: -5}}]"), "portfolios[0].deposits.USD"));
  CHECK(has(bad("portfolios: [{name: a, fees: {maker: 120%}}]"), "no share below 1"));
  CHECK(has(bad("portfolios: [{name: a, keys: [{name: k}]}]"), "either a public_key"));
  CHECK(has(bad("portfolios: [{name: a, keys: [{public_key: x}]}]"), "needs its name"));
  CHECK(has(bad("portfolios: [{name: a, keys: [{file: x, permissions: [fly]}]}]"), "view, trade or transfer"));
  CHECK(has(bad("market: {source: replay}"), "belong together"));
  CHECK(has(bad("market: {source: replay, replay: {files: {BTC-EUR: x}}}"), "CONFIG_PRODUCT_UNKNOWN"));
  CHECK(has(bad("market: {source: replay, replay: {files: {BTC-USD: x}, from: tomorrow}}"), "no time, written as"));
  CHECK(has(bad("misbehaviour: [{on: request, do: fly}]"), "venue.yaml:1:16: misbehaviour[0]: \"do\" of a rule on a request"));
  CHECK(has(bad("tls: {certificate: rotten}"), "good, expired"));
}

TEST_CASE("times of a replay are read as they are written") {
  const auto from = [](const char* t) { return *good("market: {source: replay, replay: {files: {BTC-USD: x}, from: " + std::string(t) + "}}").market.from_s; };
  CHECK(from("2021-01-01") == 1'609'459'200);
  CHECK(from("2021-01-01T06:30:15Z") == 1'609'459'200 + 6 * 3600 + 30 * 60 + 15);
}

TEST_CASE("the example configuration is good") {
  const char* source = std::getenv("BOWLINE_SOURCE");
  REQUIRE(source != nullptr);
  const auto text = read_file(std::string(source) + "/configs/venue.yaml");
  REQUIRE(text.ok());
  CHECK_FALSE(good(*text).portfolios.empty());
}
