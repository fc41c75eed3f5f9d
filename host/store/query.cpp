#include "store/query.hpp"

namespace bowline::store {

std::string store_code(int sqlite_code) {
  switch (sqlite_code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return "STORE_LOCKED";
    case SQLITE_READONLY:
    case SQLITE_PERM: return "STORE_READ_ONLY";
    case SQLITE_FULL: return "STORE_FULL";
    default: return "STORE_OPEN";
  }
}

Result<Database> Database::open(const std::filesystem::path& file, Access access) {
  Database d;
  d.file_ = file;
  sqlite3* raw = nullptr;
  const int flags = access == Access::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  const int rc = sqlite3_open_v2(file.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  d.db_.reset(raw);
  if (rc != SQLITE_OK) return d.fault();
  sqlite3_busy_timeout(raw, 2000);
  if (access == Access::write && sqlite3_db_readonly(raw, "main") == 1)
    return Error{"STORE_READ_ONLY", "store " + file.string() + ": can't be written: check its owner and its file system"};
  return d;
}

Error Database::fault() const {
  if (!db_) return Error{"STORE_OPEN", "store " + file_.string() + ": out of memory"};
  return Error{store_code(sqlite3_errcode(db_.get())), "store " + file_.string() + ": " + sqlite3_errmsg(db_.get())};
}

Result<void> Database::exec(const std::string& sql) const {
  if (sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return fault();
  return {};
}

Query::Query(const Database& db, std::string_view sql) {
  sqlite3_stmt* s = nullptr;
  rc_ = sqlite3_prepare_v2(db.get(), sql.data(), static_cast<int>(sql.size()), &s, nullptr);
  s_.reset(s);
}
Query& Query::bind(std::string_view text) {
  if (s_) sqlite3_bind_text(s_.get(), ++bound_, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
  return *this;
}
Query& Query::bind(std::int64_t number) {
  if (s_) sqlite3_bind_int64(s_.get(), ++bound_, number);
  return *this;
}
bool Query::next() {
  if (!s_) return false;
  rc_ = sqlite3_step(s_.get());
  return rc_ == SQLITE_ROW;
}
std::string_view Query::bytes(int i) const noexcept {
  const void* p = sqlite3_column_blob(s_.get(), i);
  return p == nullptr ? std::string_view{}
                      : std::string_view(static_cast<const char*>(p), static_cast<std::size_t>(sqlite3_column_bytes(s_.get(), i)));
}

}  // namespace bowline::store
