// Why a prediction is what it is, as far as the plugins tell: written for who explains, at no cost to who does not.
#include "services/signal_generator/causes.hpp"

#include <cmath>
#include <map>

#include "services/signal_generator/generator.hpp"
#include "unit/services/desk.hpp"

using namespace bowline;
using namespace bowline::core;
using services::Explain;

namespace {

struct Frames final : services::FrameSource {
  SharedText hash = test::text("h");
  std::vector<std::string> columns{"a", "b", "c", "d"};
  std::size_t cols() const noexcept override { return columns.size(); }
  std::span<const std::string> names() const override { return columns; }
  const SharedText& names_hash() const override { return hash; }
  void update(const bl_bar&) override {}
  std::uint32_t row(InstrumentId id, std::span<double> out) const override {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = id.value * 10.0 + static_cast<double>(i);
    return 1;
  }
};

/// What each of its instruments is told, and what was asked of it.
struct Asked {
  std::map<std::uint32_t, std::uint32_t> says{{1, 1u}};
  std::vector<double> contributions{0.1, -3, 0.25, 2, 7};  // the bias last
  bool explains = true, calibrates = true;
  std::size_t returns = 0;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> rows;  // instrument and class
  std::vector<double> values;                                 // of the row asked about last
};

struct Model final : services::SignalPort {
  Asked& asked;
  SharedText name_, id = test::text("m1");
  Frames frames_;
  Model(Asked& a, std::string_view n) : asked(a), name_(test::text(n)) {}
  const SharedText& name() const override { return name_; }
  bool wants(std::uint16_t type) const noexcept override { return type == BL_EV_FRAME; }
  services::FrameSource* frames() noexcept override { return &frames_; }
  Result<void> on_event(const bl_event& e, std::vector<services::Said>& out) override {
    const auto& f = reinterpret_cast<const bl_frame&>(e);
    for (std::uint32_t row = 0; row < f.rows; ++row) {
      const auto said = asked.says.find(f.instruments[row]);
      if (said == asked.says.end()) continue;
      bl_prediction p{};
      p.size = sizeof p;
      p.instrument = f.instruments[row];
      p.action = said->second;
      p.p_up = 0.7;
      p.p_flat = 0.2;
      p.p_down = 0.1;
      p.threshold = 0.5;
      p.confidence = 0.7;
      p.weight = nan_value;
      p.expected_move = 0.7 * 0.02 - 0.1 * 0.01;
      p.ref_px = Decimal::not_set().raw();
      out.push_back({p, &id, 0});
    }
    return {};
  }
  bool calibrates() const noexcept override { return asked.calibrates; }
  bool explains() const noexcept override { return asked.explains; }
  Result<services::ClassReturns> class_returns() override {
    ++asked.returns;
    return services::ClassReturns{0.02, 0, -0.01};
  }
  Result<void> contributions(const bl_frame& f, std::uint32_t row, std::uint32_t output, std::span<double> out) override {
    asked.rows.emplace_back(f.instruments[row], output);
    asked.values.assign(f.values + std::size_t{row} * f.cols, f.values + std::size_t{row + 1} * f.cols);
    if (out.size() != asked.contributions.size()) return Error{"TEST", "wrong width"};
    std::copy(asked.contributions.begin(), asked.contributions.end(), out.begin());
    return {};
  }
};

struct Nobody final : RecordSink {
  bool wanted() const noexcept override { return false; }
  void put(Record&&) override { FAIL("nobody wants it"); }
  void end_step(Nanos) override {}
};

struct Table {
  test::Market m;
  test::Sink sink;
  Nobody nobody;
  Asked asked;
  services::PluginErrors errors;
  services::GeneratorOptions options;
  std::unique_ptr<services::Generator> g;
  Nanos now = test::start_ns;

  explicit Table(Explain what, bool wanted = true, std::vector<std::string_view> names = {"model"}) {
    options.explain = what;
    options.explain_top = 2;
    options.plugin_errors = &errors;
    make(wanted, names);
  }
  void make(bool wanted, std::vector<std::string_view> names) {
    std::vector<std::unique_ptr<services::SignalPort>> ports;
    for (const auto n : names) ports.push_back(std::make_unique<Model>(asked, n));
    RecordSink& to = wanted ? static_cast<RecordSink&>(sink) : nobody;
    g = std::make_unique<services::Generator>(options, m.table, std::move(ports), to);
  }
  std::vector<Prediction> step() {
    now += test::bar_ns;
    for (const auto& [id, says] : asked.says) {
      bl_bar b{};
      b.h.size = sizeof b;
      b.h.type = BL_EV_BAR;
      b.h.instrument = id;
      b.h.ts_event = b.h.ts_recv = b.close_ns = now;
      b.px_exp = -2;
      b.close = 10000;
      g->on_bar(b, true);
    }
    const auto out = g->predict(now);
    return {out.begin(), out.end()};
  }
};

}  // namespace

