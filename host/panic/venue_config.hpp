// A run's configuration for who needs its venue alone: no other plugin's file is opened, and no other one's params are read.
#pragma once

#include <bowline/result.hpp>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "config/problem.hpp"
#include "config/run_config.hpp"

namespace bowline::panic {

struct VenueConfig {
  std::optional<config::RunConfig> config;  ///< with its one instance of kind broker, and no other; empty: there are problems
  std::vector<config::Problem> problems;
  bool live_guard = false;                  ///< one of them is a guard of mode: live
  std::function<Result<std::string>(std::string_view)> secret;
};

/// `var`: the run's state folder.
VenueConfig read_venue_config(const std::string& file, const std::filesystem::path& var);

}  // namespace bowline::panic
