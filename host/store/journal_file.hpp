// A journal's file for who only reads it: row by row, each held against the chain.
#pragma once

#include <bowline/result.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "store/journal.hpp"
#include "store/journal_chain.hpp"
#include "store/query.hpp"

namespace bowline::store {

class JournalFile {
 public:
  /// Errors: JOURNAL_OPEN, JOURNAL_LOCKED (a host runs on it), JOURNAL_NEWER, JOURNAL_OLDER.
  static Result<JournalFile> open(const std::filesystem::path& file);

  /// Goes to the next row; false behind the last one. Errors: JOURNAL_CHAIN when that row is not what was written (or rows
  /// before it are missing), JOURNAL_OPEN, JOURNAL_LOCKED.
  Result<bool> next();
  /// The row it is at; its texts are valid until next().
  const JournalRow& row() const noexcept { return row_; }
  /// Of the chain behind that row: of no row at all, before the first.
  const Digest& head() const noexcept { return chain_->head(); }
  /// What the journal belongs to.
  Result<Stamp> stamp() const;
  /// The store epoch.
  Result<std::uint64_t> epoch() const;

 private:
  JournalFile(std::filesystem::path file, Database db);
  Error unreadable() const;
  std::filesystem::path file_;
  Database db_;
  std::unique_ptr<Chain> chain_ = std::make_unique<Chain>();
  Query rows_;
  JournalRow row_;
};

}  // namespace bowline::store
