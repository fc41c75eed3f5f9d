// What the broker says of orders, and what the host makes of it.
#include "unit/services/desk.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using test::Desk;

TEST_CASE("rule 2.4: a fill that is told twice is booked once") {
  Desk d;
  d.want(Purpose::entry, 0.05);
  const Intent i = d.last();
  const bl_fill f = d.fill_of(i, "2"_dec, "99.95"_dec, "same");
  for (int n = 0; n < 3; ++n) d.exec->on_broker_event(f.h);
  CHECK(d.exec->counts().fills == 1);
  CHECK(d.exec->portfolio().position(d.m.btc).qty == "2"_dec);
  CHECK(d.exec->portfolio().cash(d.m.usd) == "9800.1"_dec);
  CHECK(d.sink.all<FillRecord>().size() == 1);
  CHECK(d.exec->counts().incidents == 0);
}

TEST_CASE("a fill may overtake the acknowledgement") {
  Desk d;
  d.want(Purpose::entry, 0.05);
  const Intent i = d.last();
  d.fill(i, "2"_dec, "99.95"_dec);
  CHECK(d.state(i) == OrderState::partially_filled);
  d.report(i, BL_X_ACCEPTED);
  CHECK(d.state(i) == OrderState::partially_filled);
  d.fill(i, "3"_dec, "99.95"_dec);
  CHECK(d.state(i) == OrderState::filled);
  d.report(i, BL_X_ACCEPTED);
  CHECK(d.state(i) == OrderState::filled);
  CHECK(d.exec->counts().incidents == 0);
}

TEST_CASE("a cancelled order whose last fill comes late is filled, and the ledger has it") {
  Desk d;
  const Intent i = d.resting();
  d.report(i, BL_X_DONE, BL_S_CANCELLED);
  CHECK(d.state(i) == OrderState::cancelled);
  d.fill(i, "5"_dec, "99.95"_dec);
  CHECK(d.state(i) == OrderState::filled);
  CHECK(d.exec->portfolio().position(d.m.btc).qty == "5"_dec);
}

TEST_CASE("a venue's answer of 'unknown' is not a refusal") {
  Desk d;
  d.want(Purpose::entry, 0.05);
  d.report(d.last(), BL_X_UNKNOWN);
  CHECK(d.state(d.last()) == OrderState::unknown);
}

TEST_CASE("a fill without an id is not booked, and said") {
  Desk d;
  d.want(Purpose::entry, 0.05);
  d.exec->on_broker_event(d.fill_of(d.last(), "1"_dec, "99.95"_dec, "").h);
  CHECK(d.exec->counts().fills == 0);
  CHECK(d.exec->counts().incidents == 1);
  CHECK(d.exec->blocked(d.m.btc));
}

TEST_CASE("an end that is told twice is counted once") {
  Desk d;
  d.want(Purpose::entry, 0.05);
  for (int n = 0; n < 3; ++n) d.report(d.last(), BL_X_DONE, BL_S_EXPIRED);
  CHECK(d.exec->counts().expired == 1);
  CHECK(d.exec->counts().incidents == 0);
}

TEST_CASE("a fill of an order that the venue had refused is booked, and is an incident") {
  Desk d;
  d.want(Purpose::entry, 0.05);
  const Intent entry = d.last();
  d.report(entry, BL_X_REJECTED);
  d.fill(entry, "1"_dec, "99.95"_dec);
  CHECK(d.exec->portfolio().position(d.m.btc).qty == "1"_dec);
  CHECK(d.exec->counts().by_incident.at("FILL_AFTER_REJECT") == 1);
  CHECK(d.exec->blocked(d.m.btc));
}

TEST_CASE("a refused cancel leaves an order as it was: partly filled when it has fills") {
  Desk d;
  const Intent entry = d.resting();
  d.fill(entry, "2"_dec, "99.95"_dec);
  REQUIRE(d.exec->cancel(ClientOrderId(entry.client_id()), d.now, "operator", "r1"));
  d.report(entry, BL_X_CANCEL_REJECTED);
  CHECK(d.state(entry) == OrderState::partially_filled);
}

