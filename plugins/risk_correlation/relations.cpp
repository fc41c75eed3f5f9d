#include "relations.hpp"

#include <algorithm>
#include <numeric>

namespace bowline::risk_correlation {

// Before the first row nothing is known: everything counts with everything.
Relations::Relations(std::size_t instruments, double cluster_from, double alike_above)
    : n_(instruments),
      cluster_from_(cluster_from),
      alike_above_(alike_above),
      cluster_(instruments),
      table_(instruments * instruments,
             static_cast<std::uint8_t>(together | (1.0 > alike_above ? alike : 0))),
      rho_(instruments * instruments, 1.0) {
  std::iota(cluster_.begin(), cluster_.end(), 1u);
}

void Relations::update(const Correlations& c) {
  std::iota(cluster_.begin(), cluster_.end(), 1u);
  const auto first_of = [this](std::size_t i) {
    while (cluster_[i] != i + 1) i = cluster_[i] - 1;
    return i;
  };
  for (std::size_t a = 0; a < n_; ++a)
    for (std::size_t b = a + 1; b < n_; ++b) {
      if (!c.known(a, b) || c.rho(a, b) < cluster_from_) continue;
      const std::size_t x = first_of(a), y = first_of(b);
      cluster_[std::max(x, y)] = static_cast<std::uint32_t>(std::min(x, y) + 1);
    }
  for (std::size_t i = 0; i < n_; ++i) cluster_[i] = static_cast<std::uint32_t>(first_of(i) + 1);
  for (std::size_t a = 0; a < n_; ++a)
    for (std::size_t b = 0; b < n_; ++b) {
      const double r = c.rho(a, b);
      const bool one = cluster_[a] == cluster_[b] || !c.known(a, b);
      table_[a * n_ + b] = static_cast<std::uint8_t>((one ? together : 0) | (r > alike_above_ ? alike : 0));
      rho_[a * n_ + b] = r;
    }
}

}  // namespace bowline::risk_correlation
