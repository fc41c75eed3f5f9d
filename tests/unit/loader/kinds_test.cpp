// The typed wrappers of each kind and the extensions, through real plugin files.
#include <catch2/catch.hpp>
#include <cstring>

#include "loader/extensions.hpp"
#include "unit/loader/probe.hpp"

using namespace probe;

namespace {

template <class T>
struct Running {
  TempDir dir;
  Host host;
  std::unique_ptr<T> instance;
  explicit Running(const std::string& fixture, const std::string& params = "{}") {
    auto module = load_plugin_file(stage(fixture, dir / "plugins"), TrustPolicy{dir / "var", {}, false});
    if (!module) FAIL(module.error().message);
    auto made = make_instance<T>(*module, spec(params), host, nullptr);
    if (!made) FAIL(made.error().message);
    instance = std::move(made).value();
    REQUIRE(instance->configure());
    REQUIRE(instance->start());
  }
  T* operator->() { return instance.get(); }
  T& operator*() { return *instance; }
};

}  // namespace

TEST_CASE("a feed is subscribed and pulled to its end") {
  Running<FeedInstance> feed("feed");
  const std::uint32_t instruments[] = {1, 2};
  REQUIRE(feed->subscribe(instruments, 1u << BL_EV_BAR));
  CHECK(feed->subscribe({}, 0).error().code == "PLUGIN_CALL_FAILED");
  REQUIRE(feed->pulled());
  std::vector<std::uint64_t> seqs;
  bl_sink sink{};
  sink.size = sizeof sink;
  sink.ctx = &seqs;
  sink.event = [](void* ctx, const bl_event* e) noexcept -> bl_status {
    static_cast<std::vector<std::uint64_t>*>(ctx)->push_back(e->seq);
    return well_formed(e) ? BL_OK : BL_E_INVALID;
  };
  std::int64_t next = 0;
  bl_error why{};
  CHECK(feed->pull(2, sink, next, why) == BL_OK);
  CHECK(feed->pull(2, sink, next, why) == BL_E_NOT_FOUND);
  CHECK(seqs == std::vector<std::uint64_t>{1, 2, 3});
  REQUIRE(feed->stop(1'000'000'000));
  CHECK(feed->pull(2, sink, next, why) == BL_E_STATE);
}

TEST_CASE("a feed that hears is handed events while it runs, and says on what they tell it") {
  Running<FeedInstance> feed("feed_heard");
  REQUIRE(feed->has_on_event());
  REQUIRE(feed->pulled());
  std::vector<std::uint64_t> seqs;
  bl_sink sink{};
  sink.size = sizeof sink;
  sink.ctx = &seqs;
  sink.event = [](void* ctx, const bl_event* e) noexcept -> bl_status {
    static_cast<std::vector<std::uint64_t>*>(ctx)->push_back(e->seq);
    return BL_OK;
  };
  bl_timer timer{};
  timer.h.size = sizeof timer;
  timer.h.type = BL_EV_TIMER;
  CHECK(feed->on_event(timer.h, sink) == BL_OK);
  timer.h.instrument = 7;
  CHECK(feed->on_event(timer.h, sink) == BL_E_IO);
  CHECK(seqs == std::vector<std::uint64_t>{BL_EV_TIMER});
  CHECK(feed->calls() > 2);  // both stood under the watchdog
  REQUIRE(feed->stop(1'000'000'000));
  CHECK(feed->on_event(timer.h, sink) == BL_E_STATE);
}

TEST_CASE("a feed of ABI 1.1 loads and is pulled as before: what lies behind its table is not looked at") {
  Running<FeedInstance> feed("feed_1_1");
  CHECK_FALSE(feed->has_on_event());
  REQUIRE(feed->pulled());
  bl_sink sink{};
  sink.size = sizeof sink;
  sink.event = [](void*, const bl_event*) noexcept -> bl_status { return BL_OK; };
  bl_timer timer{};
  timer.h.size = sizeof timer;
  timer.h.type = BL_EV_TIMER;
  CHECK(feed->on_event(timer.h, sink) == BL_OK);  // nobody is called
  std::int64_t next = 0;
  bl_error why{};
  CHECK(feed->pull(9, sink, next, why) == BL_E_NOT_FOUND);
}

TEST_CASE("a risk verdict is REJECT unless the plugin clearly says otherwise") {
  bl_intent intent{};
  bl_portfolio portfolio{};
  bl_verdict verdict{};
  SECTION("allowed") {
    Running<RiskInstance> risk("risk");
    CHECK(risk->check(intent, portfolio, verdict) == BL_OK);
    CHECK(verdict.action == 1);
    REQUIRE(risk->stop(1'000'000'000));
    verdict.action = 1;
    CHECK(risk->check(intent, portfolio, verdict) == BL_E_STATE);
    CHECK(verdict.action == 0);
    CHECK(std::string(verdict.code) == "PLUGIN_STATE");
  }
  SECTION("silence") {
    Running<RiskInstance> risk("risk", R"({"check":"silent"})");
    verdict.action = 1;
    CHECK(risk->check(intent, portfolio, verdict) == BL_OK);
    CHECK(verdict.action == 0);
  }
  SECTION("an error, although it wrote ALLOW") {
    Running<RiskInstance> risk("risk", R"({"check":"error"})");
    CHECK(risk->check(intent, portfolio, verdict) == BL_E_INTERNAL);
    CHECK(verdict.action == 0);
    CHECK(std::string(verdict.code) == "PLUGIN_CALL_FAILED");
  }
  SECTION("an unknown action") {
    Running<RiskInstance> risk("risk", R"({"check":"odd"})");
    CHECK(risk->check(intent, portfolio, verdict) == BL_OK);
    CHECK(verdict.action == 0);
  }
  SECTION("texts without an end, and a size overwritten") {
    Running<RiskInstance> risk("risk", R"({"check":"wild"})");
    CHECK(risk->check(intent, portfolio, verdict) == BL_OK);
    CHECK(std::strlen(verdict.code) == sizeof verdict.code - 1);
    CHECK(std::strlen(verdict.reason) == sizeof verdict.reason - 1);
    CHECK(verdict.size == sizeof verdict);
  }
}

TEST_CASE("a broker takes orders while it runs; what it lacks is unsupported") {
  Running<BrokerInstance> broker("broker");
  CHECK(broker->venue_class() == VenueClass::Real);
  CHECK(broker->caps() == 5);
  CHECK_FALSE(broker->can_amend());
  CHECK_FALSE(broker->has_on_event());
  bl_intent intent{};
  intent.side = BL_BUY;
  bl_error why{};
  CHECK(broker->submit(intent, why) == BL_PENDING);
  intent.side = 0;
  CHECK(broker->submit(intent, why) == BL_E_INVALID);
  CHECK_THAT(broker->status_error("PLUGIN_CALL_FAILED", "submit", BL_E_INVALID, why).message,
             Catch::Contains("no side"));
  const bl_order_ref refs[1] = {};
  CHECK(broker->cancel(refs, why) == BL_PENDING);
  CHECK(broker->amend(refs[0], intent, why) == BL_E_UNSUPPORTED);
  bl_query query{};
  CHECK(broker->query(query, why) == BL_PENDING);
  bl_event event{};
  bl_sink sink{};
  CHECK(broker->on_event(event, sink) == BL_OK);
  REQUIRE(broker->stop(1'000'000'000));
  CHECK(broker->submit(intent, why) == BL_E_STATE);
  CHECK(broker->cancel(refs, why) == BL_E_STATE);
  CHECK(broker->query(query, why) == BL_E_STATE);
}

TEST_CASE("a broker's rates are copied and checked") {
  Running<BrokerInstance> broker("broker");
  const auto rates = venue_rates(*broker);
  REQUIRE(rates);
  REQUIRE(rates->classes.size() == 2);
  CHECK(rates->classes[1].name == "reads");
  CHECK(rates->classes[1].per_hour == 1000);
  REQUIRE(rates->costs.size() == 2);
  CHECK(rates->costs[1].call == BL_CALL_QUERY);
  Running<BrokerInstance> bad("broker", R"({"venue":"bad"})");
  CHECK(venue_rates(*bad).error().code == "PLUGIN_EXTENSION_INVALID");
}

TEST_CASE("ABI 1.3: what the venue said of the key and of its clock is copied, as far as it was told; what can't be is no crash") {
  const auto told = [](const char* params) {
    Running<BrokerInstance> broker("broker", params);
    return venue_standing(*broker);
  };
  const auto all = told("{}");
  REQUIRE(all);
  CHECK((all->key_told && all->may_view && all->may_trade && !all->may_transfer));
  REQUIRE(all->portfolio);
  CHECK(*all->portfolio == "p-1");
  REQUIRE(all->skew_ns);
  CHECK(*all->skew_ns == -1500);
  const auto nothing = told(R"({"standing":"nothing"})");
  REQUIRE(nothing);
  CHECK((!nothing->key_told && !nothing->may_view && !nothing->may_trade && !nothing->may_transfer && !nothing->portfolio && !nothing->skew_ns));
  const auto garbage = told(R"({"standing":"garbage"})");
  REQUIRE(garbage);
  CHECK(garbage->may_transfer);
  REQUIRE(garbage->portfolio);
  CHECK(garbage->portfolio->find('\x01') == std::string::npos);
  CHECK(garbage->portfolio->size() <= 64 * 4);
  const auto silent = told(R"({"standing":"fails"})");
  REQUIRE_FALSE(silent);
  CHECK(silent.error().code == "PLUGIN_CALL_FAILED");
  CHECK(silent.error().message.find("the venue is silent") != std::string::npos);
  CHECK(told(R"({"venue":"old"})").error().code == "PLUGIN_EXTENSION_MISSING");
  Running<BrokerInstance> stopped("broker");
  REQUIRE(stopped->stop(1'000'000'000));
  CHECK(venue_standing(*stopped).error().code == "PLUGIN_STATE");
}

TEST_CASE("a rebalancer plans targets") {
  Running<RebalancerInstance> rebalancer("rebalancer");
  CHECK_FALSE(rebalancer->has_on_event());
  std::vector<std::uint32_t> targets;
  bl_sink sink{};
  sink.size = sizeof sink;
  sink.ctx = &targets;
  sink.target = [](void* ctx, const bl_target* t) noexcept -> bl_status {
    static_cast<std::vector<std::uint32_t>*>(ctx)->push_back(t->instrument);
    return BL_OK;
  };
  bl_prediction a{}, b{};
  a.instrument = 4;
  b.instrument = 9;
  const bl_prediction* const predictions[] = {&a, &b};
  bl_portfolio portfolio{};
  bl_error why{};
  CHECK(rebalancer->plan(predictions, portfolio, sink, why) == BL_OK);
  CHECK(targets == std::vector<std::uint32_t>{4, 9});
}

TEST_CASE("a signal that can learn is trained with progress, and can be told to stop") {
  Running<SignalInstance> signal("puppet");
  REQUIRE(can_fit(*signal));
  bl_dataset data{};
  data.size = sizeof data;
  std::vector<double> seen;
  CHECK(fit(*signal, data, nullptr, "/tmp/model", {}).error().code == "PLUGIN_CALL_FAILED");
  data.rows = 100;
  REQUIRE(fit(*signal, data, nullptr, "/tmp/model", [&](double done, std::string_view note) {
    seen.push_back(done);
    CHECK(note == "tree");
    return true;
  }));
  CHECK(seen == std::vector<double>{0.25, 0.5, 0.75, 1.0});
  const auto cancelled =
      fit(*signal, data, nullptr, "/tmp/model", [](double done, std::string_view) { return done < 0.5; });
  CHECK(cancelled.error().code == "PLUGIN_FIT_CANCELLED");

  Running<SignalInstance> none("puppet", R"({"extensions":"none"})");
  CHECK_FALSE(can_fit(*none));
  CHECK(explainer_of(*none) == nullptr);
  CHECK(fit(*none, data, nullptr, "/tmp/model", {}).error().code == "PLUGIN_EXTENSION_MISSING");
}

TEST_CASE("a prediction is explained by contributions that fit the frame") {
  Running<SignalInstance> signal("puppet");
  const bl_explain_v1* explainer = explainer_of(*signal);
  REQUIRE(explainer != nullptr);
  const double values[] = {1, 2, 3, 4};
  bl_frame frame{};
  frame.rows = frame.cols = 2;
  frame.values = values;
  std::vector<double> out(3);
  REQUIRE(contributions(*signal, explainer, frame, 1, 0, out));
  CHECK(out == std::vector<double>{6, 8, 0.5});
  CHECK(contributions(*signal, nullptr, frame, 1, 0, out).error().code == "PLUGIN_EXTENSION_MISSING");
  CHECK(contributions(*signal, explainer, frame, 2, 0, out).error().code == "PLUGIN_EXTENSION_INVALID");
  out.resize(2);
  CHECK(contributions(*signal, explainer, frame, 0, 0, out).error().code == "PLUGIN_EXTENSION_INVALID");
}

TEST_CASE("what an expected move is reckoned with is told by who offers it, and by nobody else") {
  Running<SignalInstance> signal("puppet");
  const bl_calibration_v1* calibration = calibration_of(*signal);
  REQUIRE(calibration != nullptr);
  const auto told = class_returns(*signal, calibration);
  REQUIRE(told);
  CHECK(told->up == 0.02);
  CHECK(told->flat == 0.001);
  CHECK(told->down == -0.03);
  Running<SignalInstance> none("puppet", R"({"extensions":"none"})");
  CHECK(calibration_of(*none) == nullptr);
  CHECK(class_returns(*none, nullptr).error().code == "PLUGIN_EXTENSION_MISSING");
  Running<SignalInstance> fails("puppet", R"({"calibration":"fails"})");
  CHECK(class_returns(*fails, calibration_of(*fails)).error().code == "PLUGIN_CALL_FAILED");
}

TEST_CASE("a risk rule's assessment is read whole") {
  Running<RiskInstance> risk("risk");
  const auto text = assessment(*risk);
  REQUIRE(text);
  CHECK(*text == R"({"mood":"calm"})");
  Running<RiskInstance> garbage("risk", R"({"assess":"garbage"})");
  CHECK(assessment(*garbage).error().code == "PLUGIN_EXTENSION_INVALID");
}
