// How bowline-panic gets in at the host: by what its command line says, else by the run's own configuration.
#pragma once

#include <bowline/result.hpp>
#include <string>

#include "edge/host_door.hpp"

namespace bowline::panic {

/// `token` is a reference, `ca` a file; what is empty is taken from `config` (may be empty): its emergency token, and its own
/// certificate as the one to trust. Of the file nothing else is looked at, and no plugin is loaded. Errors: USAGE_TOKEN, SECRET_*.
Result<edge::HostDoor> door_of(const std::string& token, const std::string& ca, const std::string& config);

}  // namespace bowline::panic
