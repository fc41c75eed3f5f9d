// The verified copy of a plugin file that is really mapped: nobody but the engine's user can replace it
// between the check and the load.
#pragma once

#include <bowline/result.hpp>
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "loader/file_bytes.hpp"

namespace bowline::loader {

struct PrivateCopy {
  std::filesystem::path path;  ///< absolute
  UniqueFd fd;                 ///< open for reading, on the very file that was hashed
};

/// Makes, or finds, <var>/plugins/<sha256>/<name of file> with these bytes: 0500 in a 0700 directory,
/// durable, hashed again after writing. A copy that is there already and whole is used as it is; a damaged
/// one is replaced. Error: PLUGIN_COPY_FAILED.
Result<PrivateCopy> private_copy(const std::filesystem::path& var, const std::filesystem::path& file,
                                 std::span<const std::byte> bytes, const std::string& sha256);

}  // namespace bowline::loader
