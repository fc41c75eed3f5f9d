#include "services/signal_generator/generator.hpp"

#include <cmath>

#include "unit/services/desk.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using services::Combine;

namespace {

bl_prediction words(std::uint32_t action, double up = nan_value, double down = nan_value) {
  bl_prediction p{};
  p.size = sizeof p;
  p.action = action;
  p.p_up = up;
  p.p_down = down;
  p.p_flat = 1 - up - down;
  p.weight = nan_value;
  p.expected_move = std::isnan(up) ? nan_value : up / 10;
  p.threshold = std::isnan(up) ? nan_value : 0.5;
  p.confidence = 0.5;
  p.ref_px = Decimal::not_set().raw();
  return p;
}

struct Signal final : services::SignalPort {
  SharedText name_, model = test::text("m1");
  std::function<std::vector<bl_prediction>(const bl_bar&)> fn;
  Signal(std::string_view n, std::function<std::vector<bl_prediction>(const bl_bar&)> f) : name_(test::text(n)), fn(std::move(f)) {}
  const SharedText& name() const override { return name_; }
  bool wants(std::uint16_t type) const noexcept override { return type == BL_EV_BAR; }
  services::FrameSource* frames() noexcept override { return nullptr; }
  Result<void> on_event(const bl_event& e, std::vector<services::Said>& out) override {
    for (bl_prediction p : fn(reinterpret_cast<const bl_bar&>(e))) {
      if (p.instrument == 0) p.instrument = e.instrument;
      out.push_back({p, &model, 0});
    }
    return {};
  }
};

struct Frames final : services::FrameSource {
  SharedText hash = test::text("h");
  std::vector<std::string> columns{"number"};
  std::size_t updates = 0;
  std::size_t cols() const noexcept override { return 1; }
  std::span<const std::string> names() const override { return columns; }
  const SharedText& names_hash() const override { return hash; }
  void update(const bl_bar&) override { ++updates; }
  std::uint32_t row(InstrumentId id, std::span<double> out) const override {
    out[0] = id.value;
    return 0;
  }
};
struct Model final : services::SignalPort {
  SharedText name_ = test::text("model");
  Frames frames_;
  std::vector<std::vector<std::uint32_t>> seen;
  const SharedText& name() const override { return name_; }
  bool wants(std::uint16_t type) const noexcept override { return type == BL_EV_FRAME; }
  services::FrameSource* frames() noexcept override { return &frames_; }
  Result<void> on_event(const bl_event& e, std::vector<services::Said>& out) override {
    static const SharedText none;
    const auto& f = reinterpret_cast<const bl_frame&>(e);
    seen.emplace_back(f.instruments, f.instruments + f.rows);
    for (const std::uint32_t i : seen.back()) {
      bl_prediction p = words(1, 0.9, 0.05);
      p.instrument = i;
      out.push_back({p, &none, 0});
    }
    return {};
  }
};

struct Table {
  test::Market m;
  test::Sink sink;
  services::GeneratorOptions options;
  services::PluginErrors errors;
  std::vector<std::unique_ptr<services::SignalPort>> ports;
  std::unique_ptr<services::Generator> g;
  Nanos now = test::start_ns;

  void says(std::string_view name, std::function<std::vector<bl_prediction>(const bl_bar&)> fn) {
    ports.push_back(std::make_unique<Signal>(name, std::move(fn)));
  }
  void says(std::string_view name, bl_prediction p) {
    says(name, [p](const bl_bar&) { return std::vector{p}; });
  }
  services::Generator& gen() {
    options.plugin_errors = &errors;
    if (!g) g = std::make_unique<services::Generator>(options, m.table, std::move(ports), sink);
    return *g;
  }
  void bar(std::int64_t cents, bool act = true, InstrumentId id = {1}) {
    bl_bar b{};
    b.h.size = sizeof b;
    b.h.type = BL_EV_BAR;
    b.h.instrument = id.value;
    b.h.ts_event = b.h.ts_recv = b.close_ns = now;
    b.px_exp = -2;
    b.close = cents;
    gen().on_bar(b, act);
  }
  std::vector<Prediction> step(std::int64_t cents = 10000) {
    now += test::bar_ns;
    bar(cents);
    const auto out = gen().predict(now);
    return {out.begin(), out.end()};
  }
};

constexpr std::uint32_t buy = 1, sell = 2, hold = 3;

}  // namespace

