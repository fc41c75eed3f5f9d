// What the venue answers: exactly as it is written, or not at all.
#include <catch2/catch.hpp>

#include "data/candle_page.hpp"
#include "scratch.hpp"

using namespace data_test;
using namespace bowline::data;

namespace {
std::string one(std::int64_t start, const std::string& change = {}) {
  const std::string text = "{\"start\":\"" + std::to_string(start) +
                           "\",\"low\":\"41999.9\",\"high\":\"42100\",\"open\":\"42000.10\",\"close\":\"42050\",\"volume\":\"355.82896243\"" +
                           change + "}";
  return text;
}
std::string page(const std::string& list) { return "{\"candles\":[" + list + "]}"; }
const Range asked{t0, t0 + 3000};
Result<CandlePage> read(const std::string& body, OnBad on_bad = OnBad::refuse) { return parse_candle_page(body, asked, 300, on_bad); }
std::string code_of(const std::string& body) {
  const auto r = read(body);
  return r ? "" : r.error().code;
}
std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const auto at = text.find(what);
  REQUIRE(at != text.npos);
  return text.replace(at, what.size(), by);
}
}  // namespace

TEST_CASE("newest first, in any order, overlapping and with more fields: the candles that were asked for, in order") {
  const auto r = read(page(one(t0 + 600) + "," + one(t0, ",\"new\":{\"a\":[1]}") + "," + one(t0 + 300) + "," + one(t0 + 300) + "," + one(t0 - 300) +
                           "," + one(t0 + 3000)));
  REQUIRE(r);
  REQUIRE(r->candles.size() == 3);
  CHECK(r->candles[0].open_s == t0);
  CHECK(r->candles[2].open_s == t0 + 600);
  CHECK(r->candles[0].open.to_string() == "42000.1");
  CHECK(r->candles[0].volume.to_string() == "355.82896243");
  CHECK(r->rounded == 0);
}

TEST_CASE("numbers as numbers are read by their digits, not through a double") {
  const auto r = read(replaced(replaced(page(one(t0)), "\"41999.9\"", "0.1000000000000000055"), "\"355.82896243\"", "1234567890.123456789"));
  CHECK(r.error().code == "DATA_REPLY_UNREADABLE");  // 19 decimals of a price are not rounded
  const auto exact = read(replaced(replaced(page(one(t0)), "\"41999.9\"", "0.1"), "\"" + std::to_string(t0) + "\"", std::to_string(t0)));
  REQUIRE(exact);
  CHECK(exact->candles[0].low.to_string() == "0.1");
}

TEST_CASE("an empty page is an answer") {
  const auto r = read("{\"candles\":[]}");
  REQUIRE(r);
  CHECK(r->candles.empty());
}

TEST_CASE("what is not documented is refused") {
  for (const char* body : {"", "null", "[]", "{", "<html>", "{}", "{\"candles\":null}", "{\"candles\":{}}", "{\"candles\":[1]}",
                           "{\"candles\":[]} x", "{\"candles\":[],\"candles\":[]}"})
    CHECK(code_of(body) == "DATA_REPLY_UNREADABLE");
  const std::string good = page(one(t0));
  for (const char* key : {"start", "low", "high", "open", "close", "volume"}) {
    const std::string name = std::string("\"") + key + "\":";
    CHECK(code_of(replaced(good, name, "\"other\":")) == "DATA_REPLY_UNREADABLE");
    CHECK(code_of(replaced(good, name, name + "null,\"was\":")) == "DATA_REPLY_UNREADABLE");
    CHECK(code_of(replaced(good, name, name + "\"\",\"was\":")) == "DATA_REPLY_UNREADABLE");
    CHECK(code_of(replaced(good, name, name + "\"NaN\",\"was\":")) == "DATA_REPLY_UNREADABLE");
    CHECK(code_of(replaced(good, name, name + "[1],\"was\":")) == "DATA_REPLY_UNREADABLE");
    CHECK(code_of(replaced(good, name, name + "\"1e400\",\"was\":")) == "DATA_REPLY_UNREADABLE");
  }
  CHECK(code_of(page(one(t0 + 1))) == "DATA_REPLY_UNREADABLE");
  CHECK(code_of(page(one(-300))) == "DATA_REPLY_UNREADABLE");
  CHECK(code_of(page(one(t0 * 1000))) == "DATA_REPLY_UNREADABLE");
  std::string deep = good;
  CHECK(code_of("{\"x\":" + std::string(100'000, '[') + std::string(100'000, ']') + ",\"candles\":[]}") == "DATA_REPLY_UNREADABLE");
  std::string many;
  for (int i = 0; i < 10'001; ++i) many += (i == 0 ? "" : ",") + std::string("1");
  CHECK(code_of(page(many)) == "DATA_REPLY_UNREADABLE");
}

TEST_CASE("two words about one candle: none is taken") {
  CHECK(code_of(page(one(t0) + "," + replaced(one(t0), "42050", "42051"))) == "DATA_REPLY_CONFLICT");
}

TEST_CASE("a candle that breaks a rule ends it, or is left out and told") {
  const std::string body = page(one(t0 + 300) + "," + replaced(one(t0), "\"42100\"", "\"42000\""));
  CHECK(code_of(body) == "DATA_REPLY_CANDLE");
  const auto r = read(body, OnBad::skip);
  REQUIRE(r);
  CHECK(r->candles.size() == 1);
  CHECK(r->left_out == std::vector<std::int64_t>{t0});
  CHECK(code_of(replaced(page(one(t0)), "\"41999.9\"", "\"-1\"")) == "DATA_REPLY_CANDLE");
  CHECK(code_of(replaced(page(one(t0)), "\"355.82896243\"", "\"-1\"")) == "DATA_REPLY_CANDLE");
}

TEST_CASE("a computed volume of too many digits is rounded and counted") {
  const auto r = read(replaced(page(one(t0)), "355.82896243", "12345678901.1234567895123456789"));
  REQUIRE(r);
  CHECK(r->rounded == 1);
  CHECK(r->candles[0].volume.to_string() == "12345678901.12345679");
}

TEST_CASE("the venue's time is a text or a number") {
  CHECK(parse_venue_time("{\"iso\":\"x\",\"epochSeconds\":\"1704067200\",\"epochMillis\":\"1704067200123\"}").value() == t0);
  CHECK(parse_venue_time("{\"epochSeconds\":1704067200}").value() == t0);
  for (const char* no :
       {"", "{}", "{\"epochSeconds\":null}", "{\"epochSeconds\":\"-5\"}", "{\"epochSeconds\":\"1e9\"}", "{\"epochSeconds\":99999999999}"})
    CHECK_FALSE(parse_venue_time(no));
}

TEST_CASE("what a venue says of an error is told printable and short") {
  CHECK(venue_message("{\"error\":\"e\",\"message\":\"m\\u001b[31m\"}") == "m?[31m");
  CHECK(venue_message("{\"error\":\"e\",\"message\":\"\"}") == "e");
  CHECK(venue_message("go/sg/1") == "");
  CHECK(venue_message("{\"message\":\"" + std::string(10'000, 'x') + "\"}").size() == 160);
}
