// A target below 0 counts as 0, and says so: in the decision of the bridge, in the sizing, in explain (trading rules 1.1).
#include <cmath>
#include <nlohmann/json.hpp>

#include "services/portfolio_rebalancer/rebalancer.hpp"
#include "services/signal_bridge/bridge.hpp"
#include "store/reader.hpp"
#include "store/sql_store.hpp"
#include "unit/services/again.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using nlohmann::json;

namespace {

SizingRecord last_sizing(const test::Desk& d) {
  const auto all = d.sink.all<SizingRecord>();
  REQUIRE_FALSE(all.empty());
  return all.back();
}
const CheckRecord* negative(const SizingRecord& r) {
  for (const CheckRecord& c : r.checks)
    if (c.code == "TARGET_NEGATIVE") return &c;
  return nullptr;
}

}  // namespace

TEST_CASE("rule 1.1: a negative target of something that is not held is sized as TARGET_NEGATIVE, with what was wanted") {
  for (const Purpose purpose : {Purpose::entry, Purpose::rebalance}) {
    test::Desk d;
    d.want(purpose, -0.2);
    const SizingRecord r = last_sizing(d);
    CHECK(*r.code == "TARGET_NEGATIVE");
    CHECK(r.target_weight == 0);
    REQUIRE(negative(r) != nullptr);
    CHECK(negative(r)->value == "-0.2"_dec);
    CHECK(negative(r)->limit == "0"_dec);
    CHECK(d.broker.sent.empty());
    CHECK(d.why("TARGET_NEGATIVE") == 1);
  }
}

TEST_CASE("rule 1.1: a negative target of something that is held sells all of it and no more, and its order says why") {
  test::Desk d;
  d.hold(0.05);
  d.price(d.m.btc, 10000);
  const Decimal held = d.exec->portfolio().position(d.m.btc).qty;
  const Target t = d.target(Purpose::rebalance, -0.2);
  d.want({t}, true);
  CHECK(d.last().side() == Side::sell);
  CHECK(d.last().qty() == held);
  const SizingRecord r = last_sizing(d);
  CHECK(*r.code == "ORDER");
  REQUIRE(negative(r) != nullptr);
  test::StoreFolder dir;
  store::StoreOptions o{dir / "p.db", dir / "t.db", {"mock", "v", "default"}, {}, &d.m.table};
  auto s = store::SqlStore::open(o);
  REQUIRE(s.ok());
  for (Record one : d.sink.records) (*s)->put(std::move(one));
  (*s)->end_step(d.now);
  REQUIRE((*s)->close().ok());
  auto reader = store::Reader::open(o.prices, o.transactions);
  REQUIRE(reader.ok());
  const auto why = (*reader)->explain_order(d.last().client_id());
  REQUIRE(why.ok());
  INFO(*why);
  bool told = false;
  const json all = json::parse(*why);
  for (const json& check : all["checks"]) told = told || (check["code"] == "TARGET_NEGATIVE" && check["value"] == "-0.2");
  CHECK(told);
}

TEST_CASE("rule 1.1: a target of 0 or above says nothing of it, and what replaces a negative one is not called so") {
  test::Desk d;
  d.want(Purpose::rebalance, -0.2);
  d.now += test::bar_ns;
  d.price(d.m.btc, 10000);
  d.want(Purpose::rebalance, 0);
  CHECK(*last_sizing(d).code == "AT_TARGET");
  CHECK(last_sizing(d).checks.empty());
  d.now += test::bar_ns;
  d.price(d.m.btc, 10000);
  d.want(Purpose::rebalance, 0.05);
  CHECK(*last_sizing(d).code == "ORDER");
  CHECK(negative(last_sizing(d)) == nullptr);
}

TEST_CASE("rule 1.1: a plan's negative target outlives the process as what was wanted") {
  test::StoreFolder dir;
  test::Desk d({}, "10000"_dec, [&dir] { return test::opened(dir / "journal.db"); }());
  d.want(Purpose::rebalance, -0.2);
  REQUIRE(d.journal->flush().ok());
  std::string row;
  REQUIRE(d.journal->each([&row](const store::JournalRow& r) -> Result<void> {
    if (r.kind == store::journal_kind::target) row = r.payload;
    return {};
  }));
  REQUIRE_FALSE(row.empty());
  CHECK(json::parse(row)["weight"] == -0.2);
}

TEST_CASE("rule 1.1: a prediction whose own weight is negative is decided as TARGET_NEGATIVE; of 0 as WEIGHT_ZERO") {
  test::Desk d;
  services::Bridge bridge({}, d.m.table, {}, d.sink);
  const auto decide = [&](double weight, double p_up = nan_value) {
    Prediction p;
    p.id = {1, ++d.decisions};
    p.instrument = d.m.btc;
    p.action = Action::buy;
    p.time = d.now;
    p.valid_until = d.now + test::bar_ns;
    p.weight = weight;
    p.p_up = p_up;
    p.threshold = 0.5;
    p.expected_move = 0.5;
    p.ref_px = "100"_dec;
    std::vector<Target> targets;
    std::vector<InstrumentId> changed;
    bridge.decide(d.now, {&p, 1}, d.exec->publish(d.now), targets, changed);
    return *d.sink.all<DecisionRecord>().back().code;
  };
  CHECK(decide(-0.3) == "TARGET_NEGATIVE");
  CHECK(decide(0) == "WEIGHT_ZERO");
  CHECK(decide(0.3) == "TARGET");
  CHECK(decide(-0.3, 0.2) == "WEIGHT_ZERO");  // sized by its probability
  bool documented = false;
  for (const auto& [code, text] : services::decision_codes()) documented = documented || code == "TARGET_NEGATIVE";
  CHECK(documented);
}

TEST_CASE("rule 1.1: what a rebalancer plans below 0 is a target of what it said, and counts as 0 in the plan") {
  struct Plan final : services::RebalancePlan {
    SharedText name_ = test::text("plan");
    const SharedText& name() const override { return name_; }
    void on_event(const bl_event&) override {}
    Result<std::vector<services::PlanLine>> plan(std::span<const Prediction>, const bl_portfolio&) override {
      return std::vector<services::PlanLine>{{{1}, 0, 0, -0.4}, {{2}, 0.9, 0, 0}};
    }
  };
  test::Desk d;
  std::vector<std::unique_ptr<services::RebalancePlan>> plans;
  plans.push_back(std::make_unique<Plan>());
  services::Rebalancer rebalancer({}, d.m.table, std::move(plans), d.sink);
  const auto targets = rebalancer.run(d.now, d.exec->publish(d.now), true, {});
  REQUIRE(targets.ok());
  REQUIRE(targets->size() == 2);
  CHECK((*targets)[0].weight == -0.4);
  CHECK((*targets)[1].weight == 0.9);
  const auto records = d.sink.all<RebalanceRecord>();
  REQUIRE(records.size() == 1);
  CHECK(records[0].weights[0].second == 0);
}
