#include <sys/resource.h>

#include <csignal>
#include <random>

#include "services/trade_execution/risk_state.hpp"
#include "unit/services/again.hpp"
#include "unit/store/store_folder.hpp"

using namespace bowline;
using namespace bowline::test;
using core::OrderState;
using core::Purpose;

TEST_CASE("restart: position, cash, fees and orders are what they were") {
  StoreFolder dir;
  std::string before;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    d.hold(0.05);
    d.price(d.m.btc, 11000);
    const core::Intent entry = d.resting();
    static_cast<void>(entry);
    d.exec->settle(d.now);
    before = facts(*d.exec, d.m);
  }
  Again a(dir / "j");
  CHECK(facts(*a.exec, a.m) == before);
  CHECK(a.broker.sent.empty());     // nothing is sent by remembering
  CHECK(a.sink.records.size() == 0);  // nor stored twice
}

TEST_CASE("restart: an order without an answer is unknown, never forgotten and never sent again by itself (2.3)") {
  StoreFolder dir;
  core::ClientOrderId id;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    d.broker.on_submit = [&] { REQUIRE(d.journal->rows() > 0); };
    d.want(Purpose::entry, 0.05);
    id = core::ClientOrderId(d.last().client_id());
  }
  Again a(dir / "j");
  const core::Order* o = a.exec->orders().find(id);
  REQUIRE(o != nullptr);
  CHECK(o->state == OrderState::unknown);
  CHECK(a.exec->orders().working().size() == 1);
  a.price(a.m.btc, 10000);
  a.want(Purpose::entry, 0.05);
  CHECK(a.broker.sent.empty());  // one working order per product: it stands in the way until the venue says what became of it
  a.report(o->intent, BL_X_ACCEPTED);
  CHECK(o->state == OrderState::open);
}

TEST_CASE("restart: a fill told twice, once to each process, is booked once (2.4)") {
  StoreFolder dir;
  bl_fill told{};
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    d.want(Purpose::entry, 0.05);
    told = d.fill_of(d.last(), d.last().qty(), d.last().limit_px(), "f1");
    d.exec->on_broker_event(told.h);
    d.exec->settle(d.now);
  }
  Again a(dir / "j");
  const Decimal held = a.exec->portfolio().position({1}).qty;
  CHECK(held.is_positive());
  a.exec->on_broker_event(told.h);
  CHECK(a.exec->portfolio().position({1}).qty == held);
  CHECK(a.exec->counts().incidents == 0);
}

TEST_CASE("rule 2.4: an order that was filled before the venue told its id has that id after a restart, too") {
  const bool by_its_fill = GENERATE(true, false);
  CAPTURE(by_its_fill);
  StoreFolder dir;
  core::ClientOrderId id;
  std::string named;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    d.want(Purpose::entry, 0.05);
    id = core::ClientOrderId(d.last().client_id());
    bl_fill told = d.fill_of(d.last(), d.last().qty(), d.last().limit_px(), "f1");
    if (by_its_fill) put_text(told.venue_id, "v1");
    else told.venue_id[0] = '\0';
    d.exec->on_broker_event(told.h);
    if (!by_its_fill) d.report(d.last(), BL_X_DONE, BL_S_FILLED, d.last().qty());
    d.exec->settle(d.now);
    named = by_its_fill ? "v1" : Desk::venue_id_of(d.last());
    CHECK(d.sink.all<core::OrderRecord>().back().venue_id == named);
  }
  Again a(dir / "j");
  const core::Order* o = a.exec->orders().find(id);
  REQUIRE(o != nullptr);
  CHECK(o->state == OrderState::filled);
  CHECK(std::string_view(o->venue_id) == named);
}

TEST_CASE("restart: the rules are told the day's fills again, and no older ones (5.1)") {
  StoreFolder dir;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    d.now = start_ns - bar_ns;  // of the day before
    d.price(d.m.btc, 10000);
    d.hold(0.05);
    d.now = start_ns + bar_ns;
    d.price(d.m.bnb, 10000);
    d.hold(0.05, d.m.bnb);
    d.now = start_ns + 4 * bar_ns;
    d.step();
  }
  Again a(dir / "j");
  std::vector<std::uint32_t> told;
  a.exec->tell_rules([&told](const bl_event& e) {
    if (e.type == BL_EV_FILL) told.push_back(e.instrument);
  });
  a.exec->tell_rules_of_today();
  CHECK(told == std::vector<std::uint32_t>{a.m.bnb.value});
}

