#include "coinbase/rounding.hpp"

namespace bowline::coinbase {
namespace {

Error broken(const Product& p, const char* code, const char* rule, const char* what) {
  return {code, p.product_id + ": " + what, {{"rule", rule}, {"product", p.product_id}}};
}

/// What the product is open for; nullptr: for this order.
struct Closed {
  const char* rule;
  const char* what;
};
std::optional<Closed> closed(const Product& p, const OrderTerms& t) {
  const bool market = order_type_of(t.configuration) == OrderType::market;
  const bool takes_now = market || t.configuration == Configuration::limit_ioc || t.configuration == Configuration::limit_fok;
  const bool rests_only = t.post_only.value_or(false);
  const struct {
    bool holds;
    Closed why;
  } rules[] = {
      {p.disabled, {"is_disabled", "the product is disabled"}},
      {p.trading_disabled, {"trading_disabled", "trading is disabled"}},
      {p.cancel_only, {"cancel_only", "orders can only be cancelled"}},
      {p.view_only.value_or(false), {"view_only", "this account may not trade it"}},
      {!p.status.empty() && p.status != "online", {"status", "the product is not online"}},
      {p.limit_only && market, {"limit_only", "only limit orders are taken"}},
      {p.post_only && !rests_only, {"post_only", "only post-only orders are taken"}},
      {p.auction && takes_now, {"auction_mode", "matching is paused by an auction: an order that has to fill at once can't"}},
  };
  for (const auto& r : rules)
    if (r.holds) return r.why;
  return std::nullopt;
}

bool on_step(Decimal v, Decimal step) noexcept { return floor_to(v, step) == v; }

}  // namespace

Decimal base_size_of(const Product& p, Decimal size) noexcept { return floor_to(size, p.base_increment); }
Decimal quote_size_of(const Product& p, Decimal size) noexcept { return floor_to(size, p.quote_increment); }
Decimal price_of(const Product& p, Side side, Decimal price) noexcept {
  return side == Side::buy    ? floor_to(price, p.price_increment)
         : side == Side::sell ? ceil_to(price, p.price_increment)
                              : Decimal::not_set();
}
Decimal smallest_base(const Product& p) noexcept {
  const Decimal least = p.base_min.is_zero() ? p.base_increment : p.base_min;
  return ceil_to(least, p.base_increment);
}
Decimal smallest_quote(const Product& p) noexcept {
  const Decimal least = p.quote_min.is_zero() ? p.quote_increment : p.quote_min;
  return ceil_to(least, p.quote_increment);
}

Result<void> check_order(const Product& p, const OrderTerms& t, std::optional<Decimal> reference) {
  if (const auto terms = check_terms(t); !terms) return terms.error();
  if (const auto why = closed(p, t)) return broken(p, "COINBASE_NOT_TRADABLE", why->rule, why->what);

  const struct {
    const std::optional<Decimal>& value;
    const char* what;
  } prices[] = {{t.limit_price, "the limit price is not on the price step"},
                {t.stop_price, "the stop price is not on the price step"},
                {t.stop_trigger_price, "the stop trigger price is not on the price step"}};
  for (const auto& price : prices)
    if (price.value && !on_step(*price.value, p.price_increment)) return broken(p, "COINBASE_PRICE_STEP", "price_increment", price.what);

  if (t.base_size) {
    if (!on_step(*t.base_size, p.base_increment)) return broken(p, "COINBASE_SIZE_STEP", "base_increment", "the size is not on the step of the base asset");
    if (*t.base_size < p.base_min) return broken(p, "COINBASE_SIZE_TOO_SMALL", "base_min_size", "the size is below the product's minimum");
    if (*t.base_size > p.base_max) return broken(p, "COINBASE_SIZE_TOO_LARGE", "base_max_size", "the size is above the product's maximum");
    const auto price = t.limit_price ? t.limit_price : reference;
    if (!price) return {};
    // Rounded so that a notional on the edge passes: the venue has the last word. One that does not fit is above every maximum.
    const Decimal most = mul(*t.base_size, *price, Rounding::up), least = mul(*t.base_size, *price, Rounding::down);
    if (most.is_set() && most < p.quote_min)
      return broken(p, "COINBASE_NOTIONAL_TOO_SMALL", "quote_min_size", "size x price is below the product's minimum");
    if (!least.is_set() || least > p.quote_max)
      return broken(p, "COINBASE_NOTIONAL_TOO_LARGE", "quote_max_size", "size x price is above the product's maximum");
    return {};
  }
  if (!on_step(*t.quote_size, p.quote_increment)) return broken(p, "COINBASE_SIZE_STEP", "quote_increment", "the size is not on the step of the quote asset");
  if (*t.quote_size < p.quote_min) return broken(p, "COINBASE_SIZE_TOO_SMALL", "quote_min_size", "the size is below the product's minimum");
  if (*t.quote_size > p.quote_max) return broken(p, "COINBASE_SIZE_TOO_LARGE", "quote_max_size", "the size is above the product's maximum");
  return {};
}

}  // namespace bowline::coinbase
