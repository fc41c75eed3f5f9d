// The life of an order, rule by rule: what a row of the table is for.
#include <catch2/catch.hpp>

#include <algorithm>
#include <initializer_list>

#include "unit/core/orders.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using test::go;
using test::limit_buy;
using S = OrderState;
using E = OrderEvent;

namespace {

constexpr auto all_states = [] {
  std::array<S, order_state_count> a{};
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<S>(i);
  return a;
}();

bool among(S s, std::initializer_list<S> list) { return std::find(list.begin(), list.end(), s) != list.end(); }

}  // namespace

TEST_CASE("rule 2.3: whatever the venue answers when it is asked of an order, every state takes it") {
  for (const S s : all_states)
    for (const E e : {E::found, E::absent, E::proved_absent, E::cancelled, E::expired, E::rejected, E::fill_part, E::fill_all,
                      E::filled_short, E::timed_out}) {
      INFO(to_string(s) << " + " << to_string(e));
      CHECK(next_state(s, e).has_value());
    }
}

TEST_CASE("rule 2.3: one query that does not find an order changes nothing; only the proof does") {
  for (const S s : all_states) CHECK(next_state(s, E::absent) == s);
  for (const S s : {S::recorded, S::submitted, S::unknown}) CHECK(next_state(s, E::proved_absent) == S::not_placed);
  // What the venue had acknowledged was there: it has ended unseen, and may have filled.
  for (const S s : {S::open, S::partially_filled, S::cancel_pending}) CHECK(next_state(s, E::proved_absent) == S::cancelled);
  for (const S s : all_states)
    if (is_terminal(s)) CHECK(next_state(s, E::proved_absent) == s);
}

TEST_CASE("rule 2.3: what the venue never told of and is proved absent was never placed, though its cancel had been asked for") {
  for (const bool told : {false, true}) {
    OrderTable table;
    Order& o = **table.add(limit_buy("bl-1", "10"_dec), 0, 1);
    go(table, o, {E::handed_over, E::cancel_sent});
    if (told) go(table, o, {E::acked});
    REQUIRE(o.state == S::cancel_pending);
    go(table, o, {E::restarted, E::cancel_sent, E::absent, E::proved_absent});
    CHECK(o.state == (told ? S::cancelled : S::not_placed));
  }
}

TEST_CASE("rule 2.3: after a restart what may have left is unknown, what the venue had stays at the venue") {
  for (const S s : all_states) {
    INFO(to_string(s));
    const auto to = next_state(s, E::restarted);
    CHECK(to.has_value() == !is_terminal(s));
    if (to) CHECK(*to == (among(s, {S::recorded, S::submitted}) ? S::unknown : s));
  }
}

TEST_CASE("rule 2.3: identical bytes sent again leave an unknown order unknown, and so does their refusal here") {
  CHECK(next_state(S::unknown, E::handed_over) == S::unknown);
  CHECK(next_state(S::unknown, E::deny) == S::unknown);
}

TEST_CASE("rule 2.3: the tombstone of an order proved absent takes it back by whatever shows it, and says so") {
  for (const E e : {E::found, E::acked, E::triggered, E::amended, E::fill_part, E::cancel_taken}) {
    const auto to = next_state(S::not_placed, e);
    INFO(to_string(e));
    REQUIRE(to);
    CHECK(came_back(S::not_placed, *to));
    CHECK(was_there_after_all(S::not_placed, *to));
  }
  // Seen only by its end: nothing to cancel, but somebody has to look.
  for (const E e : {E::fill_all, E::cancelled, E::expired, E::filled_short}) {
    const auto to = next_state(S::not_placed, e);
    REQUIRE(to);
    CHECK_FALSE(came_back(S::not_placed, *to));
    CHECK(was_there_after_all(S::not_placed, *to));
  }
  CHECK_FALSE(was_there_after_all(S::not_placed, S::rejected));
  CHECK_FALSE(was_there_after_all(S::unknown, S::open));
  CHECK_FALSE(came_back(S::open, S::cancelled));
}

