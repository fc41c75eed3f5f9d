// A configuration file read for a verb: all problems go to stderr at once.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include <bowline/result.hpp>

#include "config/run_config.hpp"

namespace bowline::cli {

struct LoadedConfig {
  std::optional<config::RunConfig> config;  ///< empty: the problems were printed
  int exit_code = 0;
  std::function<Result<std::string>(std::string_view)> secret;  ///< resolves "secret://name"
};

/// Reads `file` with the process's environment and the schemas of the plugins it names.
/// `state`: where relative paths of files that the run writes lie (--var).
LoadedConfig load_config(const std::string& file, const std::filesystem::path& state);

}  // namespace bowline::cli
