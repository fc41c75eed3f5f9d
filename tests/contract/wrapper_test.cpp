// The C++ wrapper's promises: the life cycle, params from one list of fields, and that nothing thrown gets
// out.
#include <catch2/catch.hpp>

#include <bowline/plugin.hpp>
#include <bowline/testing.hpp>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace {

struct Probe : bowline::Signal<Probe> {
  struct Params {
    int length = 3;
    double share = 0.5;
    bool loud = true;
    std::string name = "a \"b\"";
    std::vector<std::string> features{"x", "y"};
    bowline::Decimal cash = bowline::Decimal::from_int(5);
    std::uint32_t count = 7;
    static constexpr auto fields = bowline::fields(
        bowline::field<&Params::length>("length", "bars", {1, 10}),
        bowline::field<&Params::share>("share", "a \\ share", {0, 1}),
        bowline::field<&Params::loud>("loud", "noise"), bowline::field<&Params::name>("name", "text"),
        bowline::field<&Params::features>("features", "columns"),
        bowline::field<&Params::cash>("cash", "money"), bowline::field<&Params::count>("count", "number"));
  };
  Params params;
  bowline::Result<void> configure(const Params& p) {
    if (p.name == "throw") throw std::runtime_error("no such name");
    if (p.name == "refuse") return bowline::Error{"NAME_REFUSED", "name: refuse"};
    return select_features(p.features);
  }
  std::uint32_t warmup() const { return static_cast<std::uint32_t>(params.length); }
  void on_bar(const bowline::Bar& bar, bowline::Predictions& out) {
    if (bar.close() > 1000) throw 7;
    out.say(bar, bowline::Action::buy, params.share);
  }
  std::vector<std::uint8_t> save() const { return {1, 2, 3}; }
  bowline::Result<void> load(std::span<const std::uint8_t> bytes) {
    if (bytes.size() != 3) return bowline::Error{"STATE_FOREIGN", "not mine"};
    return {};
  }
};

using Shell = bowline::detail::Shell<Probe>;

/// Hears, and is not pulled: says each timer on as a bar, and each other event as two.
struct Listens : bowline::Feed<Listens> {
  bowline::Timer timer;
  bowline::Result<void> subscribe(std::span<const std::uint32_t>, std::uint32_t) {
    timer = arm(9, now_ns());
    return {};
  }
  void on_timer(std::uint64_t id, bowline::Events& out) { out.emit(bowline::testing::bar(1, static_cast<std::int64_t>(id), 1)); }
  void on_event(const bl_event& e, bowline::Events& out) {
    if (e.type == BL_EV_WS) throw std::runtime_error("what was told makes no sense");
    if (e.type == BL_EV_HTTP) out.emit(bowline::testing::bar(2, 0, 2)), publish(bowline::testing::bar(3, 0, 3));
  }
};
struct Pulled : bowline::Feed<Pulled> {
  bowline::Result<void> subscribe(std::span<const std::uint32_t>, std::uint32_t) { return {}; }
  bowline::Result<bowline::Pull> pull(std::uint64_t, bowline::Events&) { return bowline::Pull::end(); }
};

struct Guard : bowline::Risk<Guard> {
  bowline::Timer timer;
  bowline::Metric checks;
  bowline::Result<void> configure(const bowline::NoParams&) {
    checks = counter("bars_total", "bars seen");
    return {};
  }
  void start() { timer = arm(5, now_ns() + 10); }
  void check(const bowline::Intent& intent, const bowline::Portfolio& now, bowline::Verdict& verdict) const {
    verdict.allow();
    if (now.position(intent.instrument()) == nullptr) throw std::logic_error("half an answer");
  }
  void on_bar(const bowline::Bar& bar, const bowline::Portfolio& now, bowline::Stops& out) {
    checks.record(1);
    for (const bl_position& p : now.positions())
      if (p.instrument == bar.instrument()) out.want(p.instrument, bar.px(bar.raw().low));
  }
};