TEST_CASE("what works though it was held to be over is working again: an order nobody counts is the worst") {
  for (const S s : {S::cancelled, S::expired, S::rejected, S::denied, S::not_placed}) {
    CHECK(next_state(s, E::found) == S::open);
    CHECK(came_back(s, S::open));
  }
  for (const E e : {E::acked, E::found, E::fill_part, E::triggered}) {
    const auto to = next_state(S::denied, e);
    REQUIRE(to);
    CHECK_FALSE(is_terminal(*to));
  }
  CHECK(next_state(S::denied, E::timed_out) == S::unknown);
}

TEST_CASE("lesson 5: a fill is taken in every state, terminal ones too") {
  for (const S s : all_states) {
    INFO(to_string(s));
    CHECK(next_state(s, E::fill_all) == S::filled);
    const auto part = next_state(s, E::fill_part);
    REQUIRE(part);
    CHECK(among(*part, {S::partially_filled, S::cancel_pending, S::cancelled, S::expired, S::filled}));
  }
}

TEST_CASE("a step of this host out of its turn has no row") {
  for (const S s : all_states) {
    INFO(to_string(s));
    CHECK(next_state(s, E::handed_over).has_value() == among(s, {S::recorded, S::unknown}));
    CHECK(next_state(s, E::deny).has_value() == among(s, {S::recorded, S::submitted, S::unknown}));
    CHECK(next_state(s, E::amend_sent).has_value() == among(s, {S::open, S::partially_filled}));
    CHECK(next_state(s, E::cancel_sent).has_value() == (!is_terminal(s) && s != S::recorded));
  }
}

TEST_CASE("nothing that the venue may say of its own accord is without a row once it may have the order") {
  for (const S s : all_states) {
    if (s == S::recorded) continue;
    for (const E e : {E::acked, E::triggered, E::cancel_taken, E::amended}) {
      INFO(to_string(s) << " + " << to_string(e));
      CHECK(next_state(s, e).has_value());
    }
  }
}

TEST_CASE("lesson 18: filled with less than the quantity is a partial end, however it is said") {
  for (const S s : all_states) {
    const auto to = next_state(s, E::filled_short);
    REQUIRE(to);
    CHECK(is_terminal(*to));
    if (s != S::filled) CHECK(*to != S::filled);
  }
  OrderTable table;
  Order& o = **table.add(limit_buy("bl-1", "10"_dec), 0, 1);
  go(table, o, {E::handed_over, E::acked});
  o.cum_qty = "4"_dec;
  go(table, o, {E::fill_part, E::fill_all});  // the caller says all, the sums say four of ten
  CHECK(o.state == S::cancelled);
  CHECK(o.cum_qty == "4"_dec);
  o.cum_qty = "10"_dec;
  go(table, o, {E::fill_all});  // the missing ones come late
  CHECK(o.state == S::filled);
  CHECK(table.working().empty());
}

TEST_CASE("a partial end keeps its fills: what has filled was neither refused nor absent nor denied") {
  for (const E e : {E::rejected, E::cancelled, E::expired, E::proved_absent}) {
    OrderTable table;
    Order& o = **table.add(limit_buy("bl-1", "10"_dec), 0, 1);
    go(table, o, {E::handed_over, E::acked});
    o.cum_qty = "4"_dec;
    go(table, o, {E::fill_part, E::cancel_sent, e});
    INFO(to_string(e));
    CHECK(o.state == (e == E::expired ? S::expired : S::cancelled));
    CHECK(o.leaves() == "6"_dec);
    CHECK(table.done().size() == 1);
  }
}

