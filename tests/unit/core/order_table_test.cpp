// The table of orders: those of others, names the venue gives, and coming back after a restart.
#include <algorithm>
#include <catch2/catch.hpp>

#include <cstring>

#include "core/identity.hpp"
#include "unit/core/orders.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using test::go;
using test::limit_buy;
using S = OrderState;
using E = OrderEvent;

namespace {

bl_exec told(std::string_view client, std::string_view venue, Decimal qty = "3"_dec) {
  bl_exec e{};
  e.h.size = sizeof e;
  e.h.instrument = 1;
  std::memcpy(e.client_id, client.data(), client.size());
  std::memcpy(e.venue_id, venue.data(), venue.size());
  e.side = BL_SELL;
  e.type = BL_LIMIT;
  e.tif = BL_GTC;
  e.created_ns = 77;
  e.qty = qty.raw();
  e.limit_px = "120"_dec.raw();
  e.stop_px = Decimal::zero().raw();
  e.quote_qty = Decimal::not_set().raw();
  return e;
}

}  // namespace

TEST_CASE("an order that this host did not make is adopted: unknown until its report is applied, then as it is told") {
  OrderTable table;
  Order& o = **table.adopt(told_intent(told("", "v-9")), "v-9", Decimal::zero(), 5, 8);
  CHECK(o.state == S::unknown);
  CHECK(o.external);
  CHECK(table.external() == 1);
  CHECK(table.working().size() == 1);
  go(table, o, {E::found});
  CHECK(o.state == S::open);
  CHECK(o.intent.side() == Side::sell);
  CHECK(o.leaves() == "3"_dec);
  CHECK(o.intent.limit_px() == "120"_dec);
  CHECK_FALSE(o.intent.stop_px().is_set());
  CHECK(o.intent.abi.decided_ns == 77);
  go(table, o, {E::cancelled});
  CHECK(table.external() == 0);
  CHECK(table.done().size() == 1);
}

TEST_CASE("an order without a client id has the same name in every run, and none at the venue") {
  OrderTable first, second;
  Order& a = **first.adopt(told_intent(told("", "v-9")), "v-9", Decimal::zero(), 5, 8);
  Order& b = **second.adopt(told_intent(told("", "v-9")), "v-9", Decimal::zero(), 900, 1);
  Order& c = **second.adopt(told_intent(told("", "v-10")), "v-10", Decimal::zero(), 900, 2);
  CHECK(a.id() == b.id());
  CHECK(a.id() == external_order_id("v-9"));
  CHECK_FALSE(b.id() == c.id());
  CHECK(a.id().view().size() <= 39);
  CHECK(a.id().view().substr(0, 3) == "ex-");
  CHECK(a.nameless);
  CHECK(a.client_id_at_venue().empty());
  CHECK(first.find(a.id()) == &a);
  CHECK(first.find_venue("v-9") == &a);
}

TEST_CASE("a client id that somebody else gave is kept; one that another order has is no name") {
  OrderTable table;
  Order& ours = **table.add(limit_buy("bl-1", "10"_dec), 0, 1);
  REQUIRE(table.set_venue_id(ours, "v-1"));
  Order& theirs = **table.adopt(told_intent(told("web-7", "v-2")), "v-2", Decimal::zero(), 5, 2);
  CHECK(theirs.id().view() == "web-7");
  CHECK(theirs.client_id_at_venue() == "web-7");
  // A second order at the venue under our own client id: it must be seen, whatever it is.
  Order& doubled = **table.adopt(told_intent(told("bl-1", "v-3")), "v-3", Decimal::zero(), 5, 3);
  CHECK(&doubled != &ours);
  CHECK(doubled.nameless);
  CHECK(table.find(ClientOrderId("bl-1")) == &ours);
  CHECK(table.working().size() == 3);
}

TEST_CASE("what is known is not adopted again, and nothing without an id, a product or a quantity is") {
  OrderTable table;
  Order& ours = **table.add(limit_buy("bl-1", "10"_dec), 0, 1);
  REQUIRE(table.set_venue_id(ours, "v-1"));
  const auto code = [&](const bl_exec& e, std::string_view venue, Decimal before = Decimal::zero()) {
    const auto done = table.adopt(told_intent(e), venue, before, 1, 1);
    return done ? std::string() : done.error().code;
  };
  CHECK(code(told("other", "v-1"), "v-1") == "ORDER_KNOWN");
  CHECK(code(told("bl-1", ""), "") == "ORDER_KNOWN");
  CHECK(code(told("", ""), "") == "ORDER_WITHOUT_ID");
  CHECK(code(told("", "v-5", Decimal::zero()), "v-5") == "ORDER_MALFORMED");
  CHECK(code(told("", "v-5"), "v-5", "-1"_dec) == "ORDER_MALFORMED");
  bl_exec nowhere = told("", "v-5");
  nowhere.h.instrument = 0;
  CHECK(code(nowhere, "v-5") == "ORDER_MALFORMED");
  CHECK(code(told("", "v-5"), "v-5") == "");
  CHECK(code(told("", "v-5"), "v-5") == "ORDER_KNOWN");
  CHECK(table.size() == 2);
}

TEST_CASE("orders of others are followed up to a bound, and one that ends makes room") {
  OrderTable table(10, 2);
  Order& first = **table.adopt(told_intent(told("", "v-1")), "v-1", Decimal::zero(), 1, 1);
  REQUIRE(table.adopt(told_intent(told("", "v-2")), "v-2", Decimal::zero(), 1, 1));
  const auto third = table.adopt(told_intent(told("", "v-3")), "v-3", Decimal::zero(), 1, 1);
  REQUIRE_FALSE(third);
  CHECK(third.error().code == "EXTERNAL_ORDERS_FULL");
  REQUIRE(table.add(limit_buy("bl-1", "1"_dec), 0, 1));  // ours are never refused for it
  go(table, first, {E::found, E::cancelled});
  CHECK(table.adopt(told_intent(told("", "v-3")), "v-3", Decimal::zero(), 1, 1));
  go(table, first, {E::found});  // it comes back: counted again
  CHECK(table.external() == 3);
}

