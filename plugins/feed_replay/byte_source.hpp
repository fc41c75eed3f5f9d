// A file as a stream of bytes in a window: plain or gzip, never whole in memory.
#pragma once

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include <bowline/result.hpp>

namespace bowline::feed_replay {

/// The file name as error texts show it: the tail of a long path, so that line number and reason still fit.
std::string short_path(const std::string& path);

/// One open file and the window of its (decompressed) bytes that is in memory. Whether it is gzip is decided
/// by its first two bytes, not by its name. One thread at a time; owns the descriptor.
class ByteSource {
 public:
  static constexpr std::size_t window = 256 * 1024;  ///< bytes of text held at most
  static constexpr std::size_t max_line = 4096;      ///< a longer line is malformed

  /// Opens `path` and reads its first bytes. FEED_FILE_UNREADABLE, FEED_FILE_EMPTY (no byte at all).
  static Result<std::unique_ptr<ByteSource>> open(const std::string& path);
  ~ByteSource();
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  /// Makes at least one whole line (or `max_line` bytes) visible at [p, end), as far as the file has it. At
  /// the end of data the last line gets a newline if it lacks one. False: read or decompression failed before
  /// any more text was there; `error()` tells. Bytes decompressed before the fault stay readable.
  bool ensure_line() {
    if (static_cast<std::size_t>(end - p) >= max_line || at_end_) return true;
    return refill();
  }
  bool finished() const noexcept { return at_end_ && p == end; }
  /// True once the file's last line was found to lack its newline: of a plain file it may be cut.
  bool no_final_newline() const noexcept { return no_final_newline_; }
  bool is_gzip() const noexcept { return gzip_; }
  const Error& error() const noexcept { return error_; }

  const char* p = nullptr;    ///< next unread byte; the reader moves it
  const char* end = nullptr;  ///< one past the last byte in the window; 8 NUL bytes follow

 private:
  explicit ByteSource(const std::string& path) : path_(path) {}
  bool refill();
  void fail(const char* code, const std::string& why);
  std::size_t read_plain(char* to, std::size_t room);
  std::size_t read_gzip(char* to, std::size_t room);
  bool read_compressed();
  void finish();

  std::string path_;
  int fd_ = -1;
  bool gzip_ = false, at_end_ = false, failed_ = false, no_final_newline_ = false;
  bool member_open_ = false, zlib_ready_ = false, any_ = false;
  Error error_{};
  std::unique_ptr<char[]> text_, packed_;
  std::size_t packed_begin_ = 0, packed_end_ = 0;
  z_stream z_{};
};

}  // namespace bowline::feed_replay
