// The built risk files through the C ABI: params, what they ask of the host, and what they remember of its
// events.
#include <catch2/catch.hpp>

#include <cstring>
#include <string>

#include "account_fixture.hpp"
#include "fake_host.hpp"

using namespace plugin_tests;
namespace money = bowline::money;

namespace {
constexpr std::int64_t bar_ns = 300'000'000'000, hour = 12 * bar_ns;

struct Risk : Opened<bl_risk_v1> {
  AccountFixture account{D("10000")};
  using Opened::Opened;

  std::uint64_t mask() {
    bl_needs n{sizeof(bl_needs), 0, 0};
    REQUIRE(table->needs(inst, &n) == BL_OK);
    return n.event_mask;
  }
  std::uint32_t warmup() {
    bl_needs n{sizeof(bl_needs), 0, 0};
    REQUIRE(table->needs(inst, &n) == BL_OK);
    return n.warmup_bars;
  }
  bl_verdict check(const bl_intent& i) {
    bl_verdict v{};
    v.size = sizeof v;
    REQUIRE(table->check(inst, &i, &account.view(), &v) == BL_OK);
    return v;
  }
  std::string code(const bl_intent& i) { return check(i).code; }
  Json assessment() {
    const std::string id = BL_EXT_ASSESS;
    const auto* t = static_cast<const bl_assess_v1*>(plugin->base->extension(inst, {id.data(), id.size()}));
    REQUIRE(t != nullptr);
    std::uint64_t n = 0;
    REQUIRE(t->get(inst, nullptr, 0, &n, &error) == BL_OK);
    std::string text(n, '\0');
    REQUIRE(t->get(inst, text.data(), text.size(), &n, &error) == BL_OK);
    REQUIRE(n == text.size());
    return Json::parse(text);
  }
  void tell(const bl_event& e) { REQUIRE(table->on_event(inst, &e, &account.view(), &host.sink) == BL_OK); }
  void bar(std::uint32_t instrument, std::int64_t close_ns, std::int64_t close, std::int64_t range = 0,
           std::uint16_t flags = 0) {
    bl_bar b = bar_at(instrument, close_ns - bar_ns, close, close + range, close - range, close);
    b.h.flags = flags;
    tell(b.h);
  }
  void position(std::uint32_t instrument, const char* qty, const char* avg, std::int64_t opened,
                std::int64_t at, std::uint16_t flags = 0) {
    bl_position_ev e{};
    e.h.size = sizeof e;
    e.h.type = BL_EV_POSITION;
    e.h.flags = flags;
    e.h.instrument = e.position.instrument = instrument;
    e.h.ts_event = e.h.ts_recv = at;
    e.position.qty = D(qty).raw();
    e.position.avg_px = e.position.best_px = D(avg).raw();
    e.position.realised = e.position.fees = D("0").raw();
    e.position.opened_ns = opened;
    tell(e.h);
  }
};
Json lock(const char* symbol, const char* until = "") {
  return Json::array({Json{{"symbol", symbol}, {"until", until}}});
}
Json rung(double drawdown, double size) { return {{"drawdown", drawdown}, {"size", size}}; }
Json step(double gain, double share) { return {{"gain", gain}, {"share", share}}; }
bl_intent buy(std::uint32_t instrument, const char* qty) {
  return order(BL_BUY, instrument, D(qty), D("100"));
}
std::string px(const bl_dec& d) {
  const auto v = money::from_abi(d);
  return v ? money::text(*v) : "-";
}
}  // namespace

/// The row of a code, of one product where each has its own; null: there is none.
Json row_of(const Json& assessment, const char* code, std::uint32_t instrument = 0) {
  for (const Json& row : assessment.value("checks", Json::array()))
    if (row.at("code") == code && (instrument == 0 || row.at("instrument") == instrument)) return row;
  return {};
}

// ---- limits ----------------------------------------------------------------------------------------------

TEST_CASE(
    "risk_limits file: with the defaults it asks for no events, and for each limit's own when it is set") {
  Risk p("risk_limits");
  p.run(Json::object());
  CHECK(p.mask() == 0);
  p.stop();
  p.run({{"max_day", "100"}});
  CHECK(p.mask() == 1ull << BL_EV_FILL);
  p.stop();
  p.run({{"max_orders_per_minute", 5}, {"cooldown_losses", 2}, {"max_rolling_loss", 0.1}});
  CHECK(p.mask() == (1ull << BL_EV_EXEC | 1ull << BL_EV_POSITION | 1ull << BL_EV_BAR));
}

