#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <cctype>
#include <set>
#include <string>

#include "core/identity.hpp"

using namespace bowline::core;

TEST_CASE("the same facts give the same id, in every build: pinned vectors") {
  CHECK(decision_id(1, "BTC-USD", 1'640'995'200'000'000'000, "xgb", "m1").hex() == "34fd39f2cd9a9315304e46e99c76511f");
  CHECK(decision_id(0, "", 0, "", "").hex() == "33b77f1fd26987f0fc1eb4d4dfdb6a4f");
  CHECK(client_order_id(7, "default", {1, 2}, Purpose::entry, 0, 0).view() == "bl-d8b77ad0643521ba476b087384e569c9");
}

TEST_CASE("rule 2.1: each fact of a decision takes part in its id") {
  std::set<std::string> ids;
  for (const auto& id : {decision_id(1, "BTC-USD", 10, "xgb", "m1"), decision_id(2, "BTC-USD", 10, "xgb", "m1"),
                         decision_id(1, "ETH-USD", 10, "xgb", "m1"), decision_id(1, "BTC-USD", 11, "xgb", "m1"),
                         decision_id(1, "BTC-USD", 10, "ema", "m1"), decision_id(1, "BTC-USD", 10, "xgb", "m2"),
                         // the border between two texts counts too
                         decision_id(1, "BTC-USD", 10, "xgbm", "1"), decision_id(1, "BTC-USDx", 10, "gb", "m1")})
    ids.insert(id.hex());
  CHECK(ids.size() == 8);
}

TEST_CASE("rule 2.1: each fact of an order takes part in its id: epoch, account, decision, purpose, leg, attempt") {
  std::set<std::string> ids;
  for (const auto& id : {client_order_id(7, "a", {1, 2}, Purpose::entry, 0, 0), client_order_id(8, "a", {1, 2}, Purpose::entry, 0, 0),
                         client_order_id(7, "b", {1, 2}, Purpose::entry, 0, 0), client_order_id(7, "a", {2, 1}, Purpose::entry, 0, 0),
                         client_order_id(7, "a", {1, 2}, Purpose::exit, 0, 0), client_order_id(7, "a", {1, 2}, Purpose::entry, 1, 0),
                         client_order_id(7, "a", {1, 2}, Purpose::entry, 0, 1)})
    ids.insert(std::string(id.view()));
  CHECK(ids.size() == 7);
}

TEST_CASE("rule 2.1: a client order id has at most 39 characters of [A-Za-z0-9-] and ends with a NUL") {
  CHECK(rc::check("whatever the facts are", [](std::uint64_t epoch, const std::string& account, std::uint64_t hi,
                                               std::uint64_t lo, std::uint32_t leg, std::uint32_t attempt) {
    const ClientOrderId id = client_order_id(epoch, account, {hi, lo}, Purpose::stop, leg, attempt);
    RC_ASSERT(!id.empty());
    RC_ASSERT(id.view().size() <= 39u);
    RC_ASSERT(id.text[39] == '\0');
    for (const char c : id.view()) RC_ASSERT(std::isalnum(static_cast<unsigned char>(c)) || c == '-');
    RC_ASSERT(id == client_order_id(epoch, account, {hi, lo}, Purpose::stop, leg, attempt));
  }));
}

TEST_CASE("long names count whole: two that differ at the end have different ids") {
  const std::string a(400, 'x'), b = a + "y";
  CHECK(decision_id(1, a, 1, a, a) != decision_id(1, a, 1, a, b));
  CHECK(decision_id(1, a, 1, a, a) != decision_id(1, b, 1, a, a));
}

TEST_CASE("hex of an id reads back, and nothing else reads as an id") {
  CHECK(rc::check("from_hex(hex(id)) == id", [](std::uint64_t hi, std::uint64_t lo) {
    RC_ASSERT(Id128::from_hex(Id128{hi, lo}.hex()) == (Id128{hi, lo}));
  }));
  for (const char* bad : {"", "1", "0123456789abcdef0123456789abcde", "0123456789abcdef0123456789abcdefa",
                          "g123456789abcdef0123456789abcdef"})
    CHECK_FALSE(Id128::from_hex(bad));
}

TEST_CASE("an over-long order id is cut at 39 characters and stays terminated") {
  const ClientOrderId id(std::string(60, 'a'));
  CHECK(id.view() == std::string(39, 'a'));
}

TEST_CASE("times print in UTC, with nanoseconds only when there are any, also before 1970") {
  CHECK(format_time(1'640'995'500'000'000'000) == "2022-01-01T00:05:00Z");
  CHECK(format_time(1'640'995'500'000'000'001) == "2022-01-01T00:05:00.000000001Z");
  CHECK(format_time(-1) == "1969-12-31T23:59:59.999999999Z");
}
