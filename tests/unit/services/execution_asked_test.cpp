// Everything that changes what the core decides has a row in the journal, and what changes nothing has none (trading rules
// 4.1): by the commands' rows a run that is run again is asked the same.
#include "store/halt_latch.hpp"
#include "store/journal_audit.hpp"
#include "store/operator_rows.hpp"
#include "unit/services/venue_word.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using namespace bowline::test;
using store::Ask;
using store::AskedRow;

namespace {

struct Row {
  std::string kind, payload;
};

/// A desk with a journal in a file, and what stands in it behind what was done so far.
struct Written : Begun {
  StoreFolder dir;
  store::Journal& file;
  Written() : Begun({}, store::Journal::in_memory()), file(*(journal = opened(dir / "journal.db"))) {
    use({});
    exec->begin();
    step();
  }
  std::vector<Row> rows() {
    REQUIRE(journal->flush().ok());
    std::vector<Row> all;
    REQUIRE(journal->each([&all](const store::JournalRow& r) -> Result<void> {
      all.push_back({std::string(r.kind), std::string(r.payload)});
      return {};
    }));
    return all;
  }
  /// What `work` has written.
  template <class F>
  std::vector<Row> by(F&& work) {
    const std::size_t before = rows().size();
    work();
    auto all = rows();
    all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(before));
    return all;
  }
  /// The command that `work` is, which stands in front of all that came of it.
  template <class F>
  AskedRow asked(F&& work) {
    const auto all = by(work);
    REQUIRE(!all.empty());
    CHECK(all[0].kind == "asked");
    CHECK(std::count_if(all.begin(), all.end(), [](const Row& r) { return r.kind == "asked"; }) == 1);
    const auto row = store::read_asked(all[0].payload);
    if (!row) FAIL(row.error().message);
    CHECK(row->place.at == now);
    CHECK(row->place.heard == exec->heard());
    CHECK(row->place.steps == exec->steps());
    CHECK(!row->place.within);
    return *row;
  }
};

}  // namespace

TEST_CASE("rule 4.1: a refused command, one that was only tried, and one that is repeated leave no row and no number") {
  Written d;
  const auto seq = [&d] {
    d.now += bar_ns;
    d.price(d.m.btc, 10000);
    d.want(Purpose::entry, 0.01 + 0.001 * static_cast<double>(d.decisions));
    std::uint64_t n = 0;
    for (const Row& r : d.rows())
      if (r.kind == "sizing") n = store::read_sizing(r.payload)->made.seq;
    d.report(d.last(), BL_X_REJECTED, BL_S_REJECTED);
    return n;
  };
  const std::uint64_t before = seq();
  const std::uint64_t apart = seq() - before;  // what a step counts by itself
  auto tried = d.request(Side::buy, "1"_dec, "dry");
  tried.dry_run = true;
  auto too_much = d.request(Side::buy, "1000"_dec, "too much");
  const std::uint64_t third = seq();
  const auto none = d.by([&] {
    REQUIRE(d.exec->execute(tried, d.now));
    REQUIRE(!d.exec->execute(too_much, d.now));
    REQUIRE(!d.exec->cancel(ClientOrderId("bl-nobody"), d.now, "ops", "r"));
    REQUIRE(!d.exec->close_position({d.m.btc, "k", "why", "ops", "r"}, d.now));
    REQUIRE(!d.exec->unlock({d.m.btc, 0, "why", "ops", "r"}, d.now));
    REQUIRE(!d.exec->lock({d.m.btc, d.now - 1, "why", "ops", "r"}, d.now));
    REQUIRE(!d.exec->move_inventory({d.m.btc, true, "5"_dec, "100"_dec, "why", "k", "ops", "r"}, d.now));
  });
  CHECK(none.empty());
  CHECK(seq() - third == apart);

  REQUIRE(d.exec->set_trading_state({d.m.btc, TradingState::reducing, false, "why", "ops", "same"}, d.now));
  CHECK(d.by([&] { CHECK(d.exec->set_trading_state({d.m.btc, TradingState::reducing, false, "why", "ops", "same"}, d.now)->replayed); }).empty());
}

TEST_CASE("rule 4.1: a trade that was refused or tried leaves the view alone that a plan is made on") {
  Written d;
  d.hold(0.05);
  d.step();
  d.now += bar_ns;
  d.price(d.m.btc, 20000);
  const Decimal was = Decimal::from_raw(d.exec->view().mark(d.m.btc)->px);
  auto tried = d.request(Side::buy, "0.1"_dec, "dry");
  tried.dry_run = true;
  REQUIRE(d.exec->execute(tried, d.now));
  CHECK(Decimal::from_raw(d.exec->view().mark(d.m.btc)->px) == was);
}

