// Market data over REST, read by the client's own parsers.
#include "readers.hpp"

using namespace face_test;

namespace {

Candle candle(std::int64_t start_s, const Decimal& open, const Decimal& close, const Decimal& volume) {
  return {start_s, min(open, close), max(open, close), open, close, volume};
}
const std::vector<LevelView> some_bids{{"100.10"_dec, "1"_dec}, {"100.05"_dec, "0.00000001"_dec}, {"99"_dec, "5.12345678"_dec}};
const std::vector<LevelView> some_asks{{"100.30"_dec, "2"_dec}, {"100.34"_dec, "3"_dec}, {"101"_dec, "4"_dec}};

}  // namespace

TEST_CASE("time: the client reads the millisecond that the venue has") {
  Rig r;
  r.now += 123'456'789;
  const WebReply reply = r.send(r.alices, cb::server_time());
  CHECK(must(cb::parse_server_time(reply.body)) == r.now / 1'000'000 * 1'000'000);
  CHECK(r.get(std::string(root) + "/time").body == reply.body);
  const Parsed v = json_of(reply);
  CHECK(v["iso"] == "2023-11-14T22:13:20.123Z");
  CHECK(v["epochSeconds"] == "1700000000");
  CHECK(v["epochMillis"] == "1700000000123");
}

TEST_CASE("products: rules to the last decimal, flags, aliases both ways, and figures of the day") {
  Rig r;
  r.market(some_bids, some_asks, "100.2"_dec);
  const std::int64_t now_s = r.now / second, b = now_s / 300 * 300;
  r.tape.put("BTC-USD", Granularity::m5, candle(b - 290 * 300, "10"_dec, "10"_dec, "7"_dec));  // more than a day ago
  r.tape.put("BTC-USD", Granularity::m5, candle(b - 287 * 300, "80"_dec, "90"_dec, "1.5"_dec));
  r.tape.put("BTC-USD", Granularity::m5, candle(b, "100"_dec, "100.2"_dec, "2"_dec));
  ProductFlags f;
  f.post_only = true;
  f.view_only = true;
  REQUIRE(r.e.set_flags("SHIB-USD", f, r.now).ok());

  for (const cb::Access access : {cb::Access::open, cb::Access::key}) {
    const auto list = must(cb::parse_products(r.send(r.alices, cb::products(access, {})).body));
    CHECK(list.faults.empty());
    REQUIRE(list.products.size() == 3);
    const cb::Product& p = list.products[0];
    CHECK(p.product_id == "BTC-USD");  // it and its alias traded, SHIB did not
    CHECK(list.products[2].product_id == "SHIB-USD");
    CHECK(p.base == "BTC");
    CHECK(p.quote == "USD");
    CHECK(p.alias_to == std::vector<std::string>{"BTC-USDC"});
    CHECK(list.products[1].alias == "BTC-USD");
    CHECK(p.base_increment == "0.00000001"_dec);
    CHECK(*p.price == "100.2"_dec);
    CHECK(list.products[2].base_min == "26.7187147229469674"_dec);
    CHECK(list.products[2].post_only);
    CHECK_FALSE(list.products[2].price);
    CHECK(*list.products[2].view_only == false);
  }
  const auto shib = must(cb::parse_product(r.send(r.alices, cb::product(cb::Access::key, "SHIB-USD", true)).body));
  CHECK(*shib.view_only);

  const Parsed p = json_of(r.get(std::string(root) + "/market/products/BTC-USD"));
  CHECK(p["volume_24h"] == "3.5");
  CHECK(p["price_percentage_change_24h"] == "25.25");  // from 80 to 100.2
  CHECK(p["approximate_quote_24h_volume"] == "350.7");
  CHECK(p["volume_percentage_change_24h"] == "-50");  // 7 on the day before
  CHECK(json_of(r.get(std::string(root) + "/market/products/BTC-USDC"))["quote_display_symbol"] == "USD");
  CHECK(r.tape.largest <= most_candles);
}

