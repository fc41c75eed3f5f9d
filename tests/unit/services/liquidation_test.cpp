// Emergency liquidation (trading rules 3.6): the latch first, cancels, reads, then slice by slice at the highest rank.
#include "store/halt_latch.hpp"
#include "unit/services/liquidation_desk.hpp"
#include "unit/store/store_folder.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::test;

TEST_CASE("liquidation: the gate and the latch first, then everything of ours is cancelled, protective orders too (3.6)") {
  StoreFolder dir;
  const store::HaltLatch latch(dir.path());
  Desk d;
  d.exec->obey(latch);
  d.hold(0.05);
  static_cast<void>(d.own_stop());
  d.price(d.m.bnb, 10000);
  d.want(Purpose::entry, 0.05, d.m.bnb);
  d.report(d.last(), BL_X_ACCEPTED);
  const std::size_t sent = d.broker.sent.size();

  const json r = begin(d, ask());
  CHECK(r["phase"] == "reading");
  CHECK(r["cancels"] == 2);
  CHECK(d.exec->state() == TradingState::halted);
  CHECK_FALSE(d.exec->gate_open());
  CHECK(latch.read().order == store::HaltOrder::liquidate);
  CHECK(latch.read().id == "e1");
  CHECK(d.broker.cancelled.size() == 2);
  CHECK(d.broker.sent.size() == sent);
}

TEST_CASE("liquidation: nothing is sold before two reads of all orders agree (3.6)") {
  Desk d;
  Venue v{d};
  d.hold(0.05);
  const std::size_t sent = d.broker.sent.size();
  begin(d, ask());
  const auto lists = [&] {
    return std::count_if(d.broker.queries.begin(), d.broker.queries.end(), [](const bl_query& q) { return (q.scope & 2u) != 0; });
  };
  CHECK(lists() == 1);
  v.answer();
  CHECK(d.broker.sent.size() == sent);
  static_cast<void>(d.exec->look_at_liquidation(d.now));
  CHECK(lists() == 2);
  CHECK(d.broker.sent.size() == sent);
  v.turn();
  CHECK(lists() == 2);
  CHECK(d.broker.sent.size() == sent + 1);
  CHECK(receipt(d)["orders_read"] == true);
}

