// An operator's word that the venue's counts: balances, and when it is refused or takes nothing.
#include "unit/services/adopt_desk.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using namespace bowline::test::adopting;
using test::facts;
using test::opened;
using test::StoreFolder;
using test::VenueOrder;

// ---- balances -----------------------------------------------------------------------------------------------------

TEST_CASE("adopt: a balance that differed each time otherwise is booked by its class as the venue tells it last, and its products are unblocked") {
  StoreFolder dir;
  std::string before;
  {
    Desk d(opened(dir / "j"));
    int n = 0;
    d.word = [&](const bl_query& q) {
      if ((q.scope & 8u) == 0) return;
      d.say_balance(d.m.usd, "9500.25"_dec + Decimal::from_int(++n));
      d.say_balance(d.m.btc_asset, "5"_dec);
    };
    REQUIRE(d.exec->ask_venue());
    d.answer_all();
    REQUIRE(d.codes(d.m.btc) == Codes{"BALANCE_UNEXPLAINED"});
    REQUIRE(d.codes(d.m.bnb) == Codes{"BALANCE_UNEXPLAINED"});
    const std::size_t sent = d.broker.sent.size();
    SECTION("it holds still now") {
      d.has("9520.25"_dec, "5"_dec);
      const json a = d.adopt();
      CHECK(a["answers"] == 2);
      CHECK(d.cash() == "9520.25"_dec);
      REQUIRE(a["flows"].size() == 1);
      CHECK(a["flows"][0] == json{{"asset", "USD"}, {"class", "deposit"}, {"amount", "20"}});
      CHECK(a["unblocked"] == json::array({"BTC-USD", "BNB-USD"}));
      CHECK(a["left"].empty());
    }
    SECTION("it is another each time still") {
      const json a = d.adopt();
      CHECK(a["answers"] == 4);
      CHECK(d.cash() == "9500.25"_dec + Decimal::from_int(n));
      CHECK(a["unblocked"].size() == 2);
    }
    CHECK_FALSE(d.exec->blocked(d.m.btc));
    CHECK(d.exec->state() == TradingState::active);
    CHECK(d.broker.sent.size() == sent);
    CHECK(d.broker.cancelled.empty());
    CHECK(d.exec->portfolio().books_agree());
    CHECK(d.incidents("VENUE_ADOPTED") == 1);
    std::vector<std::string> actions;
    for (const AuditRecord& r : d.sink.all<AuditRecord>()) actions.push_back(r.action + " " + r.subject + " " + r.principal);
    CHECK(actions == std::vector<std::string>{"adopt_venue * operator", "unblock BTC-USD operator", "unblock BNB-USD operator", "venue_adopted * operator"});
    before = all_facts(*d.exec, d.m);
  }
  Again a(dir / "j");  // durable as it ended, no step had to
  CHECK(all_facts(*a.exec, a.m) == before);
  CHECK(a.outcome("k1")["phase"] == "done");
}

TEST_CASE("adopt: nothing is booked by one answer, since a fill may be in one part of it alone") {
  Desk d;
  d.want(Purpose::exit, 0);
  const Intent exit = d.last();
  d.report(exit, BL_X_ACCEPTED);
  int answers = 0;
  d.word = [&](const bl_query& q) {
    if ((q.scope & 8u) == 0) return;
    d.say_balance(d.m.usd, "9700.25"_dec);
    d.say_balance(d.m.btc_asset, "3"_dec);
    bl_exec open = d.exec_of(exit, BL_S_OPEN, answers == 0 ? Decimal::zero() : "2"_dec);
    d.say(open.h);
    if (++answers < 2) return;
    bl_fill f = d.fill_of(exit, "2"_dec, "100"_dec, "f-late");
    d.say(f.h);
  };
  const json a = d.adopt();
  CHECK(a["phase"] == "done");
  CHECK(a["flows"].empty());
  CHECK(d.held() == "3"_dec);
  CHECK(d.cash() == "9700.25"_dec);
  CHECK(d.exec->state() == TradingState::active);
}

TEST_CASE("adopt: what an unknown order may have done is left in doubt, and blocks on") {
  Desk d;
  const Intent exit = d.sold_untold();
  VenueOrder strange;
  strange.client_id = "bl-0000000000000000000000000000";
  d.told(strange, BL_X_REJECTED);
  // In the other product an order whose answer never came, in the same money.
  d.price(d.m.bnb, 10000);
  d.want(Purpose::entry, 0.05, d.m.bnb);
  REQUIRE(d.last().instrument() == d.m.bnb);
  const Intent lost = d.last();
  d.report(lost, BL_X_UNKNOWN, BL_S_UNKNOWN);
  d.answer_all();
  d.has("10000.25"_dec, Decimal::zero());
  const json a = d.adopt();
  CHECK(a["phase"] == "done");
  CHECK(a["flows"].empty());
  CHECK(a["orders"].empty());
  CHECK(a["unblocked"].empty());
  CHECK(d.held() == "5"_dec);
  CHECK(d.codes() == Codes{"FILLS_MISSING", "EXEC_UNKNOWN_ORDER"});
  CHECK(a["left"].dump().find(std::string(lost.client_id())) != std::string::npos);
  d.want(Purpose::exit, 0);
  CHECK(std::count_if(d.broker.sent.begin(), d.broker.sent.end(), [](const Intent& i) { return i.side() == Side::sell; }) == 1);
  static_cast<void>(exit);
}

