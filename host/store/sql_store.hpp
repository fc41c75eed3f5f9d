// The SQL store: two SQLite files behind one writer thread. A projection of what the core decided: the journal is what
// must be durable before a byte leaves, so this one may lag and is written many steps at a time.
#pragma once

#include <array>
#include <atomic>
#include <bowline/result.hpp>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/data_symbols.hpp"
#include "core/instrument.hpp"
#include "core/records.hpp"
#include "store/journal.hpp"
#include "store/sql_writer.hpp"

namespace bowline::store {

/// The table that records of a kind go to, by the index of the variant.
inline constexpr std::array<const char*, std::variant_size_v<core::Record>> record_tables = {
    "candles",      "features", "signals",           "signal_outcomes", "decisions",   "order_decisions", "orders",
    "order_events", "fills",    "portfolio_history", "rebalances",      "core_events", "audit",
    "signal_causes", "contributions", "venue_exchanges"};

struct StoreOptions {
  std::filesystem::path prices, transactions;
  Stamp stamp;
  std::vector<std::string> roles;                   // one lock file each beside transactions; empty: "host"
  const core::InstrumentTable* instruments = nullptr;  // borrowed, outlives the store; symbols and assets never change
  core::DataSymbols data{};                         // what candles, features and signals call them; all else has their symbols
  std::size_t queue_records = 65536;                // put() waits when so many are not yet written
  /// Told when writes begin to fail, with why, and when they succeed again. On the writer's thread; may be empty.
  std::function<void(const Error& why)> on_failing{};
  std::function<void()> on_healed{};
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
  /// The newest step that is stored whole; 0 = none. Before the first put(). STORE_OPEN when it can't be read.
  Result<core::Nanos> last_step();
  /// Plans that are stored of this very time. Before the first put(). STORE_OPEN when they can't be counted.
  Result<std::uint64_t> plans_at(core::Nanos time);
  /// The audit trail from this time on, as it is stored. Before the first put(). STORE_OPEN when it can't be read.
  Result<std::vector<core::AuditRecord>> audit_from(core::Nanos time);
  /// Takes away what was written of decisions behind `decided`, which a run that goes on from its journal takes again, and
  /// of order events, fills and the making of orders from `told` on, which come from its journal once more. Before the
  /// first put(). STORE_OPEN when it can't.
  Result<void> forget_after(core::Nanos decided, core::Nanos told);

  bool wanted() const noexcept override { return true; }
  void put(core::Record&& record) override;    // [core thread]
  void end_step(core::Nanos time) override;    // [core thread]
  /// Names of a frame's columns; once per names_hash. [core thread]
  void name_features(std::string names_hash, std::vector<std::string> names);

  /// Waits until everything put so far is committed, or says why it can't be. [core thread]
  Result<void> flush();
  /// Flushes and ends the writer; the destructor does the same without telling.
  Result<void> close();
  /// Nothing is written while it is held: the room that the journal's ballast gave is not the store's (trading rules 4.1). It is
  /// kept as when the disk is full, and written when it is let go. [any]
  void hold(bool held) noexcept { held_.store(held, std::memory_order_release); }
  /// False: the last write failed; what was accepted is kept and tried again each second. Entries must be denied. [any]
  bool healthy() const noexcept { return healthy_.load(std::memory_order_acquire); }
  Error fault() const;                         // empty when healthy [any]
  /// Records lost for good: they came while the store could not be written and its backlog was full, or it still could
  /// not be written at the end. [any]
  std::uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }
  /// Records waiting for the writer. [any]
  std::size_t queued() const;
  /// Records written so far, by the index of the variant; see record_tables. [any]
  std::uint64_t written(std::size_t kind) const noexcept { return written_[kind].load(std::memory_order_relaxed); }
  /// Writes that failed, and how often they began to. [any]
  std::uint64_t failed_writes() const noexcept { return failed_writes_.load(std::memory_order_relaxed); }
  std::uint64_t outages() const noexcept { return outages_.load(std::memory_order_relaxed); }

 private:
  SqlStore(std::unique_ptr<SqlWriter> writer, std::vector<int> locks, const StoreOptions& options);
  void run();
  void tell(const Result<void>& done, bool& failing);

  std::unique_ptr<SqlWriter> writer_;
  std::vector<int> locks_;
  std::size_t limit_;
  std::function<void(const Error& why)> on_failing_;
  std::function<void()> on_healed_;
  std::vector<core::Record> step_;             // core thread only
  mutable std::mutex m_;
  std::condition_variable work_, drained_;
  std::vector<core::Record> queue_;            // whole steps
  std::vector<FeatureNames> names_;
  bool stop_ = false, hurry_ = false, busy_ = false;
  std::uint64_t tries_ = 0;                    // writes that ended, well or not
  Error fault_;
  std::atomic<bool> healthy_{true}, held_{false};
  std::atomic<std::uint64_t> dropped_{0}, failed_writes_{0}, outages_{0};
  std::array<std::atomic<std::uint64_t>, record_tables.size()> written_{};
  std::thread thread_;
};

}  // namespace bowline::store
