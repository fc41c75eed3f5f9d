// A small cursor over SQLite, for what is not on the writing path: migrations, dumps and explanations.
#pragma once

#include <sqlite3.h>

#include <bowline/result.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace bowline::store {

/// The store's code for what SQLite says: STORE_LOCKED, STORE_READ_ONLY, STORE_FULL, STORE_OPEN.
std::string store_code(int sqlite_code);

class Database {
  struct Close {
    void operator()(sqlite3* d) const noexcept { sqlite3_close(d); }
  };
  std::unique_ptr<sqlite3, Close> db_;
  std::filesystem::path file_;

 public:
  enum class Access { read, write };
  static Result<Database> open(const std::filesystem::path& file, Access access);
  Result<void> exec(const std::string& sql) const;
  Error fault() const;
  sqlite3* get() const noexcept { return db_.get(); }
};

class Query {
  struct Finalize {
    void operator()(sqlite3_stmt* s) const noexcept { sqlite3_finalize(s); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> s_;
  int bound_ = 0, rc_ = SQLITE_MISUSE;

 public:
  Query(const Database& db, std::string_view sql);
  Query& bind(std::string_view text);
  Query& bind(std::int64_t number);
  bool next();                         // false at the end and on failure
  bool failed() const noexcept { return rc_ != SQLITE_DONE && rc_ != SQLITE_ROW; }
  int columns() const noexcept { return sqlite3_column_count(s_.get()); }
  std::string_view name(int i) const { return sqlite3_column_name(s_.get(), i); }
  int type(int i) const noexcept { return sqlite3_column_type(s_.get(), i); }
  std::int64_t integer(int i) const noexcept { return sqlite3_column_int64(s_.get(), i); }
  double real(int i) const noexcept { return sqlite3_column_double(s_.get(), i); }
  std::string_view bytes(int i) const noexcept;
};

}  // namespace bowline::store