TEST_CASE("risk_limits file: its assessment has each limit with what it came to last, also where it did not bind") {
  Risk p("risk_limits");
  p.account.mark(1, D("100"));
  p.account.mark(2, D("50"));
  p.run({{"max_position", 0.05}, {"max_day", "1000"}, {"max_open_orders", 3}, {"cash_reserve", 0.1}, {"drawdown_ladder", Json::array({rung(0.1, 0.5)})}});
  p.account.view();
  const Json before = row_of(p.assessment(), "POSITION_LIMIT");
  REQUIRE(before.is_object());
  CHECK(before.at("value").is_null());
  CHECK(before.at("limit") == "0.05");
  CHECK(before.at("at_ns").is_null());
  CHECK(row_of(p.assessment(), "ORDER_NOTIONAL_LIMIT").is_null());  // not set
  CHECK(p.code(buy(1, "3")).empty());
  CHECK(p.code(buy(2, "2")).empty());
  const Json told = p.assessment();
  const auto holds = [&](const char* code, const char* value, const char* limit, const char* unit, const char* bound, std::uint32_t instrument) {
    INFO(code);
    const Json row = row_of(told, code, instrument);
    REQUIRE(row.is_object());
    CHECK(row.at("value") == value);
    CHECK(row.at("limit") == limit);
    CHECK(row.at("unit") == unit);
    CHECK(row.at("bound") == bound);
    CHECK(row.at("at_ns") == p.account.now_ns);
  };
  holds("POSITION_LIMIT", "0.03", "0.05", "share_of_equity", "most", 1);
  holds("POSITION_LIMIT", "0.02", "0.05", "share_of_equity", "most", 2);
  holds("EXPOSURE_LIMIT", "0.02", "0.8", "share_of_equity", "most", 2);  // of the last order
  holds("DAY_NOTIONAL_LIMIT", "200", "1000", "quote_amount", "most", 2);
  holds("OPEN_ORDERS_LIMIT", "1", "3", "count", "most", 2);
  holds("NOTIONAL_BELOW_MINIMUM", "300", "1", "quote_amount", "least", 1);
  holds("DRAWDOWN_LIMIT", "0", "0.1", "fraction", "most", 2);
  CHECK(row_of(told, "CASH_RESERVE_LIMIT").at("bound") == "least");
  // What binds is told as its verdict tells it, and a check that is not reached keeps what it came to.
  p.account.now_ns += 1'000'000'000;
  const bl_verdict v = p.check(buy(1, "0.001"));
  CHECK(std::string(v.code) == "NOTIONAL_BELOW_MINIMUM");
  CHECK(row_of(p.assessment(), "NOTIONAL_BELOW_MINIMUM", 1).at("value") == px(v.value));
  CHECK(row_of(p.assessment(), "POSITION_LIMIT", 1).at("value") == "0.03");
  CHECK(row_of(p.assessment(), "POSITION_LIMIT", 1).at("at_ns") == p.account.now_ns - 1'000'000'000);
  // A product beyond those that are followed has a row with the others of its kind, and an instrument that can't be harms nothing.
  p.account.mark(4'000'000'000u, D("100"));
  static_cast<void>(p.check(buy(4'000'000'000u, "1")));
  CHECK(p.assessment().at("checks").is_array());
  p.stop();
  p.run(Json::object());  // a new start knows nothing of it
  CHECK(row_of(p.assessment(), "POSITION_LIMIT").at("value").is_null());
}

TEST_CASE("risk_correlation and risk_stops file: their assessments have their limits with what they came to last") {
  Risk c("risk_correlation");
  c.run({{"max_correlation", 1}, {"max_cluster", 0.25}});
  c.account.mark(1, D("100"));
  CHECK(row_of(c.assessment(), "CLUSTER_LIMIT").at("value").is_null());
  CHECK(c.code(buy(1, "10")).empty());
  const Json cluster = row_of(c.assessment(), "CLUSTER_LIMIT", 1);
  REQUIRE(cluster.is_object());
  CHECK(cluster.at("value") == "0.1");
  CHECK(cluster.at("limit") == "0.25");
  Risk s("risk_stops");
  s.run({{"require_history", true}, {"bars", 20}});
  CHECK(s.code(buy(1, "1")) == "STOP_HISTORY_MISSING");
  const Json history = row_of(s.assessment(), "STOP_HISTORY_MISSING", 1);
  REQUIRE(history.is_object());
  CHECK(history.at("value") == "0");
  CHECK(history.at("limit") == "20");
  CHECK(history.at("bound") == "least");
}

TEST_CASE("risk_limits file: every param reaches its limit") {
  Risk p("risk_limits");
  p.account.mark(1, D("100"));
  p.account.mark(2, D("100"));
  const auto with = [&](const Json& own) {
    p.run(own);
    const std::string code = p.code(buy(1, "1"));
    p.stop();
    return code;
  };
  CHECK(with(Json::object()).empty());
  CHECK(with({{"max_position", 0.001}}) == "POSITION_LIMIT");
  CHECK(with({{"max_exposure", 0.001}}) == "EXPOSURE_LIMIT");
  CHECK(with({{"min_notional", "101"}}) == "NOTIONAL_BELOW_MINIMUM");
  CHECK(with({{"cash_reserve", 0.9899}}) == "CASH_RESERVE_LIMIT");  // 101.2 with the fee of 1.2 %
  CHECK(with({{"cash_reserve", 0.9898}}).empty());
  CHECK(with({{"max_order", "99"}}) == "ORDER_NOTIONAL_LIMIT");
  CHECK(with({{"max_day", "99"}}) == "DAY_NOTIONAL_LIMIT");
  CHECK(with({{"max_total", "99"}}) == "TOTAL_NOTIONAL_LIMIT");
  CHECK(with({{"max_total", "100"}}).empty());
  CHECK(with({{"locks", lock("BTC-USD")}}) == "PRODUCT_LOCKED");
  CHECK(with({{"locks", lock("ETH-USD")}}).empty());
  CHECK(with({{"locks", lock("BTC-USD", "2020-01-01")}}).empty());
  CHECK(with({{"locks", lock("BTC-USD", "2100-01-01T00:00:00Z")}}) == "PRODUCT_LOCKED");
  p.account.mark(1, D("90"));
  CHECK(with({{"price_band", 0.05}}) == "PRICE_OUTSIDE_BAND");
  p.account.work(order(BL_BUY, 1, D("0.01"), D("90"), "resting"), D("0.01")).decided_ns = p.account.now_ns;
  CHECK(with({{"max_open_orders", 1}}) == "OPEN_ORDERS_LIMIT");
  CHECK(with({{"max_product_orders", 1}}) == "PRODUCT_ORDERS_LIMIT");
  CHECK(with({{"max_orders_per_minute", 1}}) == "ORDER_RATE_LIMIT");
  p.account.peak = D("20000");
  CHECK(with({{"drawdown_ladder", Json::array({rung(0.1, 0.5)})}}) == "DRAWDOWN_LIMIT");
  p.account.day_start = D("20000");
  CHECK(with({{"max_daily_loss", 0.5}}) == "DAILY_LOSS_LIMIT");
  CHECK(with({{"max_daily_loss", 0.51}}).empty());
}

TEST_CASE("risk_limits file: what it hears counts, and a new start forgets it") {
  Risk p("risk_limits");
  p.account.mark(1, D("100"));
  const Json own = {
      {"max_day", "250"}, {"max_orders_per_minute", 2}, {"cooldown_losses", 1}, {"max_rolling_loss", 0.5}};
  p.run(own);
  const std::int64_t now = p.account.now_ns;
  bl_fill f{};
  f.h.size = sizeof f;
  f.h.type = BL_EV_FILL;
  f.h.ts_event = now;
  f.side = BL_BUY;
  f.px = D("100").raw();
  f.qty = D("2").raw();
  p.tell(f.h);
  CHECK(p.code(buy(1, "1")) == "DAY_NOTIONAL_LIMIT");
  CHECK(px(p.check(buy(1, "1")).max_qty) == "0.5");
  p.account.equity = D("5000");
  CHECK(p.code(buy(1, "0.5")) == "ROLLING_LOSS_LIMIT");
  p.account.equity = D("10000");
  bl_exec e{};
  e.h.size = sizeof e;
  e.h.type = BL_EV_EXEC;
  e.kind = BL_X_ACCEPTED;
  e.h.ts_event = e.h.ts_recv = now;
  for (const char* id : {"a", "b"}) {
    std::strcpy(e.client_id, id);
    p.tell(e.h);
  }
  CHECK(p.code(buy(1, "0.5")) == "ORDER_RATE_LIMIT");
  bl_position_ev lost{};
  lost.h.size = sizeof lost;
  lost.h.type = BL_EV_POSITION;
  lost.h.ts_event = lost.h.ts_recv = now;
  lost.position.instrument = 1;
  lost.position.qty = D("1").raw();
  lost.position.realised = lost.position.fees = D("0").raw();
  p.tell(lost.h);
  lost.position.qty = D("0").raw();
  lost.position.realised = D("-1").raw();
  p.tell(lost.h);
  CHECK(p.code(buy(1, "0.5")) == "COOLDOWN_ACTIVE");
  p.host.now = now;
  const Json stands = p.assessment();
  CHECK(stands.at("max_day").at("bought") == "200");
  CHECK(stands.at("max_orders_per_minute").at("sent") == 2);
  CHECK(stands.at("max_rolling_loss").at("opening") == "10000");
  CHECK(stands.at("cooldown").size() == 2);  // it is for all products
  CHECK(stands.at("locks").empty());
  f.h.type = 63;  // unknown types and events cut short are ignored
  p.tell(f.h);
  f.h.type = BL_EV_FILL;
  f.h.size = sizeof(bl_event);
  p.tell(f.h);
  p.stop();
  p.run(own);
  CHECK(p.code(buy(1, "1")).empty());
}

TEST_CASE(
    "risk_limits file: params that contradict themselves or name nothing are refused, and the old ones "
    "stay") {
  Risk p("risk_limits");
  p.account.mark(1, D("100"));
  REQUIRE(p.configure({{"max_order", "50"}}) == BL_OK);
  const auto refused = [&](const Json& own, const char* code) {
    CHECK(p.configure(own) == BL_E_CONFIG);
    INFO(p.message());
    CHECK(p.message().rfind(std::string(code) + ": ", 0) == 0);
  };
  refused({{"max_order", "-1"}}, "AMOUNT_INVALID");
  refused({{"max_day", "many"}}, "AMOUNT_INVALID");
  refused({{"max_total", ""}}, "AMOUNT_INVALID");
  refused({{"min_notional", "-1"}}, "MIN_NOTIONAL_INVALID");
  refused({{"drawdown_ladder", Json::array({rung(0.1, 0.5), rung(0.1, 0.2)})}}, "LADDER_INVALID");
  refused({{"drawdown_ladder", Json::array({rung(0.1, 0.5), rung(0.2, 0.5)})}}, "LADDER_INVALID");
  refused({{"locks", lock("DOGE-USD")}}, "LOCK_PRODUCT_UNKNOWN");
  refused({{"locks", lock("BTC-USD", "tomorrow")}}, "LOCK_TIME_INVALID");
  REQUIRE(p.plugin->base->start(p.inst, &p.error) == BL_OK);
  CHECK(p.code(buy(1, "1")) == "ORDER_NOTIONAL_LIMIT");
}

// ---- stops -----------------------------------------------------------------------------------------------

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

// ---- correlation -----------------------------------------------------------------------------------------

TEST_CASE(
    "risk_correlation file: two products that move alike become one cluster once their history is there") {
  Risk p("risk_correlation");
  p.host.symbols.push_back("ADA-USD");
  p.run({{"min_history", 10},
         {"window", 50},
         {"max_correlation", 1.0},
         {"shrinkage", 0.0},
         {"max_cluster", 0.2}});
  CHECK(p.mask() == 1ull << BL_EV_BAR);
  CHECK(p.warmup() == 12 * 11);
  for (std::uint32_t i = 1; i <= 3; ++i) p.account.mark(i, D("100"));
  p.account.hold(1, D("15"), D("100"));
  CHECK(px(p.check(buy(2, "10")).max_qty) == "5");  // nothing is known: everything is one
  CHECK(px(p.check(buy(3, "10")).max_qty) == "5");
  CHECK(p.assessment().at("unknown").size() == 3);
  std::int64_t px_1 = 10'000, px_3 = 10'000;
  for (int h = 1; h <= 12; ++h)
    for (int k = 1; k <= 12; ++k) {
      const std::int64_t at = h * hour + k * bar_ns;
      if (k == 12) {
        px_1 += h % 2 != 0 ? 130 : -110;
        px_3 += (h / 2) % 2 != 0 ? 140 : -120;
      }
      p.bar(1, at, px_1);
      p.bar(2, at, 2 * px_1);
      p.bar(3, at, px_3);
    }
  CHECK(std::string(p.check(buy(2, "10")).code) == "CLUSTER_LIMIT");
  CHECK(px(p.check(buy(2, "10")).max_qty) == "5");
  CHECK(p.check(buy(3, "10")).action == 1);
  const Json stands = p.assessment();
  CHECK(stands.at("clusters") == Json::array({Json::array({"BTC-USD", "ETH-USD"})}));
  CHECK(stands.at("unknown").empty());
  CHECK(stands.at("alike").empty());
}

TEST_CASE("risk_correlation file: a refusal names the product that is there") {
  Risk p("risk_correlation");
  p.run({{"max_correlation", 0.9}});
  for (std::uint32_t i = 1; i <= 2; ++i) p.account.mark(i, D("100"));
  p.account.hold(2, D("3"), D("100"));
  const bl_verdict v = p.check(buy(1, "1"));
  CHECK(v.action == 0);
  CHECK(std::string(v.code) == "CORRELATION_LIMIT");
  CHECK(std::string(v.reason) == "it moves like ETH-USD, of which enough is held or being bought");
  CHECK(px(v.value) == "1");
}

TEST_CASE("risk_correlation file: params that cannot be are refused") {
  Risk p("risk_correlation");
  const auto refused = [&](const Json& own, const char* code) {
    CHECK(p.configure(own) == BL_E_CONFIG);
    CHECK(p.message().rfind(std::string(code) + ": ", 0) == 0);
  };
  refused({{"interval", 301'000'000'000}}, "CORRELATION_INTERVAL");
  refused({{"window", 100}, {"min_history", 101}}, "CORRELATION_HISTORY");
  refused({{"min_notional", "-1"}}, "MIN_NOTIONAL_INVALID");
}

// ---- fees ------------------------------------------------------------------------------------------------

TEST_CASE("rule 5.8: until the fees of all products are told risk_limits keeps room for the worst tier, 1.2 %") {
  Risk p("risk_limits");
  p.account.mark(1, D("100"));
  const auto most = [&] {  // of 10,000, of which 9,000 stay
    p.run({{"cash_reserve", 0.9}, {"max_position", 1.0}, {"max_exposure", 1.0}});
    const std::string qty = px(p.check(buy(1, "50")).max_qty);
    p.stop();
    return qty;
  };
  const std::string worst = "9.88142292490118577";  // 1,000 / 1.012
  CHECK(most() == worst);
  p.host.taker_fees[1] = money::to_abi(D("0.001"));
  CHECK(most() == worst);  // of the other one it is not known yet
  p.host.taker_fees[2] = money::to_abi(D("0.002"));
  CHECK(most() == "9.980039920159680638");  // 1,000 / 1.002: the dearer of the two
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

TEST_CASE("risk files: the same tape twice gives the same stops and verdicts") {
  for (const char* folder : {"risk_limits", "risk_stops", "risk_correlation"}) {
    std::string said[2];
    for (std::string& s : said) {
      Risk p(folder);
      p.run(Json::object());
      std::uint64_t x = 9;
      const auto below = [&x](std::uint64_t n) { return (x ^= x << 13, x ^= x >> 7, x ^= x << 17) % n; };
      for (std::uint32_t i = 1; i <= 2; ++i) p.account.mark(i, D("100"));
      p.account.hold(1, D("3"), D("100"));
      std::int64_t close = 10'000;
      for (int i = 1; i <= 3'000; ++i) {
        close += static_cast<std::int64_t>(below(41)) - 20;
        const std::int64_t at = p.account.now_ns / hour * hour + i * bar_ns;
        p.bar(1, at, close, 10);
        p.bar(2, at, close + static_cast<std::int64_t>(below(100)), 10);
        bl_bar odd = bar_at(0xFFFFFFFFu, at, INT64_MAX, INT64_MAX, INT64_MIN, INT64_MAX);
        p.tell(odd.h);
        const bl_verdict v = p.check(buy(2, std::to_string(1 + below(30)).c_str()));
        s += std::to_string(v.action) + v.code + px(v.max_qty) + px(v.value);
      }
      for (const bl_stop& w : p.host.stops) s += px(w.stop_px);
    }
    INFO(folder);
    CHECK(said[0] == said[1]);
    CHECK(said[0].size() > 3'000);
  }
}