TEST_CASE("rule 1.1: one prediction per instrument, with its time, its end one bar later, and the close as reference") {
  Table t;
  t.says("a", words(buy, 0.8, 0.1));
  const auto out = t.step(12345);
  REQUIRE(out.size() == 1);
  CHECK(out[0].action == Action::buy);
  CHECK(out[0].valid_until == t.now + test::bar_ns);
  CHECK(out[0].ref_px == "123.45"_dec);
  CHECK(*out[0].source == "a");
  CHECK(out[0].id == decision_id(1, "BTC-USD", t.now, "a", "m1"));
  CHECK(t.gen().predict(t.now).empty());  // said once
  CHECK(t.sink.all<SignalRecord>().size() == 1);
}

TEST_CASE("mean: probabilities are weighted by instance, and the action follows from them") {
  Table t;
  t.options.weights = {3, 1};
  t.says("a", words(buy, 0.8, 0.1));
  t.says("b", words(sell, 0.2, 0.7));
  const auto out = t.step();
  REQUIRE(out.size() == 1);
  CHECK(out[0].p_up == Approx(0.65));
  CHECK(out[0].p_down == Approx(0.25));
  CHECK(out[0].expected_move == Approx(0.065));
  CHECK(out[0].action == Action::buy);
  CHECK(*out[0].source == "combined");
}

TEST_CASE("mean: what no side reaches its threshold with is a HOLD") {
  Table t;
  t.says("a", words(buy, 0.6, 0.3));
  t.says("b", words(sell, 0.3, 0.6));
  CHECK(t.step()[0].action == Action::hold);
}

TEST_CASE("vote: the larger summed weight wins, a draw is HOLD") {
  const auto outcome = [](std::vector<std::uint32_t> actions, std::vector<double> weights) {
    Table t;
    t.options.combine = Combine::vote;
    t.options.weights = std::move(weights);
    for (const std::uint32_t a : actions) t.says("s", words(a));
    return t.step()[0].action;
  };
  CHECK(outcome({buy, buy, sell}, {1, 1, 1}) == Action::buy);
  CHECK(outcome({buy, buy, sell}, {1, 1, 3}) == Action::sell);
  CHECK(outcome({buy, sell}, {1, 1}) == Action::hold);
  CHECK(outcome({buy, hold, hold}, {1, 1, 1}) == Action::hold);
  CHECK(outcome({buy, hold}, {1, 1}) == Action::hold);
}

TEST_CASE("vote: the numbers are the winning side's, not those of the first instance") {
  Table t;
  t.options.combine = Combine::vote;
  t.options.weights = {1, 1, 3};
  t.says("a", words(hold, 0.3, 0.2));
  t.says("b", words(buy, 0.8, 0.1));
  t.says("c", words(buy, 0.6, 0.3));
  const auto out = t.step();
  REQUIRE(out.size() == 1);
  CHECK(out[0].action == Action::buy);
  CHECK(out[0].p_up == Approx(0.65));
  CHECK(out[0].p_down == Approx(0.25));
  CHECK(out[0].expected_move == Approx(0.065));
  CHECK(out[0].threshold == Approx(0.5));
}

TEST_CASE("first: the first instance of the configuration that spoke is the one that counts") {
  Table t;
  t.options.combine = Combine::first;
  t.says("silent", [](const bl_bar&) { return std::vector<bl_prediction>{}; });
  t.says("a", words(sell, 0.2, 0.7));
  t.says("b", words(buy, 0.9, 0.05));
  const auto out = t.step();
  CHECK(out[0].action == Action::sell);
  CHECK(*out[0].source == "a");
}

TEST_CASE("an unknown action is no change; an unknown instrument is an error and is left out") {
  Table t;
  t.says("a", words(99, 0.8, 0.1));
  t.says("b", [](const bl_bar&) {
    bl_prediction p = words(buy);
    p.instrument = 17;
    return std::vector{p};
  });
  const auto out = t.step();
  REQUIRE(out.size() == 1);
  CHECK(out[0].action == Action::hold);
  CHECK(t.gen().errors() == 2);
  CHECK(t.errors.counts().at("a").at("PREDICTION_UNKNOWN_ACTION") == 1);
  CHECK(t.errors.counts().at("b").at("PREDICTION_UNKNOWN_PRODUCT") == 1);
}

TEST_CASE("a late bar is heard and never acted on") {
  Table t;
  std::size_t heard = 0;
  t.says("a", [&](const bl_bar&) {
    ++heard;
    return std::vector{words(buy, 0.9, 0.05)};
  });
  for (int i = 0; i < 36; ++i) t.bar(10000, false);  // three hours of back-filled bars
  CHECK(t.gen().predict(t.now).empty());
  CHECK(heard == 36);
  CHECK(t.sink.all<SignalRecord>().empty());
  const auto candles = t.sink.all<CandleRecord>();
  REQUIRE(candles.size() == 36);
  CHECK_FALSE(candles[0].acted_on);
}

