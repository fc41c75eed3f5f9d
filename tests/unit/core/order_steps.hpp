// The steps that a world of orders takes: what is told and done, drawn at random, and said again in words.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/order.hpp"
#include "unit/core/random_ops.hpp"

namespace bowline::test::order_world {

using namespace core;
using E = OrderEvent;

enum class What : std::uint8_t {
  make,          // a new order of ours
  event,         // any event but those that come of fills and amends
  fill,          // a new fill, or something that only looks like one
  again,         // the first report of a fill, once more
  fee,           // the same with a fee
  correct,       // a fill is corrected; perhaps before it was told
  undo,          // a fill is taken back; perhaps before it was told
  ask,           // we ask for other terms
  answer,        // the venue's answer, or a query's, or somebody else's amend
  adopt,         // the venue tells of an order that is not ours
  name,          // the venue names an order
  restart,       // the table is made anew from its snapshot
  flow,          // a balance changes without a trade
  rename,        // what was booked as a deposit was a reward, or the other way round
  take_coins,    // unmanaged inventory becomes a position
  leave_coins,   // and the other way
  mark,          // a price
};
constexpr std::array<const char*, 17> what_names{"make", "event", "fill", "again", "fee", "correct", "undo", "ask", "answer",
                                                 "adopt", "name", "restart", "flow", "rename", "take_coins", "leave_coins", "mark"};
struct Op {
  What what = What::make;
  std::uint8_t order = 0, a = 0, b = 0;
  std::uint8_t c = 0, d = 0;
};

inline Op random_op(Rng& rng, bool first) {
  // Fills and plain events most often; what changes the world seldom.
  static constexpr auto deck = [] {
    std::array<What, 64> cards{};
    std::size_t n = 0;
    const auto put = [&](What w, int times) {
      while (times-- > 0) cards[n++] = w;
    };
    put(What::make, 5);
    put(What::event, 18);
    put(What::fill, 12);
    put(What::again, 4);
    put(What::fee, 2);
    put(What::correct, 3);
    put(What::undo, 3);
    put(What::ask, 3);
    put(What::answer, 4);
    put(What::adopt, 2);
    put(What::name, 1);
    put(What::restart, 1);
    put(What::flow, 2);
    put(What::rename, 1);
    put(What::take_coins, 1);
    put(What::leave_coins, 1);
    put(What::mark, 1);
    if (n != cards.size()) throw "the deck has 64 cards";
    return cards;
  }();
  const std::uint64_t r = rng.next();
  Op op;
  op.what = first ? What::make : deck[r & 63];
  op.order = static_cast<std::uint8_t>(r >> 8);
  op.a = static_cast<std::uint8_t>(r >> 16);
  op.b = static_cast<std::uint8_t>(r >> 24);
  op.c = static_cast<std::uint8_t>(r >> 32);
  op.d = static_cast<std::uint8_t>(r >> 40);
  return op;
}

inline std::vector<Op> random_ops(std::uint64_t seed, std::uint32_t most) {
  Rng rng(seed);
  std::vector<Op> ops(4 + rng.below(most - 3));
  for (std::size_t i = 0; i < ops.size(); ++i) ops[i] = random_op(rng, i == 0);
  return ops;
}

inline std::string told(const std::vector<Op>& ops) {
  std::string text;
  for (const Op& op : ops) {
    text += "  ";
    text += what_names[static_cast<std::size_t>(op.what)];
    if (op.what == What::event) text.append(" ").append(to_string(static_cast<E>(op.a % order_event_count)));
    for (const unsigned n : {static_cast<unsigned>(op.order), static_cast<unsigned>(op.a), static_cast<unsigned>(op.b),
                             static_cast<unsigned>(op.c), static_cast<unsigned>(op.d)})
      text += " " + std::to_string(n);
    text += "\n";
  }
  return text;
}

}  // namespace bowline::test::order_world
