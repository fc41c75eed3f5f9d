// Candles from one place to another, and longer ones made of shorter ones on the way.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include <bowline/result.hpp>

#include "data/series.hpp"

namespace bowline::data {

struct ConvertAsk {
  std::filesystem::path from, to;  ///< .csv, .csv.gz, or a store: its file, or a folder
  std::string product{};           ///< of the store's series; empty: of a file's name, or the only one of the store
  std::int64_t step = 0;           ///< of what is read; 0: found by name and rows, or the only one of the store
  std::int64_t to_step = 0;        ///< of what is written; 0: the same
  Range range{0, INT64_MAX};       ///< of opens, and of closes at its end
  bool force = false;              ///< what is in the way is replaced
};

struct ConvertDone {
  std::string product;
  std::int64_t step = 0, to_step = 0;
  std::uint64_t read = 0, written = 0;
  std::uint64_t rounded = 0, duplicates = 0;  ///< of the file that was read
  bool may_be_cut = false;
  std::vector<Range> gaps;                    ///< of what was written: no candle is there, or it could not be made
  std::uint64_t same = 0, replaced = 0;       ///< of a store that was written to
};

/// All or nothing. Errors: those of reading (a single bad row is one), of writing, of resample(); DATA_FILE_EXISTS and DATA_STORE_CONFLICT
/// without `force`; DATA_STORE_ABSENT (no such series, or it has to be said which), DATA_RANGE_INVALID (nothing is left to write).
Result<ConvertDone> convert(const ConvertAsk& ask);

}  // namespace bowline::data
