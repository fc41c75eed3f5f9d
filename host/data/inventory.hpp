// Which candles there are under a folder: files and stores.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <bowline/result.hpp>

namespace bowline::data {

struct Holding {
  std::filesystem::path where;  ///< the file, or the store's
  bool store = false;
  std::string product;
  std::int64_t step = 0;
  std::uint64_t candles = 0, gaps = 0, missing = 0;  ///< gaps: places; missing: candles there in all
  std::int64_t first_s = 0, last_s = 0;              ///< opens
  std::uint64_t bytes = 0;                           ///< of the file; of a store all of it
  std::uint64_t faults = 0;                          ///< rows that `data check` would refuse, gaps aside
  std::optional<Error> error;                        ///< why it can't be read; then the numbers mean nothing
};

/// A folder with those below it (links are not followed), or one file; by path, then product and length. What is no candle file is passed over
/// when its name does not end in .csv, .csv.gz or .db. DATA_FILE_UNREADABLE: it is not there, or can't be looked into.
Result<std::vector<Holding>> holdings(const std::filesystem::path& under);

}  // namespace bowline::data
