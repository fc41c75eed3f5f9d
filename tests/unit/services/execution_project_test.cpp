// Rule 1.3, from targets to orders: several entries of one step and what there is not enough of.
#include <rapidcheck.h>

#include <nlohmann/json.hpp>

#include "store/reader.hpp"
#include "store/sql_store.hpp"
#include "unit/services/desk.hpp"
#include "unit/store/store_folder.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using test::bar_ns;
using test::Desk;

namespace {

/// A rule as plugins are: caps on what is held and being bought, of one product and of groups, each order cut to what is left.
struct Caps final : RiskRule {
  struct Group {
    std::vector<std::uint32_t> members;
    Decimal most;
    std::string code;
  };
  SharedText text = std::make_shared<const std::string>("caps");
  std::vector<Group> groups;
  bool halves = false;  // allows half of what is asked for, as a drawdown's ladder does
  explicit Caps(std::vector<Group> g, bool h = false) : groups(std::move(g)), halves(h) {}
  const SharedText& name() const override { return text; }

  static bool has(const Group& g, std::uint32_t id) { return std::find(g.members.begin(), g.members.end(), id) != g.members.end(); }
  static Decimal mark(const bl_portfolio& p, std::uint32_t id) {
    for (std::uint32_t i = 0; i < p.n_marks; ++i)
      if (p.marks[i].instrument == id) return Decimal::from_raw(p.marks[i].px);
    return Decimal::zero();
  }
  static Decimal used(const Group& g, const bl_portfolio& p) {
    Decimal sum = Decimal::zero();
    for (std::uint32_t i = 0; i < p.n_positions; ++i)
      if (has(g, p.positions[i].instrument)) sum = sum + mul(Decimal::from_raw(p.positions[i].qty), mark(p, p.positions[i].instrument), Rounding::up);
    for (std::uint32_t i = 0; i < p.n_working; ++i)
      if (const bl_intent& w = *p.working[i]->intent; w.side == BL_BUY && has(g, w.instrument))
        sum = sum + mul(Decimal::from_raw(p.working[i]->leaves_qty), mark(p, w.instrument), Rounding::up);
    return sum;
  }
  bool check(const bl_intent& intent, const bl_portfolio& p, bl_verdict& v) override {
    const Decimal qty = Decimal::from_raw(intent.qty), px = mark(p, intent.instrument);
    Decimal most = halves ? mul(qty, "0.5"_dec, Rounding::down) : qty;
    if (halves) test::put_text(v.code, "DRAWDOWN_LIMIT");
    for (const Group& g : groups) {
      if (!has(g, intent.instrument)) continue;
      const Decimal left = g.most - used(g, p);
      const Decimal fits = left.is_positive() ? div(left, px, Rounding::down) : Decimal::zero();
      if (fits >= most) continue;
      most = fits;
      test::put_text(v.code, g.code);
    }
    v.action = most >= qty ? 1 : most.is_positive() ? 2 : 0;
    v.max_qty = most.raw();
    return true;
  }
};

/// BTC, BNB and ETH at 100 each.
struct Three : Desk {
  InstrumentId eth;
  explicit Three(Decimal cash = "10000"_dec, FloorLimits limits = {}, std::vector<Caps::Group> groups = {}, bool halves = false) {
    eth = *m.table.add("ETH-USD", m.table[m.btc].rules);
    std::vector<std::unique_ptr<RiskRule>> rules;
    if (!groups.empty() || halves) rules.push_back(std::make_unique<Caps>(std::move(groups), halves));
    make(std::move(rules), limits, cash);
    prices();
  }
  void prices() {
    for (const Instrument& i : m.table.all()) price(i.id, 10000);
  }
  void buy(double btc, double bnb, double other) {
    want({target(Purpose::entry, btc), target(Purpose::entry, bnb, m.bnb), target(Purpose::entry, other, eth)});
  }
  /// What the last step sent of it; zero: nothing.
  Decimal sent(InstrumentId id, std::size_t from = 0) const {
    for (std::size_t i = from; i < broker.sent.size(); ++i)
      if (broker.sent[i].instrument() == id) return broker.sent[i].qty();
    return Decimal::zero();
  }
  SizingRecord record(InstrumentId id) const {
    const auto all = sink.all<SizingRecord>();
    for (auto r = all.rbegin(); r != all.rend(); ++r)
      if (r->instrument == id) return *r;
    FAIL("nothing was said of it");
    return {};
  }
  std::vector<CheckRecord> cuts(InstrumentId id) const {
    std::vector<CheckRecord> out;
    for (const CheckRecord& c : record(id).checks)
      if (*c.rule_source == "projection") out.push_back(c);
    return out;
  }
};

const std::vector<std::uint32_t> btc_bnb{1, 2}, all_three{1, 2, 3};

}  // namespace

