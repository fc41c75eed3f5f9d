// What a rule of ours answers to one order, and how that goes into the ABI's verdict.
#pragma once

#include <bowline/plugin.h>

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "money.hpp"

namespace bowline::risk {

enum class Action : std::uint8_t { reject = 0, allow = 1, shrink = 2 };

/// What `value` and `limit` of an answer are measured in; the numbers stand in the README of each plugin.
enum class Unit : std::uint32_t {
  none = 0,
  share_of_equity = 1,
  quote_amount = 2,
  base_quantity = 3,
  fraction = 4,  ///< of something else than equity: a price, an opening equity, a peak; or a correlation
  count = 5,
  seconds = 6,
};

/// The answer. `code` is empty for ALLOW; stable words otherwise (tables in the READMEs).
struct Answer {
  Action action = Action::reject;
  std::string_view code;
  std::string_view reason;
  Decimal max_qty =
      Decimal::zero();  ///< SHRINK: base quantity that fits; the host rounds it down to the product's step
  Decimal value = Decimal::zero(), limit = Decimal::zero();  ///< what it would be, what it may be, in `unit`
  Unit unit = Unit::none;
  std::uint32_t rule = 0;
};

inline Answer allow() noexcept {
  Answer a;
  a.action = Action::allow;
  return a;
}
inline Answer refuse(std::uint32_t rule, std::string_view code, std::string_view reason) noexcept {
  Answer a;
  a.rule = rule;
  a.code = code;
  a.reason = reason;
  return a;
}
inline Answer refuse(std::uint32_t rule, std::string_view code, std::string_view reason, Unit unit,
                     const Decimal& value, const Decimal& limit) noexcept {
  Answer a = refuse(rule, code, reason);
  a.unit = unit;
  a.value = value;
  a.limit = limit;
  return a;
}

namespace detail {
template <std::size_t N>
void copy(char (&to)[N], std::string_view from) noexcept {
  const std::size_t n = std::min(from.size(), N - 1);
  std::copy_n(from.data(), n, to);  // memcpy may not be given the null of an empty view
  to[n] = '\0';
}
}  // namespace detail

inline void write(const Answer& a, bl_verdict& out) noexcept {
  out.action = static_cast<std::uint32_t>(a.action);
  out.rule = a.rule;
  out.unit = static_cast<std::uint32_t>(a.unit);
  out.max_qty = a.action == Action::shrink ? money::to_abi(a.max_qty) : money::not_set();
  out.value = a.unit == Unit::none ? money::not_set() : money::to_abi(a.value);
  out.limit = a.unit == Unit::none ? money::not_set() : money::to_abi(a.limit);
  detail::copy(out.code, a.code);
  detail::copy(out.reason, a.reason);
}

}  // namespace bowline::risk
