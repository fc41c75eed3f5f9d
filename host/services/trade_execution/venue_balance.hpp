// What the venue says is there of one asset, and how far that is from the ledger (execution_balances.cpp, trading rules 5.6).
#pragma once

#include <bowline/decimal.hpp>
#include <cstdint>

#include "core/types.hpp"

namespace bowline::services {

/// The last that it told.
struct VenueBalance {
  Decimal total = Decimal::not_set(), hold = Decimal::not_set();
  core::Nanos time = 0;
};

struct BalanceDifference {
  core::AssetId asset;
  Decimal amount;           ///< what the venue has more than the ledger
  std::uint32_t looks = 0;  ///< comparisons before that found the same
};

}  // namespace bowline::services