TEST_CASE("rule 1.3: several BUYs beyond the cash get the same part of their wish each, and explain says so") {
  Three d("1000"_dec);
  d.buy(0.6, 0.6, 0);  // 5.9999 of each at 99.95, and 1.2 % of fees on top: 1,213.77
  CHECK(d.sent(d.m.btc) == "4.9431"_dec);
  CHECK(d.sent(d.m.bnb) == "4.9431"_dec);
  CHECK(d.why("QUOTE_BALANCE_SHORT") == 0);
  for (const InstrumentId id : {d.m.btc, d.m.bnb}) {
    const SizingRecord r = d.record(id);
    CHECK(*r.code == "ORDER");
    CHECK(r.wanted_qty == "5.9999"_dec);
    CHECK(r.order_qty == "4.9431"_dec);
    REQUIRE(d.cuts(id).size() == 1);
    const CheckRecord c = d.cuts(id)[0];
    CHECK(c.action == 2);
    CHECK(c.code == "QUOTE_BALANCE_SHORT");
    CHECK(c.value == "1213.77257012"_dec);
    CHECK(c.limit == "1000"_dec);
    CHECK(c.max_qty == "4.9431"_dec);
    CHECK(c.reason == "the entries of this step share the quote balance: each gets 0.823877 of its wish");
    CHECK(*r.checks.back().rule_source == "floor");
  }
}

TEST_CASE("rule 1.3: explain tells from the store alone what was short and which part of its wish an entry got") {
  Three d("1000"_dec);
  d.buy(0.6, 0.6, 0);
  const Id128 decision = d.broker.sent[1].decision;
  test::StoreFolder dir;
  const store::StoreOptions o{dir / "p.db", dir / "t.db", {"mock", "v", "default"}, {}, &d.m.table};
  auto stored = store::SqlStore::open(o);
  if (!stored) FAIL(stored.error().message);
  DecisionRecord of_bridge;
  of_bridge.id = decision;
  of_bridge.instrument = d.m.bnb;
  of_bridge.code = test::text("TARGET");
  (*stored)->put(Record(of_bridge));
  for (SizingRecord& r : d.sink.all<SizingRecord>()) (*stored)->put(Record(std::move(r)));
  (*stored)->end_step(1);
  REQUIRE((*stored)->close().ok());
  const auto reader = store::Reader::open(o.prices, o.transactions);
  REQUIRE(reader.ok());
  const auto why = (*reader)->explain_decision(decision.hex());
  REQUIRE(why.ok());
  const nlohmann::json told = nlohmann::json::parse(*why);
  const nlohmann::json& checks = told.at("checks");
  const auto at = std::find_if(checks.begin(), checks.end(), [](const nlohmann::json& c) { return c.at("rule") == "projection"; });
  REQUIRE(at != checks.end());
  const nlohmann::json& cut = *at;
  CHECK(cut.at("rule") == "projection");
  CHECK(cut.at("verdict") == "shrink");
  CHECK(cut.at("code") == "QUOTE_BALANCE_SHORT");
  CHECK(cut.at("value") == "1213.77257012");
  CHECK(cut.at("lim") == "1000");
  CHECK(cut.at("max_qty") == "4.9431");
  CHECK(cut.at("reason") == "the entries of this step share the quote balance: each gets 0.823877 of its wish");
}

TEST_CASE("rule 1.3: who comes first in the configuration gets no more for it") {
  Three one("1000"_dec), other("1000"_dec);
  one.buy(0.8, 0.4, 0.2);
  other.buy(0.2, 0.4, 0.8);
  CHECK(one.sent(one.m.btc) == other.sent(other.eth));
  CHECK(one.sent(one.m.bnb) == other.sent(other.m.bnb));
  CHECK(one.sent(one.eth) == other.sent(other.m.btc));
  CHECK(one.sent(one.m.btc).is_positive());
}

