// What lies between two cumulative states of one order.
#pragma once

#include <string>
#include <string_view>

#include <bowline/decimal.hpp>

namespace bowline::coinbase {

/// The price of what was filled between two states: (average2 x q2 - average1 x q1) / (q2 - q1), reckoned in 256 bits and
/// rounded once, to the nearest at the 18th decimal. It is as exact as the venue's averages, which are rounded themselves. Not
/// set: q2 is not above q1, a number is missing (average1 may be when q1 is 0), or the states contradict each other (not above
/// 0).
Decimal price_between(Decimal average1, Decimal q1, Decimal average2, Decimal q2) noexcept;

/// An id for that fill: 35 characters, the same for the same order and the same two quantities on every machine. It is no id
/// of the venue's and is to be replaced by those that REST tells.
std::string synthetic_fill_id(std::string_view order_id, Decimal from, Decimal to);

}  // namespace bowline::coinbase
