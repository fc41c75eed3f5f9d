// A number of the wire, exactly as it was told: most fit a 64-bit mantissa, the others are a Decimal.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <bowline/decimal.hpp>

namespace bowline::coinbase {

/// mantissa x 10^exp with exp in -18..0, or ("wide") a Decimal that no such pair can hold. Never a double.
class StreamNumber {
  bl_dec raw_{0, 0};  ///< wide: the Decimal's words; else lo is the mantissa
  std::int8_t exp_ = 0;
  bool wide_ = false;

 public:
  constexpr StreamNumber() noexcept = default;  ///< zero
  /// `exp` in -18..0.
  constexpr StreamNumber(std::int64_t mantissa, std::int8_t exp) noexcept
      : raw_{static_cast<std::uint64_t>(mantissa), 0}, exp_(exp) {}
  /// Any set Decimal: as a mantissa where that is possible, else wide.
  static StreamNumber from(Decimal d) noexcept;

  constexpr bool wide() const noexcept { return wide_; }
  constexpr std::int64_t mantissa() const noexcept { return static_cast<std::int64_t>(raw_.lo); }  ///< not wide
  constexpr std::int8_t exp() const noexcept { return exp_; }                                      ///< not wide
  constexpr Decimal decimal() const noexcept {
    return wide_ ? Decimal::from_raw(raw_) : Decimal::from_mantissa(mantissa(), exp_);
  }
  /// -1, 0 or 1.
  constexpr int sign() const noexcept {
    if (wide_) return Decimal::from_raw(raw_).sign();
    return mantissa() > 0 ? 1 : mantissa() < 0 ? -1 : 0;
  }
  /// The same value without trailing zeros behind the point; a wide one as it is.
  StreamNumber trimmed() const noexcept;
  /// The count of 10^exp, if the value is a whole number of them and fits. exp in -18..0.
  std::optional<std::int64_t> at(int exp) const noexcept;
};

/// Text of a number ("0.010", "-3", "1e-7") as it is. nullopt: no number, more than 18 decimals that matter,
/// or beyond 1.7e20.
std::optional<StreamNumber> read_number(std::string_view text) noexcept;

/// The same as a Decimal; what is beyond the 18th decimal is rounded to the nearest, ties to even. For what
/// the venue has divided itself (an average price), never for what it states (a price, a size). nullopt: no
/// number, or beyond 1.7e20.
std::optional<Decimal> read_rounded(std::string_view text) noexcept;

}  // namespace bowline::coinbase