struct Made {
  bowline::testing::FakeHost host;
  bl_inst* inst = nullptr;
  bl_error error{};
  const bl_base& base = Shell::base;
  const bl_signal_v1& table = *static_cast<const bl_signal_v1*>(Probe::plugin_table());
  Made() { REQUIRE(base.create(&host.host, &inst, &error) == BL_OK); }
  ~Made() { base.destroy(inst); }
  Made(const Made&) = delete;
  Made& operator=(const Made&) = delete;
  bl_status configure(std::string_view json = "{}") {
    return base.configure(inst, bowline::to_abi(json), &error);
  }
  bl_status start() { return base.start(inst, &error); }
  bl_status stop() { return base.stop(inst, 1, &error); }
  bl_status bar(double close) {
    const bl_bar b = bowline::testing::bar(1, 0, close);
    return table.on_event(inst, &b.h, &host.sink);
  }
  bl_status load(std::uint64_t n) {
    const std::uint8_t bytes[8]{};
    return base.load(inst, bytes, n, &error);
  }
};

}  // namespace

TEST_CASE("a call outside its state answers BL_E_STATE and changes nothing") {
  Made p;
  bl_needs needs{sizeof(bl_needs), 0, 0};
  CHECK(p.start() == BL_E_STATE);
  CHECK(p.stop() == BL_E_STATE);
  CHECK(p.bar(1) == BL_E_STATE);
  CHECK(p.load(3) == BL_E_STATE);
  CHECK(p.table.needs(p.inst, &needs) == BL_E_STATE);
  REQUIRE(p.configure() == BL_OK);
  CHECK(p.configure() == BL_E_STATE);
  CHECK(p.bar(1) == BL_E_STATE);
  CHECK(p.table.needs(p.inst, &needs) == BL_OK);
  CHECK(needs.warmup_bars == 3);
  CHECK(needs.event_mask == 1u << BL_EV_BAR);
  REQUIRE(p.start() == BL_OK);
  CHECK(p.start() == BL_E_STATE);
  CHECK(p.configure() == BL_E_STATE);
  CHECK(p.load(3) == BL_E_STATE);
  CHECK(p.bar(1) == BL_OK);
  REQUIRE(p.stop() == BL_OK);
  CHECK(p.bar(1) == BL_E_STATE);
  CHECK(p.load(3) == BL_OK);
  CHECK(p.start() == BL_OK);
  CHECK(p.host.predictions.size() == 1);
}

TEST_CASE("a refused configuration leaves the one before in force") {
  Made p;
  REQUIRE(p.configure(R"({"share":0.25,"name":"first"})") == BL_OK);
  REQUIRE(p.start() == BL_OK);
  REQUIRE(p.stop() == BL_OK);
  CHECK(p.configure(R"({"share":0.75,"name":"refuse"})") == BL_E_CONFIG);
  CHECK(std::string(p.error.message) == "NAME_REFUSED: name: refuse");
  CHECK(p.configure(R"({"share":0.75,"name":"throw"})") == BL_E_INTERNAL);
  CHECK(std::string(p.error.message) == "PLUGIN_INTERNAL: no such name");
  REQUIRE(p.start() == BL_OK);
  REQUIRE(p.bar(1) == BL_OK);
  CHECK(p.host.predictions.at(0).confidence == 0.25);
}

TEST_CASE("what is thrown on the lane becomes a status and a line in the log") {
  Made p;
  REQUIRE(p.configure() == BL_OK);
  REQUIRE(p.start() == BL_OK);
  CHECK(p.bar(5000) == BL_E_INTERNAL);
  CHECK(p.host.logs.size() == 1);
  CHECK(p.bar(1) == BL_OK);
}

