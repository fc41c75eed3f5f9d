// The built mock broker through the C ABI: what it answers when it cannot or will not send, its amend slot,
// its rate classes.
#include <catch2/catch.hpp>

#include <cstring>
#include <string>

#include "fake_host.hpp"

using namespace plugin_tests;
namespace money = bowline::money;

namespace {

bl_dec A(const char* s) { return money::to_abi(*money::parse(s)); }
bl_intent limit(const char* id, std::uint32_t side, const char* qty, const char* px) {
  bl_intent i{};
  i.size = sizeof i;
  i.instrument = 1;
  std::strncpy(i.client_id, id, sizeof i.client_id - 1);
  i.side = side;
  i.type = BL_LIMIT;
  i.tif = BL_GTC;
  i.qty = A(qty);
  i.limit_px = A(px);
  i.quote_qty = i.stop_px = money::not_set();
  return i;
}
bl_order_ref by_id(const char* id) { return {{id, std::strlen(id)}, {nullptr, 0}}; }
const bl_venue_v1* rates(Opened<bl_broker_v1>& p) {
  const std::string id = BL_EXT_VENUE;
  REQUIRE(p.plugin->base->extension != nullptr);
  return static_cast<const bl_venue_v1*>(p.plugin->base->extension(p.inst, {id.data(), id.size()}));
}

}  // namespace

TEST_CASE("broker file: an amendment is sent, answered, and refused by its status when it cannot be meant") {
  Opened<bl_broker_v1> p("broker_mock");
  p.run({{"state", "memory"}});
  const bl_intent i = limit("a", BL_BUY, "1", "99");
  REQUIRE(p.table->submit(p.inst, &i, &p.error) == BL_PENDING);
  p.plugin->base->on_wake(p.inst);
  p.host.events.clear();
  const bl_order_ref ref = by_id("a"), nobody = by_id("");
  bl_intent wanted = limit("a", BL_BUY, "2", "98");
  REQUIRE(p.table->amend(p.inst, &ref, &wanted, &p.error) == BL_PENDING);
  CHECK(p.host.events.empty());
  p.plugin->base->on_wake(p.inst);
  REQUIRE(p.host.types() == std::vector<std::uint16_t>{BL_EV_EXEC, BL_EV_BALANCE});
  CHECK(p.host.event<bl_exec>(0).kind == BL_X_AMENDED);
  CHECK(*money::from_abi(p.host.event<bl_exec>(0).qty) == *money::parse("2"));
  wanted.tif = 9;
  CHECK(p.table->amend(p.inst, &ref, &wanted, &p.error) == BL_E_UNSUPPORTED);
  CHECK(p.error.status == BL_E_UNSUPPORTED);
  wanted.tif = BL_GTC;
  CHECK(p.table->amend(p.inst, &nobody, &wanted, &p.error) == BL_E_INVALID);
  CHECK(p.message().rfind("ORDER_REF_MISSING", 0) == 0);
  wanted.not_after_ns = p.host.now - 1;
  CHECK(p.table->amend(p.inst, &ref, &wanted, &p.error) == BL_E_STATE);
  p.stop();
  CHECK(p.table->amend(p.inst, &ref, &wanted, &p.error) == BL_E_STATE);
}

