// What an author builds out of tree, loaded by the real loader: the samples in C and Rust, and every
// template.
#include <catch2/catch.hpp>

#include <bowline/views.hpp>
#include <filesystem>
#include <memory>
#include <vector>

#include "unit/loader/probe.hpp"

using namespace probe;

namespace {

struct Said {
  std::vector<bl_prediction> predictions;
  bl_sink sink{sizeof(bl_sink), 0, this, nullptr, take, nullptr, nullptr};
  static bl_status take(void* ctx, const bl_prediction* p) noexcept {
    static_cast<Said*>(ctx)->predictions.push_back(*p);
    return BL_OK;
  }
};

bl_bar bar(std::int64_t close) {
  bl_bar b{};
  b.h.size = sizeof b;
  b.h.type = BL_EV_BAR;
  b.h.instrument = 1;
  b.h.id = 77;
  b.close_ns = 60'000'000'000;
  b.px_exp = -2;
  b.is_final = 1;
  b.close = close;
  return b;
}

std::shared_ptr<const Module> loaded(const fs::path& file, const TempDir& dir) {
  const auto module = load_plugin_file(file, TrustPolicy{dir / "var", {}, false});
  INFO((module ? std::string() : module.error().message));
  REQUIRE(module);
  return *module;
}

void answers_like_a_momentum_signal(const fs::path& file, const std::string& id) {
  TempDir dir;
  Host host;
  const auto module = loaded(file, dir);
  auto made = make_instance<SignalInstance>(module, spec("{}", id), host, nullptr);
  INFO((made ? std::string() : made.error().message));
  REQUIRE(made);
  SignalInstance& signal = **made;
  REQUIRE(signal.configure());
  const auto needs = signal.needs();
  REQUIRE(needs);
  CHECK(needs->wants(BL_EV_BAR));
  CHECK(needs->warmup_bars == 1);
  REQUIRE(signal.start());
  Said said;
  bl_event unknown{};
  unknown.size = sizeof unknown;
  unknown.type = 999;
  CHECK(signal.on_event(unknown, said.sink) == BL_OK);
  for (const std::int64_t close : {10'000, 10'100, 9'900, 9'900})
    CHECK(signal.on_event(bar(close).h, said.sink) == BL_OK);
  REQUIRE(said.predictions.size() == 3);
  CHECK(said.predictions[0].action == 1);
  CHECK(said.predictions[1].action == 2);
  CHECK(said.predictions[2].action == 3);
  CHECK(said.predictions[0].cause == 77);
  CHECK(bowline::Decimal::from_raw(said.predictions[0].ref_px) == bowline::Decimal::from_int(101));
  REQUIRE(signal.stop(1'000'000'000));
  REQUIRE(signal.configure());
  REQUIRE(signal.start());
  REQUIRE(signal.stop(1'000'000'000));
}

}  // namespace

TEST_CASE("the sample in C loads and answers an event", "[samples]") {
  answers_like_a_momentum_signal(fs::path(SAMPLES) / "libmomentum_c.so", "bowline.sample.momentum_c");
}

// Hidden: sample_rust.sh builds it first, or says that it cannot.
TEST_CASE("the sample in Rust loads and answers an event", "[.rust]") {
  answers_like_a_momentum_signal(fs::path(SAMPLES) / "libmomentum_rust.so", "bowline.sample.momentum_rust");
}

TEST_CASE("every template makes a plugin that the loader accepts as its kind", "[templates]") {
  TempDir dir;
  for (const std::string kind : {"signal", "risk", "feed", "broker", "rebalancer"}) {
    const std::string name = "my_" + kind;
    const auto module = loaded(fs::path(TEMPLATES) / name / "build" / ("lib" + name + ".so"), dir);
    const auto plugin = module->plugin("local." + kind + "." + name);
    REQUIRE(plugin);
    CHECK(to_string(static_cast<Kind>((*plugin)->kind)) == kind);
    CHECK((module->manifest().venue_class == VenueClass::Simulated) == (kind == "broker"));
  }
}
