// An operator's word that the venue's counts: orders whose fills are missing, that are gone, that come back.
#include "store/journal_verify.hpp"
#include "unit/services/adopt_desk.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using namespace bowline::test::adopting;
using test::bar_ns;
using test::opened;
using test::StoreFolder;

namespace {

void has_nothing_to_sell(Desk& d) {
  const std::size_t sent = d.broker.sent.size();
  d.next();
  d.want(Purpose::exit, 0);
  CHECK(d.broker.sent.size() == sent);
}

/// The journal holds together, and another process on it comes to the same.
void proves(const std::filesystem::path& journal, const std::string& facts) {
  const auto proved = store::verify_journal(journal);
  REQUIRE(proved);
  CHECK(proved->bad.code.empty());
  Again a(journal);
  CHECK(all_facts(*a.exec, a.m) == facts);
}

}  // namespace

TEST_CASE("adopt: an ended order whose fills are missing is closed at what they add up to; the rest is a change of balances, and no drop") {
  StoreFolder dir;
  std::string before;
  {
    Desk d(opened(dir / "j"));
    const Intent exit = d.sold_untold();
    d.has("10000.25"_dec, Decimal::zero());
    const json a = d.adopt();
    REQUIRE(a["orders"].size() == 1);
    CHECK(a["orders"][0] == json{{"id", exit.client_id()}, {"instrument", "BTC-USD"}, {"done", "closed"}, {"filled", "0"}, {"told", "5"}});
    CHECK(a["flows"].size() == 2);
    CHECK(a["flows"][0]["class"] == "conversion");
    CHECK(a["unblocked"] == json::array({"BTC-USD"}));
    CHECK(d.held().is_zero());
    CHECK(d.cash() == "10000.25"_dec);
    CHECK(d.exec->state() == TradingState::active);
    CHECK(d.incidents("POSITION_DROPPED") == 0);
    CHECK(d.incidents("FILLS_GIVEN_UP") == 1);
    CHECK(d.exec->reconciliation().agrees());
    has_nothing_to_sell(d);
    before = all_facts(*d.exec, d.m);
  }
  proves(dir / "j", before);
  Again a(dir / "j");
  a.start();
  a.step();
  CHECK_FALSE(a.exec->blocked(a.m.btc));
  CHECK(a.exec->reconciliation().orders.empty());
}

TEST_CASE("rule 5.6: adopt: what our own order sold was managed: what lies beside the position stays, and stays nobody's to sell") {
  StoreFolder dir;
  std::string before;
  {
    Desk d(opened(dir / "j"));
    d.has("9500.25"_dec, "8"_dec);  // three of them are somebody's own
    static_cast<void>(d.adopt(Desk::adoption("k0")));
    REQUIRE(d.held() == "5"_dec);
    REQUIRE(d.exec->portfolio().unmanaged(d.m.btc) == "3"_dec);
    static_cast<void>(d.sold_untold());
    d.has("10000.25"_dec, "3"_dec);
    const json a = d.adopt();
    CHECK(a["unblocked"] == json::array({"BTC-USD"}));
    CHECK(d.held().is_zero());
    CHECK(d.exec->portfolio().unmanaged(d.m.btc) == "3"_dec);
    CHECK(d.cash() == "10000.25"_dec);
    CHECK(d.incidents("POSITION_DROPPED") == 0);
    CHECK(d.exec->reconciliation().agrees());
    has_nothing_to_sell(d);
    before = all_facts(*d.exec, d.m);
  }
  proves(dir / "j", before);
  Again a(dir / "j");
  CHECK(a.exec->portfolio().unmanaged(a.m.btc) == "3"_dec);
}

TEST_CASE("adopt: an order whose fills are missing is not closed while the venue tells no balance of what it trades") {
  Desk d;
  static_cast<void>(d.sold_untold());
  d.word = [&d](const bl_query& q) {
    if ((q.scope & 8u) != 0) d.say_balance(d.m.usd, "10000.25"_dec);
  };
  const json a = d.adopt();
  CHECK(a["orders"].empty());
  CHECK(a["flows"].empty());
  CHECK(d.cash() == "9500.25"_dec);
  CHECK(d.codes() == Codes{"FILLS_MISSING"});
  CHECK(d.exec->reconciliation().orders.size() == 1);
}

