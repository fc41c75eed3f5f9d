#include "services/signal_bridge/bridge.hpp"

#include <rapidcheck.h>

#include <cmath>
#include <set>

#include "unit/services/desk.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;

namespace {

struct Refuse final : RiskRule {
  SharedText name_ = test::text("adviser");
  const SharedText& name() const override { return name_; }
  bool check(const bl_intent&, const bl_portfolio&, bl_verdict& v) override {
    test::put_text(v.code, "EXPOSURE_LIMIT");
    return true;
  }
};

struct Table {
  test::Market m;
  test::Sink sink;
  Portfolio book;
  OrderTable orders;
  PortfolioView view;
  services::BridgeOptions options;
  std::vector<std::unique_ptr<RiskRule>> advisers;
  std::unique_ptr<services::Bridge> bridge;
  std::vector<Target> targets;
  std::vector<InstrumentId> changed;
  bool keep_view = false;  // the test made it

  Table() : book(m.book("10000"_dec)) { book.set_mark(m.btc, test::mark_at("100"_dec)); }
  void hold() {
    Fill f;
    f.instrument = m.btc;
    f.px = "100"_dec;
    f.qty = "1"_dec;
    f.fee = Decimal::zero();
    f.fee_asset = m.usd;
    REQUIRE(book.apply(f));
  }
  Prediction say(Action action) const {
    Prediction p;
    p.id = {1, 2};
    p.instrument = m.btc;
    p.action = action;
    p.time = 10;
    p.valid_until = 20;
    p.p_up = 0.8;
    p.threshold = 0.6;
    p.expected_move = 0.10;
    p.ref_px = "100"_dec;
    return p;
  }
  std::string decide(const Prediction& p, Nanos now = 10) {
    if (!bridge) bridge = std::make_unique<services::Bridge>(options, m.table, std::move(advisers), sink);
    if (!keep_view) view.build(book, orders, TradingState::active, now);
    targets.clear();
    changed.clear();
    bridge->decide(now, std::span(&p, 1), view, targets, changed);
    const auto all = sink.all<DecisionRecord>();
    REQUIRE_FALSE(all.empty());
    CHECK((*all.back().code == "TARGET") == (targets.size() == 1));
    CHECK(std::isnan(all.back().target_weight) == targets.empty());
    return *all.back().code;
  }
};

}  // namespace

TEST_CASE("each decision code: a BUY becomes a target, or the reason why not") {
  Table t;
  CHECK(t.decide(t.say(Action::buy)) == "TARGET");
  CHECK(t.targets[0].purpose == Purpose::entry);
  CHECK(t.targets[0].weight == Approx(0.05 * 0.5));
  CHECK(t.targets[0].decision == (Id128{1, 2}));
  CHECK(t.targets[0].valid_until == 20);
  CHECK(t.decide(t.say(Action::hold)) == "HOLD");
  CHECK(t.decide(t.say(Action::sell)) == "SELL_NOTHING_HELD");
  CHECK(t.decide(t.say(Action::none)) == "PREDICTION_MALFORMED");
  CHECK(t.decide(t.say(Action::buy), 20) == "PREDICTION_EXPIRED");
  CHECK(t.decide(t.say(Action::buy), 19) == "TARGET");
  Prediction p = t.say(Action::buy);
  p.expected_move = nan_value;
  CHECK(t.decide(p) == "MOVE_UNKNOWN");
  p.expected_move = 0.01;
  CHECK(t.decide(p) == "EDGE_BELOW_COST");
  p = t.say(Action::buy);
  p.p_up = 0.6;
  CHECK(t.decide(p) == "WEIGHT_ZERO");
  p = t.say(Action::buy);
  p.instrument = t.m.bnb;
  CHECK(t.decide(p) == "MARK_MISSING");
  CHECK(t.bridge->counts().at("TARGET") == 2);
  std::set<std::string_view> documented;
  for (const auto& [code, meaning] : services::decision_codes()) CHECK(documented.insert(code).second);
  for (const auto& [code, n] : t.bridge->counts()) CHECK(documented.contains(code));
}

TEST_CASE("rule 1.1: a SELL of what is held proposes none of it, whatever its numbers are") {
  Table t;
  t.hold();
  Prediction p = t.say(Action::sell);
  p.p_up = 7;
  p.expected_move = nan_value;
  CHECK(t.decide(p) == "TARGET");
  CHECK(t.targets[0].purpose == Purpose::exit);
  CHECK(t.targets[0].weight == 0);
}

TEST_CASE("rule 1.1: a SELL of what is only being bought proposes none of it") {
  Table t;
  bl_intent entry{};
  entry.size = sizeof entry;
  entry.instrument = t.m.btc.value;
  entry.side = BL_BUY;
  t.view.build(t.book, t.orders, TradingState::active, 10);
  t.view.add_working(entry);
  t.keep_view = true;
  CHECK(t.decide(t.say(Action::sell)) == "TARGET");
  CHECK(t.targets[0].purpose == Purpose::exit);
  entry.side = BL_SELL;
  t.view.build(t.book, t.orders, TradingState::active, 10);
  t.view.add_working(entry);
  CHECK(t.decide(t.say(Action::sell)) == "SELL_NOTHING_HELD");
}

