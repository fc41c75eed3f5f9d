// The catalogue with the graph behind it; built once, constant after.
#pragma once

#include <vector>

#include "features/catalogue.hpp"
#include "features/graph.hpp"

namespace bowline::features {

struct Definitions {
  Graph graph;
  std::vector<FeatureDef> features;
  std::vector<Ref> roots;  ///< the node behind features[i]
};
const Definitions& definitions();

}  // namespace bowline::features
