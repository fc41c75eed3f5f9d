// What holding earns at the venue (trading rules 5.6, 5.1): told from a deposit by configuration, or by the operator afterwards.
#include "store/operator_rows.hpp"
#include "unit/services/venue_word.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using test::Again;
using test::bar_ns;
using test::opened;
using test::StoreFolder;

namespace {

constexpr Nanos day_ns = 86'400'000'000'000;

/// Five of BTC at 99.95 and the rest of 10,000 in USD; BTC may earn a thousandth of what is held at once, USD a hundredth.
struct Desk : test::Begun {
  std::uint64_t request = 0;
  explicit Desk(std::unique_ptr<store::Journal> j = nullptr, bool earns = true, Decimal loss = Decimal::not_set()) : test::Begun({}, std::move(j)) {
    if (earns) options.rewards = {{m.btc_asset, "0.001"_dec}, {m.usd, "0.01"_dec}};
    options.trip_loss = loss;
    use({});
    exec->begin();
    hold(0.05);
    report(last(), BL_X_ACCEPTED);
    step();
    REQUIRE(held() == "5"_dec);
    REQUIRE(cash() == "9500.25"_dec);
  }
  const Portfolio& book() const { return exec->portfolio(); }
  Decimal cash() const { return book().cash(m.usd); }
  /// What the day has earned, and the flows left out.
  Decimal result() const { return book().equity_at_bid() - book().day_start() - book().day_flows(); }
  /// The venue is asked until it is believed, and says this each time.
  void reconcile(Decimal usd, Decimal btc) {
    REQUIRE(exec->ask_venue());
    ++request;
    for (int answers = 0; !exec->reconciled(); ++answers) {
      REQUIRE(answers < 50);
      say_balance(m.usd, usd);
      say_balance(m.btc_asset, btc);
      done(request++);
    }
    --request;
  }
  services::ReclassifyRequest naming(Flow from, Flow to, Decimal amount, const std::string& key = "n1") const {
    return {m.usd, from, to, amount, "it was so", key, "operator", "r-" + key};
  }
  std::string code(const services::ReclassifyRequest& q) {
    const auto done = exec->reclassify(q, now);
    return done ? "" : done.error().code;
  }
};

}  // namespace

TEST_CASE("rule 5.6: what comes of an asset that earns at the venue is a reward up to its share of all that is held, and a deposit beyond it") {
  Desk d;
  SECTION("within what is managed") {
    d.reconcile("9500.25"_dec, "5.005"_dec);
    CHECK(d.book().booked(d.m.btc_asset, Flow::reward) == "0.005"_dec);
    CHECK(d.book().booked(d.m.btc_asset, Flow::deposit).is_zero());
    CHECK(d.free() == "0.005"_dec);  // nobody here bought it
    CHECK(d.held() == "5"_dec);
  }
  SECTION("a step beyond it") {
    d.reconcile("9500.25"_dec, "5.0051"_dec);
    CHECK(d.book().booked(d.m.btc_asset, Flow::deposit) == "0.0051"_dec);
    CHECK(d.book().booked(d.m.btc_asset, Flow::reward).is_zero());
  }
  SECTION("what is unmanaged earns, too") {
    d.reconcile("9500.25"_dec, "15"_dec);
    d.reconcile("9500.25"_dec, "15.015"_dec);
    CHECK(d.book().booked(d.m.btc_asset, Flow::deposit) == "10"_dec);
    CHECK(d.book().booked(d.m.btc_asset, Flow::reward) == "0.015"_dec);
  }
  SECTION("less than a step") {
    d.reconcile("9500.253"_dec, "5"_dec);
    CHECK(d.book().booked(d.m.usd, Flow::reward) == "0.003"_dec);
    CHECK(d.book().booked(d.m.usd, Flow::correction).is_zero());
  }
  CHECK(d.exec->state() == TradingState::active);
  CHECK(d.book().books_agree());
}

