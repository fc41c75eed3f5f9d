// The features one model asked for, computed per instrument as bars arrive.
#pragma once

#include <bowline/plugin.h>

#include <bowline/result.hpp>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "features/kernels.hpp"

namespace bowline::features {

inline constexpr std::uint32_t quality_warm = 1u << 0;

/// Same bars, same bits; a subset of the catalogue gives the bits the whole catalogue gives.
/// A missing bar is not seen: windows count bars, not hours.
class FeatureSet {
 public:
  /// Columns in the order of `names`. Errors: FEATURE_UNKNOWN (with the nearest name), FEATURE_DUPLICATE.
  static Result<FeatureSet> select(std::span<const std::string_view> names);

  std::size_t cols() const noexcept { return columns_.size(); }
  std::span<const std::string> names() const noexcept { return names_; }
  const std::string& hash() const noexcept { return hash_; }
  /// Bars until every column has a value.
  std::uint32_t warmup() const noexcept { return warmup_; }

  /// Takes a bar of h.instrument. false, and nothing changes, for a bar that is not final, not newer than the
  /// last one (by close_ns), or not a bar: a price not above 0, high and low not around open and close, a
  /// negative volume.
  bool update(const bl_bar& bar);

  /// Writes cols() values: NaN while a column is cold or the instrument unknown. Gives the quality bits.
  std::uint32_t row(std::uint32_t instrument, std::span<double> out) const;

 private:
  struct Column {
    std::uint32_t value, warm;
  };
  struct State {
    std::uint32_t bars = 0;
    std::int64_t last_close_ns = 0;
    std::vector<double> values, windows;
    std::vector<std::uint32_t> places;
  };
  State fresh() const;

  std::vector<std::string> names_;
  std::string hash_;
  std::uint32_t warmup_ = 0;
  std::vector<Column> columns_;
  std::vector<Step> steps_;
  std::vector<double> initial_;  // the constants, in their places
  std::size_t windows_ = 0;
  bool calendar_ = false;  // someone reads the clock parts of a bar
  std::unordered_map<std::uint32_t, State> states_;
};

}  // namespace bowline::features
