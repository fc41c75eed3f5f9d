// Balances that change without a trade (trading rules 5.6, 5.1, 3.7).
#include "unit/services/venue_word.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using test::Again;
using test::bar_ns;
using test::facts;
using test::opened;
using test::start_ns;
using test::StoreFolder;
using test::VenueOrder;

namespace {

/// A desk that holds five of BTC at 99.95, and is asked what of its venue.
struct Desk : test::Begun {
  std::uint64_t request = 0;
  explicit Desk(std::unique_ptr<store::Journal> j = nullptr) : test::Begun({}, std::move(j)) {
    hold(0.05);
    report(last(), BL_X_ACCEPTED);
    step();
    REQUIRE(held() == "5"_dec);
    REQUIRE(cash() == "9500.25"_dec);
  }
  Decimal cash() const { return exec->portfolio().cash(m.usd); }
  /// The venue is asked, and answers with these balances; asked again it says the same.
  void reconcile(Decimal usd, Decimal btc) {
    if (exec->reconciled()) {
      REQUIRE(exec->ask_venue());
      ++request;
    }
    answer(usd, btc);
    for (int answers = 0; !exec->reconciled(); ++answers) {
      REQUIRE(answers < 50);  // it is asked without end
      answer(usd, btc);
    }
  }
  void answer(Decimal usd, Decimal btc) {
    say_balance(m.usd, usd);
    say_balance(m.btc_asset, btc);
    done(request++);
    if (exec->reconciled()) --request;
  }
};

}  // namespace

TEST_CASE("rule 5.6: what the ledger says too is no change, and is asked once") {
  Desk d;
  d.reconcile("9500.25"_dec, "5"_dec);
  CHECK(d.exec->counts().incidents == 0);
  CHECK(d.request == 1);
  d.reconcile("9500.250000000000000001"_dec, "5"_dec);  // it rounds otherwise
  CHECK(d.exec->counts().incidents == 0);
  CHECK(d.cash() == "9500.25"_dec);
}

TEST_CASE("rule 5.6: money that came or went without a trade is booked by its class, once, and is no profit or loss (5.1)") {
  StoreFolder dir;
  std::string before;
  Decimal flows;
  {
    Desk d(opened(dir / "j"));
    const Decimal equity = d.exec->portfolio().equity_at_bid(), peak = d.exec->portfolio().peak();
    Account account = Account::deposit;
    SECTION("a deposit") { d.reconcile("9600.25"_dec, "5"_dec); }
    SECTION("a withdrawal") {
      d.reconcile("9400.25"_dec, "5"_dec);
      account = Account::withdrawal;
    }
    flows = account == Account::deposit ? "100"_dec : "-100"_dec;
    CHECK(d.request == 2);  // asked twice: a fill might have been on its way
    CHECK(d.exec->portfolio().ledger().balance(d.m.usd, account) == -flows);
    CHECK(d.exec->portfolio().equity_at_bid() == equity + flows);
    CHECK(d.exec->portfolio().day_flows() == flows);
    const bl_portfolio& view = d.exec->publish(d.now).get();
    CHECK(Decimal::from_raw(view.equity) - Decimal::from_raw(view.day_start_equity) == equity - d.exec->portfolio().day_start());
    CHECK((d.exec->portfolio().peak() > peak) == flows.is_positive());  // it goes with equity: no drawdown comes of it
    CHECK(d.exec->max_drawdown() < "0.001"_dec);
    CHECK(d.incidents("BALANCE_CHANGED") == 1);
    CHECK_FALSE(d.exec->blocked(d.m.btc));
    CHECK(d.exec->state() == TradingState::active);
    d.reconcile(d.cash(), "5"_dec);
    CHECK(d.incidents("BALANCE_CHANGED") == 1);
    d.step();
    before = all_facts(*d.exec, d.m) + d.exec->portfolio().peak().to_string();
  }
  Again a(dir / "j");
  CHECK(all_facts(*a.exec, a.m) + a.exec->portfolio().peak().to_string() == before);
  CHECK(a.exec->portfolio().net_flows() == flows);
  CHECK(a.exec->portfolio().day_flows() == flows);
}

TEST_CASE("rule 5.6: coins that came are unmanaged; coins that go are those first") {
  Desk d;
  d.reconcile("9500.25"_dec, "7"_dec);
  CHECK(d.free() == "2"_dec);
  CHECK(d.held() == "5"_dec);
  d.reconcile("9500.25"_dec, "5.5"_dec);
  CHECK(d.free() == "0.5"_dec);
  CHECK(d.held() == "5"_dec);
  CHECK(d.exec->state() == TradingState::active);
  CHECK(d.incidents("BALANCE_CHANGED") == 2);
}

