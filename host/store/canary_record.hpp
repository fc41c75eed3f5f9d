// The canaries that a state folder has passed (canary.json): with this version and this key the smallest real orders went all their
// way. mode: live asks for one once per version and key. A file of its own, so that it is read without a journal, a plugin or a venue.
#pragma once

#include <bowline/result.hpp>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/types.hpp"

namespace bowline::store {

/// One that passed. No secret is in it: of the key only the SHA-256 of the id by which its venue knows it.
struct CanaryPass {
  std::string version, abi;            ///< of this program, and of its plugin ABI ("1.3")
  std::string plugin, plugin_sha256;   ///< the broker's, and of its file
  std::string key_sha256;              ///< 64 hex digits
  std::string account, portfolio;      ///< as the configuration and the venue call it
  std::string symbol, run;             ///< what was traded, and under which run of doctor
  core::Nanos time = 0;
};

/// Below the run's state folder.
inline constexpr std::string_view canary_file = "canary.json";

/// Whether a canary has passed in that folder with that version and that key. Errors: CANARY_MISSING (none has; the words say what the
/// newest one was of), CANARY_UNREADABLE (the file is there and can't be believed).
Result<void> canary_passed(const std::filesystem::path& var, std::string_view version, std::string_view key_sha256);

/// Adds one, durably and in one step; it takes the place of one of the same version and key, and the oldest give way to it. A file
/// that can't be believed is replaced. Errors: CANARY_WRITE.
Result<void> note_canary(const std::filesystem::path& var, const CanaryPass& pass);

}  // namespace bowline::store
