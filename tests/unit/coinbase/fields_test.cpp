// How answers are read: tolerant where the venue is loose, and never a zero where something is missing.
#include "coinbase/fields.hpp"

#include <catch2/catch.hpp>

#include "coinbase/words.hpp"
#include "vectors.hpp"

using namespace bowline;
using namespace bowline::coinbase;
using namespace bowline::literals;

TEST_CASE("numbers keep their digits, and what is no JSON is none") {
  const auto j = read_json(R"({"a":0.1000000000000000055511151231257827,"b":123456789012345678901234567890,"c":-5,"d":[1,2.50,{"e":null}],"f":true,"g":1e-7})");
  REQUIRE(j.has_value());
  CHECK(j->at("a") == "0.1000000000000000055511151231257827");
  CHECK(j->at("b") == "123456789012345678901234567890");
  CHECK(j->at("c") == "-5");
  CHECK(j->at("d").at(1) == "2.50");
  CHECK(j->at("d").at(2).at("e").is_null());
  CHECK(j->at("f") == true);
  CHECK(j->at("g") == "1e-7");
  CHECK(read_json("5") == Json("5"));
  for (const std::string& bad : {std::string(), std::string(" "), std::string("Unauthorized"), std::string("go/sg/1"), std::string("{"), std::string("{}{}"),
                                 std::string("{\"a\":1,}"), std::string("{\"a\":\"\xff\"}"), std::string("{\"a\":01}"), std::string("<html>"),
                                 std::string(100'000, '['), std::string("{\"a\":1,\"a\":1}"), std::string("\xef\xbb\xbf")})
    CHECK_FALSE(read_json(bad).has_value());
  CHECK(read_json(std::string(64, '[') + std::string(64, ']')).has_value());
  CHECK_FALSE(read_json(std::string(66, '[') + std::string(66, ']')).has_value());
}

TEST_CASE("an optional field may be missing, null or empty; one that is needed may not") {
  const auto j = *read_json(R"({"null":null,"empty":"","text":"x","number":5,"amount":"1.50","as_number":0.1,"object":{},"flag":"true","no":false})");
  Fields f(j, "it");
  for (const char* gone : {"missing", "null", "empty"}) {
    CHECK(f.text_or_empty(gone).empty());
    CHECK_FALSE(f.amount_if(gone).has_value());
    CHECK_FALSE(f.whole_if(gone).has_value());
    CHECK_FALSE(f.time_if(gone).has_value());
    CHECK(f.flag_or(gone, true));
    CHECK(f.list_or_empty(gone).empty());
    CHECK(f.find(gone) == nullptr);
  }
  CHECK(f.text("text") == "x");
  CHECK(f.text("number") == "5");
  CHECK(f.whole("number") == 5);
  CHECK(f.amount("amount") == "1.5"_dec);
  CHECK(f.amount("as_number") == "0.1"_dec);
  CHECK(f.flag("flag"));
  CHECK_FALSE(f.flag("no"));
  CHECK(f.ok());
  for (const char* gone : {"missing", "null", "empty"}) {
    Fields g(j, "it");
    CHECK_FALSE(g.amount(gone).is_set());
    REQUIRE(g.fault().has_value());
    CHECK(g.fault()->code == "COINBASE_FIELD_MISSING");
    CHECK(g.fault()->details == std::vector<std::pair<std::string, std::string>>{{"field", std::string("it.") + gone}});
  }
}

TEST_CASE("what can't be read is named, never zero, and not repeated") {
  const auto bad = [](const char* json, auto read) {
    const auto j = *read_json(json);
    Fields f(j, "orders[3]");
    read(f);
    INFO(json);
    REQUIRE(f.fault().has_value());
    CHECK(f.fault()->code == "COINBASE_FIELD_UNREADABLE");
    CHECK(f.fault()->details.at(0).second == "orders[3].a");
    CHECK(f.fault()->message.find("987") == std::string::npos);
  };
  const auto amount = [](Fields& f) { CHECK_FALSE(f.amount("a").is_set()); };
  for (const char* json : {R"({"a":"987x"})", R"({"a":"9 87"})", R"({"a":"NaN"})", R"({"a":"1,987"})", R"({"a":true})", R"({"a":{}})", R"({"a":[]})",
                           R"({"a":"987.0000000000000000001"})", R"({"a":"987000000000000000000000"})", R"({"a":"-987"})"})
    bad(json, amount);
  bad(R"({"a":"0"})", [](Fields& f) { f.amount("a", Sign::positive); });
  bad(R"({"a":"x"})", [](Fields& f) { f.amount_if("a"); });  // there, and unreadable: that is not the same as missing
  bad(R"({"a":"yes"})", [](Fields& f) { f.flag_or("a", true); });
  bad(R"({"a":1})", [](Fields& f) { f.flag("a"); });
  bad(R"({"a":"1.5"})", [](Fields& f) { f.whole("a"); });
  bad(R"({"a":"99999999999999999999"})", [](Fields& f) { f.whole_if("a"); });
  bad(R"({"a":"yesterday"})", [](Fields& f) { f.time("a"); });
  bad(R"({"a":{}})", [](Fields& f) { f.text("a"); });
  bad(R"({"a":"x"})", [](Fields& f) { f.list("a"); });
  bad(R"({"a":[1,{}]})", [](Fields& f) { f.texts_or_empty("a"); });
  const Json list = Json::array();
  Fields f(list, "orders[3]");
  CHECK_FALSE(f.ok());
  CHECK_FALSE(f.amount("a").is_set());
}

TEST_CASE("what the venue has computed is read to the nearest 18th decimal") {
  const auto read = [](const std::string& s) {
    const Json j = {{"a", s}};
    Fields f(j, "");
    const Decimal d = f.computed("a", Sign::any);
    CHECK(f.ok());
    return d.to_string();
  };
  CHECK(read("8.5959999999999997") == "8.5959999999999997");
  CHECK(read("0.0000000000000000015") == "0.000000000000000002");
  CHECK(read("0.0000000000000000014999") == "0.000000000000000001");
  CHECK(read("-0.0000000000000000015") == "-0.000000000000000002");
  CHECK(read("1.9999999999999999999") == "2");
  CHECK(read("123.4567890123456789012345678901234567890123456789") == "123.456789012345678901");
  for (const char* bad : {"1.0000000000000000000x", "1.00000000000000000001.5", "1.", ".", "--1", "1e400", "9999999999999999999999.00000000000000000001", ""}) {
    const Json j = {{"a", bad}};
    Fields f(j, "");
    CHECK_FALSE(f.computed("a", Sign::any).is_set());
    INFO(bad);
    CHECK_FALSE(f.ok());
  }
}

TEST_CASE("the first fault is kept") {
  const auto j = *read_json("{}");
  Fields f(j, "");
  f.text("one");
  f.text("two");
  CHECK(f.fault()->details.at(0).second == "one");
}

TEST_CASE("a time of the year one is no time") {
  const auto j = *read_json(R"({"a":"0001-01-01T00:00:00Z","b":"2024-01-15T10:05:00.5Z"})");
  Fields f(j, "");
  CHECK_FALSE(f.time_if("a").has_value());
  CHECK(f.time("b") == 1'705'313'100'500'000'000);
  CHECK(f.ok());
  f.time("a");
  CHECK(f.fault()->code == "COINBASE_FIELD_MISSING");
}

TEST_CASE("every word of the published lists that we know is known, and the others are unknown") {
  CHECK(order_type_of("Stop Limit") == OrderType::stop_limit);
  CHECK(order_type_of("STOP_LIMIT") == OrderType::stop_limit);
  CHECK(order_type_of("Limit") == OrderType::limit);
  CHECK(side_of("buy") == Side::buy);
  for (const char* word : {"", "BUY ", "BUYS", "UNKNOWN_ORDER_SIDE"}) CHECK(side_of(word) == Side::unknown);
  CHECK(word_of(Side::unknown).empty());
  CHECK(is_final(OrderStatus::expired));
  CHECK_FALSE(is_final(OrderStatus::cancel_queued));
  CHECK_FALSE(is_final(OrderStatus::unknown));
  const auto v = coinbase_test::vector_json("spec/enums.json");
  if (!v) return;
  const auto& spec = v->at("from_openapi_2025_04");
  for (const std::string word : spec.at("OrderExecutionStatus")) {
    INFO(word);
    CHECK((order_status_of(word) != OrderStatus::unknown) == (word != "UNKNOWN_ORDER_STATUS"));
    if (word != "UNKNOWN_ORDER_STATUS") CHECK(word_of(order_status_of(word)) == word);
  }
  CHECK(order_status_of("EDIT_QUEUED") == OrderStatus::edit_queued);
  for (const std::string word : spec.at("TimeInForceType")) CHECK((time_in_force_of(word) != TimeInForce::unknown) == !word.starts_with("UNKNOWN"));
  for (const std::string word : spec.at("StopTriggerStatus")) CHECK((trigger_status_of(word) != TriggerStatus::unknown) == !word.starts_with("UNKNOWN"));
  for (const std::string word : spec.at("LiquidityIndicator")) CHECK((liquidity_of(word) != Liquidity::unknown) == !word.starts_with("UNKNOWN"));
  for (const std::string word : spec.at("OrderType"))
    CHECK((order_type_of(word) != OrderType::unknown) == (!word.starts_with("UNKNOWN") && word != "TWAP"));
  for (const std::string word : v->at("seen_later_in_clients").at("FillTradeType(doc)")) CHECK(trade_type_of(word) != TradeType::unknown);
  std::size_t granularities = 0;
  for (const std::string word : spec.at("Granularity"))
    for (int g = 0; g <= static_cast<int>(Granularity::one_day); ++g)
      if (word_of(static_cast<Granularity>(g)) == word) ++granularities;
  CHECK(granularities == 8);
}