TEST_CASE("rule 3.7: managed inventory that went without an order of ours blocks its product and halts everything") {
  StoreFolder dir;
  std::string before;
  {
    Desk d(opened(dir / "j"));
    d.reconcile("9500.25"_dec, "3"_dec);
    CHECK(d.held() == "3"_dec);
    CHECK(d.exec->portfolio().books_agree());
    CHECK(d.incidents("POSITION_DROPPED") == 1);
    CHECK(d.exec->blocked(d.m.btc));
    CHECK_FALSE(d.exec->blocked(d.m.bnb));
    CHECK(d.exec->state() == TradingState::halted);
    before = all_facts(*d.exec, d.m);
  }
  Again a(dir / "j");  // as it happened, though no step ended
  CHECK(all_facts(*a.exec, a.m) == before);
}

TEST_CASE("rule 5.6: balances that are a moment behind a fill take nothing off the book, and add nothing to it: they are asked for again") {
  Desk d;
  const auto nothing_changed = [&d](Decimal qty) {
    CHECK(d.held() == qty);
    CHECK(d.free().is_zero());
    CHECK(d.exec->state() == TradingState::active);
    CHECK(d.incidents("BALANCE_CHANGED") == 0);
    CHECK(d.incidents("POSITION_DROPPED") == 0);
  };
  d.want(Purpose::entry, 0.1);
  const Intent more = d.last();
  REQUIRE(more.side() == Side::buy);
  d.fill(more, more.qty(), more.limit_px());
  const Decimal all = d.held(), cash = d.cash();
  REQUIRE(all > "5"_dec);
  d.reconcile("9500.25"_dec, "5"_dec);  // as before it
  nothing_changed(all);
  d.reconcile(cash, "5"_dec);  // one of the two has caught up
  nothing_changed(all);
  d.reconcile(cash, all);
  nothing_changed(all);
  SECTION("a sale") {
    d.now += bar_ns;
    d.want(Purpose::exit, 0);
    const Intent sale = d.last();
    REQUIRE(sale.side() == Side::sell);
    d.fill(sale, sale.qty(), "99.9"_dec);
    d.reconcile(cash, all);
    nothing_changed(Decimal::zero());
    d.reconcile(d.cash(), Decimal::zero());
    nothing_changed(Decimal::zero());
  }
  SECTION("what fills of the last moments can't explain is a change at once") {
    d.reconcile(cash, "4"_dec);
    CHECK(d.held() == "4"_dec);
    CHECK(d.incidents("POSITION_DROPPED") == 1);
  }
  SECTION("nor is what goes the other way") {
    d.reconcile(cash, all + "1"_dec);
    CHECK(d.held() == all);
    CHECK(d.free() == "1"_dec);
  }
  SECTION("a moment is over") {
    d.now += bar_ns;
    d.reconcile("9500.25"_dec, "5"_dec);
    CHECK(d.held() == "5"_dec);
    CHECK(d.incidents("POSITION_DROPPED") == 1);
  }
}

TEST_CASE("rule 5.6: one asset that became another of the same worth is a conversion; less than a step a correction") {
  Desk d;
  SECTION("a conversion") {
    d.price(d.m.btc, 10000);
    d.reconcile("9400.25"_dec, "5.99"_dec);  // 100 for 0.99 at 100
    CHECK(d.exec->portfolio().ledger().balance(d.m.usd, Account::conversion) == "100"_dec);
    CHECK(d.exec->portfolio().ledger().balance(d.m.btc_asset, Account::conversion) == "-0.99"_dec);
    CHECK(d.free() == "0.99"_dec);
  }
  SECTION("a correction") {
    d.reconcile("9500.245"_dec, "5"_dec);
    CHECK(d.exec->portfolio().ledger().balance(d.m.usd, Account::correction) == "0.005"_dec);
  }
}

