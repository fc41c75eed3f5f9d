// A stop that rests at the venue (trading rules 3.3): a sale that waits there for its trigger, whether this host lives or
// not. With a take-profit of the whole position it is a bracket: both legs in one order, so that the coins are held once.
#pragma once

#include <optional>

#include "core/instrument.hpp"
#include "core/intent.hpp"
#include "core/protection.hpp"

namespace bowline::core {

/// Whether the order is one, and not an exit by the stop's rank, which is sold at once. True of the order and not of its
/// state: what an earlier process placed is known by its journaled intent.
constexpr bool rests_as_stop(const Intent& i) noexcept {
  return i.purpose == Purpose::stop && (i.abi.type == BL_STOP_LIMIT || i.abi.type == BL_BRACKET);
}

/// What the venue of a product can hold on its own.
struct VenueStops {
  bool stop_limit = false, bracket = false;
  constexpr bool any() const noexcept { return stop_limit || bracket; }
};

/// The terms of such an order. Prices lie on the product's grid.
struct RestingTerms {
  OrderType type = OrderType::stop_limit;
  Decimal qty, stop_px;
  Decimal limit_px;  ///< stop-limit: the least that it sells for. Bracket: its take-profit
  bool operator==(const RestingTerms&) const = default;
};

/// For `qty` of a position, its limit `below` (fraction) under the stop. None: no order can be made that would wait: too little
/// of it, a product whose venue holds neither, no bid to tell, or a price that has reached the stop or the target already:
/// then it is sold now.
std::optional<RestingTerms> resting_terms(const Protection& wanted, Decimal qty, Decimal bid, Decimal below, const ProductRules& rules,
                                          VenueStops venue) noexcept;

/// The terms that an order was sent with, its quantity what is left of it.
RestingTerms terms_of(const Intent& i, Decimal leaves) noexcept;

/// Puts them into an intent: a sale that only reduces, good until it is cancelled.
void put_terms(bl_intent& to, const RestingTerms& terms) noexcept;

}  // namespace bowline::core
