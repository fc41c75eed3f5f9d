// The orders of a canary: as small as the product takes them, and what they may cost at most. Pure arithmetic.
#pragma once

#include <bowline/decimal.hpp>
#include <bowline/result.hpp>

#include "services/canary/venue_talk.hpp"

namespace bowline::services {

struct CanaryPlan {
  /// A limit purchase far below the market, and where it is moved to: further below.
  Decimal far_qty, far_px, far_px_edited;
  /// A market purchase, which is sold again at once; large enough that its stop is not too small for the venue.
  Decimal qty;
  /// What is worth the most of the two, with its fee, at the price of now and some room for its move.
  Decimal most;
};

/// A resting stop for what was bought at `px`: so far below that it does not trigger while it rests.
struct CanaryStop {
  Decimal stop_px, limit_px;
};

/// By the venue's own rules and its last price of the product. Errors: CANARY_RULES (a rule or the price was not told, or they leave
/// no such order), CANARY_CAP (`most` is above `max_spend`: both are in the words).
Result<CanaryPlan> plan_canary(const ToldProduct& product, Decimal max_spend);

/// Not set where the steps leave no such price.
CanaryStop stop_of_canary(const ToldProduct& product, Decimal px);

}  // namespace bowline::services
