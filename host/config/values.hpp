// Texts of a configuration as values. Strict: what could be read in two ways is refused.
#pragma once

#include <bowline/decimal.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bowline::config {

/// A whole number; no leading zeros (`010` is 8 to one reader and 10 to another), no hex, no sign but '-'.
std::optional<std::int64_t> parse_integer(std::string_view text) noexcept;
/// A plain decimal such as 0.05 or 10000; exponents and leading zeros are refused.
std::optional<Decimal> parse_decimal(std::string_view text);
/// 5%, 5 %, 5bp, or 0.05.
std::optional<Decimal> parse_fraction(std::string_view text);
/// 250ms, 30s, 5m, 1h, 7d; a bare number is refused, but 0.
std::optional<std::int64_t> parse_duration(std::string_view text) noexcept;
/// The shortest text that parse_duration() reads as `ns`: 5m, 90s.
std::string duration_text(std::int64_t ns);
/// 64KiB, 16MiB, 1GiB; a bare number is refused, but 0.
std::optional<std::int64_t> parse_size(std::string_view text) noexcept;
/// true, false, on, off, yes, no.
std::optional<bool> parse_bool(std::string_view text) noexcept;

}  // namespace bowline::config
