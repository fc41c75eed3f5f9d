// One view of why, from the stored run alone, held part by part against what the run said while it ran: a BUY, the stop that
// ended it, and a plan that a BUY lost to.
#include <nlohmann/json.hpp>

#include "services/signal_bridge/bridge.hpp"
#include "store/reader.hpp"
#include "store/sql_store.hpp"
#include "unit/services/desk.hpp"
#include "unit/store/store_folder.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using nlohmann::json;
using test::bar_ns;

namespace {

FloorLimits limits() {
  FloorLimits l;
  l.max_order = "600"_dec;
  l.max_day = "5000"_dec;
  l.max_total = "8000"_dec;
  l.price_collar = "0.05"_dec;
  return l;
}

/// Bridge and trade-execution over one book, and a store that gets what they wrote down.
struct StoredRun {
  test::StoreFolder dir;
  test::Desk d{limits()};
  services::Bridge bridge{{}, d.m.table, {}, d.sink};
  std::unique_ptr<store::Reader> reader;

  Prediction says(Action action, InstrumentId id, std::uint64_t n) const {
    Prediction p;
    p.id = {1, n};
    p.instrument = id;
    p.action = action;
    p.time = d.now;
    p.valid_until = d.now + bar_ns;
    p.p_up = 0.8;
    p.threshold = 0.2;
    p.expected_move = 0.05;
    p.ref_px = "100"_dec;
    return p;
  }
  /// A step: the bridge decides, a plan may stand beside it.
  void step(std::vector<Prediction> predictions, std::vector<Target> plan = {}) {
    const PortfolioView& view = d.exec->publish(d.now);
    std::vector<Target> targets;
    std::vector<InstrumentId> changed;
    bridge.decide(d.now, predictions, view, targets, changed);
    for (const InstrumentId id : changed) d.exec->action_changed(id);
    d.exec->take_targets(targets, false);
    if (!plan.empty()) d.exec->take_targets(plan, true);
    d.exec->trade(d.now);
    d.exec->settle(d.now);
  }
  void store() {
    store::StoreOptions o{dir / "p.db", dir / "t.db", {"mock", "v", "default"}, {}, &d.m.table};
    auto s = store::SqlStore::open(o);
    REQUIRE(s.ok());
    for (Record r : d.sink.records) (*s)->put(std::move(r));
    (*s)->end_step(d.now);
    REQUIRE((*s)->close().ok());
    auto opened = store::Reader::open(o.prices, o.transactions);
    REQUIRE(opened.ok());
    reader = std::move(*opened);
  }
  json order(std::string_view id) const {
    const auto text = reader->explain_order(id);
    REQUIRE(text.ok());
    return json::parse(*text);
  }
  json decision(Id128 id) const {
    const auto text = reader->explain_decision(id.hex());
    REQUIRE(text.ok());
    return json::parse(*text);
  }
  template <class R>
  std::vector<R> of(const ClientOrderId& id) const {
    std::vector<R> out;
    for (const R& r : d.sink.all<R>())
      if (r.order == id) out.push_back(r);
    return out;
  }
};

json amount(Decimal d) { return d.is_set() ? json(d.to_string()) : json(nullptr); }

/// The parts of an order's view that execution wrote, against what it wrote.
void holds(const StoredRun& run, const json& why, const ClientOrderId& id) {
  const auto sized = run.of<SizingRecord>(id);
  REQUIRE(sized.size() == 1);
  REQUIRE(why["sizing"].size() == 1);
  const json& row = why["sizing"][0];
  CHECK(row["equity"] == amount(sized[0].equity));
  CHECK(row["price"] == amount(sized[0].price));
  CHECK(row["held_qty"] == amount(sized[0].held_qty));
  CHECK(row["wanted_qty"] == amount(sized[0].wanted_qty));
  CHECK(row["order_qty"] == amount(sized[0].order_qty));
  REQUIRE(why["checks"].size() == sized[0].checks.size());
  REQUIRE_FALSE(sized[0].checks.empty());
  for (std::size_t i = 0; i < sized[0].checks.size(); ++i) {
    const CheckRecord& c = sized[0].checks[i];
    const json& shown = why["checks"][i];
    CHECK(shown["rule"] == *c.rule_source);
    CHECK(shown["code"] == c.code);
    CHECK(shown["value"] == amount(c.value));
    CHECK(shown["lim"] == amount(c.limit));
    CHECK(shown["headroom"] == amount(abs(c.limit - c.value)));  // all were allowed
  }
  const auto events = run.of<OrderEventRecord>(id);
  REQUIRE(why["events"].size() == events.size());
  for (std::size_t i = 0; i < events.size(); ++i) CHECK(why["events"][i]["event"] == events[i].event);
  const auto exchanges = run.of<ExchangeRecord>(id);
  REQUIRE(why["exchanges"].size() == exchanges.size());
  REQUIRE_FALSE(exchanges.empty());
  for (std::size_t i = 0; i < exchanges.size(); ++i) {
    CHECK(why["exchanges"][i]["way"] == exchanges[i].way);
    CHECK(why["exchanges"][i]["what"] == exchanges[i].what);
    CHECK(why["exchanges"][i]["text"] == exchanges[i].text);
  }
  CHECK(why["fills"].size() == run.of<FillRecord>(id).size());
}

}  // namespace

