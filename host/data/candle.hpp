// One candle, exact, and what can be wrong with it alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <bowline/decimal.hpp>

namespace bowline::data {

struct Candle {
  std::int64_t open_s = 0;  ///< when it opens, epoch seconds
  Decimal open, high, low, close;
  Decimal volume;  ///< base units
  bool operator==(const Candle&) const = default;
};

/// The same as the store and the feeds have it: whole numbers under one exponent each (value = mantissa x 10^exp).
struct Mantissas {
  std::int8_t px_exp = -8, qty_exp = -8;
  std::int64_t open = 0, high = 0, low = 0, close = 0, volume = 0;
  bool operator==(const Mantissas&) const = default;
};

/// Exponents -8 where they serve, else the coarsest that are exact (as bowline.feed.replay reads a row). nullopt: a number does not fit 64
/// bits even so, and no feed could tell it.
std::optional<Mantissas> mantissas(const Candle& candle) noexcept;
/// nullopt: a number can't be held exactly.
std::optional<Candle> candle_of(std::int64_t open_s, const Mantissas& m) noexcept;

/// What is wrong with the values of a candle: a stable code of data/codes.hpp, empty when nothing is. Prices are above 0, the volume is not
/// below 0 (DATA_ROW_NEGATIVE), low <= open, close <= high (DATA_ROW_INCONSISTENT), everything fits and the time is one (DATA_ROW_OUT_OF_RANGE).
std::string_view fault_of(const Candle& candle) noexcept;

/// A number of a file or of the venue: plain or e-notation, exact; one with more than 18 decimals is rounded to 18, half to even, and sets
/// `rounded`. nullopt: it is none, or too large.
std::optional<Decimal> parse_number(std::string_view text, bool& rounded);

/// A volume of so many digits that no feed could tell it (the venue computes volumes), rounded half to even to as many decimals as fit; others
/// as they are.
Decimal fitting_volume(Decimal volume) noexcept;

/// A line of a candle file, without its newline.
void append_row(std::string& out, const Candle& candle);
/// What a line of a candle file says. `code`: of data/codes.hpp, empty when it is a candle.
struct RowRead {
  Candle candle{};
  std::string_view code{};
  bool rounded = false;  ///< a number had more than 18 decimals
};
RowRead parse_row(std::string_view line);

/// The first line of every candle file.
inline constexpr std::string_view csv_header = "time_utc_epoch_s,open,high,low,close,volume";

}  // namespace bowline::data
