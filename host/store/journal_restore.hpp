// A backup put in the place of a run's journal (trading rules 2.1): its epoch is renewed by a row of its own, so that no order of
// the run that goes on bears an id that the venue knows from the time that the backup has not.
#pragma once

#include <bowline/result.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "store/journal.hpp"
#include "store/restored_row.hpp"

namespace bowline::store {

struct RestoreWish {
  std::filesystem::path backup, journal;
  std::filesystem::path store{};  ///< the run's file of transactions; empty: it has none
  Stamp stamp;                    ///< of the run
  bool replace = false;           ///< a journal may stand there
  core::Nanos at = 0;             ///< of the clock
  std::string who, why;
  std::optional<std::uint64_t> drawn{};  ///< mode: live: the new epoch, at random
};

struct JournalRestore {
  RestoredRow row;
  std::uint64_t rows = 0;           ///< with that row
  std::filesystem::path kept{};     ///< what the journal that stood there is called now; empty: there was none
  std::filesystem::path store_kept{};  ///< the same of the store
};

/// Whatever ends the process in the middle, the journal is the one of before, whole, or the new one. What stood there is never
/// deleted: it is called <journal>.replaced-N. Nor is the store, which is a projection of that one, and may know orders that this one
/// does not: it is called <store>.replaced-N, and the next start makes a new one from the journal. Errors, and nothing was
/// replaced: JOURNAL_LOCKED and STORE_LOCKED (a host, or another restore), STORE_STAMP, JOURNAL_EXISTS (without `replace`, or it is the backup
/// itself), JOURNAL_STAMP (backup or what stands there), JOURNAL_EMPTY, JOURNAL_OPEN, JOURNAL_NEWER, JOURNAL_OLDER,
/// JOURNAL_WRITE; the code of a bad row of the backup (verify_journal()).
Result<JournalRestore> restore_journal(const RestoreWish& wish);

/// Gives a store's file another name, <file>.replaced-N, with all that belongs to it; empty when there is none. Who only reads it goes on
/// reading what it has become, unless it is waited for. Errors: STORE_LOCKED (a bowline runs on it, or somebody reads it and is waited
/// for), STORE_STAMP (another run's), JOURNAL_WRITE.
Result<std::filesystem::path> set_store_aside(const std::filesystem::path& transactions, const Stamp& stamp, bool waits_for_readers);

}  // namespace bowline::store
