// Numbers of a feed or a broker that no amount here can hold: what is reckoned with them is no number either, and comparing it
// would end the process. Nothing is bought by them, and what is held is sold all the same (trading rules 5.2, 3.2).
#include "unit/services/desk.hpp"

using namespace bowline;
using namespace bowline::test;
using core::Purpose;
using core::Side;

namespace {

struct Wild : Desk {
  Wild() {
    options.position_drift = {"0.2"_dec, "0.25"_dec};
    options.exposure_drift = {"0.6"_dec, "0.7"_dec};
    options.trip_loss = options.trip_drawdown = "0.5"_dec;
    options.entry.reprice = 2;
    options.entry.wait = 0;
    again("0.1"_dec);
  }
  void again(Decimal jump) {
    core::FloorLimits floor;
    floor.mark_jump = jump;
    floor.mark_jump_wait = 1;
    floor.price_collar = "0.5"_dec;
    floor.max_order = "5000"_dec;
    floor.max_day = "50000"_dec;
    floor.max_total = "9000"_dec;
    make({}, floor, "10000"_dec);
    price(m.bnb, 10000);
  }
  void done(const bl_query& q) {
    bl_done e{};
    e.h.size = sizeof e;
    e.h.type = BL_EV_DONE;
    e.h.ts_recv = now;
    e.request = q.request;
    e.complete = 1;
    exec->on_broker_event(e.h);
  }
  void quote_of(std::int64_t bid, std::int64_t ask, int exp, core::InstrumentId id = {1}) {
    bl_quote q{};
    q.h.size = sizeof q;
    q.h.type = BL_EV_QUOTE;
    q.h.instrument = id.value;
    q.h.ts_event = q.h.ts_recv = ++now;
    q.px_exp = static_cast<std::int8_t>(exp);
    q.bid = bid;
    q.ask = ask;
    q.bid_qty = 1;
    exec->on_quote(q);
  }
  void bar_of(std::int64_t close, int exp) {
    bl_bar bar{};
    bar.h.size = sizeof bar;
    bar.h.type = BL_EV_BAR;
    bar.h.instrument = 1;
    now += bar_ns;
    bar.h.ts_event = bar.h.ts_recv = bar.close_ns = now;
    bar.px_exp = static_cast<std::int8_t>(exp);
    bar.is_final = 1;
    bar.open = bar.high = bar.low = bar.close = close;
    exec->on_bar(bar);
  }
  void balance(core::AssetId asset, bl_dec total, bl_dec hold, bool snapshot = false) {
    bl_balance_ev b{};
    b.h.size = sizeof b;
    b.h.type = BL_EV_BALANCE;
    b.h.flags = snapshot ? 2 : 0;
    b.h.ts_recv = now;
    b.asset = asset.value;
    b.total = total;
    b.hold = hold;
    exec->on_broker_event(b.h);
  }
  void every_wish() {
    want(Purpose::entry, 0.05);
    want(std::vector{target(Purpose::entry, 0.3), target(Purpose::entry, 0.3, m.bnb)});
    want(std::vector{target(Purpose::rebalance, 0.1), target(Purpose::rebalance, 0.1, m.bnb)}, true);
    want(Purpose::rebalance, 0.9);
    now += bar_ns;
  }
};

constexpr std::int64_t most = 9'000'000'000'000'000'000;
const std::vector<std::pair<std::int64_t, int>> prices{{most, 3},  {most, 1},  {most, 0},   {most, -1}, {most, -4},   {1, 20},    {1, 19},   {1, 16},
                                                       {1, 12},    {1, -18},   {1, -19},    {15, -19},  {most, -18},  {123, -20}, {1, -128}, {1, 127},
                                                       {most, 20}, {7, -17},   {10000, -2}, {9990, -2}, {10000, -18}};

}  // namespace

TEST_CASE("rule 5.2: a quote whose price no amount can hold is dropped as a one-sided one is") {
  Wild d;
  d.hold(0.05);
  d.price(d.m.btc, 10000);
  d.step();
  d.quote_of(9999, 10001, -2);
  const core::Mark before = d.exec->portfolio().mark(d.m.btc);
  REQUIRE(before.bid == "99.99"_dec);
  d.quote_of(most, most, 3);                           // larger than any amount
  d.quote_of(999, 1001, -20);                          // finer than the smallest step
  d.quote_of(9'999'000'000'000'000'01, 1'000'100'000'000'000'000, -20);
  d.quote_of(most, most, 1);                           // an amount, whose sum with the other side is none
  d.quote_of(9, 9, 18);                                // what is held would be worth more than the ledger holds
  const core::Mark& after = d.exec->portfolio().mark(d.m.btc);
  CHECK(after.bid == before.bid);
  CHECK(after.last == before.last);
  CHECK(after.time == before.time);
  d.quote_of(9998, 10000, -2);
  CHECK(d.exec->portfolio().mark(d.m.btc).bid == "99.98"_dec);
}

