#include "loader/instance.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <thread>

#include "unit/loader/probe.hpp"

using namespace probe;

namespace {

struct Setup {
  TempDir dir;
  Host host;
  std::shared_ptr<const Module> module;
  explicit Setup(const std::string& fixture = "puppet") {
    auto loaded = load_plugin_file(stage(fixture, dir / "plugins"), TrustPolicy{dir / "var", {}, false});
    if (!loaded) FAIL(loaded.error().message);
    module = *loaded;
  }
  std::unique_ptr<SignalInstance> make(std::string params = "{}") {
    auto made = make_instance<SignalInstance>(module, spec(std::move(params)), host, nullptr);
    if (!made) FAIL(made.error().message);
    return std::move(made).value();
  }
  std::unique_ptr<SignalInstance> running(std::string params = "{}") {
    auto instance = make(std::move(params));
    REQUIRE(instance->configure());
    REQUIRE(instance->start());
    return instance;
  }
};

struct Caught {
  std::vector<bl_prediction> predictions;
  bl_sink sink{};
  Caught() {
    sink.size = sizeof sink;
    sink.ctx = this;
    sink.prediction = [](void* ctx, const bl_prediction* p) noexcept -> bl_status {
      static_cast<Caught*>(ctx)->predictions.push_back(*p);
      return BL_OK;
    };
  }
};

bl_event event(std::uint64_t id = 7) {
  bl_event e{};
  e.size = sizeof e;
  e.type = BL_EV_BAR;
  e.id = id;
  e.instrument = 2;
  return e;
}

}  // namespace

