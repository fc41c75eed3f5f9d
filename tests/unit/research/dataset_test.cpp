#include "research/dataset.hpp"

#include <catch2/catch.hpp>

#include <stdlib.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "research/bundle.hpp"
#include "unit/features/bars.hpp"

using namespace bowline;
using namespace bowline::research;

namespace {

LabelOptions options() {
  LabelOptions o;
  o.interval = features::test::hour_ns;
  o.horizon_bars = 4;
  return o;
}
DatasetBuilder builder() {
  const auto names = features::test::all_names();
  auto set = features::FeatureSet::select(std::span(names).first(5));
  REQUIRE(set.ok());
  return DatasetBuilder(std::move(*set), options());
}
DatasetBuilder::Split split_of(const std::vector<bl_bar>& bars) {
  auto b = builder();
  for (const bl_bar& bar : bars) b.add(bar);
  auto s = b.split();
  if (!s) FAIL(s.error().message);
  return *s;
}

}  // namespace

TEST_CASE("labels: what lies in the dead zone, both ends included, is flat") {
  CHECK(label_of(0.0015, 0.0015) == 1);
  CHECK(label_of(-0.0015, 0.0015) == 1);
  CHECK(label_of(0.0016, 0.0015) == 2);
  CHECK(label_of(-0.0016, 0.0015) == 0);
  CHECK(label_of(0, 0) == 1);
}

TEST_CASE("dataset: a label is the return over exactly the horizon behind the row") {
  const auto bars = features::test::walk(3, 1000);
  const auto s = split_of(bars);
  for (const Row& r : s.train.rows) {
    const auto at = static_cast<std::size_t>((r.time - bars[0].close_ns) / features::test::hour_ns);
    const double move = static_cast<double>(bars[at + 4].close) / static_cast<double>(bars[at].close) - 1;
    REQUIRE(r.move == Approx(move).margin(1e-12));
    REQUIRE(r.label == label_of(r.move, options().dead_zone));
  }
}

TEST_CASE("dataset: no training row's horizon reaches into the calibration slice") {
  const auto bars = features::test::walk(3, 1000);
  const auto s = split_of(bars);
  CHECK(s.purged == 4);
  for (const Row& r : s.train.rows) REQUIRE(r.time + 4 * features::test::hour_ns < s.calibration_start);
  for (const Row& r : s.calibration.rows) REQUIRE(r.time >= s.calibration_start);
  CHECK(s.train.values.size() == s.train.rows.size() * s.train.cols);
  CHECK(s.calibration.values.size() == s.calibration.rows.size() * s.calibration.cols);
}

TEST_CASE("dataset: an evaluation slice lies between the others, purged on both sides, and the calibration slice stays") {
  const auto bars = features::test::walk(3, 1000);
  const auto plain = split_of(bars);
  LabelOptions o = options();
  o.evaluation_share = 0.25;
  const auto names = features::test::all_names();
  auto set = features::FeatureSet::select(std::span(names).first(5));
  REQUIRE(set.ok());
  DatasetBuilder b(std::move(*set), o);
  for (const bl_bar& bar : bars) b.add(bar);
  const auto s = b.split();
  REQUIRE(s.ok());
  CHECK(s->purged == 8);
  const auto horizon = 4 * features::test::hour_ns;
  for (const Row& r : s->train.rows) REQUIRE(r.time + horizon < s->evaluation_start);
  for (const Row& r : s->evaluation.rows) {
    REQUIRE(r.time >= s->evaluation_start);
    REQUIRE(r.time + horizon < s->calibration_start);
  }
  CHECK(plain.evaluation.rows.empty());
  CHECK(s->calibration_start == plain.calibration_start);
  CHECK(s->calibration.values == plain.calibration.values);
  CHECK(s->train.rows.size() + s->evaluation.rows.size() + 4 == plain.train.rows.size());
  CHECK(static_cast<double>(s->evaluation.rows.size()) == Approx(0.25 * static_cast<double>(plain.train.rows.size())).margin(5));
  CHECK(s->evaluation.values.size() == s->evaluation.rows.size() * s->evaluation.cols);
  // The same rows as before, only elsewhere.
  CHECK(std::equal(s->evaluation.values.begin(), s->evaluation.values.end(), plain.train.values.end() - static_cast<std::ptrdiff_t>(s->evaluation.values.size())));
}

