// Market buys by quote_size as Coinbase filled them, at the taker rates of five fee tiers. The first order is the recorded one among the
// vectors; the others were found in public recordings between 2023-08 and 2024-12, whose origin could not be checked. Each must come
// out the same to the last decimal.
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "unit/exchange/venue.hpp"

using namespace exchange_test;

namespace {

struct Recorded {
  const char *product, *quote_size, *rate, *price;  // the rate and the price follow from the recorded figures
  const char *filled_size, *average, *value, *fees;
};
constexpr Recorded recorded[] = {
    {"ATOM-USD", "5", "0.008", "8.596", "0.5770494951509377", "8.5959999999999997", "4.9603174603174603", "0.0396825396825397"},
    {"BTC-USD", "1.5", "0.0075", "102795.9", "0.0000144833961948", "102795.8999998081720639", "1.488833746898263", "0.011166253101737"},
    {"BTC-USD", "1.5", "0.012", "72956.05", "0.0000203165253428", "72956.049999980014299", "1.4822134387351779", "0.0177865612648221"},
    {"SOL-USD", "5", "0.008", "23.26", "0.2132552648459785", "23.2600000000000018", "4.9603174603174603", "0.0396825396825397"},
    {"SOL-USD", "5", "0.008", "23.25", "0.2133469875405359", "23.2500000000000029", "4.9603174603174603", "0.0396825396825397"},
    {"SOL-USD", "5", "0.008", "23.22", "0.2136226296433015", "23.2199999999999975", "4.9603174603174603", "0.0396825396825397"},
    {"SOL-USD", "5", "0.008", "22.98", "0.2158536753837015", "22.9799999999999992", "4.9603174603174603", "0.0396825396825397"},
    {"ATOM-USD", "5", "0.0055", "6.391", "0.7780707905922838", "6.3910000000000002", "4.9726504226752859", "0.0273495773247141"},
    {"ATOM-USD", "5", "0.0055", "6.344", "0.7838351864242254", "6.344", "4.9726504226752859", "0.0273495773247141"},
    {"ATOM-USD", "5", "0.0055", "6.324", "0.7863141085824298", "6.3239999999999998", "4.9726504226752859", "0.0273495773247141"},
    {"MATIC-USD", "50", "0.0025", "0.9718", "51.322609303044098", "0.9718", "49.8753117206982544", "0.1246882793017456"},
    {"MATIC-USD", "20", "0.0025", "0.8487", "23.5066863300097817", "0.8487", "19.9501246882793017", "0.0498753117206983"},
};

Decimal dec(const std::string& s) { return *Decimal::try_parse(s); }

/// The order as the venue fills it, in two fills: `first` of another user's, the rest of the market's, both at one price.
void check_as_recorded(const Recorded& r, const Decimal& first) {
  Engine e;
  Product p = btc_usd();
  p.id = r.product;
  p.base = p.id.substr(0, p.id.find('-'));
  p.price_increment = "0.0001"_dec;
  p.quote_min_size = "0.000001"_dec;
  REQUIRE(e.add_product(p).ok());
  const UserId buyer = *e.add_user("buyer", {"0"_dec, dec(r.rate)}, start);
  const UserId seller = *e.add_user("seller", {"0.001"_dec, "0.001"_dec}, start);
  REQUIRE(e.deposit(buyer, "USD", dec(r.quote_size), start).ok());
  REQUIRE(e.deposit(seller, p.base, "1000"_dec, start).ok());
  OrderRequest sale;
  sale.client_order_id = "sale";
  sale.product_id = p.id;
  sale.side = Side::sell;
  sale.config = Config::limit_gtc;
  sale.base_size = first;
  sale.limit_price = dec(r.price);
  REQUIRE(e.place(seller, sale, start).ok());
  REQUIRE(e.set_market(p.id, {}, {{dec(r.price), "1000"_dec}}, Decimal::not_set(), start).ok());

  OrderRequest buy;
  buy.client_order_id = "buy";
  buy.product_id = p.id;
  buy.config = Config::market_ioc;
  buy.quote_size = dec(r.quote_size);
  const Preview before = e.preview(buyer, buy, start);
  CHECK(str(before.base_size) == r.filled_size);
  CHECK(str(before.order_total) == r.quote_size);
  const Placed placed = e.place(buyer, buy, start);
  REQUIRE(placed.ok());
  const Order& o = e.order(placed.order);
  INFO(r.product << " " << r.price);
  CHECK(o.state.status == Status::filled);
  CHECK(o.state.fills == 2);
  CHECK(str(o.state.filled_size) == r.filled_size);
  CHECK(str(average_price(o.state)) == r.average);
  CHECK(str(o.state.filled_value) == r.value);
  CHECK(str(o.state.fees) == r.fees);
  CHECK(str(value_after_fees(Side::buy, o.state)) == r.quote_size);
  CHECK(str(o.state.hold) == "0");
  CHECK(str(completion_percentage(o)) == "100");
  CHECK(o.by_quote());
  CHECK(o.spends_quote());
  // All the money went, and nothing but that.
  CHECK(e.ledger().of(buyer, e.ledger().find_currency("USD")).total().is_zero());
  CHECK(str(e.ledger().of(buyer, e.ledger().find_currency(p.base)).available) == r.filled_size);
  CHECK(e.audit().ok());
}

}  // namespace

TEST_CASE("market buys by quote_size come out as Coinbase filled them, to the last decimal") {
  for (const Recorded& r : recorded) {
    const Decimal whole = dec(r.filled_size);
    // However the fills divide it: the sums are those of the order.
    for (const int part : {2, 3, 7}) check_as_recorded(r, floor_to(div(whole, Decimal::from_int(part), Rounding::down), "0.00000001"_dec));
  }
}

TEST_CASE("the recorded order among the vectors is the first of the table") {
  const char* data = std::getenv("BOWLINE_DATA");
  const std::filesystem::path file = data ? std::filesystem::path(data) / "reference/coinbase/vectors/rest/quote_size_market_buy_real.json"
                                          : std::filesystem::path();
  if (!data || !std::filesystem::exists(file)) {
    if (const char* must = std::getenv("BOWLINE_REQUIRE_DATA"); must && std::string_view(must) == "1")
      FAIL("BOWLINE_REQUIRE_DATA is set, and BOWLINE_DATA names no folder with reference/coinbase/vectors");
    WARN("skipped: the recorded order: BOWLINE_DATA (folder of reference/coinbase) is not set");
    return;
  }
  const auto all = nlohmann::json::parse(std::ifstream(file)).at("orders");
  REQUIRE(all.size() == 1);
  const auto& o = all[0];
  const Recorded& r = recorded[0];
  CHECK(o.at("product_id") == r.product);
  CHECK(o.at("order_configuration").at("market_market_ioc").at("quote_size") == r.quote_size);
  CHECK(o.at("filled_size") == r.filled_size);
  CHECK(o.at("average_filled_price") == r.average);
  CHECK(o.at("filled_value") == r.value);
  CHECK(o.at("total_fees") == r.fees);
  CHECK(o.at("total_value_after_fees") == r.quote_size);
  CHECK(o.at("number_of_fills") == "2");
}
