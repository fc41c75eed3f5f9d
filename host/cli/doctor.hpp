// What doctor looks at. Each check is one finding; the one over a configuration gives several.
#pragma once

#include <bowline/result.hpp>
#include <string>
#include <vector>

#include "cli/load_config.hpp"

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

/// The venue of a configuration, its key and the way to it: nothing is ordered, and nothing is left behind; doctor_venue.cpp.
std::vector<Finding> venue(const std::string& file, const std::string& var);
/// What its file said, read for the venue; and whether its key is there. No text of a key is in it.
std::vector<Finding> venue_config_findings(const LoadedConfig& loaded, const std::string& file);
Finding key_finding(const Result<std::string>& fingerprint);

struct CanaryOptions {
  std::string config, var, symbol, max_spend, confirm_account;
  bool json = false;
};
/// The smallest real orders of one product, with everything said that happens; the exit code. doctor_canary.cpp.
int canary(const CanaryOptions& options);

}  // namespace bowline::cli
