// Steps of putting files in their place that a power cut or a kill may come between. Private to the store.
#pragma once

#include <filesystem>
#include <string_view>

#include <bowline/result.hpp>

namespace bowline::store {

/// What is in the file, or which names a folder has, is on the disk when it returns. Errors: JOURNAL_WRITE.
Result<void> sync_file(const std::filesystem::path& file);
Result<void> sync_folder_of(const std::filesystem::path& file);
/// Gives the file this name, and never takes the name from another: JOURNAL_EXISTS. Errors: JOURNAL_WRITE.
Result<void> rename_to_new(const std::filesystem::path& file, const std::filesystem::path& name);
/// `file` + `mark` + the first number whose name nobody has, nor a log beside it.
std::filesystem::path free_name(const std::filesystem::path& file, std::string_view mark);
/// What SQLite may have left beside a database: a log or a journal that it would play into whatever has the name then.
inline constexpr std::string_view sqlite_logs[] = {"-wal", "-journal"};

}  // namespace bowline::store
