#include "order_form.hpp"

#include <array>
#include <cstring>
#include <optional>

#include "coinbase/rounding.hpp"

namespace bowline::broker_coinbase {
namespace {

using coinbase::Configuration;

struct Row {
  std::uint32_t type, tif;
  Configuration configuration;
};
/// What is not in it, the venue does not have. A market order takes what is there; the rest of it is cancelled.
constexpr auto rows = std::to_array<Row>({
    {BL_MARKET, BL_IOC, Configuration::market_ioc},
    {BL_MARKET, BL_GTC, Configuration::market_ioc},
    {BL_LIMIT, BL_GTC, Configuration::limit_gtc},
    {BL_LIMIT, BL_GTD, Configuration::limit_gtd},
    {BL_LIMIT, BL_IOC, Configuration::limit_ioc},
    {BL_LIMIT, BL_FOK, Configuration::limit_fok},
    {BL_STOP_LIMIT, BL_GTC, Configuration::stop_limit_gtc},
    {BL_STOP_LIMIT, BL_GTD, Configuration::stop_limit_gtd},
    {BL_BRACKET, BL_GTC, Configuration::bracket_gtc},
    {BL_BRACKET, BL_GTD, Configuration::bracket_gtd},
});

Configuration configuration_of(const bl_intent& i) noexcept {
  for (const Row& r : rows)
    if (r.type == i.type && r.tif == i.tif) return r.configuration;
  return Configuration::unknown;
}

bool same(const bl_dec& a, const bl_dec& b) noexcept { return a.lo == b.lo && a.hi == b.hi; }

Error unsupported(const char* what) { return {"ORDER_UNSUPPORTED", what}; }

}  // namespace

std::string_view client_id_of(const bl_intent& i) noexcept { return {i.client_id, ::strnlen(i.client_id, sizeof i.client_id)}; }

bool same_order(const bl_intent& a, const bl_intent& b) noexcept {
  constexpr std::uint32_t terms = BL_POST_ONLY | BL_TRIGGER_UP | BL_TRIGGER_DOWN;
  return client_id_of(a) == client_id_of(b) && a.instrument == b.instrument && a.side == b.side && a.type == b.type && a.tif == b.tif &&
         (a.flags & terms) == (b.flags & terms) && same(a.qty, b.qty) && same(a.quote_qty, b.quote_qty) && same(a.limit_px, b.limit_px) &&
         same(a.stop_px, b.stop_px) && a.expire_ns == b.expire_ns;
}

Result<coinbase::NewOrder> form_of(const bl_intent& i, const Listed& l) {
  coinbase::NewOrder o;
  o.client_order_id = client_id_of(i);
  if (o.client_order_id.empty()) return Error{"CLIENT_ID_MISSING", "an intent without a client id cannot be sent"};
  o.product_id = l.symbol;
  if (i.side != BL_BUY && i.side != BL_SELL) return unsupported("the side is neither buy nor sell");
  o.side = i.side == BL_BUY ? coinbase::Side::buy : coinbase::Side::sell;
  o.terms.configuration = configuration_of(i);
  if (o.terms.configuration == Configuration::unknown)
    return unsupported("the venue takes market orders as IOC, limit orders as GTC, GTD, IOC and FOK, stop-limit orders and brackets as GTC and GTD");
  if (i.type == BL_BRACKET && i.side != BL_SELL) return unsupported("a bracket is a sale of what is held");
  const bool post_only = (i.flags & BL_POST_ONLY) != 0;
  if (post_only && (i.type != BL_LIMIT || (i.tif != BL_GTC && i.tif != BL_GTD))) return unsupported("post-only goes with limit orders that may rest");

  const bool reduces = (i.flags & BL_REDUCE_ONLY) != 0;
  if (!l.product && !reduces) return Error{"PRODUCT_NOT_READ", l.symbol + ": its rules are not read yet: nothing was sent"};
  const auto size = [&](bl_dec raw, Decimal (*round)(const coinbase::Product&, Decimal) noexcept) -> std::optional<Decimal> {
    const Decimal d = Decimal::from_raw(raw);
    if (!d.is_set()) return std::nullopt;
    return l.product ? round(*l.product, d) : d;
  };
  const auto price = [&](bl_dec raw) -> std::optional<Decimal> {
    const Decimal d = Decimal::from_raw(raw);
    if (!d.is_set()) return std::nullopt;
    return l.product ? coinbase::price_of(*l.product, o.side, d) : d;
  };
  coinbase::OrderTerms& t = o.terms;
  t.base_size = size(i.qty, coinbase::base_size_of);
  t.quote_size = size(i.quote_qty, coinbase::quote_size_of);
  if (i.type != BL_MARKET) t.limit_price = price(i.limit_px);
  if (i.type == BL_BRACKET) t.stop_trigger_price = price(i.stop_px);
  if (i.type == BL_STOP_LIMIT) {
    t.stop_price = price(i.stop_px);
    // Without a flag: the protective direction, a sale below the market and a purchase above it.
    const bool up = (i.flags & BL_TRIGGER_UP) != 0 || ((i.flags & BL_TRIGGER_DOWN) == 0 && i.side == BL_BUY);
    t.stop_direction = up ? coinbase::StopDirection::up : coinbase::StopDirection::down;
  }
  if (i.tif == BL_GTD) t.end_time_ns = i.expire_ns;
  if (post_only) t.post_only = true;
  if (i.type == BL_MARKET && t.quote_size && i.side == BL_SELL) return unsupported("a market sale is told its size in base");
  if (i.type != BL_MARKET && t.quote_size) return unsupported("only a market purchase is told its size in quote");
  if (const auto ok = coinbase::check_terms(t); !ok) return ok.error();
  if (reduces) return o;
  const auto reference = l.product->price;
  if (const auto ok = coinbase::check_order(*l.product, t, reference); !ok) return ok.error();
  return o;
}

}  // namespace bowline::broker_coinbase
