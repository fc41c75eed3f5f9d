// One candle file as a checked, strictly increasing sequence of bars.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <bowline/result.hpp>

#include "byte_source.hpp"
#include "row_parser.hpp"

namespace bowline::feed_replay {

/// What to do with a row that breaks a rule which a reader may survive (the table is in README.md).
enum class OnBad : std::uint8_t { refuse, skip };

/// What was left out or noticed; every case the policy lets pass is counted here, none is silent.
struct Counts {
  std::uint64_t bars = 0;          ///< bars handed out
  std::uint64_t skipped = 0;       ///< rows left out under on_bad: skip
  std::uint64_t duplicates = 0;    ///< rows equal to the one before, left out
  std::uint64_t gaps = 0;          ///< places where bars are missing
  std::uint64_t missing_bars = 0;  ///< bars missing there in all
  std::uint64_t rounded = 0;       ///< bars with a number of more than 18 decimals
  std::uint64_t zero_volume = 0;   ///< bars without trading (kept)
};

struct FileOptions {
  std::string path;
  std::int64_t interval_s = 300;                      ///< length of a bar, seconds
  std::int64_t from_s = INT64_MIN, to_s = INT64_MAX;  ///< only bars with from <= open and close <= to
  OnBad on_bad = OnBad::refuse;
};

/// Reads one file, row by row. Owned and used by one thread.
class BarFile {
 public:
  enum class Next : std::uint8_t { bar, end, failed };

  /// Opens the file and checks the header line. Errors: FEED_FILE_UNREADABLE, FEED_FILE_EMPTY,
  /// FEED_HEADER_WRONG, FEED_FILE_TRUNCATED, FEED_FILE_CORRUPT.
  static Result<std::unique_ptr<BarFile>> open(const FileOptions& options);

  /// The next row into `row()`. `failed`: error() says where and why; it stays failed. `end`: no further row.
  Next next();
  const Row& row() const noexcept { return row_; }
  const Error& error() const noexcept { return error_; }
  const Counts& counts() const noexcept { return counts_; }
  const std::string& path() const noexcept { return options_.path; }
  /// The last line of a plain file had no newline: taken as it is, but it may be cut. Worth a warning.
  bool may_be_cut() const noexcept { return !source_->is_gzip() && source_->no_final_newline(); }

 private:
  BarFile(const FileOptions& options, std::unique_ptr<ByteSource> source)
      : options_(options), source_(std::move(source)) {}
  Next fail(std::string_view code, std::string_view why);
  Next slow_row(bool& again);
  Next odd_time(bool& again);
  Next at_end();

  FileOptions options_;
  std::unique_ptr<ByteSource> source_;
  Row row_{}, last_{};
  std::int64_t last_s_ = INT64_MIN;  ///< open of the last good row, in or out of range
  std::uint64_t line_ = 1;
  bool failed_ = false, ended_ = false, any_row_ = false;
  Counts counts_{};
  Error error_{};
};

}  // namespace bowline::feed_replay
