// What bowline.risk.correlation answers with: each code, and what its value and limit are.
#pragma once

#include <array>

#include "common/last_checks.hpp"

namespace bowline::risk_correlation {

using risk::Bound;
using risk::Code;
using risk::Unit;

inline constexpr auto codes = std::to_array<Code>({
    {0, "SIDE_UNKNOWN"},
    {1, "QUANTITY_INVALID"},
    {2, "EQUITY_NOT_POSITIVE", Unit::quote_amount, Bound::least, false, "equity", "0, which it has to be above"},
    {3, "MARK_MISSING"},
    {4, "CORRELATION_LIMIT", Unit::fraction, Bound::most, true, "the correlation with a product that is there", "max_correlation"},
    {5, "CLUSTER_LIMIT", Unit::share_of_equity, Bound::most, true, "what moves with it, with the order", "max_cluster"},
    {6, "ARITHMETIC_OVERFLOW"},
});

}  // namespace bowline::risk_correlation
