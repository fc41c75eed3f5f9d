// Frames that are cut, wrong, hostile or huge: refused by name, and nothing else changes.
#include <nlohmann/json.hpp>

#include <fstream>
#include <sstream>

#include "coinbase_stream/book.hpp"
#include "frames.hpp"

using namespace bowline;
using namespace bowline::literals;
using namespace stream_tests;

namespace {

std::vector<std::string> good_frames() {
  return {
      envelope("l2_data", 1,
               book_event("snapshot", "BTC-USD", {level("bid", "68900.00", "1.5"), level("offer", "68901.00", "0.50000000")})),
      envelope(
          "market_trades", 2,
          R"({"type":"update","trades":[{"trade_id":"9","product_id":"BTC-USD","price":"68900.50","size":"0.1","side":"BUY","time":"2026-04-07T14:30:02.8Z"}]})"),
      envelope(
          "ticker", 3,
          R"({"type":"snapshot","tickers":[{"type":"ticker","product_id":"BTC-USD","price":"68900.50","best_bid":"1","best_ask":"2"}]})"),
      envelope(
          "candles", 4,
          R"({"type":"update","candles":[{"start":"1775572200","high":"2","low":"1","open":"1.5","close":"1.75","volume":"3","product_id":"BTC-USD"}]})"),
      envelope("status", 5, R"({"type":"snapshot","products":[{"id":"BTC-USD","base_increment":"0.1","status":"online"}]})"),
      envelope("user", 6,
               user_event("snapshot",
                          {order("o1", "OPEN",
                                 R"("cumulative_quantity":"0.5","avg_price":"2","post_only":"true","order_side":"BUY")")})),
      envelope("subscriptions", 7, R"({"subscriptions":{"level2":["BTC-USD"]}})"),
      envelope("heartbeats", 8, R"({"current_time":"x","heartbeat_counter":3})"),
      R"({"type":"error","message":"authentication failure"})",
  };
}

}  // namespace

TEST_CASE("a frame that is cut anywhere is refused as no JSON, and the next one is read as ever") {
  StreamDecoder d;
  for (const std::string& whole : good_frames()) {
    for (std::size_t n = 0; n < whole.size(); ++n) {
      const Error e = refused(d, std::string_view(whole).substr(0, n));
      CHECK(e.code == "FRAME_MALFORMED");
      CHECK_FALSE(e.message.empty());
    }
    taken(d, whole);
  }
}

TEST_CASE("more behind the end, several frames in one and bytes that are no UTF-8 are refused") {
  StreamDecoder d;
  for (const std::string& whole : good_frames()) {
    CHECK(refused(d, whole + "x").code == "FRAME_MALFORMED");
    CHECK(refused(d, whole + whole).code == "FRAME_MALFORMED");
    CHECK(refused(d, whole + "}").code == "FRAME_MALFORMED");
    std::string bytes = whole;
    bytes[bytes.find("\":\"") + 3] = '\xff';
    CHECK(refused(d, bytes).code == "FRAME_MALFORMED");
  }
  for (const char* text : {"", " ", "null", "7", "\"x\"", "[]", "[{}]", "true", "{", "}", "{]", "{\"a\"}", "{\"a\":}", "{,}"})
    CHECK(refused(d, text).code == "FRAME_MALFORMED");
  CHECK(refused(d, std::string_view("\0\0\0", 3)).code == "FRAME_MALFORMED");
  CHECK(refused(d, "{}").code == "FRAME_FIELD_MISSING");
}