TEST_CASE("the schema, its defaults and the parser agree") {
  const auto text = bowline::detail::SchemaText<Probe::Params>::get();
  const auto schema = nlohmann::json::parse(std::string(text.text, text.size));
  CHECK(schema.at("additionalProperties") == false);
  nlohmann::json defaults = nlohmann::json::object();
  for (const auto& [key, property] : schema.at("properties").items()) {
    CHECK(property.contains("description"));
    defaults[key] = property.at("default");
  }
  CHECK(schema.at("properties").at("count").at("minimum") == 0);
  const auto params = bowline::parse_params<Probe::Params>(defaults.dump());
  REQUIRE(params);
  CHECK(params->name == "a \"b\"");
  CHECK(params->features == std::vector<std::string>{"x", "y"});
  CHECK(params->cash == bowline::Decimal::from_int(5));
}

TEST_CASE("params that are not what the fields say are refused, never a crash") {
  const auto code = [](std::string_view json) {
    const auto p = bowline::parse_params<Probe::Params>(json);
    return p ? std::string("ok") : p.error().code;
  };
  CHECK(code(R"({"length":11})") == "PARAMS_RANGE");
  CHECK(code(R"({"share":1.5})") == "PARAMS_RANGE");
  CHECK(code(R"({"lenght":3})") == "PARAMS_UNKNOWN");
  for (const char* bad :
       {R"({"length":"3"})", R"({"length":3.5})", R"({"length":99999999999})", R"({"count":-1})",
        R"({"cash":5})", R"({"cash":"1e"})", R"({"features":[1]})", R"({"name":"\ud800"})", "", "[]", "{",
        R"({"name")", R"({"name":)", R"({"name":"a)", R"({"length":3,})", R"({} x)", R"({"name":"\u12"})",
        R"({"features":["a")", R"({"share":nan})"})
    CHECK(code(bad) == "PARAMS_INVALID");
  const auto p = bowline::parse_params<Probe::Params>(R"( {"name" : "\u00e4\ud83d\ude00\n"} )");
  REQUIRE(p);
  CHECK(p->name == "\xC3\xA4\xF0\x9F\x98\x80\n");
}

TEST_CASE("a host without services is borne, and state is saved by length first") {
  Made p;
  p.host.has_services = false;
  CHECK(p.configure() == BL_E_CONFIG);
  CHECK(std::string(p.error.message).starts_with("FEATURES_UNSUPPORTED"));
  p.host.has_services = true;
  REQUIRE(p.configure() == BL_OK);
  CHECK(p.host.features == std::vector<std::string>{"x", "y"});
  std::uint64_t n = 0;
  std::uint8_t bytes[3]{};
  REQUIRE(p.base.save(p.inst, nullptr, 0, &n, &p.error) == BL_OK);
  REQUIRE(n == 3);
  CHECK(p.base.save(p.inst, bytes, 2, &n, &p.error) == BL_E_INVALID);
  CHECK(p.base.save(p.inst, bytes, 3, &n, &p.error) == BL_OK);
  CHECK(p.load(2) == BL_E_INVALID);
}

TEST_CASE("an error text is cut between two code points") {
  bl_error e{};
  for (int shift = 0; shift < 3; ++shift) {
    std::string s(static_cast<std::size_t>(shift), 'a');
    while (s.size() < 300) s += "\xE2\x82\xAC";
    bowline::detail::put_error(&e, BL_E_IO, "C", s);
    const std::string_view got(e.message);
    REQUIRE(got.size() < 248);
    CHECK((static_cast<unsigned char>(got.back()) & 0xC0) == 0x80);
    CHECK((got.size() - 3 - static_cast<std::size_t>(shift)) % 3 == 0);
  }
}