TEST_CASE("a difference that is another each time is no change: its products are blocked, and it is asked no more") {
  Desk d;
  REQUIRE(d.exec->ask_venue());
  std::uint64_t n = 1;
  for (; !d.exec->reconciled(); ++n) {
    REQUIRE(n < 20);
    d.say_balance(d.m.usd, "9500.25"_dec + Decimal::from_int(static_cast<std::int64_t>(n)));
    d.done(n);
  }
  CHECK(n == 5);
  CHECK(d.incidents("BALANCE_UNEXPLAINED") == 2);  // of both products
  CHECK(d.incidents("BALANCE_CHANGED") == 0);
  CHECK(d.exec->blocked(d.m.btc));
  CHECK(d.cash() == "9500.25"_dec);
}

TEST_CASE("a fill in the same answer explains the difference, told before it or behind it") {
  Desk d;
  d.want(Purpose::exit, 0);
  const Intent exit = d.last();
  d.report(exit, BL_X_ACCEPTED);
  REQUIRE(d.exec->ask_venue());
  d.say_balance(d.m.usd, "9700.25"_dec);
  d.say_balance(d.m.btc_asset, "3"_dec);
  bl_fill f = d.fill_of(exit, "2"_dec, "100"_dec, "late");
  d.say(f.h);
  bl_exec open = d.exec_of(exit, BL_S_OPEN, "2"_dec);
  d.say(open.h);
  d.done(1);
  CHECK(d.exec->reconciled());
  CHECK(d.exec->counts().incidents == 0);
  CHECK(d.held() == "3"_dec);
}

TEST_CASE("what may be an order's doing is not booked as a change: it is asked again when the order's fate is known") {
  Desk d;
  d.want(Purpose::exit, 0);
  const Intent exit = d.last();
  d.report(exit, BL_X_UNKNOWN, BL_S_UNKNOWN);
  REQUIRE(d.exec->ask_venue());
  d.say_balance(d.m.usd, "10000.25"_dec);
  d.say_balance(d.m.btc_asset, Decimal::zero());
  d.done(1);
  d.done(2);  // nor does it say of the order what became of it
  CHECK(d.exec->reconciled());
  CHECK(d.held() == "5"_dec);
  CHECK(d.incidents("BALANCE_CHANGED") == 0);
  CHECK(d.exec->state() == TradingState::active);
}

TEST_CASE("rule 2.4: a fee that was not told explains what the venue has more; it is no deposit") {
  test::Begun d;
  d.want(Purpose::entry, 0.05);
  bl_fill f = d.fill_of(d.last(), "5"_dec, "99.95"_dec, "f1");
  f.fee = Decimal::not_set().raw();
  d.exec->on_broker_event(f.h);
  REQUIRE(d.exec->portfolio().cash(d.m.usd) == "9494.253"_dec);  // 1.2 % of 499.75 taken
  REQUIRE(d.exec->ask_venue());
  d.say_balance(d.m.usd, "9497"_dec);
  d.done(1);
  CHECK(d.exec->reconciled());
  CHECK(d.exec->counts().incidents == 0);
  CHECK(d.exec->portfolio().cash(d.m.usd) == "9494.253"_dec);
  // Nor when it stays so for longer than balances follow their fills.
  for (std::uint64_t look = 2; look <= 6; ++look) {
    d.now += bar_ns;
    d.price(d.m.btc, 10000);
    d.step();
    REQUIRE(d.exec->ask_venue());
    d.say_balance(d.m.usd, "9497"_dec);
    d.done(look);
    CHECK(d.exec->reconciled());  // agreed by that one answer
  }
  CHECK(d.exec->counts().incidents == 0);
  CHECK(d.exec->portfolio().cash(d.m.usd) == "9494.253"_dec);
  CHECK(d.exec->portfolio().ledger().balance(d.m.usd, Account::deposit).is_zero());
}

namespace {
/// Has bought five of BTC at 99.95, and nobody told the fee: 1.2 % of it in quote is booked.
struct Feeless : test::Begun {
  std::uint64_t answered = 0;
  explicit Feeless(std::unique_ptr<store::Journal> j = nullptr) : test::Begun({}, std::move(j)) { buys("f1"); }
  void buys(std::string_view id) {
    want(Purpose::entry, 0.05 * (1 + static_cast<double>(fills++)));
    const Intent i = last();
    bl_fill f = fill_of(i, i.qty(), i.limit_px(), id);
    f.fee = Decimal::not_set().raw();
    exec->on_broker_event(f.h);
    report(i, BL_X_DONE, BL_S_FILLED, i.qty());
    later();
  }
  void later() {
    now += 2 * bar_ns;
    price(m.btc, 10000);
    step();
  }
  void says(Decimal usd, Decimal btc) {
    REQUIRE(exec->ask_venue());
    while (!exec->reconciled()) {
      REQUIRE(answered < 100);
      say_balance(m.usd, usd);
      say_balance(m.btc_asset, btc);
      done(++answered);
    }
    later();
  }
  Decimal cash() const { return exec->portfolio().cash(m.usd); }
  Decimal fees() const { return exec->portfolio().ledger().balance(m.btc_asset, Account::fees); }
};
}  // namespace