TEST_CASE("rule 5.6: what goes of an asset that earns is a withdrawal, what became another asset a conversion") {
  Desk d;
  SECTION("a withdrawal") {
    d.reconcile("9490.25"_dec, "5"_dec);
    CHECK(d.book().booked(d.m.usd, Flow::withdrawal) == "-10"_dec);
  }
  SECTION("a conversion") {
    d.reconcile("9550.25"_dec, "4.5"_dec);  // half a coin at 100
    CHECK(d.book().booked(d.m.usd, Flow::conversion) == "50"_dec);
    CHECK(d.book().booked(d.m.usd, Flow::reward).is_zero());
  }
}

TEST_CASE("rule 5.6: nothing is a reward of what is not configured to earn") {
  Desk d(nullptr, false);
  d.reconcile("9501.25"_dec, "5.001"_dec);
  for (const AssetId asset : {d.m.usd, d.m.btc_asset}) CHECK(d.book().booked(asset, Flow::reward).is_zero());
  CHECK(d.book().booked(d.m.usd, Flow::deposit) == "1"_dec);
  CHECK(d.book().booked(d.m.btc_asset, Flow::deposit) == "0.001"_dec);
}

TEST_CASE("rule 5.1: a reward of cash is profit of its day, told and journaled, and stays one in the next process") {
  StoreFolder dir;
  std::string before;
  {
    Desk d(opened(dir / "j"));
    const Decimal result = d.result(), equity = d.book().equity();
    d.reconcile("9520.25"_dec, "5"_dec);
    CHECK(d.book().equity() == equity + "20"_dec);
    CHECK(d.result() == result + "20"_dec);
    CHECK(d.book().net_flows().is_zero());
    CHECK(d.incidents("BALANCE_CHANGED") == 1);
    CHECK(d.incidents("POSITION_DROPPED") == 0);
    d.step();
    before = all_facts(*d.exec, d.m);
  }
  Again a(dir / "j");  // whatever its configuration says now
  CHECK(all_facts(*a.exec, a.m) == before);
  CHECK(a.exec->portfolio().booked(a.m.usd, Flow::reward) == "20"_dec);
  CHECK(a.exec->portfolio().day_flows().is_zero());
}