TEST_CASE("a field of a wrong type or value is named with its place") {
  StreamDecoder d;
  const auto says = [&](const std::string& text, const std::string& code, const std::string& words) {
    const Error e = refused(d, text);
    CHECK(e.code == code);
    CHECK(e.message == words);
    return e;
  };
  const std::string good = level("bid", "1", "1");
  const Error e =
      says(envelope("l2_data", 5, book_event("update", "BTC-USD", {good, good, level("bid", "abc", "1")})), "FRAME_FIELD_WRONG",
           "l2_data: events[0].updates[2].price_level is no decimal number that can be held exactly");
  const auto detail = [&](const std::string& key) {
    for (const auto& [k, v] : e.details)
      if (k == key) return v;
    return std::string("-");
  };
  CHECK(detail("channel") == "l2_data");
  CHECK(detail("sequence_num") == "5");
  CHECK(detail("product") == "BTC-USD");
  CHECK(d.last_sequence() == 5U);  // the tracker goes on from there
  CHECK(d.last_channel() == Channel::level2);
  says(envelope("l2_data", 5, book_event("update", "A", {level("middle", "1", "1")})), "FRAME_FIELD_WRONG",
       "l2_data: events[0].updates[0].side is neither bid nor offer");
  says(envelope("l2_data", 5, book_event("update", "A", {level("bid", "0", "1")})), "FRAME_FIELD_WRONG",
       "l2_data: events[0].updates[0].price_level is not above 0");
  says(envelope("l2_data", 5, book_event("update", "A", {level("bid", "1", "-1")})), "FRAME_FIELD_WRONG",
       "l2_data: events[0].updates[0].new_quantity is below 0");
  says(envelope("l2_data", 5, book_event("update", "A", {level("bid", "", "1")})), "FRAME_FIELD_WRONG",
       "l2_data: events[0].updates[0].price_level is no decimal number that can be held exactly");
  says(envelope("l2_data", 5, book_event("changed", "A", {})), "FRAME_FIELD_WRONG",
       "l2_data: events[0].type is neither snapshot nor update");
  says(envelope("l2_data", 5, R"({"product_id":"A","updates":[]})"), "FRAME_FIELD_MISSING",
       "l2_data: events[0].type is missing");
  says(envelope("l2_data", 5, R"({"type":"update","updates":[]})"), "FRAME_FIELD_MISSING",
       "l2_data: events[0].product_id is missing");
  says(envelope("l2_data", 5, R"({"type":"update","product_id":"A"})"), "FRAME_FIELD_MISSING",
       "l2_data: events[0].updates is missing");
  says(envelope("l2_data", 5, R"({"type":"update","product_id":"A","updates":[{"side":"bid","price_level":"1"}]})"),
       "FRAME_FIELD_MISSING", "l2_data: events[0].updates[0].new_quantity is missing");
  says(envelope("l2_data", 5, R"({"type":"update","product_id":"A","updates":{}})"), "FRAME_FIELD_WRONG",
       "l2_data: events[0].updates is no list");
  says(envelope("l2_data", 5, R"({"type":"update","product_id":{},"updates":[]})"), "FRAME_FIELD_WRONG",
       "l2_data: events[0].product_id is no text");
  says(envelope("l2_data", 5, R"({"type":"update","product_id":"A","updates":[7]})"), "FRAME_FIELD_WRONG",
       "l2_data: events[0].updates[0] is no object");
  says(envelope("l2_data", 5, "7"), "FRAME_FIELD_WRONG", "l2_data: events[0] is no object");
  says(R"({"channel":"l2_data","events":7})", "FRAME_FIELD_WRONG", "l2_data: events is no list");
  says(R"({"channel":"l2_data"})", "FRAME_FIELD_MISSING", "l2_data: events is missing");
  says(R"({"channel":"l2_data","sequence_num":-1,"events":[]})", "FRAME_FIELD_WRONG",
       "l2_data: sequence_num is no whole number from 0 to 2^63 - 1");
  says(R"({"channel":"l2_data","sequence_num":1.5,"events":[]})", "FRAME_FIELD_WRONG",
       "l2_data: sequence_num is no whole number from 0 to 2^63 - 1");
  says(R"({"channel":"l2_data","sequence_num":99999999999999999999,"events":[]})", "FRAME_FIELD_WRONG",
       "l2_data: sequence_num is no whole number from 0 to 2^63 - 1");
  says(R"({"channel":["l2_data"],"events":[]})", "FRAME_FIELD_WRONG", "frame: channel is no text");
  says(R"({"channel":"l2_data","channel":"user","events":[]})", "FRAME_FIELD_WRONG", "l2_data: channel is there twice");
  says(R"({"channel":"l2_data","events":[],"events":[]})", "FRAME_FIELD_WRONG", "l2_data: events is there twice");
  says(envelope("market_trades", 5, R"({"trades":[]})"), "FRAME_FIELD_MISSING", "market_trades: events[0].type is missing");
  says(envelope("market_trades", 5, R"({"type":"update","trades":[{"product_id":"A","price":"1","size":"0"}]})"),
       "FRAME_FIELD_WRONG", "market_trades: events[0].trades[0].size is not above 0");
  says(envelope("ticker", 5, R"({"type":"update","tickers":[{"product_id":"A","best_bid":"-1"}]})"), "FRAME_FIELD_WRONG",
       "ticker: events[0].tickers[0].best_bid is below 0");
  says(envelope("ticker", 5, R"({"type":"update","tickers":[{"product_id":"A","price":true}]})"), "FRAME_FIELD_WRONG",
       "ticker: events[0].tickers[0].price is no decimal number");
  says(envelope("candles", 5, R"({"candles":[{"product_id":"A","start":"x"}]})"), "FRAME_FIELD_WRONG",
       "candles: events[0].candles[0].start is no whole number from 0 to 2^63 - 1");
  says(envelope("candles", 5, R"({"candles":[{"product_id":"A","start":"300","open":"1","high":"1","low":"1","close":"1"}]})"),
       "FRAME_FIELD_MISSING", "candles: events[0].candles[0].volume is missing");
  says(envelope("candles", 5,
                R"({"candles":[{"product_id":"A","start":"","open":"1","high":"1","low":"1","close":"1","volume":"1"}]})"),
       "FRAME_FIELD_MISSING", "candles: events[0].candles[0].start is missing");
  says(envelope("status", 5, R"({"products":[{"id":""}]})"), "FRAME_FIELD_MISSING",
       "status: events[0].products[0].id is missing");
  says(envelope("user", 5, R"({"orders":[]})"), "FRAME_FIELD_MISSING", "user: events[0].type is missing");
  says(envelope("user", 5, R"({"type":"update","orders":[{"order_id":"x"}]})"), "FRAME_FIELD_MISSING",
       "user: events[0].orders[0].status is missing");
  says(envelope("user", 5, R"({"type":"update","orders":[{"status":"OPEN"}]})"), "FRAME_FIELD_MISSING",
       "user: events[0].orders[0].order_id is missing");
  says(envelope("user", 5, user_event("update", {order("o", "OPEN", R"("post_only":"maybe")")})), "FRAME_FIELD_WRONG",
       "user: events[0].orders[0].post_only is neither true nor false");
  says(envelope("user", 5, user_event("update", {order("o", "OPEN", R"("cumulative_quantity":"-1")")})), "FRAME_FIELD_WRONG",
       "user: events[0].orders[0].cumulative_quantity is below 0");
  says(envelope("subscriptions", 5, R"({"subscriptions":[]})"), "FRAME_FIELD_WRONG",
       "subscriptions: events[0].subscriptions is no object");
  says(envelope("subscriptions", 5, "{}"), "FRAME_FIELD_MISSING", "subscriptions: events[0].subscriptions is missing");
  CHECK(d.counts().frames == 0);
}

