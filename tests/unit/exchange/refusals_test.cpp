// Every way in which an order is refused, and that a preview says the same.
#include "unit/exchange/venue.hpp"

using namespace exchange_test;

namespace {

/// What place() and preview() both say of a request; that they agree, and that nothing was done.
std::string_view why(Venue& v, const OrderRequest& r) {
  const std::string before = v.e.save();
  const Refusal previewed = v.e.preview(v.alice, r, v.now).refusal;
  const Placed p = v.e.place(v.alice, r, v.now);
  CHECK(p.refusal == previewed);
  CHECK_FALSE(p.ok());
  CHECK(v.e.save() == before);
  return names(p.refusal).preview;
}

}  // namespace

TEST_CASE("sizes and prices are held against the product's rules") {
  Venue v;
  v.market({{"99"_dec, "5"_dec}}, {{"101"_dec, "5"_dec}}, "100"_dec);
  const auto limit = [&](const Decimal& size, const Decimal& price) { return why(v, v.request(Side::buy, Config::limit_gtc, size, price)); };
  CHECK(limit("0.000000001"_dec, "100"_dec) == "PREVIEW_INVALID_SIZE_PRECISION");
  CHECK(limit("0"_dec, "100"_dec) == "PREVIEW_INVALID_BASE_SIZE_TOO_SMALL");
  CHECK(limit("-1"_dec, "100"_dec) == "PREVIEW_INVALID_BASE_SIZE_TOO_SMALL");
  CHECK(limit("3400.00000001"_dec, "1"_dec) == "PREVIEW_INVALID_BASE_SIZE_TOO_LARGE");
  CHECK(limit("0.001"_dec, "100"_dec) == "PREVIEW_INVALID_QUOTE_SIZE_TOO_SMALL");
  CHECK(limit("3400"_dec, "1e10"_dec) == "PREVIEW_INVALID_QUOTE_SIZE_TOO_LARGE");
  CHECK(limit("1"_dec, "100.001"_dec) == "PREVIEW_INVALID_PRICE_PRECISION");
  CHECK(limit("1"_dec, "0"_dec) == "PREVIEW_INVALID_LIMIT_PRICE");
  CHECK(limit("1"_dec, "-5"_dec) == "PREVIEW_INVALID_LIMIT_PRICE");
  CHECK(limit("1"_dec, "1e15"_dec) == "PREVIEW_INVALID_LIMIT_PRICE");
  CHECK(limit("1"_dec, Decimal::not_set()) == "PREVIEW_INVALID_LIMIT_PRICE");
  CHECK(limit("3000"_dec, "100"_dec) == "PREVIEW_INSUFFICIENT_FUND");
  CHECK(why(v, v.spend("100.001"_dec)) == "PREVIEW_INVALID_QUOTE_SIZE_PRECISION");
  CHECK(why(v, v.spend("0.99"_dec)) == "PREVIEW_INVALID_QUOTE_SIZE_TOO_SMALL");
  CHECK(why(v, v.spend("-5"_dec)) == "PREVIEW_INVALID_QUOTE_SIZE_TOO_SMALL");
  CHECK(why(v, v.spend("150000000.01"_dec)) == "PREVIEW_INVALID_QUOTE_SIZE_TOO_LARGE");
  CHECK(why(v, v.spend("100000.01"_dec)) == "PREVIEW_INSUFFICIENT_FUND");
  CHECK(why(v, v.request(Side::sell, Config::market_ioc, "10.00000001"_dec)) == "PREVIEW_INSUFFICIENT_FUND");
  CHECK(why(v, v.request(Side::sell, Config::market_ioc, "0.01"_dec)) == "PREVIEW_INVALID_QUOTE_SIZE_TOO_SMALL");
}

TEST_CASE("a minimum between two steps is reached by the next step") {
  Venue v;
  OrderRequest r = v.request(Side::buy, Config::limit_gtc, "26"_dec, "1"_dec);
  r.product_id = "SHIB-USD";
  CHECK(why(v, r) == "PREVIEW_INVALID_BASE_SIZE_TOO_SMALL");
  r.base_size = "26.7187147229469674"_dec;
  CHECK(why(v, r) == "PREVIEW_INVALID_SIZE_PRECISION");
  r.base_size = "27"_dec;
  r.limit_price = "0.99999999"_dec;  // finer than quote_increment
  CHECK(v.place(v.alice, r).ok());
}

