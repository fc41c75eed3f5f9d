// From a YAML file to a RunConfig, or to everything that is wrong with it, all at once.
#pragma once

#include <bowline/result.hpp>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/problem.hpp"
#include "config/run_config.hpp"

namespace bowline::config {

struct LoadOptions {
  std::function<std::optional<std::string>(std::string_view)> env;
  /// JSON Schema of a plugin's params; `plugins` says where files lie. Empty function: params are not checked and left {}.
  std::function<Result<std::string>(const RunConfig::Plugins& plugins, const std::string& id, const std::string& kind)> schema;
  std::filesystem::path state;  ///< the run's state folder (--var)
};

struct Loaded {
  RunConfig config;               ///< complete only when there are no problems
  std::vector<Problem> problems;  ///< in the order of the file
  bool live_guard = false;        ///< a problem is a guard of mode: live
};

Loaded load(const std::filesystem::path& file, const LoadOptions& options);

}  // namespace bowline::config
