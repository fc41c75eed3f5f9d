// Asking patiently: what is asked again, how often, how fast, and what ends it.
#include <catch2/catch.hpp>

#include <deque>

#include "data/interval.hpp"
#include "data/venue.hpp"
#include "data/venue_https.hpp"
#include "scratch.hpp"

using namespace data_test;
using namespace bowline::data;

namespace {

constexpr std::int64_t second = 1'000'000'000;

/// Answers from a list, the last one for ever; a clock that sleeping moves.
struct Script {
  std::deque<WebAnswer> answers;
  std::vector<std::string> targets;
  std::vector<std::int64_t> at;
  std::int64_t now = 0;
  int stop_after_sleeps = -1;
  bool stopped = false;
  VenueWorld world() {
    return {[this](const std::string& t) {
              targets.push_back(t);
              at.push_back(now);
              WebAnswer a = answers.front();
              if (answers.size() > 1) answers.pop_front();
              return a;
            },
            [this] { return now; },
            [this](std::int64_t ns) {
              now += ns;
              if (stop_after_sleeps >= 0 && stop_after_sleeps-- == 0) stopped = true;
              return !stopped;
            },
            [this] { return stopped; },
            {}};
  }
};
const WebAnswer empty{200, "{\"candles\":[]}", {}, {}};
WebAnswer status(int s, std::string body = {}) { return {s, std::move(body), {}, {}}; }
WebAnswer none(const char* code) { return {0, {}, {}, {code, "why"}}; }

struct Asked {
  Result<CandlePage> page;
  std::vector<std::int64_t> at;
};
Asked ask(std::deque<WebAnswer> answers, VenueOptions o = {}) {
  Script s;
  s.answers = std::move(answers);
  Venue v(s.world(), o);
  Asked a{v.candles("BTC-USD", 300, {t0, t0 + 350 * 300}), {}};
  a.at = s.at;
  CHECK(v.requests() == s.at.size());
  CHECK(v.retries() + 1 == s.at.size());
  return a;
}
}  // namespace

TEST_CASE("a question names product, granularity and both ends, and stays below the venue's limit") {
  Script s;
  s.answers = {empty};
  Venue v(s.world(), {});
  REQUIRE(v.candles("BTC-USD", 300, {t0, t0 + 350 * 300}));
  CHECK(s.targets.front() == "/api/v3/brokerage/market/products/BTC-USD/candles?start=1704067200&end=1704171900&granularity=FIVE_MINUTE&limit=350");
  CHECK((1704171900 - 1704067200) / 300 < 350);
  CHECK(v.candles("BTC-USD", 14'400, {t0, t0 + 14'400}).error().code == "DATA_INTERVAL_INVALID");
  CHECK(v.candles("../x", 300, {t0, t0 + 300}).error().code == "DATA_INTERVAL_INVALID");
  CHECK(s.targets.size() == 1);
}

TEST_CASE("what may pass is asked again, later each time, and not for ever") {
  for (const WebAnswer& bad :
       {status(429), status(500), status(503, "go/sg/1"), none("EDGE_DEADLINE"), none("EDGE_CONNECT"), none("EDGE_RESOLVE"), none("EDGE_CLOSED")}) {
    const Asked good = ask({bad, bad, empty});
    CHECK(good.page);
    REQUIRE(good.at.size() == 3);
    const std::int64_t first = good.at[1] - good.at[0], next = good.at[2] - good.at[1];
    CHECK(first >= second / 4);
    CHECK(first <= second / 2);
    CHECK(next >= second / 2);
    CHECK(next <= second);
    CHECK(ask({bad}).at.size() == 8);
  }
  CHECK(ask({status(429)}).page.error().code == "DATA_VENUE_BUSY");
  CHECK(ask({status(502)}).page.error().code == "DATA_VENUE_FAILED");
  CHECK(ask({none("EDGE_DEADLINE")}).page.error().code == "DATA_VENUE_UNREACHABLE");
}

