// The built plugin through the C ABI: learn, check the bundle, predict, explain.
#include <catch2/catch.hpp>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>

#include "fake_host.hpp"
#include "signal_xgboost/bundle.hpp"
#include "temp_files.hpp"

using namespace plugin_tests;
namespace xgb = bowline::xgb;

namespace {

std::vector<std::string> selected;  // what the plugin asked of bowline.features/1

/// The fake host with the features service on top.
struct Signal : Opened<bl_signal_v1> {
  Signal() : Opened("signal_xgboost") {
    static const auto below = host.host.service;
    static const bl_features_v1 features{
        sizeof(bl_features_v1), 0,
        [](void*, const bl_str* n, std::uint64_t k, bl_error*) noexcept -> bl_status {
          selected.clear();
          for (std::uint64_t i = 0; i < k; ++i) selected.emplace_back(n[i].ptr, n[i].len);
          return BL_OK;
        }};
    host.host.service = [](void* ctx, bl_str id) noexcept -> const void* {
      return std::string_view(id.ptr, id.len) == BL_SVC_FEATURES ? &features : below(ctx, id);
    };
  }
  template <class T>
  const T* extension(std::string_view id) const {
    return static_cast<const T*>(plugin->base->extension(inst, {id.data(), id.size()}));
  }
};

/// Column 0 decides the class (below -0.3 down, above 0.3 up), column 1 is noise, column 2 mostly missing.
struct Data {
  std::vector<float> values, labels;
  const bl_str names[3] = {{"a", 1}, {"b", 1}, {"c", 1}};
  explicit Data(std::uint32_t rows) {
    std::uint32_t s = 7;
    const auto next = [&s] {
      return static_cast<float>((s = s * 1664525u + 1013904223u) >> 8) / 8388608.f - 1;
    };
    for (std::uint32_t i = 0; i < rows; ++i) {
      const float a = next();
      values.insert(values.end(), {a, next(), i % 4 ? std::numeric_limits<float>::quiet_NaN() : next()});
      labels.push_back(a < -0.3f ? 0.f : a > 0.3f ? 2.f : 1.f);
    }
  }
  bl_dataset view() const {
    return {sizeof(bl_dataset),
            static_cast<std::uint32_t>(labels.size()),
            3,
            3,
            names,
            values.data(),
            labels.data(),
            nullptr};
  }
};

const Json quick = {{"rounds", 20}, {"max_depth", 3}, {"eta", 0.3}};

bl_status train(const Json& params, const std::string& dir, int cancel_after = 1000, bool judged = false,
                int* calls = nullptr, std::string* why = nullptr) {
  Signal s;
  REQUIRE(s.configure(params) == BL_OK);
  const Data data(2000), judge(500);
  const bl_dataset d = data.view(), e = judge.view();
  int left = cancel_after;
  const bl_status status = s.extension<bl_trainer_v1>(BL_EXT_TRAINER)
                               ->fit(
                                   s.inst, &d, judged ? &e : nullptr, {dir.data(), dir.size()}, &left,
                                   [](void* c, double, bl_str) noexcept -> bl_status {
                                     return --*static_cast<int*>(c) < 0 ? -1 : 0;
                                   },
                                   &s.error);
  if (calls) *calls = cancel_after - left;
  if (why) *why = s.message();
  return status;
}

std::string bytes(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

Json manifest_of(const TempDir& dir) {
  return {{"format", 1},
          {"model_id", "m-1"},
          {"features", {"a", "b", "c"}},
          {"feature_hash", "x"},
          {"classes", {"down", "flat", "up"}},
          {"horizon_bars", 12},
          {"interval_ns", 300'000'000'000},
          {"threshold_up", 0.6},
          {"threshold_down", 0.6},
          {"class_return", {-0.01, 0.0, 0.02}},
          {"calibration", {{"method", "temperature"}, {"value", 1.5}}},
          {"model_sha256", *xgb::sha256_of(dir.at("model.ubj"))},
          {"trained", Json::object()}};
}

struct Bundle {
  TempDir dir;
  Json manifest;
  Bundle() {
    std::string why;
    const bl_status s = train(quick, dir.at(""), 1000, false, nullptr, &why);
    INFO(why);
    REQUIRE(s == BL_OK);
    manifest = manifest_of(dir);
    dir.write("manifest.json", manifest.dump());
  }
};

struct Frame {
  std::vector<double> values;
  std::vector<std::uint32_t> instruments{1, 2, 3}, quality{1, 1, 1};
  bl_frame f{};
  Frame() {
    const double none = std::numeric_limits<double>::quiet_NaN();
    values = {0.8, 0.1, none, -0.8, 0.1, none, 0.0, 0.1, 0.5};
    f.h.size = sizeof f;
    f.h.type = BL_EV_FRAME;
    f.h.id = 42;
    f.rows = f.cols = 3;
    f.instruments = instruments.data();
    f.values = values.data();
    f.quality = quality.data();
  }
};

void refused(const TempDir& dir, const std::string& code) {
  Signal s;
  CHECK(s.configure({{"bundle", dir.at("")}}) < 0);
  CHECK(s.message().rfind(code + ": ", 0) == 0);
}

}  // namespace

TEST_CASE("decisions are plain arithmetic") {
  const xgb::Triple p = xgb::calibrate({0.2, 0.3, 0.5}, 1);
  CHECK(p[xgb::up] == Approx(0.5));
  const xgb::Triple soft = xgb::calibrate({0.2, 0.3, 0.5}, 2), sure = xgb::calibrate({0, 0, 1}, 1);
  CHECK(soft[0] + soft[1] + soft[2] == Approx(1));
  CHECK(soft[xgb::up] < 0.5);
  CHECK(std::isfinite(sure[xgb::down]));
  CHECK(xgb::action({0.2, 0.2, 0.6}, 0.6, 0.6) == 1);
  CHECK(xgb::action({0.6, 0.2, 0.2}, 0.6, 0.6) == 2);
  CHECK(xgb::action({0.45, 0.1, 0.45}, 0.4, 0.4) == 3);
  CHECK(xgb::expected_move({0.25, 0.25, 0.5}, {-0.04, 0, 0.02}) == Approx(0));
}

TEST_CASE("a bundle predicts: probabilities, actions and what goes with them; cold rows are silent") {
  const Bundle b;
  Signal s;
  s.run({{"bundle", b.dir.at("")}});
  CHECK(selected == std::vector<std::string>{"a", "b", "c"});
  bl_needs needs{sizeof(bl_needs), 0, 0};
  REQUIRE(s.table->needs(s.inst, &needs) == BL_OK);
  CHECK(needs.event_mask == 1ull << BL_EV_FRAME);
  Frame f;
  REQUIRE(s.table->on_event(s.inst, &f.f.h, &s.host.sink) == BL_OK);
  REQUIRE(s.host.predictions.size() == 3);
  const std::uint32_t actions[] = {1, 2, 3};
  for (std::size_t i = 0; i < 3; ++i) {
    const bl_prediction& p = s.host.predictions[i];
    CHECK(p.instrument == i + 1);
    CHECK(p.action == actions[i]);
    CHECK(p.p_up + p.p_flat + p.p_down == Approx(1));
    CHECK(p.confidence == std::max({p.p_up, p.p_flat, p.p_down}));
    CHECK(p.expected_move == Approx(0.02 * p.p_up - 0.01 * p.p_down));
    CHECK(std::isnan(p.weight));
    CHECK(p.threshold == 0.6);
    CHECK(p.flags == 1);
    CHECK(p.horizon_ns == 12 * 300'000'000'000);
    CHECK(p.cause == 42);
  }
  s.host.predictions.clear();
  f.quality = {0, 1, 2};
  REQUIRE(s.table->on_event(s.inst, &f.f.h, &s.host.sink) == BL_OK);
  REQUIRE(s.host.predictions.size() == 1);
  CHECK(s.host.predictions[0].instrument == 2);
  f.f.cols = 2;
  CHECK(s.table->on_event(s.inst, &f.f.h, &s.host.sink) < 0);
  CHECK(s.host.predictions.size() == 1);
}

TEST_CASE("contributions of all classes add up to margins that give the probabilities back") {
  const Bundle b;
  Signal s;
  Json plain = b.manifest;
  plain["calibration"] = {{"method", "none"}};
  b.dir.write("manifest.json", plain.dump());
  s.run({{"bundle", b.dir.at("")}});
  const Frame f;
  REQUIRE(s.table->on_event(s.inst, &f.f.h, &s.host.sink) == BL_OK);
  const auto* x = s.extension<bl_explain_v1>(BL_EXT_EXPLAIN);
  for (std::uint32_t row = 0; row < 3; ++row) {
    double e[3], sum = 0;
    for (std::uint32_t k = 0; k < 3; ++k) {
      double c[4];
      REQUIRE(x->contributions(s.inst, &f.f, row, k, c, 4, &s.error) == BL_OK);
      sum += e[k] = std::exp(c[0] + c[1] + c[2] + c[3]);
    }
    CHECK(e[2] / sum == Approx(s.host.predictions[row].p_up).epsilon(1e-4));
    CHECK(e[0] / sum == Approx(s.host.predictions[row].p_down).epsilon(1e-4));
    CHECK(s.host.predictions[row].flags == 0);
  }
  double c[4];
  CHECK(x->contributions(s.inst, &f.f, 0, 3, c, 4, &s.error) < 0);
  CHECK(x->contributions(s.inst, &f.f, 9, 0, c, 4, &s.error) < 0);
}

TEST_CASE("what the expected move is reckoned with is told in the order of the ABI, and gives it back") {
  const Bundle b;
  Signal s;
  s.run({{"bundle", b.dir.at("")}});
  const auto* c = s.extension<bl_calibration_v1>(BL_EXT_CALIBRATION);
  double r[3];
  REQUIRE(c->class_returns(s.inst, r, 3, &s.error) == BL_OK);
  CHECK(r[0] == 0.02);
  CHECK(r[1] == 0.0);
  CHECK(r[2] == -0.01);
  CHECK(c->class_returns(s.inst, r, 2, &s.error) < 0);
  const Frame f;
  REQUIRE(s.table->on_event(s.inst, &f.f.h, &s.host.sink) == BL_OK);
  REQUIRE_FALSE(s.host.predictions.empty());
  for (const bl_prediction& p : s.host.predictions)
    CHECK(p.expected_move == Approx(p.p_up * r[0] + p.p_flat * r[1] + p.p_down * r[2]));
}

TEST_CASE("the same data and seed give the same bytes; early stopping keeps the best round") {
  const TempDir one, two, other, early;
  REQUIRE(train(quick, one.at("")) == BL_OK);
  REQUIRE(train(quick, two.at("")) == BL_OK);
  Json seeded = quick;
  seeded["seed"] = 2;
  REQUIRE(train(seeded, other.at("")) == BL_OK);
  CHECK(bytes(one.at("model.ubj")) == bytes(two.at("model.ubj")));
  CHECK(bytes(one.at("model.ubj")) != bytes(other.at("model.ubj")));
  Json stops = quick;
  stops["rounds"] = 300;
  stops["eta"] = 1.0;
  stops["min_child_weight"] = 0;
  stops["early_stopping"] = 3;
  int calls = 0;
  std::string why;
  CHECK(train(stops, early.at(""), 1000, false, &calls, &why) < 0);  // nothing to judge a round by
  CHECK(why.rfind("TRAIN_DATA: early_stopping", 0) == 0);
  calls = 0;
  REQUIRE(train(stops, early.at(""), 1000, true, &calls) == BL_OK);
  CHECK(calls < 300);
  early.write("manifest.json", manifest_of(early).dump());
  Signal s;
  s.run({{"bundle", early.at("")}});
}

TEST_CASE("cancelled training leaves no model") {
  const TempDir dir;
  int calls = 0;
  std::string why;
  CHECK(train(quick, dir.at(""), 4, false, &calls, &why) < 0);
  CHECK(calls == 5);
  CHECK(why.rfind("TRAIN_CANCELLED", 0) == 0);
  CHECK(std::filesystem::is_empty(dir.at("")));
  Json odd = quick;
  odd["features"] = {"a", "c", "b"};
  CHECK(train(odd, dir.at(""), 1000, false, nullptr, &why) < 0);
  CHECK(why.rfind("MODEL_FEATURES", 0) == 0);
}

TEST_CASE("a bundle that is missing, damaged or of other features is refused, and the old one stays") {
  const Bundle b;
  Signal keeps;
  keeps.run({{"bundle", b.dir.at("")}});
  const TempDir empty;
  refused(empty, "MODEL_MISSING");
  Json m = b.manifest;
  m["features"] = {"a", "b"};
  b.dir.write("manifest.json", m.dump());
  refused(b.dir, "MODEL_FEATURES");
  m["features"] = {"b", "a", "c"};
  b.dir.write("manifest.json", m.dump());
  refused(b.dir, "MODEL_FEATURES");
  for (const auto& [key, value] : {std::pair<const char*, Json>{"format", 2},
                                   {"threshold_up", 7},
                                   {"classes", {"up", "down"}},
                                   {"interval_ns", "5m"},
                                   {"calibration", {{"method", "isotonic"}}}}) {
    m = b.manifest;
    m[key] = value;
    b.dir.write("manifest.json", m.dump());
    refused(b.dir, "MODEL_CORRUPT");
  }
  for (const auto& [key, code] : {std::pair{"interval_ns", "MODEL_INTERVAL"}, {"horizon_bars", "MODEL_HORIZON"}}) {
    m = b.manifest;
    m[key] = 24;
    b.dir.write("manifest.json", m.dump());
    refused(b.dir, code);
  }
  b.dir.write("manifest.json", b.manifest.dump());
  std::string model = bytes(b.dir.at("model.ubj"));
  model[model.size() / 2] = static_cast<char>(model[model.size() / 2] ^ 1);
  b.dir.write("model.ubj", model);
  refused(b.dir, "MODEL_CORRUPT");
  b.dir.write("model.ubj", "not a model");  // with the right sum: XGBoost itself must refuse it
  b.dir.write("manifest.json", manifest_of(b.dir).dump());
  refused(b.dir, "MODEL_CORRUPT");
  CHECK(keeps.configure({{"bundle", b.dir.at("")}}) < 0);
  const Frame f;
  REQUIRE(keeps.table->on_event(keeps.inst, &f.f.h, &keeps.host.sink) == BL_OK);
  CHECK(keeps.host.predictions.size() == 3);
  Signal bare;
  REQUIRE(bare.configure(Json::object()) == BL_OK);
  CHECK(bare.plugin->base->start(bare.inst, &bare.error) < 0);
  CHECK(bare.message().rfind("MODEL_MISSING", 0) == 0);
}
