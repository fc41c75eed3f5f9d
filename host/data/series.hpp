// Candles of one product and one length, in order: what is missing among them, and two of them made one.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <bowline/result.hpp>

#include "data/candle.hpp"
#include "data/range.hpp"

namespace bowline::data {

using Candles = std::vector<Candle>;

/// What of `within` no candle is of; the candles are in order. Where `within` is empty: between the first and the last.
std::vector<Range> gaps(const Candles& candles, std::int64_t step, Range within = {});
/// How many candles of that length are missing in all of them.
std::uint64_t missing_candles(const std::vector<Range>& gaps, std::int64_t step) noexcept;
/// What the candles are of.
RangeSet covered(const Candles& candles, std::int64_t step);

/// Both, in order; candles of one time have to be the same in both. DATA_ROW_CONFLICT names the time.
Result<Candles> merged(Candles a, const Candles& b);
/// The candles that open within the range.
Candles within(const Candles& candles, Range range);

/// The length that is most frequent between neighbours, the shorter of two; nullopt: fewer than two times, or none that is a length of
/// candles.
std::optional<std::int64_t> usual_step(const std::vector<std::int64_t>& opens);

/// Candles made of shorter ones.
struct Resampled {
  Candles candles;
  /// What begins and ends with the first and the last whole length that the shorter ones touch, and could not be made: a shorter candle of it
  /// is missing.
  std::vector<Range> partial;
};
/// Only what is whole: of a bucket that lacks one of its candles none is made. Open of the first, close of the last, high and low of all, the
/// sum of the volumes; exact. The candles are in order and on the grid of `step`. Errors: DATA_INTERVAL_INVALID (`to` is not a multiple, or not
/// longer), DATA_ROW_OUT_OF_RANGE (a sum that no feed could tell).
Result<Resampled> resample(const Candles& candles, std::int64_t step, std::int64_t to);

}  // namespace bowline::data