TEST_CASE("the shape of a request must be one of the kinds") {
  Venue v;
  v.market({{"99"_dec, "5"_dec}}, {{"101"_dec, "5"_dec}}, "100"_dec);
  OrderRequest r = v.spend("10"_dec);
  r.base_size = "1"_dec;
  CHECK(why(v, r) == "PREVIEW_INVALID_ORDER_CONFIG");
  r.base_size = r.quote_size = Decimal::not_set();
  CHECK(why(v, r) == "PREVIEW_INVALID_ORDER_CONFIG");
  r = v.spend("10"_dec);
  r.config = Config::market_fok;
  CHECK(names(v.place(v.alice, r).refusal).new_order == "UNSUPPORTED_ORDER_CONFIGURATION");
  r = v.spend("10"_dec);
  r.side = Side::sell;
  CHECK(names(v.place(v.alice, r).refusal).new_order == "UNSUPPORTED_ORDER_CONFIGURATION");
  r = v.request(Side::buy, Config::limit_fok, "1"_dec, "90"_dec);
  r.post_only = true;
  CHECK(why(v, r) == "PREVIEW_POST_ONLY_NOT_ALLOWED_WITH_FOK");
  r.config = Config::limit_ioc;
  CHECK(why(v, r) == "PREVIEW_INVALID_ORDER_CONFIG");
  r = v.request(Side::buy, Config::limit_gtc, "1"_dec, "90"_dec);
  r.stop_price = "80"_dec;
  CHECK(why(v, r) == "PREVIEW_INVALID_ORDER_CONFIG");
  r = v.request(Side::buy, Config::market_ioc, "1"_dec, "90"_dec);
  CHECK(why(v, r) == "PREVIEW_INVALID_ORDER_CONFIG");
  r = v.request(Side::sell, Config::stop_limit_gtc, "1"_dec, "90"_dec);
  CHECK(why(v, r) == "PREVIEW_INVALID_STOP_PRICE");
  r = v.request(Side::buy, Config::limit_gtc, "1"_dec, "90"_dec);
  r.product_id = "DOGE-USD";
  CHECK(why(v, r) == "PREVIEW_INVALID_PRODUCT_ID");
}

TEST_CASE("a request without an id that can be kept is refused, and so is one of nobody") {
  Venue v;
  OrderRequest r = v.request(Side::buy, Config::limit_gtc, "1"_dec, "90"_dec);
  r.client_order_id = "";
  CHECK(v.place(v.alice, r).refusal == Refusal::invalid_request);
  r.client_order_id = std::string(129, 'x');
  CHECK(v.place(v.alice, r).refusal == Refusal::invalid_request);
  r.client_order_id = std::string(128, 'x');
  for (const UserId nobody : {fee_row, market_row, outside_row, UserId{99}, UserId{0xffffffff}}) {
    CHECK(v.place(nobody, r).refusal == Refusal::invalid_request);
    CHECK(v.e.preview(nobody, r, v.now).refusal == Refusal::invalid_request);
    CHECK_FALSE(v.e.deposit(nobody, "USD", "1"_dec, v.now).ok());
    CHECK(v.e.accounts(nobody).empty());
    CHECK(v.e.fills({nobody}).fills.empty());
    CHECK(v.e.user(nobody) == nullptr);
  }
  CHECK(v.place(v.alice, r).ok());
}

TEST_CASE("times of GTD orders") {
  Options o;
  o.max_end_ns = 90 * 86400 * second;
  Venue v(o);
  OrderRequest r = v.request(Side::buy, Config::limit_gtd, "1"_dec, "90"_dec);
  CHECK(why(v, r) == "PREVIEW_INVALID_END_TIME");
  r.end_ns = v.now;
  CHECK(why(v, r) == "PREVIEW_INVALID_END_TIME");
  r.end_ns = v.now + o.max_end_ns + 1;
  CHECK(why(v, r) == "PREVIEW_END_TIME_TOO_FAR_IN_FUTURE");
  r.end_ns = v.now + o.max_end_ns;
  CHECK(v.place(v.alice, r).ok());
}

TEST_CASE("how far a limit price may be from the market is a setting") {
  Options o;
  o.max_limit_distance = "0.5"_dec;
  Venue v(o);
  v.market({}, {}, "100"_dec);
  CHECK(why(v, v.request(Side::buy, Config::limit_gtc, "1"_dec, "49.99"_dec)) == "PREVIEW_LIMIT_PRICE_TOO_FAR_FROM_MARKET");
  CHECK(v.place(v.alice, v.request(Side::buy, Config::limit_gtc, "1"_dec, "50"_dec)).ok());
}

