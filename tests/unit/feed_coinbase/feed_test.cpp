// Bars: when they are final, what is filled in, what is marked, and that none is missing or twice there.
#include "rig.hpp"

using namespace feed_test;

namespace {
/// Seconds go by, each with a heartbeat and, of the products given, the candle of the bucket that runs.
void pass(Rig& r, int seconds, const std::vector<std::string>& products = {"BTC-USD"}) {
  for (int i = 0; i < seconds; ++i) {
    r.run(r.host.now + second);
    const std::int64_t open = (r.host.now - 1) - (r.host.now - 1) % bucket;  // what was traded until now
    std::vector<Row> rows;
    for (const std::string& p : products) rows.push_back({p, open, 1000, 1010, 990, 1005, (r.host.now - open) / second});
    if (!rows.empty()) r.says(candles(r.host.now, r.number++, rows));
    r.beat();
  }
}
const Row whole{"BTC-USD", base, 1000, 1010, 990, 1005, 300};
}  // namespace

TEST_CASE("rule 1.6: a bar is final at its close and grace, when the stream has told all of it, and it is acted on") {
  Rig r(json{{"history", 0}});
  r.connect();
  pass(r, 298);
  CHECK(r.bars().empty());
  pass(r, 2);  // to the second behind the close
  CHECK(r.bars().empty());
  pass(r, 3);
  const auto bars = r.bars();
  REQUIRE(bars.size() == 1);
  CHECK(same(bars[0], whole));
  CHECK(bars[0].acted_on);
  CHECK(bars[0].known_ns >= base + bucket + 2 * second);
  CHECK(bars[0].known_ns <= base + bucket + 4 * second);
  CHECK(r.host.requests.empty());
  CHECK(r.link() == 1);
}

TEST_CASE("rule 1.6: a bar is compared with the venue's candle a minute later; what differs is counted, and the bar stays") {
  Rig r(json{{"history", 0}});
  r.connect();
  pass(r, 358);
  CHECK(r.host.requests.empty());
  pass(r, 3);
  REQUIRE(r.host.requests.size() == 1);
  CHECK(r.host.requests[0].url.find("start=" + std::to_string(base / second) + "&end=" + std::to_string((base + bucket) / second)) != std::string::npos);
  Row other = whole;
  other.close = 1006;
  r.reply(0, rest_candles({other}));
  CHECK(r.bars().size() == 1);
  std::size_t told = 0;
  for (const std::string& line : r.host.logs) {
    told += line.find("FEED_BAR_REVISED") != std::string::npos ? 1 : 0;
    CHECK(line.find("10.06") == std::string::npos);  // no price in the log
  }
  CHECK(told == 1);
  const auto metric = std::find(r.host.metrics.begin(), r.host.metrics.end(), "bar_revisions_total");
  REQUIRE(metric != r.host.metrics.end());
  CHECK(r.host.recorded[static_cast<std::uint64_t>(metric - r.host.metrics.begin())] == 1);
  pass(r, 200);
  CHECK(r.host.requests.size() == 1);  // once
}

TEST_CASE("frames that are missing make the bar come from REST, marked") {
  const std::string how = GENERATE("gap", "cut", "closed");
  INFO(how);
  Rig r(json{{"history", 0}});
  r.connect();
  pass(r, 299);
  if (how == "gap") r.number += 3;
  if (how == "cut") r.says(R"({"channel":"candles","sequence_num":)" + std::to_string(r.number++));
  if (how == "closed") r.closed();
  if (how != "closed") pass(r, 12, {});
  else r.run(r.host.now + 12 * second);
  CHECK(r.bars().empty());
  REQUIRE(r.host.requests.size() == 1);
  r.reply(0, rest_candles({whole}));
  const auto bars = r.bars();
  REQUIRE(bars.size() == 1);
  CHECK(same(bars[0], whole));
  CHECK_FALSE(bars[0].acted_on);
}

TEST_CASE("a gap behind which the candle is told again costs nothing: it is cumulative") {
  Rig r(json{{"history", 0}});
  r.connect();
  pass(r, 100);
  r.number += 5;
  pass(r, 204);
  const auto bars = r.bars();
  REQUIRE(bars.size() == 1);
  CHECK(bars[0].acted_on);
}

TEST_CASE("rule 1.5: after three hours without the venue every bar is there once, none of them is acted on, and each is a step of its own") {
  Rig r(json{{"history", 0}}, 1u << BL_EV_BAR, {1, 2});
  const std::vector<std::string> both{"BTC-USD", "ETH-USD"};
  r.connect();
  pass(r, 305, both);
  CHECK(r.bars().size() == 2);
  r.closed();
  std::size_t answered = r.host.requests.size();
  const std::int64_t back = base + 37 * bucket + 100 * second;
  while (r.host.now < back) {
    const std::size_t sockets = r.host.sockets.size();
    r.run(std::min(back, r.host.now + 10 * second));
    for (; answered < r.host.requests.size(); ++answered) r.reply(answered, "", 0, BL_E_IO);
    if (r.host.sockets.size() > sockets) r.closed();
  }
  CHECK(r.bars().empty());
  CHECK(r.link() == 0);
  while (!r.host.open_sockets.contains(r.conn())) r.run(r.host.now + second);
  r.opened();
  r.number = 0;
  for (int i = 0; i < 120; ++i) {
    pass(r, 1, both);
    for (; answered < r.host.requests.size(); ++answered) {
      const std::string& url = r.host.requests[answered].url;
      const auto number = [&](const char* name) { return std::stoll(url.substr(url.find(name) + std::strlen(name))); };
      std::vector<Row> rows;
      for (std::int64_t at = number("start="); at < number("&end="); at += 300) rows.push_back({"", at * second, 1000, 1010, 990, 1005, 300});
      r.reply(answered, rest_candles(rows));
    }
  }
  const auto bars = r.bars();
  REQUIRE(bars.size() == 72);
  for (std::size_t i = 0; i < bars.size(); ++i) {
    CHECK(bars[i].open_ns == base + static_cast<std::int64_t>(1 + i / 2) * bucket);
    CHECK(bars[i].instrument == 1 + i % 2);
    CHECK_FALSE(bars[i].acted_on);
    CHECK(bars[i].known_ns >= back);
    CHECK((i < 2 || bars[i].known_ns > bars[i - 2].known_ns));
    CHECK((i % 2 == 0 || bars[i].known_ns == bars[i - 1].known_ns));
  }
  CHECK(r.link() == 1);
  pass(r, 200, both);
  const auto next = r.bars();
  REQUIRE(next.size() == 2);
  CHECK(next[0].acted_on);
  CHECK(next[0].known_ns == next[1].known_ns);
}

