// Candle files, plain and gzip, in the format that bowline.feed.replay reads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include <bowline/result.hpp>

#include "data/series.hpp"
#include "data/whole_file.hpp"

namespace bowline::data {

/// What the gzip comment of a downloaded file says: where it is from, and what was asked for. A file that anything else wrote has none.
struct Provenance {
  std::string source;  ///< the venue's address
  RangeSet asked;      ///< a bucket in it that has no candle has none at the venue
};
std::string to_comment(const Provenance& p);
/// nullopt: it is not one of ours.
std::optional<Provenance> parse_comment(std::string_view comment);

struct CandleFile {
  Candles candles;
  std::int64_t step = 0;
  std::uint64_t rounded = 0;     ///< rows with a number of more than 18 decimals
  std::uint64_t duplicates = 0;  ///< the same row twice, left out
  bool may_be_cut = false;       ///< the last line of a plain file had no newline
  std::optional<Provenance> provenance;
};
/// All of a file, strictly: the first row that is not one is an error that names file, line and code. `step` 0: found by name and rows.
/// Errors: DATA_FILE_UNREADABLE, _EMPTY, _TRUNCATED, _CORRUPT, DATA_HEADER_WRONG, DATA_LINE_TOO_LONG, DATA_INTERVAL_UNKNOWN, and of a row
/// DATA_ROW_MALFORMED, _NOT_A_NUMBER, _NEGATIVE, _INCONSISTENT, _OUT_OF_RANGE, _OFF_GRID, _OUT_OF_ORDER, _CONFLICT.
Result<CandleFile> read_candles(const std::filesystem::path& path, std::int64_t step = 0);

/// Whole or not at all. Errors: those of WholeFile.
Result<void> write_candles(const std::filesystem::path& path, const Candles& candles, Replace replace,
                           const std::optional<Provenance>& provenance = {});

/// BTC-USD and 300 of "BTC-USD_5m.csv.gz"; the whole stem and 0 where the name says no length.
struct SeriesName {
  std::string product;
  std::int64_t step = 0;
};
SeriesName name_of(const std::filesystem::path& path);
/// "BTC-USD_5m.csv.gz"
std::string file_name(std::string_view product, std::int64_t step);
/// .csv or .csv.gz
bool is_candle_path(const std::filesystem::path& path);

/// The length of a file's candles: of its name, else the usual one of its first rows. The errors of reading, DATA_INTERVAL_UNKNOWN.
Result<std::int64_t> step_of(const std::filesystem::path& path);

}  // namespace bowline::data
