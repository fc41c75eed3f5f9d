#include "store/journal_backup.hpp"

#include <cstdlib>
#include <memory>

#include "store/file_steps.hpp"
#include "store/journal_snapshot.hpp"
#include "store/journal_verify.hpp"
#include "store/query.hpp"

namespace bowline::store {
namespace {

namespace fs = std::filesystem;

/// A folder beside the backup: on its disk, so that the name alone is still to be given.
class Beside {
  fs::path path_;

 public:
  explicit Beside(const fs::path& file) {
    std::string name = file.string() + ".part-XXXXXX";
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~Beside() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  Beside(const Beside&) = delete;
  Beside& operator=(const Beside&) = delete;
  const fs::path& path() const noexcept { return path_; }  ///< empty: it could not be made
};

}  // namespace

Result<void> copy_database(const fs::path& from, const fs::path& to) {
  const auto unreadable = [&from](const Error& why) {
    return Error{why.code == "STORE_LOCKED" ? "JOURNAL_LOCKED" : "JOURNAL_OPEN", "journal " + from.string() + " can't be copied: " + why.message};
  };
  const auto unwritable = [&to](const Error& why) { return Error{"JOURNAL_WRITE", to.string() + " can't be written: " + why.message}; };
  auto in = Database::open(from, Database::Access::read);
  if (!in) return unreadable(in.error());
  if (const auto known = in->exec("SELECT count(*) FROM sqlite_schema"); !known) return unreadable(known.error());
  auto out = Database::open(to, Database::Access::write);
  if (!out) return unwritable(out.error());
  if (auto full = out->exec("PRAGMA synchronous=FULL"); !full) return unwritable(full.error());
  sqlite3_backup* b = sqlite3_backup_init(out->get(), "main", in->get(), "main");
  if (b == nullptr) return unwritable(out->fault());
  const int stepped = sqlite3_backup_step(b, -1);
  if (sqlite3_backup_finish(b) != SQLITE_OK || stepped != SQLITE_DONE) return unwritable(out->fault());
  // One file: a reader needs no log beside it, nor the right to make one.
  Query mode(*out, "PRAGMA journal_mode=DELETE");
  return mode.next() && mode.bytes(0) == "delete" ? Result<void>{} : Result<void>(unwritable(out->fault()));
}

// The host lets nobody else open its file, so that it is copied as it lies there with its log, and SQLite makes one of the two.
Result<JournalBackup> backup_journal(const fs::path& journal, const fs::path& to) {
  std::error_code ec;
  if (fs::exists(fs::symlink_status(to, ec))) return Error{"JOURNAL_EXISTS", to.string() + " is there already: nothing is overwritten"};
  const Beside part(to);
  if (part.path().empty()) return Error{"JOURNAL_WRITE", "nothing can be written beside " + to.string() + ": name a file in a folder that is there"};
  const auto as_it_lies = copy_journal(journal, part.path());
  if (!as_it_lies) return as_it_lies.error();
  const fs::path whole = part.path() / "whole.db";
  if (auto copied = copy_database(*as_it_lies, whole); !copied) return copied.error();
  const auto report = verify_journal(whole);
  if (!report) return report.error();
  if (!report->bad.code.empty())
    return Error{report->bad.code, "journal " + journal.string() + ", row " + std::to_string(report->bad.row) + ": " + report->bad.what +
                                       ": there is no backup of what could not be put back. Keep the file for an investigation"};
  if (report->rows == 0) return Error{"JOURNAL_EMPTY", "journal " + journal.string() + " has no rows: no run began on it"};
  JournalBackup made{report->rows, fs::file_size(whole, ec), report->head};
  if (auto done = sync_file(whole); !done) return done.error();
  if (auto done = rename_to_new(whole, to); !done) return done.error();
  if (auto done = sync_folder_of(to); !done) return done.error();
  return made;
}

}  // namespace bowline::store
