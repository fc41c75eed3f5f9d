// Which questions are still to be asked of the venue.
#pragma once

#include <cstdint>
#include <vector>

#include "data/range.hpp"

namespace bowline::data {

/// The most candles that one question may be about.
inline constexpr std::int64_t most_candles = 350;

/// Questions of at most `most` candles each that together ask for everything of `wanted` that is not in `known`; each begins and ends with
/// something that is missing, and may ask for what is known between. In order. Ends of `wanted` and `known` are on the grid.
std::vector<Range> questions(const RangeSet& known, Range wanted, std::int64_t step, std::int64_t most = most_candles);

/// The part of [from, to) whose candles are all whole ones and final at `now_s`: ends on the grid, and not ahead. May be empty.
Range final_part(Range asked, std::int64_t step, std::int64_t now_s) noexcept;

}  // namespace bowline::data
