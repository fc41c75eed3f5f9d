// One file of a recorded market: a header and frames, gzip around them. What a writer has given away can be read at once, also
// while it goes on, and after it died: then the file ends in the middle of nothing, and all before is whole.
#pragma once

#include <bowline/result.hpp>
#include <cstdint>
#include <filesystem>
#include <istream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "store/market_format.hpp"

namespace bowline::store {

/// The segments of a folder, oldest first, with their numbers; empty when there is none, or no folder.
struct SegmentName {
  std::uint64_t number = 0;
  std::filesystem::path file;
};
std::vector<SegmentName> segments_in(const std::filesystem::path& folder);
std::filesystem::path segment_file(const std::filesystem::path& folder, std::uint64_t number);

class SegmentWriter {
 public:
  /// Makes the file, which must not be there. Errors: MARKET_LOG_WRITE; then there is none.
  static Result<SegmentWriter> create(const std::filesystem::path& file, const MarketHeader& header);
  SegmentWriter(SegmentWriter&&) noexcept;
  SegmentWriter& operator=(SegmentWriter&&) noexcept;
  ~SegmentWriter();  ///< leaves the file as it is

  /// When it returns a reader has the frame. Errors: MARKET_LOG_WRITE; nothing can be written any more then.
  Result<void> write(std::string_view frame);
  /// Ends the file in order; it outlives a power cut then. Errors: MARKET_LOG_WRITE.
  Result<void> finish();
  /// Length of the file.
  std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  struct Deflate;
  SegmentWriter(std::filesystem::path file, int fd);
  Result<void> pass(std::string_view bytes, int flush);
  Error fault(const char* what) const;
  std::filesystem::path file_;
  int fd_ = -1;
  std::uint64_t bytes_ = 0;
  std::unique_ptr<Deflate> deflate_;
};

class SegmentReader {
 public:
  /// Errors: MARKET_LOG_OPEN, MARKET_LOG_FORMAT, MARKET_LOG_NEWER. One whose header is not there yet, or was lost, is
  /// MARKET_LOG_FORMAT as well.
  static Result<SegmentReader> open(const std::filesystem::path& file);
  /// The same of a file's bytes.
  static Result<SegmentReader> of(std::string bytes);
  SegmentReader(SegmentReader&&) noexcept;
  SegmentReader& operator=(SegmentReader&&) noexcept;
  ~SegmentReader();

  const MarketHeader& header() const noexcept { return header_; }
  /// Takes the next frame; false when no whole one is there. Errors: MARKET_LOG_FORMAT, MARKET_LOG_OPEN.
  Result<bool> next(MarketFrame& frame);

 private:
  struct Inflate;
  SegmentReader(std::string name, std::unique_ptr<std::istream> in);
  static Result<SegmentReader> begun(SegmentReader reader);
  Result<bool> more();
  Error named(Error why) const;
  std::string name_;
  std::unique_ptr<std::istream> in_;
  std::unique_ptr<Inflate> inflate_;
  std::string bytes_;     ///< inflated, and not taken before at_
  std::size_t at_ = 0;
  MarketHeader header_;
  std::unique_ptr<FrameReader> frames_;
};

}  // namespace bowline::store
