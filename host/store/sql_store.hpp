// The SQL store: two SQLite files behind one writer thread. A projection of what the core decided: the journal is what
// must be durable before a byte leaves, so this one may lag and is written many steps at a time.
#pragma once

#include <atomic>
#include <bowline/result.hpp>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/instrument.hpp"
#include "core/records.hpp"
#include "store/journal.hpp"
#include "store/sql_writer.hpp"

namespace bowline::store {

struct StoreOptions {
  std::filesystem::path prices, transactions;
  Stamp stamp;
  std::vector<std::string> roles;                   // one lock file each beside transactions; empty: "host"
  const core::InstrumentTable* instruments = nullptr;  // borrowed, outlives the store; symbols and assets never change
  std::size_t queue_records = 65536;                // put() waits when so many are not yet written
  std::int64_t max_pages = 0;                       // > 0: the files may not grow beyond; tests of a full disk
};

class SqlStore final : public core::RecordSink {
 public:
  /// Errors: STORE_OPEN, STORE_LOCKED, STORE_READ_ONLY, STORE_FULL, STORE_STAMP, STORE_NEWER, STORE_MIGRATION_CHANGED.
  static Result<std::unique_ptr<SqlStore>> open(const StoreOptions& options);
  ~SqlStore() override;
  SqlStore(const SqlStore&) = delete;
  SqlStore& operator=(const SqlStore&) = delete;

  /// When it was opened, tables that these roles write (all of them when empty) held rows: of an earlier run, or of this one
  /// before the process was started anew. Asked before the first put(). STORE_OPEN when they cannot be read.
  Result<bool> used(const std::vector<std::string>& roles);

  bool wanted() const noexcept override { return true; }
  void put(core::Record&& record) override;    // [core thread]
  void end_step(core::Nanos time) override;    // [core thread]
  /// Names of a frame's columns; once per names_hash. [core thread]
  void name_features(std::string names_hash, std::vector<std::string> names);

  /// Waits until everything put so far is committed, or says why it can't be. [any thread but the writer's]
  Result<void> flush();
  /// Flushes and ends the writer; the destructor does the same without telling.
  Result<void> close();
  /// False: the last write failed; what was accepted is kept and tried again each second. Entries must be denied. [any]
  bool healthy() const noexcept { return healthy_.load(std::memory_order_acquire); }
  Error fault() const;                         // empty when healthy [any]
  std::uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }

 private:
  SqlStore(std::unique_ptr<SqlWriter> writer, std::vector<int> locks, std::size_t limit);
  void run();

  std::unique_ptr<SqlWriter> writer_;
  std::vector<int> locks_;
  std::size_t limit_;
  std::vector<core::Record> step_;             // core thread only
  mutable std::mutex m_;
  std::condition_variable work_, drained_;
  std::vector<core::Record> queue_;            // whole steps
  std::vector<FeatureNames> names_;
  bool stop_ = false, hurry_ = false, busy_ = false;
  Error fault_;
  std::atomic<bool> healthy_{true};
  std::atomic<std::uint64_t> dropped_{0};
  std::thread thread_;
};

}  // namespace bowline::store
