// An operator closes a whole position.
#include "unit/services/again.hpp"
#include "unit/store/store_folder.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::test;

namespace {

services::CloseRequest close_of(InstrumentId id, std::string key) { return {id, std::move(key), "a test", "operator", "r"}; }
std::string code(const Result<services::CloseAnswer>& r) { return r ? "" : r.error().code; }

}  // namespace

TEST_CASE("a close sells the whole position at once, at the operator's rank") {
  Desk d;
  d.hold(0.05);
  const Decimal held = d.exec->portfolio().position(d.m.btc).qty;
  const auto done = d.exec->close_position(close_of(d.m.btc, "c1"), d.now);
  REQUIRE(done);
  CHECK(done->closing);
  CHECK(done->order.view() == d.last().client_id());
  CHECK(d.last().side() == Side::sell);
  CHECK(d.last().purpose == Purpose::operator_order);
  CHECK(d.last().qty() == held);
  d.fill(d.last(), held, "100"_dec);
  d.now += bar_ns;
  d.step();
  CHECK_FALSE(d.exec->closing(d.m.btc));
  const auto audits = d.sink.all<AuditRecord>();
  REQUIRE_FALSE(audits.empty());
  CHECK(audits.back().action == "close");
  CHECK(audits.back().subject == "BTC-USD");
}

TEST_CASE("a close works while reducing and halted, and under an emergency stop; not in freeze") {
  for (const int which : {0, 1, 2}) {
    Desk d;
    d.hold(0.05);
    if (which == 0) d.exec->set_state(TradingState::reducing, d.now, "operator", "test");
    if (which == 1) d.exec->set_state(TradingState::halted, d.now, "operator", "test");
    if (which == 2) d.exec->emergency_stop(d.now, "operator", "test", "r");
    const std::size_t sent = d.broker.sent.size();
    CHECK(code(d.exec->close_position(close_of(d.m.btc, "c1"), d.now)) == "");
    CHECK(d.broker.sent.size() == sent + 1);
  }
  Desk d;
  d.hold(0.05);
  REQUIRE(d.exec->set_trading_state({{}, TradingState::halted, true, "t", "operator", "r"}, d.now));
  CHECK(code(d.exec->close_position(close_of(d.m.btc, "c1"), d.now)) == "EXIT_FROZEN");
}

