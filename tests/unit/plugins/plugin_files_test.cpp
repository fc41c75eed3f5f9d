// The built files through the C ABI, as the host uses them.
#include <catch2/catch.hpp>

#include <cmath>
#include <set>
#include <string>

#include "fake_host.hpp"
#include "temp_files.hpp"

using namespace plugin_tests;
namespace money = bowline::money;

namespace {
bl_dec A(const char* s) { return money::to_abi(*money::parse(s)); }
std::string text(const bl_dec& d) {
  const auto v = money::from_abi(d);
  return v ? money::text(*v) : "-";
}
constexpr std::int64_t bar_ns = 300'000'000'000;

template <class Table>
void check_file(const char* folder, const char* id, bl_kind kind, const Json& params) {
  Opened<Table> p(folder);
  INFO(folder);
  CHECK(std::string(p.plugin->id.ptr, p.plugin->id.len) == id);
  CHECK(p.plugin->kind == kind);
  CHECK(p.module->min_host_minor == 0);
  const Json s = p.schema();
  CHECK(s.at("additionalProperties") == false);
  for (const auto& [key, property] : s.at("properties").items()) {
    INFO(key);
    CHECK(property.contains("type"));
    CHECK_FALSE(property.at("description").template get<std::string>().empty());
    bool required = false;
    for (const auto& r : s.value("required", Json::array())) required = required || r == key;
    CHECK(required != property.contains("default"));
  }
  // Every legal path of the life cycle; configure again and again; garbage refused without a crash.
  for (int i = 0; i < 3; ++i) {
    p.run(params);
    if (p.plugin->base->on_wake) p.plugin->base->on_wake(p.inst);
    p.stop();
  }
  for (const std::string garbage : {"", "[]", "{", "{}x"}) {
    CHECK(p.plugin->base->configure(p.inst, {garbage.data(), garbage.size()}, &p.error) < 0);
    CHECK_FALSE(p.message().empty());
  }
  for (int i = 0; i < 100; ++i) Opened<Table> again(folder);
}
}  // namespace

TEST_CASE("each plugin file has one plugin, a closed and described schema, and a whole life") {
  TempDir dir;
  const std::string csv = dir.write("a.csv", std::string(candle_header) + "300,1,1,1,1,1\n");
  check_file<bl_feed_v1>("feed_replay", "bowline.feed.replay", BL_FEED, {{"files", {{"BTC-USD", csv}}}});
  check_file<bl_feed_v1>("feed_simulated", "bowline.feed.simulated", BL_FEED, Json::object());
  check_file<bl_signal_v1>("signal_ema_cross", "bowline.signal.ema_cross", BL_SIGNAL, Json::object());
  check_file<bl_risk_v1>("risk_limits", "bowline.risk.limits", BL_RISK, Json::object());
  check_file<bl_risk_v1>("risk_stops", "bowline.risk.stops", BL_RISK, Json::object());
  check_file<bl_risk_v1>("risk_correlation", "bowline.risk.correlation", BL_RISK, Json::object());
  check_file<bl_broker_v1>("broker_mock", "bowline.broker.mock", BL_BROKER, {{"state", "memory"}});
  check_file<bl_broker_v1>("broker_mock", "bowline.broker.mock", BL_BROKER, {{"file", dir.at("venue.db")}});
  check_file<bl_rebalancer_v1>("rebalancer_targets", "bowline.rebalancer.targets", BL_REBALANCER,
                               Json::object());
}

