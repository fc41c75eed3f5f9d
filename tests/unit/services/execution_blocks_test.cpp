// What blocks a product, and what is told of it.
#include "unit/services/adopt_desk.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using namespace bowline::test::adopting;
using services::ReconciliationState;
using test::bar_ns;
using test::opened;
using test::StoreFolder;
using test::VenueOrder;

TEST_CASE("what blocks a product is kept with its code, its words, its order and since when, also in the next process") {
  StoreFolder dir;
  core::Nanos since = 0;
  ClientOrderId order;
  std::string text;
  {
    Desk d(opened(dir / "j"));
    const Intent exit = d.sold_untold();
    const auto& r = d.exec->blocks().reasons(d.m.btc).front();
    CHECK(r.order == ClientOrderId(exit.client_id()));
    CHECK(r.since == d.now);
    CHECK(r.text.find("another filled quantity") != std::string::npos);
    since = r.since;
    order = r.order;
    text = r.text;
    d.next();
    CHECK(d.exec->blocks().reasons(d.m.btc).size() == 1);  // raised once
    CHECK(d.exec->blocks().reasons(d.m.bnb).empty());
  }
  Again a(dir / "j");
  REQUIRE(a.exec->blocks().reasons(a.m.btc).size() == 1);
  const auto& r = a.exec->blocks().reasons(a.m.btc).front();
  CHECK(r.code == "FILLS_MISSING");
  CHECK(r.text == text);
  CHECK(r.since == since);
  CHECK(r.order == order);
}

TEST_CASE("a row of an earlier version, that says no more than which product and why, still blocks it") {
  StoreFolder dir;
  {
    auto j = opened(dir / "j");
    REQUIRE(j->note(store::journal_kind::block, 7, R"({"symbol":"BTC-USD","code":"EXEC_MISMATCH"})"));
    REQUIRE(j->flush());
  }
  Again a(dir / "j");
  REQUIRE(a.exec->blocked(a.m.btc));
  const auto& r = a.exec->blocks().reasons(a.m.btc).front();
  CHECK(r.since == 7);
  CHECK(r.text == "the venue acknowledged another order than was sent");
}

TEST_CASE("reasons of one product are told apart by code and order, and beyond a bound stand as one that only a resume takes off") {
  services::ProductBlocks b(2);
  const auto order = [](int n) { return ClientOrderId("o" + std::to_string(n)); };
  CHECK(b.raise({1}, {"FILLS_MISSING", "x", order(1), 1}) != nullptr);
  CHECK(b.raise({1}, {"FILLS_MISSING", "x", order(1), 2}) == nullptr);
  CHECK(b.reasons({1}).front().since == 1);
  CHECK(b.reasons({1}).front().raised == 2);
  CHECK(b.raise({1}, {"FILLS_MISSING", "x", order(2), 3}) != nullptr);
  b.lift({1}, "FILLS_MISSING", order(1));
  CHECK(b.blocked({1}));
  for (int i = 0; i < 200; ++i) static_cast<void>(b.raise({1}, {"ORDER_GONE", "x", order(i), 4}));
  CHECK(b.reasons({1}).size() == services::ProductBlocks::most + 1);
  CHECK(b.reasons({1}).back().code == services::ProductBlocks::too_many);
  CHECK_FALSE(b.blocked({2}));
  b.lift_all();
  CHECK_FALSE(b.blocked({1}));
}

TEST_CASE("rule 3.1: what the venue says was sold is not sold again by the next process either, though its fills are missing") {
  StoreFolder dir;
  {
    Desk d(opened(dir / "j"));
    static_cast<void>(d.sold_untold());
  }
  Again a(dir / "j");
  a.start();
  a.step();
  CHECK(a.exec->portfolio().position(a.m.btc).qty == "5"_dec);
  CHECK(a.broker.sent.empty());
  a.want(Purpose::exit, 0);
  CHECK(a.broker.sent.empty());
}

// ---- told ---------------------------------------------------------------------------------------------------------