TEST_CASE("restart: the venue's balances do not overwrite the book that the fills made") {
  StoreFolder dir;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    d.hold(0.05);
    d.exec->settle(d.now);
  }
  Again a(dir / "j");
  const Decimal cash = a.exec->portfolio().cash(a.m.usd);
  CHECK(cash < "10000"_dec);
  bl_balance_ev b{};
  b.h.size = sizeof b;
  b.h.type = BL_EV_BALANCE;
  b.asset = a.m.usd.value;
  b.total = "12345"_dec.raw();
  a.exec->on_broker_event(b.h);
  CHECK(a.exec->portfolio().cash(a.m.usd) == cash);
}

TEST_CASE("restart: a halted run stays halted, its gate closed, until an operator resumes it (3.4)") {
  StoreFolder dir;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    d.exec->emergency_stop(d.now, "operator", "drill", "r1");
  }
  {
    Again a(dir / "j");
    CHECK(a.exec->state() == core::TradingState::halted);
    CHECK_FALSE(a.exec->gate_open());
    a.exec->emergency_resume(a.now, "operator", "over", "r2");
  }
  Again b(dir / "j");
  CHECK(b.exec->state() == core::TradingState::active);
  CHECK(b.exec->gate_open());
}

TEST_CASE("restart: a product that was blocked is still blocked; a resume clears it for good") {
  StoreFolder dir;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    d.want(Purpose::entry, 0.05);
    bl_fill stranger = d.fill_of(d.last(), "1"_dec, "100"_dec, "f1");
    put_text(stranger.client_id, "nobody's\0");
    d.exec->on_broker_event(stranger.h);
    REQUIRE(d.exec->blocked({1}));
    d.exec->settle(d.now);
  }
  {
    Again a(dir / "j");
    CHECK(a.exec->blocked({1}));
    a.exec->emergency_resume(a.now, "operator", "explained", "r");
  }
  CHECK_FALSE(Again(dir / "j").exec->blocked({1}));
}

TEST_CASE("restart: an exit that was not done goes on until all is sold") {
  StoreFolder dir;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    d.hold(0.05);
    d.price(d.m.btc, 10000);
    const core::Intent held = d.last();
    d.want(Purpose::exit, 0);
    const core::Intent sale = d.last();
    REQUIRE(sale.abi.side == BL_SELL);
    d.report(sale, BL_X_DONE, BL_S_CANCELLED, Decimal::zero());  // nothing of it was met
    d.exec->settle(d.now);
    static_cast<void>(held);
  }
  Again a(dir / "j");
  a.now = start_ns + 10 * bar_ns;  // the prediction is long over
  a.price(a.m.btc, 10000);
  a.step();
  REQUIRE(a.broker.sent.size() == 1);
  CHECK(a.last().abi.side == BL_SELL);
  CHECK(a.last().qty() == a.exec->portfolio().position({1}).qty);
}

TEST_CASE("restart: a step decided again insists again on the exit that it had sent, and lets go of it when it is done") {
  StoreFolder dir;
  core::Target exit;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    d.hold(0.05);
    d.price(d.m.btc, 10000);
    exit = d.target(Purpose::exit, 0);
    d.exec->publish(d.now);
    d.exec->take_targets(std::vector{exit}, false);
    d.exec->trade(d.now);  // and it dies before the step is settled
    REQUIRE(d.last().abi.side == BL_SELL);
  }
  {
    Again a(dir / "j");
    a.now = exit.time;
    a.price(a.m.btc, 10000);
    a.want({exit});
    CHECK(a.broker.sent.empty());
    const core::Order* sale = a.exec->orders().working().front();
    a.now += bar_ns;
    a.fill(sale->intent, sale->leaves(), "100"_dec);
    a.step();
    REQUIRE(a.exec->portfolio().position({1}).qty.is_zero());
  }
  Again b(dir / "j");
  b.now = exit.time + 5 * bar_ns;
  b.price(b.m.btc, 10000);
  b.want(Purpose::entry, 0.05);
  const core::Intent entry = b.last();
  b.fill(entry, entry.qty(), entry.limit_px());
  b.now += 3 * bar_ns;
  b.step();
  CHECK(b.broker.sent.size() == 1);  // nothing is sold by an exit of another time
}