TEST_CASE("broker file: its rate classes and costs are those it enforces: BL_E_AGAIN, and nothing was sent") {
  Opened<bl_broker_v1> p("broker_mock");
  p.run({{"state", "memory"}, {"rate_limit", 10}, {"rate_burst", 2}});
  const bl_venue_v1* v = rates(p);
  REQUIRE(v != nullptr);
  CHECK(v->size == sizeof(bl_venue_v1));
  REQUIRE(v->n_classes == 1);
  CHECK(std::string(v->classes[0].name.ptr, v->classes[0].name.len) == "requests");
  CHECK(v->classes[0].per_second == 10);
  CHECK(v->classes[0].burst == 2);
  REQUIRE(v->n_costs == 4);
  for (std::uint32_t call = BL_CALL_SUBMIT; call <= BL_CALL_QUERY; ++call) {
    CHECK(v->costs[call - 1].call == call);
    CHECK(v->costs[call - 1].rate_class == 0);
    CHECK(v->costs[call - 1].cost == 1);
  }
  const bl_intent a = limit("a", BL_BUY, "1", "99"), b = limit("b", BL_BUY, "1", "99");
  const bl_order_ref ref = by_id("a");
  bl_query q{};
  q.size = sizeof q;
  q.scope = 2;
  REQUIRE(p.table->submit(p.inst, &a, &p.error) == BL_PENDING);
  REQUIRE(p.table->query(p.inst, &q, &p.error) == BL_PENDING);
  CHECK(p.table->submit(p.inst, &b, &p.error) == BL_E_AGAIN);
  CHECK(p.message().rfind("RATE_LIMITED", 0) == 0);
  CHECK(p.error.status == BL_E_AGAIN);
  CHECK(p.table->amend(p.inst, &ref, &a, &p.error) == BL_E_AGAIN);
  CHECK(p.table->cancel(p.inst, &ref, 1, &p.error) == BL_E_AGAIN);
  CHECK(p.table->query(p.inst, &q, &p.error) == BL_E_AGAIN);
  p.plugin->base->on_wake(p.inst);
  CHECK(p.host.types() == std::vector<std::uint16_t>{BL_EV_EXEC, BL_EV_BALANCE, BL_EV_EXEC, BL_EV_DONE});
  p.host.now += 100'000'000;
  CHECK(p.table->cancel(p.inst, &ref, 1, &p.error) == BL_PENDING);
  p.stop();
  REQUIRE(p.configure({{"state", "memory"}}) == BL_OK);
  CHECK(rates(p)->n_classes == 0);
  CHECK(rates(p)->n_costs == 0);
  const std::string other = "bowline.trainer/1";
  CHECK(p.plugin->base->extension(p.inst, {other.data(), other.size()}) == nullptr);
}

TEST_CASE("broker file: without a link no byte is sent: BL_E_IO, for each kind of request") {
  Opened<bl_broker_v1> p("broker_mock");
  p.run({{"state", "memory"}, {"disconnect_probability", 1}, {"disconnect_duration", 60'000'000'000}});
  const bl_bar b = bar_at(1, p.host.now, 10'000, 10'000, 10'000, 10'000);
  REQUIRE(p.table->on_event(p.inst, &b.h, &p.host.sink) == BL_OK);
  p.host.now = b.close_ns;
  REQUIRE(p.host.types() == std::vector<std::uint16_t>{BL_EV_LINK});
  CHECK(p.host.event<bl_link>(0).state == 0);
  REQUIRE(p.host.timers.size() == 1);
  CHECK(p.host.timers.begin()->second == b.close_ns + 60'000'000'000);
  const bl_intent a = limit("a", BL_BUY, "1", "99");
  const bl_order_ref ref = by_id("a");
  bl_query q{};
  q.size = sizeof q;
  q.scope = 2;
  CHECK(p.table->submit(p.inst, &a, &p.error) == BL_E_IO);
  CHECK(p.message().rfind("LINK_DOWN", 0) == 0);
  CHECK(p.table->amend(p.inst, &ref, &a, &p.error) == BL_E_IO);
  CHECK(p.table->cancel(p.inst, &ref, 1, &p.error) == BL_E_IO);
  CHECK(p.table->query(p.inst, &q, &p.error) == BL_E_IO);
  p.host.now += 60'000'000'000;
  bl_timer t{};
  t.h.size = sizeof t;
  t.h.type = BL_EV_TIMER;
  REQUIRE(p.table->on_event(p.inst, &t.h, &p.host.sink) == BL_OK);
  REQUIRE(p.host.events.size() == 2);
  CHECK(p.host.event<bl_link>(1).state == 1);
  CHECK(p.table->submit(p.inst, &a, &p.error) == BL_PENDING);
}
