// What nobody could find out about Coinbase is a setting of the venue, and each is tried here in both ways, from the configuration to the
// answer: skew of clocks, scope, life and mismatch of a client_order_id, the unit of x-ratelimit-reset, unknown fields, empty buckets, what
// sequence_num counts, and tokens that live longer than 120 s.
#include <catch2/catch.hpp>

#include "exchange/server/files.hpp"
#include "exchange/server/venue.hpp"
#include "unit/exchange_auth/signing.hpp"
#include "unit/exchange_server/folder.hpp"

using namespace bowline;
using namespace bowline::exchange;
using namespace bowline::literals;
using Json = nlohmann::ordered_json;

namespace {

constexpr std::int64_t second = 1'000'000'000, start = 1'790'000'000 * second;
constexpr const char* orders = "/api/v3/brokerage/orders";

/// A venue with two portfolios of one owner, each with a key of its own, and a market that stands still.
struct Rig {
  server_test::Folder dir;
  std::int64_t now = start;
  auth_test::Key keys[2] = {auth_test::p256_key(), auth_test::ed25519_key()};
  std::unique_ptr<Venue> venue;

  explicit Rig(const std::string& more, const std::string& market = "market: {source: none}\n") {
    std::string text = market + "portfolios:\n";
    for (int i = 0; i < 2; ++i) {
      const std::string pem = dir / ("key" + std::to_string(i) + ".pem");
      REQUIRE(write_file(pem, auth_test::public_pem(keys[i])).ok());
      text += "  - {name: p" + std::to_string(i) + ", owner: alice, deposits: {USD: \"1000\"}, keys: [{public_key: " + pem + ", name: k" + std::to_string(i) + "}]}\n";
    }
    std::vector<config::Problem> problems;
    VenueConfig c = read_config(text + more, "venue.yaml", problems);
    for (const auto& p : problems) UNSCOPED_INFO(p.text());
    REQUIRE(problems.empty());
    auto made = Venue::make(std::move(c), std::nullopt, now);
    if (!made) UNSCOPED_INFO(made.error().message);
    REQUIRE(made.ok());
    venue = std::move(*made);
    venue->advance(now);
  }
  std::string token(int who, const std::string& uri, std::int64_t from_s, std::int64_t life_s = 120) const {
    return auth_test::make_token(keys[who], "k" + std::to_string(who), uri, from_s, 0, life_s);
  }
  WebReply ask(int who, const std::string& method, const std::string& target, const std::string& body = "", std::int64_t from_s = start / second, std::int64_t life_s = 120) {
    const std::string path = target.substr(0, target.find('?'));
    const WebRequest r{method, target, {{"Host", "localhost"}, {"Authorization", "Bearer " + token(who, method + " localhost" + path, from_s, life_s)}}, body};
    return venue->answer(r, venue->plan(r), "10.0.0.1", now);
  }
  std::string order(const std::string& id, const std::string& size, const std::string& more = "") const {
    return R"({"client_order_id":")" + id + R"(","product_id":"BTC-USD","side":"BUY","order_configuration":{"limit_limit_gtc":{"base_size":")" + size +
           R"(","limit_price":"100"}})" + more + "}";
  }
  /// The id of what was placed, or why it was not.
  std::string place(int who, const std::string& id, const std::string& size = "1", const std::string& more = "") {
    const WebReply r = ask(who, "POST", orders, order(id, size, more), now / second);
    if (r.status != 200) return std::to_string(r.status);
    const Json v = Json::parse(r.body);
    return v["success"] == true ? v["success_response"]["order_id"].get<std::string>() : v["error_response"]["error"].get<std::string>();
  }
  std::vector<Json> frames() {
    std::vector<FrameOut> out;
    venue->take_frames(out);
    std::vector<Json> all;
    for (const FrameOut& f : out) all.push_back(Json::parse(f.text));
    return all;
  }
};

}  // namespace

TEST_CASE("open point: clocks may differ by what auth.skew says") {
  const std::int64_t now_s = start / second;
  for (const auto& [yaml, skew] : {std::pair<const char*, std::int64_t>{"auth: {skew: 30s}", 30}, {"auth: {skew: 0}", 0}, {"", 30}}) {
    INFO(yaml);
    Rig r(yaml);
    const auto status = [&](std::int64_t from_s) { return r.ask(0, "GET", "/api/v3/brokerage/accounts", "", from_s).status; };
    CHECK(status(now_s) == 200);
    CHECK(status(now_s + skew) == 200);
    CHECK(status(now_s + skew + 1) == 401);
    CHECK(status(now_s - 120 - skew + 1) == 200);
    CHECK(status(now_s - 120 - skew) == 401);
  }
}

TEST_CASE("open point: a token lives 120 s, or as long as auth.max_life says; 0 takes any") {
  const std::int64_t now_s = start / second;
  const auto status = [&](Rig& r, std::int64_t life_s) { return r.ask(0, "GET", "/api/v3/brokerage/accounts", "", now_s, life_s).status; };
  Rig standard(""), any("auth: {max_life: 0}"), hour("auth: {max_life: 1h}");
  CHECK(status(standard, 120) == 200);
  CHECK(status(standard, 121) == 401);
  CHECK(status(any, 121) == 200);
  CHECK(status(any, 1'000'000) == 200);
  CHECK(status(hour, 3600) == 200);
  CHECK(status(hour, 3601) == 401);
}