TEST_CASE("a late fill of an ended order leaves its end as it is until nothing is missing") {
  for (const E end : {E::cancelled, E::expired}) {
    OrderTable table;
    Order& o = **table.add(limit_buy("bl-1", "10"_dec), 0, 1);
    go(table, o, {E::handed_over, E::acked, end});
    const S ended = o.state;
    o.cum_qty = "4"_dec;
    go(table, o, {o.fill_event()});
    CHECK(o.state == ended);
    o.cum_qty = "10"_dec;
    go(table, o, {o.fill_event()});
    CHECK(o.state == S::filled);
  }
}

TEST_CASE("an order that must fill at once or not at all ends at once, and its parts are booked all the same") {
  OrderTable table;
  Intent fok = limit_buy("bl-1", "10"_dec);
  fok.abi.tif = BL_FOK;
  Order& killed = **table.add(fok, 0, 1);
  go(table, killed, {E::handed_over, E::cancelled});
  CHECK(killed.state == S::cancelled);
  std::copy_n("bl-2", 5, fok.abi.client_id);
  Order& done = **table.add(fok, 0, 2);
  done.cum_qty = "3"_dec;  // one order, two counterparties
  go(table, done, {E::handed_over, E::fill_part});
  done.cum_qty = "10"_dec;
  go(table, done, {E::fill_all});
  CHECK(done.state == S::filled);
}

TEST_CASE("a stop that triggers stays working, and when it did is kept") {
  OrderTable table;
  Intent stop = limit_buy("bl-1", "10"_dec);
  stop.abi.type = BL_STOP_LIMIT;
  stop.abi.stop_px = "110"_dec.raw();
  Order& o = **table.add(stop, 0, 1);
  go(table, o, {E::handed_over, E::acked});
  CHECK(o.triggered == 0);
  REQUIRE(table.apply(o, E::triggered, 7));
  CHECK(o.state == S::open);
  CHECK(o.triggered == 7);
  REQUIRE(table.apply(o, E::triggered, 9));
  CHECK(o.triggered == 7);  // told twice
  // The limit order it became may be refused: for want of balance, as a rule.
  go(table, o, {E::rejected});
  CHECK(o.state == S::rejected);
}

TEST_CASE("a bracket's stop leg may trigger after its target has filled in part; what is left is one order's") {
  OrderTable table;
  Intent bracket = limit_buy("bl-1", "10"_dec);
  bracket.abi.side = BL_SELL;
  bracket.abi.type = BL_BRACKET;
  bracket.abi.stop_px = "90"_dec.raw();
  Order& o = **table.add(bracket, 0, 1);
  go(table, o, {E::handed_over, E::acked});
  o.cum_qty = "4"_dec;
  go(table, o, {E::fill_part});
  REQUIRE(table.apply(o, E::triggered, 7));
  CHECK(o.state == S::partially_filled);
  CHECK(o.leaves() == "6"_dec);
  o.cum_qty = "10"_dec;
  go(table, o, {o.fill_event()});
  CHECK(o.state == S::filled);
}

TEST_CASE("a fill that is taken back reopens nothing that has ended, and with none left a working order is open") {
  OrderTable table;
  Order& o = **table.add(limit_buy("bl-1", "10"_dec), 0, 1);
  o.cum_qty = "4"_dec;
  go(table, o, {E::handed_over, E::fill_part});
  o.cum_qty = Decimal::zero();
  go(table, o, {E::fill_undone});
  CHECK(o.state == S::open);
  o.cum_qty = "10"_dec;
  go(table, o, {E::fill_all});
  o.cum_qty = "9"_dec;
  go(table, o, {E::fill_undone});
  CHECK(o.state == S::cancelled);
  CHECK(table.working().empty());
}

TEST_CASE("a cancel that somebody else asked for is one: until its end is known the order may fill") {
  OrderTable table;
  Order& o = **table.add(limit_buy("bl-1", "10"_dec), 0, 1);
  go(table, o, {E::handed_over, E::acked, E::cancel_taken});
  CHECK(o.state == S::cancel_pending);
  CHECK(table.working().size() == 1);
  go(table, o, {E::cancelled});
  CHECK(o.state == S::cancelled);
}