TEST_CASE("a close waits for the cancel of what rests, be it an entry or a stop of the operator's, and then sells all") {
  Desk d;
  d.hold(0.05);
  const Intent resting = d.own_stop();
  const std::size_t sent = d.broker.sent.size();
  const auto done = d.exec->close_position(close_of(d.m.btc, "c1"), d.now);
  REQUIRE(done);
  CHECK(done->cancels.asked == 1);
  CHECK(done->order.empty());
  CHECK(done->closing);
  CHECK(d.broker.sent.size() == sent);  // its hold is not released yet
  d.now += bar_ns;
  d.step();
  CHECK(d.broker.cancelled.size() == 2);  // asked again: the first may have been lost
  d.report(resting, BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
  d.now += bar_ns;
  d.step();
  REQUIRE(d.broker.sent.size() == sent + 1);
  CHECK(d.last().qty() == d.exec->portfolio().position(d.m.btc).qty);
}

TEST_CASE("a close that meets too little is tried again until all is sold, and is below the smallest trade all the same") {
  Desk d;
  d.hold(0.006);  // 0.6 % of equity
  const Decimal held = d.exec->portfolio().position(d.m.btc).qty;
  REQUIRE(d.exec->close_position(close_of(d.m.btc, "c1"), d.now));
  const Intent first = d.last();
  const Decimal part = floor_to(mul(held, "0.5"_dec, Rounding::down), "0.0001"_dec);
  d.fill(first, part, "100"_dec);
  d.report(first, BL_X_DONE, BL_S_CANCELLED, part);
  d.now += bar_ns;
  d.step();
  CHECK(d.last().qty() == held - part);  // below min_trade: a command is not a rebalance
  d.fill(d.last(), held - part, "100"_dec);
  d.now += bar_ns;
  const std::size_t sent = d.broker.sent.size();
  d.step();
  CHECK(d.broker.sent.size() == sent);
  CHECK_FALSE(d.exec->closing(d.m.btc));
}

TEST_CASE("rule 3.2: a close climbs the ladder to the market, also over a restart") {
  StoreFolder dir;
  std::vector<Decimal> limits;
  const auto missed = [&limits](Desk& d) {
    limits.push_back(d.last().type() == OrderType::market ? Decimal::zero() : d.last().limit_px());
    d.report(d.last(), BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
    d.now += bar_ns;
    d.price(d.m.btc, 10000);
    d.step();
  };
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    d.hold(0.05);
    d.price(d.m.btc, 10000);
    REQUIRE(d.exec->close_position(close_of(d.m.btc, "c1"), d.now));
    missed(d);
    d.exec->settle(d.now);
  }
  Again a(dir / "j");
  a.now = start_ns + 20 * bar_ns;
  const Order* out = nullptr;
  for (const Order* o : a.exec->orders().working()) out = o;
  REQUIRE(out != nullptr);
  limits.push_back(out->intent.limit_px());
  a.report(out->intent, BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
  a.price(a.m.btc, 10000);
  a.step();
  missed(a);
  missed(a);
  REQUIRE(limits.size() == 4);
  CHECK(limits[1] < limits[0]);
  CHECK(limits[2] < limits[1]);
  CHECK(limits[3].is_zero());
}

TEST_CASE("rule 5.6: a close leaves the orders of others alone") {
  Desk d;
  d.hold(0.05);
  d.exec->begin();
  bl_exec theirs{};
  theirs.h.size = sizeof theirs;
  theirs.h.type = BL_EV_EXEC;
  theirs.h.instrument = d.m.btc.value;
  theirs.h.ts_event = theirs.h.ts_recv = d.now;
  put_text(theirs.venue_id, "x1");
  theirs.side = BL_BUY;
  theirs.type = BL_LIMIT;
  theirs.tif = BL_GTC;
  theirs.qty = "1"_dec.raw();
  theirs.quote_qty = theirs.stop_px = Decimal::not_set().raw();
  theirs.limit_px = "50"_dec.raw();
  theirs.kind = BL_X_ACCEPTED;
  theirs.state = BL_S_OPEN;
  theirs.cum_qty = Decimal::zero().raw();
  d.exec->on_broker_event(theirs.h);
  REQUIRE(d.exec->orders().working().size() == 1);
  REQUIRE(d.exec->close_position(close_of(d.m.btc, "c1"), d.now));
  CHECK(d.broker.cancelled.empty());
  CHECK(d.last().side() == Side::sell);
}

TEST_CASE("while a position is being closed nobody buys it: no strategy, no operator") {
  Desk d;
  d.hold(0.05);
  d.broker.answer = services::HandOver::denied;  // the sale does not leave yet
  REQUIRE(d.exec->close_position(close_of(d.m.btc, "c1"), d.now));
  d.broker.answer = services::HandOver::taken;
  CHECK(d.exec->execute(d.request(Side::buy, "1"_dec), d.now).error().code == "POSITION_CLOSING");
  d.now += bar_ns;
  d.want(Purpose::entry, 0.10);
  CHECK(d.last().side() == Side::sell);
}

TEST_CASE("the same key and body is the same close; another body, or an order's key, is refused; flat and dust say so") {
  Desk d;
  CHECK(code(d.exec->close_position(close_of(d.m.btc, "c0"), d.now)) == "POSITION_FLAT");
  d.hold(0.05);
  REQUIRE(d.exec->close_position(close_of(d.m.btc, "c1"), d.now));
  const std::size_t sent = d.broker.sent.size();
  const auto again = d.exec->close_position(close_of(d.m.btc, "c1"), d.now);
  REQUIRE(again);
  CHECK(again->replayed);
  CHECK(again->order.view() == d.last().client_id());
  CHECK(d.broker.sent.size() == sent);
  CHECK(code(d.exec->close_position(close_of(d.m.bnb, "c1"), d.now)) == "IDEMPOTENCY_KEY_REUSED");
  CHECK(d.exec->execute(d.request(Side::sell, "1"_dec, "c1"), d.now).error().code == "IDEMPOTENCY_KEY_REUSED");
  d.fill(d.last(), d.last().qty() - "0.0005"_dec, "100"_dec);
  d.report(d.last(), BL_X_DONE, BL_S_CANCELLED, d.last().qty() - "0.0005"_dec);
  d.now += bar_ns;
  d.step();
  CHECK_FALSE(d.exec->closing(d.m.btc));  // what is left can't be sold
  CHECK(code(d.exec->close_position(close_of(d.m.btc, "c2"), d.now)) == "POSITION_DUST");
}

TEST_CASE("restart: a close that was not done goes on, and who repeats it gets the same one") {
  StoreFolder dir;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    d.hold(0.05);
    d.price(d.m.btc, 10000);
    REQUIRE(d.exec->close_position(close_of(d.m.btc, "c1"), d.now));
    d.report(d.last(), BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
    d.exec->settle(d.now);
  }
  Again a(dir / "j");
  a.now = start_ns + 10 * bar_ns;
  a.price(a.m.btc, 10000);
  const auto again = a.exec->close_position(close_of(a.m.btc, "c1"), a.now);
  REQUIRE(again);
  CHECK(again->replayed);
  CHECK(again->closing);
  CHECK(a.broker.sent.empty());
  a.step();
  REQUIRE(a.broker.sent.size() == 1);
  CHECK(a.last().side() == Side::sell);
  CHECK(a.last().purpose == Purpose::operator_order);
  CHECK(a.last().qty() == a.exec->portfolio().position(a.m.btc).qty);
}