TEST_CASE("rule 1.3: a plan of the rebalancer is projected as BUYs are") {
  Three d("1000"_dec);
  d.want({d.target(Purpose::rebalance, 0.7), d.target(Purpose::rebalance, 0.7, d.m.bnb)}, true);
  CHECK(d.broker.sent.size() == 2);
  CHECK(d.sent(d.m.btc) == d.sent(d.m.bnb));
  CHECK(d.sent(d.m.btc) == "4.9431"_dec);
}

TEST_CASE("rule 1.3: the caps of the floor are shared: in total, of the day, and what drift would trim") {
  FloorLimits total, day;
  total.max_total = day.max_day = "700"_dec;
  for (const FloorLimits& limits : {total, day}) {
    Three d("10000"_dec, limits);
    d.buy(0.05, 0.05, 0);
    CHECK(d.sent(d.m.btc) == "3.5017"_dec);  // 350 at 99.95
    CHECK(d.sent(d.m.bnb) == "3.5017"_dec);
    REQUIRE(d.cuts(d.m.btc).size() == 1);
    CHECK(d.cuts(d.m.btc)[0].code == (limits.max_total.is_set() ? "TOTAL_NOTIONAL_LIMIT" : "DAY_NOTIONAL_LIMIT"));
  }
  Three drift;
  drift.options.exposure_drift = {"0.08"_dec, "0.085"_dec};
  drift.make({}, {}, "10000"_dec);
  drift.prices();
  drift.buy(0.05, 0.05, 0);
  CHECK(drift.sent(drift.m.btc) == "4"_dec);
  CHECK(drift.sent(drift.m.bnb) == "4"_dec);
  CHECK(drift.cuts(drift.m.bnb)[0].code == "DRIFT_CAP");
}

TEST_CASE("rule 1.3: exits come first and whole, whatever the entries have to share") {
  Three d("1000"_dec);
  d.hold(0.05);
  d.prices();
  const std::size_t before = d.broker.sent.size();
  d.want({d.target(Purpose::entry, 0.6, d.m.bnb), d.target(Purpose::exit, 0), d.target(Purpose::entry, 0.6, d.eth)});
  REQUIRE(d.broker.sent.size() == before + 3);
  CHECK(d.broker.sent[before].side() == Side::sell);
  CHECK(d.broker.sent[before].qty() == "0.5"_dec);
  CHECK(d.cuts(d.m.btc).empty());
  CHECK(d.sent(d.m.bnb, before) == d.sent(d.eth, before));
  CHECK(d.cuts(d.eth).size() == 1);
  // Later in the configuration than the entry, it comes first all the same.
  Three last("1000"_dec);
  last.hold(0.05, last.eth);
  last.prices();
  const std::size_t held = last.broker.sent.size();
  last.want({last.target(Purpose::entry, 0.6), last.target(Purpose::exit, 0, last.eth)});
  REQUIRE(last.broker.sent.size() == held + 2);
  CHECK(last.broker.sent[held].side() == Side::sell);
}

TEST_CASE("rule 1.3: what the rules allow all of them is shared by those it binds, and by nobody else") {
  Three d("10000"_dec, {}, {{btc_bnb, "600"_dec, "CLUSTER_LIMIT"}});
  d.buy(0.05, 0.05, 0.05);  // 500 of each
  CHECK(d.sent(d.m.btc) == "3"_dec);
  CHECK(d.sent(d.m.bnb) == "3"_dec);
  CHECK(d.sent(d.eth) == "5"_dec);
  REQUIRE(d.cuts(d.m.bnb).size() == 1);
  CHECK(d.cuts(d.m.bnb)[0].code == "CLUSTER_LIMIT");
  CHECK(d.cuts(d.m.bnb)[0].reason == "the entries of this step share what caps allows: each gets 0.6 of its wish");
  CHECK(d.cuts(d.eth).empty());
}

