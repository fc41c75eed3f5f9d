// What each kind of node computes on a bar, over memory laid out once per selection.
#pragma once

#include <cstddef>
#include <cstdint>

#include "features/graph.hpp"

namespace bowline::features {

struct Step;
/// The memory of one instrument, as one step sees it.
struct Cell {
  double* values;         ///< one per output of a node
  double* state;          ///< the windows
  std::uint32_t* places;  ///< one per step: where its window stands
  double bars;            ///< bars seen, this one included
};
using Kernel = void (*)(const Step&, const Cell&) noexcept;

/// A node of a selection with its inputs, outputs and memory found.
struct Step {
  Kernel run = nullptr;
  std::uint32_t x = 0, y = 0, out = 0;  ///< into values
  std::uint32_t state = 0, place = 0;
  std::uint32_t window = 0;
  std::uint32_t from_bar = 0;  ///< runs once its inputs are warm
  double k = 0;
};

/// nullptr for what is read from the bar and for constants: they are set, not run.
Kernel kernel(Op op) noexcept;
/// Doubles of state a node needs.
std::size_t state_size(Op op, std::uint32_t window) noexcept;

}  // namespace bowline::features
