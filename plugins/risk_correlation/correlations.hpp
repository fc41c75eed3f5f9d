// Correlations of all pairs over a rolling window. The sums behind them are whole numbers, so that a row that
// leaves the window leaves it exactly: no drift, and the same bits however long it ran.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <bowline/detail/wide.hpp>

#include "sampler.hpp"

namespace bowline::risk_correlation {

struct Estimate {
  std::uint32_t window = 720;       ///< rows that count
  std::uint32_t min_history = 168;  ///< rows that both of a pair need; fewer: not known
  double shrinkage = 0.1;           ///< weight of the mean of all known pairs, 0..1
};

class Correlations {
 public:
  Correlations() = default;
  Correlations(std::size_t instruments, const Estimate& estimate);

  /// One row of returns (10^-9 units, or `missing`), as many as there are instruments.
  void add(std::span<const std::int64_t> row);

  std::size_t instruments() const noexcept { return n_; }
  /// Whether the pair has enough rows in which both moved at all.
  bool known(std::size_t a, std::size_t b) const noexcept { return known_[a * n_ + b] != 0; }
  /// -1..1; 1 of a pair that is not known, and of an instrument with itself.
  double rho(std::size_t a, std::size_t b) const noexcept { return rho_[a * n_ + b]; }
  /// Mean of the known pairs; 1 when there is none.
  double mean() const noexcept { return mean_; }

 private:
  /// Of the rows in which both have a return.
  struct Sums {
    std::int64_t n = 0, x = 0, y = 0;
    bowline::detail::i128 xx = 0, yy = 0, xy = 0;
    void put(std::int64_t a, std::int64_t b, std::int64_t sign) noexcept;
  };
  std::size_t n_ = 0, next_ = 0, rows_ = 0;
  Estimate estimate_;
  std::vector<std::int64_t> window_;  ///< ring of rows
  std::vector<Sums> sums_;            ///< pairs a < b, row after row
  std::vector<double> rho_;           ///< whole matrix
  std::vector<std::uint8_t> known_;
  double mean_ = 1;

  void refresh();
};

}  // namespace bowline::risk_correlation