TEST_CASE("feed files: subscribed instruments are pulled to the end; errors carry code, file and line") {
  TempDir dir;
  const std::string good = dir.write("a.csv", std::string(candle_header) + "300,1,1,1,1,1\n600,2,2,2,2,2\n");
  const std::string bad = dir.write("b.csv", std::string(candle_header) + "300,1,1,1,1,1\n600,2,2,2,nan,2\n");
  const std::uint32_t one[] = {1};
  std::int64_t next = 0;
  {
    Opened<bl_feed_v1> p("feed_replay");
    p.run({{"files", {{"BTC-USD", good}}}});
    REQUIRE(p.table->subscribe(p.inst, one, 1, 1, &p.error) == BL_OK);
    CHECK(p.table->pull(p.inst, 100, &p.host.sink, &next, &p.error) == BL_E_NOT_FOUND);
    REQUIRE(p.host.events.size() == 2);
    CHECK(p.host.event<bl_bar>(1).close == 200'000'000);
    CHECK(p.host.logs.size() == 1);
  }
  {
    Opened<bl_feed_v1> p("feed_replay");
    p.run({{"files", {{"BTC-USD", bad}}}});
    REQUIRE(p.table->subscribe(p.inst, one, 1, 1, &p.error) == BL_OK);
    CHECK(p.table->pull(p.inst, 100, &p.host.sink, &next, &p.error) == BL_E_INVALID);
    CHECK(p.host.events.size() == 1);
    CHECK(p.message().rfind("FEED_ROW_NOT_A_NUMBER: ", 0) == 0);
    CHECK(p.message().find("b.csv:3") != std::string::npos);
  }
  {
    Opened<bl_feed_v1> p("feed_replay");
    REQUIRE(p.configure({{"files", {{"BTC-USD", dir.at("none.csv")}}}}) == BL_OK);
    CHECK(p.plugin->base->start(p.inst, &p.error) == BL_E_CONFIG);
    CHECK(p.message().rfind("FEED_FILE_UNREADABLE: ", 0) == 0);
    CHECK(p.configure({{"files", {{"BTC-USD", good}}}, {"speed", "warp"}}) == BL_E_CONFIG);
  }
  Opened<bl_feed_v1> p("feed_simulated");
  p.run({{"bars", 10}, {"history_bars", 5}});
  const std::uint32_t two[] = {2, 1};
  REQUIRE(p.table->subscribe(p.inst, two, 2, 1, &p.error) == BL_OK);
  CHECK(p.table->pull(p.inst, 1'000, &p.host.sink, &next, &p.error) == BL_E_NOT_FOUND);
  CHECK(p.host.events.size() == 30);
  CHECK(p.host.event<bl_bar>(0).h.flags == 1);
  CHECK(p.host.event<bl_bar>(29).h.flags == 0);
}

TEST_CASE(
    "ema_cross file: warm-up silent, one answer per bar behind it, unknown events ignored, same twice") {
  std::vector<std::string> runs[2];
  for (auto& said : runs) {
    Opened<bl_signal_v1> p("signal_ema_cross");
    p.run({{"fast", 3}, {"slow", 10}, {"horizon", 4}});
    bl_needs needs{sizeof(bl_needs), 0, 0};
    REQUIRE(p.table->needs(p.inst, &needs) == BL_OK);
    CHECK(needs.warmup_bars == 10);
    CHECK(needs.event_mask == 1ull << BL_EV_BAR);
    std::int64_t px = 10'000;
    for (int i = 0; i < 200; ++i) {
      px += (i / 20) % 2 ? -37 : 41;
      for (std::uint32_t instrument : {1u, 2u}) {
        bl_bar b = bar_at(instrument, i * bar_ns, px, px, px, px);
        b.h.id = static_cast<std::uint64_t>(i);
        REQUIRE(p.table->on_event(p.inst, &b.h, &p.host.sink) == BL_OK);
        b.h.type = 60;
        REQUIRE(p.table->on_event(p.inst, &b.h, &p.host.sink) == BL_OK);
      }
      bl_bar wild = bar_at(0xFFFFFFFFu, i * bar_ns, INT64_MIN, INT64_MAX, 0, INT64_MAX);
      REQUIRE(p.table->on_event(p.inst, &wild.h, &p.host.sink) == BL_OK);
    }
    REQUIRE(p.host.predictions.size() == 2 * 190);
    std::set<std::uint32_t> actions;
    for (const bl_prediction& s : p.host.predictions) {
      actions.insert(s.action);
      CHECK(std::isnan(s.p_up));
      CHECK(std::isnan(s.weight));
      CHECK(std::isnan(s.expected_move));
      CHECK(s.horizon_ns == 4 * bar_ns);
      CHECK(s.valid_until_ns == static_cast<std::int64_t>(s.cause + 2) * bar_ns);
      said.push_back(std::to_string(s.action) + text(s.ref_px) + std::string(s.model_id.ptr, s.model_id.len));
    }
    CHECK(actions == std::set<std::uint32_t>{1, 2, 3});
  }
  CHECK(runs[0] == runs[1]);
  CHECK(runs[0].front().find("ema_cross-3-10") != std::string::npos);
  Opened<bl_signal_v1> p("signal_ema_cross");
  CHECK(p.configure({{"fast", 26}, {"slow", 26}}) == BL_E_CONFIG);
  CHECK(p.message().rfind("EMA_FAST_NOT_BELOW_SLOW", 0) == 0);
}

namespace {
struct Account {
  std::vector<bl_position> positions;
  std::vector<bl_mark> marks{{1, 0, A("100"), 0}, {2, 0, A("10"), 0}};
  std::vector<bl_working> working;
  std::vector<const bl_working*> list;
  bl_portfolio p{};
  const bl_portfolio& view() {
    list.clear();
    for (const bl_working& w : working) list.push_back(&w);
    p.size = sizeof p;
    p.positions = positions.data();
    p.n_positions = static_cast<std::uint32_t>(positions.size());
    p.position_stride = sizeof(bl_position);
    p.marks = marks.data();
    p.n_marks = static_cast<std::uint32_t>(marks.size());
    p.mark_stride = sizeof(bl_mark);
    p.working = list.data();
    p.n_working = static_cast<std::uint32_t>(list.size());
    p.equity = A("10000");
    p.now_ns = 5'000;
    return p;
  }
};
bl_intent buy(const char* id, const char* qty) {
  bl_intent i{};
  i.size = sizeof i;
  i.instrument = 1;
  std::strncpy(i.client_id, id, sizeof i.client_id - 1);
  i.side = BL_BUY;
  i.type = BL_LIMIT;
  i.tif = BL_GTC;
  i.qty = A(qty);
  i.limit_px = A("100");
  i.quote_qty = i.stop_px = money::not_set();
  return i;
}
}  // namespace

TEST_CASE(
    "risk_limits file: verdicts by the portfolio view; the order itself does not count against itself") {
  Opened<bl_risk_v1> p("risk_limits");
  p.run({{"min_notional", "10"}});
  Account a;
  const auto check = [&](const bl_intent& i) {
    bl_verdict v{};
    v.size = sizeof v;
    REQUIRE(p.table->check(p.inst, &i, &a.view(), &v) == BL_OK);
    return v;
  };
  CHECK(check(buy("x", "5")).action == 1);
  const bl_verdict over = check(buy("x", "6"));
  CHECK(over.action == 2);
  CHECK(std::string(over.code) == "POSITION_LIMIT");
  CHECK(text(over.max_qty) == "5");
  CHECK(text(over.limit) == "0.05");
  const bl_intent mine = buy("mine", "5"), other = buy("other", "2");
  a.working.push_back({sizeof(bl_working), 0, &mine, A("0"), A("5")});
  CHECK(check(mine).action == 1);
  a.working.push_back(
      {sizeof(bl_working), 0, &other, A("1"), money::not_set()});  // not told: the whole quantity
  CHECK(text(check(mine).max_qty) == "3");
  a.marks[0].px = money::not_set();
  CHECK(std::string(check(mine).code) == "MARK_MISSING");
  bl_intent odd = buy("x", "1");
  odd.side = 9;
  CHECK(check(odd).action == 0);
  CHECK(std::string(check(odd).code) == "SIDE_UNKNOWN");
}

TEST_CASE(
    "rebalancer file: plans from predictions and portfolio, and again at its targets proposes nothing") {
  Opened<bl_rebalancer_v1> p("rebalancer_targets");
  p.run({{"max_weight", 0.4}, {"valid_for", 1'000}});
  Account a;
  bl_prediction one{};
  one.size = sizeof one;
  one.instrument = 1;
  one.action = 1;
  one.p_up = NAN;
  one.confidence = 0.9;
  bl_prediction gone = one;
  gone.instrument = 2;
  gone.valid_until_ns = 4'999;  // over by now
  const bl_prediction* list[] = {&one, &gone};
  REQUIRE(p.table->plan(p.inst, list, 2, &a.view(), &p.host.sink, &p.error) == BL_OK);
  REQUIRE(p.host.targets.size() == 1);
  CHECK(p.host.targets[0].instrument == 1);
  CHECK(p.host.targets[0].weight == 0.4);
  CHECK(p.host.targets[0].valid_until_ns == 6'000);
  p.host.targets.clear();
  bl_position held{};
  held.instrument = 1;
  held.qty = A("40");
  held.avg_px = A("90");
  a.positions.push_back(held);
  REQUIRE(p.table->plan(p.inst, list, 2, &a.view(), &p.host.sink, &p.error) == BL_OK);
  CHECK(p.host.targets.empty());
  one.action = 2;
  REQUIRE(p.table->plan(p.inst, list, 2, &a.view(), &p.host.sink, &p.error) == BL_OK);
  REQUIRE(p.host.targets.size() == 1);
  CHECK(p.host.targets[0].weight == 0);
}

TEST_CASE(
    "broker file: submit, wake, fill, question, restart; the durable state is there before the answer") {
  TempDir dir;
  const Json params = {{"file", dir.at("venue.db")}, {"cash", {{"USD", "5000"}}}};
  const auto ask = [](Opened<bl_broker_v1>& p, std::uint32_t scope) {
    bl_query q{};
    q.size = sizeof q;
    q.scope = scope;
    q.request = 7;
    p.host.events.clear();
    REQUIRE(p.table->query(p.inst, &q, &p.error) >= 0);
    p.plugin->base->on_wake(p.inst);
  };
  {
    Opened<bl_broker_v1> p("broker_mock");
    p.run(params);
    bl_intent i = buy("id-1", "2");
    i.limit_px = A("101");
    REQUIRE(p.table->submit(p.inst, &i, &p.error) == BL_PENDING);
    CHECK(p.host.wakes == 1);
    CHECK(p.host.events.empty());
    p.plugin->base->on_wake(p.inst);
    REQUIRE(p.host.types() == std::vector<std::uint16_t>{BL_EV_EXEC, BL_EV_BALANCE});
    CHECK(p.host.event<bl_exec>(0).kind == BL_X_ACCEPTED);
    p.host.events.clear();
    bl_bar b = bar_at(1, p.host.now, 10'000, 10'000, 10'000, 10'000);
    REQUIRE(p.table->on_event(p.inst, &b.h, &p.host.sink) == BL_OK);
    REQUIRE(p.host.types() ==
            std::vector<std::uint16_t>{BL_EV_FILL, BL_EV_EXEC, BL_EV_BALANCE, BL_EV_BALANCE});
    CHECK(text(p.host.event<bl_fill>(0).px) == "100.05");
    i.tif = 77;
    CHECK(p.table->submit(p.inst, &i, &p.error) == BL_E_UNSUPPORTED);
    i.tif = BL_GTC;
    i.qty = A("3");
    CHECK(p.table->submit(p.inst, &i, &p.error) == BL_E_INVALID);
    CHECK(p.message().rfind("CLIENT_ID_REUSED", 0) == 0);
    i = buy("late", "1");
    i.not_after_ns = p.host.now - 1;
    CHECK(p.table->submit(p.inst, &i, &p.error) == BL_E_STATE);
    p.host.now = b.close_ns;
    bl_timer t{};
    t.h.size = sizeof t;
    t.h.type = BL_EV_TIMER;
    REQUIRE(p.table->on_event(p.inst, &t.h, &p.host.sink) == BL_OK);
    bl_event unknown{};
    unknown.size = sizeof unknown;
    unknown.type = 63;
    REQUIRE(p.table->on_event(p.inst, &unknown, &p.host.sink) == BL_OK);
    p.stop();
    CHECK(p.table->submit(p.inst, &i, &p.error) < 0);  // not running
  }
  Opened<bl_broker_v1> p("broker_mock");
  p.run({{"file", dir.at("venue.db")}, {"cash", {{"USD", "999999"}}}});  // the account is what it was
  ask(p, 4 | 8);
  REQUIRE(p.host.types() ==
          std::vector<std::uint16_t>{BL_EV_FILL, BL_EV_BALANCE, BL_EV_BALANCE, BL_EV_BALANCE, BL_EV_DONE});
  CHECK(std::string(p.host.event<bl_fill>(0).client_id) == "id-1");
  CHECK(text(p.host.event<bl_balance_ev>(1).total) == "4797.4988");  // 5000 - 200.10 - 2.4012
  CHECK(text(p.host.event<bl_balance_ev>(2).total) == "2");
  CHECK(p.host.event<bl_done>(4).request == 7);
  CHECK(p.host.failures.empty());
  Opened<bl_broker_v1> mute("broker_mock");
  mute.host.offers_publish = false;
  REQUIRE(mute.configure({{"state", "memory"}}) == BL_OK);
  CHECK(mute.plugin->base->start(mute.inst, &mute.error) < 0);
  CHECK(mute.message().rfind("SERVICE_MISSING", 0) == 0);
}
