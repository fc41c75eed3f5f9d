// What a run leaves behind, for the judge: exact amounts, and the three files. It shares no code with the host or the venue.
#pragma once

#include <sqlite3.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace crash {

__extension__ typedef __int128 Int128;

/// An exact amount, counted in units of 10^-18. None stays none: nothing is taken for 0.
struct Amount {
  bool known = false;
  Int128 units = 0;
  bool operator==(const Amount& o) const { return known == o.known && units == o.units; }
};

inline Amount amount(std::string_view text) {
  Amount a;
  const bool minus = !text.empty() && text.front() == '-';
  if (minus) text.remove_prefix(1);
  int decimals = -1;
  for (const char c : text) {
    if (c == '.' && decimals < 0) decimals = 0;
    else if (c < '0' || c > '9' || decimals == 18) return {};
    else a.units = a.units * 10 + (c - '0'), decimals += decimals >= 0 ? 1 : 0;
  }
  if (text.empty()) return {};
  for (int i = std::max(decimals, 0); i < 18; ++i) a.units *= 10;
  if (minus) a.units = -a.units;
  a.known = true;
  return a;
}

inline std::string text_of(Int128 units) {
  const bool minus = units < 0;
  std::string s;
  for (Int128 u = minus ? -units : units; u != 0 || s.size() < 19; u /= 10) {
    if (s.size() == 18) s += '.';
    s += static_cast<char>('0' + static_cast<int>(u % 10));
  }
  if (minus) s += '-';
  std::reverse(s.begin(), s.end());
  return s;
}

inline std::int64_t number(const std::string& s) { return std::strtoll(s.c_str(), nullptr, 10); }

using Row = std::vector<std::string>;  // an SQL NULL is the word "null"

class File {
  sqlite3* db_ = nullptr;
  std::string path_;

 public:
  explicit File(const std::string& path) : path_(path) {
    // Not made when it is not there; written only where a process that died left its log to be brought in.
    if (sqlite3_open_v2(path.c_str(), &db_, SQLITE_OPEN_READWRITE, nullptr) != SQLITE_OK) unreadable();
    sqlite3_busy_timeout(db_, 10'000);  // several judges hold their case against one whole run
  }
  ~File() { sqlite3_close(db_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  std::vector<Row> rows(const char* sql) const {
    sqlite3_stmt* s = nullptr;
    if (sqlite3_prepare_v2(db_, sql, -1, &s, nullptr) != SQLITE_OK) unreadable();
    std::vector<Row> all;
    int rc = 0;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
      Row& row = all.emplace_back();
      for (int i = 0; i < sqlite3_column_count(s); ++i) {
        const unsigned char* text = sqlite3_column_text(s, i);
        row.emplace_back(text == nullptr ? "null" : reinterpret_cast<const char*>(text));
      }
    }
    sqlite3_finalize(s);
    if (rc != SQLITE_DONE) unreadable();
    return all;
  }

 private:
  [[noreturn]] void unreadable() const {
    std::printf("%s cannot be read: %s\n", path_.c_str(), sqlite3_errmsg(db_));
    std::exit(2);
  }
};

struct State {
  std::string folder;
  File venue, journal, store;
  explicit State(const std::string& f)
      : folder(f), venue(f + "/mock_venue.db"), journal(f + "/journal.db"), store(f + "/crypto_transactions.db") {}
};

/// Each is a line; the first twenty are printed.
void violation(const std::string& what);

/// What the host may not have done, whatever became of its orders (conduct.cpp). `slack` [ns]: by how much the venue's clock and that of
/// the host's steps may differ; 0 where both are the market's.
void judge_conduct(const State& state, bool protects, bool rests, std::int64_t slack);

/// On which terms orders work, and whether these were asked for (terms.cpp).
void judge_terms(const State& state);

}  // namespace crash