TEST_CASE("rule 4.1: an operator's order stands in the journal as it was asked, in the commit of its intent") {
  Written d;
  auto q = d.request(Side::buy, "0.5"_dec);
  q.type = OrderType::limit;
  q.tif = TimeInForce::gtc;
  q.limit_px = "90"_dec;
  q.request_id = "r-1";
  const std::uint64_t commits = d.journal->commits();
  const AskedRow row = d.asked([&] {
    REQUIRE(d.exec->execute(q, d.now));
    CHECK(d.journal->commits() == commits + 1);
  });
  CHECK(row.what == Ask::trade);
  CHECK(row.who == "operator");
  CHECK(row.why == "test");
  CHECK(row.request == "r-1");
  CHECK(row.key == "k1");
  CHECK(row.symbol == "BTC-USD");
  CHECK(row.side == to_string(Side::buy));
  CHECK(row.type == to_string(OrderType::limit));
  CHECK(row.tif == to_string(TimeInForce::gtc));
  CHECK(row.qty == "0.5"_dec);
  CHECK(row.limit_px == "90"_dec);
  CHECK(!row.stop_px.is_set());
}

TEST_CASE("rule 4.1: a cancel and a commanded plan have rows, with principal and request id") {
  Written d;
  const Intent entry = d.resting();
  const AskedRow cancel = d.asked([&] { REQUIRE(d.exec->cancel(ClientOrderId(entry.client_id()), d.now, "ops", "r-2")); });
  CHECK(cancel.what == Ask::cancel);
  CHECK(cancel.who == "ops");
  CHECK(cancel.request == "r-2");
  CHECK(cancel.order == entry.client_id());

  const std::vector targets{d.target(Purpose::rebalance, 0.03), d.target(Purpose::rebalance, 0.02, d.m.bnb)};
  const AskedRow plan = d.asked([&] {
    static_cast<void>(d.exec->plan_asked(targets, d.now, "ops", "r-3", true));
    d.exec->take_targets(targets, true);
  });
  CHECK(plan.what == Ask::plan);
  CHECK(plan.request == "r-3");
  CHECK(plan.flag);
  REQUIRE(plan.plan.size() == 2);
  CHECK(plan.plan[1].symbol == "BNB-USD");
  CHECK(plan.plan[1].weight == 0.02);
  CHECK(plan.plan[1].decision == targets[1].decision);
}

TEST_CASE("rule 4.1: closes, locks and states have the row of what was asked in front of what came of it") {
  Written d;
  d.hold(0.05);
  d.price(d.m.btc, 10000);
  d.step();
  const AskedRow close = d.asked([&] { REQUIRE(d.exec->close_position({d.m.btc, "k", "out", "ops", "r-4"}, d.now)); });
  CHECK(close.what == Ask::close);
  CHECK(close.key == "k");
  CHECK(close.why == "out");
  const AskedRow lock = d.asked([&] { REQUIRE(d.exec->lock({d.m.bnb, d.now + bar_ns, "wait", "ops", "r-5"}, d.now)); });
  CHECK(lock.what == Ask::lock);
  CHECK(lock.symbol == "BNB-USD");
  CHECK(lock.until == d.now + bar_ns);
  CHECK(d.asked([&] { REQUIRE(d.exec->unlock({d.m.bnb, 0, "go", "ops", "r-6"}, d.now)); }).what == Ask::unlock);
  const AskedRow own = d.asked([&] { REQUIRE(d.exec->set_trading_state({d.m.bnb, TradingState::halted, true, "why", "ops", "r-7"}, d.now)); });
  CHECK(own.what == Ask::state);
  CHECK(own.symbol == "BNB-USD");
  CHECK(own.state == TradingState::halted);
  CHECK(own.flag);
  const AskedRow all = d.asked([&] { REQUIRE(d.exec->set_trading_state({{}, TradingState::reducing, false, "why", "ops", "r-8"}, d.now)); });
  CHECK(all.symbol.empty());
  CHECK(all.state == TradingState::reducing);
}

TEST_CASE("rule 4.1: emergency stop and resume, the latch, inventory and the venue's word have rows") {
  Written d;
  const store::HaltLatch latch(d.dir.path());
  d.exec->obey(latch);
  CHECK(d.asked([&] { static_cast<void>(d.exec->emergency_stop(d.now, "ops", "fire", "r-1")); }).what == Ask::stop);
  CHECK(d.asked([&] { REQUIRE(d.exec->resume(d.now, "ops", "out", "r-2")); }).what == Ask::resume);
  REQUIRE(latch.engage({store::HaltOrder::stop, "", "panic", "smoke"}).ok());
  const AskedRow found = d.asked([&] { CHECK(d.exec->look_at_latch(d.now)); });
  CHECK(found.what == Ask::latch);
  CHECK(found.who == "panic");
  CHECK(found.why == "smoke");
  REQUIRE(d.exec->resume(d.now, "ops", "false alarm", "r-3"));
  CHECK(d.asked([&] { REQUIRE(d.exec->ask_again({"look", "ops", "r-4"}, d.now)); }).what == Ask::venue);
}