TEST_CASE("an error of the venue's plugin to its own timer is an incident") {
  Desk d;
  d.exec->broker_failed(Error{"PLUGIN_CALL_FAILED", "as the test wants"});
  CHECK(d.exec->counts().by_incident.at("BROKER_EVENT_FAILED") == 1);
}

TEST_CASE("an event the order can't take is an incident and changes nothing") {
  Desk d;
  d.want(Purpose::entry, 0.05);
  d.report(d.last(), BL_X_CANCEL_REJECTED);  // nobody asked for a cancel
  CHECK(d.state(d.last()) == OrderState::submitted);
  CHECK(d.exec->counts().incidents == 1);
}

TEST_CASE("a buy by cost ends when the venue says it is done: its quantity is not known before") {
  Desk d;
  services::TradeRequest q = d.request(Side::buy, Decimal::not_set());
  q.quote_qty = "100"_dec;
  REQUIRE(d.exec->execute(q, d.now));
  const Intent i = d.last();
  d.fill(i, "0.98"_dec, "100.05"_dec);
  CHECK(d.state(i) == OrderState::partially_filled);
  d.report(i, BL_X_DONE, BL_S_FILLED);
  CHECK(d.state(i) == OrderState::filled);
  CHECK(d.exec->orders().working().empty());
  CHECK(d.exec->counts().incidents == 0);
}

TEST_CASE("cash comes from the venue's first word; after the first fill the ledger is what the fills say") {
  Desk d;
  d.hold(0.05);
  const Decimal cash = d.exec->portfolio().cash(d.m.usd);
  bl_balance_ev b{};
  b.h.size = sizeof b;
  b.h.type = BL_EV_BALANCE;
  b.asset = d.m.usd.value;
  b.total = "1"_dec.raw();
  d.exec->on_broker_event(b.h);
  CHECK(d.exec->portfolio().cash(d.m.usd) == cash);
}

TEST_CASE("the drawdown is the deepest fall from the peak, as a fraction of the peak") {
  Desk d;
  d.hold(0.5);
  d.exec->publish(d.now);
  const Decimal peak = d.exec->portfolio().peak();
  d.price(d.m.btc, 8000);
  d.exec->publish(d.now);
  const Decimal low = d.exec->portfolio().equity_at_bid();
  d.price(d.m.btc, 10000);
  d.exec->publish(d.now);
  CHECK(d.exec->max_drawdown() == div(peak - low, peak, Rounding::half_even));
  CHECK(d.exec->max_drawdown().is_positive());
}

TEST_CASE("rules hear of orders: each report, each fill once it is booked, and the position after it") {
  Desk d;
  std::vector<std::string> heard;
  d.exec->tell_rules([&heard](const bl_event& e) {
    if (e.type == BL_EV_POSITION)
      heard.push_back("position " + Decimal::from_raw(reinterpret_cast<const bl_position_ev&>(e).position.qty).to_string());
    else heard.push_back(e.type == BL_EV_EXEC ? "exec" : "fill " + Decimal::from_raw(reinterpret_cast<const bl_fill&>(e).qty).to_string());
  });
  d.want(core::Purpose::entry, 0.05);
  const core::Intent i = d.last();
  d.report(i, BL_X_ACCEPTED);
  const bl_fill f = d.fill_of(i, i.qty(), i.limit_px(), "f1");
  d.exec->on_broker_event(f.h);
  d.exec->on_broker_event(f.h);  // told twice: booked, and told on, once
  bl_fill wrong = d.fill_of(i, "1"_dec, "100"_dec, "");
  d.exec->on_broker_event(wrong.h);  // not booked: not told
  const std::string qty = i.qty().to_string();
  CHECK(heard == std::vector<std::string>{"exec", "fill " + qty, "position " + qty});
}