TEST_CASE("rule 1.3: the cap of one product comes first, then what is shared") {
  Three d("10000"_dec, {}, {{{1}, "200"_dec, "POSITION_LIMIT"}, {btc_bnb, "600"_dec, "EXPOSURE_LIMIT"}});
  d.buy(0.05, 0.05, 0);  // 200 of what is capped and 500: 6/7 of each
  CHECK(d.sent(d.m.btc).to_double() == Approx(200.0 / 700 * 6).margin(0.0005));
  CHECK(d.sent(d.m.bnb).to_double() == Approx(500.0 / 700 * 6).margin(0.0005));
}

TEST_CASE("rule 1.3: a rule that cuts by a part cuts once, also what is shared") {
  Three d("10000"_dec, {}, {{btc_bnb, "400"_dec, "EXPOSURE_LIMIT"}}, true);
  d.buy(0.05, 0.05, 0);  // 5 of each, of which a half is allowed, and 4 in all
  CHECK(d.sent(d.m.btc) == "2"_dec);
  CHECK(d.sent(d.m.bnb) == "2"_dec);
}

TEST_CASE("rule 1.3: what no rule and no cap shares is judged as it was before, once each") {
  // BNB may be no more than 100, alone or not: that takes nothing from the others, and they are not asked about again.
  Three d("10000"_dec, {}, {{{2}, "100"_dec, "POSITION_LIMIT"}});
  d.buy(0.05, 0.05, 0.05);
  CHECK(d.sent(d.m.btc) == "5"_dec);
  CHECK(d.sent(d.m.bnb) == "1"_dec);
  CHECK(d.sent(d.eth) == "5"_dec);
  for (const InstrumentId id : {d.m.btc, d.m.bnb, d.eth}) CHECK(d.cuts(id).empty());
}

TEST_CASE("rule 1.3: a part too small for an order is the others', and says so") {
  FloorLimits limits;
  limits.max_total = "120"_dec;  // 40 of each is below the 50 of execution.min_trade
  Three d("10000"_dec, limits);
  d.buy(0.05, 0.05, 0.05);
  CHECK(d.sent(d.m.btc) == "0.6003"_dec);
  CHECK(d.sent(d.m.bnb) == "0.6003"_dec);
  CHECK(d.sent(d.eth).is_zero());
  CHECK(d.why("TOTAL_NOTIONAL_LIMIT") == 1);
  REQUIRE(d.cuts(d.eth).size() == 2);  // alone it would have got 120 of its 500
  CHECK(d.cuts(d.eth)[0].action == 2);
  CHECK(d.cuts(d.eth)[1].action == 0);
  CHECK(d.cuts(d.eth)[1].reason == "the entries of this step share execution.floor.max_total: the part of it, 0.08004 of its wish, makes no order");
}

TEST_CASE("rule 1.3: who is refused anyway takes nothing from the others") {
  Three d("1000"_dec);
  d.exec->list(d.m.bnb, false);
  d.buy(0.6, 0.6, 0.6);
  CHECK(d.why("PRODUCT_NOT_LISTED") == 1);
  CHECK(d.sent(d.m.btc) == "4.9431"_dec);
  CHECK(d.sent(d.eth) == "4.9431"_dec);
  // Nor does who is one order too many.
  FloorLimits rate;
  rate.max_orders_per_minute = 2;
  Three counted("1000"_dec, rate);
  counted.buy(0.6, 0.6, 0.6);
  CHECK(counted.why("ORDER_RATE_LIMIT") == 1);
  CHECK(counted.sent(counted.m.btc) == "4.9431"_dec);
  CHECK(counted.sent(counted.m.bnb) == "4.9431"_dec);
  // The ramp's number of orders binds in one step as in several.
  Three ramped;
  ramped.options.ramp.orders_per_day = 2;
  ramped.make({}, {}, "1000"_dec);
  ramped.prices();
  ramped.buy(0.6, 0.6, 0.6);
  CHECK(ramped.why("RAMP_ORDERS") == 1);
  CHECK(ramped.sent(ramped.m.btc) == "4.9431"_dec);
  CHECK(ramped.sent(ramped.m.bnb) == "4.9431"_dec);
}

