#include "byte_source.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace bowline::feed_replay {
namespace {
constexpr std::size_t packed_size = 64 * 1024;
constexpr std::size_t tail = 16;  // room for an added newline and the NUL bytes behind it

/// read(2) that goes on after a signal. -1 with errno on failure.
ssize_t read_some(int fd, char* to, std::size_t n) {
  for (;;) {
    const ssize_t got = ::read(fd, to, n);
    if (got >= 0 || errno != EINTR) return got;
  }
}
}  // namespace

std::string short_path(const std::string& path) {
  constexpr std::size_t keep = 96;
  if (path.size() <= keep) return path;
  std::size_t cut = path.size() - keep;
  while (cut < path.size() && (static_cast<unsigned char>(path[cut]) & 0xC0) == 0x80) ++cut;
  return "..." + path.substr(cut);
}

Result<std::unique_ptr<ByteSource>> ByteSource::open(const std::string& path) {
  std::unique_ptr<ByteSource> s(new ByteSource(path));
  s->fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (s->fd_ < 0)
    return Error{"FEED_FILE_UNREADABLE", short_path(path) + ": cannot open it: " + std::strerror(errno)};
  s->text_ = std::make_unique<char[]>(window + tail);
  s->packed_ = std::make_unique<char[]>(packed_size);
  const ssize_t got = read_some(s->fd_, s->packed_.get(), packed_size);
  if (got < 0)
    return Error{"FEED_FILE_UNREADABLE", short_path(path) + ": cannot read it: " + std::strerror(errno)};
  if (got == 0)
    return Error{"FEED_FILE_EMPTY",
                 short_path(path) + ": the file holds no byte; a candle file was expected"};
  s->packed_end_ = static_cast<std::size_t>(got);
  const auto* b = reinterpret_cast<const unsigned char*>(s->packed_.get());
  s->gzip_ = got >= 2 && b[0] == 0x1f && b[1] == 0x8b;
  s->p = s->end = s->text_.get();
  if (s->gzip_) {
    if (inflateInit2(&s->z_, 15 + 16) != Z_OK)
      return Error{"FEED_FILE_UNREADABLE", short_path(path) + ": no memory for zlib"};
    s->zlib_ready_ = s->member_open_ = true;
  }
  return s;
}

ByteSource::~ByteSource() {
  if (zlib_ready_) inflateEnd(&z_);
  if (fd_ >= 0) ::close(fd_);
}

void ByteSource::fail(const char* code, const std::string& why) {
  failed_ = true;
  error_ = Error{code, short_path(path_) + ": " + why};
}

bool ByteSource::refill() {
  if (failed_) return end != p && std::memchr(p, '\n', static_cast<std::size_t>(end - p)) != nullptr;
  auto* base = text_.get();
  const auto left = static_cast<std::size_t>(end - p);
  std::memmove(base, p, left);
  std::size_t have = left;
  while (have < window && !failed_) {
    const std::size_t got =
        gzip_ ? read_gzip(base + have, window - have) : read_plain(base + have, window - have);
    if (got == 0) break;
    have += got;
  }
  const bool at_end = have < window && !failed_;
  p = base;
  end = base + have;
  if (at_end) finish();
  std::memset(const_cast<char*>(end), 0, 8);
  if (!failed_) return true;
  return end != p && std::memchr(p, '\n', static_cast<std::size_t>(end - p)) != nullptr;
}

void ByteSource::finish() {
  at_end_ = true;
  if (end == p || end[-1] == '\n') return;
  no_final_newline_ = true;
  *const_cast<char*>(end) = '\n';
  ++end;
}

std::size_t ByteSource::read_plain(char* to, std::size_t room) {
  if (packed_begin_ < packed_end_) {  // what open() looked at
    const std::size_t n = std::min(room, packed_end_ - packed_begin_);
    std::memcpy(to, packed_.get() + packed_begin_, n);
    packed_begin_ += n;
    return n;
  }
  const ssize_t got = read_some(fd_, to, room);
  if (got < 0) fail("FEED_FILE_UNREADABLE", std::string("reading failed: ") + std::strerror(errno));
  return got > 0 ? static_cast<std::size_t>(got) : 0;
}

bool ByteSource::read_compressed() {
  const ssize_t got = read_some(fd_, packed_.get(), packed_size);
  if (got < 0) {
    fail("FEED_FILE_UNREADABLE", std::string("reading failed: ") + std::strerror(errno));
    return false;
  }
  packed_begin_ = 0;
  packed_end_ = static_cast<std::size_t>(got);
  return got > 0;
}

std::size_t ByteSource::read_gzip(char* to, std::size_t room) {
  z_.next_out = reinterpret_cast<Bytef*>(to);
  z_.avail_out = static_cast<uInt>(room);
  while (z_.avail_out > 0) {
    if (packed_begin_ == packed_end_ && !read_compressed()) {
      // The end of the file is good only behind a finished member (its checksum was compared).
      if (!failed_ && member_open_)
        fail("FEED_FILE_TRUNCATED", "the gzip data ends in the middle; fetch the file again");
      break;
    }
    z_.next_in = reinterpret_cast<Bytef*>(packed_.get() + packed_begin_);
    z_.avail_in = static_cast<uInt>(packed_end_ - packed_begin_);
    if (!member_open_) {  // another member behind the last one: gzip files may be joined
      inflateReset(&z_);
      member_open_ = true;
    }
    const int rc = inflate(&z_, Z_NO_FLUSH);
    packed_begin_ = packed_end_ - z_.avail_in;
    if (rc == Z_STREAM_END) {
      member_open_ = false;
    } else if (rc != Z_OK && rc != Z_BUF_ERROR) {
      fail("FEED_FILE_CORRUPT",
           std::string("the gzip data is damaged: ") + (z_.msg ? z_.msg : "unknown fault"));
      break;
    }
  }
  return room - z_.avail_out;
}

}  // namespace bowline::feed_replay