namespace {

/// Leaves the journal of a process that asked for the cancel of its entry, and ended before that step was settled.
void cancel_in_half_a_step(const StoreFolder& dir) {
  Desk d({}, "10000"_dec, opened(dir / "j"));
  d.resting();
  d.now += bar_ns;
  d.price(d.m.btc, 10000);
  d.exec->publish(d.now);
  d.exec->take_targets(std::vector{d.target(Purpose::exit, 0)}, false);
  d.exec->trade(d.now);
  REQUIRE(d.broker.cancelled.size() == 1);
  REQUIRE(d.journal->flush().ok());
}

}  // namespace

TEST_CASE("restart: a cancel of a step that is decided again is sent in that step, and not before: what was to fill till then fills") {
  StoreFolder dir;
  cancel_in_half_a_step(dir);
  Again a(dir / "j");
  a.exec->resume_orders();
  CHECK(a.broker.cancelled.empty());
  a.now += bar_ns;
  a.price(a.m.btc, 10000);
  a.exec->release(a.now);
  CHECK(a.broker.cancelled.empty());  // its bars come first, as they did
  a.step();
  CHECK(a.broker.cancelled.size() == 1);
}

TEST_CASE("restart: where time does not come again, a cancel of a step that was not settled is sent with the first event") {
  StoreFolder dir;
  cancel_in_half_a_step(dir);
  Again a(dir / "j");
  a.exec->resume_orders();
  a.exec->release(start_ns + bar_ns + 1);
  CHECK(a.broker.cancelled.size() == 1);
}

TEST_CASE("restart: the end that a step's own cancel led to is heard behind that step, as it was before the restart") {
  StoreFolder dir;
  core::Intent entry;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    entry = d.resting();
    d.step();
    d.now += bar_ns;
    d.price(d.m.btc, 10000);
    d.exec->publish(d.now);
    d.exec->take_targets(std::vector{d.target(Purpose::exit, 0)}, false);
    d.exec->trade(d.now);
    REQUIRE(d.broker.cancelled.size() == 1);  // the venue carries it out, and the process ends before it hears of it
  }
  Again a(dir / "j");
  REQUIRE(a.state(entry) == OrderState::open);
  bl_exec e{};
  e.h.size = sizeof e;
  e.h.type = BL_EV_EXEC;
  e.h.flags = 2;
  e.h.instrument = entry.abi.instrument;
  e.h.ts_event = e.h.ts_recv = start_ns + bar_ns;
  put_text(e.client_id, entry.client_id());
  put_text(e.venue_id, "v1");
  e.kind = BL_X_SNAPSHOT;
  e.state = BL_S_CANCELLED;
  e.side = entry.abi.side;
  e.qty = entry.abi.qty;
  e.quote_qty = entry.abi.quote_qty;
  e.limit_px = entry.abi.limit_px;
  e.stop_px = entry.abi.stop_px;
  e.expire_ns = entry.abi.expire_ns;
  e.cum_qty = e.cum_quote = e.cum_fee = Decimal::zero().raw();
  a.exec->on_broker_event(e.h);
  a.now += bar_ns;
  a.price(a.m.btc, 10000);
  a.exec->release(a.now);
  CHECK(a.state(entry) == OrderState::open);  // the step is decided as it was
  a.exec->publish(a.now);
  a.exec->take_targets(std::vector{a.target(Purpose::exit, 0)}, false);
  a.exec->trade(a.now);
  CHECK(a.broker.cancelled.size() == 1);
  CHECK(a.broker.sent.empty());
  a.exec->release(a.now);
  CHECK(a.state(entry) == OrderState::cancelled);
}

TEST_CASE("restart: a cancel of a step that was settled may be lost, and is sent again at once") {
  StoreFolder dir;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    d.resting();
    d.now += bar_ns;
    d.price(d.m.btc, 10000);
    d.want(Purpose::exit, 0);
    REQUIRE(d.broker.cancelled.size() == 1);
  }
  Again a(dir / "j");
  a.exec->resume_orders();
  CHECK(a.broker.cancelled.size() == 1);
}

