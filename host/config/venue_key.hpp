// By which id a venue knows the key that an instance's params name. The id is no secret; what it stands beside is, and no copy of
// that is left behind.
#pragma once

#include <bowline/result.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "config/run_config.hpp"

namespace bowline::config {

/// The id of the key that `instance` is to be given, as its plugin's schema marks the params that say it ("x-bowline-key"): "" where
/// the schema marks none, or none of those is set. No plugin is loaded. Errors: SECRET_*, KEY_FILE (the secret is no key file), KEY_NAME
/// (the name is empty, too long, or has what no name has); never a byte of the secret.
Result<std::string> venue_key_id(const InstanceConfig& instance, const std::function<std::optional<std::string>(std::string_view)>& env);

/// The member "name", else "id", of a key file's JSON text. Errors: KEY_FILE.
Result<std::string> key_file_id(std::string_view json);

}  // namespace bowline::config
