// Emergency liquidation (trading rules 3.6) that goes on in another process.
#include "unit/services/liquidation_desk.hpp"
#include "unit/store/store_folder.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::test;

TEST_CASE("rule 3.6: after a restart a liquidation goes on without a feed; where no price is known its slices are sized by their cost") {
  StoreFolder dir;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    d.hold(0.05);
    d.price(d.m.btc, 10000);
    auto q = ask();
    q.max_slice = "200"_dec;
    begin(d, q);
    d.exec->settle(d.now);
  }
  Again a(dir / "j");
  Venue v{a};
  v.turn();
  CHECK(a.exec->waits_for_history());
  CHECK(a.broker.sent.empty());
  a.exec->go_on_without_history();
  CHECK_FALSE(a.exec->waits_for_history());
  std::size_t slices = 0;
  for (; slices < 9 && a.exec->liquidating(); ++slices) {
    v.turn();
    if (!a.exec->liquidating()) break;
    REQUIRE(a.broker.sent.size() == slices + 1);
    CHECK(mul(a.last().qty(), "99.95"_dec, Rounding::up) <= "200"_dec);
    fill_last(a);
    a.now += 1;
  }
  CHECK(slices >= 3);
  CHECK_FALSE(a.exec->liquidating());
  CHECK(a.exec->portfolio().position(a.m.btc).qty.is_zero());
}

TEST_CASE("restart: a liquidation goes on from the journal, with the same id and under another order id (3.6)") {
  StoreFolder dir;
  Decimal held = Decimal::zero();
  std::string first;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    Venue v{d};
    d.hold(0.05);
    d.price(d.m.btc, 10000);
    held = d.exec->portfolio().position(d.m.btc).qty;
    auto q = ask();
    q.max_slice = "200"_dec;
    begin(d, q);
    v.turn();
    first = d.last().client_id();
    fill_last(d);
    d.exec->settle(d.now);
  }
  {
    Again a(dir / "j");
    Venue v{a};
    CHECK(a.exec->liquidating());
    CHECK(a.exec->state() == TradingState::halted);
    v.turn();
    CHECK(a.broker.sent.empty());  // what was settled before is not recalled yet
    a.now = start_ns + 10 * bar_ns;
    a.price(a.m.btc, 10000);
    a.exec->resume_orders();
    for (int i = 0; i < 5 && a.exec->liquidating(); ++i) {
      v.turn();
      if (!a.exec->liquidating()) break;
      CHECK(a.last().client_id() != first);
      CHECK(mul(a.last().qty(), a.exec->portfolio().bid(a.m.btc), Rounding::up) <= "200"_dec);
      fill_last(a);
      a.now += 1;
    }
    CHECK(a.exec->portfolio().position(a.m.btc).qty.is_zero());
    REQUIRE_FALSE(a.exec->liquidating());
    CHECK(product(receipt(a), "BTC-USD")["sold"] == held.to_string());
    CHECK(product(receipt(a), "BTC-USD")["held_before"] == held.to_string());
  }
  Again b(dir / "j");
  CHECK_FALSE(b.exec->liquidating());
  CHECK(receipt(b)["phase"] == "done");
  bool replayed = false;
  REQUIRE(b.exec->liquidate(ask(), b.now, replayed));
  CHECK(replayed);
}
