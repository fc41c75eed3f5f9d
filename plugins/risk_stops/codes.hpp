// What bowline.risk.stops answers with: its code, and what its value and limit are.
#pragma once

#include <array>

#include "common/last_checks.hpp"

namespace bowline::risk_stops {

using risk::Bound;
using risk::Code;
using risk::Unit;

inline constexpr auto codes = std::to_array<Code>({
    {1, "STOP_HISTORY_MISSING", Unit::count, Bound::least, true, "bars that were seen of the product", "bars"},
});

}  // namespace bowline::risk_stops