TEST_CASE("rule 2.4: what is missing of base and a fee that nobody told explains is booked as that fee, once it is told twice: no exit offers more than there is") {
  StoreFolder dir;
  std::string before;
  {
    Feeless d(opened(dir / "j"));
    REQUIRE(d.held() == "5"_dec);
    REQUIRE(d.cash() == "9494.253"_dec);
    REQUIRE(d.exec->ask_venue());
    d.say_balance(d.m.usd, "9500.25"_dec);
    d.say_balance(d.m.btc_asset, "4.96"_dec);
    d.done(++d.answered);
    CHECK(d.held() == "5"_dec);  // seen once: a fill might be on its way
    REQUIRE_FALSE(d.exec->reconciled());
    d.say_balance(d.m.usd, "9500.25"_dec);
    d.say_balance(d.m.btc_asset, "4.96"_dec);
    d.done(++d.answered);
    CHECK(d.exec->reconciled());
    CHECK(d.held() == "4.96"_dec);
    CHECK(d.fees() == "0.04"_dec);
    CHECK(d.cash() == "9500.25"_dec);  // nor was it taken in quote
    CHECK(d.exec->counts().incidents == 0);
    CHECK(d.exec->state() == TradingState::active);
    CHECK(d.exec->portfolio().books_agree());
    d.want(Purpose::exit, 0);
    CHECK(d.last().side() == Side::sell);
    CHECK(d.last().qty() == "4.96"_dec);
    before = all_facts(*d.exec, d.m);
    REQUIRE(d.journal->flush());
  }
  test::VenueWord<Again> a(dir / "j");
  CHECK(a.exec->portfolio().position(a.m.btc).qty == "4.96"_dec);
  CHECK(a.exec->portfolio().cash(a.m.usd) == "9500.25"_dec);
  CHECK(a.exec->portfolio().ledger().balance(a.m.btc_asset, Account::fees) == "0.04"_dec);
}

TEST_CASE("rule 2.4: a fee that was taken for what is missing gives way to the one that the venue tells later, in the next process as well") {
  StoreFolder dir;
  bl_fill told{};
  bool over = false;
  {
    Feeless d(opened(dir / "j"));
    told = d.fill_of(d.last(), "5"_dec, "99.95"_dec, "f1");
    d.says("9500.25"_dec, "4.96"_dec);
    REQUIRE(d.held() == "4.96"_dec);
    REQUIRE(d.journal->flush());
    told.fee = "0.040000000000000001"_dec.raw();
    told.fee_asset = d.m.btc_asset.value;
    told.h.ts_recv = d.now;
    SECTION("in this process") {
      d.exec->on_broker_event(told.h);
      CHECK(d.held() == "4.959999999999999999"_dec);
      CHECK(d.exec->counts().incidents == 0);
      d.exec->on_broker_event(told.h);
      CHECK(d.exec->counts().incidents == 0);
      told.fee = "0.05"_dec.raw();  // what was told is not told otherwise but by a correction
      d.exec->on_broker_event(told.h);
      CHECK(d.exec->blocked(d.m.btc));
      over = true;
    }
    SECTION("in the next") {}
  }
  if (over) return;
  test::VenueWord<Again> a(dir / "j");
  a.exec->begin();
  REQUIRE(a.exec->portfolio().position(a.m.btc).qty == "4.96"_dec);
  a.exec->on_broker_event(told.h);
  CHECK(a.exec->portfolio().position(a.m.btc).qty == "4.959999999999999999"_dec);
  CHECK_FALSE(a.exec->blocked(a.m.btc));
}

TEST_CASE("rule 3.7: a fee explains what is missing of base once; what goes beyond it is a drop, and halts everything") {
  Feeless d;
  d.says("9500.25"_dec, "4.95"_dec);
  REQUIRE(d.held() == "4.95"_dec);
  REQUIRE(d.exec->counts().incidents == 0);
  d.says("9500.25"_dec, "4.94"_dec);  // within the worst tier of what was bought, all together
  CHECK(d.held() == "4.94"_dec);
  CHECK(d.incidents("BALANCE_CHANGED") == 1);
  CHECK(d.exec->blocked(d.m.btc));
  CHECK(d.exec->state() == TradingState::halted);
}