TEST_CASE("causes: what an instance said of a BUY, with what its expected move is reckoned with") {
  Table t(Explain::orders);
  const auto made = t.step();
  REQUIRE(made.size() == 1);
  const auto all = t.sink.all<CauseRecord>();
  REQUIRE(all.size() == 1);
  const CauseRecord& c = all[0];
  CHECK(c.signal == made[0].id);
  CHECK(*c.instance == "model");
  CHECK(*c.model == "m1");
  CHECK(c.action == Action::buy);
  CHECK(c.p_up * c.return_up + c.p_flat * c.return_flat + c.p_down * c.return_down == Approx(made[0].expected_move));
}

TEST_CASE("causes: of combined instances each has its own words and weight") {
  Table t(Explain::orders, true, {"one", "two"});
  t.options.weights = {3, 1};
  t.make(true, {"one", "two"});
  REQUIRE(t.step().size() == 1);
  const auto all = t.sink.all<CauseRecord>();
  REQUIRE(all.size() == 2);
  CHECK(*all[0].instance == "one");
  CHECK(all[0].weight == 3);
  CHECK(*all[1].instance == "two");
  CHECK(all[1].weight == 1);
  CHECK(all[1].n == 1);
}

TEST_CASE("causes: the largest contributions by name, the rest as one sum, the bias last, and nothing is lost") {
  Table t(Explain::orders);
  const auto made = t.step();
  CHECK(t.asked.rows.empty());  // not before it is known what came of it
  t.g->explain(std::vector{made[0].id});
  REQUIRE(t.asked.rows == std::vector<std::pair<std::uint32_t, std::uint32_t>>{{1, 2}});  // the class up
  CHECK(t.asked.values == std::vector<double>{10, 11, 12, 13});
  const auto all = t.sink.all<ContributionRecord>();
  REQUIRE(all.size() == 1);
  CHECK(all[0].signal == made[0].id);
  CHECK(all[0].time == t.now);
  using Parts = std::vector<std::pair<std::int32_t, double>>;
  CHECK(all[0].parts == Parts{{1, -3}, {3, 2}, {ContributionRecord::rest, 0.1 + 0.25}, {ContributionRecord::bias, 7}});
}

TEST_CASE("causes: orders: only what an order was made of is asked about, and only in its own step") {
  Table t(Explain::orders);
  const auto first = t.step();
  t.g->explain({});
  const auto second = t.step();
  t.g->explain(std::vector{first[0].id});
  CHECK(t.asked.rows.empty());
  t.g->explain(std::vector{second[0].id});
  CHECK(t.asked.rows.size() == 1);
}

TEST_CASE("causes: decisions: each BUY and SELL by its own class, no HOLD; all: HOLDs, too") {
  using Rows = std::vector<std::pair<std::uint32_t, std::uint32_t>>;
  for (const Explain what : {Explain::decisions, Explain::all}) {
    Table t(what);
    t.asked.says = {{1, 2u}, {2, 3u}};
    t.options.combine = services::Combine::first;
    t.make(true, {"model"});
    REQUIRE(t.step().size() == 2);
    t.g->explain({});
    const bool all = what == Explain::all;
    CHECK(t.asked.rows == (all ? Rows{{1, 0}, {2, 1}} : Rows{{1, 0}}));
    CHECK(t.sink.all<ContributionRecord>().size() == (all ? 2 : 1));
    CHECK(t.sink.all<CauseRecord>().size() == (all ? 2 : 1));
  }
}

TEST_CASE("causes: who offers nothing is asked nothing, and nothing is written; nor where nobody wants records; off asks for no contributions") {
  Table off(Explain::off);
  CHECK_FALSE(off.g->explains());
  const auto said = off.step();
  off.g->explain(std::vector{said[0].id});
  CHECK(off.asked.rows.empty());
  CHECK(off.sink.all<ContributionRecord>().empty());
  CHECK(off.sink.all<CauseRecord>().size() == 1);  // what the move is reckoned with costs nothing to speak of

  Table silent(Explain::all, false);
  CHECK_FALSE(silent.g->explains());
  silent.step();
  CHECK(silent.asked.returns == 0);

  Table plain(Explain::all);
  plain.asked.explains = plain.asked.calibrates = false;
  plain.make(true, {"model"});
  CHECK_FALSE(plain.g->explains());
  plain.step();
  plain.g->explain({});
  CHECK(plain.asked.returns == 0);
  CHECK(plain.asked.rows.empty());
  CHECK(plain.sink.all<CauseRecord>().empty());
}

TEST_CASE("causes: a contribution that is no number is a plugin's error and is not written") {
  Table t(Explain::decisions);
  t.asked.contributions[2] = nan_value;
  t.step();
  t.g->explain({});
  CHECK(t.sink.all<ContributionRecord>().empty());
  CHECK(t.g->errors() == 1);
}
