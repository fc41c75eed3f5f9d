// What bowline.risk.limits answers with: each code, and what its value and limit are.
#pragma once

#include <array>

#include "common/last_checks.hpp"

namespace bowline::risk_limits {

using risk::Bound;
using risk::Code;
using risk::Unit;

inline constexpr auto codes = std::to_array<Code>({
    {0, "SIDE_UNKNOWN"},
    {1, "QUANTITY_INVALID"},
    {2, "SELL_EXCEEDS_POSITION", Unit::base_quantity, Bound::most, true, "what would be sold", "what is held and not yet being sold"},
    {3, "EQUITY_NOT_POSITIVE", Unit::quote_amount, Bound::least, false, "equity", "0, which it has to be above"},
    {4, "MARK_MISSING"},
    {5, "NOTIONAL_BELOW_MINIMUM", Unit::quote_amount, Bound::least, true, "the order", "min_notional"},
    {6, "POSITION_LIMIT", Unit::share_of_equity, Bound::most, true, "the position with the order", "max_position"},
    {7, "EXPOSURE_LIMIT", Unit::share_of_equity, Bound::most, false, "all positions with the order", "max_exposure"},
    {8, "ARITHMETIC_OVERFLOW"},
    {9, "PRODUCT_LOCKED", Unit::seconds, Bound::least, true, "now, since 1970", "until when it is locked; none of a lock for good"},
    {10, "COOLDOWN_ACTIVE", Unit::seconds, Bound::least, true, "since the last loss", "cooldown"},
    {11, "OPENING_EQUITY_MISSING"},
    {12, "DAILY_LOSS_LIMIT", Unit::fraction, Bound::most, false, "the loss, of the day's opening equity", "max_daily_loss"},
    {13, "ROLLING_LOSS_LIMIT", Unit::fraction, Bound::most, false, "the loss, of the equity 24 hours ago", "max_rolling_loss"},
    {14, "OPEN_ORDERS_LIMIT", Unit::count, Bound::most, false, "working orders with this one", "max_open_orders"},
    {15, "PRODUCT_ORDERS_LIMIT", Unit::count, Bound::most, true, "working orders of the product with this one", "max_product_orders"},
    {16, "ORDER_RATE_LIMIT", Unit::count, Bound::most, false, "orders of the last minute with this one", "max_orders_per_minute"},
    {17, "PRICE_OUTSIDE_BAND", Unit::fraction, Bound::most, true, "how far the limit price is from the mark, of the mark", "price_band"},
    {18, "CASH_RESERVE_LIMIT", Unit::share_of_equity, Bound::least, false, "the cash that would be left", "cash_reserve"},
    {19, "ORDER_NOTIONAL_LIMIT", Unit::quote_amount, Bound::most, false, "the order", "max_order"},
    {20, "DAY_NOTIONAL_LIMIT", Unit::quote_amount, Bound::most, false, "what was and is being bought on the UTC day, with the order", "max_day"},
    {21, "TOTAL_NOTIONAL_LIMIT", Unit::quote_amount, Bound::most, false, "all positions with the order", "max_total"},
    {22, "PEAK_EQUITY_MISSING"},
    {23, "DRAWDOWN_LIMIT", Unit::fraction, Bound::most, false, "the fall of equity, of its peak", "the step of drawdown_ladder that is reached, or else the first"},
});

}  // namespace bowline::risk_limits