TEST_CASE("an adviser's refusal keeps a BUY back under the rule's own code; no increase is not asked about") {
  Table t;
  t.advisers.push_back(std::make_unique<Refuse>());
  CHECK(t.decide(t.say(Action::buy)) == "EXPOSURE_LIMIT");
  const auto all = t.sink.all<DecisionRecord>();
  REQUIRE(all[0].checks.size() == 1);
  CHECK(*all[0].checks[0].rule_source == "adviser");
  t.hold();
  Fill more;
  more.instrument = t.m.btc;
  more.px = "100"_dec;
  more.qty = "9"_dec;
  more.fee = Decimal::zero();
  more.fee_asset = t.m.usd;
  REQUIRE(t.book.apply(more));
  CHECK(t.decide(t.say(Action::buy)) == "TARGET");  // holds 10 %, wants 2.5 %
}

TEST_CASE("rule 1.2: the cost an entry has to beat is round-trip fee + half spread + margin; the cost itself passes") {
  Table t;
  const double cost = 2 * 0.012 + 0.0005 + 0.0005;
  Prediction p = t.say(Action::buy);
  p.expected_move = cost;
  CHECK(t.decide(p) == "TARGET");
  CHECK(t.sink.all<DecisionRecord>().back().cost == Approx(cost));
  p.expected_move = std::nextafter(cost, 0);
  CHECK(t.decide(p) == "EDGE_BELOW_COST");
}

TEST_CASE("rule 1.2: with the cost gate off an entry without an expected move passes") {
  Table t;
  t.options.cost_gate = false;
  Prediction p = t.say(Action::buy);
  p.expected_move = nan_value;
  CHECK(t.decide(p) == "TARGET");
}

TEST_CASE("rule 1.2: the weight: from probabilities, else the prediction's own, else its confidence") {
  const auto w = [](double up, double threshold, double weight, double confidence) {
    Prediction p;
    p.p_up = up;
    p.threshold = threshold;
    p.weight = weight;
    p.confidence = confidence;
    return services::Bridge::weight_of(p, 0.05);
  };
  CHECK(w(0.8, 0.6, 0.01, 1) == Approx(0.025));
  CHECK(w(1.0, 0.6, 0.01, 1) == Approx(0.05));
  CHECK(w(0.5, 0.6, 0.01, 1) == 0);
  CHECK(w(nan_value, nan_value, 0.02, 1) == Approx(0.02));
  CHECK(w(nan_value, nan_value, 0.9, 1) == Approx(0.05));
  CHECK(w(nan_value, nan_value, -0.9, 1) == 0);
  CHECK(w(nan_value, nan_value, nan_value, 0.5) == Approx(0.025));
  CHECK(w(0.99, 1.0, nan_value, 1) == 0);  // a threshold of 1 is never passed, and confidence is no way round it
  CHECK(rc::check("never outside 0..max_position", [&](std::int32_t up, std::int32_t th, std::int32_t we, std::int32_t co) {
    const double got = w(up / 1000.0, th / 1000.0, we / 1000.0, co / 1000.0);
    RC_ASSERT(got >= 0 && got <= 0.05);
  }));
}

TEST_CASE("a BUY with numbers outside their range is malformed, not sized") {
  Table t;
  for (const double bad : {-0.1, 1.1, std::numeric_limits<double>::infinity()}) {
    Prediction p = t.say(Action::buy);
    p.p_up = bad;
    CHECK(t.decide(p) == "PREDICTION_MALFORMED");
    p = t.say(Action::buy);
    p.threshold = bad;
    CHECK(t.decide(p) == "PREDICTION_MALFORMED");
  }
  Prediction p = t.say(Action::buy);
  p.expected_move = std::numeric_limits<double>::infinity();
  CHECK(t.decide(p) == "PREDICTION_MALFORMED");
}

TEST_CASE("a changed action is told once, the first one is no change") {
  Table t;
  CHECK(t.decide(t.say(Action::hold)) == "HOLD");
  CHECK(t.changed.empty());
  static_cast<void>(t.decide(t.say(Action::buy)));
  CHECK(t.changed == std::vector{t.m.btc});
  static_cast<void>(t.decide(t.say(Action::buy)));
  CHECK(t.changed.empty());
}

TEST_CASE("rule 1.2: the cost of a BUY is told in its parts, whether the gate is on or not; of a HOLD or a SELL there is none") {
  for (const bool gate : {true, false}) {
    Table t;
    t.options.cost_gate = gate;
    t.decide(t.say(Action::buy));
    const auto bought = t.sink.all<DecisionRecord>().back();
    REQUIRE(bought.costs);
    CHECK(bought.costs->gate == gate);
    CHECK(bought.costs->fee_rate == 2 * t.m.table[t.m.btc].rules.taker_fee.to_double());
    CHECK(bought.costs->half_spread_rate == t.options.assumed_half_spread);
    CHECK(bought.costs->margin_rate == t.options.cost_margin);
    CHECK(bought.cost == bought.costs->fee_rate + bought.costs->half_spread_rate + bought.costs->margin_rate);
    t.decide(t.say(Action::hold));
    CHECK_FALSE(t.sink.all<DecisionRecord>().back().costs);
    t.decide(t.say(Action::sell));
    CHECK_FALSE(t.sink.all<DecisionRecord>().back().costs);
  }
}