TEST_CASE("rule 5.6: the operator names a deposit a reward, once, with who and why; the day's result has it from then on (5.1)") {
  StoreFolder dir;
  std::string before;
  {
    Desk d(opened(dir / "j"));
    const Decimal result = d.result(), peak = d.book().peak();
    d.reconcile("9800.25"_dec, "5"_dec);  // 300: more than a hundredth
    REQUIRE(d.book().day_flows() == "300"_dec);
    REQUIRE(d.result() == result);
    const auto first = d.exec->reclassify(d.naming(Flow::deposit, Flow::reward, "100"_dec), d.now);
    REQUIRE(first);
    CHECK_FALSE(*first);
    CHECK(d.book().booked(d.m.usd, Flow::deposit) == "200"_dec);
    CHECK(d.book().booked(d.m.usd, Flow::reward) == "100"_dec);
    CHECK(d.book().day_flows() == "200"_dec);
    CHECK(d.book().net_flows() == "300"_dec);  // that of 24 hours has it as it was booked
    CHECK(d.result() == result + "100"_dec);
    CHECK(d.book().peak() > peak);
    CHECK(d.cash() == "9800.25"_dec);
    CHECK(d.book().books_agree());
    const bl_portfolio& view = d.exec->publish(d.now).get();
    CHECK(Decimal::from_raw(view.equity) - Decimal::from_raw(view.day_start_equity) == d.result());

    const auto again = d.exec->reclassify(d.naming(Flow::deposit, Flow::reward, "100"_dec), d.now);
    REQUIRE(again);
    CHECK(*again);
    CHECK(d.book().booked(d.m.usd, Flow::reward) == "100"_dec);
    CHECK(d.code(d.naming(Flow::deposit, Flow::reward, "50"_dec)) == "IDEMPOTENCY_KEY_REUSED");
    CHECK(d.code(d.naming(Flow::reward, Flow::deposit, "100"_dec)) == "IDEMPOTENCY_KEY_REUSED");
    CHECK(d.code(d.naming(Flow::deposit, Flow::reward, "200.01"_dec, "n2")) == "RECLASSIFY_BEYOND_BOOKED");
    CHECK(d.code(d.naming(Flow::reward, Flow::deposit, "100.01"_dec, "n2")) == "RECLASSIFY_BEYOND_BOOKED");
    CHECK(d.code(d.naming(Flow::deposit, Flow::reward, Decimal::zero(), "n2")) == "RECLASSIFY_AMOUNT");
    CHECK(d.code(d.naming(Flow::deposit, Flow::reward, Decimal::not_set(), "n2")) == "RECLASSIFY_AMOUNT");
    CHECK(d.code(d.naming(Flow::deposit, Flow::withdrawal, "1"_dec, "n2")) == "RECLASSIFY_AMOUNT");
    CHECK(d.code(d.naming(Flow::deposit, Flow::deposit, "1"_dec, "n2")) == "RECLASSIFY_AMOUNT");

    const auto audits = d.sink.all<AuditRecord>();
    REQUIRE(audits.size() == 1);
    CHECK(audits[0].action == "reclassify");
    CHECK(audits[0].subject == "USD 100 deposit to reward");
    CHECK(audits[0].principal == "operator");
    CHECK(audits[0].reason == "it was so");
    before = all_facts(*d.exec, d.m);
  }
  Again a(dir / "j");
  CHECK(all_facts(*a.exec, a.m) == before);
  CHECK(a.exec->portfolio().booked(a.m.usd, Flow::reward) == "100"_dec);
  CHECK(a.exec->portfolio().day_flows() == "200"_dec);
  services::ReclassifyRequest q{a.m.usd, Flow::deposit, Flow::reward, "100"_dec, "it was so", "n1", "operator", "r-n1"};
  const auto again = a.exec->reclassify(q, a.now);
  REQUIRE(again);
  CHECK(*again);
  // It knows what was booked in the day, and takes no more of it back than that.
  q.key = "n3";
  std::swap(q.from, q.to);
  REQUIRE(a.exec->reclassify(q, a.now));
  CHECK(a.exec->portfolio().booked(a.m.usd, Flow::reward).is_zero());
  CHECK(a.exec->portfolio().day_flows() == "300"_dec);
  q.key = "n4";
  std::swap(q.from, q.to);
  q.amount = "50"_dec;
  REQUIRE(a.exec->reclassify(q, a.now));
  CHECK(a.exec->portfolio().day_flows() == "250"_dec);
}

TEST_CASE("rule 5.1: what was booked before the day's opening is in it: named otherwise it is no profit or loss of the day") {
  StoreFolder dir;
  const auto next_day = [](Desk& d) {
    d.now += day_ns;
    d.price(d.m.btc, 10000);
    d.step();
  };
  Decimal result, flows;
  {
    Desk d(opened(dir / "j"));
    d.reconcile("9800.25"_dec, "5"_dec);
    next_day(d);
    REQUIRE(d.book().day_flows().is_zero());
    result = d.result();
    SECTION("all of it") { REQUIRE(d.exec->reclassify(d.naming(Flow::deposit, Flow::reward, "300"_dec), d.now)); }
    SECTION("the newest is named first, and what is left is of the day before") {
      d.reconcile("9930.25"_dec, "5"_dec);  // 130
      REQUIRE(d.book().day_flows() == "130"_dec);
      REQUIRE(d.exec->reclassify(d.naming(Flow::deposit, Flow::reward, "200"_dec), d.now));
      result = result + "130"_dec;
    }
    CHECK(d.book().day_flows().is_zero());
    CHECK(d.result() == result);
    flows = d.book().net_flows();
  }
  Again a(dir / "j");
  CHECK(a.exec->portfolio().day_flows().is_zero());
  CHECK(a.exec->portfolio().net_flows() == flows);
}

