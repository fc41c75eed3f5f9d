// A journal copied to a file of its own while its host runs or not: one whole SQLite file, proved before it has its name.
#pragma once

#include <bowline/result.hpp>
#include <cstdint>
#include <filesystem>
#include <string>

#include "store/journal.hpp"

namespace bowline::store {

struct JournalBackup {
  std::uint64_t rows = 0, bytes = 0;
  std::string head;  ///< hex
};

/// What was durable when the call began stands in `to`, on the disk, when it returns. It is written in a folder beside `to`, which a
/// kill may leave behind. Errors: JOURNAL_EXISTS (nothing is overwritten), JOURNAL_OPEN, JOURNAL_EMPTY (no run wrote it), JOURNAL_WRITE,
/// JOURNAL_NEWER, JOURNAL_OLDER; a journal that is not sound has no backup: the code of its bad row (verify_journal()).
Result<JournalBackup> backup_journal(const std::filesystem::path& journal, const std::filesystem::path& to);

/// Page by page, by SQLite's backup; `to` is then one file without a log. Errors: JOURNAL_OPEN (`from`), JOURNAL_LOCKED, JOURNAL_WRITE.
Result<void> copy_database(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace bowline::store
