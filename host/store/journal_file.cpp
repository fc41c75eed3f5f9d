#include "store/journal_file.hpp"

#include <cstring>

namespace bowline::store {
namespace {

Error said(const std::filesystem::path& file, const Error& why) {
  return why.code == "STORE_LOCKED"
             ? Error{"JOURNAL_LOCKED", "journal " + file.string() + ": a host runs on it; stop it first, or verify a copy"}
             : Error{"JOURNAL_OPEN", "journal " + file.string() + " can't be read: " + why.message};
}

}  // namespace

JournalFile::JournalFile(std::filesystem::path file, Database db)
    : file_(std::move(file)), db_(std::move(db)), rows_(db_, "SELECT row, kind, time_ns, payload, hash FROM journal ORDER BY row") {}

Error JournalFile::unreadable() const { return said(file_, db_.fault()); }

Result<JournalFile> JournalFile::open(const std::filesystem::path& file) {
  std::error_code ec;
  if (!std::filesystem::exists(file, ec)) return Error{"JOURNAL_OPEN", "journal " + file.string() + " is not there: name the run's state folder with --var"};
  auto db = Database::open(file, Database::Access::read);
  if (!db) return said(file, db.error());
  std::int64_t version = 0;
  {
    Query q(*db, "PRAGMA user_version");
    if (!q.next()) return said(file, db->fault());
    version = q.integer(0);
  }
  if (version > journal_format) return Error{"JOURNAL_NEWER", "journal " + file.string() + ": written by a newer version of bowline: update bowline"};
  if (version < 2) return Error{"JOURNAL_OLDER", "journal " + file.string() + ": written by an earlier version of bowline, which recorded no fills"};
  return JournalFile(file, std::move(*db));
}

Result<bool> JournalFile::next() {
  if (!rows_.next()) return rows_.failed() ? Result<bool>(unreadable()) : Result<bool>(false);
  const std::uint64_t number = row_.row + 1;
  row_ = {number, rows_.bytes(1), rows_.integer(2), rows_.bytes(3)};
  const Digest d = chain_->next(row_.kind, row_.time, row_.payload);
  const std::string_view has = rows_.bytes(4);
  if (static_cast<std::uint64_t>(rows_.integer(0)) != number || has.size() != d.size() || std::memcmp(has.data(), d.data(), d.size()) != 0)
    return Error{"JOURNAL_CHAIN", "the row is not what was written: it was changed, or rows before it are missing"};
  chain_->reset(d);
  return true;
}

Result<Stamp> JournalFile::stamp() const {
  Query q(db_, "SELECT mode, venue, portfolio FROM stamp");
  if (!q.next()) return q.failed() ? unreadable() : Error{"JOURNAL_STAMP", "journal " + file_.string() + ": has no stamp: it belongs to nobody"};
  return Stamp{std::string(q.bytes(0)), std::string(q.bytes(1)), std::string(q.bytes(2))};
}

Result<std::uint64_t> JournalFile::epoch() const {
  Query q(db_, "SELECT value FROM epoch");
  if (!q.next()) return q.failed() ? unreadable() : Error{"JOURNAL_OPEN", "journal " + file_.string() + ": has no epoch"};
  return static_cast<std::uint64_t>(q.integer(0));
}

}  // namespace bowline::store
