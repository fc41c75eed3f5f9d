// The venue's durable state: one SQLite file of its own. The schema is public: whoever judges a run after a
// crash reads it without our code (README.md, "State file").
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <bowline/result.hpp>

#include "order.hpp"
#include "venue.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace bowline::broker_mock {

/// What a state file held when it was opened. Symbols and asset codes are those of the file; numbers were
/// looked up.
struct StoredState {
  bool is_new = true;
  std::vector<Order> orders;
  std::vector<Fill> fills;
  struct Holding {
    std::string asset;
    Balance balance;
  };
  std::vector<Holding> balances;
  std::int64_t amends = 0;        ///< how many there were
  std::vector<std::string> acts;  ///< the script lines that an external hand has carried out, in order
  std::optional<Outage> outage;   ///< the latest
};

/// Names of the run: instrument and asset numbers differ between configs, so the file speaks in text.
struct Names {
  std::function<std::string(std::uint32_t)> symbol, asset;  ///< number -> text
  std::function<std::uint32_t(const std::string&)> instrument,
      asset_number;  ///< text -> number, 0 = not in this run
};

/// Owns the connection. One thread. WAL, synchronous FULL: what commit() returned for survives a power cut.
class StateFile {
 public:
  static constexpr int schema_version = 2;

  /// Opens or creates the file and takes the writer's lock for as long as it lives. A file of an older schema
  /// is brought up to date in one transaction: all of it, or it stays as it was. Errors: STATE_UNREADABLE,
  /// STATE_LOCKED, STATE_NEWER, STATE_FOREIGN (not a file of this plugin), STATE_CORRUPT (an older file that
  /// breaks the schema's own rules).
  static Result<std::unique_ptr<StateFile>> open(const std::string& path, Names names);
  ~StateFile();
  StateFile(const StateFile&) = delete;
  StateFile& operator=(const StateFile&) = delete;

  /// All that the file holds. STATE_CORRUPT when it breaks the schema's own rules.
  Result<StoredState> read();
  /// Writes what changed in `venue` as one transaction; when it returns without error, it is on the disk.
  Result<void> commit(const Venue& venue, const Changes& changes);

 private:
  StateFile(std::string path, Names names) : path_(std::move(path)), names_(std::move(names)) {}
  Error error(const char* code, const std::string& what) const;
  Result<void> run(const char* sql);
  Result<sqlite3_stmt*> prepare(const char* sql);
  Result<void> set_up();
  Result<void> make_current();
  Result<void> prepare_all();
  std::int64_t number(const char* sql);

  Result<void> step(sqlite3_stmt* s);
  Result<void> write_order(const Order& o);
  Result<void> write_fill(const Fill& f, const Order& o);
  Result<void> write_told(const Fill& f);
  Result<void> write_balance(const std::string& asset, const Balance& b);
  Result<void> write_amend(const AmendDone& a);
  Result<void> write_act(const ActDone& a);
  Result<void> write_outage(const Outage& o);

  Result<void> read_orders(StoredState& out);
  Result<void> read_fills(StoredState& out);
  Result<void> read_balances(StoredState& out);
  Result<void> read_acts(StoredState& out);
  Result<void> read_outage(StoredState& out);

  std::string path_;
  Names names_;
  sqlite3* db_ = nullptr;
  sqlite3_stmt *put_order_ = nullptr, *put_fill_ = nullptr, *put_told_ = nullptr, *put_balance_ = nullptr,
               *put_amend_ = nullptr, *put_act_ = nullptr, *put_meta_ = nullptr;
};

}  // namespace bowline::broker_mock
