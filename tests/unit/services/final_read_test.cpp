// The last read of a liquidation (trading rules 3.6): before it is called done the venue tells once more what it has of each
// product, and what is then still there goes on being sold, or stands in the receipt as what it is.
#include "unit/services/liquidation_desk.hpp"
#include "unit/store/store_folder.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::test;

namespace {

std::string phase(const Desk& d) { return receipt(d)["phase"]; }

/// 5 BTC are held and their one slice is on its way.
struct Selling {
  Desk& d;
  Venue v{d};
  explicit Selling(Desk& desk) : d(desk) {
    d.hold(0.05);
    begin(d, ask());
    v.turn();
    REQUIRE(d.last().purpose == Purpose::emergency);
  }
};

void tell_balance(Desk& d, AssetId asset, Decimal total) {
  bl_balance_ev b{};
  b.h.size = sizeof b;
  b.h.type = BL_EV_BALANCE;
  b.asset = asset.value;
  b.total = total.raw();
  b.hold = Decimal::zero().raw();
  d.exec->on_broker_event(b.h);
}

}  // namespace

TEST_CASE("rule 3.6: after the last slice orders, fills, balances and products are read once more, and only then is it done") {
  Desk d;
  Selling s(d);
  fill_last(d);
  const std::size_t asked = d.broker.queries.size();
  static_cast<void>(d.exec->look_at_liquidation(d.now));
  REQUIRE(d.broker.queries.size() == asked + 1);
  CHECK((d.broker.queries.back().scope & 30u) == 30u);
  CHECK(d.exec->liquidating());
  CHECK(phase(d) == "checking");
  CHECK(receipt(d)["final_read"] == false);
  static_cast<void>(d.exec->look_at_liquidation(d.now));
  CHECK(d.broker.queries.size() == asked + 1);  // one, and it is waited for
  s.v.answer();
  static_cast<void>(d.exec->look_at_liquidation(d.now));
  CHECK_FALSE(d.exec->liquidating());
  CHECK(phase(d) == "done");
  CHECK(receipt(d)["final_read"] == true);
  CHECK(product(receipt(d), "BTC-USD")["at_venue"].is_null());  // it told no balance
}

