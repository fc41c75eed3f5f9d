// The candles of a store: the prices file of a state folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <bowline/result.hpp>

#include "data/series.hpp"

namespace bowline::data {

struct StoredSeries {
  std::string product;
  std::int64_t step = 0;
  std::uint64_t candles = 0;
  std::int64_t first_s = 0, last_s = 0;  ///< opens
};

struct Stored {
  std::uint64_t fresh = 0, same = 0, replaced = 0;
};

class PriceStore {
 public:
  enum class Access { read, write };
  /// A folder (its crypto_prices.db) or the file itself. Written to, it is made where it is not there, and brought to this version; a host
  /// that runs on it is not disturbed: then it can't be written. Errors: DATA_STORE_ABSENT (read, and it is not there), STORE_OPEN,
  /// STORE_LOCKED, STORE_READ_ONLY, STORE_FULL, STORE_NEWER, STORE_MIGRATION_CHANGED.
  static Result<std::unique_ptr<PriceStore>> open(const std::filesystem::path& where, Access access);
  /// The file that open() takes.
  static std::filesystem::path file_of(const std::filesystem::path& where);
  ~PriceStore();
  PriceStore(const PriceStore&) = delete;
  PriceStore& operator=(const PriceStore&) = delete;

  /// What is in it, by product and length. Lengths that are no whole seconds are passed over. The errors of reading.
  Result<std::vector<StoredSeries>> series() const;
  /// The candles that open within the range, in order. DATA_ROW_OUT_OF_RANGE: one of them is none (the file was changed by hand).
  Result<Candles> read(const std::string& product, std::int64_t step, Range range) const;
  /// All of them or none. One that is there and says the same stays as the run wrote it; DATA_STORE_CONFLICT: one says something else, and
  /// `replace` is not set. DATA_ROW_OUT_OF_RANGE; the errors of writing.
  Result<Stored> write(const std::string& product, std::int64_t step, const Candles& candles, bool replace);

 private:
  struct Impl;
  explicit PriceStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace bowline::data