TEST_CASE("an instance goes through its life in order") {
  Setup s;
  Caught out;
  auto instance = s.make();
  CHECK(instance->state() == State::Created);
  CHECK(instance->on_event(event(), out.sink) == BL_E_STATE);
  REQUIRE(instance->configure());
  CHECK(instance->state() == State::Configured);
  const auto needs = instance->needs();
  REQUIRE(needs);
  CHECK(needs->warmup_bars == 26);
  CHECK(needs->wants(BL_EV_BAR));
  CHECK_FALSE(needs->wants(BL_EV_FRAME));
  REQUIRE(instance->start());
  CHECK(instance->on_event(event(7), out.sink) == BL_OK);
  REQUIRE(out.predictions.size() == 1);
  CHECK(out.predictions[0].cause == 7);
  CHECK(out.predictions[0].instrument == 2);
  CHECK(out.predictions[0].confidence == 1234);  // the host's time
  REQUIRE(instance->stop(1'000'000'000));
  CHECK(instance->state() == State::Stopped);
  CHECK(instance->on_event(event(), out.sink) == BL_E_STATE);
  CHECK(out.predictions.size() == 1);
  REQUIRE(instance->start());
  REQUIRE(instance->stop(1'000'000'000));
  REQUIRE(instance->configure("{\"n\":2}"));
  CHECK(instance->state() == State::Configured);
  CHECK(instance->spec().params == "{\"n\":2}");
}

TEST_CASE("a call out of order is refused by the host, and the plugin never sees it") {
  Setup s;
  auto instance = s.make();
  CHECK(instance->start().error().code == "PLUGIN_STATE");
  CHECK(instance->stop(0).error().code == "PLUGIN_STATE");
  CHECK(instance->needs().error().code == "PLUGIN_STATE");
  CHECK(instance->save().error().code == "PLUGIN_STATE");
  CHECK(instance->extension("test.answer/1", 16) == nullptr);
  REQUIRE(instance->configure());
  CHECK(instance->configure().error().code == "PLUGIN_STATE");
  REQUIRE(instance->start());
  CHECK(instance->configure().error().code == "PLUGIN_STATE");
  CHECK(instance->load({}).error().code == "PLUGIN_STATE");
  CHECK(instance->start().error().code == "PLUGIN_STATE");
}

TEST_CASE("a create that fails is an error with the plugin's words, made safe to print") {
  Setup s("create_fails");
  const auto made = make_instance<SignalInstance>(s.module, spec(), s.host, nullptr);
  REQUIRE_FALSE(made);
  CHECK(made.error().code == "PLUGIN_CREATE_FAILED");
  CHECK_THAT(made.error().message,
             Catch::StartsWith("instance mom_btc: test.puppet failed in create (out of luck ? "));
}

TEST_CASE("a create that gives no instance is an error") {
  Setup s("create_gives_nothing");
  CHECK(make_instance<SignalInstance>(s.module, spec(), s.host, nullptr).error().code ==
        "PLUGIN_CREATE_FAILED");
}

TEST_CASE("an instance is made only of the kind and id that the file offers") {
  Setup s;
  CHECK(make_instance<RiskInstance>(s.module, spec(), s.host, nullptr).error().code ==
        "PLUGIN_KIND_MISMATCH");
  CHECK(make_instance<SignalInstance>(s.module, spec("{}", "test.other"), s.host, nullptr).error().code ==
        "PLUGIN_ID_UNKNOWN");
}

TEST_CASE("a failing configure leaves state and configuration as they were") {
  Setup s;
  Caught out;
  auto instance = s.make(R"({"configure":"fail"})");
  const auto refused = instance->configure();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == "PLUGIN_CONFIGURE_FAILED");
  CHECK_THAT(refused.error().message,
             Catch::Contains("n must not be unlucky") && Catch::StartsWith("instance mom_btc: "));
  CHECK(instance->state() == State::Created);
  REQUIRE(instance->configure("{}"));
  REQUIRE(instance->start());
  REQUIRE(instance->stop(1'000'000'000));
  CHECK_FALSE(instance->configure(R"({"configure":"fail"})"));
  CHECK(instance->state() == State::Stopped);
  CHECK(instance->spec().params == "{}");
  CHECK(instance->start().ok());
}

TEST_CASE("a failing start leaves it configured") {
  Setup s;
  auto instance = s.make(R"({"start":"fail"})");
  REQUIRE(instance->configure());
  CHECK(instance->start().error().code == "PLUGIN_START_FAILED");
  CHECK(instance->state() == State::Configured);
}

TEST_CASE("host.fail ends the instance: nothing but destroy reaches it afterwards") {
  Setup s;
  Caught out;
  auto instance = s.running(R"({"on_event":"fault"})");
  (void)instance->on_event(event(), out.sink);
  CHECK(instance->state() == State::Failed);
  CHECK(instance->failure().code == "PLUGIN_FAULT");
  REQUIRE(s.host.failures.size() == 1);
  const auto before = out.predictions.size();
  CHECK(instance->on_event(event(), out.sink) == BL_E_STATE);
  CHECK(out.predictions.size() == before);
  CHECK(instance->stop(0).error().code == "PLUGIN_STATE");
  CHECK(instance->start().error().code == "PLUGIN_STATE");
  CHECK_THAT(instance->start().error().message, Catch::Contains("it gave no reason"));
}

TEST_CASE("a fault reported during configure counts, although configure says that all is well") {
  Setup s;
  auto instance = s.make(R"({"configure":"fault"})");
  CHECK(instance->configure().error().code == "PLUGIN_FAULT");
  CHECK(instance->state() == State::Failed);
  CHECK_THAT(instance->failure().message,
             Catch::StartsWith("instance mom_btc: test.puppet reported a fault (the disk is on fire): "));
}

TEST_CASE("the host may declare an instance failed") {
  Setup s;
  auto instance = s.running();
  instance->mark_failed(Error{"PLUGIN_FAULT", "three errors in a row", {}});
  CHECK(instance->state() == State::Failed);
  instance->mark_failed(Error{"PLUGIN_FAULT", "a later one", {}});
  CHECK(instance->failure().message == "three errors in a row");
}

TEST_CASE("a stop that fails or is late abandons the instance") {
  Setup s;
  {
    auto instance = s.running(R"({"stop":"fail"})");
    CHECK(instance->stop(1'000'000'000).error().code == "PLUGIN_STOP_FAILED");
    CHECK(instance->state() == State::Failed);
  }
  auto instance = s.running(R"({"stop":"slow"})");
  CHECK(instance->stop(1'000'000).error().code == "PLUGIN_STOP_OVERRUN");
  CHECK(instance->state() == State::Failed);
}

TEST_CASE("state is saved and loaded; garbage lengths are refused") {
  Setup s;
  Caught out;
  auto first = s.running();
  for (int i = 0; i < 5; ++i) REQUIRE(first->on_event(event(), out.sink) == BL_OK);
  const auto saved = first->save();
  REQUIRE(saved);
  CHECK(saved->size() == 8);
  auto second = s.make();
  REQUIRE(second->configure());
  REQUIRE(second->load(*saved));
  REQUIRE(second->start());
  REQUIRE(second->on_event(event(), out.sink) == BL_OK);
  CHECK(out.predictions.back().weight == 6);
  auto third = s.make();
  REQUIRE(third->configure());
  const std::vector<std::uint8_t> foreign{1, 2, 3};
  CHECK(third->load(foreign).error().code == "PLUGIN_SAVED_STATE_REFUSED");
  for (const char* what : {"fail", "garbage", "grows"}) {
    INFO(what);
    CHECK(s.running(R"({"save":")" + std::string(what) + "\"}")->save().error().code == "PLUGIN_SAVE_FAILED");
  }
}

TEST_CASE("needs are checked") {
  Setup s;
  CHECK(s.running(R"({"needs":"garbage"})")->needs().error().code == "PLUGIN_NEEDS_INVALID");
  CHECK(s.running(R"({"needs":"fail"})")->needs().error().code == "PLUGIN_CALL_FAILED");
}

TEST_CASE("an extension is found by id, and only when it is large enough") {
  Setup s;
  auto instance = s.running();
  struct Answer {
    std::uint32_t size, pad;
    std::uint64_t (*wakes)(bl_inst*);
  };
  const auto* answer = static_cast<const Answer*>(instance->extension("test.answer/1", sizeof(Answer)));
  REQUIRE(answer != nullptr);
  CHECK(instance->extension("test.answer/1", sizeof(Answer) + 8) == nullptr);
  CHECK(instance->extension("test.small/1", 8) == nullptr);
  CHECK(instance->extension("test.none/1", 8) == nullptr);
  REQUIRE(instance->has_on_wake());
  instance->on_wake();
  instance->on_wake();
  CHECK(instance->call_extension(CallClass::Control, "test.answer", 0,
                                 [&] { return answer->wakes(instance->raw()); }) == 2);
}

TEST_CASE("an error on the lane is handed on, the instance stays") {
  Setup s;
  Caught out;
  auto instance = s.running(R"({"on_event":"fail"})");
  CHECK(instance->on_event(event(), out.sink) == BL_E_INTERNAL);
  CHECK(instance->state() == State::Running);
}

TEST_CASE("two instances of one plugin do not share state") {
  Setup s;
  Caught out;
  auto a = s.running(), b = s.running();
  REQUIRE(a->on_event(event(), out.sink) == BL_OK);
  REQUIRE(a->on_event(event(), out.sink) == BL_OK);
  REQUIRE(b->on_event(event(), out.sink) == BL_OK);
  CHECK(out.predictions[1].weight == 2);
  CHECK(out.predictions[2].weight == 1);
}

TEST_CASE("thread_check knows the lane by the call, not by the thread") {
  Setup s;
  Caught out;
  auto instance = s.running();
  REQUIRE(instance->on_event(event(), out.sink) == BL_OK);
  CHECK(out.predictions.back().flags == 1);  // in the lane, not in control
  std::thread([&] { CHECK(instance->on_event(event(), out.sink) == BL_OK); }).join();
  CHECK(out.predictions.back().flags == 1);  // another thread, the same lane
}

TEST_CASE("features are selected in configure and nowhere else") {
  Setup s;
  auto instance = s.make(R"({"configure":"select"})");
  REQUIRE(instance->configure());
  CHECK(s.host.selected == std::vector<std::string>{"ema_12", "rsi_14"});

  s.host.refuse_features = true;
  auto refused = s.make(R"({"configure":"select"})");
  CHECK_THAT(refused->configure().error().message, Catch::Contains("there is no feature ema_12"));
  s.host.refuse_features = false;

  Caught out;
  auto late = s.running(R"({"on_event":"select"})");
  CHECK(late->on_event(event(), out.sink) == BL_E_STATE);

  s.host.everything = false;
  auto none = s.make(R"({"configure":"select"})");
  CHECK_THAT(none->configure().error().message, Catch::Contains("no features here"));
}
