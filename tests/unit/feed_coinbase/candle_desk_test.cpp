// Questions for candles: what is sent, and what becomes of answers that are none.
#include "rig.hpp"

using namespace feed_test;

namespace {
constexpr std::uint32_t bars_alone = 1u << BL_EV_BAR;
}  // namespace

TEST_CASE("history is asked for without a key at the public address, and given before anything else, marked") {
  Rig r(json{{"history", 3}}, bars_alone, {1}, base + 15 * second);
  r.run(r.host.now);
  REQUIRE(r.host.requests.size() == 1);
  const auto& q = r.host.requests[0];
  CHECK(q.method == "GET");
  CHECK(q.url == "https://api.coinbase.com/api/v3/brokerage/market/products/BTC-USD/candles?start=" + std::to_string((base - 3 * bucket) / second) +
                     "&end=" + std::to_string(base / second) + "&granularity=FIVE_MINUTE");
  CHECK(q.headers.empty());
  CHECK(q.cost == 1);
  std::vector<Row> rows;
  for (int i = 3; i > 0; --i) rows.push_back({"", base - i * bucket, 1000 + i, 1100, 900, 1000, 250});
  rows.push_back({"", base, 1000, 1000, 1000, 1000, 1});  // the running one, which nobody asked for
  r.host.now += second;
  r.reply(0, rest_candles(rows));
  const auto bars = r.bars();
  REQUIRE(bars.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(same(bars[i], rows[i]));
    CHECK_FALSE(bars[i].acted_on);
    CHECK(bars[i].known_ns == bars[i].open_ns + bucket);  // as whoever ran then knew it
  }
  r.run(r.host.now + 10 * second);
  CHECK(r.host.requests.size() == 1);
}

TEST_CASE("long histories are asked for in parts that the venue takes") {
  Rig r(json{{"history", 700}}, bars_alone, {1}, base + 15 * second);
  for (std::size_t i = 0; i < 3; ++i) {
    r.run(r.host.now + second);
    REQUIRE(r.host.requests.size() == i + 1);
    std::vector<Row> rows;
    for (std::int64_t n = 700 - 300 * static_cast<std::int64_t>(i); n > std::max<std::int64_t>(0, 400 - 300 * static_cast<std::int64_t>(i)); --n)
      rows.push_back({"", base - n * bucket, 1000, 1000, 1000, 1000, n});
    r.reply(i, rest_candles(rows));
  }
  CHECK(r.bars().size() == 700);
}

TEST_CASE("an answer that is none is waited out, longer each time, and nothing is made of it") {
  Rig r(json{{"history", 1}}, bars_alone, {1}, base + 15 * second);
  r.run(r.host.now);
  struct Bad {
    std::string body;
    std::uint32_t status;
    bl_status outcome;
  };
  const std::vector<Bad> bad = {{"", 500, BL_OK}, {"<html>", 200, BL_OK}, {R"({"candles":[{"start":"1"}]})", 200, BL_OK}, {"EDGE_CLOSED: gone", 0, BL_E_IO},
                                {R"({"candles":)", 200, BL_OK}, {"late", 0, BL_E_UNKNOWN_OUTCOME}, {"[]", 200, BL_OK}};
  std::int64_t waited = 0;
  for (std::size_t i = 0; i < bad.size(); ++i) {
    REQUIRE(r.host.requests.size() == i + 1);
    const std::int64_t from = r.host.now;
    r.reply(i, bad[i].body, bad[i].status, bad[i].outcome);
    CHECK(r.host.requests.size() == i + 1);
    while (r.host.requests.size() == i + 1 && r.host.now < from + 120 * second) r.run(r.host.now + second / 4);
    waited = r.host.now - from;
    CHECK(waited >= std::min<std::int64_t>(30, 1 << i) * second / 2);
  }
  CHECK(waited > 20 * second);
  CHECK(r.bars().empty());
  r.reply(bad.size(), rest_candles({{"", base - bucket, 1000, 1000, 1000, 1000, 7}}));
  CHECK(r.bars().size() == 1);
}

TEST_CASE("told to ask less often it asks for nothing at all until then") {
  Rig r(json{{"history", 1}}, bars_alone, {1, 2}, base + 15 * second);
  r.run(r.host.now);
  REQUIRE(r.host.requests.size() == 2);
  r.reply(0, "slow down", 429, BL_OK, "retry-after: 30\r\n");
  r.reply(1, "", 500);
  r.run(r.host.now + 29 * second);
  CHECK(r.host.requests.size() == 2);
  r.run(r.host.now + 2 * second);
  CHECK(r.host.requests.size() == 4);
}

TEST_CASE("a host that takes no request is asked again, and answers to nothing are passed over") {
  Rig r(json{{"history", 1}}, bars_alone, {1}, base + 15 * second);
  r.host.http_answer = BL_E_AGAIN;
  r.run(r.host.now + 5 * second);
  CHECK(r.host.requests.empty());
  r.host.http_answer = BL_PENDING;
  r.run(r.host.now + 10 * second);
  REQUIRE(r.host.requests.size() == 1);
  r.event(bowline::testing::http_reply(77, 200, rest_candles({{"", base - bucket, 1, 1, 1, 1, 1}}), r.host.now));
  CHECK(r.bars().empty());
}