TEST_CASE("rule 3.7: an adoption that finds managed inventory gone by nobody's order here halts everything, and its reason stays") {
  Desk d;
  d.has("9500.25"_dec, "3"_dec);
  const json a = d.adopt();
  CHECK(d.held() == "3"_dec);
  CHECK(d.codes() == Codes{"POSITION_DROPPED"});
  CHECK(d.exec->state() == TradingState::halted);
  CHECK(a["left"][0]["code"] == "POSITION_DROPPED");
  const json later = d.adopt(Desk::adoption("k2"));  // a second look at it, now that the book agrees
  CHECK(later["unblocked"] == json::array({"BTC-USD"}));
  CHECK(d.exec->state() == TradingState::halted);  // only an operator's resume loosens
}

// ---- refused, and not done ----------------------------------------------------------------------------------------

TEST_CASE("adopt: is refused while questions are out, while liquidating, and for a key of another adoption") {
  Desk d;
  SECTION("questions are out") {
    REQUIRE(d.exec->ask_venue());
    CHECK(d.code(Desk::adoption()) == "RECONCILE_RUNNING");
    d.answer_all();
    CHECK(d.code(Desk::adoption()).empty());
    CHECK(d.code(Desk::adoption("k2")) == "RECONCILE_RUNNING");
  }
  SECTION("liquidating") {
    services::LiquidationRequest q;
    q.id = "fire";
    bool replayed = false;
    REQUIRE(d.exec->liquidate(q, d.now, replayed));
    REQUIRE(d.exec->liquidating());
    CHECK(d.code(Desk::adoption()) == "EMERGENCY_RUNNING");
    const auto asked = d.exec->ask_again({"x", "operator", "r"}, d.now);
    REQUIRE_FALSE(asked);
    CHECK(asked.error().code == "EMERGENCY_RUNNING");
  }
  SECTION("its key") {
    d.has(d.cash(), d.held());
    REQUIRE(d.adopt()["phase"] == "done");
    CHECK(d.code(Desk::adoption("k1", d.m.bnb)) == "IDEMPOTENCY_KEY_REUSED");
    const std::size_t asked = d.broker.queries.size();
    bool replayed = false;
    REQUIRE(d.exec->adopt_venue(Desk::adoption(), d.now, replayed));
    CHECK(replayed);
    CHECK(d.broker.queries.size() == asked);
  }
  SECTION("the venue can't be asked") {
    d.broker.answers = false;
    CHECK(d.code(Desk::adoption()) == "RECONCILE_NOT_ASKED");
    d.broker.answers = true;
    d.has(d.cash(), d.held());
    CHECK(d.adopt()["phase"] == "done");  // the same key: nothing was taken by it
  }
  CHECK(d.held() == "5"_dec);
}

TEST_CASE("adopt: an answer that is not whole, or that does not come, takes nothing") {
  Desk d;
  static_cast<void>(d.sold_untold());
  d.has("10000.25"_dec, Decimal::zero());
  REQUIRE(d.code(Desk::adoption()).empty());
  SECTION("not whole") {
    d.answer_all(false);
    CHECK(d.outcome("k1")["code"] == "RECONCILE_INCOMPLETE");
  }
  SECTION("silence") {
    for (int i = 0; i < 4; ++i) d.next();
    CHECK(d.outcome("k1")["code"] == "RECONCILE_INCOMPLETE");
  }
  SECTION("a liquidation began meanwhile") {
    services::LiquidationRequest q;
    q.id = "fire";
    bool replayed = false;
    REQUIRE(d.exec->liquidate(q, d.now, replayed));
    d.answer_all();
    CHECK(d.outcome("k1")["code"] == "EMERGENCY_RUNNING");
  }
  CHECK(d.outcome("k1")["phase"] == "failed");
  CHECK_FALSE(d.exec->adopting());
  CHECK(d.held() == "5"_dec);
  CHECK(d.codes() == Codes{"FILLS_MISSING"});
}

TEST_CASE("adopt: a process that ends before the venue has answered took nothing, and the same key begins anew in the next") {
  StoreFolder dir;
  std::string before;
  {
    Desk d(opened(dir / "j"));
    static_cast<void>(d.sold_untold());
    before = facts(*d.exec, d.m);
    REQUIRE(d.code(Desk::adoption()).empty());
  }
  Again a(dir / "j");
  CHECK(facts(*a.exec, a.m) == before);
  CHECK(a.outcome("k1")["phase"] == "interrupted");
  CHECK(a.code(Desk::adoption()) == "RECONCILE_AHEAD");  // nothing was asked at its start yet
  a.start();
  a.has("10000.25"_dec, Decimal::zero());
  CHECK(a.adopt()["unblocked"] == json::array({"BTC-USD"}));
  CHECK(a.exec->portfolio().position(a.m.btc).qty.is_zero());
}
