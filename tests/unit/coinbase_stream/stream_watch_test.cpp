// Silence, per subscription and of the connection.
#include "coinbase_stream/stream_watch.hpp"
#include "frames.hpp"

using namespace stream_tests;

TEST_CASE("a subscription that was asked for and never heard becomes stale, once") {
  StreamWatch w;
  w.watch(Channel::level2, "BTC-USD", 5 * second, t0);
  CHECK(w.next_due_ns() == t0 + 5 * second + 1);
  CHECK(w.check(t0 + 5 * second).empty());
  const auto stale = w.check(t0 + 5 * second + 1);
  REQUIRE(stale.size() == 1);
  CHECK(stale[0].channel == Channel::level2);
  CHECK(stale[0].product == "BTC-USD");
  CHECK(stale[0].silent_ns == 5 * second + 1);
  CHECK(w.check(t0 + 60 * second).empty());      // told
  CHECK(w.stale(t0 + 60 * second).size() == 1);  // and still so
  CHECK_FALSE(w.next_due_ns());
}

TEST_CASE("what arrives counts for its own subscription and for the connection, for no other") {
  StreamDecoder d;
  StreamWatch w;
  w.watch_connection(3 * second, t0);
  w.watch(Channel::level2, "BTC-USD", 5 * second, t0);
  w.watch(Channel::level2, "ETH-USD", 5 * second, t0);
  w.watch(Channel::market_trades, "BTC-USD", 5 * second, t0);
  w.heard(taken(d, envelope("l2_data", 1, book_event("update", "BTC-USD", {level("bid", "1", "1")}))), t0 + 4 * second);
  const auto stale = w.check(t0 + 6 * second);
  REQUIRE(stale.size() == 2);
  CHECK((stale[0].channel == Channel::level2 && stale[0].product == "ETH-USD"));
  CHECK(stale[1].channel == Channel::market_trades);
  w.heard(taken(d, envelope("l2_data", 2, book_event("update", "ETH-USD", {}))), t0 + 7 * second);
  CHECK(w.check(t0 + 9 * second).size() == 0);
  CHECK(w.check(t0 + 13 * second).size() == 3);  // the connection, and both books
}

TEST_CASE("heartbeats, errors, acknowledgements and unreadable frames keep the connection alone alive") {
  StreamDecoder d;
  StreamWatch w;
  w.watch_connection(2 * second, t0);
  w.watch(Channel::user, "", 10 * second, t0);
  w.watch(Channel::subscriptions, "", 10 * second, t0);
  const std::string frames[] = {envelope("heartbeats", 1, "{}"), R"({"type":"error","message":"x"})",
                                envelope("subscriptions", 2, R"({"subscriptions":{"user":["BTC-USD"]}})"),
                                envelope("brand_new", 3, "{}")};
  std::int64_t now = t0;
  for (const std::string& f : frames) {
    now += 2 * second;
    w.heard(taken(d, f), now);
    CHECK(w.check(now).empty());
  }
  w.heard_connection(now + 2 * second);
  const auto stale = w.check(now + 3 * second);
  REQUIRE(stale.size() == 2);
  CHECK(stale[0].channel == Channel::subscriptions);
  CHECK(stale[1].channel == Channel::user);
}

TEST_CASE("a channel watched as a whole is heard by any of its products; a limit of 0 watches nothing") {
  StreamDecoder d;
  StreamWatch w;
  w.watch(Channel::candles, "", second, t0);
  w.watch(Channel::user, "", 0, t0);
  w.heard(
      taken(d,
            envelope(
                "candles", 1,
                R"({"candles":[{"start":"0","high":"1","low":"1","open":"1","close":"1","volume":"1","product_id":"X-Y"}]})")),
      t0 + second);
  CHECK(w.check(t0 + 2 * second).empty());
  CHECK(w.check(t0 + 86'400 * second).size() == 1);
  CHECK(w.last_ns(Channel::candles, "") == t0 + second);
  CHECK_FALSE(w.last_ns(Channel::candles, "X-Y"));
}

TEST_CASE("forgotten is not watched, asked again starts anew, and a clock that steps back does not prolong the patience") {
  StreamWatch w;
  w.watch(Channel::ticker, "A-B", second, t0);
  w.forget(Channel::ticker, "A-B");
  CHECK(w.check(t0 + 9 * second).empty());
  w.watch(Channel::ticker, "A-B", second, t0);
  CHECK(w.check(t0 + 9 * second).size() == 1);
  w.watch(Channel::ticker, "A-B", second, t0 + 9 * second);
  CHECK(w.check(t0 + 10 * second).empty());
  CHECK(w.check(t0 - 3'600 * second).empty());
  CHECK(w.check(t0 - 3'598 * second).size() == 1);
}