TEST_CASE("liquidation: an order that shows up between the reads is read once more (3.6)") {
  Desk d;
  Venue v{d};
  d.hold(0.05);
  d.price(d.m.bnb, 10000);
  d.want(Purpose::entry, 0.05, d.m.bnb);
  const Intent entry = d.last();
  d.report(entry, BL_X_ACCEPTED);
  begin(d, ask());
  v.answer();                                                      // one order
  d.report(entry, BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
  static_cast<void>(d.exec->look_at_liquidation(d.now));
  v.answer();                                                      // none
  static_cast<void>(d.exec->look_at_liquidation(d.now));
  CHECK(receipt(d)["phase"] == "reading");
  v.turn();                                                        // none again
  CHECK(receipt(d)["phase"] == "selling");
}

TEST_CASE("liquidation: each slice is a read of the position and a sale of at most its worth, until flat (3.6)") {
  Desk d;
  Venue v{d};
  d.hold(0.05);  // about 500 USD
  const Decimal held = d.exec->portfolio().position(d.m.btc).qty;
  auto q = ask();
  q.max_slice = "200"_dec;
  begin(d, q);
  v.turn();
  std::size_t slices = 0;
  Decimal sold = Decimal::zero();
  while (d.exec->liquidating() && slices < 10) {
    const Intent slice = d.last();
    CHECK(slice.purpose == Purpose::emergency);
    CHECK(slice.type() == OrderType::limit);  // all of it is met: it stays on the first rung
    CHECK(slice.limit_px() == "98.95"_dec);
    CHECK(mul(slice.qty(), d.exec->portfolio().bid(d.m.btc), Rounding::up) <= "200"_dec);
    const std::size_t asked = d.broker.queries.size();
    sold = sold + slice.qty();
    ++slices;
    d.now += 1;
    fill_last(d);
    v.turn();
    if (d.exec->liquidating()) CHECK(d.broker.queries.size() > asked);
  }
  CHECK(slices == 3);
  CHECK(sold == held);
  const json r = receipt(d);
  CHECK(r["phase"] == "done");
  CHECK(product(r, "BTC-USD")["status"] == "sold");
  CHECK(product(r, "BTC-USD")["sold"] == held.to_string());
  CHECK(product(r, "BTC-USD")["orders"].size() == 3);
  CHECK(product(r, "BNB-USD")["status"] == "flat");
  CHECK(d.exec->state() == TradingState::halted);  // until a resume
}

TEST_CASE("liquidation: one id is one liquidation, while it runs and when it is over; another one waits (3.6)") {
  Desk d;
  Venue v{d};
  d.hold(0.05);
  begin(d, ask());
  v.turn();
  const std::size_t sent = d.broker.sent.size();
  bool replayed = false;
  REQUIRE(d.exec->liquidate(ask(), d.now, replayed));
  CHECK(replayed);
  CHECK(d.exec->liquidate(ask("e2"), d.now, replayed).error().code == "EMERGENCY_RUNNING");
  v.turn();
  CHECK(d.broker.sent.size() == sent);
  fill_last(d);
  v.turn();
  REQUIRE_FALSE(d.exec->liquidating());
  const auto again = d.exec->liquidate(ask(), d.now, replayed);
  REQUIRE(again);
  CHECK(replayed);
  CHECK(json::parse(*again)["phase"] == "done");
  CHECK_FALSE(d.exec->liquidating());
}

TEST_CASE("liquidation: a dry run tells what would be sold and changes nothing (3.6)") {
  StoreFolder dir;
  const store::HaltLatch latch(dir.path());
  Desk d;
  d.exec->obey(latch);
  d.hold(0.05);
  const std::uint64_t rows = d.journal->rows();
  auto q = ask();
  q.dry_run = true;
  const json r = begin(d, q);
  CHECK(r["phase"] == "planned");
  CHECK(product(r, "BTC-USD")["status"] == "to_sell");
  CHECK(d.exec->state() == TradingState::active);
  CHECK(d.exec->gate_open());
  CHECK_FALSE(latch.set());
  CHECK(d.journal->rows() == rows);
  CHECK_FALSE(d.exec->receipt("e1"));
}

TEST_CASE("liquidation: what is not tradable is parked, told, and sold when it is (3.6)") {
  Desk d;
  Venue v{d};
  d.hold(0.05);
  v.flags[1] = 2;  // cancel only
  const std::size_t sent = d.broker.sent.size();
  begin(d, ask());
  v.turn();
  CHECK(d.broker.sent.size() == sent);
  CHECK(product(receipt(d), "BTC-USD")["status"] == "parked");
  CHECK(d.exec->counts().by_incident.at("EMERGENCY_PARKED") == 1);
  v.flags[1] = 1;
  d.now += 1;
  v.turn();
  CHECK(d.broker.sent.size() == sent + 1);
  fill_last(d);
  v.turn();
  CHECK(product(receipt(d), "BTC-USD")["status"] == "sold");
}

TEST_CASE("liquidation: a product that takes limits only is sold by a limit that is met at once (3.6)") {
  Desk d;
  Venue v{d};
  d.hold(0.05);
  v.flags[1] = 1 | 4;
  begin(d, ask());
  v.turn();
  CHECK(d.last().type() == OrderType::limit);
  CHECK(d.last().tif() == TimeInForce::ioc);
  CHECK(d.last().limit_px() < d.exec->portfolio().bid(d.m.btc));
}

TEST_CASE("rule 3.6: without an end a liquidation goes down the ladder as any exit does, and ends at the market (3.2)") {
  Desk d;
  Venue v{d};
  d.hold(0.05);
  begin(d, ask());
  v.turn();
  const Decimal bid = d.exec->portfolio().bid(d.m.btc);
  for (const Decimal below : {"0.01"_dec, "0.03"_dec, "0.08"_dec}) {
    const Intent slice = d.last();
    CHECK(slice.type() == OrderType::limit);
    CHECK(slice.tif() == TimeInForce::ioc);
    CHECK(slice.limit_px() == floor_to(bid - mul(bid, below, Rounding::up), "0.01"_dec));
    d.report(slice, BL_X_DONE, BL_S_CANCELLED, Decimal::zero());  // it met nothing
    v.turn();
    d.now += 1'000'000'000;
    v.turn();
  }
  for (int i = 0; i < 2; ++i) {
    CHECK(d.last().type() == OrderType::market);
    d.report(d.last(), BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
    d.now += 1'000'000'000;
    v.turn();
  }
  CHECK(d.last().type() == OrderType::market);
  fill_last(d);
  v.turn();
  CHECK(receipt(d)["phase"] == "done");
}

TEST_CASE("liquidation: with an end the ladder goes down to it and no further, and never gives up (3.2, 3.6)") {
  Desk d;
  Venue v{d};
  d.hold(0.05);
  auto q = ask();
  q.end = "0.05"_dec;
  begin(d, q);
  v.turn();
  std::vector<Decimal> below;
  const Decimal bid = d.exec->portfolio().bid(d.m.btc);
  for (int i = 0; i < 5; ++i) {
    const Intent slice = d.last();
    CHECK(slice.type() == OrderType::limit);
    below.push_back(div(bid - slice.limit_px(), bid, Rounding::half_even));
    d.report(slice, BL_X_DONE, BL_S_CANCELLED, Decimal::zero());  // it met nothing
    const std::size_t sent = d.broker.sent.size();
    v.turn();
    d.now += 1'000'000'000;
    v.turn();
    CHECK(d.broker.sent.size() == sent + 1);
  }
  const auto about = [](Decimal a, Decimal b) { return abs(a - b) < "0.0005"_dec; };
  CHECK(about(below[0], "0.01"_dec));
  CHECK(about(below[1], "0.03"_dec));
  CHECK(about(below[2], "0.05"_dec));
  CHECK(about(below[4], "0.05"_dec));
  CHECK(d.exec->liquidating());
}

TEST_CASE("liquidation: dust and inventory that is not ours are listed, and not sold (3.6, 5.6)") {
  Desk d;
  Venue v{d};
  bl_balance_ev b{};
  b.h.size = sizeof b;
  b.h.type = BL_EV_BALANCE;
  b.asset = d.m.bnb_asset.value;
  b.total = "7"_dec.raw();
  d.exec->on_broker_event(b.h);
  d.price(d.m.bnb, 10000);
  d.hold(0.05);
  begin(d, ask());
  v.turn();
  const Intent slice = d.last();
  d.fill(slice, slice.qty() - "0.0005"_dec, "100"_dec);
  d.report(slice, BL_X_DONE, BL_S_CANCELLED, slice.qty() - "0.0005"_dec);
  d.step();
  const std::size_t sent = d.broker.sent.size();
  v.turn();
  REQUIRE_FALSE(d.exec->liquidating());
  CHECK(d.broker.sent.size() == sent);
  CHECK(product(receipt(d), "BTC-USD")["status"] == "dust");
  CHECK(product(receipt(d), "BTC-USD")["left"] == "0.0005");
  CHECK(product(receipt(d), "BNB-USD")["status"] == "unmanaged");
  CHECK(product(receipt(d), "BNB-USD")["unmanaged"] == "7");
}

TEST_CASE("liquidation: while it runs no strategy sells or buys beside it (3.6)") {
  Desk d;
  Venue v{d};
  d.hold(0.05);
  begin(d, ask());
  const std::size_t sent = d.broker.sent.size();
  d.want(Purpose::exit, 0);
  d.want(Purpose::entry, 0.10);
  for (std::size_t i = sent; i < d.broker.sent.size(); ++i) CHECK(d.broker.sent[i].purpose == Purpose::emergency);
}

TEST_CASE("liquidation: not in freeze; a resume interrupts it, says so in the receipt, and lets go of its targets (3.4, 3.6)") {
  Desk d;
  Venue v{d};
  d.hold(0.05);
  bool replayed = false;
  REQUIRE(d.exec->set_trading_state({{}, TradingState::halted, true, "t", "operator", "r"}, d.now));
  CHECK(d.exec->liquidate(ask(), d.now, replayed).error().code == "EXIT_FROZEN");
  REQUIRE(d.exec->resume(d.now, "operator", "over", "r2"));
  begin(d, ask());
  v.turn();
  REQUIRE(d.exec->resume(d.now, "operator", "over", "r3"));
  CHECK_FALSE(d.exec->liquidating());
  CHECK(receipt(d)["phase"] == "interrupted");
  d.report(d.last(), BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
  const std::size_t sent = d.broker.sent.size();
  d.now += bar_ns;
  d.step();
  d.now += bar_ns;
  d.step();
  CHECK(d.broker.sent.size() == sent);
}

TEST_CASE("rule 3.6: a frozen product keeps its stop while the others are sold; it is parked and told, and sold when the freeze is over") {
  Desk d;
  Venue v{d};
  d.hold(0.05);
  d.price(d.m.bnb, 10000);
  d.want(Purpose::entry, 0.05, d.m.bnb);
  fill_last(d);
  const Intent protective = d.own_stop();
  REQUIRE(d.exec->set_trading_state({d.m.btc, TradingState::halted, true, "looked into", "operator", "r0"}, d.now));
  const auto sold = [&d](InstrumentId id) {
    return std::any_of(d.broker.sent.begin(), d.broker.sent.end(), [&](const Intent& i) { return i.purpose == Purpose::emergency && i.instrument() == id; });
  };
  begin(d, ask());
  for (int i = 0; i < 20; ++i) {
    v.turn();
    d.now += 2'000'000'000;
    if (d.last().instrument() == d.m.bnb && !core::is_terminal(d.state(d.last()))) fill_last(d);
  }
  CHECK(sold(d.m.bnb));
  CHECK_FALSE(sold(d.m.btc));
  CHECK(std::count(d.broker.cancelled.begin(), d.broker.cancelled.end(), std::string(protective.client_id())) == 0);
  CHECK(d.exec->liquidating());
  CHECK(product(receipt(d), "BTC-USD")["status"] == "parked");
  CHECK(d.exec->counts().by_incident.at("EMERGENCY_PARKED") == 1);
  REQUIRE(d.exec->set_trading_state({d.m.btc, TradingState::halted, false, "over", "operator", "r9"}, d.now));
  for (int i = 0; i < 20 && !sold(d.m.btc); ++i) {
    v.turn();
    d.now += 2'000'000'000;
    if (d.state(protective) == OrderState::cancel_pending) d.report(protective, BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
  }
  CHECK(sold(d.m.btc));
}

TEST_CASE("rule 3.6: the latch says how much at once and how far below the bid its liquidation may sell, for whoever goes on with it") {
  StoreFolder dir;
  const store::HaltLatch latch(dir.path());
  Desk d;
  d.exec->obey(latch);
  d.hold(0.05);
  auto q = ask();
  q.max_slice = "200"_dec;
  q.end = "0.05"_dec;
  begin(d, q);
  CHECK(latch.read().max_slice == "200"_dec);
  CHECK(latch.read().end == "0.05"_dec);
}
