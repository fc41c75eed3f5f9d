#include "correlations.hpp"

#include <algorithm>
#include <cmath>

namespace bowline::risk_correlation {

using bowline::detail::i128;

Correlations::Correlations(std::size_t instruments, const Estimate& estimate)
    : n_(instruments),
      estimate_(estimate),
      window_(instruments * estimate.window, missing),
      sums_(instruments < 2 ? 0 : instruments * (instruments - 1) / 2),
      rho_(instruments * instruments, 1.0),
      known_(instruments * instruments, 0) {}

void Correlations::Sums::put(std::int64_t a, std::int64_t b, std::int64_t sign) noexcept {
  n += sign;
  x += sign * a;
  y += sign * b;
  const i128 s = sign;
  xx += s * a * a;
  yy += s * b * b;
  xy += s * a * b;
}

void Correlations::add(std::span<const std::int64_t> row) {
  std::int64_t* const old = window_.data() + next_ * n_;
  const bool full = rows_ == estimate_.window;
  Sums* pair = sums_.data();
  for (std::size_t a = 0; a < n_; ++a)
    for (std::size_t b = a + 1; b < n_; ++b, ++pair) {
      if (full && old[a] != missing && old[b] != missing) pair->put(old[a], old[b], -1);
      if (row[a] != missing && row[b] != missing) pair->put(row[a], row[b], 1);
    }
  std::copy(row.begin(), row.end(), old);
  next_ = (next_ + 1) % estimate_.window;
  if (!full) ++rows_;
  refresh();
}

void Correlations::refresh() {
  double sum = 0;
  std::size_t known = 0;
  const Sums* pair = sums_.data();
  for (std::size_t a = 0; a < n_; ++a)
    for (std::size_t b = a + 1; b < n_; ++b, ++pair) {
      const i128 n = pair->n;
      const i128 x = pair->x, y = pair->y;
      const i128 vx = n * pair->xx - x * x, vy = n * pair->yy - y * y;
      // A price that never moved says nothing about what it moves with.
      const bool enough = pair->n >= static_cast<std::int64_t>(estimate_.min_history) && vx > 0 && vy > 0;
      double r = 1;
      if (enough) {
        r = static_cast<double>(n * pair->xy - x * y) /
            (std::sqrt(static_cast<double>(vx)) * std::sqrt(static_cast<double>(vy)));
        r = std::clamp(r, -1.0, 1.0);
        sum += r;
        ++known;
      }
      known_[a * n_ + b] = known_[b * n_ + a] = enough ? 1 : 0;
      rho_[a * n_ + b] = r;
    }
  mean_ = known != 0 ? sum / static_cast<double>(known) : 1.0;
  for (std::size_t a = 0; a < n_; ++a)
    for (std::size_t b = a + 1; b < n_; ++b) {
      double& r = rho_[a * n_ + b];
      if (known_[a * n_ + b] != 0) r = (1 - estimate_.shrinkage) * r + estimate_.shrinkage * mean_;
      rho_[b * n_ + a] = r;
    }
}

}  // namespace bowline::risk_correlation
