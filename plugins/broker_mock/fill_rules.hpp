// At which price, if at all, a bar fills an order: the mock venue's only judgement about the market. Pure
// functions.
#pragma once

#include <cstdint>

#include "order.hpp"

namespace bowline::broker_mock {

struct FillRules {
  Decimal slippage = Decimal::zero();  ///< share of the price that a taker loses
  Decimal max_fill_share =
      Decimal::zero();  ///< share of a bar's volume that all our orders together may take
};

/// What a bar does to one order.
struct Touch {
  bool triggers = false;  ///< a stop-limit or bracket whose stop was traded through in this bar
  bool fills = false;
  Decimal px = Decimal::zero();
  Liquidity liquidity = Liquidity::taker;
};

/// True when the order, as it is now, was at the venue before the bar began and is still there when it ends:
/// no fill uses data from before acceptance or amendment, and none from behind the expiry (a bar that spans
/// the expiry does not fill).
bool eligible(const Order& order, const BarView& bar) noexcept;

/// The fill rules, for an eligible open order:
/// market: the open, worse by slippage. limit: only on trade-through (buy: low < limit). The first bar may
/// find it marketable: open already through -> taker at the open, worse by slippage, never worse than the
/// limit; else maker at the limit. A post-only order is always maker at its limit. IOC and FOK: only what is
/// marketable at the first bar's open. stop-limit: trade-through of the stop triggers; taker at the worse of
/// stop and open, worse by slippage, bounded by the limit; when that price is beyond the limit the order
/// rests at its limit from the next bar on. bracket: the stop is looked at first, and fills like a stop
/// without a limit; what it leaves is a market order from the next bar on. Else the target, as a limit that
/// rests: maker, on trade-through. Prices are rounded to `px_step` against the order (a buy up, a sell down),
/// never beyond its limit.
Touch touch(const Order& order, const BarView& bar, const FillRules& rules, const Decimal& px_step);

/// What of a bar's volume our orders may take, in whole base steps.
Decimal volume_cap(const BarView& bar, const FillRules& rules, const Decimal& base_step);

/// A number in [0, 1) that follows from (seed, order, moment, purpose) alone: the same order meets the same
/// luck in every run, in one process or in four.
double luck(std::uint64_t seed, const std::string& client_id, std::int64_t time_ns,
            std::uint64_t purpose) noexcept;

}  // namespace bowline::broker_mock
