// How the rebalancer splits a portfolio.
#include <catch2/catch.hpp>

#include <cmath>
#include <cstdint>
#include <numeric>

#include "rebalancer_targets/allocation.hpp"

using namespace bowline::rebalancer_targets;

namespace {
Candidate candidate(std::uint32_t i, View v, bool held = false, double current = 0, double score = 0.5,
                    double vol = NAN) {
  return {i, v, held, score, vol, current};
}
AllocationOptions wide(Method m) { return {m, Universe::signals, 1.0, 0.2}; }
}  // namespace

TEST_CASE("equal: the members share what is not reserve") {
  const auto w = split({candidate(1, View::buy), candidate(2, View::buy), candidate(3, View::hold)},
                       wide(Method::equal));
  CHECK(w[0].weight == Approx(0.4));
  CHECK(w[1].weight == Approx(0.4));
  CHECK_FALSE(w[2].member);  // HOLD and not held: nothing to do
}

TEST_CASE("confidence_weighted: shares in proportion to the score") {
  const auto w = split({candidate(1, View::buy, false, 0, 0.9), candidate(2, View::buy, false, 0, 0.3)},
                       wide(Method::confidence_weighted));
  CHECK(w[0].weight == Approx(0.6));
  CHECK(w[1].weight == Approx(0.2));
}

TEST_CASE(
    "inverse_volatility: the calmer gets more; unknown volatility is left alone and its weight respected") {
  const auto w = split({candidate(1, View::buy, false, 0, 0.5, 0.01),
                        candidate(2, View::buy, false, 0, 0.5, 0.03), candidate(3, View::buy, true, 0.4)},
                       wide(Method::inverse_volatility));
  CHECK_FALSE(w[2].member);
  CHECK(w[0].weight == Approx(0.3));
  CHECK(w[1].weight == Approx(0.1));
}

TEST_CASE("a cap holds, and what it cuts off goes to the others") {
  AllocationOptions o = wide(Method::confidence_weighted);
  o.max_weight = 0.4;
  const auto w = split({candidate(1, View::buy, false, 0, 0.9), candidate(2, View::buy, false, 0, 0.1),
                        candidate(3, View::buy, false, 0, 0.1)},
                       o);
  CHECK(w[0].weight == Approx(0.4));
  CHECK(w[1].weight == Approx(0.2));
  CHECK(w[2].weight == Approx(0.2));
}

TEST_CASE("a held instrument predicted SELL gets weight 0; one not held is no member") {
  const auto w = split({candidate(1, View::sell, true, 0.3), candidate(2, View::sell)}, wide(Method::equal));
  CHECK(w[0].member);
  CHECK(w[0].weight == 0);
  CHECK_FALSE(w[1].member);
}

TEST_CASE("universes: signals, held, all") {
  const std::vector<Candidate> c{candidate(1, View::buy), candidate(2, View::hold, true, 0.1),
                                 candidate(3, View::none)};
  AllocationOptions o = wide(Method::equal);
  const auto members = [&] {
    std::vector<bool> m;
    for (const Wanted& w : split(c, o)) m.push_back(w.member);
    return m;
  };
  CHECK(members() == std::vector<bool>{true, true, false});
  o.universe = Universe::held;
  CHECK(members() == std::vector<bool>{false, true, false});
  o.universe = Universe::all;
  CHECK(members() == std::vector<bool>{true, true, true});
}

TEST_CASE("property: weights lie in 0..max_weight and their sum within what may be invested") {
  std::uint64_t x = 7;
  const auto next = [&x] { return x ^= x << 13, x ^= x >> 7, x ^= x << 17; };
  const auto unit = [&] { return static_cast<double>(next() % 1'000'001) * 1e-6; };
  for (int round = 0; round < 20'000; ++round) {
    AllocationOptions o;
    o.method = static_cast<Method>(next() % 3);
    o.universe = static_cast<Universe>(next() % 3);
    o.max_weight = 0.01 + 0.99 * unit();
    o.cash_reserve = 0.9 * unit();
    std::vector<Candidate> c;
    double left = 1.0;
    for (std::uint64_t i = 0, n = next() % 12; i < n; ++i) {
      const bool held = next() % 2 != 0;
      const double current = held ? left * unit() * 0.5 : 0;
      left -= current;
      c.push_back(candidate(static_cast<std::uint32_t>(i + 1), static_cast<View>(next() % 4), held, current,
                            unit(), next() % 4 ? 0.001 + unit() : NAN));
    }
    double sum = 0, outside = 0;
    const auto w = split(c, o);
    REQUIRE(w.size() == c.size());
    for (std::size_t i = 0; i < w.size(); ++i) {
      REQUIRE(w[i].weight >= 0);
      REQUIRE(w[i].weight <= o.max_weight);
      if (w[i].member) {
        sum += w[i].weight;
      } else {
        outside += c[i].current;
        REQUIRE(w[i].weight == 0);
      }
    }
    REQUIRE(sum <= std::max(0.0, 1.0 - o.cash_reserve - outside) + 1e-12);
  }
}

TEST_CASE("score: the probability where there is one, else the confidence of a BUY") {
  CHECK(score_of(View::buy, 0.7, 0.1) == 0.7);
  CHECK(score_of(View::buy, NAN, 0.6) == 0.6);
  CHECK(score_of(View::hold, NAN, 0.9) == 0.5);
  CHECK(score_of(View::buy, NAN, NAN) == 0.0);
  CHECK(score_of(View::buy, 7.0, 0) == 1.0);
}

TEST_CASE("volatility is unknown while cold, then near the size of the moves") {
  RollingVolatility v;
  double p = 100;
  for (int i = 0; i < 50; ++i) {
    CHECK(std::isnan(v.value(50)));
    v.update(p, 50);
    p *= i % 2 ? 1.01 : 1 / 1.01;
  }
  v.update(p, 50);
  CHECK(v.value(50) == Approx(0.01).epsilon(0.02));
  RollingVolatility flat;
  for (int i = 0; i < 100; ++i) flat.update(5, 10);
  CHECK(std::isnan(flat.value(10)));  // no move, no volatility to divide by
}