TEST_CASE("what had filled before an order was found is in the balances already, and not in its leaves") {
  OrderTable table;
  Order& o = **table.adopt(told_intent(told("", "v-1", "10"_dec)), "v-1", "4"_dec, 1, 1);
  CHECK(o.leaves() == "6"_dec);
  o.cum_qty = "6"_dec;
  go(table, o, {E::found, o.fill_event()});
  CHECK(o.state == S::filled);
}

TEST_CASE("an order is found by the name the venue gave it, also by a new one, until it is forgotten") {
  OrderTable table(1);
  Order& a = **table.add(limit_buy("bl-a", "1"_dec), 0, 1);
  Order& b = **table.add(limit_buy("bl-b", "1"_dec), 0, 2);
  REQUIRE(table.set_venue_id(a, "v-a"));
  CHECK(table.find_venue("v-a") == &a);
  CHECK(table.find_venue("v-b") == nullptr);
  CHECK(table.find_venue("") == nullptr);
  REQUIRE(table.set_venue_id(b, "v-b"));
  CHECK(table.find_venue("v-b") == &b);
  CHECK_FALSE(table.set_venue_id(b, "v-a"));  // one name for two orders
  CHECK(std::string_view(b.venue_id) == "v-b");
  REQUIRE(table.set_venue_id(a, "v-a2"));  // cancelled and replaced under one client id
  CHECK(table.find_venue("v-a") == nullptr);
  CHECK(table.find_venue("v-a2") == &a);
  go(table, a, {E::deny});
  CHECK(table.find_venue("v-a2") == &a);
  go(table, b, {E::deny});
  CHECK(table.find_venue("v-a2") == nullptr);
  CHECK(table.find_venue("v-b") == &b);
  // Its place is the next order's, which has no name yet.
  Order& c = **table.add(limit_buy("bl-c", "1"_dec), 0, 3);
  CHECK(c.venue_id.empty());
  REQUIRE(table.set_venue_id(c, "v-a2"));
  CHECK(table.find_venue("v-a2") == &c);
}

TEST_CASE("lesson 9: a table restored from its snapshot is the same table, and a second restart changes nothing more") {
  OrderTable table(3);
  for (int i = 0; i < 6; ++i) {
    Order& o = **table.add(limit_buy("bl-" + std::to_string(i), "10"_dec), i, static_cast<std::uint64_t>(i));
    REQUIRE(table.set_venue_id(o, "v-" + std::to_string(i)));
    go(table, o, {E::handed_over});
    if (i < 2) go(table, o, {E::acked, E::cancelled});
    if (i == 3) {
      go(table, o, {E::acked});
      const Terms more{"12"_dec, Decimal::not_set(), Decimal::not_set(), 0, 0};
      REQUIRE(table.apply(o, E::amend_sent, 9, &more));
      o.cum_qty = "4"_dec;
      o.fills.emplace_back("f-1");
      go(table, o, {E::fill_part});
    }
    if (i == 4) go(table, o, {E::cancel_sent});
  }
  REQUIRE(table.adopt(told_intent(told("", "v-x")), "v-x", Decimal::zero(), 5, 8));
  const auto restarted = [](const OrderTable& from) {
    OrderTable to(3);
    for (Order& o : from.snapshot()) REQUIRE(to.restore(std::move(o)));
    const std::vector<Order*> working = to.working();
    for (Order* o : working) REQUIRE(to.apply(*o, E::restarted, 100));
    return to;
  };
  OrderTable once = restarted(table), twice = restarted(once);
  CHECK(std::ranges::equal(once.done(), table.done(), {}, &Order::id, &Order::id));
  REQUIRE(once.working().size() == table.working().size());
  CHECK(once.external() == 1);
  for (std::size_t i = 0; i < once.working().size(); ++i) {
    const Order &was = *table.working()[i], &is = *once.working()[i], &again = *twice.working()[i];
    CHECK(is.id() == was.id());
    CHECK(is.state == next_state(was.state, E::restarted));
    CHECK(again.state == is.state);
    CHECK(again.id() == is.id());
    CHECK(is.leaves() == was.leaves());
    CHECK(is.fills.size() == was.fills.size());
    CHECK(once.find_venue(was.venue_id) == &is);
  }
  const Order* amended = once.find(ClientOrderId("bl-3"));
  REQUIRE(amended != nullptr);
  CHECK(amended->leaves() == "8"_dec);  // of the twelve that may be in force
  CHECK(amended->fill("f-1") != nullptr);
}

TEST_CASE("an order is restored once, and a fill told before it was forgotten is known again") {
  OrderTable table(1);
  Order& o = **table.add(limit_buy("bl-1", "10"_dec), 0, 1);
  o.fills.emplace_back("f-1");
  o.cum_qty = "10"_dec;
  go(table, o, {E::handed_over, E::fill_all});
  Order stored = o;
  go(table, **table.add(limit_buy("bl-2", "10"_dec), 0, 1), {E::deny});
  REQUIRE(table.find(ClientOrderId("bl-1")) == nullptr);
  Order& back = **table.restore(stored);
  CHECK(back.fill("f-1") != nullptr);
  CHECK(back.state == S::filled);
  const auto again = table.restore(stored);
  REQUIRE_FALSE(again);
  CHECK(again.error().code == "DUPLICATE_INTENT");
  CHECK(table.restore(Order{}).error().code == "ORDER_WITHOUT_ID");
}
