#include "data/line_reader.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace bowline::data {
namespace {

constexpr std::size_t packed_size = 64 * 1024, text_size = 64 * 1024, comment_size = 1 << 20;

ssize_t read_some(int fd, void* to, std::size_t n) {
  for (;;) {
    const ssize_t got = ::read(fd, to, n);
    if (got >= 0 || errno != EINTR) return got;
  }
}

}  // namespace

Result<std::unique_ptr<LineReader>> LineReader::open(const std::string& path) {
  std::unique_ptr<LineReader> r(new LineReader(path));
  r->fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (r->fd_ < 0) return Error{"DATA_FILE_UNREADABLE", path + ": cannot open it: " + std::strerror(errno)};
  r->packed_.resize(packed_size);
  if (!r->read_packed()) {
    if (r->fault_) return *r->fault_;
    return Error{"DATA_FILE_EMPTY", path + ": the file holds no byte; a candle file was expected"};
  }
  r->gzip_ = r->packed_end_ >= 2 && r->packed_[0] == 0x1f && r->packed_[1] == 0x8b;
  if (!r->gzip_) return r;
  if (inflateInit2(&r->z_, 15 + 16) != Z_OK) return Error{"DATA_FILE_UNREADABLE", path + ": no memory for zlib"};
  r->zlib_ready_ = r->member_open_ = true;
  r->head_comment_.resize(comment_size);
  r->head_.comment = r->head_comment_.data();
  r->head_.comm_max = comment_size;
  inflateGetHeader(&r->z_, &r->head_);
  return r;
}

LineReader::~LineReader() {
  if (zlib_ready_) inflateEnd(&z_);
  if (fd_ >= 0) ::close(fd_);
}

void LineReader::fail(const char* code, const std::string& why) {
  if (!fault_) fault_ = Error{code, path_ + ": " + why};
}

bool LineReader::read_packed() {
  const ssize_t got = read_some(fd_, packed_.data(), packed_.size());
  if (got < 0) fail("DATA_FILE_UNREADABLE", std::string("reading failed: ") + std::strerror(errno));
  packed_begin_ = 0;
  packed_end_ = got > 0 ? static_cast<std::size_t>(got) : 0;
  eof_ = got <= 0;
  return got > 0;
}

bool LineReader::inflate_some() {
  const std::size_t had = text_.size();
  text_.resize(had + text_size);
  z_.next_out = reinterpret_cast<Bytef*>(text_.data() + had);
  z_.avail_out = text_size;
  while (z_.avail_out == text_size) {  // until there is any text
    if (packed_begin_ == packed_end_ && !read_packed()) {
      // The end of the file is good behind a finished member alone: its checksum was compared.
      if (member_open_) fail("DATA_FILE_TRUNCATED", "the gzip data end in the middle: fetch or make the file again");
      break;
    }
    if (!member_open_) {
      inflateReset(&z_);
      member_open_ = true;
    }
    z_.next_in = packed_.data() + packed_begin_;
    z_.avail_in = static_cast<uInt>(packed_end_ - packed_begin_);
    const int rc = inflate(&z_, Z_NO_FLUSH);
    packed_begin_ = packed_end_ - z_.avail_in;
    if (head_.done == 1 && head_.comment != nullptr) {
      const auto end = std::find(head_comment_.begin(), head_comment_.end(), static_cast<unsigned char>(0));
      if (end != head_comment_.end()) comment_.assign(head_comment_.begin(), end);
      head_.comment = nullptr;
      head_comment_ = {};
    }
    if (rc == Z_STREAM_END) {
      member_open_ = false;
    } else if (rc != Z_OK && rc != Z_BUF_ERROR) {
      fail("DATA_FILE_CORRUPT", std::string("the gzip data are damaged: ") + (z_.msg != nullptr ? z_.msg : "unknown fault"));
      break;
    }
  }
  const bool any = z_.avail_out < text_size;
  text_.resize(had + text_size - z_.avail_out);
  return any;
}

bool LineReader::fill() {
  if (fault_ || at_end_) return false;
  text_.erase(0, at_);
  at_ = 0;
  if (gzip_) return inflate_some();
  if (packed_begin_ == packed_end_ && !read_packed()) return false;
  text_.append(reinterpret_cast<const char*>(packed_.data()) + packed_begin_, packed_end_ - packed_begin_);
  packed_begin_ = packed_end_;
  return true;
}

Result<std::optional<std::string_view>> LineReader::next() {
  for (;;) {
    const auto end = text_.find('\n', at_);
    const std::size_t length = (end == text_.npos ? text_.size() : end) - at_;
    if (length > max_line) {
      fail("DATA_LINE_TOO_LONG", "line " + std::to_string(line_ + 1) + " is longer than " + std::to_string(max_line) + " bytes");
      text_.resize(at_);
      return *fault_;
    }
    if (end != text_.npos) {
      const std::string_view line(text_.data() + at_, length);
      at_ = end + 1;
      ++line_;
      return std::optional(line);
    }
    if (fill()) continue;
    if (fault_) return *fault_;
    at_end_ = true;
    if (at_ == text_.size()) return std::optional<std::string_view>();
    no_final_newline_ = true;
    text_ += '\n';
  }
}

}  // namespace bowline::data
