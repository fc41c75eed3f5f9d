#include "exchange/face/currencies.hpp"

#include <array>

namespace bowline::exchange {
namespace {

struct Row {
  std::string_view code, name;
  bool fiat;
};
constexpr auto rows = std::to_array<Row>({
    {"USD", "US Dollar", true},   {"EUR", "Euro", true},         {"GBP", "British Pound", true}, {"CHF", "Swiss Franc", true},
    {"JPY", "Japanese Yen", true}, {"CAD", "Canadian Dollar", true}, {"AUD", "Australian Dollar", true}, {"USDC", "USDC", false},
    {"USDT", "Tether", false},    {"DAI", "Dai", false},         {"BTC", "Bitcoin", false},      {"ETH", "Ethereum", false},
    {"SOL", "Solana", false},     {"ADA", "Cardano", false},     {"DOGE", "Dogecoin", false},    {"LTC", "Litecoin", false},
    {"XRP", "XRP", false},        {"SHIB", "Shiba Inu", false},  {"ATOM", "Cosmos", false},      {"AVAX", "Avalanche", false},
    {"LINK", "Chainlink", false}, {"BCH", "Bitcoin Cash", false}, {"DOT", "Polkadot", false},    {"UNI", "Uniswap", false},
});
const Row* find(std::string_view code) noexcept {
  for (const Row& r : rows)
    if (r.code == code) return &r;
  return nullptr;
}

}  // namespace

std::string_view currency_name(std::string_view code) noexcept {
  const Row* r = find(code);
  return r ? r->name : code;
}

bool is_fiat(std::string_view code) noexcept {
  const Row* r = find(code);
  return r != nullptr && r->fiat;
}

std::optional<Decimal> worth_in_usd(const Engine& engine, std::string_view code) {
  if (code == "USD") return Decimal::from_int(1);
  for (const Product& p : engine.products()) {
    if (p.base == code && p.quote == "USD") {
      if (const auto last = engine.book(p.id, 0)->last) return last;
    }
    if (p.quote == code && !p.alias.empty()) {
      if (engine.products()[*engine.product_number(p.alias)].quote == "USD") return Decimal::from_int(1);
    }
  }
  return std::nullopt;
}

}  // namespace bowline::exchange