TEST_CASE("rule 3.7: a fill that the balance has agreed with explains nothing that goes later, in the next process neither") {
  StoreFolder dir;
  bool over = false;
  {
    Feeless d(opened(dir / "j"));
    d.says("9494.253"_dec, "5"_dec);
    REQUIRE(d.exec->counts().incidents == 0);
    SECTION("in this process") {
      d.says("9494.253"_dec, "4.95"_dec);
      CHECK(d.incidents("BALANCE_CHANGED") == 1);
      CHECK(d.held() == "4.95"_dec);
      CHECK(d.exec->state() == TradingState::halted);
      over = true;
    }
    SECTION("a later fill explains its own fee alone") {
      d.buys("f2");
      const Decimal held = d.held(), bought = held - "5"_dec;
      REQUIRE(bought > "4"_dec);
      d.says(d.cash(), held - mul(bought, "0.012"_dec, Rounding::down));
      CHECK(d.exec->counts().incidents == 0);
      CHECK(d.held() == held - mul(bought, "0.012"_dec, Rounding::down));
      CHECK(d.exec->state() == TradingState::active);
      over = true;
    }
    SECTION("a later fill, and more than its fee") {
      d.buys("f2");
      d.says(d.cash(), d.held() - "0.07"_dec);
      CHECK(d.incidents("BALANCE_CHANGED") == 1);
      CHECK(d.exec->state() == TradingState::halted);
      over = true;
    }
    SECTION("in the next process") { REQUIRE(d.journal->flush()); }
  }
  if (over) return;
  test::VenueWord<Again> a(dir / "j");
  a.now = start_ns + 10 * bar_ns;
  a.price(a.m.btc, 10000);
  a.exec->begin();
  REQUIRE(a.exec->ask_venue());
  for (std::uint64_t answer = 1; !a.exec->reconciled(); ++answer) {
    REQUIRE(answer < 20);
    a.say_balance(a.m.usd, "9494.253"_dec);
    a.say_balance(a.m.btc_asset, "4.95"_dec);
    a.done(answer);
  }
  CHECK(a.exec->portfolio().position(a.m.btc).qty == "4.95"_dec);
  CHECK(a.exec->blocked(a.m.btc));
  CHECK(a.exec->state() == TradingState::halted);
}

TEST_CASE("a balance that the venue tells by itself, and that differs for a step, is asked about") {
  Desk d;
  bl_balance_ev b{};
  b.h.size = sizeof b;
  b.h.type = BL_EV_BALANCE;
  b.h.ts_recv = d.now;
  b.asset = d.m.usd.value;
  b.total = "9600.25"_dec.raw();
  d.exec->on_broker_event(b.h);
  CHECK(d.cash() == "9500.25"_dec);
  d.now += bar_ns;
  d.step();
  CHECK(d.exec->reconciled());  // it may be ahead of its fill
  d.now += bar_ns;
  d.step();
  CHECK_FALSE(d.exec->reconciled());
  d.request = 1;
  d.reconcile("9600.25"_dec, "5"_dec);
  CHECK(d.exec->portfolio().ledger().balance(d.m.usd, Account::deposit) == "-100"_dec);
}

TEST_CASE("when the link for orders is up again the venue is asked for what happened meanwhile") {
  Desk d;
  bl_link up{};
  up.h.size = sizeof up;
  up.h.type = BL_EV_LINK;
  up.h.ts_recv = d.now;
  up.scope = 2;
  d.exec->on_broker_event(up.h);
  d.step();
  CHECK(d.exec->reconciled());
  up.state = 1;
  d.exec->on_broker_event(up.h);
  d.step();
  CHECK_FALSE(d.exec->reconciled());
  VenueOrder o;
  d.say(o);
  d.done(1);
  CHECK(d.other() != nullptr);
}

TEST_CASE("an answer that is not whole is compared with nothing, and asked for again") {
  Desk d;
  REQUIRE(d.exec->ask_venue());
  d.say_balance(d.m.usd, "9400.25"_dec);
  d.done(1, false);
  CHECK(d.exec->reconciled());
  CHECK(d.cash() == "9500.25"_dec);
  CHECK(d.incidents("RECONCILE_INCOMPLETE") == 1);
  d.step();
  CHECK_FALSE(d.exec->reconciled());
}
