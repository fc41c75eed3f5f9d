#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <set>

#include "core/order.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;

namespace {

constexpr std::size_t states = order_state_count, events = order_event_count;

Intent intent(std::string_view id) {
  Intent i = blank_intent();
  std::copy(id.begin(), id.end(), i.abi.client_id);
  i.abi.qty = Decimal::from_int(2).raw();
  return i;
}
void apply(OrderTable& table, Order& order, std::initializer_list<OrderEvent> list) {
  for (const OrderEvent e : list) {
    const auto done = table.apply(order, e, 1);
    INFO(to_string(order.state) << " + " << to_string(e));
    REQUIRE(done);
  }
}

}  // namespace

TEST_CASE("each pair of state and event has at most one row, and each row says why") {
  std::set<std::pair<OrderState, OrderEvent>> seen;
  for (const Transition& t : order_transitions) {
    INFO(to_string(t.from) << " + " << to_string(t.event));
    CHECK(seen.insert({t.from, t.event}).second);
    CHECK(t.why.size() >= 8);
    CHECK(next_state(t.from, t.event) == t.to);
  }
  CHECK(seen.size() == order_transitions.size());
}

TEST_CASE("rule 1.4: slippage is what filled worse than the decision's price, as a share of it, on either side") {
  CHECK(slippage(Side::buy, "100"_dec, "2"_dec, "201"_dec) == "0.005"_dec);
  CHECK(slippage(Side::buy, "100"_dec, "2"_dec, "199"_dec) == "-0.005"_dec);
  CHECK(slippage(Side::sell, "100"_dec, "2"_dec, "199"_dec) == "0.005"_dec);
  CHECK(slippage(Side::sell, "100"_dec, "2"_dec, "201"_dec) == "-0.005"_dec);
  CHECK(!slippage(Side::buy, "100"_dec, Decimal::zero(), Decimal::zero()).is_set());
  CHECK(!slippage(Side::buy, Decimal::not_set(), "2"_dec, "201"_dec).is_set());
}

TEST_CASE("a pair that is not in the table has no next state: never a guess") {
  std::set<std::pair<OrderState, OrderEvent>> rows;
  for (const Transition& t : order_transitions) rows.insert({t.from, t.event});
  std::size_t none = 0;
  for (std::size_t s = 0; s < states; ++s)
    for (std::size_t e = 0; e < events; ++e) {
      const auto from = static_cast<OrderState>(s);
      const auto event = static_cast<OrderEvent>(e);
      CHECK(next_state(from, event).has_value() == rows.contains({from, event}));
      none += next_state(from, event).has_value() ? 0 : 1;
    }
  CHECK(none == states * events - order_transitions.size());
  CHECK_FALSE(next_state(OrderState::denied, OrderEvent::handed_over));
  CHECK_FALSE(next_state(OrderState::submitted, OrderEvent::cancel_refused));
}

TEST_CASE("every state is reached from recorded, and its name reads back") {
  std::set<OrderState> reached{OrderState::recorded};
  for (std::size_t round = 0; round < states; ++round)
    for (const Transition& t : order_transitions)
      if (reached.contains(t.from)) reached.insert(t.to);
  CHECK(reached.size() == states);
  std::set<std::string_view> names;
  for (const OrderState s : reached) {
    names.insert(to_string(s));
    CHECK(order_state_from(to_string(s)) == s);
  }
  CHECK(names.size() == states);
  CHECK_FALSE(order_state_from("lost"));
}

TEST_CASE("rule 2.4: the cancel that lost the race: a cancelled order may become filled") {
  CHECK(next_state(OrderState::cancelled, OrderEvent::fill_all) == OrderState::filled);
  CHECK(next_state(OrderState::cancelled, OrderEvent::fill_part) == OrderState::cancelled);
  CHECK(next_state(OrderState::cancel_pending, OrderEvent::fill_all) == OrderState::filled);
}

TEST_CASE("rule 2.3: a timeout after send leaves the order unknown, not rejected") {
  CHECK(next_state(OrderState::submitted, OrderEvent::timed_out) == OrderState::unknown);
  CHECK(next_state(OrderState::unknown, OrderEvent::timed_out) == OrderState::unknown);
  CHECK_FALSE(is_terminal(OrderState::unknown));
  // only proof makes it absent, and what shows up after all is adopted
  for (const Transition& t : order_transitions)
    if (t.to == OrderState::not_placed && t.from != t.to) CHECK(t.event == OrderEvent::proved_absent);
  CHECK(next_state(OrderState::not_placed, OrderEvent::found) == OrderState::open);
}

TEST_CASE("a filled order stays filled whatever is said later, unless a fill is taken back") {
  for (const Transition& t : order_transitions)
    if (t.from == OrderState::filled && t.event != OrderEvent::fill_undone) CHECK(t.to == OrderState::filled);
  CHECK(next_state(OrderState::filled, OrderEvent::fill_undone) == OrderState::cancelled);
}