TEST_CASE("adopt: a fill that comes after its order was closed does not count twice in the end") {
  Desk d;
  const Intent exit = d.sold_untold();
  d.has("10000.25"_dec, Decimal::zero());
  static_cast<void>(d.adopt());
  d.fill(exit, "5"_dec, "100"_dec);
  CHECK(d.held().is_zero());
  CHECK(d.cash() == "10000.25"_dec);
  CHECK(d.codes() == Codes{"FILL_BEYOND_POSITION"});
  const json a = d.adopt(Desk::adoption("k2"));
  CHECK(a["unblocked"] == json::array({"BTC-USD"}));
  CHECK(d.cash() == "10000.25"_dec);
}

TEST_CASE("adopt: an order that the venue does not know is asked for again, and when it is absent still, ended under a code of its own") {
  StoreFolder dir;
  {
    Desk d(opened(dir / "j"));
    const Intent entry = d.forgotten();
    d.has_no(entry);
    const std::size_t asked = d.broker.asked.size();
    const json a = d.adopt();
    CHECK(d.broker.asked.size() - asked == 2);
    REQUIRE(a["orders"].size() == 1);
    CHECK(a["orders"][0]["done"] == "ended");
    CHECK(d.state(entry) == OrderState::cancelled);
    CHECK(d.incidents("ORDER_ENDED_UNSEEN") == 1);
    CHECK(a["unblocked"] == json::array({"BTC-USD"}));
    CHECK(d.broker.cancelled.empty());
    d.now += 2 * bar_ns;
    d.price(d.m.btc, 10000);
    const std::size_t sent = d.broker.sent.size();
    d.want(Purpose::exit, 0);  // nothing stands in its way any more
    CHECK(d.broker.sent.size() == sent + 1);
  }
  Again a(dir / "j");
  CHECK(a.exec->orders().working().size() == 1);  // the exit
  CHECK_FALSE(a.exec->blocked(a.m.btc));
}

TEST_CASE("adopt: an order that is found when it is asked for again works on, and blocks no more") {
  Desk d;
  const Intent entry = d.forgotten();
  int asked = 0;
  d.word = [&](const bl_query& q) {
    if ((q.scope & 1u) != 0) return d.say_absent(entry);
    d.say_balance(d.m.usd, "9500.25"_dec);
    d.say_balance(d.m.btc_asset, "5"_dec);
    if (++asked == 1) return;  // not in the first list
    bl_exec open = d.exec_of(entry, BL_S_OPEN, Decimal::zero());
    d.say(open.h);
  };
  const json a = d.adopt();
  CHECK(a["orders"].empty());
  CHECK(d.state(entry) == OrderState::open);
  CHECK(a["unblocked"] == json::array({"BTC-USD"}));
  CHECK(d.incidents("ORDER_ENDED_UNSEEN") == 0);
}

TEST_CASE("rule 2.3: an order that comes and goes in the venue's lists is not ended by an adoption that ran out of rounds") {
  Desk d;
  const Intent entry = d.forgotten();
  int lists = 0;
  d.word = [&](const bl_query& q) {
    if ((q.scope & 1u) != 0) return d.say_absent(entry);
    d.say_balance(d.m.usd, "9500.25"_dec);
    d.say_balance(d.m.btc_asset, "5"_dec);
    if (++lists % 2 == 0) return;
    bl_exec open = d.exec_of(entry, BL_S_OPEN, Decimal::zero());
    d.say(open.h);
  };
  const json a = d.adopt();
  CHECK(lists == 4);  // no two answers were the same
  CHECK(a["orders"].empty());
  CHECK_FALSE(core::is_terminal(d.state(entry)));
  CHECK(d.incidents("ORDER_ENDED_UNSEEN") == 0);
  CHECK(d.codes() == Codes{"ORDER_GONE"});  // the last answer lacked it: somebody has to look
  CHECK(a["unblocked"].empty());
}

TEST_CASE("rule 2.3: an order that was never acknowledged is not ended by an adoption") {
  Desk d;
  d.want(Purpose::entry, 0.1);
  const Intent entry = d.last();
  REQUIRE(d.state(entry) == OrderState::submitted);
  d.has_no(entry);
  const json a = d.adopt();
  CHECK(a["orders"].empty());
  CHECK(d.state(entry) == OrderState::submitted);
}

