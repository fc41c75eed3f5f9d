// Paths and queries, as they are sent.
#include "coinbase/endpoints.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

#include "vectors.hpp"

using namespace bowline;
using namespace bowline::coinbase;
using bowline::coinbase_test::vector_json;

namespace {

/// "a=1&b=2" -> sorted, in lower case and without what says "false": one client sends its defaults, and its vectors are in lower case.
std::vector<std::string> meaning_of(std::string query) {
  std::vector<std::string> out;
  std::transform(query.begin(), query.end(), query.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (std::size_t from = 0; from < query.size();) {
    const auto to = std::min(query.find('&', from), query.size());
    const std::string one = query.substr(from, to - from);
    if (!one.ends_with("=false")) out.push_back(one);
    from = to + 1;
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

TEST_CASE("every endpoint of a broker and a feed has its request") {
  const auto target = [](const Result<Request>& r) {
    if (!r) FAIL(r.error().message);
    CHECK(r->method == Method::get);
    CHECK(r->body.empty());
    CHECK(r->target().starts_with("/api/v3/brokerage/"));
    CHECK(r->path.find('?') == std::string::npos);
    return r->target().substr(api_root.size());
  };
  CHECK(target(accounts(250, "")) == "/accounts?limit=250");
  CHECK(target(accounts(49, "a+b/c=")) == "/accounts?limit=49&cursor=a%2Bb%2Fc%3D");
  CHECK(target(account("u-1")) == "/accounts/u-1");
  CHECK(target(products(Access::key, {.tradability = true})) == "/products?product_type=SPOT&get_tradability_status=true");
  CHECK(target(products(Access::open, {.product_type = "", .product_ids = {"A-B", "C-D"}, .limit = 5, .offset = 10})) ==
        "/market/products?limit=5&offset=10&product_ids=A-B&product_ids=C-D");
  CHECK(target(product(Access::open, "BTC-USD", false)) == "/market/products/BTC-USD");
  CHECK(target(product(Access::key, "BTC-USD", true)) == "/products/BTC-USD?get_tradability_status=true");
  CHECK(target(product_book(Access::key, "BTC-USD", 0)) == "/product_book?product_id=BTC-USD");
  CHECK(target(product_book(Access::open, "BTC-USD", 10)) == "/market/product_book?product_id=BTC-USD&limit=10");
  CHECK(target(best_bid_ask(std::vector<std::string>{"A", "B"})) == "/best_bid_ask?product_ids=A&product_ids=B");
  CHECK(target(candles(Access::key, "BTC-USD", Granularity::five_minute, 1'640'995'200, 1'640'995'500)) ==
        "/products/BTC-USD/candles?start=1640995200&end=1640995500&granularity=FIVE_MINUTE");
  CHECK(target(trades(Access::open, "BTC-USD", 100)) == "/market/products/BTC-USD/ticker?limit=100");
  CHECK(target(trades(Access::key, "BTC-USD", 1, 5, 6)) == "/products/BTC-USD/ticker?limit=1&start=5&end=6");
  CHECK(target(orders({.statuses = {OrderStatus::edit_queued, OrderStatus::unknown}})) ==
        "/orders/historical/batch?order_status=EDIT_QUEUED&order_status=UNKNOWN_ORDER_STATUS");
  CHECK(target(orders({.statuses = {OrderStatus::open}, .limit = 100})) == "/orders/historical/batch?order_status=OPEN&limit=100");
  CHECK(target(orders({.order_ids = {"x", "y"},
                       .product_ids = {"P"},
                       .statuses = {OrderStatus::filled, OrderStatus::cancelled},
                       .start_ns = 1'640'995'200'000'000'000,
                       .end_ns = 1'640'995'200'500'000'000,
                       .placement_source = "RETAIL_SIMPLE",
                       .cursor = "c"})) ==
        "/orders/historical/batch?order_ids=x&order_ids=y&product_ids=P&order_status=FILLED&order_status=CANCELLED"
        "&start_date=2022-01-01T00%3A00%3A00Z&end_date=2022-01-01T00%3A00%3A00.500000000Z&order_placement_source=RETAIL_SIMPLE&cursor=c");
  CHECK(target(orders({})) == "/orders/historical/batch");
  CHECK(target(order("o-1")) == "/orders/historical/o-1");
  CHECK(target(fills({.order_ids = {"o"}, .trade_ids = {"t"}, .product_ids = {"p"}, .start_ns = 0, .limit = 100, .cursor = "c"})) ==
        "/orders/historical/fills?order_ids=o&trade_ids=t&product_ids=p&start_sequence_timestamp=1970-01-01T00%3A00%3A00Z&limit=100&cursor=c");
  CHECK(target(portfolios()) == "/portfolios");
  CHECK(target(portfolio("p")) == "/portfolios/p");
  CHECK(target(transaction_summary("SPOT")) == "/transaction_summary?product_type=SPOT");
  CHECK(target(transaction_summary("")) == "/transaction_summary");
  CHECK(target(key_permissions()) == "/key_permissions");
  CHECK(target(server_time()) == "/time");
}

TEST_CASE("what needs no key says so: it is counted against another limit") {
  CHECK(server_time().open);
  CHECK(products(Access::open, {}).open);
  CHECK_FALSE(products(Access::key, {}).open);
  CHECK(candles(Access::open, "a", Granularity::one_day, 0, 1)->open);
  CHECK_FALSE(accounts(1, "")->open);
  CHECK_FALSE(key_permissions().open);
}

TEST_CASE("an id that is none, a page that is too large and a span that is too long are not asked for") {
  for (const char* id : {"", ".", ".."}) {
    CHECK(account(id).error().code == "COINBASE_ID");
    CHECK(order(id).error().code == "COINBASE_ID");
    CHECK(product(Access::key, id, false).error().code == "COINBASE_ID");
    CHECK(product_book(Access::key, id, 1).error().code == "COINBASE_ID");
    CHECK(candles(Access::key, id, Granularity::one_minute, 0, 60).error().code == "COINBASE_ID");
    CHECK(trades(Access::key, id, 1).error().code == "COINBASE_ID");
    CHECK(portfolio(id).error().code == "COINBASE_ID");
  }
  CHECK(best_bid_ask({}).error().code == "COINBASE_ID");
  CHECK(best_bid_ask(std::vector<std::string>{"A", ""}).error().code == "COINBASE_ID");
  CHECK(accounts(0, "").error().code == "COINBASE_PAGE");
  CHECK(accounts(251, "").error().code == "COINBASE_PAGE");
  CHECK(trades(Access::key, "a", 0).error().code == "COINBASE_PAGE");
  CHECK(trades(Access::key, "a", 1001).error().code == "COINBASE_PAGE");
  CHECK(candles(Access::key, "a", Granularity::one_minute, 0, 349 * 60).ok());
  CHECK(candles(Access::key, "a", Granularity::one_minute, 0, 350 * 60).error().code == "COINBASE_CANDLE_SPAN");
  CHECK(candles(Access::key, "a", Granularity::one_minute, 60, 60).error().code == "COINBASE_CANDLE_SPAN");
  CHECK(candles(Access::key, "a", Granularity::one_minute, -60, 60).error().code == "COINBASE_CANDLE_SPAN");
  CHECK(orders({.statuses = {OrderStatus::open, OrderStatus::filled}}).error().code == "COINBASE_STATUS_MIX");
  CHECK(orders({.statuses = {OrderStatus::pending, OrderStatus::queued}}).ok());
}

TEST_CASE("an id of odd characters stays inside its segment") {
  CHECK(order("a/b?c#d e")->path == "/api/v3/brokerage/orders/historical/a%2Fb%3Fc%23d%20e");
  CHECK(product(Access::key, "../accounts", false)->path == "/api/v3/brokerage/products/..%2Faccounts");
}

TEST_CASE("granularities have their seconds") {
  const std::map<Granularity, std::int64_t> all = {{Granularity::one_minute, 60},     {Granularity::five_minute, 300}, {Granularity::fifteen_minute, 900},
                                                   {Granularity::thirty_minute, 1800}, {Granularity::one_hour, 3600},  {Granularity::two_hour, 7200},
                                                   {Granularity::six_hour, 21600},     {Granularity::one_day, 86400}};
  for (const auto& [g, s] : all) CHECK(seconds_of(g) == s);
  CHECK(word_of(Granularity::one_day) == "ONE_DAY");
}

TEST_CASE("the published requests of other clients ask for the same") {
  const std::map<std::string, Result<Request>> ours = {
      {"test_get_account", account("account1")},
      {"test_get_order", order("order_id_1")},
      {"test_get_products", products(Access::key, {.limit = 2})},
      {"test_get_product", product(Access::key, "product_1", false)},
      {"test_get_product_book", product_book(Access::key, "product_1", 10)},
      {"test_get_best_bid_ask", best_bid_ask(std::vector<std::string>{"product_1", "product_2"})},
      {"test_get_market_trades", trades(Access::key, "product_id", 10, 1'640'995'200, 1'641'081'600)},
      {"test_get_transaction_summary", transaction_summary("product_type")},
      {"test_get_portfolios", portfolios()},
      {"test_get_portfolio_breakdown", portfolio("1234")},
      {"test_get_candles", candles(Access::key, "product_id_1", Granularity::five_minute, 1'640'995'200, 1'641'081'600)},
      {"test_get_accounts", accounts(2, "abcd")},
      {"test_authenticated_request", server_time()},
      {"test_unauthenticated_request", server_time()},
      {"test_get_time", server_time()},
      {"test_get_api_key_permissions", key_permissions()},
      {"fetch time v3", server_time()},
      {"fetch spot balance v3", accounts(250, "")},
      {"fetch order", order("9fd0cadc-2ccc-45e8-b254-ea511c34e5b2")},
      {"open orders", orders({.statuses = {OrderStatus::open}, .limit = 100})},
      {"order book", product_book(Access::key, "BTC-USD", 0)},
      {"ticker", trades(Access::key, "BTC-USDT", 1)}};
  // What those clients send besides, and we never do.
  const std::vector<std::string> theirs = {"retail_portfolio_id=portfolio1", "contract_expiry_type=contract_expiry_type", "product_venue=product_venue",
                                           "portfolio_type=default", "currency=usd", "limit=2"};
  std::size_t met = 0;
  for (const char* file : {"requests/ccxt_requests.json", "requests/python_sdk_requests.json"}) {
    const auto v = vector_json(file);
    if (!v) return;
    for (const auto& one : v->at("vectors")) {
      const std::string called = one.contains("name") ? one.at("name") : one.at("description");
      INFO(called);
      if (one.at("method") != "GET") continue;
      REQUIRE(ours.contains(called));
      const Result<Request>& r = ours.at(called);
      REQUIRE(r.ok());
      CHECK(r->path == one.at("path"));
      std::vector<std::string> want = meaning_of(one.at("query").is_null() ? "" : one.at("query").get<std::string>()), have = meaning_of(r->query);
      std::erase_if(want, [&](const std::string& s) {
        return std::find(theirs.begin(), theirs.end(), s) != theirs.end() && std::find(have.begin(), have.end(), s) == have.end();
      });
      CHECK(have == want);
      ++met;
    }
  }
  CHECK(met == ours.size());
}
