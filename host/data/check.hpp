// Whether candles are what they should be: each on its own, and one behind the other.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <bowline/decimal.hpp>
#include <bowline/result.hpp>

#include "data/candle.hpp"
#include "data/series.hpp"

namespace bowline::data {

struct CheckOptions {
  std::int64_t step = 0;                ///< 0: found by name and rows
  Decimal max_jump = Decimal::not_set();  ///< as a part of the close before: 0.5 is half of it; not set: no limit
  std::uint64_t allow_gaps = 0;         ///< so many candles may be missing in one place
  std::size_t listed = 100;             ///< findings told one by one; all are counted
};

/// One thing that was found. `line` 0: not of a line (a store). `fault`: it is wrong; else it is worth a word.
struct Finding {
  std::string code;
  bool fault = true;
  std::uint64_t line = 0;
  std::int64_t time_s = 0;  ///< the candle's open, where it has one
  std::string text;
};

struct CheckReport {
  std::int64_t step = 0;
  std::uint64_t candles = 0;  ///< those that are ones
  std::int64_t first_s = 0, last_s = 0;
  std::uint64_t gaps = 0, missing = 0;  ///< places, and candles missing there in all
  std::map<std::string, std::uint64_t> counts;  ///< by code
  std::uint64_t faults = 0;
  std::vector<Finding> findings;
  bool good() const noexcept { return faults == 0; }
};

/// Holds one candle against the rules and against those before it. In the order of the file.
class Checker {
 public:
  explicit Checker(const CheckOptions& options) : options_(options) { report_.step = options.step; }
  void row(const RowRead& row, std::uint64_t line);
  /// What is wrong with the whole, not with a row.
  void note(std::string_view code, bool fault, std::uint64_t line, std::int64_t time_s, std::string text);
  CheckReport take() { return std::move(report_); }

 private:
  void jump(const Candle& c, std::uint64_t line);
  CheckOptions options_;
  CheckReport report_;
  std::optional<Candle> last_;
};

/// All of a file. What can't be read on is a finding (DATA_FILE_TRUNCATED, ...), behind those of the rows in front of it. Errors: those that
/// leave nothing to look at: DATA_FILE_UNREADABLE, DATA_FILE_EMPTY, DATA_HEADER_WRONG, DATA_INTERVAL_UNKNOWN.
Result<CheckReport> check_file(const std::filesystem::path& path, CheckOptions options);
/// Candles of a store.
CheckReport check_series(const Candles& candles, const CheckOptions& options);

}  // namespace bowline::data