TEST_CASE("no wait is longer than its bound, but where the venue asks for one, within reason") {
  VenueOptions o;
  o.attempts = 20;
  const Asked a = ask({status(503)}, o);
  REQUIRE(a.at.size() == 20);
  for (std::size_t i = 1; i < a.at.size(); ++i) CHECK(a.at[i] - a.at[i - 1] <= 30 * second);
  WebAnswer later = status(429);
  later.retry_after_s = 45;
  CHECK(ask({later, empty}).at[1] >= 45 * second);
  later.retry_after_s = 1'000'000;
  CHECK(ask({later, empty}).at[1] <= 121 * second);
}

TEST_CASE("what will not pass is not asked again") {
  const auto code = [](WebAnswer a) {
    const Asked r = ask({std::move(a)});
    CHECK(r.at.size() == 1);
    return r.page.error().code;
  };
  CHECK(code(status(404, "{\"message\":\"product with this productID was not found\"}")) == "DATA_PRODUCT_UNKNOWN");
  CHECK(code(status(400)) == "DATA_VENUE_REFUSED");
  CHECK(code(status(401)) == "DATA_VENUE_REFUSED");
  CHECK(code(status(301)) == "DATA_VENUE_REFUSED");
  CHECK(code(none("EDGE_BAD_URL")) == "DATA_VENUE_UNREACHABLE");
  CHECK(ask({none("EDGE_TLS")}).at.size() == 2);
}

TEST_CASE("an answer that can't be read is asked for three times, one that breaks a rule once") {
  const Asked a = ask({status(200, "<html>")});
  CHECK(a.at.size() == 3);
  CHECK(a.page.error().code == "DATA_REPLY_UNREADABLE");
  CHECK(ask({status(200, "<html>"), empty}).page);
  const WebAnswer bad =
      status(200, "{\"candles\":[{\"start\":\"1704067200\",\"open\":\"1\",\"high\":\"1\",\"low\":\"2\",\"close\":\"1\",\"volume\":\"1\"}]}");
  CHECK(ask({bad}).page.error().code == "DATA_REPLY_CANDLE");
  CHECK(ask({bad}).at.size() == 1);
}

TEST_CASE("questions keep their distance") {
  Script s;
  s.answers = {empty};
  Venue v(s.world(), {});
  for (int i = 0; i < 20; ++i) REQUIRE(v.candles("BTC-USD", 300, {t0, t0 + 300}));
  for (std::size_t i = 1; i < s.at.size(); ++i) CHECK(s.at[i] - s.at[i - 1] >= second / 4);
}

TEST_CASE("a stop ends it at the next wait") {
  Script s;
  s.answers = {status(503)};
  s.stop_after_sleeps = 3;
  Venue v(s.world(), {});
  CHECK(v.candles("BTC-USD", 300, {t0, t0 + 300}).error().code == "DATA_INTERRUPTED");
  CHECK(s.at.size() == 2);
}

TEST_CASE("addresses: https, or this machine") {
  CHECK(checked_base_url("https://api.coinbase.com/") == "https://api.coinbase.com");
  CHECK(checked_base_url("https://localhost:8443") == "https://localhost:8443");
  CHECK(checked_base_url("http://127.0.0.1:80"));
  CHECK(checked_base_url("http://[::1]:80"));
  for (const char* no : {"", "api.coinbase.com", "http://api.coinbase.com", "http://localhost.evil.com", "https://", "https://a:", "https://a:b",
                         "https://a/b", "https://u@h", "https://a b", "ftp://localhost", "http://127.0.0.1.evil.com:80"})
    CHECK_FALSE(checked_base_url(no));
  for (const char* yes : {"BTC-USD", "1INCH-USD", "BIT-28JUN24-CDE"}) CHECK(is_product(yes));
  for (const char* no : {"", "..", "-BTC", "BTC/USD", "BTC USD", "BTC%20", "a_b"}) CHECK_FALSE(is_product(no));
}
