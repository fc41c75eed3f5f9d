// The crossing of two averages.
#include <catch2/catch.hpp>

#include <vector>

#include "signal_ema_cross/ema_cross.hpp"

using namespace bowline::ema_cross;

namespace {
std::vector<Crossing> run(const std::vector<double>& prices, std::uint32_t fast, std::uint32_t slow) {
  const Speeds k(fast, slow);
  Averages a;
  std::vector<Crossing> out;
  for (const double p : prices) out.push_back(a.update(p, k));
  return out;
}
}  // namespace

TEST_CASE("ema_cross says nothing until the slow average has seen its bars") {
  std::vector<double> prices;
  for (int i = 0; i < 40; ++i) prices.push_back(i % 2 ? 90 : 110);
  const auto said = run(prices, 2, 26);
  for (std::size_t i = 0; i < 26; ++i) CHECK(said[i] == Crossing::cold);
  CHECK(said[26] != Crossing::cold);
}

TEST_CASE("ema_cross reports a rise once, as up, and the fall behind it once, as down") {
  std::vector<double> prices(20, 100.0);
  for (int i = 0; i < 10; ++i) prices.push_back(101.0 + i);
  for (int i = 0; i < 20; ++i) prices.push_back(110.0 - 2 * i);
  int up = 0, down = 0;
  bool up_first = false;
  const auto said = run(prices, 3, 10);
  for (std::size_t i = 0; i < said.size(); ++i) {
    up += said[i] == Crossing::up;
    down += said[i] == Crossing::down;
    if (said[i] == Crossing::up) {
      CHECK(i == 20);  // the first bar of the rise
      up_first = down == 0;
    }
  }
  CHECK(up == 1);
  CHECK(down == 1);
  CHECK(up_first);
}

TEST_CASE("ema_cross: averages that touch have not crossed") {
  // A flat price keeps both averages equal: neither up nor down, ever.
  for (const Crossing c : run(std::vector<double>(100, 42.0), 3, 10))
    CHECK((c == Crossing::cold || c == Crossing::none));
}

TEST_CASE("ema_cross follows the textbook recursion") {
  const Speeds k(3, 5);
  Averages a;
  a.update(10, k);
  a.update(20, k);
  CHECK(a.fast == 15.0);  // alpha 1/2
  CHECK(a.slow == Approx(10 + 10.0 / 3));
}
