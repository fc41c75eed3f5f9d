// Numbered schema changes of one SQLite file. Each is applied once, its checksum kept; the file is copied before a change.
#pragma once

#include <bowline/result.hpp>
#include <filesystem>
#include <string>
#include <vector>

namespace bowline::store {

struct Migration {
  int version = 0;
  std::string name, sql;
};

/// What is built into the binary, from db/.
const std::vector<Migration>& prices_migrations();
const std::vector<Migration>& transactions_migrations();
/// Reads NNNN_name.sql files, by number. Errors: STORE_MIGRATIONS.
Result<std::vector<Migration>> read_migrations(const std::filesystem::path& folder);

struct MigrationStatus {
  int at = 0;                     // newest version applied; 0 for a new file
  std::vector<std::string> open;  // names still to be applied
};
/// Errors: STORE_OPEN, STORE_LOCKED, STORE_READ_ONLY, STORE_FULL, STORE_MIGRATION_CHANGED, STORE_NEWER.
Result<MigrationStatus> migration_status(const std::filesystem::path& file, const std::vector<Migration>& known);
/// Brings the file up to date; a file that held tables is first copied to `<file>.backup-<version>`.
Result<MigrationStatus> migrate(const std::filesystem::path& file, const std::vector<Migration>& known);

}  // namespace bowline::store