TEST_CASE("adopt: what an order that works may have filled is left to be looked at again: booked, its fill would count twice") {
  Desk d;
  d.want(Purpose::exit, 0);
  const Intent exit = d.last();
  d.report(exit, BL_X_ACCEPTED);
  d.word = [&](const bl_query& q) {
    if ((q.scope & 8u) == 0) return;
    d.say_balance(d.m.usd, "9700.25"_dec);
    d.say_balance(d.m.btc_asset, "3"_dec);
    bl_exec open = d.exec_of(exit, BL_S_OPEN, Decimal::zero());
    d.say(open.h);
  };
  const json a = d.adopt();
  CHECK(a["flows"].empty());
  CHECK(a["left"].size() == 2);
  CHECK(d.held() == "5"_dec);
  CHECK(d.exec->state() == TradingState::active);
}

TEST_CASE("adopt: an order that comes back after it was ended is cancelled, and blocks its product again") {
  Desk d;
  const Intent entry = d.forgotten();
  d.has_no(entry);
  static_cast<void>(d.adopt());
  REQUIRE(d.exec->ask_venue());
  d.word = [&](const bl_query&) {
    bl_exec open = d.exec_of(entry, BL_S_OPEN, Decimal::zero());
    d.say(open.h);
  };
  d.answer_all();
  CHECK(d.codes() == Codes{"ORDER_CAME_BACK"});
  CHECK(d.broker.cancelled == std::vector<std::string>{std::string(entry.client_id())});
  const json a = d.adopt(Desk::adoption("k2"));
  CHECK(a["unblocked"].empty());  // it works still
  CHECK(d.codes() == Codes{"ORDER_CAME_BACK"});
}

TEST_CASE("adopt: an order that works otherwise than it was sent blocks on until it is over") {
  Desk d;
  d.want(Purpose::entry, 0.1);
  const Intent entry = d.last();
  Intent other = entry;
  other.abi.qty = (entry.qty() + "1"_dec).raw();
  d.report(other, BL_X_ACCEPTED);
  REQUIRE(d.codes() == Codes{"EXEC_MISMATCH"});
  d.report(entry, BL_X_ACCEPTED);
  d.word = [&](const bl_query& q) {
    if ((q.scope & 8u) == 0) return;
    d.say_balance(d.m.usd, "9500.25"_dec);
    d.say_balance(d.m.btc_asset, "5"_dec);
    if (core::is_terminal(d.state(entry))) return;
    bl_exec open = d.exec_of(entry, BL_S_OPEN, Decimal::zero());
    d.say(open.h);
  };
  const json a = d.adopt();
  REQUIRE(a["left"].size() == 1);
  CHECK(a["left"][0]["code"] == "EXEC_MISMATCH");
  CHECK(a["left"][0]["why"].get<std::string>().find("works still") != std::string::npos);
  REQUIRE(d.exec->cancel(ClientOrderId(entry.client_id()), d.now, "operator", "r"));
  d.report(entry, BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
  CHECK(d.adopt(Desk::adoption("k2"))["unblocked"] == json::array({"BTC-USD"}));
}

TEST_CASE("adopt: fees above the configuration are no question of the venue's word: a resume alone takes that off") {
  Desk d;
  bl_product p{};
  p.h.size = sizeof p;
  p.h.type = BL_EV_PRODUCT;
  p.h.instrument = d.m.btc.value;
  p.h.ts_recv = d.now;
  p.taker_fee = "0.5"_dec.raw();
  p.maker_fee = Decimal::not_set().raw();
  d.exec->on_broker_event(p.h);
  d.has("9500.25"_dec, "5"_dec);
  REQUIRE(d.codes() == Codes{"FEES_ABOVE_CONFIG"});
  const json a = d.adopt();
  CHECK(a["unblocked"].empty());
  CHECK(d.codes() == Codes{"FEES_ABOVE_CONFIG"});
  REQUIRE(a["left"].size() == 1);
  CHECK(a["left"][0]["code"] == "FEES_ABOVE_CONFIG");
  CHECK(a["left"][0]["why"] == "only a resume takes it off");
  REQUIRE(d.exec->resume(d.now, "operator", "the configuration is mended", "r2"));
  CHECK_FALSE(d.exec->blocked(d.m.btc));
}

TEST_CASE("adopt: of one product alone nothing of another is touched") {
  Desk d;
  const Intent entry = d.forgotten();
  d.has_no(entry);
  const json a = d.adopt(Desk::adoption("k1", d.m.bnb));
  CHECK(a["instrument"] == "BNB-USD");
  CHECK(a["orders"].empty());
  CHECK(d.codes() == Codes{"ORDER_GONE"});
  CHECK_FALSE(core::is_terminal(d.state(entry)));
}
