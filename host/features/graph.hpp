// Formulas as a graph of shared calculators. Two formulas that need the same average get the same node, and a
// selection computes only what it can reach. The warm-up of a node follows from its inputs, so it is exact.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <tuple>
#include <vector>

namespace bowline::features {

/// What a node does. `x`, `y` are its inputs, `n` its window, `k` its constant.
enum class Op : std::uint8_t {
  open,
  high,
  low,
  close,
  volume,
  day_part,
  weekday,   // read from the bar; the order is that of BarValues
  constant,  // k
  add,
  sub,
  mul,
  ratio,  // ratio: x / y, or k where y is 0
  greater,
  larger,
  smaller,  // x > y as 1 or 0; max(x, y); min(x, y)
  log,
  sqrt,
  abs,
  sin,
  cos,
  lag,      // x of n bars ago
  sum,      // of the last n x
  highest,  // of the last n x: value, age in bars of its latest occurrence
  lowest,
  spread,   // of the last n x: mean, population variance
  shape,    // of the last n x: skewness, excess kurtosis
  corr,     // Pearson correlation of the last n (x, y); 0 where one side is constant
  smooth,   // x averaged with weight k for the newest, seeded with the mean of the first n
  streak,   // how many x in a row were above 0
  channel,  // Commodity channel index of the last n x: its mean deviation walks the window
  count_
};
inline constexpr std::size_t bar_values = 7;

/// One output of one node.
struct Ref {
  std::uint32_t node = 0, out = 0;
  auto operator<=>(const Ref&) const noexcept = default;
};

struct Node {
  Op op{};
  std::array<Ref, 2> in{};
  std::uint32_t window = 0;
  double k = 0;
  std::uint32_t inputs_warm = 0;  ///< bars until every input has a value: the node runs from this bar on
  std::uint32_t warm = 0;         ///< bars until the node has a value
};

std::size_t arity(Op op) noexcept;
std::size_t outputs(Op op) noexcept;

class Graph {
 public:
  /// The node that does this, made at first use. A node comes after its inputs.
  Ref node(Op op, std::array<Ref, 2> in = {}, std::uint32_t window = 0, double k = 0);
  std::span<const Node> nodes() const noexcept { return nodes_; }

 private:
  std::vector<Node> nodes_;
  std::map<std::tuple<Op, std::array<Ref, 2>, std::uint32_t, double>, std::uint32_t> known_;
};

}  // namespace bowline::features