TEST_CASE("rule 1.3: one entry alone is cut to what there is, and refused where that is no order") {
  Three d("1000"_dec);
  d.want(Purpose::entry, 1.0);  // 10 at 99.95 and the fee: 1,011.49
  CHECK(d.last().qty() == "9.8863"_dec);
  REQUIRE(d.cuts(d.m.btc).size() == 1);
  CHECK(d.cuts(d.m.btc)[0].code == "QUOTE_BALANCE_SHORT");
  FloorLimits tiny;
  tiny.max_total = "49"_dec;  // execution.min_trade is 50
  Three none("10000"_dec, tiny);
  none.want(Purpose::entry, 0.05);
  CHECK(none.broker.sent.empty());
  CHECK(none.why("TOTAL_NOTIONAL_LIMIT") == 1);
  CHECK(none.cuts(none.m.btc).empty());
}

TEST_CASE("rule 1.3: what is larger than an order may be is bought in several, and then there are no more") {
  FloorLimits limits;
  limits.max_order = "200"_dec;
  Three d("10000"_dec, limits);
  for (int step = 0; step < 6; ++step) {
    const std::size_t before = d.broker.sent.size();
    d.want(Purpose::entry, 0.05);
    for (std::size_t i = before; i < d.broker.sent.size(); ++i) {
      CHECK(mul(d.broker.sent[i].qty(), d.broker.sent[i].limit_px(), Rounding::up) <= "200"_dec);
      d.fill(d.broker.sent[i], d.broker.sent[i].qty(), d.broker.sent[i].limit_px());
    }
    d.now += bar_ns;
    d.prices();
  }
  CHECK(d.broker.sent.size() == 3);
  CHECK(d.exec->portfolio().position(d.m.btc).qty == "5.0001"_dec);  // 5 % of what equity has become
}

TEST_CASE("rule 1.3: constant inputs make no orders after convergence, and no step goes beyond what there is") {
  const bool held = rc::check("whatever is wanted of whatever there is", [] {
    const auto money = [](int from, int to) { return Decimal::from_int(*rc::gen::inRange(from, to)); };
    FloorLimits limits;
    if (*rc::gen::arbitrary<bool>()) limits.max_total = money(100, 12'000);
    if (*rc::gen::arbitrary<bool>()) limits.max_day = money(100, 12'000);
    std::vector<Caps::Group> groups;
    if (*rc::gen::arbitrary<bool>()) groups.push_back({all_three, money(0, 12'000), "EXPOSURE_LIMIT"});
    if (*rc::gen::arbitrary<bool>()) groups.push_back({btc_bnb, money(0, 8'000), "CLUSTER_LIMIT"});
    if (*rc::gen::arbitrary<bool>()) groups.push_back({{2, 3}, money(0, 8'000), "CLUSTER_LIMIT"});
    if (*rc::gen::arbitrary<bool>()) groups.push_back({{1}, money(0, 5'000), "POSITION_LIMIT"});
    Three d("10000"_dec, limits, groups);
    const double btc = *rc::gen::inRange(0, 901) / 1000.0, bnb = *rc::gen::inRange(0, 901) / 1000.0, eth = *rc::gen::inRange(0, 901) / 1000.0;
    const auto purpose = *rc::gen::element(Purpose::entry, Purpose::rebalance);
    for (int step = 0; step < 7; ++step) {
      const std::size_t before = d.broker.sent.size();
      d.want({d.target(purpose, btc), d.target(purpose, bnb, d.m.bnb), d.target(purpose, eth, d.eth)}, purpose == Purpose::rebalance);
      if (step >= 3) RC_ASSERT(d.broker.sent.size() == before);
      for (std::size_t i = before; i < d.broker.sent.size(); ++i) {
        RC_ASSERT(d.broker.sent[i].side() == Side::buy);
        d.fill(d.broker.sent[i], d.broker.sent[i].qty(), d.broker.sent[i].limit_px());
      }
      const Portfolio& book = d.exec->portfolio();
      RC_ASSERT(!book.cash(d.m.usd).is_negative());
      if (limits.max_total.is_set()) RC_ASSERT(book.exposure() <= limits.max_total + mul(limits.max_total, "0.0006"_dec, Rounding::up));  // bought at the bid
      for (const Caps::Group& g : groups) {
        Decimal worth = Decimal::zero();
        for (const std::uint32_t id : g.members) worth = worth + book.value({id});
        RC_ASSERT(worth <= g.most);
      }
      d.now += bar_ns;
      d.prices();
    }
  });
  CHECK(held);
}
