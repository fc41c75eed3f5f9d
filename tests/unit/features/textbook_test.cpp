#include <catch2/catch.hpp>
#include <cmath>

#include "bars.hpp"
#include "features/feature_set.hpp"
#include "textbook.hpp"

using namespace bowline::features;
using namespace bowline::features::test;

TEST_CASE("every feature is what its textbook says, from its warm-up on and NaN before") {
  const auto names = all_names();
  for (const std::uint32_t seed : {1u, 2u, 3u}) {
    const auto bars = walk(seed, 700);
    const auto expected = textbook(bars);
    REQUIRE(expected.size() == names.size());
    FeatureSet set = FeatureSet::select(names).value();
    std::vector<double> row(names.size());
    for (std::size_t t = 0; t < bars.size(); ++t) {
      REQUIRE(set.update(bars[t]));
      set.row(1, row);
      for (std::size_t i = 0; i < names.size(); ++i) {
        const double want = expected.at(std::string(names[i]))[t], got = row[i];
        const bool cold = t + 1 < catalogue()[i].warmup;
        const bool same = cold ? std::isnan(want) && std::isnan(got)
                               : std::abs(got - want) <= 1e-9 * std::max(1.0, std::abs(want));
        if (!same) {
          INFO(names[i] << " seed " << seed << " bar " << t + 1 << " warm-up " << catalogue()[i].warmup
                        << ": " << got << " instead of " << want);
          CHECK(same);
          return;
        }
      }
    }
  }
}