TEST_CASE("rule 5.1: a deposit that was booked as a reward hides no loss any more: the day's limit trips at the next step") {
  Desk d(nullptr, true, "0.01"_dec);
  const auto at = [&d](std::int64_t cents) {
    d.now += bar_ns;
    d.price(d.m.btc, cents);
    d.step();
  };
  at(10000);
  d.reconcile("9590.25"_dec, "5"_dec);  // 90
  REQUIRE(d.book().booked(d.m.usd, Flow::reward) == "90"_dec);
  at(7000);  // 150 lost, 90 earned
  REQUIRE(d.exec->state() == TradingState::active);
  REQUIRE(d.exec->reclassify(d.naming(Flow::reward, Flow::deposit, "90"_dec), d.now));
  CHECK(d.book().day_flows() == "90"_dec);
  at(7000);
  CHECK(d.incidents("DAILY_LOSS_TRIP") == 1);
  CHECK(d.exec->state() == TradingState::reducing);
}

TEST_CASE("rule 3.4: an operator's word makes no room in the loss of 24 hours: it has what came as it was booked") {
  Desk d(nullptr, true, "0.01"_dec);
  d.now += bar_ns;
  d.price(d.m.btc, 10000);
  d.step();
  d.reconcile("9800.25"_dec, "5"_dec);
  REQUIRE(d.exec->reclassify(d.naming(Flow::deposit, Flow::reward, "300"_dec), d.now));
  d.now += bar_ns;
  d.price(d.m.btc, 7000);  // 150 lost
  d.step();
  CHECK(d.incidents("DAILY_LOSS_TRIP") == 0);
  CHECK(d.incidents("ROLLING_LOSS_TRIP") == 1);
  CHECK(d.exec->state() == TradingState::reducing);
}

TEST_CASE("rule 5.1: rewards of unmanaged inventory change neither equity nor the day's result, however they are named") {
  Desk d;
  const Decimal result = d.result(), equity = d.book().equity();
  d.reconcile("9500.25"_dec, "5.005"_dec);
  services::ReclassifyRequest q = d.naming(Flow::reward, Flow::deposit, "0.005"_dec);
  q.asset = d.m.btc_asset;
  REQUIRE(d.exec->reclassify(q, d.now));
  CHECK(d.book().booked(d.m.btc_asset, Flow::deposit) == "0.005"_dec);
  CHECK(d.book().equity() == equity);
  CHECK(d.result() == result);
  CHECK(d.book().day_flows().is_zero());
}

TEST_CASE("rule 4.1: a change that is named otherwise has the row of what was asked in front of its own, and a refused one has none") {
  StoreFolder dir;
  Desk d(opened(dir / "j"));
  d.reconcile("9800.25"_dec, "5"_dec);
  d.step();
  const auto rows = [&d] {
    std::vector<std::pair<std::string, std::string>> all;
    REQUIRE(d.journal->each([&all](const store::JournalRow& row) {
      all.emplace_back(row.kind, row.payload);
      return Result<void>();
    }));
    return all;
  };
  const auto first = [](const auto& all) {
    return std::find_if(all.begin(), all.end(), [](const auto& row) { return row.first == store::journal_kind::asked; });
  };
  const std::vector<Decimal> refused{"400"_dec, Decimal::zero(), Decimal::not_set()};
  for (const Decimal amount : refused) CHECK_FALSE(d.code(d.naming(Flow::deposit, Flow::reward, amount)).empty());
  REQUIRE(d.exec->reclassify(d.naming(Flow::deposit, Flow::reward, "100"_dec), d.now));
  REQUIRE(*d.exec->reclassify(d.naming(Flow::deposit, Flow::reward, "100"_dec), d.now));  // repeated: nothing more
  const auto all = rows();
  const auto at = first(all);
  REQUIRE(all.end() - at == 3);
  CHECK(at[1].first == store::journal_kind::reclassify);
  CHECK(at[2].first == store::journal_kind::step);
  const auto asked = store::read_asked(at[0].second);
  REQUIRE(asked);
  CHECK(asked->what == store::Ask::reclassify);
  CHECK(asked->asset == "USD");
  CHECK(asked->qty == "100"_dec);
  CHECK(asked->flag);
  CHECK(asked->key == "n1");
  const auto row = store::read_reclassify(at[1].second);
  REQUIRE(row);
  CHECK(row->who == "operator");
  CHECK(row->why == "it was so");
  CHECK(row->of_day == "100"_dec);
}
