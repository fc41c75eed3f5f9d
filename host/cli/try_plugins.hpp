// What only the plugins themselves can tell of a configuration.
#pragma once

#include <bowline/result.hpp>

#include "cli/load_config.hpp"

namespace bowline::cli {

/// Makes each instance of this process and gives it its params, as run does, in a folder that goes away again; none is
/// started. So a model that is missing, or that was trained for another interval, is found. Errors: as Instances::make.
Result<void> try_plugins(const config::RunConfig& config, const LoadedConfig& loaded);

}  // namespace bowline::cli
