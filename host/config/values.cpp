#include "config/values.hpp"

#include <array>
#include <charconv>
#include <string>
#include <utility>

namespace bowline::config {
namespace {

bool digits(std::string_view s) noexcept {
  if (s.empty()) return false;
  for (const char c : s)
    if (c < '0' || c > '9') return false;
  return true;
}
/// "0", "12", but not "012".
bool whole(std::string_view s) noexcept { return digits(s) && (s.size() == 1 || s[0] != '0'); }

}  // namespace

std::optional<std::int64_t> parse_integer(std::string_view text) noexcept {
  const std::string_view body = text.starts_with('-') ? text.substr(1) : text;
  if (!whole(body)) return std::nullopt;
  std::int64_t v = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), v);
  if (ec != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return v;
}

std::optional<Decimal> parse_decimal(std::string_view text) {
  const std::string_view body = text.starts_with('-') ? text.substr(1) : text;
  const auto dot = body.find('.');
  if (!whole(body.substr(0, dot)) || (dot != std::string_view::npos && !digits(body.substr(dot + 1)))) return std::nullopt;
  return Decimal::try_parse(text);
}

std::optional<Decimal> parse_fraction(std::string_view text) {
  int shift = 0;
  if (text.ends_with('%')) {
    text.remove_suffix(1);
    shift = -2;
  } else if (text.ends_with("bp")) {
    text.remove_suffix(2);
    shift = -4;
  }
  while (text.ends_with(' ')) text.remove_suffix(1);
  const auto d = parse_decimal(text);
  if (!d || shift == 0) return d;
  const Decimal out = mul(*d, Decimal::from_mantissa(1, static_cast<std::int8_t>(shift)), Rounding::half_even);
  return out.is_set() ? std::optional<Decimal>(out) : std::nullopt;
}

std::optional<std::int64_t> parse_duration(std::string_view text) noexcept {
  if (text == "0") return 0;
  static constexpr auto units = std::to_array<std::pair<std::string_view, std::int64_t>>({
      {"ms", 1'000'000}, {"us", 1'000}, {"ns", 1}, {"s", 1'000'000'000}, {"m", 60'000'000'000},
      {"h", 3'600'000'000'000}, {"d", 86'400'000'000'000}});
  for (const auto& [unit, ns] : units) {
    if (!text.ends_with(unit)) continue;
    std::string_view n = text.substr(0, text.size() - unit.size());
    while (n.ends_with(' ')) n.remove_suffix(1);
    const auto v = parse_integer(n);
    if (!v || *v < 0 || *v > INT64_MAX / ns) return std::nullopt;
    return *v * ns;
  }
  return std::nullopt;
}

std::optional<std::int64_t> parse_size(std::string_view text) noexcept {
  if (text == "0") return 0;
  static constexpr auto units = std::to_array<std::pair<std::string_view, std::int64_t>>({
      {"KiB", 1024}, {"MiB", 1024 * 1024}, {"GiB", 1024 * 1024 * 1024}});
  for (const auto& [unit, bytes] : units) {
    if (!text.ends_with(unit)) continue;
    std::string_view n = text.substr(0, text.size() - unit.size());
    while (n.ends_with(' ')) n.remove_suffix(1);
    const auto v = parse_integer(n);
    if (!v || *v < 0 || *v > INT64_MAX / bytes) return std::nullopt;
    return *v * bytes;
  }
  return std::nullopt;
}

std::string duration_text(std::int64_t ns) {
  static constexpr auto units = std::to_array<std::pair<std::string_view, std::int64_t>>({
      {"d", 86'400'000'000'000}, {"h", 3'600'000'000'000}, {"m", 60'000'000'000}, {"s", 1'000'000'000}, {"ms", 1'000'000},
      {"us", 1'000}});
  for (const auto& [unit, of] : units)
    if (ns != 0 && ns % of == 0) return std::to_string(ns / of) + std::string(unit);
  return ns == 0 ? "0" : std::to_string(ns) + "ns";
}

std::optional<bool> parse_bool(std::string_view t) noexcept {
  if (t == "true" || t == "on" || t == "yes") return true;
  if (t == "false" || t == "off" || t == "no") return false;
  return std::nullopt;
}

}  // namespace bowline::config