TEST_CASE("what is told of reconciliation: asked, answered and agreed, the reasons and whether an adoption takes them off, and what it would book") {
  Desk d;
  const Intent exit = d.sold_untold();
  ReconciliationState s = d.exec->reconciliation();
  CHECK_FALSE(s.agrees());
  CHECK(s.asked == 0);
  d.now += bar_ns;
  REQUIRE(d.exec->ask_again({"look", "operator", "r"}, d.now));
  s = d.exec->reconciliation();
  CHECK(s.asked == d.now);
  REQUIRE(s.unanswered.size() == 1);
  CHECK(s.unanswered[0].since == d.now);
  const auto again = d.exec->ask_again({"look", "operator", "r"}, d.now);
  REQUIRE(again);
  CHECK_FALSE(*again);  // it is being asked
  d.has("10000.25"_dec, Decimal::zero());
  d.answer_all();
  s = d.exec->reconciliation();
  CHECK(s.answered == d.now);
  CHECK(s.agreed < d.now);  // fills are missing: nothing is compared
  REQUIRE(s.orders.size() == 1);
  CHECK(s.orders[0].id == ClientOrderId(exit.client_id()));
  CHECK(s.orders[0].trouble == ReconciliationState::Trouble::fills_missing);
  CHECK(s.orders[0].would == "close");
  CHECK(s.orders[0].told == "5"_dec);
  REQUIRE(s.products[0].reasons.size() == 1);
  CHECK(s.products[0].reasons[0].stays.empty());
  CHECK(s.products[0].managed == "5"_dec);
  const auto& usd = s.balances[d.m.usd.value - 1];
  CHECK(usd.ledger == "9500.25"_dec);
  CHECK(usd.venue == "10000.25"_dec);
  CHECK(usd.told == d.now);
  CHECK(usd.difference == "500"_dec);
  REQUIRE(usd.would);
  CHECK(*usd.would == Flow::conversion);
  const json text = json::parse(services::reconciliation_json(s, d.m.table, d.now));
  CHECK(text["agrees"] == false);
  CHECK(text["balances"][d.m.usd.value - 1]["would"] == "conversion");
  CHECK(text["products"][0]["reasons"][0]["lifts"] == true);
  static_cast<void>(d.adopt());
  s = d.exec->reconciliation();
  CHECK(s.agrees());
  CHECK(s.agreed == d.now);
  CHECK(json::parse(services::reconciliation_json(s, d.m.table, d.now))["adoption"]["phase"] == "done");
}

TEST_CASE("what is told of reconciliation names orders of unknown fate, those that are gone, and those of others") {
  Desk d;
  const Intent entry = d.forgotten();
  VenueOrder theirs;
  theirs.side = BL_SELL;
  theirs.px = "120"_dec;
  d.told(theirs);
  d.price(d.m.bnb, 10000);
  d.want(Purpose::entry, 0.05, d.m.bnb);
  d.report(d.last(), BL_X_UNKNOWN, BL_S_UNKNOWN);
  const ReconciliationState s = d.exec->reconciliation();
  REQUIRE(s.orders.size() == 3);
  CHECK(s.orders[0].trouble == ReconciliationState::Trouble::gone);
  CHECK(s.orders[0].id == ClientOrderId(entry.client_id()));
  CHECK(s.orders[0].would == "end");
  CHECK(s.orders[1].trouble == ReconciliationState::Trouble::unknown);
  CHECK(s.orders[1].would.empty());
  CHECK(s.orders[2].trouble == ReconciliationState::Trouble::external);
  CHECK(s.products[0].entries_held == "EXTERNAL_SELL");
}

TEST_CASE("a refused buy of a blocked product names the code of what blocks it") {
  Desk d;
  static_cast<void>(d.sold_untold());
  const auto r = d.exec->execute(d.request(Side::buy, "1"_dec), d.now);
  REQUIRE_FALSE(r);
  CHECK(r.error().code == "PRODUCT_BLOCKED");
  CHECK(r.error().message.find("FILLS_MISSING") != std::string::npos);
}
