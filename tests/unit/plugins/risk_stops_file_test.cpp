// The built file of the stops through the C ABI: its params, what it asks of the host, and what it remembers of its events.
#include <catch2/catch.hpp>

#include <cstring>
#include <string>

#include "risk_file.hpp"

using namespace plugin_tests;
using namespace plugin_tests::risk_files;

TEST_CASE("risk_stops file: it asks for bars and positions, and allows everything") {
  Risk p("risk_stops");
  p.run({{"bars", 12}});
  CHECK(p.mask() == (1ull << BL_EV_BAR | 1ull << BL_EV_POSITION));
  CHECK(p.warmup() == 13);
  CHECK(p.check(buy(1, "1000000")).action == 1);
  CHECK(p.check(order(BL_SELL, 1, D("1"))).action == 1);
}

TEST_CASE("risk_stops file: a held position gets its stop at the next bar, and again only when it moved") {
  Risk p("risk_stops");
  p.run({{"bars", 2}, {"factor", 10}, {"trailing", 0.05}, {"break_even", 0.0}});
  const std::int64_t t = p.account.now_ns / bar_ns * bar_ns;
  p.bar(1, t, 10'000);
  p.bar(1, t + bar_ns, 10'000, 15);
  p.bar(1, t + 2 * bar_ns, 10'000, 15);  // 0.3 % a bar
  CHECK(p.host.stops.empty());           // nothing is held
  bl_position& held = p.account.hold(1, D("2"), D("100"));
  held.opened_ns = t + 2 * bar_ns;
  p.account.now_ns = t + 3 * bar_ns;
  p.bar(1, t + 3 * bar_ns, 10'000, 15);
  REQUIRE(p.host.stops.size() == 1);
  CHECK(p.host.stops[0].instrument == 1);
  CHECK(px(p.host.stops[0].stop_px) == "97");
  CHECK(px(p.host.stops[0].limit_px) == "-");
  CHECK(p.host.stops[0].rule == 1);
  CHECK(p.host.stops[0].flags == 0);
  CHECK(p.host.stops[0].expire_ns == 0);
  p.bar(1, t + 4 * bar_ns, 10'000, 15);
  CHECK(p.host.stops.size() == 1);
  p.account.positions[0].best_px = D("110").raw();
  p.bar(1, t + 5 * bar_ns, 10'900, 15);
  REQUIRE(p.host.stops.size() == 2);
  CHECK(px(p.host.stops[1].stop_px) == "104.5");
  CHECK(p.host.stops[1].rule == 2);
  REQUIRE(p.assessment().at("stops").size() == 1);
  CHECK(p.assessment().at("stops")[0].at("stop_px") == "104.5");
  p.bar(2, t + 6 * bar_ns, 9'000);   // another product's bar
  p.bar(1, t + 5 * bar_ns, 20'000);  // a late one
  bl_bar open = bar_at(1, t + 6 * bar_ns, 20'000, 20'000, 20'000, 20'000);
  open.is_final = 0;
  p.tell(open.h);
  CHECK(p.host.stops.size() == 2);
  p.account.positions.clear();
  p.bar(1, t + 7 * bar_ns, 10'900);
  bl_position& again = p.account.hold(1, D("2"), D("50"));
  again.opened_ns = t + 7 * bar_ns;
  p.bar(1, t + 8 * bar_ns, 5'000);
  REQUIRE(p.host.stops.size() == 3);  // a new position: it may begin below
  CHECK(px(p.host.stops[2].stop_px) == "47.5");
}

TEST_CASE("risk_stops file: each part of an entry is protected at once, and an older view does not undo it") {
  Risk p("risk_stops");
  p.run({{"bars", 2}});
  const std::int64_t t = p.account.now_ns / bar_ns * bar_ns;
  p.account.now_ns = t;
  p.position(1, "0.5", "100", t + 1, t + 1);
  REQUIRE(p.host.stops.size() == 1);
  CHECK(px(p.host.stops[0].stop_px) == "95");  // no bar was seen yet: the widest
  p.position(1, "1", "102", t + 1, t + 2);
  REQUIRE(p.host.stops.size() == 2);
  CHECK(px(p.host.stops[1].stop_px) == "96.9");
  p.bar(1, t + bar_ns, 10'200);  // the view is of before the entry, and holds nothing
  CHECK(p.host.stops.size() == 2);
  p.bar(1, t + 2 * bar_ns, 12'000);
  REQUIRE(p.host.stops.size() == 3);
  CHECK(px(p.host.stops[2].stop_px) == "114");
  p.position(1, "0", "0", 0, t + 2 * bar_ns);
  p.bar(1, t + 3 * bar_ns, 13'000);
  CHECK(p.host.stops.size() == 3);
}

TEST_CASE(
    "rule 3.3: what is replayed to risk_stops after a restart teaches it what it knew: the same stop, the same step") {
  constexpr std::uint16_t replayed = 1;
  const Json params = {{"bars", 2},          {"factor", 10},
                       {"trailing", 0.05},   {"break_even", 0.0},
                       {"take_profit_ladder", Json::array({step(0.05, 0.5), step(0.2, 0.25)})}};
  const auto live = [](Risk& p, std::int64_t t, std::uint16_t flags) {
    p.account.now_ns = t;  // the view is older than what is told
    p.bar(1, t, 10'000, 15, flags);
    p.bar(1, t + bar_ns, 10'000, 15, flags);
    p.position(1, "4", "100", t + 2 * bar_ns, t + 2 * bar_ns, flags);
    p.bar(1, t + 2 * bar_ns, 10'000, 15, flags);
    p.bar(1, t + 3 * bar_ns, 10'600, 15, flags);
    p.position(1, "2", "100", t + 2 * bar_ns, t + 4 * bar_ns, flags);  // half of it was sold
    p.bar(1, t + 4 * bar_ns, 10'300, 15, flags);
  };
  Risk through("risk_stops"), again("risk_stops");
  through.run(params);
  again.run(params);
  const std::int64_t t = through.account.now_ns / bar_ns * bar_ns;
  live(through, t, 0);
  live(again, t, replayed);
  CHECK(again.host.stops.empty());  // the host has the stops of then
  again.position(1, "2", "100", t + 2 * bar_ns, t + 4 * bar_ns);
  REQUIRE_FALSE(again.host.stops.empty());
  for (Risk* p : {&through, &again}) {
    INFO((p == &through ? "through" : "again"));
    CHECK(px(p->host.stops.back().stop_px) == "100.7");   // 5 % below 106
    CHECK(px(p->host.stops.back().limit_px) == "120");    // the first step is done
    CHECK(p->host.stops.back().flags == 5'000);           // a quarter of four
  }
  for (Risk* p : {&through, &again}) p->bar(1, t + 5 * bar_ns, 10'700, 15);
  CHECK(px(again.host.stops.back().stop_px) == px(through.host.stops.back().stop_px));
  CHECK(px(again.host.stops.back().limit_px) == px(through.host.stops.back().limit_px));
}

TEST_CASE("risk_stops file: what the host does not take is said again at the next bar") {
  Risk p("risk_stops");
  p.run({{"bars", 2}});
  const std::int64_t t = p.account.now_ns / bar_ns * bar_ns;
  p.host.takes_stops = false;
  p.account.hold(1, D("1"), D("100")).opened_ns = t;
  p.bar(1, t + bar_ns, 10'000);
  CHECK(p.host.stops.empty());
  p.host.takes_stops = true;
  p.bar(1, t + 2 * bar_ns, 10'000);
  CHECK(p.host.stops.size() == 1);
}

TEST_CASE("risk_stops file: dust has no stop") {
  Risk p("risk_stops");
  p.run({{"bars", 2}});
  const std::int64_t t = p.account.now_ns / bar_ns * bar_ns;
  p.account.hold(1, D("0.00000001"), D("100")).flags = 1;
  p.bar(1, t + bar_ns, 10'000);
  CHECK(p.host.stops.empty());
}

TEST_CASE("risk_stops file: take-profit, whole and in steps, travels as limit_px and share") {
  Risk p("risk_stops");
  p.run({{"bars", 2}, {"take_profit", 0.1}});
  const std::int64_t t = p.account.now_ns / bar_ns * bar_ns;
  p.account.hold(1, D("1"), D("100")).opened_ns = t;
  p.bar(1, t + bar_ns, 10'000);
  REQUIRE(p.host.stops.size() == 1);
  CHECK(px(p.host.stops[0].limit_px) == "110");
  CHECK(p.host.stops[0].flags == 0);
  p.stop();
  p.host.stops.clear();
  p.run({{"bars", 2}, {"take_profit_ladder", Json::array({step(0.05, 0.25), step(0.1, 0.75)})}});
  p.bar(1, t + bar_ns, 10'000);
  REQUIRE(p.host.stops.size() == 1);
  CHECK(px(p.host.stops[0].limit_px) == "105");
  CHECK(p.host.stops[0].flags == 2'500);
  p.account.positions[0].qty = D("0.75").raw();
  p.bar(1, t + 2 * bar_ns, 10'000);
  REQUIRE(p.host.stops.size() == 2);
  CHECK(px(p.host.stops[1].limit_px) == "110");
  CHECK(p.host.stops[1].flags == 0);
}

TEST_CASE(
    "risk_stops file: require_history refuses an entry whose stop cannot be computed yet, never a sale") {
  Risk p("risk_stops");
  p.run({{"bars", 2}, {"require_history", true}});
  const std::int64_t t = p.account.now_ns / bar_ns * bar_ns;
  p.bar(1, t, 10'000);
  p.bar(1, t + bar_ns, 10'000);
  const bl_verdict v = p.check(buy(1, "1"));
  CHECK(v.action == 0);
  CHECK(std::string(v.code) == "STOP_HISTORY_MISSING");
  CHECK(v.unit == 5);
  CHECK(px(v.value) == "1");
  CHECK(px(v.limit) == "2");
  CHECK(p.check(order(BL_SELL, 1, D("1"))).action == 1);
  CHECK(p.check(buy(7, "1")).action == 0);
  p.bar(1, t + 2 * bar_ns, 10'000);
  CHECK(p.check(buy(1, "1")).action == 1);
}

TEST_CASE("risk_stops file: params that contradict each other are refused") {
  Risk p("risk_stops");
  const auto refused = [&](const Json& own, const char* code) {
    CHECK(p.configure(own) == BL_E_CONFIG);
    CHECK(p.message().rfind(std::string(code) + ": ", 0) == 0);
  };
  refused({{"min_distance", 0.06}}, "STOP_DISTANCE_ORDER");
  refused({{"take_profit_ladder", Json::array({step(0.1, 0.5), step(0.1, 0.5)})}}, "PROFIT_LADDER_INVALID");
  refused({{"take_profit_ladder", Json::array({step(0.1, 0.6), step(0.2, 0.5)})}}, "PROFIT_LADDER_INVALID");
  refused({{"take_profit_ladder", Json::array({step(0.1, 0.6)})}, {"take_profit", 0.2}}, "TAKE_PROFIT_TWICE");
}

TEST_CASE("rule 5.8: until a product's fee is told risk_stops earns back the worst tier at break-even, then what is told") {
  Risk p("risk_stops");
  const std::int64_t t = p.account.now_ns / bar_ns * bar_ns;
  const auto even = [&] {
    p.run({{"bars", 2}, {"trailing", 0.0}, {"break_even", 0.04}});
    p.host.stops.clear();
    p.account.positions.clear();
    bl_position& held = p.account.hold(1, D("2"), D("100"));
    held.opened_ns = t;
    held.best_px = D("105").raw();
    p.account.now_ns = t + bar_ns;
    p.bar(1, t + bar_ns, 10'500);
    REQUIRE(p.host.stops.size() == 1);
    p.stop();
    return px(p.host.stops[0].stop_px);
  };
  CHECK(even() == "102.43");  // 100 x 1.012 / 0.988
  p.host.taker_fees[1] = money::to_abi(D("0.001"));
  CHECK(even() == "100.21");  // 100 x 1.001 / 0.999
}