TEST_CASE("the documentation's table holds every row with its reason") {
  const std::string text = order_states_markdown();
  std::size_t lines = 0;
  for (const char c : text) lines += c == '\n' ? 1 : 0;
  CHECK(lines == order_transitions.size() + 2);
  for (const Transition& t : order_transitions) {
    const std::string row = "| " + std::string(to_string(t.from)) + " | " + std::string(to_string(t.event)) + " | " +
                            std::string(to_string(t.to)) + " | " + std::string(t.why) + " |\n";
    INFO(row);
    CHECK(text.find(row) != std::string::npos);
  }
}

const std::set<OrderEvent> shown{OrderEvent::acked,        OrderEvent::found,        OrderEvent::fill_part, OrderEvent::fill_all,
                                 OrderEvent::filled_short, OrderEvent::cancel_taken, OrderEvent::amended,   OrderEvent::triggered};

TEST_CASE("random events never leave the table's world: a refused one changes nothing, working = not terminal") {
  CHECK(rc::check("random sequences", [](const std::vector<std::uint8_t>& sequence) {
    OrderTable table;
    Intent by_cost = intent("bl-1");  // without a quantity there is nothing but the table to say what follows
    by_cost.abi.qty = Decimal::not_set().raw();
    Order& order = **table.add(by_cost, 0, 1);
    bool told = false;  // whether the venue has shown that it has the order
    for (const std::uint8_t raw : sequence) {
      const auto event = static_cast<OrderEvent>(raw % events);
      if (event == OrderEvent::amend_sent) continue;  // has conditions of its own
      const OrderState before = order.state;
      auto expected = next_state(before, event);
      if (event == OrderEvent::fill_undone && before == OrderState::partially_filled) expected = OrderState::open;  // none is left
      if (event == OrderEvent::proved_absent && before == OrderState::cancel_pending && !told) expected = OrderState::not_placed;
      told = told || (expected && shown.contains(event));
      const auto done = table.apply(order, event, 5);
      RC_ASSERT(done.ok() == expected.has_value());
      RC_ASSERT(order.state == expected.value_or(before));
      RC_ASSERT(static_cast<std::size_t>(order.state) < states);
      RC_ASSERT(table.working().size() == (is_terminal(order.state) ? 0u : 1u));
      RC_ASSERT(table.done().size() == (is_terminal(order.state) ? 1u : 0u));
      if (!done) RC_ASSERT(done.error().code == "ORDER_EVENT_UNEXPECTED");
    }
  }));
}

TEST_CASE("one intent makes one order: a known id is refused, and so is one without an id") {
  OrderTable table;
  REQUIRE(table.add(intent("bl-1"), 0, 1));
  const auto again = table.add(intent("bl-1"), 0, 2);
  REQUIRE_FALSE(again);
  CHECK(again.error().code == "DUPLICATE_INTENT");
  const auto nameless = table.add(intent(""), 0, 3);
  REQUIRE_FALSE(nameless);
  CHECK(nameless.error().code == "ORDER_WITHOUT_ID");
  CHECK(table.working().size() == 1);
  apply(table, *table.find(ClientOrderId("bl-1")), {OrderEvent::deny});
  CHECK_FALSE(table.add(intent("bl-1"), 0, 4));  // ended ones count too
}

TEST_CASE("ended orders stay reachable for late reports up to a bound, oldest go first") {
  OrderTable table(3);
  for (int i = 0; i < 5; ++i) {
    Order& o = **table.add(intent("bl-" + std::to_string(i)), 0, 1);
    apply(table, o, {OrderEvent::handed_over, OrderEvent::acked, OrderEvent::cancelled});
  }
  REQUIRE(table.add(intent("bl-w"), 0, 1));
  CHECK(table.size() == 4);
  CHECK(table.done().size() == 3);
  CHECK(table.find(ClientOrderId("bl-1")) == nullptr);
  REQUIRE(table.find(ClientOrderId("bl-2")) != nullptr);
  CHECK(table.working().size() == 1);
}

TEST_CASE("an order that lives after all leaves the ended ones and is not dropped by their bound") {
  OrderTable table(1);
  Order& o = **table.add(intent("bl-a"), 0, 1);
  apply(table, o, {OrderEvent::handed_over, OrderEvent::timed_out, OrderEvent::proved_absent});
  CHECK(table.working().empty());
  apply(table, o, {OrderEvent::found});
  CHECK(table.done().empty());
  for (int i = 0; i < 3; ++i) apply(table, **table.add(intent("bl-" + std::to_string(i)), 0, 1), {OrderEvent::deny});
  REQUIRE(table.find(ClientOrderId("bl-a")) == &o);
  CHECK(table.working().size() == 1);
}

TEST_CASE("leaves are what may still fill; not set for a buy by cost") {
  OrderTable table;
  Order& o = **table.add(intent("bl-1"), 0, 1);
  o.cum_qty = Decimal::from_mantissa(5, -1);
  CHECK(o.leaves() == Decimal::from_mantissa(15, -1));
  o.intent.abi.qty = Decimal::not_set().raw();
  CHECK_FALSE(o.leaves().is_set());
}
