// From a YAML file to a RunConfig, or to everything that is wrong with it, all at once.
#pragma once

#include <bowline/result.hpp>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/live_guards.hpp"
#include "config/problem.hpp"
#include "config/run_config.hpp"

namespace bowline::config {

struct LoadOptions {
  std::function<std::optional<std::string>(std::string_view)> env;
  /// JSON Schema of a plugin's params, or why this run cannot have the plugin; of `so_far`, mode and plugins are complete.
  /// Empty function: params are not checked and left {}.
  std::function<Result<std::string>(const RunConfig& so_far, const std::string& id, const std::string& kind)> schema;
  /// Params of instances of another kind are nobody's here: they are neither read nor checked, and stay {}. Empty: all are read.
  std::string only_kind{};
  std::filesystem::path state;  ///< the run's state folder (--var)
  /// Whether this version's and this key's canary has passed (LIVE_CANARY_MISSING); asked of a live file. Empty: it has not.
  std::function<bool(const RunConfig& config)> canary{};
  bool complete = false;        ///< it is to be run: what its services cannot do without has to be there
};

struct Loaded {
  RunConfig config;               ///< complete only when there are no problems
  std::vector<Problem> problems;  ///< in the order of the file
  std::vector<std::string> notes; ///< what a person has to know though nothing is wrong
  bool live_guard = false;        ///< a problem is a guard of mode: live
  LiveFacts live_facts{};         ///< what its guards were told; who makes the run hands it on
};

Loaded load(const std::filesystem::path& file, const LoadOptions& options);

}  // namespace bowline::config