TEST_CASE("open point: a client_order_id is its portfolio's, or its owner's") {
  Rig mine(""), ours("engine: {client_id_scope: owner}");
  const std::string first = mine.place(0, "a");
  CHECK(mine.place(0, "a") == first);
  CHECK(mine.place(1, "a") != first);
  const std::string only = ours.place(0, "a");
  CHECK(ours.place(1, "a") == only);
}

TEST_CASE("open point: a client_order_id stands for its order for ever, or for engine.client_id_retention") {
  Rig ever(""), day("engine: {client_id_retention: 24h}");
  for (Rig* r : {&ever, &day}) {
    const std::string first = r->place(0, "a");
    r->now += 24 * 3600 * second - 1;
    CHECK(r->place(0, "a") == first);
    r->now += 1;
    CHECK((r->place(0, "a") == first) == (r == &ever));
  }
}

TEST_CASE("open point: a client_order_id again with another body is the first order, or refused") {
  Rig same(""), refused("face: {id_mismatch: refuse}");
  for (Rig* r : {&same, &refused}) {
    const std::string first = r->place(0, "a", "1");
    CHECK(r->place(0, "a", "2") == (r == &same ? first : "INVALID_REQUEST"));
    CHECK(r->place(0, "a", "1") == first);
  }
}

TEST_CASE("open point: x-ratelimit-reset counts the seconds that are left, or is a moment") {
  const auto reset = [](Rig& r) {
    const WebReply reply = r.ask(0, "GET", "/api/v3/brokerage/accounts");
    return std::string(find_header(reply.headers, "x-ratelimit-reset").value_or("none"));
  };
  Rig left(""), said("limits: {reset: seconds_left}"), moment("limits: {reset: unix_seconds}"), none("limits: {headers: false}");
  CHECK(reset(left) == "1");
  CHECK(reset(said) == "1");
  CHECK(reset(moment) == std::to_string(start / second + 1));
  CHECK(reset(none) == "none");
  Rig quota("limits: {private: 0, hourly: 5, reset: unix_seconds}");
  for (int i = 0; i < 5; ++i) CHECK(reset(quota) == std::to_string(start / second + 3600));
  CHECK(quota.ask(0, "GET", "/api/v3/brokerage/accounts").status == 429);
  CHECK(reset(quota) == std::to_string(start / second + 3600));
}

TEST_CASE("open point: fields that no message has are passed over, or refused") {
  Rig easy(""), strict("face: {unknown_fields: refuse}");
  CHECK(easy.place(0, "a", "1", R"(,"colour":"red")").size() == 36);
  CHECK(strict.place(0, "a", "1", R"(,"colour":"red")") == "400");
  CHECK(strict.place(0, "a").size() == 36);
}

TEST_CASE("open point: buckets without a trade are skipped, or repeat the close before them") {
  server_test::Folder dir;
  const std::string csv = dir / "candles.csv";
  const std::int64_t from = start / second / 300 * 300 - 3600;
  // Two of six buckets are missing.
  std::string rows = "time_utc_epoch_s,open,high,low,close,volume\n";
  for (const int i : {0, 1, 4, 5}) rows += std::to_string(from + i * 300) + ",100,110,90,10" + std::to_string(i) + ",1\n";
  REQUIRE(write_file(csv, rows).ok());
  const std::string market = "market: {source: replay, replay: {files: {BTC-USD: " + csv + "}}}\n";
  const auto told = [&](const char* face) {
    Rig r(face, market);
    r.now += 1800 * second;
    r.venue->advance(r.now);
    const std::int64_t until = r.now / second;
    const WebReply reply = r.ask(0, "GET", "/api/v3/brokerage/products/BTC-USD/candles?granularity=FIVE_MINUTE&start=" + std::to_string(until - 7200) +
                                                "&end=" + std::to_string(until), "", until);
    INFO(reply.body);
    REQUIRE(reply.status == 200);
    return Json::parse(reply.body)["candles"];
  };
  const Json skipped = told("face: {empty_buckets: skip}"), repeated = told("face: {empty_buckets: repeat_close}");
  REQUIRE(skipped.size() >= 2);
  const auto starts = [](const Json& list) {
    std::vector<std::int64_t> out;
    for (const Json& c : list) out.push_back(std::stoll(c["start"].get<std::string>()));
    return out;
  };
  const auto holes = [&](const Json& list) {
    const std::vector<std::int64_t> at = starts(list);  // newest first
    int n = 0;
    for (std::size_t i = 1; i < at.size(); ++i) n += at[i - 1] - at[i] != 300;
    return n;
  };
  CHECK(holes(skipped) >= 1);
  CHECK(holes(repeated) == 0);
  CHECK(repeated.size() > skipped.size());
}

TEST_CASE("open point: sequence_num counts the frames of the connection, or those of each product") {
  const auto numbers = [](const char* face) {
    Rig r(face);
    const StreamId id = r.venue->open_stream(StreamKind::market, r.now);
    r.venue->said(id, R"({"type":"subscribe","channel":"level2","product_ids":["BTC-USD"]})", r.now);
    r.venue->said(id, R"({"type":"subscribe","channel":"level2","product_ids":["ETH-USD"]})", r.now);
    std::vector<std::int64_t> out;
    for (const Json& f : r.frames())
      if (f["channel"] == "l2_data") out.push_back(f["sequence_num"].get<std::int64_t>());
    return out;
  };
  const std::vector<std::int64_t> connection = numbers(""), product = numbers("face: {sequence_scope: product}");
  REQUIRE((connection.size() == 2 && product.size() == 2));
  CHECK(connection[1] > connection[0]);
  CHECK(product == std::vector<std::int64_t>{0, 0});
}