TEST_CASE("restart: a second attempt of a decision has another id than the first, also in the next process (2.1)") {
  StoreFolder dir;
  std::string first;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    d.hold(0.05);
    d.price(d.m.btc, 10000);
    d.want(Purpose::exit, 0);
    first = d.last().client_id();
    d.report(d.last(), BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
    d.exec->settle(d.now);
  }
  Again a(dir / "j");
  a.now = start_ns + 10 * bar_ns;
  a.price(a.m.btc, 10000);
  a.step();
  REQUIRE(a.broker.sent.size() == 1);
  CHECK(a.last().client_id() != first);
}

TEST_CASE("restart: who repeats a command after it gets the first answer, not a second order") {
  StoreFolder dir;
  services::TradeAnswer first;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    const auto answer = d.exec->execute(d.request(core::Side::buy, "0.1"_dec), d.now);
    REQUIRE(answer.ok());
    first = *answer;
  }
  Again a(dir / "j");
  a.price(a.m.btc, 10000);
  const auto again = a.exec->execute(a.request(core::Side::buy, "0.1"_dec), a.now);
  REQUIRE(again.ok());
  CHECK(again->replayed);
  CHECK(again->order == first.order);
  CHECK(again->qty == first.qty);
  std::erase_if(first.checks, [](const core::CheckRecord& c) { return c.measure; });  // what was kept is told once, and by explain
  REQUIRE(again->checks.size() == first.checks.size());
  CHECK(again->checks.back().code == first.checks.back().code);
  CHECK(a.broker.sent.empty());
  const auto other = a.exec->execute(a.request(core::Side::buy, "0.2"_dec), a.now);
  REQUIRE_FALSE(other.ok());
}

TEST_CASE("restart: a command that could not be made durable was not answered: asked again it makes its order") {
  StoreFolder dir;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    const auto before = std::signal(SIGXFSZ, SIG_IGN);
    rlimit old{};
    REQUIRE(getrlimit(RLIMIT_FSIZE, &old) == 0);
    const rlimit none{1, old.rlim_max};
    REQUIRE(setrlimit(RLIMIT_FSIZE, &none) == 0);
    CHECK_FALSE(d.exec->execute(d.request(core::Side::buy, "0.1"_dec), d.now).ok());
    REQUIRE(setrlimit(RLIMIT_FSIZE, &old) == 0);
    std::signal(SIGXFSZ, before);
    d.step();  // the disk has room again: what is pending is written
    d.exec->settle(d.now);
  }
  Again a(dir / "j");
  a.price(a.m.btc, 10000);
  const auto answer = a.exec->execute(a.request(core::Side::buy, "0.1"_dec), a.now);
  REQUIRE(answer.ok());
  CHECK_FALSE(answer->replayed);
  CHECK(a.broker.sent.size() == 1);
}

TEST_CASE("restart: the day's cap and the orders of the last minute go on counting (5.1, 5.5)") {
  StoreFolder dir;
  core::FloorLimits floor;
  floor.max_day = "600"_dec;
  {
    Desk d(floor, "10000"_dec, opened(dir / "j"));
    d.hold(0.05);
    d.exec->settle(d.now);
  }
  Again a(dir / "j");
  services::ExecutionOptions o;
  a.exec = std::make_unique<services::Execution>(o, a.m.table, a.m.usd, "0.0005"_dec, std::vector<std::unique_ptr<core::RiskRule>>{}, floor,
                                                 a.broker, *a.journal, a.sink);
  REQUIRE(a.journal->each([&a](const store::JournalRow& row) { return a.exec->restore(row); }).ok());
  a.exec->restored();
  a.now = start_ns + 3 * bar_ns;  // the same day
  a.price(a.m.btc, 10000);
  a.want(Purpose::entry, 0.07);  // some 200 more, and with the 500 of before 100 are left of the cap
  REQUIRE(a.broker.sent.size() == 1);
  CHECK(a.last().qty() == "1.003"_dec);  // 100.25 at 99.95
  a.fills = 10;  // ids that the process before has not told
  a.fill(a.last(), a.last().qty(), a.last().limit_px());
  a.now += bar_ns;
  a.price(a.m.btc, 10000);
  a.want(Purpose::entry, 0.07);
  CHECK(a.why("DAY_NOTIONAL_LIMIT") == 1);
  CHECK(a.broker.sent.size() == 1);
}

