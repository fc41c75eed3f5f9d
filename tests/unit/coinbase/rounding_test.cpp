// Steps and limits of a product.
#include "coinbase/rounding.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

using namespace bowline;
using namespace bowline::coinbase;
using namespace bowline::literals;

namespace {

Product product() {
  Product p;
  p.product_id = "BTC-USD";
  p.base = "BTC";
  p.quote = "USD";
  p.status = "online";
  p.base_increment = "0.0001"_dec;
  p.quote_increment = "0.01"_dec;
  p.price_increment = "0.05"_dec;
  p.base_min = "0.001"_dec;
  p.base_max = "10"_dec;
  p.quote_min = "1"_dec;
  p.quote_max = "100000"_dec;
  return p;
}
OrderTerms limit(Decimal size, Decimal price) {
  OrderTerms t;
  t.configuration = Configuration::limit_gtc;
  t.base_size = size;
  t.limit_price = price;
  return t;
}
OrderTerms market_base(Decimal size) {
  OrderTerms t;
  t.configuration = Configuration::market_ioc;
  t.base_size = size;
  return t;
}
OrderTerms market_quote(Decimal size) {
  OrderTerms t;
  t.configuration = Configuration::market_ioc;
  t.quote_size = size;
  return t;
}
/// "CODE rule", or "" when the product takes it.
std::string broken(const Product& p, const OrderTerms& t, std::optional<Decimal> reference = {}) {
  const auto r = check_order(p, t, reference);
  if (r) return "";
  CHECK((r.error().code == "COINBASE_TERMS" || r.error().message.starts_with("BTC-USD: ")));
  return r.error().code + " " + (r.error().details.empty() ? "" : r.error().details[0].second);
}

}  // namespace

TEST_CASE("a size goes down to the step, a buy's price down and a sale's up") {
  const Product p = product();
  CHECK(base_size_of(p, "0.12349"_dec) == "0.1234"_dec);
  CHECK(quote_size_of(p, "5.019"_dec) == "5.01"_dec);
  CHECK(price_of(p, Side::buy, "100.09"_dec) == "100.05"_dec);
  CHECK(price_of(p, Side::sell, "100.01"_dec) == "100.05"_dec);
  CHECK(price_of(p, Side::sell, "100.05"_dec) == "100.05"_dec);
  CHECK_FALSE(price_of(p, Side::unknown, "100"_dec).is_set());
  CHECK_FALSE(base_size_of(p, Decimal::not_set()).is_set());
}

TEST_CASE("a minimum that is off the step is rounded up to it") {
  Product p = product();
  p.base_min = "26.7187147229469674"_dec;  // as recorded, with a step of 1
  p.base_increment = "1"_dec;
  CHECK(smallest_base(p) == "27"_dec);
  p.base_min = Decimal::zero();
  CHECK(smallest_base(p) == "1"_dec);
  CHECK(smallest_quote(p) == "1"_dec);
  p.quote_min = "1.001"_dec;
  CHECK(smallest_quote(p) == "1.01"_dec);
}

TEST_CASE("an order is held against each rule of its product, and the one it breaks is named") {
  const Product p = product();
  CHECK(broken(p, limit("0.5"_dec, "100"_dec)).empty());
  CHECK(broken(p, limit("0.50005"_dec, "100"_dec)) == "COINBASE_SIZE_STEP base_increment");
  CHECK(broken(p, limit("0.0009"_dec, "100000"_dec)) == "COINBASE_SIZE_TOO_SMALL base_min_size");
  CHECK(broken(p, limit("10.0001"_dec, "1"_dec)) == "COINBASE_SIZE_TOO_LARGE base_max_size");
  CHECK(broken(p, limit("0.5"_dec, "100.01"_dec)) == "COINBASE_PRICE_STEP price_increment");
  CHECK(broken(p, limit("0.001"_dec, "999.95"_dec)) == "COINBASE_NOTIONAL_TOO_SMALL quote_min_size");
  CHECK(broken(p, limit("0.001"_dec, "1000"_dec)).empty());
  CHECK(broken(p, limit("10"_dec, "10000"_dec)).empty());
  CHECK(broken(p, limit("10"_dec, "10000.05"_dec)) == "COINBASE_NOTIONAL_TOO_LARGE quote_max_size");
  CHECK(broken(p, limit("10"_dec, "150000000000000000000"_dec)) == "COINBASE_NOTIONAL_TOO_LARGE quote_max_size");
  CHECK(broken(p, limit("0"_dec, "1"_dec)) == "COINBASE_TERMS base_size");
  CHECK(broken(p, market_quote("5"_dec)).empty());
  CHECK(broken(p, market_quote("5.001"_dec)) == "COINBASE_SIZE_STEP quote_increment");
  CHECK(broken(p, market_quote("0.99"_dec)) == "COINBASE_SIZE_TOO_SMALL quote_min_size");
  CHECK(broken(p, market_quote("100000.01"_dec)) == "COINBASE_SIZE_TOO_LARGE quote_max_size");
  CHECK(broken(p, market_base("0.001"_dec)).empty());  // the notional is the venue's to judge
  CHECK(broken(p, market_base("0.001"_dec), "999"_dec) == "COINBASE_NOTIONAL_TOO_SMALL quote_min_size");
  OrderTerms stop = limit("0.5"_dec, "100"_dec);
  stop.configuration = Configuration::stop_limit_gtc;
  stop.stop_direction = StopDirection::down;
  stop.stop_price = "99.99"_dec;
  CHECK(broken(p, stop) == "COINBASE_PRICE_STEP price_increment");
  stop.stop_price = "99.95"_dec;
  CHECK(broken(p, stop).empty());
  OrderTerms bracket = limit("0.5"_dec, "100"_dec);
  bracket.configuration = Configuration::bracket_gtc;
  bracket.stop_trigger_price = "90.01"_dec;
  CHECK(broken(p, bracket) == "COINBASE_PRICE_STEP price_increment");
}

