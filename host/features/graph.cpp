#include "features/graph.hpp"

#include <algorithm>

namespace bowline::features {

std::size_t arity(Op op) noexcept {
  if (op <= Op::constant) return 0;
  return op <= Op::smaller || op == Op::corr ? 2 : 1;
}

std::size_t outputs(Op op) noexcept {
  return op == Op::highest || op == Op::lowest || op == Op::spread || op == Op::shape ? 2 : 1;
}

Ref Graph::node(Op op, std::array<Ref, 2> in, std::uint32_t window, double k) {
  const auto [it, fresh] = known_.try_emplace({op, in, window, k}, static_cast<std::uint32_t>(nodes_.size()));
  if (fresh) {
    Node n{op, in, window, k};
    n.inputs_warm = op == Op::constant ? 0 : 1;
    for (std::size_t i = 0; i < arity(op); ++i)
      n.inputs_warm = std::max(n.inputs_warm, nodes_[in[i].node].warm);
    // A window of n is full at its n-th input; the value of n bars ago exists one bar later.
    n.warm = n.inputs_warm + (op == Op::lag ? window : window > 0 ? window - 1 : 0);
    nodes_.push_back(n);
  }
  return {it->second, 0};
}

}  // namespace bowline::features
