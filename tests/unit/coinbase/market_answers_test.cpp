// Products and market data.
#include "coinbase/market_answers.hpp"

#include <catch2/catch.hpp>

#include "coinbase/product_answers.hpp"
#include "vectors.hpp"

using namespace bowline;
using namespace bowline::coinbase;
using namespace bowline::literals;
using bowline::coinbase_test::vector_json;
using bowline::coinbase_test::vector_text;
using NJson = nlohmann::json;

namespace {

NJson product_json() {
  return NJson::parse(R"({"product_id":"BTC-USD","base_currency_id":"BTC","quote_currency_id":"USD","base_increment":"0.00000001","quote_increment":"0.01",
    "price_increment":"0.010000000000000000","base_min_size":"0.00001","base_max_size":"3400","quote_min_size":"1","quote_max_size":"150000000","price":"",
    "status":"online","product_type":"SPOT","alias":"","alias_to":["BTC-USDC"],"new_at":null,"view_only":false})");
}
std::string field_of(const Error& e) { return e.details.empty() ? "" : e.details[0].second; }

}  // namespace

TEST_CASE("a product has its steps and limits, and lacks none of them") {
  const auto p = parse_product(product_json().dump());
  REQUIRE(p.ok());
  CHECK(p->price_increment == "0.01"_dec);
  CHECK_FALSE(p->price.has_value());
  CHECK(p->view_only == false);
  for (const char* key : {"product_id", "base_currency_id", "quote_currency_id", "base_increment", "quote_increment", "base_min_size", "base_max_size",
                          "quote_min_size", "quote_max_size"}) {
    NJson j = product_json();
    j.erase(key);
    CHECK(field_of(parse_product(j.dump()).error()) == key);
    j[key] = "";
    CHECK(parse_product(j.dump()).error().code == "COINBASE_FIELD_MISSING");
    j[key] = NJson::array();
    CHECK(parse_product(j.dump()).error().code == "COINBASE_FIELD_UNREADABLE");
  }
  for (const char* key : {"base_increment", "quote_increment", "price_increment"}) {
    NJson j = product_json();
    j[key] = "0";
    CHECK(field_of(parse_product(j.dump()).error()) == key);
  }
}

TEST_CASE("a product without a step of prices has that of its quote, and one that was not asked for tradability does not say it") {
  NJson j = product_json();
  j.erase("price_increment");
  j.erase("view_only");
  j["quote_increment"] = "0.05";
  const auto p = parse_product(j.dump());
  REQUIRE(p.ok());
  CHECK(p->price_increment == "0.05"_dec);
  CHECK_FALSE(p->view_only.has_value());
}

TEST_CASE("one product that can't be read does not hide the others, and is not traded") {
  NJson bad = product_json(), good = product_json();
  bad["product_id"] = "BAD-USD";
  bad["base_increment"] = "tiny";
  const auto l = parse_products(NJson{{"products", {bad, good, 5}}, {"num_products", 3}}.dump());
  REQUIRE(l.ok());
  REQUIRE(l->products.size() == 1);
  CHECK(l->products[0].product_id == "BTC-USD");
  REQUIRE(l->faults.size() == 2);
  CHECK(l->faults[0].product_id == "BAD-USD");
  CHECK(field_of(l->faults[0].error) == "products[0].base_increment");
  CHECK(l->faults[1].product_id.empty());
  CHECK(field_of(parse_products("{}").error()) == "products");
}

TEST_CASE("the published products are read") {
  const auto one = vector_text("rest/nautilus_http_product.json"), list = vector_text("rest/nautilus_http_products.json");
  if (!one || !list) return;
  const auto p = parse_product(*one);
  REQUIRE(p.ok());
  CHECK(p->product_id == "BTC-USD");
  CHECK(p->base_increment == "0.00000001"_dec);
  CHECK(p->price_increment == "0.01"_dec);
  CHECK(p->quote_min == "1"_dec);
  CHECK(p->base_max == "3400"_dec);
  CHECK(p->price == "68923.67"_dec);
  CHECK(p->alias_to == std::vector<std::string>{"BTC-USDC"});
  CHECK(p->view_only == false);
  const auto l = parse_products(*list);
  REQUIRE(l.ok());
  CHECK(l->faults.empty());
  REQUIRE(l->products.size() == 2);
  CHECK(l->products[1].alias == "BTC-USD");
  CHECK(l->products[1].quote == "USDC");
}