TEST_CASE("restart: peak and drawdown of an earlier process are not forgotten (5.1)") {
  StoreFolder dir;
  Decimal peak, deepest;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    d.hold(0.8);
    d.price(d.m.btc, 20000);
    d.step();
    d.now += bar_ns;
    d.price(d.m.btc, 10000);
    d.want(Purpose::exit, 0);
    peak = d.exec->portfolio().peak();
    deepest = d.exec->max_drawdown();
    REQUIRE(deepest > "0.3"_dec);
  }
  Again a(dir / "j");
  CHECK(a.exec->portfolio().peak() == peak);
  CHECK(a.exec->max_drawdown() == deepest);
}

TEST_CASE("restart: a journal that says what can't be true is refused with its row") {
  StoreFolder dir;
  {
    auto j = opened(dir / "j");
    REQUIRE(j->note("begin", 0, "{}").ok());
    REQUIRE(j->note("order", 1, R"({"client_id":"bl-x","event":"acked","to":"open"})").ok());
    REQUIRE(j->flush().ok());
  }
  Desk d({}, "1"_dec, opened(dir / "j"));
  const auto done = d.journal->each([&d](const store::JournalRow& row) { return d.exec->restore(row); });
  REQUIRE_FALSE(done.ok());
  CHECK(done.error().code == "JOURNAL_ROW");
  CHECK(done.error().message.find("row 2") != std::string::npos);
}

// Random lives: after each of many steps the process ends, and what is put together again is what was there.
TEST_CASE("restart: whatever happened, the journal gives it back") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    StoreFolder dir;
    std::mt19937_64 luck(seed);
    const auto one_in = [&luck](unsigned n) { return luck() % n == 0; };
    std::string before;
    {
      Desk d({}, "10000"_dec, opened(dir / "j"));
      for (int step = 0; step < 40; ++step) {
        d.now += bar_ns;
        d.price(d.m.btc, 9000 + static_cast<std::int64_t>(luck() % 2000));
        if (one_in(3)) d.want(Purpose::entry, 0.05);
        else if (one_in(3)) d.want(Purpose::exit, 0);
        else if (one_in(4)) d.want(Purpose::rebalance, 0.1);
        else d.step();
        const std::vector<core::Order*> working = d.exec->orders().working();
        for (core::Order* o : working) {
          const core::Intent i = o->intent;
          switch (luck() % 6) {
            case 0: d.report(i, BL_X_ACCEPTED); break;
            case 1: d.fill(i, o->leaves(), "100"_dec); break;
            case 2:
              if (const Decimal half = floor_to(mul(o->leaves(), "0.5"_dec, Rounding::down), d.m.table[{1}].rules.base_step); half.is_positive())
                d.fill(i, half, "99.5"_dec);
              break;
            case 3: d.report(i, BL_X_DONE, BL_S_CANCELLED, o->cum_qty); break;
            case 4: static_cast<void>(d.exec->cancel(core::ClientOrderId(i.client_id()), d.now, "op", "r")); break;
            default: d.report(i, BL_X_UNKNOWN); break;
          }
        }
        if (one_in(15)) d.exec->emergency_stop(d.now, "op", "test", "r");
        if (one_in(8)) d.exec->emergency_resume(d.now, "op", "test", "r");
        d.exec->settle(d.now);
      }
      // What restored() does of itself: a question without an answer is unknown.
      d.exec->restored();
      before = facts(*d.exec, d.m);
    }
    Again a(dir / "j");
    REQUIRE(facts(*a.exec, a.m) == before);
    CHECK(a.exec->portfolio().priced(a.m.usd, {1}));
  }
}

