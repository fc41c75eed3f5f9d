#include "research/calibration.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <random>

using namespace bowline::research;

namespace {

/// Rows whose labels are drawn from p, and what a classifier that is too sure of itself by `t` says of them.
void overconfident(double t, std::vector<Probabilities>& said, std::vector<int>& labels) {
  std::mt19937 random(5);
  const auto unit = [&] { return (static_cast<double>(random()) + 0.5) / 4294967296.0; };
  for (int i = 0; i < 20000; ++i) {
    Probabilities p{std::exp(2 * unit()), std::exp(2 * unit()), std::exp(2 * unit())};
    const double sum = p[0] + p[1] + p[2];
    for (double& x : p) x /= sum;
    const double u = unit();
    labels.push_back(u < p[0] ? 0 : u < p[0] + p[1] ? 1 : 2);
    said.push_back(with_temperature(p, 1 / t));
  }
}

}  // namespace

TEST_CASE("calibration: a temperature keeps the order and the sum; 1 changes nothing") {
  const Probabilities p{0.2, 0.1, 0.7};
  for (const double t : {0.5, 1.0, 3.0}) {
    const Probabilities q = with_temperature(p, t);
    CHECK(q[0] + q[1] + q[2] == Approx(1));
    CHECK(q[2] > q[0]);
    CHECK(q[0] > q[1]);
    CHECK((t > 1) == (q[2] < p[2] - 1e-9));
  }
  CHECK(with_temperature(p, 1)[2] == Approx(0.7));
  CHECK(std::isfinite(std::log(with_temperature({0, 0, 1}, 2)[0])));
}

TEST_CASE("calibration: the temperature that made a classifier too sure is found again") {
  for (const double t : {0.5, 1.0, 2.0, 4.0}) {
    std::vector<Probabilities> said;
    std::vector<int> labels;
    overconfident(t, said, labels);
    const double found = fit_temperature(said, labels);
    CHECK(found == Approx(t).epsilon(0.1));
    CHECK(log_loss(said, labels, found) <= log_loss(said, labels, 1) + 1e-9);
  }
  CHECK(fit_temperature({}, {}) == 1);
}

TEST_CASE("calibration: a threshold lets at most its share pass, also where values repeat") {
  const auto passing = [](const std::vector<double>& v, double share) {
    const double t = threshold_for_coverage(v, share);
    return std::count_if(v.begin(), v.end(), [t](double x) { return x >= t; });
  };
  const std::vector<double> rising{0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0};
  CHECK(passing(rising, 0.3) == 3);
  CHECK(threshold_for_coverage(rising, 0.3) == 0.8);
  const std::vector<double> ties{0.9, 0.5, 0.5, 0.5, 0.5, 0.1, 0.1, 0.1, 0.1, 0.1};
  CHECK(passing(ties, 0.1) == 1);
  CHECK(passing(ties, 0.3) == 1);  // a second would bring all four
  CHECK(passing(ties, 0.5) == 5);
  CHECK(passing({0.4, 0.4, 0.4, 0.4}, 0.5) == 0);
  CHECK(passing(rising, 0.05) == 0);
  CHECK(threshold_for_coverage({}, 0.5) > 1);
}

TEST_CASE("calibration: the mean move of each class; one without rows has none") {
  const std::vector<int> labels{0, 2, 2, 0};
  const std::vector<double> moves{-0.02, 0.01, 0.03, -0.04};
  const auto mean = mean_move_by_class(labels, moves);
  CHECK(mean[0] == Approx(-0.03));
  CHECK(mean[1] == 0);
  CHECK(mean[2] == Approx(0.02));
}