TEST_CASE("rule 4.1: a ramp that is set and a roll-out that is announced have rows, and what comes back from them is the same command") {
  Written d;
  const AskedRow ramp = d.asked([&] { REQUIRE(d.exec->set_ramp({{"500"_dec, 20}, "good days", "ops", "r-9"}, d.now)); });
  CHECK(ramp.what == Ask::ramp);
  CHECK(ramp.quote_qty == "500"_dec);
  CHECK(ramp.count == 20);
  CHECK(ramp.why == "good days");
  CHECK(ramp.request == "r-9");
  const AskedRow off = d.asked([&] { REQUIRE(d.exec->set_ramp({{}, "no more", "ops", "r-10"}, d.now)); });
  CHECK_FALSE(off.quote_qty.is_set());
  CHECK(off.count == 0);
  const AskedRow out = d.asked([&] { REQUIRE(d.exec->announce_rollout({d.now + bar_ns, "version 2", "ops", "r-11"}, d.now)); });
  CHECK(out.what == Ask::rollout);
  CHECK(out.until == d.now + bar_ns);
  CHECK(d.by([&] { CHECK(*d.exec->set_ramp({{}, "no more", "ops", "r-10"}, d.now)); }).empty());
  CHECK(d.by([&] { CHECK(d.exec->announce_rollout({d.now, "version 2", "ops", "r-12"}, d.now).error().code == "ROLLOUT_WINDOW"); }).empty());
}

TEST_CASE("rule 4.1: rows of commands are nothing that a restart does again") {
  const StoreFolder dir;
  std::string was;
  const Market m;
  {
    Desk d({}, "10000"_dec, opened(dir / "journal.db"));
    const Intent entry = d.resting();
    REQUIRE(d.exec->cancel(ClientOrderId(entry.client_id()), d.now, "ops", "r"));
    REQUIRE(d.exec->lock({d.m.bnb, 0, "wait", "ops", "r-5"}, d.now));
    d.step();
    was = facts(*d.exec, m);
  }
  Again a(dir / "journal.db");
  CHECK(a.broker.sent.empty());
  CHECK(a.broker.cancelled.empty());
  CHECK(facts(*a.exec, m) == was);
}

TEST_CASE("rule 4.1: the journal gives back the audit trail of what was asked and of the states it led to") {
  Written d;
  d.hold(0.05);
  const auto q = d.request(Side::buy, "0.5"_dec);
  const auto order = d.exec->execute(q, d.now);
  REQUIRE(order);
  REQUIRE(d.exec->cancel(order->order, d.now, "ops", "r-2"));
  REQUIRE(d.exec->lock({d.m.bnb, 0, "why", "ops", "r-3"}, d.now));
  REQUIRE(d.exec->unlock({d.m.bnb, 0, "why not", "ops", "r-4"}, d.now));
  REQUIRE(d.exec->set_trading_state({d.m.bnb, TradingState::reducing, false, "one", "ops", "r-5"}, d.now));
  REQUIRE(d.exec->set_trading_state({{}, TradingState::reducing, false, "all", "ops", "r-6"}, d.now));
  REQUIRE(d.exec->ask_again({"look", "ops", "r-7"}, d.now));
  static_cast<void>(d.exec->emergency_stop(d.now, "ops", "fire", "r-8"));
  d.exec->emergency_resume(d.now, "ops", "out", "r-9");
  REQUIRE(d.exec->close_position({d.m.btc, "k-10", "enough", "ops", "r-10"}, d.now));

  const auto told = d.sink.all<AuditRecord>();
  REQUIRE(told.size() == 10);
  std::vector<AuditRecord> found;
  store::JournalAudit audit;
  REQUIRE(d.journal->flush());
  REQUIRE(d.journal->each([&](const store::JournalRow& row) -> Result<void> {
    auto line = audit.take(row);
    if (!line) return line.error();
    if (*line) found.push_back(std::move(**line));
    return {};
  }));
  REQUIRE(found.size() == told.size());
  for (std::size_t i = 0; i < told.size(); ++i) {
    CAPTURE(i, told[i].action, found[i].action);
    CHECK(store::same_line(told[i], found[i]));
  }
}