TEST_CASE("bars of one close come together; one whose bar is late holds the others up for a moment, no longer") {
  Rig r(json{{"history", 0}}, 1u << BL_EV_BAR, {1, 2});
  r.connect();
  pass(r, 280, {"BTC-USD", "ETH-USD"});
  r.number += 1;  // lost: ETH says nothing more
  pass(r, 23, {"BTC-USD"});
  CHECK(r.bars().empty());
  pass(r, 4, {"BTC-USD"});
  const auto alone = r.bars();
  REQUIRE(alone.size() == 1);
  CHECK(alone[0].instrument == 1);
  CHECK(alone[0].acted_on);
  CHECK(r.host.requests.empty());  // its candle may not be whole yet
  pass(r, 3, {"BTC-USD"});
  REQUIRE(r.host.requests.size() == 1);
  r.reply(0, rest_candles({{"", base, 5, 5, 5, 5, 5}}));
  const auto late = r.bars();
  REQUIRE(late.size() == 1);
  CHECK(late[0].instrument == 2);
  CHECK_FALSE(late[0].acted_on);
  CHECK(late[0].known_ns > alone[0].known_ns);
}

TEST_CASE("five minutes without a trade: a flat bar, or none, once REST says so") {
  const bool flat = GENERATE(true, false);
  Rig r(json{{"history", 1}, {"empty", flat ? "flat" : "skip"}}, 1u << BL_EV_BAR, {1}, base + 15 * second);
  r.connect();
  r.reply(0, rest_candles({{"", base - bucket, 1000, 1100, 900, 1050, 77}}));
  CHECK(r.bars().size() == 1);
  pass(r, 305, {});
  CHECK(r.bars().empty());
  for (std::size_t answered = 1, i = 0; i < 20; ++i) {
    for (; answered < r.host.requests.size(); ++answered) r.reply(answered, rest_candles({}));
    pass(r, 1, {});
  }
  const auto bars = r.bars();
  CHECK(bars.size() == (flat ? 1 : 0));
  if (flat) CHECK(same(bars.at(0), {"", base, 1050, 1050, 1050, 1050, 0}));
}

TEST_CASE("a product whose bars do not come makes the feed stale, and they make it up again") {
  Rig r(json{{"history", 0}});
  r.connect();
  pass(r, 200);
  r.number += 1;
  for (int i = 0; i < 420; ++i) {
    const std::size_t requests = r.host.requests.size();
    pass(r, 1, {});
    for (std::size_t q = requests; q < r.host.requests.size(); ++q) r.reply(q, "", 503);
  }
  CHECK(r.link() == 2);
  std::size_t answered = r.host.requests.size();
  for (int i = 0; i < 120; ++i) {
    pass(r, 1);
    for (; answered < r.host.requests.size(); ++answered) r.reply(answered, rest_candles({whole, {"", base + bucket, 1, 1, 1, 1, 1}}));
  }
  CHECK(r.link() == 1);
}

TEST_CASE("a USDC product hears what is told under its USD name, unless that is wanted itself") {
  Rig r(json{{"history", 0}}, 1u << BL_EV_BAR, {1}, base + second, {"", "BTC-USDC"});
  r.connect();
  pass(r, 305);
  CHECK(r.bars().size() == 1);
  Rig both(json{{"history", 0}, {"hold", 0}}, 1u << BL_EV_BAR, {1, 2}, base + second, {"", "BTC-USDC", "BTC-USD"});
  both.connect();
  pass(both, 305);
  const auto bars = both.bars();
  REQUIRE(bars.size() == 1);
  CHECK(bars[0].instrument == 2);
}

TEST_CASE("rows that are no bar, of no product that is wanted, and of another time, change nothing") {
  Rig r(json{{"history", 0}});
  r.connect();
  pass(r, 290);
  r.says(candles(r.host.now, r.number++, {{"DOGE-USD", base, 1, 1, 1, 1, 1}}));
  r.says(candles(r.host.now, r.number++, {{"BTC-USD", base + 7 * second, 1, 1, 1, 1, 1}}));
  r.says(candles(r.host.now, r.number++, {{"BTC-USD", base, 1000, 900, 1010, 1005, 290}}));     // high below low
  r.says(candles(r.host.now, r.number++, {{"BTC-USD", base + 900 * bucket, 1, 1, 1, 1, 1}}));  // from the future
  pass(r, 14);
  const auto bars = r.bars();
  REQUIRE(bars.size() == 1);
  CHECK(same(bars[0], whole));
}
