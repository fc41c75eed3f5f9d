#include "product.hpp"

#include "money_rules.hpp"

namespace bowline::exchange {

Result<void> check(const Product& p) {
  const auto bad = [&](const std::string& what) { return Error{"PRODUCT_INVALID", "product " + p.id + ": " + what}; };
  if (p.id.empty() || p.base.empty() || p.quote.empty()) return bad("id, base and quote must be given");
  if (p.base == p.quote) return bad("base and quote are one currency");
  if (p.alias == p.id) return bad("it can't be its own alias");
  if (!usable(p.price_increment, price_step)) return bad("price_increment must be above zero, with 12 decimals at most");
  if (!usable(p.base_increment, amount_step)) return bad("base_increment must be above zero, with 16 decimals at most");
  if (!usable(p.quote_increment, amount_step)) return bad("quote_increment must be above zero, with 16 decimals at most");
  for (const Decimal& x : {p.base_min_size, p.base_max_size, p.quote_min_size, p.quote_max_size})
    if (!usable(x, amount_step)) return bad("sizes must be above zero, with 16 decimals at most");
  if (p.base_min_size > p.base_max_size) return bad("base_min_size is above base_max_size");
  if (p.quote_min_size > p.quote_max_size) return bad("quote_min_size is above quote_max_size");
  return {};
}

std::string_view name(ProductStatus s) noexcept {
  return s == ProductStatus::online ? "online" : s == ProductStatus::offline ? "offline" : "delisted";
}

}  // namespace bowline::exchange
