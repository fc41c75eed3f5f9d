#include "core/resting_stop.hpp"

namespace bowline::core {

std::optional<RestingTerms> resting_terms(const Protection& wanted, Decimal qty, Decimal bid, Decimal below, const ProductRules& rules,
                                          VenueStops venue) noexcept {
  if (!venue.any() || !bid.is_set() || !qty.is_positive()) return std::nullopt;
  RestingTerms t;
  t.qty = floor_to(qty, rules.base_step);
  // Up: between two steps of the price the nearer one is the earlier sale.
  t.stop_px = ceil_to(wanted.stop_px, rules.px_step);
  if (!t.stop_px.is_set() || t.stop_px >= bid) return std::nullopt;
  if (wanted.take_px.is_set() && venue.bracket) {
    t.type = OrderType::bracket;
    t.limit_px = ceil_to(wanted.take_px, rules.px_step);
    if (!t.limit_px.is_set() || t.limit_px <= bid) return std::nullopt;
  } else if (venue.stop_limit) {
    t.limit_px = floor_to(t.stop_px - mul(t.stop_px, below, Rounding::up), rules.px_step);
    if (!t.limit_px.is_set() || !t.limit_px.is_positive()) return std::nullopt;
  } else {
    return std::nullopt;
  }
  // By the lower of its prices: what the venue takes at the one it must take at the other.
  const Decimal worth = mul(t.qty, min(t.limit_px, t.stop_px), Rounding::down);
  if (!t.qty.is_positive() || t.qty < rules.base_min || !worth.is_set() || worth < rules.quote_min) return std::nullopt;
  return t;
}

RestingTerms terms_of(const Intent& i, Decimal leaves) noexcept { return {i.type(), leaves, i.stop_px(), i.limit_px()}; }

void put_terms(bl_intent& to, const RestingTerms& terms) noexcept {
  to.type = static_cast<std::uint32_t>(terms.type);
  to.tif = BL_GTC;
  to.flags = BL_REDUCE_ONLY | BL_TRIGGER_DOWN;
  to.qty = terms.qty.raw();
  to.stop_px = terms.stop_px.raw();
  to.limit_px = terms.limit_px.raw();
  to.expire_ns = 0;
}

}  // namespace bowline::core
