// What a download has so far, beside the place where it will be: each answer durable before the next question, so that neither a kill nor a
// power cut costs more than the answer on its way.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include <bowline/result.hpp>

#include "data/candle_page.hpp"
#include "data/series.hpp"

namespace bowline::data {

/// A log of answers. What is not whole at its end is cut off when it is opened. One process at a time. Owns the descriptor.
class PartFile {
 public:
  /// Opens or makes it. `identity` (one line) says whose it is: one of another identity, or whose beginning can't be read, begins anew.
  /// Errors: DATA_FILE_UNWRITABLE, DATA_FILE_BUSY (another process has it), DATA_FILE_UNREADABLE.
  static Result<std::unique_ptr<PartFile>> open(const std::filesystem::path& path, const std::string& identity, std::int64_t step);
  ~PartFile();
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  /// What was answered to what was asked, so far.
  const RangeSet& asked() const noexcept { return asked_; }
  const Candles& candles() const noexcept { return candles_; }
  std::uint64_t rounded() const noexcept { return rounded_; }
  const std::vector<std::int64_t>& left_out() const noexcept { return left_out_; }

  /// Keeps the answer to `asked`, durable when it returns. Candles of what was asked before are passed over: the first word stands.
  /// DATA_FILE_UNWRITABLE.
  Result<void> add(Range asked, const CandlePage& page);
  /// Takes it away: what it holds is where it belongs.
  void remove() noexcept;

 private:
  PartFile(std::filesystem::path path, std::int64_t step) : path_(std::move(path)), step_(step) {}
  Result<void> load(const std::string& head);
  bool take_record(std::string_view& text);
  void take(Range asked, const CandlePage& page);
  Error unwritable(const char* what) const;

  std::filesystem::path path_;
  std::int64_t step_;
  int fd_ = -1;
  RangeSet asked_;
  Candles candles_;
  std::uint64_t rounded_ = 0;
  std::vector<std::int64_t> left_out_;
};

}  // namespace bowline::data
