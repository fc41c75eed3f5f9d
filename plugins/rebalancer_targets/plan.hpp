// From wanted weights to targets: what is close enough is left alone, and the sum never passes what may be
// invested.
#pragma once

#include <cstdint>
#include <vector>

#include <bowline/decimal.hpp>

#include "allocation.hpp"

namespace bowline::rebalancer_targets {

struct PlanOptions {
  AllocationOptions allocation;
  double drift_band = 0.01;             ///< share of equity a weight may be off before it is corrected
  Decimal min_trade = Decimal::zero();  ///< smallest correction worth its fees, quote currency
};

/// One instrument: how the split sees it, and what is held of it in money.
struct Holding {
  Candidate candidate;
  Decimal value = Decimal::zero();  ///< quantity at its mark, quote currency
};

struct Target {
  std::uint32_t instrument = 0;
  double weight = 0;
};

/// Pure. A target is given only where the wanted weight is farther from the present one than `drift_band` and
/// the correction is at least `min_trade`; a predicted SELL is exempt from both. No target = hold. When the
/// sum of targets and of what is left alone would pass 1 - cash_reserve, the increases are cut in proportion;
/// a cut increase below band or minimum is dropped. Asked again at its targets, it gives none. In the order
/// of `holdings`.
std::vector<Target> plan(const std::vector<Holding>& holdings, const Decimal& equity,
                         const PlanOptions& options);

}  // namespace bowline::rebalancer_targets