TEST_CASE("rule 2.3: a lost entry whose cancel was asked is not sent again, nor while its position is being closed") {
  for (const bool closing : {false, true}) {
    StoreFolder dir;
    std::string entry;
    {
      Desk d({}, "10000"_dec, opened(dir / "j"));
      d.hold(0.02);
      d.want(Purpose::entry, 0.05);
      entry = d.last().client_id();
      d.exec->settle(d.now);
      if (closing) {
        REQUIRE(d.exec->close_position({d.m.btc, "c1", "a test", "operator", "r"}, d.now));
      } else {
        REQUIRE(d.exec->cancel(core::ClientOrderId(entry), d.now, "operator", "r"));
      }
      d.exec->settle(d.now);
    }
    Again a(dir / "j");
    const core::Order* o = a.exec->orders().find(core::ClientOrderId(entry));
    REQUIRE(o != nullptr);
    REQUIRE_FALSE(core::is_terminal(o->state));
    a.now = o->intent.abi.decided_ns + 1;
    a.exec->resume_orders();
    a.report(o->intent, BL_X_ABSENT, BL_S_UNKNOWN);
    a.step();
    for (const core::Intent& i : a.broker.sent) CHECK(i.client_id() != entry);
  }
}

TEST_CASE("rule 2.1: a repeated command is the same one after a restart whose configuration numbers the instruments otherwise") {
  StoreFolder dir;
  core::ClientOrderId first;
  services::TradeRequest q;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    q = d.request(core::Side::buy, "1"_dec);
    const auto done = d.exec->execute(q, d.now);
    REQUIRE(done);
    first = done->order;
  }
  Market m;
  core::InstrumentTable other;  // one more, in front
  for (const char* symbol : {"AAA-USD", "BTC-USD", "BNB-USD"}) REQUIRE(other.add(symbol, m.table[m.btc].rules));
  Desk d({}, "77"_dec, nullptr);
  d.journal = opened(dir / "j");
  d.exec = std::make_unique<services::Execution>(d.options, other, other.find_asset("USD"), "0.0005"_dec, std::vector<std::unique_ptr<core::RiskRule>>{},
                                                 core::FloorLimits{}, d.broker, *d.journal, d.sink);
  REQUIRE(d.journal->each([&d](const store::JournalRow& row) { return d.exec->restore(row); }));
  d.exec->restored();
  REQUIRE(q.instrument != other.find("BTC-USD"));
  q.instrument = other.find("BTC-USD");
  const auto again = d.exec->execute(q, d.now);
  REQUIRE(again);
  CHECK(again->replayed);
  CHECK(again->order == first);
  CHECK(d.broker.sent.empty());
}

TEST_CASE("rule 5.3: after a restart what is held counts in the cap of all before its price is known again, at what it cost") {
  StoreFolder dir;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    d.hold(0.09);
    d.exec->settle(d.now);
  }
  Again a(dir / "j");
  const Decimal cost = a.exec->portfolio().position(a.m.btc).cost;
  REQUIRE(cost > "899"_dec);
  core::FloorLimits floor;
  SECTION("in the floor, of an order by hand") {
    floor.max_total = "1000"_dec;
    a.restart(floor);
    a.price(a.m.bnb, 10000);
    services::TradeRequest q = a.request(core::Side::buy, "9"_dec);
    q.instrument = a.m.bnb;
    const auto refused = a.exec->execute(q, a.now);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == "TOTAL_NOTIONAL_LIMIT");
    CHECK(services::risk_json(*a.exec, a.now).find("\"max_total\",\"value\":\"1000\",\"used\":\"" + cost.to_string() + "\"") != std::string::npos);
  }
  SECTION("in the room of a step's entries") {
    floor.max_total = "1000"_dec;
    a.restart(floor);
    a.price(a.m.bnb, 10000);
    a.want(Purpose::entry, 0.099, a.m.bnb);
    REQUIRE(a.broker.sent.size() == 1);
    CHECK(mul(a.last().qty(), a.last().limit_px(), Rounding::up) + cost <= "1000"_dec);
    CHECK(a.last().qty() > "0.9"_dec);
  }
  SECTION("in what drift would trim again") {
    a.options.exposure_drift = {"0.1"_dec, "0.11"_dec};
    a.restart();
    a.price(a.m.bnb, 10000);
    a.want(Purpose::entry, 0.099, a.m.bnb);
    for (const core::Intent& i : a.broker.sent) CHECK(mul(i.qty(), i.limit_px(), Rounding::up) + cost <= "911"_dec);
  }
}
