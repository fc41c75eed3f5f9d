#include "services/portfolio_rebalancer/rebalancer.hpp"

#include <cmath>
#include <set>

#include "unit/services/desk.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;

namespace {

struct Plan final : services::RebalancePlan {
  SharedText name_ = test::text("equal");
  std::vector<services::PlanLine>& lines;
  explicit Plan(std::vector<services::PlanLine>& l) : lines(l) {}
  const SharedText& name() const override { return name_; }
  void on_event(const bl_event&) override {}
  Result<std::vector<services::PlanLine>> plan(std::span<const Prediction>, const bl_portfolio&) override { return lines; }
};

struct Table {
  test::Market m;
  test::Sink sink;
  Portfolio book;
  OrderTable orders;
  PortfolioView view;
  std::vector<services::PlanLine> lines;
  services::PluginErrors errors;
  services::Rebalancer rebalancer;

  explicit Table(std::uint32_t every = 0, bool with_plan = true)
      : book(m.book("1000"_dec)), rebalancer({1, every, test::bar_ns, &errors}, m.table, plans(with_plan), sink) {
    book.set_mark(m.btc, test::mark_at("100"_dec));
    view.build(book, orders, TradingState::active, 0);
  }
  std::vector<std::unique_ptr<services::RebalancePlan>> plans(bool with_plan) {
    std::vector<std::unique_ptr<services::RebalancePlan>> out;
    if (with_plan) out.push_back(std::make_unique<Plan>(lines));
    return out;
  }
  std::string code(bool record = true) {
    const auto r = rebalancer.run(5, view, record, "r");
    return r ? "" : r.error().code;
  }
};

}  // namespace

TEST_CASE("a plan's weights become standing targets of rank rebalance, and one record") {
  Table t;
  t.lines = {{t.m.btc, 0.6, 0}, {t.m.bnb, 0.4, 77}};
  const auto made = t.rebalancer.run(5, t.view, true, "r");
  REQUIRE(made);
  REQUIRE(made->size() == 2);
  CHECK((*made)[0].purpose == Purpose::rebalance);
  CHECK((*made)[0].weight == 0.6);
  CHECK((*made)[0].valid_until == INT64_MAX);
  CHECK((*made)[1].valid_until == 77);
  CHECK((*made)[0].decision != (*made)[1].decision);
  CHECK((*made)[0].ref_px == "100"_dec);
  CHECK_FALSE((*made)[1].ref_px.is_set());
  const auto records = t.sink.all<RebalanceRecord>();
  REQUIRE(records.size() == 1);
  CHECK(records[0].weights.size() == 2);
  CHECK(t.rebalancer.plans_made() == 1);
}

TEST_CASE("plans of one time are decisions of their own: commanded twice, after the one that was due, and after a restart") {
  Table t(1);
  t.lines = {{t.m.btc, 0.6, 0}};
  std::vector<Target> due;
  REQUIRE(t.rebalancer.decide(5, {}, t.view, due));
  const auto first = t.rebalancer.run(5, t.view, true, "a"), again = t.rebalancer.run(5, t.view, true, "a"),
             other = t.rebalancer.run(5, t.view, true, "b");
  Table later(1);  // the process that goes on from step 5
  later.lines = t.lines;
  later.rebalancer.planned_before(5, 4);
  const auto after = later.rebalancer.run(5, later.view, true, "b");
  REQUIRE((first && again && other && after));
  std::set<std::string> decisions{due[0].decision.hex()}, plans;
  for (const auto* made : {&first, &again, &other, &after}) decisions.insert((**made)[0].decision.hex());
  CHECK(decisions.size() == 5);
  std::vector<std::uint64_t> order;
  for (const test::Sink* sink : {&t.sink, &later.sink})
    for (const RebalanceRecord& r : sink->all<RebalanceRecord>()) {
      plans.insert(r.id);
      order.push_back(r.seq);
    }
  CHECK(plans.size() == 5);
  CHECK(order == std::vector<std::uint64_t>{1, 2, 3, 4, 5});
  due.clear();
  REQUIRE(t.rebalancer.decide(6, {}, t.view, due));
  CHECK(t.sink.all<RebalanceRecord>().back().seq == 1);  // counted anew: a commanded plan changes nothing of later ones
}

