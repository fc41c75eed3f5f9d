// The built file of the limits through the C ABI: its params, its assessment, and what it remembers of its events.
#include <catch2/catch.hpp>

#include <cstring>
#include <string>

#include "risk_file.hpp"

using namespace plugin_tests;
using namespace plugin_tests::risk_files;

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
