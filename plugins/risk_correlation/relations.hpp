// Which products count as one, and which are too alike to be held together: worked out once when the
// correlations change, so that a check only looks it up.
#pragma once

#include <cstdint>
#include <vector>

#include "correlations.hpp"

namespace bowline::risk_correlation {

/// Instruments are numbered from 1. Nothing is known of a number that the correlations do not hold: it counts
/// as correlating with everything (trading rules 5.4).
class Relations {
  std::size_t n_ = 0;
  double cluster_from_ = 0, alike_above_ = 0;
  std::vector<std::uint32_t> cluster_;  ///< by instrument - 1: the smallest number in its cluster
  std::vector<std::uint8_t> table_;     ///< whole matrix: bits `together` and `alike`
  std::vector<double> rho_;
  static constexpr std::uint8_t together = 1, alike = 2;

  bool holds(std::uint32_t i) const noexcept { return i >= 1 && i <= n_; }
  std::uint8_t at(std::uint32_t a, std::uint32_t b) const noexcept {
    return table_[(a - std::size_t{1}) * n_ + (b - std::size_t{1})];
  }

 public:
  Relations() = default;
  /// A cluster is what is connected by pairs that correlate at `cluster_from` or more. A pair that is not
  /// known counts as one without making more of it: it connects nothing else. Alike = above `alike_above`.
  Relations(std::size_t instruments, double cluster_from, double alike_above);

  void update(const Correlations& correlations);

  /// Whether b counts in the cluster of a.
  bool counts_with(std::uint32_t a, std::uint32_t b) const noexcept {
    return a == b || !holds(a) || !holds(b) || (at(a, b) & together) != 0;
  }
  /// Whether they are two, and too alike.
  bool are_alike(std::uint32_t a, std::uint32_t b) const noexcept {
    if (a == b) return false;
    return holds(a) && holds(b) ? (at(a, b) & alike) != 0 : 1.0 > alike_above_;
  }
  double rho(std::uint32_t a, std::uint32_t b) const noexcept {
    return holds(a) && holds(b) ? rho_[(a - std::size_t{1}) * n_ + (b - std::size_t{1})] : 1.0;
  }
  /// The smallest number in the instrument's cluster; of an unknown one its own.
  std::uint32_t cluster_of(std::uint32_t i) const noexcept { return holds(i) ? cluster_[i - 1] : i; }
  std::size_t instruments() const noexcept { return n_; }
};

}  // namespace bowline::risk_correlation
