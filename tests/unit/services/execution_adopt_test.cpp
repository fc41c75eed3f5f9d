// What blocks a product, what is told of it, and an operator's word that the venue's counts.
#include <nlohmann/json.hpp>

#include "store/journal_verify.hpp"
#include "unit/services/venue_word.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using nlohmann::json;
using services::ReconciliationState;
using test::bar_ns;
using test::facts;
using test::opened;
using test::put_text;
using test::StoreFolder;
using test::VenueOrder;

namespace {

/// Answers each question with what `word` says to it, in the order in which they were asked.
template <class D>
struct Answering : D {
  using D::D;
  std::size_t answered = 0, absent_answered = 0;
  std::function<void(const bl_query&)> word;
  void answer_all(bool complete = true) {
    while (answered < this->broker.queries.size()) {
      REQUIRE(answered < 200);  // it is asked without end
      const bl_query q = this->broker.queries[answered++];
      if (word) word(q);
      this->done(q.request, complete);
    }
  }
  /// The venue has these balances, and nothing else to say.
  void has(Decimal usd, Decimal btc) {
    word = [this, usd, btc](const bl_query& q) {
      if ((q.scope & 8u) == 0) return;
      this->say_balance(this->m.usd, usd);
      this->say_balance(this->m.btc_asset, btc);
    };
  }
  void say_absent(const Intent& i) {
    bl_exec e = this->exec_of(i, BL_S_UNKNOWN, Decimal::not_set());
    e.kind = BL_X_ABSENT;
    this->say(e.h);
  }
  static services::AdoptRequest adoption(std::string key = "k1", InstrumentId only = {}) {
    services::AdoptRequest q;
    q.instrument = only;
    q.key = std::move(key);
    q.reason = "looked";
    q.principal = "operator";
    q.request_id = "r1";
    return q;
  }
  std::string code(const services::AdoptRequest& q) {
    bool replayed = false;
    const auto done = this->exec->adopt_venue(q, this->now, replayed);
    return done ? "" : done.error().code;
  }
  /// Commanded, answered, and as it ended.
  json adopt(const services::AdoptRequest& q) {
    bool replayed = false;
    const auto begun = this->exec->adopt_venue(q, this->now, replayed);
    if (!begun) FAIL(begun.error().code + ": " + begun.error().message);
    CHECK_FALSE(replayed);
    answer_all();
    return outcome(q.key);
  }
  json outcome(const std::string& key) const { return json::parse(this->exec->adoption(key).value_or("null")); }
  json adopt() { return adopt(adoption()); }
  void next(int cents = 10000) {
    this->now += bar_ns;
    this->price(this->m.btc, cents);
    this->step();
  }
  std::vector<std::string> codes(InstrumentId id = {1}) const {
    std::vector<std::string> all;
    for (const services::BlockReason& r : this->exec->blocks().reasons(id)) all.push_back(r.code);
    return all;
  }
};

using Codes = std::vector<std::string>;

/// A desk that holds five of BTC at 99.95, its cash 9500.25.
struct Desk : Answering<test::Begun> {
  explicit Desk(std::unique_ptr<store::Journal> j = nullptr) : Answering<test::Begun>(FloorLimits{}, std::move(j)) {
    hold(0.05);
    report(last(), BL_X_ACCEPTED);
    step();
    REQUIRE(held() == "5"_dec);
    REQUIRE(cash() == "9500.25"_dec);
  }
  Decimal cash() const { return exec->portfolio().cash(m.usd); }
  /// A sale of all that the venue says was filled whole, and of which it tells no fill.
  Intent sold_untold() {
    want(Purpose::exit, 0);
    const Intent exit = last();
    REQUIRE(exit.side() == Side::sell);
    report(exit, BL_X_ACCEPTED);
    report(exit, BL_X_DONE, BL_S_FILLED, exit.qty());
    step();
    next();
    REQUIRE(codes() == Codes{"FILLS_MISSING"});
    return exit;
  }
  /// An entry that was acknowledged, and that the venue does not know when it is asked.
  Intent forgotten() {
    want(Purpose::entry, 0.1);
    const Intent entry = last();
    REQUIRE(entry.side() == Side::buy);
    report(entry, BL_X_ACCEPTED);
    report(entry, BL_X_ABSENT, BL_S_UNKNOWN);
    REQUIRE(codes() == Codes{"ORDER_GONE"});
    return entry;
  }
  /// The venue has no order, and these balances.
  void has_no(const Intent& order, Decimal usd = "9500.25"_dec, Decimal btc = "5"_dec) {
    word = [this, order, usd, btc](const bl_query& q) {
      if ((q.scope & 1u) != 0) say_absent(order);
      if ((q.scope & 8u) == 0) return;
      say_balance(m.usd, usd);
      say_balance(m.btc_asset, btc);
    };
  }
};

/// Another process on the journal of that desk, its start's questions answered.
struct Again : Answering<test::VenueWord<test::Again>> {
  using Answering<test::VenueWord<test::Again>>::Answering;
  void start() {
    exec->begin();
    exec->resume_orders();
    now = test::start_ns + 20 * bar_ns;
    price(m.btc, 10000);
  }
};

}  // namespace

// ---- what blocks --------------------------------------------------------------------------------------------------

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

// ---- orders -------------------------------------------------------------------------------------------------------

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
    const std::size_t sent = d.broker.sent.size();
    d.next();
    d.want(Purpose::exit, 0);
    CHECK(d.broker.sent.size() == sent);
    before = all_facts(*d.exec, d.m);
  }
  const auto proved = store::verify_journal(dir / "j");
  REQUIRE(proved);
  CHECK(proved->bad.code.empty());
  Again a(dir / "j");
  CHECK(all_facts(*a.exec, a.m) == before);
  a.start();
  a.step();
  CHECK_FALSE(a.exec->blocked(a.m.btc));
  CHECK(a.exec->reconciliation().orders.empty());
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
