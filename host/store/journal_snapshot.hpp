// A journal as it stands now, copied: also of a run that is alive, whose host lets nobody else open the file.
#pragma once

#include <bowline/result.hpp>
#include <filesystem>

namespace bowline::store {

/// Copies the journal into `folder` and gives the copy's name; it holds all that was durable when the call began. The
/// original is only read, and nothing is made beside it. Errors: JOURNAL_OPEN.
Result<std::filesystem::path> copy_journal(const std::filesystem::path& file, const std::filesystem::path& folder);

}  // namespace bowline::store
