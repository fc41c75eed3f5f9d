// From weights to targets: band, minimum, sum, and rest.
#include <catch2/catch.hpp>

#include <cmath>

#include "common/money.hpp"
#include "rebalancer_targets/plan.hpp"

using namespace bowline::rebalancer_targets;
using bowline::Decimal;
namespace money = bowline::money;

namespace {
Decimal D(const std::string& s) {
  const auto d = money::parse(s);
  REQUIRE(d.has_value());
  return *d;
}
const Decimal& equity() {
  static const Decimal e = D("10000");
  return e;
}
Holding holding(std::uint32_t i, View v, double current, double score = 0.5, double vol = NAN) {
  return {{i, v, current > 0, score, vol, current}, money::from_mantissa(std::llround(current * 1e6), -2)};
}
PlanOptions usual() {
  PlanOptions o;
  o.allocation = {Method::equal, Universe::signals, 1.0, 0.2};
  o.drift_band = 0.01;
  o.min_trade = D("150");
  return o;
}
double sum_after(const std::vector<Holding>& h, const std::vector<Target>& t) {
  double sum = 0;
  for (const Holding& one : h) {
    double w = one.candidate.current;
    for (const Target& x : t)
      if (x.instrument == one.candidate.instrument) w = x.weight;
    sum += w;
  }
  return sum;
}
}  // namespace

TEST_CASE("plan: what is within the band is left alone, what is outside is corrected") {
  const auto t = plan({holding(1, View::buy, 0.405), holding(2, View::buy, 0.2)}, equity(), usual());
  REQUIRE(t.size() == 1);
  CHECK(t[0].instrument == 2);
  CHECK(t[0].weight == Approx(0.395));  // 0.4 wanted, cut to what the sum allows
}

TEST_CASE("plan: a correction below the minimum is left alone") {
  PlanOptions o = usual();
  o.drift_band = 0.001;
  o.allocation.max_weight = 0.1;
  CHECK(plan({holding(1, View::buy, 0.0855)}, equity(), o).empty());      // 145 < 150
  CHECK(plan({holding(1, View::buy, 0.0850)}, equity(), o).size() == 1);  // exactly 150
}

TEST_CASE("plan: a predicted SELL goes to 0 whatever band and minimum say") {
  const auto t = plan({holding(1, View::sell, 0.004)}, equity(), usual());
  REQUIRE(t.size() == 1);
  CHECK(t[0].weight == 0);
}

TEST_CASE("plan: no equity, no plan") {
  CHECK(plan({holding(1, View::buy, 0)}, Decimal::zero(), usual()).empty());
  CHECK(plan({}, equity(), usual()).empty());
}

TEST_CASE("property: targets in 0..max, the sum within bounds, and the second plan is empty") {
  std::uint64_t x = 4711;
  const auto next = [&x] { return x ^= x << 13, x ^= x >> 7, x ^= x << 17; };
  const auto unit = [&] { return static_cast<double>(next() % 1'000'001) * 1e-6; };
  int given = 0;
  for (int round = 0; round < 20'000; ++round) {
    PlanOptions o = usual();
    o.allocation.method = static_cast<Method>(next() % 3);
    o.allocation.universe = static_cast<Universe>(next() % 3);
    o.allocation.max_weight = 0.05 + 0.95 * unit();
    o.allocation.cash_reserve = 0.5 * unit();
    o.drift_band = 0.05 * unit();
    std::vector<Holding> h;
    double left = 1.0;
    for (std::uint64_t i = 0, n = 1 + next() % 8; i < n; ++i) {
      const double current = next() % 2 ? round_down(left * unit() * 0.6) : 0;
      left -= current;
      h.push_back(holding(static_cast<std::uint32_t>(i + 1), static_cast<View>(next() % 4), current, unit(),
                          0.001 + unit()));
    }
    const double before = sum_after(h, {});
    const auto t = plan(h, equity(), o);
    given += !t.empty();
    for (const Target& one : t) {
      REQUIRE(one.weight >= 0);
      REQUIRE(one.weight <= o.allocation.max_weight);
    }
    REQUIRE(sum_after(h, t) <= std::max(before, 1.0 - o.allocation.cash_reserve) + 1e-9);
    for (const Target& one : t) {  // reach the targets, then ask again
      Holding& held = h[one.instrument - 1];
      held = holding(one.instrument, held.candidate.view, one.weight, held.candidate.score,
                     held.candidate.volatility);
    }
    REQUIRE(plan(h, equity(), o).empty());
  }
  CHECK(given > 10'000);
}