TEST_CASE("products: filters, pages and orders of the list") {
  Rig r;
  const auto told = [&](const std::string& query) {
    std::vector<std::string> out;
    const Parsed v = json_of(r.get(std::string(root) + "/market/products?" + query));
    for (const auto& p : v["products"]) out.push_back(p["product_id"]);
    CHECK(v["num_products"] == out.size());
    CHECK(v["pagination"].is_null());
    return out;
  };
  using List = std::vector<std::string>;
  CHECK(told("product_ids=SHIB-USD&product_ids=BTC-USDC") == List{"BTC-USDC", "SHIB-USD"});
  CHECK(told("product_ids=NONE-USD").empty());
  CHECK(told("product_type=FUTURE").empty());
  CHECK(told("product_type=FUTURE&contract_expiry_type=PERPETUAL").empty());
  CHECK(told("productType=SPOT&limit=1&offset=1") == List{"BTC-USDC"});
  CHECK(told("offset=99").empty());
  CHECK(told("limit=0").size() == 3);
  CHECK(told("get_all_products=True&get_tradability_status=False").size() == 3);
  CHECK(told("products_sort_order=PRODUCTS_SORT_ORDER_LIST_TIME_DESCENDING") == List{"SHIB-USD", "BTC-USDC", "BTC-USD"});
  for (const char* bad : {"limit=-1", "limit=x", "limit=99999999999999999999", "offset=1.5", "product_type=Spot", "products_sort_order=UP",
                          "get_tradability_status=maybe"}) {
    INFO(bad);
    check_refused(r.get(std::string(root) + "/market/products?" + bad), 400, "INVALID_ARGUMENT");
  }
  check_refused(r.get(std::string(root) + "/market/products/NONE-USD"), 404, "NOT_FOUND");
  check_refused(r.get(std::string(root) + "/market/products/BTC-USD?get_tradability_status=maybe"), 400, "INVALID_ARGUMENT");
}

TEST_CASE("book: levels as the engine's, under the name that was asked for, with what lies between them") {
  Rig r;
  r.market(some_bids, some_asks, "100.2"_dec);
  const auto same = [](const std::vector<cb::Level>& told, const std::vector<LevelView>& is) {
    REQUIRE(told.size() == is.size());
    for (std::size_t i = 0; i < is.size(); ++i) {
      CHECK(told[i].price == is[i].price);
      CHECK(told[i].size == is[i].size);
    }
  };
  for (const cb::Access access : {cb::Access::open, cb::Access::key})
    for (const char* id : {"BTC-USD", "BTC-USDC"}) {
      const auto book = must(cb::parse_product_book(r.send(r.alices, cb::product_book(access, id, 0)).body));
      CHECK(book.product_id == id);
      CHECK(book.time_ns == r.now);
      same(book.bids, some_bids);
      same(book.asks, some_asks);
    }
  const Parsed v = json_of(r.get(std::string(root) + "/market/product_book?product_id=BTC-USD&limit=1"));
  CHECK(v["pricebook"]["bids"].size() == 1);
  CHECK(v["last"] == "100.2");
  CHECK(v["mid_market"] == "100.2");
  CHECK(v["spread_absolute"] == "0.2");
  CHECK(v["spread_bps"] == "19.960079840319");
  const Parsed w = json_of(r.get(std::string(root) + "/market/product_book?product_id=BTC-USD&aggregation_price_increment=0.1&limit=2"));
  CHECK(w["pricebook"]["bids"] == Parsed::parse(R"([{"price":"100.1","size":"1"},{"price":"100","size":"0.00000001"}])"));
  CHECK(w["pricebook"]["asks"] == Parsed::parse(R"([{"price":"100.3","size":"2"},{"price":"100.4","size":"3"}])"));
  const Parsed none = json_of(r.get(std::string(root) + "/market/product_book?product_id=SHIB-USD"));
  CHECK(none["mid_market"] == "");
  CHECK(none["pricebook"]["bids"].empty());
  for (const char* bad : {"", "?product_id=", "?product_id=BTC-USD&limit=-2", "?product_id=BTC-USD&aggregation_price_increment=0",
                          "?product_id=BTC-USD&aggregation_price_increment=0.015", "?product_id=BTC-USD&aggregation_price_increment=1e2"})
    check_refused(r.get(std::string(root) + "/market/product_book" + bad), 400, "INVALID_ARGUMENT");
  check_refused(r.get(std::string(root) + "/market/product_book?product_id=X"), 404, "NOT_FOUND");
}

TEST_CASE("best bid and ask: of those that are named, or of all, with one level a side") {
  Rig r;
  r.market(some_bids, some_asks);
  const std::vector<std::string> ids{"BTC-USDC", "SHIB-USD"};
  const auto books = must(cb::parse_best_bid_ask(r.send(r.alices, cb::best_bid_ask(ids)).body)).books;
  REQUIRE(books.size() == 2);
  CHECK(books[0].product_id == "BTC-USDC");
  REQUIRE(books[0].bids.size() == 1);
  CHECK(books[0].bids[0].price == "100.1"_dec);
  CHECK(books[0].asks[0].size == "2"_dec);
  CHECK(books[1].bids.empty());
  CHECK(must(cb::parse_best_bid_ask(r.signed_get(r.alices, std::string(root) + "/best_bid_ask").body)).books.size() == 3);
  check_refused(r.signed_get(r.alices, std::string(root) + "/best_bid_ask?product_ids=X"), 404, "NOT_FOUND");
  CHECK(r.get(std::string(root) + "/best_bid_ask").status == 401);  // it has no public twin
}

