// BTC-USDC and BTC-USD: one book, two wallets.
#include "unit/exchange/venue.hpp"

using namespace exchange_test;

TEST_CASE("both products meet in one book and each side settles in the currency of the product it named") {
  Venue v;
  OrderRequest sell = v.request(Side::sell, Config::limit_gtc, "1"_dec, "100"_dec);
  const OrderNo s = v.put(v.bob, sell);
  OrderRequest buy = v.request(Side::buy, Config::limit_gtc, "2"_dec, "100"_dec);
  buy.product_id = "BTC-USDC";
  const OrderNo b = v.put(v.alice, buy);
  CHECK(v.status(s) == Status::filled);
  CHECK(str(v.state(b).filled_size) == "1");
  CHECK(str(v.available(v.bob, "USD")) == "100099.6");
  CHECK(str(v.available(v.alice, "USD")) == "100000");
  CHECK(str(v.hold(v.alice, "USDC")) == "100.6");
  CHECK(str(v.available(v.alice, "USDC")) == str("100000"_dec - "100.6"_dec - "100.6"_dec));
  const Accounts& a = v.e.ledger();
  CHECK(str(a.of(conversion_row, a.find_currency("USDC")).available) == "100");
  CHECK(str(a.of(conversion_row, a.find_currency("USD")).available) == "-100");
  CHECK(str(a.of(fee_row, a.find_currency("USDC")).available) == "0.6");
  CHECK(str(a.of(fee_row, a.find_currency("USD")).available) == "0.4");
  // What is told of the book bears the product that owns it; the order keeps its own.
  for (const Event& e : v.events())
    if (const auto* t = std::get_if<TradePrinted>(&e.what)) CHECK(v.e.products()[t->product].id == "BTC-USD");
  CHECK(v.e.products()[v.e.fills({v.alice}).fills.at(0)->product].id == "BTC-USDC");
  CHECK(v.e.book("BTC-USDC", 9)->bids == v.e.book("BTC-USD", 9)->bids);
  CHECK(v.e.trades("BTC-USDC", 9)->size() == 1);
}

TEST_CASE("the market and trades may be told of either product") {
  Venue v;
  OrderRequest buy = v.request(Side::buy, Config::limit_gtc, "1"_dec, "100"_dec);
  buy.product_id = "BTC-USDC";
  const OrderNo b = v.put(v.alice, buy);
  v.market({}, {{"99"_dec, "0.5"_dec}}, Decimal::not_set(), "BTC-USDC");
  v.traded("98"_dec, "0.5"_dec, "BTC-USD");
  CHECK(v.status(b) == Status::filled);
  CHECK(str(v.available(v.alice, "USDC")) == "99899.6");
}

TEST_CASE("an alias is closed by its own flags; the book's flags close both") {
  Venue v;
  ProductFlags f;
  f.view_only = true;
  REQUIRE(v.e.set_flags("BTC-USDC", f, v.now).ok());
  OrderRequest buy = v.request(Side::buy, Config::limit_gtc, "1"_dec, "100"_dec);
  CHECK(v.place(v.alice, buy).ok());
  buy = v.request(Side::buy, Config::limit_gtc, "1"_dec, "100"_dec);
  buy.product_id = "BTC-USDC";
  CHECK(v.place(v.alice, buy).refusal == Refusal::untradable);
  REQUIRE(v.e.set_flags("BTC-USDC", {}, v.now).ok());
  REQUIRE(v.e.set_flags("BTC-USD", f, v.now).ok());
  CHECK(v.place(v.alice, buy).refusal == Refusal::untradable);
}

TEST_CASE("what can be no alias is refused") {
  Engine e;
  Product p = btc_usdc();
  CHECK(e.add_product(p).error().code == "PRODUCT_ALIAS_UNKNOWN");
  REQUIRE(e.add_product(btc_usd()).ok());
  REQUIRE(e.add_product(p).ok());
  CHECK(e.add_product(p).error().code == "PRODUCT_EXISTS");
  p.id = "BTC-EURC";
  p.quote = "EURC";
  p.alias = "BTC-USDC";
  CHECK(e.add_product(p).error().code == "PRODUCT_ALIAS_UNKNOWN");
  p.alias = "BTC-USD";
  p.base = "ETH";
  CHECK(e.add_product(p).error().code == "PRODUCT_ALIAS_UNKNOWN");
  CHECK(e.products().size() == 2);
  CHECK(e.book_of(1) == 0);
}
