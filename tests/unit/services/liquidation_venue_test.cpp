// Emergency liquidation (trading rules 3.6) at a venue that has less than is held, others' orders, or no answer.
#include "unit/services/liquidation_desk.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::test;

namespace {

bl_exec of_others(const Desk& d, const std::string& venue_id, std::uint32_t side) {
  bl_exec e{};
  e.h.size = sizeof e;
  e.h.type = BL_EV_EXEC;
  e.h.instrument = d.m.btc.value;
  e.h.ts_event = e.h.ts_recv = d.now;
  put_text(e.venue_id, venue_id);
  e.side = side;
  e.type = BL_LIMIT;
  e.tif = BL_GTC;
  e.qty = "1"_dec.raw();
  e.quote_qty = e.stop_px = Decimal::not_set().raw();
  e.limit_px = (side == BL_BUY ? "50"_dec : "150"_dec).raw();
  e.kind = BL_X_ACCEPTED;
  e.state = BL_S_OPEN;
  e.cum_qty = Decimal::zero().raw();
  return e;
}

}  // namespace

TEST_CASE("liquidation: where the venue has less than is held, what it has is sold, and it is said (3.6)") {
  Desk d;
  Venue v{d};
  d.hold(0.05);
  v.free[d.m.btc_asset.value] = "2"_dec;
  begin(d, ask());
  v.turn();
  CHECK(d.last().qty() == "2"_dec);
  fill_last(d);
  v.free[d.m.btc_asset.value] = Decimal::zero();
  for (int i = 0; i < 15; ++i) {
    d.now += 1;
    v.turn();
  }
  CHECK(d.exec->liquidating());  // a hold may be let go: a moment is no proof
  for (int i = 0; i < 8; ++i) {
    d.now += 10'000'000'000;
    v.turn();
  }
  CHECK_FALSE(d.exec->liquidating());
  CHECK(product(receipt(d), "BTC-USD")["status"] == "missing");
  CHECK(d.exec->counts().by_incident.at("POSITION_SHORT") == 2);
}

TEST_CASE("liquidation: what the venue has free of a position is too little to sell: that is missing, not dust (3.6)") {
  Desk d;
  Venue v{d};
  d.hold(0.05);
  v.free[d.m.btc_asset.value] = "0.0015"_dec;  // above the least quantity, below the least worth
  const std::size_t sent = d.broker.sent.size();
  begin(d, ask());
  for (int i = 0; i < 20; ++i) {
    v.turn();
    d.now += 10'000'000'000;
  }
  CHECK_FALSE(d.exec->liquidating());
  CHECK(d.broker.sent.size() == sent);
  CHECK(product(receipt(d), "BTC-USD")["status"] == "missing");
}

TEST_CASE("liquidation: somebody else's sale that holds the coins is cancelled, and waited for (3.6, 5.6)") {
  Desk d;
  Venue v{d};
  d.hold(0.05);
  d.exec->begin();
  const bl_exec theirs = of_others(d, "x1", BL_SELL);
  d.exec->on_broker_event(theirs.h);
  REQUIRE(d.exec->orders().working().size() == 1);
  v.free[d.m.btc_asset.value] = Decimal::zero();
  const std::size_t sent = d.broker.sent.size();
  begin(d, ask());
  for (int i = 0; i < 20; ++i) {
    d.now += 10'000'000'000;
    v.turn();
  }
  CHECK(d.exec->liquidating());
  CHECK(d.broker.sent.size() == sent);
  CHECK(d.broker.cancelled.size() > 2);  // asked again until its end is known
  bl_exec end = theirs;
  end.h.ts_event = end.h.ts_recv = d.now;
  end.kind = BL_X_DONE;
  end.state = BL_S_CANCELLED;
  d.exec->on_broker_event(end.h);
  v.free[d.m.btc_asset.value] = "5"_dec;
  d.now += 10'000'000'000;
  v.turn();
  CHECK(d.last().purpose == Purpose::emergency);
}

