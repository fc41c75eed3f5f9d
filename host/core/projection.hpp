// What several entries of one step get of what they have in common (trading rules 1.3): the cash, a cap, what a risk rule
// allows all of them together. Whoever shares something of which there is too little gets the same part of its wish; who
// comes first in the configuration gets no more for it. Exits are no claims: nothing here touches them.
#pragma once

#include <bowline/decimal.hpp>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/types.hpp"

namespace bowline::core {

/// One entry: what it would get if it were alone. Quantities in base units, multiples of `step`, all above zero.
struct Claim {
  InstrumentId instrument;  // one claim each
  Decimal wanted, least;    // less than `least` is no order
  Decimal step;
  Decimal px;               // what a unit counts for where a rule's limit is shared
};

/// Something limited that claims take of.
struct Room {
  std::string code;           // as whoever limits it would refuse with
  std::string of;             // in words, behind "share"
  Decimal left;               // at or below zero, or not set: nothing is
  std::vector<Decimal> unit;  // by claim: what one base unit takes of it; zero: nothing, it is not in it
};

/// What a claim gets.
struct Share {
  static constexpr std::size_t no_room = static_cast<std::size_t>(-1);
  Decimal qty = Decimal::zero();          // a multiple of its step; zero: no order can be made of its part
  Decimal factor = Decimal::from_int(1);  // its part of what it wanted, before that was rounded down to the step
  std::size_t room = no_room;             // of Projection::rooms: which of them made it less
};

struct Projection {
  std::vector<Share> shares;  // one a claim, in their order
  std::vector<Room> rooms;    // those given, and behind them those that the rules' answers showed
};

/// What the rules allow of one claim that asks for all it wants, while the others buy `beside` (by claim; its own is not
/// looked at): a quantity, zero = nothing, and who says so by which code where it is less than all.
struct Allowed {
  Decimal qty = Decimal::zero();
  std::string rule, code;
};
using AskRules = std::function<Allowed(std::size_t claim, std::span<const Decimal> beside)>;

/// The largest part of each claim that fits into every room together with the others, by raising all of them alike until a
/// room is full, and from there on those who are not in it. What would be less than its `least` is left out, the furthest
/// from it first (of equal ones the last of the configuration), so that the others can have its part.
///
/// Rules can't be asked for their limits, only about an order: `ask` is asked about each beside all others, and what does not
/// fit is made a room of, as large as the largest part of them (in 2^-20ths) that does. A rule is never asked about less than a
/// claim wants, since some cut what is asked for by a part (a drawdown's ladder): asked again they would cut again.
///
/// Pure; the order of the claims does not matter. What comes out, claimed again, comes out again.
Projection project(std::span<const Claim> claims, std::vector<Room> rooms, const AskRules& ask = {});

/// What all claims together want of a room; not set where it is beyond all bounds.
Decimal wanted_of(const Room& room, std::span<const Claim> claims);

}  // namespace bowline::core