TEST_CASE("dataset: rows whose horizon ends in a gap are left out, not labelled by a neighbour") {
  auto bars = features::test::walk(3, 1000);
  const auto gone = bars[500].close_ns;
  bars.erase(bars.begin() + 500);
  auto b = builder();
  for (const bl_bar& bar : bars) b.add(bar);
  const auto s = b.split();
  REQUIRE(s.ok());
  CHECK(b.unlabelled() == 1 + 4);  // that one, and the last four
  for (const Row& r : s->train.rows) REQUIRE(r.time + 4 * features::test::hour_ns != gone);
}

TEST_CASE("dataset: what comes later changes no earlier row") {
  auto bars = features::test::walk(3, 1000);
  const auto before = split_of(bars);
  for (std::size_t i = 600; i < bars.size(); ++i) {
    bars[i].open *= 2, bars[i].high *= 2, bars[i].low *= 2, bars[i].close *= 2;
  }
  const auto after = split_of(bars);
  const auto changed_from = bars[600].close_ns;
  REQUIRE(before.train.rows.size() == after.train.rows.size());
  std::size_t same = 0;
  for (std::size_t i = 0; i < before.train.rows.size(); ++i) {
    if (before.train.rows[i].time >= changed_from) break;
    for (std::size_t k = 0; k < before.train.cols; ++k)
      REQUIRE(before.train.values[i * before.train.cols + k] == after.train.values[i * before.train.cols + k]);
    if (before.train.rows[i].time + 4 * features::test::hour_ns < changed_from)
      REQUIRE(before.train.rows[i].move == after.train.rows[i].move);
    ++same;
  }
  CHECK(same > 400);
}

TEST_CASE("dataset: a bar that is repeated, not final or no bar at all gives no row") {
  const auto bars = features::test::walk(3, 1000);
  auto b = builder();
  for (const bl_bar& bar : bars) {
    bl_bar odd = bar;
    odd.is_final = 0;
    b.add(odd);
    odd = bar;
    odd.high = odd.low - 1;
    b.add(odd);
    b.add(bar);
    b.add(bar);
  }
  CHECK(b.bars() == 1000);
  const auto plain = split_of(bars);
  const auto s = b.split();
  REQUIRE(s.ok());
  CHECK(s->train.rows.size() == plain.train.rows.size());
  CHECK(s->train.values == plain.train.values);
}

TEST_CASE("dataset: too few bars are told") {
  auto b = builder();
  for (const bl_bar& bar : features::test::walk(3, 50)) b.add(bar);
  CHECK(b.split().error().code == "DATA_TOO_SHORT");
}

TEST_CASE("bundle: the manifest names the model's bytes, and is there whole or not at all") {
  std::string name = (std::filesystem::temp_directory_path() / "bowline-bundle-XXXXXX").string();
  REQUIRE(::mkdtemp(name.data()) != nullptr);
  const std::filesystem::path dir = name;
  Manifest m;
  m.features = {"a", "b"};
  m.feature_hash = "h";
  m.trained = {{"rows", "10"}};
  CHECK(write_manifest(dir, m).error().code == "MODEL_MISSING");
  CHECK_FALSE(std::filesystem::exists(dir / "manifest.json"));
  std::ofstream(dir / "model.ubj") << "bytes";
  std::ofstream(dir / "manifest.json") << "an older one";
  const auto id = write_manifest(dir, m), again = write_manifest(dir, m);
  REQUIRE(id.ok());
  CHECK(*again == *id);
  std::ifstream in(dir / "manifest.json");
  const auto j = nlohmann::json::parse(in);
  CHECK(j["model_id"] == *id);
  CHECK(j["features"] == nlohmann::json{"a", "b"});
  CHECK(j["trained"]["rows"] == "10");
  CHECK_FALSE(std::filesystem::exists(dir / "manifest.json.new"));
  std::ofstream(dir / "model.ubj") << "other bytes";
  CHECK(*write_manifest(dir, m) != *id);
  std::filesystem::remove_all(dir);
}
