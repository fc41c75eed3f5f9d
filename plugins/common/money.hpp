// Money inside a plugin: the SDK's Decimal, where a sum that does not fit ends the computation instead of
// travelling on as "not set". Whoever starts a computation catches Overflow and refuses; nothing in between
// has to ask.
#pragma once

#include <charconv>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include <bowline/decimal.hpp>

namespace bowline::money {

struct Overflow : std::exception {
  const char* what() const noexcept override { return "an amount does not fit exact arithmetic"; }
};

/// down = toward zero, up = away from zero: with amounts of 0 and above, in favour of and against the payer.
using Round = Rounding;

inline Decimal checked(Decimal d) {
  if (!d.is_set()) throw Overflow();
  return d;
}
inline Decimal plus(const Decimal& a, const Decimal& b) { return checked(a + b); }
inline Decimal minus(const Decimal& a, const Decimal& b) { return checked(a - b); }
inline Decimal times(const Decimal& a, const Decimal& b, Round r) { return checked(mul(a, b, r)); }
inline Decimal over(const Decimal& a, const Decimal& b, Round r) { return checked(div(a, b, r)); }

/// The multiple of a product's step at or below (above) an amount of 0 or more; a step of 0 binds nothing.
inline Decimal down_to_step(const Decimal& a, const Decimal& step) {
  return step.is_zero() ? a : checked(floor_to(a, step));
}
inline Decimal up_to_step(const Decimal& a, const Decimal& step) {
  return step.is_zero() ? a : checked(ceil_to(a, step));
}
inline bool on_step(const Decimal& a, const Decimal& step) { return down_to_step(a, step) == a; }

/// m * 10^exp. Exact, or Overflow.
inline Decimal from_mantissa(std::int64_t m, int exp) { return checked(Decimal::from_mantissa(m, exp)); }
/// The count of 10^exp; nullopt when it is no whole number of them, or too large.
inline std::optional<std::int64_t> to_mantissa(const Decimal& d, int exp) {
  const auto m = d.to_mantissa(exp, Round::down);
  return m && Decimal::from_mantissa(*m, exp) == d ? m : std::nullopt;
}

inline std::string text(const Decimal& d) { return d.to_string(); }
/// Plain notation only ("12.5", "-3"), as configs and our own files hold it.
inline std::optional<Decimal> parse(std::string_view s) noexcept {
  if (s.find_first_of("eE+") != std::string_view::npos) return std::nullopt;
  return Decimal::try_parse(s);
}
/// A share as a config number holds it: the shortest decimal that reads back as this double (0.05 is 0.05).
inline Decimal from_ratio(double share) {
  char text[64];
  const auto r = std::to_chars(text, text + sizeof text, share, std::chars_format::fixed);
  if (r.ec != std::errc{}) throw Overflow();
  return Decimal::try_parse(std::string_view(text, static_cast<std::size_t>(r.ptr - text)))
      .value_or(Decimal::zero());
}

inline bl_dec to_abi(const Decimal& d) noexcept { return d.raw(); }
inline bl_dec not_set() noexcept { return Decimal::not_set().raw(); }
inline std::optional<Decimal> from_abi(const bl_dec& raw) noexcept {
  const Decimal d = Decimal::from_raw(raw);
  return d.is_set() ? std::optional(d) : std::nullopt;
}
/// A bar's price as the ABI carries money; "not set" when it does not fit.
inline bl_dec abi_from_mantissa(std::int64_t m, int exp) noexcept {
  return Decimal::from_mantissa(m, exp).raw();
}
/// For statistics, never to compare money.
inline double to_double(const Decimal& d) noexcept { return d.to_double(); }

}  // namespace bowline::money