TEST_CASE("nothing to trade against is told") {
  Venue v;
  CHECK(why(v, v.spend("10"_dec)) == "PREVIEW_INVALID_NO_LIQUIDITY");
  CHECK(why(v, v.request(Side::sell, Config::market_ioc, "1"_dec)) == "PREVIEW_INVALID_NO_LIQUIDITY");
}

TEST_CASE("each flag of a product refuses what it says") {
  using F = ProductFlags;
  struct Case {
    bool F::*flag;
    std::string_view limit, maker, market, ioc;
  };
  const std::string_view state = "PREVIEW_NOT_ALLOWED_BY_MARKET_STATE", fine = "";
  const Case cases[] = {
      {&F::is_disabled, state, state, state, state},
      {&F::trading_disabled, state, state, state, state},
      {&F::cancel_only, state, state, state, state},
      {&F::limit_only, fine, fine, state, fine},
      {&F::post_only, "PREVIEW_INVALID_LIMIT_PRICE_POST_ONLY", fine, state, state},
      {&F::auction_mode, fine, fine, state, state},
      {&F::view_only, "PREVIEW_UNTRADABLE_PRODUCT", "PREVIEW_UNTRADABLE_PRODUCT", "PREVIEW_UNTRADABLE_PRODUCT", "PREVIEW_UNTRADABLE_PRODUCT"},
  };
  for (const Case& c : cases) {
    Venue v;
    v.market({{"99"_dec, "5"_dec}}, {{"101"_dec, "5"_dec}}, "100"_dec);
    F f;
    f.*c.flag = true;
    REQUIRE(v.e.set_flags("BTC-USD", f, v.now).ok());
    const auto check = [&](std::string_view expected, const OrderRequest& r) {
      if (expected.empty()) CHECK(v.place(v.alice, r).ok());
      else CHECK(why(v, r) == expected);
    };
    check(c.limit, v.request(Side::buy, Config::limit_gtc, "1"_dec, "101"_dec));
    check(c.maker, v.request(Side::buy, Config::limit_gtc, "1"_dec, "90"_dec));
    check(c.market, v.spend("10"_dec));
    check(c.ioc, v.request(Side::buy, Config::limit_ioc, "1"_dec, "101"_dec));
  }
  for (const ProductStatus s : {ProductStatus::offline, ProductStatus::delisted}) {
    Venue v;
    ProductFlags f;
    f.status = s;
    REQUIRE(v.e.set_flags("BTC-USD", f, v.now).ok());
    CHECK(why(v, v.request(Side::buy, Config::limit_gtc, "1"_dec, "90"_dec)) == "PREVIEW_UNTRADABLE_PRODUCT");
  }
}

TEST_CASE("money that can't come or go is refused") {
  Venue v;
  const auto in = [&](const Decimal& x) { return v.e.deposit(v.alice, "USD", x, v.now); };
  CHECK(in("0"_dec).error().code == "AMOUNT_INVALID");
  CHECK(in("-1"_dec).error().code == "AMOUNT_INVALID");
  CHECK(in("0.00000000000000001"_dec).error().code == "AMOUNT_INVALID");
  CHECK(in(Decimal::not_set()).error().code == "AMOUNT_INVALID");
  CHECK(v.e.deposit(v.alice, "", "1"_dec, v.now).error().code == "AMOUNT_INVALID");
  int times = 0;
  while (in("100000000000000"_dec).ok() && times < 2000) ++times;
  CHECK(times == 999);  // then the venue is full
  CHECK(v.e.withdraw(v.bob, "USD", "100000.01"_dec, v.now).error().code == "AMOUNT_NOT_AVAILABLE");
  CHECK(v.e.withdraw(v.bob, "DOGE", "1"_dec, v.now).error().code == "AMOUNT_NOT_AVAILABLE");
  v.limit(v.bob, Side::buy, "1"_dec, "100"_dec);
  CHECK(v.e.withdraw(v.bob, "USD", "99899.41"_dec, v.now).error().code == "AMOUNT_NOT_AVAILABLE");  // the rest is held
  CHECK(v.e.withdraw(v.bob, "USD", "99899.4"_dec, v.now).ok());
  v.audit();
}