TEST_CASE("a product that is not open for an order says which of its flags is in the way") {
  const OrderTerms l = limit("0.5"_dec, "100"_dec), m = market_quote("5"_dec);
  OrderTerms maker = l, ioc = l;
  maker.post_only = true;
  ioc.configuration = Configuration::limit_ioc;
  const auto with = [](auto set) {
    Product p = product();
    set(p);
    return p;
  };
  Product p = with([](Product& x) { x.disabled = true; });
  CHECK(broken(p, l) == "COINBASE_NOT_TRADABLE is_disabled");
  p = with([](Product& x) { x.trading_disabled = true; });
  CHECK(broken(p, l) == "COINBASE_NOT_TRADABLE trading_disabled");
  p = with([](Product& x) { x.cancel_only = true; });
  CHECK(broken(p, l) == "COINBASE_NOT_TRADABLE cancel_only");
  p = with([](Product& x) { x.view_only = true; });
  CHECK(broken(p, l) == "COINBASE_NOT_TRADABLE view_only");
  p = with([](Product& x) { x.view_only = false; });
  CHECK(broken(p, l).empty());
  p = with([](Product& x) { x.status = "delisted"; });
  CHECK(broken(p, l) == "COINBASE_NOT_TRADABLE status");
  p = with([](Product& x) { x.status = ""; });
  CHECK(broken(p, l).empty());
  p = with([](Product& x) { x.limit_only = true; });
  CHECK(broken(p, m) == "COINBASE_NOT_TRADABLE limit_only");
  CHECK(broken(p, l).empty());
  p = with([](Product& x) { x.post_only = true; });
  CHECK(broken(p, l) == "COINBASE_NOT_TRADABLE post_only");
  CHECK(broken(p, maker).empty());
  p = with([](Product& x) { x.auction = true; });
  CHECK(broken(p, m) == "COINBASE_NOT_TRADABLE auction_mode");
  CHECK(broken(p, ioc) == "COINBASE_NOT_TRADABLE auction_mode");
  CHECK(broken(p, l).empty());
}

TEST_CASE("whatever is rounded is on the step, less than one step away, and never on the worse side") {
  const Product base = product();
  CHECK(rc::check([&] {
    Product p = base;
    p.base_increment = p.price_increment = p.quote_increment = Decimal::from_mantissa(*rc::gen::inRange<std::int64_t>(1, 1'000'000), -*rc::gen::inRange(0, 12));
    const Decimal v = Decimal::from_mantissa(*rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000), -*rc::gen::inRange(0, 12));
    const Decimal step = p.base_increment, size = base_size_of(p, v), buy = price_of(p, Side::buy, v), sell = price_of(p, Side::sell, v);
    for (const Decimal d : {size, buy, sell}) {
      RC_ASSERT(d.is_set());
      RC_ASSERT(floor_to(d, step) == d);
      RC_ASSERT(abs(d - v) < step);
      RC_ASSERT(d.to_string().find_first_of("eE") == std::string::npos);
      RC_ASSERT(*Decimal::try_parse(d.to_string()) == d);
    }
    RC_ASSERT(size <= v);
    RC_ASSERT(buy <= v);
    RC_ASSERT(sell >= v);
  }));
}