TEST_CASE("a dry run plans the same and records nothing") {
  Table t;
  t.lines = {{t.m.btc, 0.6, 0}};
  const auto tried = t.rebalancer.run(5, t.view, false, "r");
  REQUIRE(tried);
  CHECK(tried->size() == 1);
  CHECK(t.sink.records.empty());
  CHECK(t.rebalancer.plans_made() == 0);
}

TEST_CASE("weights outside 0..1, NaN, unknown products and more than the whole are refused, and nothing of the plan stands") {
  Table t;
  for (const double bad : {-0.01, 1.01, std::nan(""), std::numeric_limits<double>::infinity()}) {
    t.lines = {{t.m.bnb, 0.1, 0}, {t.m.btc, bad, 0}};
    CHECK(t.code() == "REBALANCE_WEIGHT");
  }
  t.lines = {{{9}, 0.1, 0}};
  CHECK(t.code() == "REBALANCE_WEIGHT");
  t.lines = {{{0}, 0.1, 0}};
  CHECK(t.code() == "REBALANCE_WEIGHT");
  t.lines = {{t.m.btc, 0.6, 0}, {t.m.bnb, 0.41, 0}};
  CHECK(t.code() == "REBALANCE_SUM");
  CHECK(t.sink.records.empty());
  t.lines = {{t.m.btc, 0.6, 0}, {t.m.bnb, 0.4, 0}};
  CHECK(t.code() == "");
}

TEST_CASE("a plan whose neighbour is refused is not recorded: it was never applied") {
  test::Market m;
  test::Sink sink;
  Portfolio book = m.book("1000"_dec);
  OrderTable orders;
  PortfolioView view;
  view.build(book, orders, TradingState::active, 0);
  std::vector<services::PlanLine> good{{m.btc, 0.5, 0}}, bad{{m.btc, 2.0, 0}};
  std::vector<std::unique_ptr<services::RebalancePlan>> plans;
  plans.push_back(std::make_unique<Plan>(good));
  plans.push_back(std::make_unique<Plan>(bad));
  services::Rebalancer both({1, 0, test::bar_ns, nullptr}, m.table, std::move(plans), sink);
  CHECK_FALSE(both.run(5, view, true, "r"));
  CHECK(sink.records.empty());
  CHECK(both.plans_made() == 0);
  bad = {{m.bnb, 0.5, 0}};
  CHECK(both.run(5, view, true, "r"));
  CHECK(sink.all<RebalanceRecord>().size() == 2);
}

TEST_CASE("a plan is due every n bars, on command only with 0, and says so when none is configured") {
  Table t(3);
  t.lines = {{t.m.btc, 0.5, 0}};
  std::string due;
  for (int bar = 0; bar < 7; ++bar) {
    std::vector<Target> targets;
    due += t.rebalancer.decide(bar, {}, t.view, targets) ? 'x' : '.';
    CHECK(targets.size() == (due.back() == 'x' ? 1u : 0u));
  }
  CHECK(due == "..x..x.");
  Table never(0);
  std::vector<Target> none;
  CHECK_FALSE(never.rebalancer.decide(1, {}, never.view, none));
  Table absent(1, false);
  CHECK(absent.code() == "REBALANCER_ABSENT");
}

TEST_CASE("a refused plan leaves the one before standing") {
  Table t(1);
  t.lines = {{t.m.btc, 2.0, 0}};
  std::vector<Target> targets;
  CHECK_FALSE(t.rebalancer.decide(1, {}, t.view, targets));
  CHECK(targets.empty());
  CHECK(t.errors.counts().at("equal").at("REBALANCE_WEIGHT") == 1);  // and is not passed over in silence
}
