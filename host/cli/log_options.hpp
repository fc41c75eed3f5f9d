// --log-file and --log-level, and the log of a verb that runs plugins.
#pragma once

#include <CLI/CLI.hpp>
#include <bowline/result.hpp>
#include <string>

#include "config/run_config.hpp"

namespace bowline::cli {

struct LogChoice {
  std::string file, level;  ///< empty: the configuration's
};

void add_log_options(CLI::App& verb, LogChoice& to);
/// Sets the log up, written by a thread of its own; observe::log::shutdown() ends it. Errors: CONFIG_LOG_LEVEL, LOG_FILE.
Result<void> start_log(const LogChoice& choice, const config::RunConfig::Log& config);

}  // namespace bowline::cli
