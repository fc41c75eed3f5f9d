// The intent journal: local, append-only, hash-chained, and the one maker of Recorded<...>. An intent is durable here
// before any byte of it goes to a venue (trading rules 4.1). One commit covers all intents of one frame.
#pragma once

#include <bowline/result.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/amendment.hpp"
#include "core/approved.hpp"
#include "core/instrument.hpp"
#include "core/intent.hpp"

namespace bowline::store {

class Ballast;
struct RestoredRow;

/// The number of the file's format. 1: no fills; 2: orders and fills; 3: what an operator commands beside orders; 4: every
/// command and tick as it came (input_rows.hpp), and the marks of the rolling day; 5: a restore, what a change of a balance was named, and
/// equity at the bid in the rows of steps. A file of 2 to 4 is taken to this one
/// when a run goes on from it; who only reads it reads it as it is. A version that knows less refuses it: JOURNAL_NEWER.
inline constexpr int journal_format = 5;

/// What a journal or store belongs to; a mismatch with the run is refused (trading rules 4.3).
struct Stamp {
  std::string mode;       // "mock" | "live"
  std::string venue;      // broker plugin id
  std::string portfolio;  // portfolio uuid, or "default"
};

/// One row as it stands in the file; its texts are valid during the call that shows it.
struct JournalRow {
  std::uint64_t row = 0;  ///< from 1, without holes
  std::string_view kind;
  core::Nanos time = 0;
  std::string_view payload;
};

/// A row to be written.
struct JournalNote {
  std::string_view kind;
  std::string payload;
};

class Journal {
 public:
  using RowReader = std::function<Result<void>(const JournalRow&)>;
  using Approved = core::RiskApproved<core::Intent>;
  using Durable = core::Recorded<Approved>;
  using ApprovedAmendment = core::RiskApproved<core::Amendment>;
  using DurableAmendment = core::Recorded<ApprovedAmendment>;

  /// A SQLite file of its own: WAL, synchronous FULL. Follows the whole chain first. Errors:
  /// JOURNAL_OPEN, JOURNAL_LOCKED, JOURNAL_STAMP, JOURNAL_NEWER, JOURNAL_OLDER, JOURNAL_CHAIN, JOURNAL_EPOCH (not that of its last
  /// restore).
  static Result<std::unique_ptr<Journal>> open(const std::filesystem::path& file, const Stamp& stamp);
  /// The same maker and the same chain without a file: replay, simulation and backtest only.
  static std::unique_ptr<Journal> in_memory();
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// What its rows call the instruments; before the first intent. Borrowed.
  void name(const core::InstrumentTable& table) noexcept;
  /// Makes every intent durable in one commit and appends its proof to `out`, in order. `beside`: rows of the same commit,
  /// in front of the intents. On error nothing was recorded, also nothing of `beside`, and `out` is as it was: nothing may
  /// be sent. Errors: JOURNAL_WRITE. For want of room a part of the ballast is given back and the commit repeated, but not for
  /// one with a purchase in it. [core thread]
  Result<void> record(std::span<const Approved> intents, core::Nanos now, std::vector<Durable>& out,
                      std::span<const JournalNote> beside = {});
  /// The same of an amendment: its row is the order's event amend_sent with the terms that are asked for. Errors:
  /// JOURNAL_WRITE, and nothing may be sent. [core thread]
  Result<DurableAmendment> record(const ApprovedAmendment& amendment, core::Nanos now, std::string_view venue_id,
                                  std::span<const JournalNote> beside = {});
  /// The proof that this very intent is in the file already: it may be sent again with the same bytes. A journal in memory
  /// has none. Errors: JOURNAL_NO_INTENT. [core thread]
  Result<Durable> again(const Approved& intent) const;
  /// Appends an event that follows intents (handed over, acknowledged, filled, state changes). Chained at once, durable
  /// with the next commit or flush. [core thread]
  Result<void> note(std::string_view kind, core::Nanos now, std::string_view payload);
  /// Makes everything noted so far durable. [core thread]
  Result<void> flush();

  /// Whose room its rows get when the disk has none left (trading rules 4.1); borrowed, filled by the caller. A row `journal` says
  /// when the first part is given; `given` hears of each one, once what it was given for is durable or has failed. A journal
  /// in memory needs none. [core thread]
  void lean_on(Ballast& ballast, std::function<void()> given);
  /// Whether the last write failed for want of room.
  bool no_room() const noexcept;

  std::uint64_t commits() const noexcept;
  std::uint64_t rows() const noexcept;
  bool durable() const noexcept;            // false for in_memory
  /// Whether something noted is not durable yet.
  bool pending() const noexcept;
  /// Whether the last write succeeded; true before the first.
  bool writable() const noexcept;
  /// `told` hears of each commit to a file how long it took; without it nothing is timed. [core thread]
  void time_commits(std::function<void(double seconds)> told);
  /// Hex SHA-256 of the chain's head behind all that was noted, rows that wait for their commit included; 64 zeros when empty.
  std::string head() const;
  /// The store epoch: a number drawn when the journal was made, or renewed by its last restore; part of every client order id.
  std::uint64_t epoch() const noexcept;
  /// Sets the epoch of a journal without rows (derived from the run seed in replay and simulation).
  Result<void> set_epoch(std::uint64_t epoch);
  /// It was put back from a backup: appends the row that says so and renews the epoch, durable when it returns. `row`: at, who, why,
  /// from and replaced; the rest is filled in, and given back. `drawn`: the epoch in mode: live, where it is random; else it is derived
  /// (renewed_epoch). A file with rows, of which none waits. Errors: JOURNAL_WRITE, and it is as it was.
  Result<RestoredRow> renew_epoch(RestoredRow row, std::optional<std::uint64_t> drawn);
  /// Shows every row of the file in order, until `read` refuses one: its error, with file and row in front. A journal in
  /// memory has no rows to show. [core thread]
  Result<void> each(const RowReader& read) const;
  /// Payload of the newest note of this kind; empty when there is none.
  std::string latest(std::string_view kind) const;

 private:
  struct Impl;
  explicit Journal(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace bowline::store
