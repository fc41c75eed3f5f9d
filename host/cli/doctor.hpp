// What doctor looks at. Each check is one finding; the one over a configuration gives several.
#pragma once

#include <string>
#include <vector>

namespace bowline::cli {

struct Finding {
  std::string check;
  bool ok = true;
  std::string text, mend;  ///< mend: what to do; empty when ok
};

/// Packages that building the project takes, by the machine's own package list; doctor_packages.cpp.
Finding packages();
/// What a run of this configuration would need here: that it is right, its ports, its files, its secrets, its plugins'
/// own word (a model, say). Nothing is started. `var`: the state folder it would get; doctor_config.cpp.
std::vector<Finding> configuration(const std::string& file, const std::string& var);

}  // namespace bowline::cli