TEST_CASE("rule 3.6: what the last read brings to light is sold, too, and then it is read once more") {
  Desk d;
  d.hold(0.05);
  d.price(d.m.bnb, 10000);
  d.want(Purpose::entry, 0.05, d.m.bnb);
  const Intent entry = d.last();
  d.report(entry, BL_X_ACCEPTED);
  Venue v{d};
  begin(d, ask());
  d.report(entry, BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
  std::size_t last_reads = 0;
  v.before = [&](const bl_query&) {
    if (phase(d) == "checking" && ++last_reads == 1) d.fill(entry, "2"_dec, "100"_dec);  // it had filled before its cancel came
  };
  v.turn();
  fill_last(d);
  v.turn();
  REQUIRE(d.exec->liquidating());
  CHECK(phase(d) == "selling");
  CHECK(d.last().instrument() == d.m.bnb);
  CHECK(d.last().qty() == "2"_dec);
  fill_last(d);
  v.turn();
  CHECK_FALSE(d.exec->liquidating());
  CHECK(last_reads == 2);
  CHECK(product(receipt(d), "BNB-USD")["status"] == "sold");
  CHECK(product(receipt(d), "BNB-USD")["sold"] == "2");
}

TEST_CASE("rule 3.6: while an order of ours works at the venue after all the liquidation is not done, though nothing is held") {
  Desk d;
  d.hold(0.05);
  d.price(d.m.bnb, 10000);
  d.want(Purpose::entry, 0.05, d.m.bnb);
  const Intent entry = d.last();
  d.report(entry, BL_X_ACCEPTED);
  Venue v{d};
  begin(d, ask());
  d.report(entry, BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
  v.turn();
  fill_last(d);
  const std::size_t cancels = d.broker.cancelled.size();
  bool told = false;
  v.before = [&](const bl_query&) {
    if (phase(d) == "checking" && !std::exchange(told, true)) d.report(entry, BL_X_SNAPSHOT);
  };
  v.turn();
  CHECK(d.exec->liquidating());
  CHECK(d.broker.cancelled.size() > cancels);
  d.report(entry, BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
  v.turn();
  CHECK_FALSE(d.exec->liquidating());
  CHECK(receipt(d)["final_read"] == true);
}

TEST_CASE("rule 3.6: coins that the venue lets go of only then are sold, and not given up as missing") {
  Desk d;
  d.hold(0.05);
  Venue v{d};
  v.free[d.m.btc_asset.value] = Decimal::zero();
  v.before = [&](const bl_query&) {
    if (phase(d) == "checking") v.free[d.m.btc_asset.value] = d.exec->portfolio().position(d.m.btc).qty;
  };
  begin(d, ask());
  const std::size_t sent = d.broker.sent.size();
  for (int i = 0; i < 20 && d.broker.sent.size() == sent; ++i) {
    v.turn();
    d.now += 10'000'000'000;
  }
  REQUIRE(d.broker.sent.size() == sent + 1);
  CHECK(d.exec->liquidating());
  fill_last(d);
  v.turn();
  CHECK_FALSE(d.exec->liquidating());
  CHECK(product(receipt(d), "BTC-USD")["status"] == "sold");
  CHECK(product(receipt(d), "BTC-USD")["at_venue"] == "0");
}

TEST_CASE("rule 3.6: a balance that the book does not explain is told as that, and not as sold") {
  Desk d;
  Selling s(d);
  s.v.free[d.m.btc_asset.value] = "5"_dec;  // whatever was sold
  fill_last(d);
  s.v.turn();
  CHECK_FALSE(d.exec->liquidating());
  const json btc = product(receipt(d), "BTC-USD");
  CHECK(btc["status"] == "unexplained");
  CHECK(btc["at_venue"] == "5");
  CHECK(btc["left"] == "0");
  CHECK(receipt(d)["final_read"] == true);
  CHECK(d.exec->counts().by_incident.at("BALANCE_UNEXPLAINED") == 1);
  CHECK(d.exec->blocked(d.m.btc));
}

TEST_CASE("rule 3.6: a balance that follows its fill a moment later is waited for") {
  Desk d;
  Selling s(d);
  s.v.free[d.m.btc_asset.value] = "5"_dec;
  fill_last(d);
  for (int i = 0; i < 4; ++i) {
    static_cast<void>(d.exec->look_at_liquidation(d.now));
    s.v.answer();
  }
  REQUIRE(d.exec->liquidating());
  tell_balance(d, d.m.btc_asset, Decimal::zero());
  static_cast<void>(d.exec->look_at_liquidation(d.now));
  CHECK_FALSE(d.exec->liquidating());
  CHECK(product(receipt(d), "BTC-USD")["status"] == "sold");
  CHECK(product(receipt(d), "BTC-USD")["at_venue"] == "0");
  CHECK_FALSE(d.exec->blocked(d.m.btc));
}

TEST_CASE("rule 3.6: a venue that does not answer the last read does not hold the end up, and the receipt says that nobody looked") {
  for (const bool takes_the_question : {true, false}) {
    Desk d;
    Selling s(d);
    fill_last(d);
    d.broker.answers = takes_the_question;
    for (int i = 0; i < 200 && d.exec->liquidating(); ++i) static_cast<void>(d.exec->look_at_liquidation(d.now));
    CHECK_FALSE(d.exec->liquidating());
    CHECK(receipt(d)["final_read"] == false);
    CHECK(product(receipt(d), "BTC-USD")["status"] == "sold");
    CHECK(d.exec->counts().by_incident.at("RECONCILE_INCOMPLETE") == 1);
  }
}

TEST_CASE("restart: killed before the last read was answered, the next process reads anew before it calls it done (3.6)") {
  StoreFolder dir;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    Selling s(d);
    fill_last(d);
    static_cast<void>(d.exec->look_at_liquidation(d.now));
    REQUIRE(phase(d) == "checking");
    d.exec->settle(d.now);
  }
  Again a(dir / "j");
  REQUIRE(a.exec->liquidating());
  a.exec->go_on_without_history();
  Venue v{a};
  v.turn();
  CHECK_FALSE(a.exec->liquidating());
  CHECK(receipt(a)["final_read"] == true);
  CHECK(product(receipt(a), "BTC-USD")["status"] == "sold");
  CHECK(a.broker.sent.empty());
}