TEST_CASE("explain: a BUY, the stop that sold it, and a plan that a BUY lost to: each part is what the run said") {
  StoredRun run;
  test::Desk& d = run.d;
  run.step({run.says(Action::buy, d.m.btc, 1)});
  REQUIRE(d.broker.sent.size() == 1);
  const Intent bought = d.last();
  CHECK(std::vector(d.exec->ordered().begin(), d.exec->ordered().end()) == std::vector{Id128{1, 1}});
  d.report(bought, BL_X_ACCEPTED);
  d.report(bought, BL_X_CANCEL_PENDING);  // moves nothing
  d.fill(bought, bought.qty(), bought.limit_px());

  REQUIRE(d.protect("95"_dec) == BL_OK);
  d.now += bar_ns;
  d.price(d.m.btc, 9400);
  run.step({run.says(Action::hold, d.m.btc, 2)});
  REQUIRE(d.broker.sent.size() == 2);
  const Intent stopped = d.last();
  REQUIRE(stopped.purpose == Purpose::stop);
  CHECK(std::vector(d.exec->ordered().begin(), d.exec->ordered().end()) == std::vector{stopped.decision});
  d.report(stopped, BL_X_ACCEPTED);
  d.fill(stopped, stopped.qty(), "94"_dec);

  d.now += bar_ns;
  d.price(d.m.bnb, 10000);
  Target planned = d.target(Purpose::rebalance, 0.03, d.m.bnb);
  run.step({run.says(Action::buy, d.m.bnb, 3)}, {planned});
  REQUIRE(d.broker.sent.size() == 3);
  const Intent by_plan = d.last();
  REQUIRE(by_plan.decision == planned.decision);
  run.store();

  const json buy = run.order(bought.client_id());
  holds(run, buy, ClientOrderId(bought.client_id()));
  const auto decided = d.sink.all<DecisionRecord>()[0];
  REQUIRE(decided.costs);
  CHECK(buy["decision"]["code"] == "TARGET");
  CHECK(buy["cost_gate"]["on"] == true);
  CHECK(buy["cost_gate"]["fee"] == decided.costs->fee_rate);
  CHECK(buy["cost_gate"]["half_spread"] == decided.costs->half_spread_rate);
  CHECK(buy["cost_gate"]["margin"] == decided.costs->margin_rate);
  CHECK(buy["cost_gate"]["headroom"].get<double>() == Approx(0.05 - decided.cost));
  CHECK(buy["checks"].size() >= 6);  // each limit of the floor, and its verdict
  CHECK(buy["exchanges"][0]["what"] == "submit");
  CHECK(buy["exchanges"][1]["what"] == "CANCEL_PENDING");
  CHECK(buy["sizing"][0]["lost"].empty());

  const json stop = run.order(stopped.client_id());
  holds(run, stop, ClientOrderId(stopped.client_id()));
  CHECK(stop["decision"].is_null());
  CHECK(stop["cost_gate"].is_null());
  CHECK(stop["sizing"][0]["purpose"] == "stop");
  CHECK(stop["checks"][0]["rule"] == "exit_floor");
  CHECK(stop["checks"][0]["headroom"] == "0");  // all of it is sold
  CHECK(stop["core_events"].size() == 1);

  const json plan = run.decision(planned.decision);
  CHECK(plan["sizing"][0]["lost"].size() == 1);
  CHECK(plan["sizing"][0]["lost"][0]["decision"] == Id128{1, 3}.hex());
  CHECK(plan["sizing"][0]["lost"][0]["reason"] == "OUTRANKED");
  holds(run, run.order(by_plan.client_id()), ClientOrderId(by_plan.client_id()));
  const json loser = run.decision({1, 3});
  CHECK(loser["decision"]["code"] == "TARGET");
  CHECK(loser["orders"].empty());
  CHECK(loser["lost_to"][0]["decision_id"] == planned.decision.hex());
}

TEST_CASE("explain: a SELL that a plan lost to names it, and an order of the bridge alone names nobody") {
  StoredRun run;
  test::Desk& d = run.d;
  run.step({run.says(Action::buy, d.m.btc, 1)});
  const Intent bought = d.last();
  d.fill(bought, bought.qty(), bought.limit_px());
  Target planned = d.target(Purpose::rebalance, 0.10, d.m.btc);
  planned.valid_until = INT64_MAX;
  d.now += bar_ns;
  d.price(d.m.btc, 10000);
  run.step({run.says(Action::sell, d.m.btc, 2)}, {planned});
  const Intent sold = d.last();
  REQUIRE(sold.side() == Side::sell);
  run.store();

  const json sale = run.order(sold.client_id());
  holds(run, sale, ClientOrderId(sold.client_id()));
  CHECK(sale["sizing"][0]["purpose"] == "exit");
  REQUIRE(sale["sizing"][0]["lost"].size() == 1);
  const json& lost = sale["sizing"][0]["lost"][0];
  CHECK(lost["decision"] == planned.decision.hex());
  CHECK(lost["purpose"] == "rebalance");
  CHECK(lost["reason"] == "OUTRANKED");
  CHECK(run.decision({1, 2})["lost_to"].empty());

  const json buy = run.order(bought.client_id());
  holds(run, buy, ClientOrderId(bought.client_id()));
  CHECK(buy["sizing"][0]["lost"].empty());
  const json of_bridge = run.decision({1, 1});
  CHECK(of_bridge["orders"].size() == 1);
  CHECK(of_bridge["lost_to"].empty());
}