TEST_CASE("a late bar's close is no reference: the newest one is") {
  Table t;
  t.says("a", words(buy, 0.9, 0.05));
  t.now += 2 * test::bar_ns;
  t.bar(20000);
  t.now -= test::bar_ns;
  t.bar(10000, false);
  t.now += test::bar_ns;
  const auto out = t.gen().predict(t.now);
  REQUIRE(out.size() == 1);
  CHECK(out[0].ref_px == "200"_dec);
}

TEST_CASE("what was said to late bars takes no part in the prediction of a bar in time in the same step") {
  for (const Combine how : {Combine::first, Combine::mean, Combine::vote}) {
    Table t;
    t.options.combine = how;
    t.says("a", [](const bl_bar& b) { return std::vector{b.close == 1 ? words(buy, 0.9, 0.05) : words(hold, 0.3, 0.2)}; });
    t.bar(1, false);
    t.bar(1, false);
    const auto out = t.step(10000);
    REQUIRE(out.size() == 1);
    CHECK(out[0].action == Action::hold);
    CHECK(out[0].p_up == Approx(0.3));
  }
}

TEST_CASE("one frame per step, a row per instrument with a bar in time, each once, in instrument order") {
  Table t;
  auto model = std::make_unique<Model>();
  Model& port = *model;
  t.ports.push_back(std::move(model));
  t.bar(10000, true, t.m.bnb);
  t.bar(10000, true, t.m.btc);
  t.bar(10001, true, t.m.bnb);
  CHECK(t.gen().predict(t.now).size() == 2);
  t.bar(10000, false, t.m.btc);
  CHECK(t.gen().predict(t.now).empty());
  CHECK(port.seen == std::vector<std::vector<std::uint32_t>>{{t.m.btc.value, t.m.bnb.value}});
  CHECK(port.frames_.updates == 4);  // late bars update features
}

TEST_CASE("outcomes: BUY and SELL are resolved after their horizon, HOLD is not scored") {
  Table t;
  t.options.resolve_bars = 2;
  std::uint32_t say = buy;
  t.says("a", [&](const bl_bar&) { return std::vector{words(say)}; });
  t.step(10000);
  say = hold;
  t.step(20000);
  CHECK(t.gen().unresolved() == 1);
  CHECK(t.gen().accuracy().resolved() == 0);
  CHECK(std::isnan(t.gen().accuracy().accuracy()));
  t.step(10001);
  CHECK(t.gen().unresolved() == 0);
  CHECK(t.gen().accuracy().hits == 1);
  const auto records = t.sink.all<OutcomeRecord>();
  REQUIRE(records.size() == 1);
  CHECK(records[0].outcome == Outcome::hit);
  CHECK(records[0].move == Approx(0.0001));
  CHECK(t.gen().counts()[static_cast<std::size_t>(Action::hold)] == 2);
}

TEST_CASE("ties are counted apart, and the base rate is the share of the more frequent direction") {
  test::Sink sink;
  services::Outcomes o(1, sink);
  CHECK(std::isnan(o.accuracy().base_rate()));
  const auto one = [&](Action a, Decimal close) {
    Prediction p;
    p.instrument = {1};
    p.action = a;
    p.ref_px = "100"_dec;
    o.watch(p, 10);
    o.on_close({1}, close, 9);
    CHECK(o.pending() == (a == Action::hold ? 0 : 1));  // not due yet
    o.on_close({1}, close, 10);
    CHECK(o.pending() == 0);
  };
  one(Action::buy, "101"_dec);   // hit, up
  one(Action::buy, "99"_dec);    // miss, down
  one(Action::sell, "101"_dec);  // miss, up
  one(Action::sell, "99"_dec);   // hit, down
  one(Action::sell, "98"_dec);   // hit, down
  one(Action::buy, "100"_dec);   // tie
  one(Action::sell, "100"_dec);  // tie
  one(Action::hold, "101"_dec);
  const services::Accuracy& a = o.accuracy();
  CHECK(a.hits == 3);
  CHECK(a.misses == 2);
  CHECK(a.ties == 2);
  CHECK(a.accuracy() == Approx(0.6));
  CHECK(a.base_rate() == Approx(0.6));  // three downs of five
}
