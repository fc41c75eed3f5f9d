// What is known here of a run's key and of the canaries that have passed with it, without loading a plugin.
#pragma once

#include <bowline/result.hpp>
#include <filesystem>
#include <string>

#include "config/run_config.hpp"

namespace bowline::cli {

/// SHA-256 of the id by which the venue knows the key of this run's broker: 64 hex digits, of no id ("" as a text) where the plugin's
/// schema names none. Errors: RUN_BROKER_COUNT, and those of config::venue_key_id.
Result<std::string> key_fingerprint(const config::RunConfig& config);

/// Whether the canary that mode: live asks for has passed. A process that loads no broker needs none, nor does one whose venue is
/// simulated by its plugin's own word. `schema`: of the broker's params, or why it could not be read. Errors: CANARY_KEY_UNKNOWN (by
/// which param the key is named is not known, or that one was not read: then nothing is known of its canaries, and no other key is
/// blamed), those of key_fingerprint and of store::canary_passed.
Result<void> canary_of_run(const config::RunConfig& config, const std::filesystem::path& state, const Result<std::string>& schema);

}  // namespace bowline::cli
