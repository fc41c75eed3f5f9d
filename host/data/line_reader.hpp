// A text file, plain or gzip, line by line; never whole in memory.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <bowline/result.hpp>

namespace bowline::data {

/// Whether a file is gzip is seen from its first bytes. Files of several gzip members are fine. One thread at a time; owns the descriptor.
class LineReader {
 public:
  static constexpr std::size_t max_line = 4096;

  /// Errors: DATA_FILE_UNREADABLE, DATA_FILE_EMPTY (no byte).
  static Result<std::unique_ptr<LineReader>> open(const std::string& path);
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  /// The next line without its newline, valid until the next call; nullopt at the end. Whole lines in front of a fault are told first.
  /// Errors, and the same one from then on: DATA_FILE_UNREADABLE, DATA_FILE_TRUNCATED, DATA_FILE_CORRUPT, DATA_LINE_TOO_LONG.
  Result<std::optional<std::string_view>> next();
  /// The number of the line that next() gave last; 1 is the first.
  std::uint64_t line() const noexcept { return line_; }
  bool is_gzip() const noexcept { return gzip_; }
  /// Once the last line was given: it had no newline.
  bool no_final_newline() const noexcept { return no_final_newline_; }
  /// The comment of the first gzip member; empty where there is none. Known once a line was given.
  const std::string& comment() const noexcept { return comment_; }

 private:
  explicit LineReader(std::string path) : path_(std::move(path)) {}
  bool fill();  // more text, false at the end and on failure
  bool read_packed();
  bool inflate_some();
  void fail(const char* code, const std::string& why);

  std::string path_;
  int fd_ = -1;
  bool gzip_ = false, zlib_ready_ = false, member_open_ = false, eof_ = false, at_end_ = false, no_final_newline_ = false;
  std::optional<Error> fault_;
  std::string text_;  // what is not given yet begins at at_
  std::size_t at_ = 0;
  std::uint64_t line_ = 0;
  std::vector<unsigned char> packed_;
  std::size_t packed_begin_ = 0, packed_end_ = 0;
  z_stream z_{};
  gz_header head_{};
  std::vector<unsigned char> head_comment_;
  std::string comment_;
};

}  // namespace bowline::data
