#include "features/feature_set.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <cmath>
#include <cstring>

#include "bars.hpp"

using namespace bowline::features;
using namespace bowline::features::test;

namespace {

using Names = std::vector<std::string_view>;
FeatureSet select(const Names& names) { return FeatureSet::select(names).value(); }
std::vector<double> row(const FeatureSet& set, std::uint32_t instrument = 1) {
  std::vector<double> out(set.cols());
  set.row(instrument, out);
  return out;
}
bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
}
double only(const std::string_view name, const std::vector<bl_bar>& bars) {
  FeatureSet set = select({name});
  for (const bl_bar& b : bars) set.update(b);
  return row(set)[0];
}

}  // namespace

TEST_CASE("an unknown feature is refused with the nearest name, a repeated one by its name") {
  const auto unknown = FeatureSet::select(Names{"rsi14"});
  REQUIRE(!unknown);
  CHECK(unknown.error().code == "FEATURE_UNKNOWN");
  CHECK(unknown.error().message.find("did you mean rsi_14?") != std::string::npos);
  const auto twice = FeatureSet::select(Names{"gap", "rsi_14", "gap"});
  REQUIRE(!twice);
  CHECK(twice.error().code == "FEATURE_DUPLICATE");
}

TEST_CASE("columns stand in the order of the selection, and alone a feature has the same bits") {
  const auto names = all_names();
  const Names reversed(names.rbegin(), names.rend());
  FeatureSet all = select(names), back = select(reversed);
  CHECK(back.hash() != all.hash());
  CHECK(back.names()[0] == names.back());
  std::vector<FeatureSet> alone;
  for (const auto name : names) alone.push_back(select({name}));
  for (const bl_bar& b : walk(7, 600)) {
    all.update(b), back.update(b);
    const auto expected = row(all);
    auto turned = row(back);
    std::reverse(turned.begin(), turned.end());
    REQUIRE(same_bits(expected, turned));
    for (std::size_t i = 0; i < alone.size(); ++i) {
      alone[i].update(b);
      REQUIRE(same_bits(row(alone[i]), {expected[i]}));
    }
  }
}

TEST_CASE("the warm bit comes with the last column, and an instrument never seen is cold") {
  FeatureSet set = select({"gap", "rsi_14"});
  CHECK(set.warmup() == 15);
  std::vector<double> out(2);
  CHECK(set.row(1, out) == 0);
  CHECK(std::isnan(out[0]));
  const auto bars = walk(3, 15);
  for (std::size_t t = 0; t < bars.size(); ++t) {
    set.update(bars[t]);
    CHECK(set.row(1, out) == (t + 1 < 15 ? 0u : quality_warm));
    CHECK(std::isnan(out[0]) == (t + 1 < 2));
    CHECK(std::isnan(out[1]) == (t + 1 < 15));
  }
}

TEST_CASE("a row knows nothing of later bars") {
  FeatureSet once = select(all_names());
  auto bars = walk(11, 450);
  std::vector<double> at_400;
  for (std::size_t t = 0; t < 400; ++t) once.update(bars[t]);
  at_400 = row(once);
  FeatureSet other = select(all_names());
  const auto different = walk(12, 450);
  for (std::size_t t = 0; t < 400; ++t) other.update(bars[t]);
  CHECK(same_bits(row(other), at_400));
  for (std::size_t t = 400; t < 450; ++t) other.update(different[t]);
  CHECK(same_bits(row(once), at_400));
}

TEST_CASE("instruments do not touch each other, and the same bars give the same bits") {
  FeatureSet mixed = select(all_names()), one = select(all_names());
  const auto a = walk(21, 400, 1), b = walk(22, 400, 2);
  for (std::size_t t = 0; t < a.size(); ++t) mixed.update(a[t]), mixed.update(b[t]), one.update(a[t]);
  CHECK(same_bits(row(mixed, 1), row(one, 1)));
  CHECK(!same_bits(row(mixed, 1), row(mixed, 2)));
}

TEST_CASE("a market that does not move and does not trade has defined values") {
  FeatureSet set = select(all_names());
  std::vector<bl_bar> flat;
  for (std::size_t t = 0; t < 400; ++t) flat.push_back(make_bar(t, 12345, 12345, 12345, 12345, 0));
  for (const bl_bar& b : flat) set.update(b);
  for (const double x : row(set)) CHECK(std::isfinite(x));
  CHECK(only("rsi_14", flat) == 50);
  CHECK(only("cci_20", flat) == 0);
  CHECK(only("bollinger_z_20", flat) == 0);
  CHECK(only("mfi_14", flat) == 50);
  CHECK(only("vwap_distance_48", flat) == 0);
  CHECK(only("donchian_20", flat) == 0.5);
  CHECK(only("kurt_48", flat) == 0);
}

TEST_CASE("a window forgets: wild bars leave no trace once the market is flat") {
  auto bars = walk(31, 400);
  for (std::size_t t = 400; t < 1100; ++t) bars.push_back(make_bar(t, 12345, 12345, 12345, 12345, 0));
  for (const char* name : {"bollinger_z_20", "realised_vol_288", "volume_z_288", "skew_48", "autocorr_48",
                           "obv_48", "amihud_48", "cci_20", "cmf_20", "parkinson_48"})
    CHECK(only(name, bars) == 0);
  FeatureSet set = select(all_names());
  for (const bl_bar& b : bars) {
    set.update(b);
    const auto values = row(set);
    for (std::size_t i = 0; i < values.size(); ++i) REQUIRE(!std::isinf(values[i]));
  }
}

TEST_CASE("where the series was started does not show beyond rounding") {
  const auto bars = walk(41, 3000);
  FeatureSet early = select(all_names()), late = select(all_names());
  for (std::size_t t = 0; t < bars.size(); ++t) {
    early.update(bars[t]);
    if (t >= 37) late.update(bars[t]);
  }
  const auto a = row(early), b = row(late);
  for (std::size_t i = 0; i < a.size(); ++i) {
    INFO(catalogue()[i].name);
    CHECK(std::abs(a[i] - b[i]) <= 1e-9 * std::max(1.0, std::abs(a[i])));
  }
}

TEST_CASE("what is not a final, newer, well-formed bar is not taken") {
  FeatureSet set = select({"logret_1"});
  const auto good = make_bar(5, 100, 120, 90, 110, 7);
  REQUIRE(set.update(good));
  CHECK(!set.update(good));
  CHECK(!set.update(make_bar(4, 100, 120, 90, 110, 7)));
  auto open = make_bar(6, 100, 120, 90, 110, 7);
  open.is_final = 0;
  CHECK(!set.update(open));
  CHECK(!set.update(make_bar(6, 100, 120, 0, 110, 7)));
  CHECK(!set.update(make_bar(6, 100, 105, 90, 110, 7)));
  CHECK(!set.update(make_bar(6, 100, 120, 90, 110, -1)));
  CHECK(set.update(make_bar(6, 110, 110, 110, 110, 0)));
  CHECK(row(set)[0] == 0);
}

TEST_CASE("speed of one bar through the whole catalogue", "[.speed]") {
  FeatureSet set = select(all_names());
  const auto bars = walk(51, 200'000);
  const auto start = std::chrono::steady_clock::now();
  for (const bl_bar& b : bars) set.update(b);
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
  WARN(took.count() / static_cast<double>(bars.size()) << " ns per bar, " << set.cols() << " features");
}