TEST_CASE("a risk rule that throws has said no, whatever it had said before") {
  using GuardShell = bowline::detail::Shell<Guard>;
  bowline::testing::FakeHost host;
  bl_inst* inst = nullptr;
  bl_error e{};
  const auto& base = GuardShell::base;
  const auto& table = *static_cast<const bl_risk_v1*>(Guard::plugin_table());
  REQUIRE(base.create(&host.host, &inst, &e) == BL_OK);
  REQUIRE(base.configure(inst, bowline::to_abi("{}"), &e) == BL_OK);
  REQUIRE(base.start(inst, &e) == BL_OK);
  CHECK(host.timers.size() == 1);

  auto now = bowline::testing::portfolio(bowline::Decimal::from_int(100));
  const auto wish =
      bowline::testing::intent(1, bowline::Decimal::from_int(1), bowline::Decimal::from_int(10));
  bl_verdict verdict{};
  verdict.size = sizeof verdict;
  CHECK(table.check(inst, &wish, &now, &verdict) == BL_E_INTERNAL);
  CHECK(verdict.action == 0);

  // A later host's positions are longer: the stride says by how much.
  struct Longer {
    bl_position position;
    std::uint64_t later;
  } held[2]{};
  held[0].position.instrument = 2;
  held[1].position.instrument = 1;
  now.positions = &held[0].position;
  now.n_positions = 2;
  now.position_stride = sizeof(Longer);
  CHECK(table.check(inst, &wish, &now, &verdict) == BL_OK);
  CHECK(verdict.action == 1);

  const bl_bar b = bowline::testing::bar(1, 0, 9.5);
  CHECK(table.on_event(inst, &b.h, &now, &host.sink) == BL_OK);
  REQUIRE(host.stops.size() == 1);
  CHECK(bowline::Decimal::from_raw(host.stops[0].stop_px) == bowline::Decimal::from_mantissa(950, -2));
  CHECK(host.recorded.at(1) == 1);
  base.destroy(inst);  // while it runs: the host broke the rule, and still nothing is left behind
  CHECK(host.timers.empty());
}

TEST_CASE("a feed with handlers has on_event and no pull, one with pull as before has no on_event") {
  const auto& table = *static_cast<const bl_feed_v1*>(Listens::plugin_table());
  CHECK(table.size == sizeof(bl_feed_v1));
  CHECK(table.pull == nullptr);
  REQUIRE(table.on_event != nullptr);
  const auto& pulled = *static_cast<const bl_feed_v1*>(Pulled::plugin_table());
  CHECK(pulled.pull != nullptr);
  CHECK(pulled.on_event == nullptr);

  bowline::testing::FakeHost host;
  const bl_base& base = bowline::detail::Shell<Listens>::base;
  bl_inst* inst = nullptr;
  bl_error error{};
  REQUIRE(base.create(&host.host, &inst, &error) == BL_OK);
  REQUIRE(base.configure(inst, bowline::to_abi("{}"), &error) == BL_OK);
  bl_timer timer{};
  timer.h.size = sizeof timer;
  timer.h.type = BL_EV_TIMER;
  timer.timer = 9;
  CHECK(table.on_event(inst, &timer.h, &host.sink) == BL_E_STATE);  // it does not run
  REQUIRE(base.start(inst, &error) == BL_OK);
  const std::uint32_t one = 1;
  REQUIRE(table.subscribe(inst, &one, 1, 1u << BL_EV_BAR, &error) == BL_OK);
  CHECK(host.timers.count(9) == 1);
  CHECK(table.on_event(inst, &timer.h, &host.sink) == BL_OK);
  const bl_http_result reply = bowline::testing::http_reply(1, 200, "{}");
  CHECK(table.on_event(inst, &reply.h, &host.sink) == BL_OK);
  REQUIRE(host.events.size() == 3);
  CHECK(host.event<bl_bar>(0).open_ns == 9);
  CHECK(host.event<bl_bar>(2).h.instrument == 3);
  const bl_ws_frame frame = bowline::testing::ws_frame(1, 2, "{}");
  CHECK(table.on_event(inst, &frame.h, &host.sink) == BL_E_INTERNAL);  // nothing thrown gets out
  CHECK(host.logs.back().find("makes no sense") != std::string::npos);
  base.stop(inst, 1, &error);
  base.destroy(inst);
}