TEST_CASE("candles: newest first, of the span alone, and never 350") {
  Rig r;
  const std::int64_t t = r.now / second / 3600 * 3600;
  for (int i = 0; i < 5; ++i)
    r.tape.put("BTC-USD", Granularity::h1, candle(t - i * 3600, Decimal::from_int(100 + i), Decimal::from_int(101 + i), "0.00000001"_dec));
  for (const cb::Access access : {cb::Access::open, cb::Access::key})
    for (const char* id : {"BTC-USD", "BTC-USDC"}) {
      const auto list = must(cb::parse_candles(r.send(r.alices, cb::candles(access, id, cb::Granularity::one_hour, t - 3 * 3600, t - 3600)).body));
      REQUIRE(list.size() == 3);
      CHECK(list[0].start_s == t - 3600);
      CHECK(list[2].start_s == t - 3 * 3600);
      CHECK(list[0].open == "101"_dec);
      CHECK(list[0].close == "102"_dec);
      CHECK(list[0].volume == "0.00000001"_dec);
    }
  const auto at = [&](const std::string& q) { return r.get(std::string(root) + "/market/products/BTC-USD/candles?" + q); };
  const std::string span = "start=" + std::to_string(t - 4 * 3600) + "&end=" + std::to_string(t + 3600 * 300);
  CHECK(json_of(at(span + "&granularity=ONE_HOUR"))["candles"].size() == 5);
  CHECK(json_of(at(span + "&granularity=ONE_HOUR&limit=2"))["candles"].size() == 2);
  const WebReply longest = at("start=0&end=20940&granularity=ONE_MINUTE"), too_long = at("start=0&end=21000&granularity=ONE_MINUTE");
  CHECK(longest.status == 200);
  check_refused(too_long, 400, "INVALID_ARGUMENT");
  CHECK(Parsed::parse(too_long.body)["error_details"] ==
        "start and end argument is invalid - number of candles requested should be less than 350");
  const WebReply word = at(span + "&granularity=FOUR_HOUR");
  check_refused(word, 400, "INVALID_ARGUMENT");
  CHECK(Parsed::parse(word.body)["message"] == "granularity argument is invalid");
  for (const char* bad : {"", "start=1", "start=1&end=2", "start=9&end=2&granularity=ONE_DAY", "start=-1&end=2&granularity=ONE_DAY",
                          "start=1&end=9223372036854775807&granularity=ONE_DAY", "start=1&end=2&granularity=ONE_DAY&limit=x"})
    check_refused(at(bad), 400, "INVALID_ARGUMENT");
  check_refused(r.get(std::string(root) + "/market/products/X/candles?start=1&end=2&granularity=ONE_DAY"), 404, "NOT_FOUND");
  CHECK(r.tape.largest <= most_candles);
}

TEST_CASE("trades: newest first with the maker's side, limited by count and by seconds") {
  Rig r;
  r.market(some_bids, some_asks, "100.2"_dec);
  for (int i = 1; i <= 4; ++i) {
    r.now = start + i * second;
    r.limit(r.alice, Side::buy, Decimal::from_mantissa(i, -2), "100.30"_dec, Config::limit_ioc);
  }
  for (const cb::Access access : {cb::Access::open, cb::Access::key}) {
    const auto list = must(cb::parse_trades(r.send(r.alices, cb::trades(access, "BTC-USD", 3)).body));
    REQUIRE(list.trades.size() == 3);
    CHECK(list.trades[0].size == "0.04"_dec);
    CHECK(list.trades[0].price == "100.3"_dec);
    CHECK(list.trades[0].time_ns == start + 4 * second);
    CHECK(list.trades[0].maker_side == cb::Side::sell);
    CHECK(list.trades[0].trade_id != list.trades[1].trade_id);
    CHECK(*list.best_bid == "100.1"_dec);
    CHECK(*list.best_ask == "100.3"_dec);
    const std::int64_t s = start / second;
    const auto some = must(cb::parse_trades(r.send(r.alices, cb::trades(access, "BTC-USDC", 100, s + 2, s + 3)).body));
    REQUIRE(some.trades.size() == 2);
    CHECK(some.trades[0].product_id == "BTC-USDC");
    CHECK(some.trades[1].size == "0.02"_dec);
  }
  const auto none = must(cb::parse_trades(r.send(r.alices, cb::trades(cb::Access::open, "SHIB-USD", 1)).body));
  CHECK(none.trades.empty());
  CHECK_FALSE(none.best_bid);
  check_refused(r.get(std::string(root) + "/market/products/BTC-USD/ticker?limit=many"), 400, "INVALID_ARGUMENT");
  check_refused(r.get(std::string(root) + "/market/products/BTC-USD/ticker?start=9223372036854775807"), 400, "INVALID_ARGUMENT");
  check_refused(r.get(std::string(root) + "/market/products/X/ticker?limit=1"), 404, "NOT_FOUND");
}
