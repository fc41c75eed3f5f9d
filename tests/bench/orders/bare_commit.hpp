// One single-row commit of SQLite, WAL and synchronous FULL: what the disk takes, beside what is measured of ours.
#pragma once

#include <sqlite3.h>

#include <array>
#include <filesystem>
#include <string>

#include "bench/orders/figures.hpp"
#include "bench/orders/order_desk.hpp"

namespace bench {

/// A table as the journal's, and a row in it per commit.
class BareCommit {
 public:
  explicit BareCommit(const std::filesystem::path& file) {
    must(sqlite3_open(file.c_str(), &db_) == SQLITE_OK, "a database can be opened");
    for (const char* sql : {"PRAGMA locking_mode=EXCLUSIVE", "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL",
                            "CREATE TABLE one(row INTEGER PRIMARY KEY, kind TEXT NOT NULL, time_ns INTEGER NOT NULL, payload TEXT NOT NULL, hash BLOB NOT NULL)"})
      must(sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) == SQLITE_OK, sql);
    must(sqlite3_prepare_v2(db_, "INSERT INTO one VALUES(?,'intent',?,?,?)", -1, &insert_, nullptr) == SQLITE_OK, "an insert can be prepared");
  }
  ~BareCommit() {
    sqlite3_finalize(insert_);
    sqlite3_close(db_);
  }
  BareCommit(const BareCommit&) = delete;
  BareCommit& operator=(const BareCommit&) = delete;

  double one() {
    ++rows_;
    const auto from = Clock::now();
    sqlite3_bind_int64(insert_, 1, rows_);
    sqlite3_bind_int64(insert_, 2, start_ns + rows_);
    sqlite3_bind_text(insert_, 3, payload_.data(), static_cast<int>(payload_.size()), SQLITE_STATIC);
    sqlite3_bind_blob(insert_, 4, hash_.data(), static_cast<int>(hash_.size()), SQLITE_STATIC);
    must(sqlite3_step(insert_) == SQLITE_DONE, "a row can be committed");
    sqlite3_reset(insert_);
    return us_between(from, Clock::now());
  }

 private:
  sqlite3* db_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
  std::int64_t rows_ = 0;
  const std::string payload_ = std::string(400, 'x');  // an intent's row is about as long
  const std::array<unsigned char, 32> hash_{};
};

}  // namespace bench
