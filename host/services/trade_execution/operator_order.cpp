#include "services/trade_execution/operator_order.hpp"

namespace bowline::services {
namespace {

using core::OrderType;
using core::TimeInForce;

Error about(const char* key, const char* code, std::string message) { return {code, std::move(message), {{"key", key}}}; }

constexpr bool rests(TimeInForce tif) noexcept { return tif == TimeInForce::gtc || tif == TimeInForce::gtd; }

Result<void> check_base(Decimal qty, const core::Instrument& ins) {
  const core::ProductRules& r = ins.rules;
  if (!qty.is_positive()) return about("qty", "ORDER_QUANTITY", "the quantity must be above 0");
  if (floor_to(qty, r.base_step) != qty)
    return about("qty", "ORDER_QUANTITY_STEP", "the quantity is not a multiple of the base_step of " + ins.symbol + ", " + r.base_step.to_string() + ": round it down");
  if (qty < r.base_min)
    return about("qty", "BELOW_MINIMUM", "the quantity is below the base_min of " + ins.symbol + ", " + r.base_min.to_string() + ": no order can be smaller");
  return {};
}

Result<void> check_price(const char* key, Decimal px, const core::Instrument& ins) {
  if (px.is_positive() && floor_to(px, ins.rules.px_step) == px) return {};
  return about(key, "ORDER_PRICE_STEP", "a price must be a positive multiple of the px_step of " + ins.symbol + ", " + ins.rules.px_step.to_string());
}

Result<void> check_amount(const TradeRequest& q, const core::Instrument& ins) {
  if (q.qty.is_set() == q.quote_qty.is_set()) return about("qty", "ORDER_QUANTITY", "exactly one of qty and quote_qty must be given");
  if (q.qty.is_set()) return check_base(q.qty, ins);
  if (q.type != OrderType::market || q.side != core::Side::buy) return about("quote_qty", "ORDER_QUANTITY", "quote_qty is for market buys only");
  if (!q.quote_qty.is_positive()) return about("quote_qty", "ORDER_QUANTITY", "the quantity must be above 0");
  return {};
}

Result<void> check_prices(const TradeRequest& q, const core::Instrument& ins) {
  const bool limit = q.type != OrderType::market, stop = q.type == OrderType::stop_limit || q.type == OrderType::bracket;
  if (limit != q.limit_px.is_set() || stop != q.stop_px.is_set())
    return about(limit != q.limit_px.is_set() ? "limit_price" : "stop_price", "ORDER_PRICES",
                 "a limit order has limit_price, a stop_limit order and a bracket limit_price and stop_price, a market order none");
  for (const auto& [key, px] : {std::pair{"limit_price", q.limit_px}, std::pair{"stop_price", q.stop_px}})
    if (px.is_set())
      if (auto fits = check_price(key, px, ins); !fits) return fits;
  if (q.type == OrderType::bracket && q.limit_px <= q.stop_px)
    return about("limit_price", "ORDER_PRICES", "a bracket's limit_price is its target and lies above its stop_price");
  return {};
}

Result<void> check_combination(const TradeRequest& q) {
  const auto wrong = [](const char* key, const char* why) { return about(key, "ORDER_COMBINATION", why); };
  if (q.type == OrderType::market && rests(q.tif)) return wrong("tif", "a market order is IOC or FOK: it does not rest");
  if ((q.type == OrderType::stop_limit || q.type == OrderType::bracket) && !rests(q.tif))
    return wrong("tif", "a stop_limit order and a bracket wait for their price: GTC, or GTD with expire");
  if (q.type == OrderType::bracket && q.side != core::Side::sell)
    return wrong("side", "a bracket sells what is held: at its target, or at its stop");
  if (q.post_only && (q.type != OrderType::limit || !rests(q.tif))) return wrong("post_only", "post_only is for limit orders that may rest: GTC or GTD");
  return {};
}

}  // namespace

Result<void> check_order(const TradeRequest& q, const core::Instrument& ins, core::Nanos now) {
  if (auto ok = check_amount(q, ins); !ok) return ok;
  if (auto ok = check_prices(q, ins); !ok) return ok;
  if ((q.tif == TimeInForce::gtd) != (q.expire_ns != 0) || (q.expire_ns != 0 && q.expire_ns <= now))
    return about("expire", "ORDER_EXPIRE", "expire goes with GTD, and must lie ahead");
  return check_combination(q);
}

Result<void> check_terms(const core::Terms& t, const core::Instrument& ins) {
  if (t.qty.is_set())
    if (auto ok = check_base(t.qty, ins); !ok) return ok;
  for (const auto& [key, px] : {std::pair{"limit_price", t.limit_px}, std::pair{"stop_price", t.stop_px}})
    if (px.is_set())
      if (auto ok = check_price(key, px, ins); !ok) return ok;
  return {};
}

}  // namespace bowline::services
