#include <array>
#include <string_view>

#include "exchange/server/config.hpp"

namespace bowline::exchange {
namespace {

using Text = std::string_view;
struct Row {
  Text base, quote, base_increment, quote_increment, price_increment, base_min, base_max, quote_max;
  Text alias, price, depth;
  std::int64_t volatility_ppm;
};
constexpr auto rows = std::to_array<Row>({
    {"BTC", "USD", "0.00000001", "0.01", "0.01", "0.00000001", "3400", "150000000", "", "92000", "60000", 25'000},
    {"BTC", "USDC", "0.00000001", "0.01", "0.01", "0.00000001", "3400", "150000000", "BTC-USD", "92000", "60000", 25'000},
    {"ETH", "USD", "0.00000001", "0.01", "0.01", "0.00000001", "42000", "150000000", "", "3100", "45000", 33'000},
    {"ETH", "USDC", "0.00000001", "0.01", "0.01", "0.00000001", "42000", "150000000", "ETH-USD", "3100", "45000", 33'000},
    {"ETH", "BTC", "0.00000001", "0.00000001", "0.00001", "0.00000001", "1000000", "200", "", "0.0337", "0.4", 20'000},
    {"SOL", "USD", "0.00000001", "0.01", "0.01", "0.00000001", "260000", "40000000", "", "140", "30000", 45'000},
    {"XRP", "USD", "0.000001", "0.0001", "0.0001", "0.000001", "11000000", "10000000", "", "2.2", "25000", 45'000},
    {"ADA", "USD", "0.00000001", "0.0001", "0.0001", "0.00000001", "20000000", "10000000", "", "0.44", "12000", 48'000},
    {"DOGE", "USD", "0.1", "0.00001", "0.00001", "0.1", "60000000", "10000000", "", "0.15", "15000", 55'000},
    {"LTC", "USD", "0.00000001", "0.01", "0.01", "0.00000001", "100000", "10000000", "", "84", "9000", 40'000},
    {"LINK", "USD", "0.01", "0.001", "0.001", "0.01", "860000", "10000000", "", "13.2", "9000", 45'000},
    {"AVAX", "USD", "0.00000001", "0.01", "0.01", "0.00000001", "430000", "10000000", "", "14.1", "8000", 48'000},
    {"XLM", "USD", "0.00000001", "0.000001", "0.000001", "0.00000001", "44000000", "10000000", "", "0.25", "7000", 48'000},
    {"SHIB", "USD", "1", "0.01", "0.00000001", "1", "780000000000", "10000000", "", "0.0000085", "6000", 50'000},
});

Decimal number(Text t) { return Decimal::try_parse(t).value_or(Decimal::not_set()); }

}  // namespace

std::vector<ProductConfig> default_products() {
  std::vector<ProductConfig> out;
  for (const Row& r : rows) {
    ProductConfig& p = out.emplace_back();
    p.rules.base = r.base;
    p.rules.quote = r.quote;
    p.rules.id = p.rules.base + "-" + p.rules.quote;
    p.rules.base_increment = number(r.base_increment);
    p.rules.quote_increment = number(r.quote_increment);
    p.rules.price_increment = number(r.price_increment);
    p.rules.base_min_size = number(r.base_min);
    p.rules.base_max_size = number(r.base_max);
    p.rules.quote_min_size = r.quote == "BTC" ? number("0.00001") : number("1");
    p.rules.quote_max_size = number(r.quote_max);
    p.rules.alias = r.alias;
    p.shape.price = number(r.price);
    p.shape.depth = number(r.depth);
    p.shape.volatility_ppm = r.volatility_ppm;
    p.shape.spread_ppm = 200;
  }
  return out;
}

}  // namespace bowline::exchange
