// Turns records into rows. Statements are prepared once and their cells bound by reference, so a row costs no allocation
// once the strings have grown. Writer thread only.
#pragma once

#include <bowline/result.hpp>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/instrument.hpp"
#include "core/records.hpp"

namespace bowline::store {

struct StoreOptions;
/// Names of the columns of a frame, by their hash.
using FeatureNames = std::pair<std::string, std::vector<std::string>>;

class SqlWriter {
 public:
  /// Errors as SqlStore::open.
  static Result<std::unique_ptr<SqlWriter>> open(const StoreOptions& options);
  ~SqlWriter();
  SqlWriter(const SqlWriter&) = delete;
  SqlWriter& operator=(const SqlWriter&) = delete;
  /// Whether tables that these roles write (all of them when empty) hold rows.
  bool used(const std::vector<std::string>& roles);
  core::Nanos last_step();
  std::uint64_t plans_at(core::Nanos time);
  std::vector<core::AuditRecord> audit_from(core::Nanos time);
  void forget_after(core::Nanos decided, core::Nanos told);
  /// All or nothing per database; rows are keyed, so writing a batch again after a failure is harmless. What was decided,
  /// ordered and filled is never overwritten by something else: STORE_ROW_TAKEN.
  Result<void> write(std::span<const FeatureNames> names, std::span<const core::Record> records);

 private:
  struct Impl;
  explicit SqlWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace bowline::store