TEST_CASE("rule 5.6: a liquidation leaves somebody else's sale of what is not managed here alone; their purchase is cancelled") {
  Desk d;
  Venue v{d};
  bl_balance_ev b{};
  b.h.size = sizeof b;
  b.h.type = BL_EV_BALANCE;
  b.asset = d.m.btc_asset.value;
  b.total = "1"_dec.raw();
  d.exec->on_broker_event(b.h);
  d.exec->begin();
  d.hold(0.05);
  const Decimal held = d.exec->portfolio().position(d.m.btc).qty;
  REQUIRE(d.exec->portfolio().unmanaged(d.m.btc) == "1"_dec);
  d.exec->on_broker_event(of_others(d, "sells", BL_SELL).h);
  d.exec->on_broker_event(of_others(d, "buys", BL_BUY).h);
  REQUIRE(d.exec->orders().working().size() == 2);
  v.free[d.m.btc_asset.value] = held;
  begin(d, ask());
  v.turn();
  const auto cancelled = [&d](Side side) {
    int n = 0;
    for (const Order* o : d.exec->orders().working()) n += o->external && o->intent.side() == side && o->cancel_asked;
    return n;
  };
  CHECK(cancelled(Side::buy) == 1);
  CHECK(cancelled(Side::sell) == 0);
  CHECK(d.last().purpose == Purpose::emergency);
  CHECK(d.last().qty() == held);
  // Another one, which would sell what is managed: now they all stand in the way.
  d.report(d.last(), BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
  d.exec->on_broker_event(of_others(d, "sells more", BL_SELL).h);
  d.now += 10'000'000'000;
  v.turn();
  CHECK(cancelled(Side::sell) == 2);
}

TEST_CASE("liquidation: others' orders that come and go do not keep it from selling (3.6)") {
  Desk d;
  Venue v{d};
  d.hold(0.05);
  d.exec->begin();
  begin(d, ask());
  for (int i = 0; i < 12 && d.last().purpose != Purpose::emergency; ++i) {
    const bl_exec theirs = of_others(d, "x" + std::to_string(i), BL_BUY);
    d.exec->on_broker_event(theirs.h);
    static_cast<void>(d.exec->look_at_liquidation(d.now));
    v.answer();
    d.now += 1'000'000'000;
  }
  v.turn();
  CHECK(d.last().purpose == Purpose::emergency);
}

TEST_CASE("liquidation: until it sells the stops do (3.3, 3.6)") {
  Desk d;
  d.hold(0.05);
  d.price(d.m.btc, 10000);
  REQUIRE(d.protect("95"_dec) == BL_OK);
  begin(d, ask());  // the venue does not answer yet
  d.price(d.m.btc, 9000);
  d.now += bar_ns;
  d.quote(d.m.btc, 8990, 9010);
  CHECK(d.last().purpose == Purpose::stop);
}

TEST_CASE("liquidation: a venue that answers no question is sold to all the same: an exit ends in an attempt (3.2, 3.6)") {
  for (const bool takes_questions : {false, true}) {
    Desk d;
    d.hold(0.05);
    d.broker.answers = takes_questions;
    const std::size_t sent = d.broker.sent.size();
    begin(d, ask());
    for (int i = 0; i < 400; ++i) static_cast<void>(d.exec->look_at_liquidation(d.now));
    CHECK(d.broker.sent.size() == sent + 1);
    CHECK(receipt(d)["orders_read"] == false);
  }
}

TEST_CASE("liquidation: a purchase whose cancel has no answer does not keep what is held from being sold (3.2, 3.6)") {
  Desk d;
  d.hold(0.05);
  d.want(Purpose::entry, 0.1);
  const Intent entry = d.last();
  d.report(entry, BL_X_ACCEPTED);
  d.broker.answers = false;
  const std::size_t sent = d.broker.sent.size();
  begin(d, ask());
  for (int i = 0; i < 50; ++i) {
    d.now += 1'000'000'000;
    static_cast<void>(d.exec->look_at_liquidation(d.now));
  }
  CHECK(d.broker.sent.size() == sent);
  for (int i = 0; i < 400 && d.broker.sent.size() == sent; ++i) {
    d.now += 10'000'000'000;
    static_cast<void>(d.exec->look_at_liquidation(d.now));
  }
  REQUIRE(d.broker.sent.size() == sent + 1);
  CHECK(d.last().side() == Side::sell);
  CHECK(d.last().qty() == d.exec->portfolio().position(d.m.btc).qty);
}

TEST_CASE("liquidation: a cancel of an order whose fate is not known goes once a second: each is a search at the venue (3.6)") {
  Desk d;
  d.hold(0.05);
  d.broker.answer = services::HandOver::unknown;
  d.want(Purpose::exit, 0);
  d.broker.answer = services::HandOver::taken;
  const Intent exit = d.last();
  REQUIRE(d.state(exit) == OrderState::unknown);
  d.broker.answers = false;
  begin(d, ask());
  for (int i = 0; i < 400; ++i) static_cast<void>(d.exec->look_at_liquidation(d.now));  // it has given up reading
  d.broker.cancelled.clear();
  std::size_t refused = 0;
  for (int i = 0; i < 100; ++i) {  // ten seconds
    d.now += 100'000'000;
    static_cast<void>(d.exec->look_at_liquidation(d.now));
    for (; refused < d.broker.cancelled.size(); ++refused) d.report(exit, BL_X_CANCEL_REJECTED);
  }
  CHECK(d.broker.cancelled.size() >= 3);
  CHECK(d.broker.cancelled.size() <= 11);
}