TEST_CASE("a refused frame leaves no part of itself: neither in the next frame nor in a book") {
  StreamDecoder d;
  Book book;
  const auto feed = [&](std::string_view text) {
    const auto r = d.decode(text);
    if (!r) return false;
    for (const BookEvent& e : (*r)->books)
      book.apply(e, std::span((*r)->book_updates).subspan(e.first, e.count), (*r)->timestamp_ns, t0);
    return true;
  };
  REQUIRE(
      feed(envelope("l2_data", 1, book_event("snapshot", "BTC-USD", {level("bid", "10", "1"), level("offer", "11", "1")}))));
  CHECK_FALSE(feed(envelope("l2_data", 2,
                            book_event("update", "BTC-USD", {level("bid", "10.5", "1")}) + "," +
                                book_event("update", "BTC-USD", {level("bid", "10.6", "bad")}))));
  CHECK(book.quote()->bid == 10);
  const StreamFrame& next = taken(d, envelope("l2_data", 3, book_event("update", "BTC-USD", {level("bid", "10", "2")})));
  CHECK(next.books.size() == 1);
  CHECK(next.book_updates.size() == 1);
  CHECK(d.counts().refused == 1);
}

TEST_CASE("nesting without end, endless digits and long names are refused or passed by, never followed") {
  StreamDecoder d;
  std::string deep = R"({"channel":"l2_data","x":)";
  deep += std::string(100'000, '[') + std::string(100'000, ']') + R"(,"events":[]})";
  (void)d.decode(deep);  // either is right
  std::string objects = R"({"channel":"l2_data","events":)";
  for (int i = 0; i < 50'000; ++i) objects += R"([{"updates":)";
  CHECK_FALSE(d.decode(objects).ok());
  const std::string digits(100'000, '9');
  CHECK(refused(d, envelope("l2_data", 1, book_event("update", "A", {level("bid", digits, "1")}))).code == "FRAME_FIELD_WRONG");
  CHECK(refused(d, envelope("l2_data", 1, book_event("update", "A", {level("bid", "1", "0." + digits)}))).code ==
        "FRAME_FIELD_WRONG");
  const std::string name(100'000, 'c');
  const Error e = refused(d, R"({"channel":")" + name + R"(","events":[],"events":[]})");
  CHECK(e.message.size() < 200);
  for (const auto& [key, value] : e.details) CHECK(value.size() < 100);
  taken(d, good_frames()[0]);
}

TEST_CASE("a snapshot of 10 MiB is taken, one of 64 MiB too; above the limit it is refused by size") {
  StreamDecoder d;
  const auto snapshot_of = [](std::size_t bytes) {
    std::string levels;
    levels.reserve(bytes + 1000);
    std::size_t n = 0;
    while (levels.size() < bytes) {
      if (n) levels += ',';
      // Bids below 100000, offers above, each price once.
      const bool bid = n % 2 == 0;
      const std::size_t cents = n / 2;
      const std::string px =
          bid ? std::to_string(99'999 - cents / 100 % 90'000) + "." + std::to_string(100 + cents % 100).substr(1)
              : std::to_string(100'000 + cents / 100) + "." + std::to_string(100 + cents % 100).substr(1);
      levels += level(bid ? "bid" : "offer", px, "1.00000001", "1970-01-01T00:00:00Z");
      ++n;
    }
    return std::pair(envelope("l2_data", 1, R"({"type":"snapshot","product_id":"BTC-USD","updates":[)" + levels + "]}"), n);
  };
  for (const std::size_t mib : {10, 64}) {
    const auto [text, n] = snapshot_of(mib << 20);
    const StreamFrame& f = taken(d, text);
    CHECK(f.book_updates.size() == n);
    Book book;
    book.apply(f.books[0], f.book_updates, f.timestamp_ns, t0);
    CHECK(book.usable());
    CHECK(book.size(BookSide::bid) + book.size(BookSide::ask) == n);
    CHECK(book.depth(BookSide::bid, 1).at(0).price == "99999.99"_dec);
    CHECK(book.depth(BookSide::ask, 1).at(0).price == "100000"_dec);
    taken(d, good_frames()[0]);  // small ones after it are as ever
  }
  StreamDecoder::Options small;
  small.max_bytes = 1000;
  StreamDecoder limited(small);
  CHECK(refused(limited, std::string(1001, ' ')).code == "FRAME_TOO_LARGE");
  taken(limited, good_frames()[0]);
}

TEST_CASE("any field of any frame replaced by anything: taken or refused by name, never a crash") {
  // Each value in turn, by each of these.
  const std::vector<nlohmann::json> others{nullptr,
                                           true,
                                           0,
                                           -1,
                                           1.5,
                                           "",
                                           "x",
                                           "-1",
                                           "99999999999999999999999999",
                                           nlohmann::json::array(),
                                           nlohmann::json::object(),
                                           nlohmann::json::array({1, "a"}),
                                           {{"type", "snapshot"}}};
  StreamDecoder d;
  std::size_t tried = 0;
  for (const std::string& text : good_frames()) {
    const nlohmann::json whole = nlohmann::json::parse(text);
    const nlohmann::json leaves = whole.flatten();
    for (const auto& [path, value] : leaves.items()) {
      nlohmann::json::json_pointer at(path);
      for (; !at.empty(); at.pop_back())
        for (const auto& other : others) {
          nlohmann::json changed = whole;
          changed[at] = other;
          const auto r = d.decode(changed.dump());
          if (!r) {
            INFO(changed.dump());
            CHECK((r.error().code == "FRAME_FIELD_WRONG" || r.error().code == "FRAME_FIELD_MISSING"));
          }
          ++tried;
        }
      nlohmann::json without = whole;
      const nlohmann::json::json_pointer leaf(path);
      if (without.at(leaf.parent_pointer()).is_object()) {
        without.at(leaf.parent_pointer()).erase(leaf.back());
        (void)d.decode(without.dump());
      }
    }
  }
  CHECK(tried > 2000);
}