TEST_CASE("the published market data are read") {
  const auto book = vector_text("rest/nautilus_http_product_book.json"), ticker = vector_text("rest/nautilus_http_ticker.json"),
             candles = vector_text("rest/nautilus_http_candles.json");
  if (!book || !ticker || !candles) return;
  const auto b = parse_product_book(*book);
  REQUIRE(b.ok());
  CHECK(b->product_id == "BTC-USD");
  CHECK(b->bids.size() == 5);
  CHECK(b->bids[0].price == "68923.66"_dec);
  CHECK(b->asks[0].size == "0.16987193"_dec);
  CHECK(b->time_ns == 1'775'521'739'662'782'000);
  const auto t = parse_trades(*ticker);
  REQUIRE(t.ok());
  REQUIRE(t->trades.size() == 3);
  CHECK(t->trades[0].trade_id == "995098663");
  CHECK(t->trades[0].maker_side == Side::sell);
  CHECK(t->trades[2].size == "0.01450854"_dec);
  CHECK(t->best_bid == "68923.66"_dec);
  const auto c = parse_candles(*candles);
  REQUIRE(c.ok());
  REQUIRE(c->size() == 2);
  CHECK((*c)[0].start_s == 1'712'192'400);
  CHECK((*c)[0].high == "66331.99"_dec);
  CHECK((*c)[1].volume == "358.74851052"_dec);
}

TEST_CASE("a candle that is none is an error, and so are levels and trades") {
  const auto candle = [](const char* json) { return parse_candles(std::string(R"({"candles":[)") + json + "]}"); };
  CHECK(candle(R"({"start":1712192400,"low":"1","high":"3","open":"2","close":"2","volume":"0"})").ok());
  CHECK(candle(R"({"start":"1712192400","low":1,"high":3,"open":2,"close":2.5,"volume":1.5})")->at(0).close == "2.5"_dec);
  for (const char* bad : {R"({"start":"1","low":"1","high":"3","open":"4","close":"2","volume":"0"})", R"({"start":"1","low":"3","high":"3","open":"2","close":"2","volume":"0"})",
                          R"({"start":"1","low":"0","high":"3","open":"2","close":"2","volume":"0"})", R"({"start":"-1","low":"1","high":"3","open":"2","close":"2","volume":"0"})",
                          R"({"start":"1","low":"1","high":"3","open":"2","close":"2","volume":"-1"})", R"({"start":"1","low":"1","high":"3","open":"2","close":"2"})",
                          R"({"start":"1.5","low":"1","high":"3","open":"2","close":"2","volume":"0"})", "5"})
    CHECK_FALSE(candle(bad).ok());
  CHECK(field_of(parse_candles("{}").error()) == "candles");
  CHECK(parse_candles(R"({"candles":[]})")->empty());

  CHECK(field_of(parse_product_book(R"({"pricebook":{"product_id":"a","bids":[{"price":"1","size":"2"},{"price":"1"}],"asks":[],"time":"2026-04-07T00:28:59Z"}})").error()) ==
        "pricebook.bids[1].size");
  CHECK(field_of(parse_product_book("{}").error()) == "pricebook");
  CHECK(field_of(parse_product_book(R"({"pricebook":{"product_id":"a","bids":[],"asks":[]}})").error()) == "pricebook.time");
  const auto best = parse_best_bid_ask(
      R"({"pricebooks":[{"product_id":"a","bids":[{"price":"1","size":"2"}],"asks":[],"time":"2026-04-07T00:28:59Z"},{"product_id":"b","bids":[],"asks":[],"time":"2026-04-07T00:28:59Z"}]})");
  REQUIRE(best.ok());
  CHECK(best->faults.empty());
  REQUIRE(best->books.size() == 2);
  CHECK(best->books[0].bids[0].price == "1"_dec);
  CHECK(best->books[1].bids.empty());
  CHECK(field_of(parse_best_bid_ask(R"({"pricebooks":{}})").error()) == "pricebooks");
  const auto odd = parse_best_bid_ask(
      R"({"pricebooks":[{"product_id":"a","bids":[{"price":"x","size":"2"}],"asks":[],"time":"2026-04-07T00:28:59Z"},5,{"product_id":"b","bids":[],"asks":[],"time":"2026-04-07T00:28:59Z"}]})");
  REQUIRE(odd.ok());
  REQUIRE(odd->books.size() == 1);
  CHECK(odd->books[0].product_id == "b");
  REQUIRE(odd->faults.size() == 2);
  CHECK(odd->faults[0].product_id == "a");
  CHECK(field_of(odd->faults[0].error) == "pricebooks[0].bids[0].price");
  CHECK(odd->faults[1].product_id.empty());
  CHECK(field_of(parse_trades(R"({"trades":[{"trade_id":"1","product_id":"a","price":"1","time":"2026-04-07T00:28:59Z"}]})").error()) == "trades[0].size");
  const auto strange = parse_trades(R"({"trades":[{"trade_id":1,"product_id":"a","price":"1","size":"1","time":"2026-04-07T00:28:59Z","side":"SIDEWAYS"}],"best_bid":""})");
  REQUIRE(strange.ok());
  CHECK(strange->trades[0].maker_side == Side::unknown);
  CHECK_FALSE(strange->best_bid.has_value());
}
