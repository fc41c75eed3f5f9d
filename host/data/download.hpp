// One series, from the venue to a file, a store, or both: what is there is not asked for again, and what is not finished is kept.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <bowline/result.hpp>

#include "data/series.hpp"

namespace bowline::data {

class Venue;
class PriceStore;

struct DownloadAsk {
  std::string product;
  std::int64_t step = 0;
  Range range{};                 ///< ends on the grid, all of it final: final_part()
  std::filesystem::path file{};  ///< .csv.gz; empty: none
  PriceStore* store = nullptr;   ///< borrowed; null: none
  std::filesystem::path part{};  ///< where the answers are kept until all are there
  std::string source{};          ///< the venue's address, for the file's provenance
  /// From here on the venue may only be late: what it does not tell behind its last candle is asked for again the next time.
  std::int64_t young_s = INT64_MAX;
};

struct DownloadDone {
  std::uint64_t questions = 0;  ///< asked of the venue, this time
  std::uint64_t fresh = 0;      ///< candles that came with this download, what an interrupted one had kept included
  std::uint64_t candles = 0;    ///< in the range, by now
  std::vector<Range> gaps;      ///< of the range: the venue has no candle there
  std::uint64_t rounded = 0;    ///< volumes of too many digits for a feed, rounded
  std::vector<std::int64_t> left_out;  ///< candles that break a rule, left out
};

/// `on_question(done, all)`: before each question and after the last.
/// Errors: those of Venue, of PartFile, of reading and writing file and store; DATA_SOURCE_DIFFERS. After an error the answers so far are in
/// the part file, and file and store as they were, or whole.
Result<DownloadDone> download(const DownloadAsk& ask, Venue& venue, const std::function<void(std::size_t done, std::size_t all)>& on_question);

}  // namespace bowline::data
