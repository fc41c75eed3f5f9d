#include "store/journal_restore.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "store/file_steps.hpp"
#include "store/journal_behind.hpp"
#include "store/journal_backup.hpp"
#include "store/journal_file.hpp"
#include "store/journal_verify.hpp"
#include "store/lock_holder.hpp"
#include "store/query.hpp"

namespace bowline::store {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kept_mark = ".replaced-";

/// An advisory lock of a file or folder, for the life of the object.
class Held {
  int fd_;

 public:
  Held(const fs::path& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC)) {}
  Held(Held&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Held& operator=(Held&&) = delete;
  ~Held() {
    if (fd_ >= 0) ::close(fd_);
  }
  bool there() const noexcept { return fd_ >= 0; }
  bool take() const noexcept { return ::flock(fd_, LOCK_EX | LOCK_NB) == 0; }
};

bool is_there(const fs::path& file) {
  std::error_code ec;
  return fs::exists(fs::symlink_status(file, ec));
}

Error locked(const fs::path& journal) {
  const auto holder = lock_holder(journal);
  const std::string who = holder && holder->pid != 0 ? holder->name + " (process " + std::to_string(holder->pid) + ") has it" : "a host runs on it";
  return {"JOURNAL_LOCKED", "journal " + journal.string() + ": " + who + ": stop it first"};
}

Error other_stamp(const fs::path& file, const Stamp& has, const Stamp& wants) {
  return {"JOURNAL_STAMP", "journal " + file.string() + ": belongs to mode " + has.mode + ", venue " + has.venue + ", portfolio " + has.portfolio +
                               "; this run is mode " + wants.mode + ", venue " + wants.venue + ", portfolio " + wants.portfolio};
}
bool same(const Stamp& a, const Stamp& b) { return a.mode == b.mode && a.venue == b.venue && a.portfolio == b.portfolio; }

/// What lies in its log goes into the file, in no other way than whenever a run ends. Errors: STORE_LOCKED when somebody else has it.
Result<void> without_log(const Database& db) {
  Query log(db, "PRAGMA wal_checkpoint(TRUNCATE)");
  if (!log.next()) return db.fault();
  return log.integer(0) == 0 ? Result<void>{} : Result<void>(Error{"STORE_LOCKED", "somebody has it open"});
}

/// The journal that is replaced: locked for as long as this lives, and nothing of it in a log beside it.
Result<Database> take(const fs::path& journal) {
  auto db = Database::open(journal, Database::Access::write);
  const auto single = [](const Database& d) -> Result<void> {
    // When it is closed another file has the name, and perhaps a log of its own: that one's is not to be removed.
    int keep = 1;
    if (sqlite3_file_control(d.get(), "main", SQLITE_FCNTL_PERSIST_WAL, &keep) != SQLITE_OK) return d.fault();
    if (auto locked = d.exec("PRAGMA locking_mode=EXCLUSIVE"); !locked) return locked;
    if (auto locked = d.exec("BEGIN EXCLUSIVE; COMMIT"); !locked) return locked;
    return without_log(d);
  };
  if (const Result<void> done = db ? single(*db) : Result<void>(db.error()); !done) {
    const Error why = done.error();
    db = why;  // closed before somebody else's lock is looked for
    if (why.code == "STORE_LOCKED" || lock_holder(journal)) return locked(journal);
    return Error{why.code == "STORE_OPEN" ? "JOURNAL_OPEN" : "JOURNAL_WRITE", "journal " + journal.string() + " can't be kept: " + why.message};
  }
  int moved = 0;
  if (sqlite3_file_control(db->get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved != 0) return locked(journal);
  return db;
}

/// What stands there.
struct Stands {
  bool readable = false;  ///< as a journal: what is not is kept as it lies there, with its log, and no host can have it
  std::string head{};     ///< as far as its chain is sound; empty where it can't be read
};

/// Errors: JOURNAL_LOCKED, JOURNAL_STAMP.
Result<Stands> look_at(const fs::path& journal, const Stamp& wants) {
  auto file = JournalFile::open(journal);
  if (!file) {
    if (file.error().code == "JOURNAL_LOCKED" || lock_holder(journal)) return locked(journal);
    return Stands{file.error().code != "JOURNAL_OPEN"};
  }
  if (const auto has = file->stamp(); has && !same(*has, wants)) return other_stamp(journal, *has, wants);
  Stands stands{true, hex(file->head())};
  for (;;) {
    const auto more = file->next();
    if (!more || !*more) return stands;
    stands.head = hex(file->head());
  }
}

/// The backup, copied to `fresh`, proved, and with its row. Its owner is that of what it stands in for.
Result<JournalRestore> prepare(const RestoreWish& w, const fs::path& fresh, const std::string& replaced) {
  if (auto copied = copy_database(w.backup, fresh); !copied) return copied.error();
  const auto about_backup = [&w](Error why) {
    why.message = "backup " + w.backup.string() + ": " + why.message;
    return why;
  };
  {
    const auto report = verify_journal(fresh);
    if (!report) return about_backup(report.error());
    if (!report->bad.code.empty())
      return about_backup({report->bad.code, "row " + std::to_string(report->bad.row) + ": " + report->bad.what + ": it is not put back; the rows before it are good"});
    if (report->rows == 0) return about_backup({"JOURNAL_EMPTY", "it has no rows: there is nothing to go on from"});
    auto file = JournalFile::open(fresh);
    if (!file) return about_backup(file.error());
    const auto has = file->stamp();
    if (!has) return about_backup(has.error());
    if (!same(*has, w.stamp)) return other_stamp(w.backup, *has, w.stamp);
  }
  JournalRestore made;
  {
    auto journal = Journal::open(fresh, w.stamp);
    if (!journal) return about_backup(journal.error());
    RestoredRow row;
    row.at = w.at;
    row.who = w.who;
    row.why = w.why;
    std::error_code ec;
    row.from = fs::absolute(w.backup, ec).string();
    row.replaced = replaced;
    auto renewed = (*journal)->renew_epoch(std::move(row), w.drawn);
    if (!renewed) return renewed.error();
    made.row = std::move(*renewed);
    made.rows = (*journal)->rows();
  }
  // One file again, and no log that would have to come along.
  {
    const auto db = Database::open(fresh, Database::Access::write);
    if (!db) return Error{"JOURNAL_WRITE", fresh.string() + " can't be written: " + db.error().message};
    Query mode(*db, "PRAGMA journal_mode=DELETE");
    if (!mode.next() || mode.bytes(0) != "delete") return Error{"JOURNAL_WRITE", fresh.string() + " can't be written: " + db->fault().message};
  }
  if (is_there(fresh.string() + "-wal")) return Error{"JOURNAL_WRITE", fresh.string() + " has a log beside it still: look at the disk"};
  const auto report = verify_journal(fresh);
  if (!report) return about_backup(report.error());
  if (!report->bad.code.empty() || report->rows != made.rows)
    return Error{"JOURNAL_WRITE", fresh.string() + " is not what was written: look at the disk"};
  struct stat as {};
  const fs::path folder = w.journal.parent_path();
  if (::stat(w.journal.c_str(), &as) != 0 && ::stat(folder.empty() ? "." : folder.c_str(), &as) == 0) as.st_mode = 0;
  if ((::geteuid() == 0 && ::chown(fresh.c_str(), as.st_uid, as.st_gid) != 0) || (as.st_mode != 0 && ::chmod(fresh.c_str(), as.st_mode & 07777) != 0))
    return Error{"JOURNAL_WRITE", fresh.string() + " can't be given its owner: " + std::strerror(errno)};
  if (auto done = sync_file(fresh); !done) return done.error();
  return made;
}

void remove_all_of(const fs::path& file) {
  std::error_code ignored;
  for (const char* with : {"", "-wal", "-shm", "-journal"}) fs::remove(file.string() + with, ignored);
}

/// A log that is left would be played into the file that has the name then. One with something in it is kept, for what it may prove.
Result<void> logs_aside(const fs::path& file, const fs::path& kept) {
  std::error_code ignored;
  for (const std::string_view log : sqlite_logs)
    if (const fs::path left = file.string() + std::string(log); fs::file_size(left, ignored) == 0 && !ignored) fs::remove(left, ignored);
    else if (is_there(left))
      if (auto done = rename_to_new(left, kept.string() + std::string(log)); !done) return done;
  fs::remove(file.string() + "-shm", ignored);  // an index of the log, made anew whenever it is needed
  return {};
}

/// From here on it is a matter of names: each step leaves the old journal or the new one.
Result<void> put_in_place(const fs::path& fresh, const fs::path& journal, bool was_there, const fs::path& name, fs::path& kept) {
  if (auto done = logs_aside(journal, name); !done) return done;
  if (auto done = sync_folder_of(journal); !done) return done;
  if (was_there) kept = name;
  if (!was_there) {
    if (auto done = rename_to_new(fresh, journal); !done) return done;
  } else if (::rename(fresh.c_str(), journal.c_str()) != 0) {
    return Error{"JOURNAL_WRITE", journal.string() + " can't be replaced: " + std::strerror(errno)};
  }
  return sync_folder_of(journal);
}

}  // namespace

Result<fs::path> set_store_aside(const fs::path& transactions, const Stamp& stamp, bool waits_for_readers) {
  if (!is_there(transactions)) return fs::path();
  std::vector<Held> locks;
  for (const char* role : {"host", "signal-generator", "signal-bridge", "trade-execution", "portfolio-rebalancer"}) {
    Held lock(transactions.string() + "." + role + ".lock", O_RDWR);
    if (!lock.there()) continue;
    if (!lock.take()) return Error{"STORE_LOCKED", "store " + transactions.string() + ": a bowline runs as " + role + " on it: stop it first"};
    locks.push_back(std::move(lock));
  }
  {
    // Its log into it, where it can be read: one file is moved in one step. The log goes along where it can't.
    auto db = Database::open(transactions, Database::Access::write);
    if (const auto has = db ? stamp_of_store(*db) : std::nullopt; has && !same(*has, stamp))
      return Error{"STORE_STAMP", "store " + transactions.string() + ": belongs to mode " + has->mode + ", venue " + has->venue + ", portfolio " + has->portfolio + ": it is not this run's"};
    const Result<void> done = db ? without_log(*db) : Result<void>(db.error());
    if (!done && done.error().code == "STORE_LOCKED" && waits_for_readers) return Error{"STORE_LOCKED", "store " + transactions.string() + ": somebody reads it: wait until it is done"};
  }
  const fs::path kept = free_name(transactions, kept_mark);
  if (auto done = logs_aside(transactions, kept); !done) return done.error();
  if (auto done = rename_to_new(transactions, kept); !done) return done.error();
  if (auto done = sync_folder_of(transactions); !done) return done.error();
  return kept;
}

Result<JournalRestore> restore_journal(const RestoreWish& wish) {
  RestoreWish w = wish;
  std::error_code ec;
  // A link to it stays one.
  if (fs::is_symlink(w.journal, ec)) w.journal = fs::weakly_canonical(w.journal, ec);
  const fs::path folder = w.journal.parent_path();
  const Held alone(folder.empty() ? fs::path(".") : folder, O_RDONLY | O_DIRECTORY);
  if (!alone.there()) return Error{"JOURNAL_OPEN", folder.string() + " is not a folder: name the run's state folder with --var"};
  if (!alone.take()) return Error{"JOURNAL_LOCKED", "another restore is at work in " + folder.string()};
  const bool was_there = is_there(w.journal);
  if (was_there && fs::equivalent(w.backup, w.journal, ec)) return Error{"JOURNAL_EXISTS", w.backup.string() + " is the journal itself: name a backup"};
  if (was_there && !w.replace)
    return Error{"JOURNAL_EXISTS", "journal " + w.journal.string() + " is there: with --replace it is kept under another name, and the backup takes its place"};
  Stands stands;
  if (was_there) {
    auto looked = look_at(w.journal, w.stamp);
    if (!looked) return looked.error();
    stands = std::move(*looked);
  }
  const fs::path fresh = w.journal.string() + ".restoring";
  remove_all_of(fresh);  // of a restore that died
  auto made = prepare(w, fresh, stands.head);
  const auto give_up = [&fresh](const Error& why) {
    remove_all_of(fresh);
    return why;
  };
  if (!made) return give_up(made.error());
  std::optional<Database> old;  // locked until the new one stands in its place
  if (stands.readable) {
    auto taken = take(w.journal);
    // What can't be opened to be written no host has, nor can have.
    if (!taken && taken.error().code != "JOURNAL_OPEN") return give_up(taken.error());
    if (taken) old.emplace(std::move(*taken));
  }
  const fs::path name = free_name(w.journal, kept_mark);
  if (was_there && ::link(w.journal.c_str(), name.c_str()) != 0)
    return give_up({"JOURNAL_WRITE", w.journal.string() + " can't be kept as " + name.string() + ": " + std::strerror(errno) + ": nothing was replaced"});
  if (!w.store.empty()) {
    auto kept = set_store_aside(w.store, w.stamp, true);
    if (!kept) {
      if (was_there) fs::remove(name, ec);
      return give_up(kept.error());
    }
    made->store_kept = std::move(*kept);
  }
  if (auto done = put_in_place(fresh, w.journal, was_there, name, made->kept); !done) return give_up(done.error());
  return made;
}

}  // namespace bowline::store
