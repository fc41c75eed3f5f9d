#include "state_file.hpp"

#include <sqlite3.h>

#include <utility>
#include <vector>

#include "state_schema.hpp"

namespace bowline::broker_mock {

Error StateFile::error(const char* code, const std::string& what) const {
  return Error{code, "state file " + path_ + ": " + what};
}

Result<void> StateFile::run(const char* sql) {
  if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  const int rc = sqlite3_errcode(db_);
  if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED)
    return error("STATE_LOCKED", "another process has it open; end that run or give this one its own file");
  if (rc == SQLITE_NOTADB) return error("STATE_FOREIGN", "this is not an SQLite file; name another path");
  return error(rc == SQLITE_FULL ? "STATE_DISK_FULL" : "STATE_UNREADABLE", sqlite3_errmsg(db_));
}

Result<sqlite3_stmt*> StateFile::prepare(const char* sql) {
  sqlite3_stmt* s = nullptr;
  if (sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &s, nullptr) != SQLITE_OK)
    return error("STATE_UNREADABLE", sqlite3_errmsg(db_));
  return s;
}

std::int64_t StateFile::number(const char* sql) {
  auto s = prepare(sql);
  if (!s) return -1;
  const std::int64_t v = sqlite3_step(*s) == SQLITE_ROW ? sqlite3_column_int64(*s, 0) : -1;
  sqlite3_finalize(*s);
  return v;
}

Result<std::unique_ptr<StateFile>> StateFile::open(const std::string& path, Names names) {
  std::unique_ptr<StateFile> f(new StateFile(path, std::move(names)));
  if (sqlite3_open_v2(path.c_str(), &f->db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                      nullptr) != SQLITE_OK)
    return f->error("STATE_UNREADABLE", f->db_ ? sqlite3_errmsg(f->db_) : "out of memory");
  sqlite3_busy_timeout(f->db_, 0);  // nobody else writes here: waiting would only hide a second venue
  if (auto r = f->set_up(); !r) return r.error();
  return f;
}

StateFile::~StateFile() {
  for (sqlite3_stmt* s : {put_order_, put_fill_, put_told_, put_balance_, put_amend_, put_act_, put_meta_})
    sqlite3_finalize(s);
  sqlite3_close(db_);  // what was begun and not committed is undone
}

Result<void> StateFile::set_up() {
  // Exclusive: a second venue on one file would sell the same coins twice. Readers of a stopped venue are
  // welcome. The venue has its orders in memory already: of the file it needs the pages that it writes, not the
  // 2 MiB of the default.
  for (const char* sql : {"PRAGMA locking_mode=EXCLUSIVE", "PRAGMA journal_mode=WAL",
                          "PRAGMA synchronous=FULL", "PRAGMA foreign_keys=ON", "PRAGMA cache_size=-128",
                          "BEGIN EXCLUSIVE"})
    if (auto r = run(sql); !r) return r;
  if (auto r = make_current(); !r) return r;
  if (auto r = run("COMMIT"); !r) return r;
  return prepare_all();
}

/// Makes the tables of a new file, or brings those of an older one up to date.
Result<void> StateFile::make_current() {
  const std::int64_t id = number("PRAGMA application_id"), version = number("PRAGMA user_version");
  const std::int64_t tables = number("SELECT count(*) FROM sqlite_master");
  const bool is_new = id == 0 && version == 0 && tables == 0;
  if (!is_new && id != application_id)
    return error("STATE_FOREIGN", "this SQLite file belongs to something else; name another path");
  if (version > schema_version)
    return error("STATE_NEWER", "it has schema " + std::to_string(version) + ", this plugin knows " +
                                    std::to_string(schema_version) + ": update bowline, or use a new file");
  if (version == schema_version) return {};
  const std::vector<const char*> steps =
      is_new ? std::vector{tables_of_1, tables_of_2} : std::vector{set_aside_1, tables_of_2, bring_over_1};
  for (const char* sql : steps) {
    auto made = run(sql);
    if (made) continue;
    const int rc = sqlite3_errcode(db_);
    if (is_new || (rc != SQLITE_CONSTRAINT && rc != SQLITE_ERROR)) return made;
    return error("STATE_CORRUPT", std::string("its tables are not those of schema 1 (") +
                                      sqlite3_errmsg(db_) + "): it was left as it is");
  }
  const std::string v = std::to_string(schema_version);
  const std::string stamp = "PRAGMA application_id=" + std::to_string(application_id) +
                            ";PRAGMA user_version=" + v + ";INSERT OR REPLACE INTO meta VALUES('schema','" +
                            v + "');";
  return run(stamp.c_str());
}

Result<void> StateFile::prepare_all() {
  const std::pair<sqlite3_stmt**, const char*> statements[] = {
      {&put_order_,
       "INSERT INTO orders VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
       " ON CONFLICT(order_no) DO UPDATE SET updated_ns=excluded.updated_ns, state=excluded.state,"
       " reason=excluded.reason, rested=excluded.rested, triggered=excluded.triggered,"
       " cum_qty=excluded.cum_qty, cum_quote=excluded.cum_quote, cum_fee=excluded.cum_fee,"
       " hold=excluded.hold, fills=excluded.fills, qty=excluded.qty, limit_px=excluded.limit_px,"
       " stop_px=excluded.stop_px, expire_ns=excluded.expire_ns, effective_ns=excluded.effective_ns,"
       " place=excluded.place, amends=excluded.amends, asked_qty=excluded.asked_qty,"
       " asked_limit_px=excluded.asked_limit_px, asked_stop_px=excluded.asked_stop_px,"
       " asked_expire_ns=excluded.asked_expire_ns"},
      {&put_fill_, "INSERT INTO fills VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?)"},
      {&put_told_, "UPDATE fills SET told_ns=?2 WHERE fill_no=?1"},
      {&put_balance_,
       "INSERT INTO balances VALUES(?,?,?) ON CONFLICT(asset) DO UPDATE SET total=excluded.total, "
       "hold=excluded.hold"},
      {&put_amend_, "INSERT INTO amends VALUES(?,?,?,?,?,?,?,?)"},
      {&put_act_, "INSERT INTO external_acts VALUES(?,?,?,?,?,?,?,?)"},
      {&put_meta_, "INSERT OR REPLACE INTO meta VALUES(?,?)"}};
  for (const auto& [to, sql] : statements) {
    auto s = prepare(sql);
    if (!s) return s.error();
    *to = *s;
  }
  return {};
}

}  // namespace bowline::broker_mock
