// Small files, whole.
#pragma once

#include <string>
#include <string_view>

#include <bowline/result.hpp>

namespace bowline::exchange {

/// All of it. FILE_ABSENT (there is none), FILE_UNREADABLE; both name the path.
Result<std::string> read_file(const std::string& path);
/// Replaces it in one step: a reader sees the old one or the new one. Folders on the way are made. FILE_UNWRITABLE.
Result<void> write_file(const std::string& path, std::string_view text, unsigned mode = 0644);

}  // namespace bowline::exchange