TEST_CASE("rule 3.2: whatever a feed tells, nothing ends the process, and the exit goes on") {
  const bool guarded = GENERATE(true, false);
  for (const auto& [bid, exp] : prices) {
    for (const bool by_bar : {false, true}) {
      CAPTURE(bid, exp, by_bar, guarded);
      Wild d;
      if (!guarded) d.again(Decimal::not_set());
      d.hold(0.05);
      d.hold(0.05, d.m.bnb);
      REQUIRE(d.protect("50"_dec, "500"_dec, 5000) == BL_OK);
      d.price(d.m.btc, 10000);
      d.step();
      if (by_bar) d.bar_of(bid, exp);
      else d.quote_of(bid, bid, exp);
      static_cast<void>(d.exec->portfolio().dust(d.m.btc));
      d.every_wish();
      d.quote_of(bid, most, exp);
      d.every_wish();
      d.now += 2 * bar_ns;
      for (int attempt = 0; attempt < 8; ++attempt) {
        d.want(Purpose::exit, 0);
        for (const core::Order& o : d.exec->orders().snapshot())
          if (!core::is_terminal(o.state) && (o.cancel_asked || o.intent.side() == Side::sell)) d.report(o.intent, BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
        d.now += bar_ns;
      }
      const bool sold = std::any_of(d.broker.sent.begin(), d.broker.sent.end(), [&](const core::Intent& i) { return i.side() == Side::sell && i.instrument() == d.m.btc; });
      if (!d.exec->portfolio().dust(d.m.btc)) CHECK(sold);
      d.exec->finish(d.now);
    }
  }
}

TEST_CASE("rule 5.6: a balance that no ledger holds is no change of its own: nothing more of it is bought, and it is sold") {
  Wild d;
  d.hold(0.05);
  d.price(d.m.btc, 10000);
  d.exec->begin();
  const Decimal held = d.exec->portfolio().position(d.m.btc).qty;
  const bl_dec none = Decimal::not_set().raw(), least = {1, INT64_MIN}, largest = {~std::uint64_t{0}, INT64_MAX};
  for (const bl_dec total : {least, largest})
    for (const bl_dec hold : {none, least, largest})
      for (int looks = 0; looks < 6; ++looks) {
        for (const core::AssetId asset : {d.m.btc_asset, d.m.usd}) d.balance(asset, total, hold);
        d.step();
        for (const bl_query& q : std::vector(std::exchange(d.broker.queries, {}))) {
          for (const core::AssetId asset : {d.m.btc_asset, d.m.usd}) d.balance(asset, total, hold, true);
          d.done(q);
        }
        d.now += bar_ns;
        d.price(d.m.btc, 10000);
      }
  CHECK(d.exec->portfolio().position(d.m.btc).qty == held);
  CHECK(d.exec->blocked(d.m.btc));
  CHECK(d.exec->counts().by_incident.contains("BALANCE_UNEXPLAINED"));
  d.want(Purpose::exit, 0);
  CHECK(d.last().side() == Side::sell);
  CHECK(d.last().qty() == held);
}

TEST_CASE("rule 3.6: a liquidation is sold in slices whatever bid or balance is told") {
  for (const auto& [bid, exp] : prices) {
    CAPTURE(bid, exp);
    Wild d;
    d.again(Decimal::not_set());
    d.hold(0.05);
    d.price(d.m.btc, 10000);
    d.exec->begin();
    d.quote_of(bid, bid, exp);
    const bool dust = d.exec->portfolio().dust(d.m.btc);
    services::LiquidationRequest q;
    q.id = "e1";
    q.reason = "test";
    q.max_slice = "100"_dec;
    bool replayed = false;
    REQUIRE(d.exec->liquidate(q, d.now, replayed));
    for (int looks = 0; looks < 20; ++looks) {
      d.now += 1'000'000'000;
      d.balance(d.m.btc_asset, Decimal::from_int(5).raw(), {1, INT64_MIN}, true);
      for (const bl_query& asked : std::vector(std::exchange(d.broker.queries, {}))) {
        d.done(asked);
      }
      static_cast<void>(d.exec->look_at_liquidation(d.now));
    }
    const bool sold = std::any_of(d.broker.sent.begin(), d.broker.sent.end(), [](const core::Intent& i) { return i.side() == Side::sell; });
    CHECK(sold != dust);
  }
}
