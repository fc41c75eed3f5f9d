// A configuration file read for a verb.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <bowline/result.hpp>

#include "config/live_guards.hpp"
#include "config/problem.hpp"
#include "config/run_config.hpp"

namespace bowline::cli {

struct LoadedConfig {
  std::optional<config::RunConfig> config;   ///< empty: there are problems
  std::vector<config::Problem> problems;     ///< in the order of the file
  std::vector<std::string> notes;            ///< what a person has to know though nothing is wrong
  config::LiveFacts live_facts{};            ///< for Run::make
  std::size_t guards_unmet = 0;              ///< of mode: live, where the file is read for the venue: they are no problems then
  int exit_code = 0;
  std::function<Result<std::string>(std::string_view)> secret;  ///< resolves "secret://name"
};

/// What the file is read for: a run demands what its services cannot do without, training says itself what it needs, and who looks at
/// the venue needs its one broker and no other plugin, whatever guards of mode: live a run would still lack. What is run again sends
/// nothing, and is asked for no canary.
enum class For { run, again, training, venue };

/// Reads `file` with the process's environment and the schemas of the plugins it names.
/// `state`: where relative paths of files that the run writes lie (--var).
LoadedConfig read_config(const std::string& file, const std::filesystem::path& state, For purpose);
/// The same; all problems go to stderr at once.
LoadedConfig load_config(const std::string& file, const std::filesystem::path& state, For purpose);

}  // namespace bowline::cli
