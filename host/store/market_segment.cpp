#include "store/market_segment.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

namespace bowline::store {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view prefix = "market-", suffix = ".bin.gz";
constexpr int gzip = 15 + 16, level = 6;
constexpr std::size_t piece = 64 * 1024;

}  // namespace

fs::path segment_file(const fs::path& folder, std::uint64_t number) {
  char name[64];
  std::snprintf(name, sizeof name, "market-%08llu.bin.gz", static_cast<unsigned long long>(number));
  return folder / name;
}

std::vector<SegmentName> segments_in(const fs::path& folder) {
  std::vector<SegmentName> all;
  std::error_code ec;
  for (fs::directory_iterator it(folder, ec), end; !ec && it != end; it.increment(ec)) {
    const std::string name = it->path().filename().string();
    if (name.size() <= prefix.size() + suffix.size() || !name.starts_with(prefix) || !name.ends_with(suffix)) continue;
    const char *from = name.data() + prefix.size(), *to = name.data() + name.size() - suffix.size();
    std::uint64_t number = 0;
    if (const auto [at, bad] = std::from_chars(from, to, number); bad == std::errc() && at == to && number != 0) all.push_back({number, it->path()});
  }
  std::sort(all.begin(), all.end(), [](const SegmentName& a, const SegmentName& b) { return a.number < b.number; });
  return all;
}

// ---- writing

struct SegmentWriter::Deflate {
  z_stream stream{};
  bool ready = false, broken = false;
  Deflate() { ready = ::deflateInit2(&stream, level, Z_DEFLATED, gzip, 8, Z_DEFAULT_STRATEGY) == Z_OK; }
  ~Deflate() {
    if (ready) ::deflateEnd(&stream);
  }
  Deflate(const Deflate&) = delete;
  Deflate& operator=(const Deflate&) = delete;
};

SegmentWriter::SegmentWriter(fs::path file, int fd) : file_(std::move(file)), fd_(fd), deflate_(std::make_unique<Deflate>()) {}
SegmentWriter::SegmentWriter(SegmentWriter&& o) noexcept
    : file_(std::move(o.file_)), fd_(std::exchange(o.fd_, -1)), bytes_(o.bytes_), deflate_(std::move(o.deflate_)) {}
SegmentWriter& SegmentWriter::operator=(SegmentWriter&& o) noexcept {
  std::swap(file_, o.file_);
  std::swap(fd_, o.fd_);
  std::swap(bytes_, o.bytes_);
  std::swap(deflate_, o.deflate_);
  return *this;
}
SegmentWriter::~SegmentWriter() {
  if (fd_ >= 0) ::close(fd_);
}

Error SegmentWriter::fault(const char* what) const {
  return {"MARKET_LOG_WRITE", "recorded market " + file_.string() + ": " + what + ": " + std::strerror(errno)};
}

Result<SegmentWriter> SegmentWriter::create(const fs::path& file, const MarketHeader& header) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
  SegmentWriter made(file, fd);
  if (fd < 0) return made.fault("can't be made");
  if (auto done = made.write(text_of(header)); !done) {
    ::unlink(file.c_str());
    return done.error();
  }
  return made;
}

Result<void> SegmentWriter::pass(std::string_view bytes, int flush) {
  errno = ENOMEM;
  if (!deflate_->ready || deflate_->broken) return fault("can't be written");
  z_stream& z = deflate_->stream;
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // zlib only reads it
  z.avail_in = static_cast<uInt>(bytes.size());
  std::array<Bytef, piece> out;
  do {
    z.next_out = out.data();
    z.avail_out = static_cast<uInt>(out.size());
    ::deflate(&z, flush);
    for (const Bytef *at = out.data(), *end = z.next_out; at != end;) {
      const ssize_t n = ::write(fd_, at, static_cast<std::size_t>(end - at));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) {
        deflate_->broken = true;  // what is behind it could not be read
        return fault("can't be written");
      }
      at += n;
      bytes_ += static_cast<std::uint64_t>(n);
    }
  } while (z.avail_out == 0);
  return {};
}

Result<void> SegmentWriter::write(std::string_view frame) { return pass(frame, Z_SYNC_FLUSH); }

Result<void> SegmentWriter::finish() {
  if (auto done = pass({}, Z_FINISH); !done) return done;
  if (::fdatasync(fd_) != 0) return fault("can't be synced");
  return {};
}

// ---- reading

struct SegmentReader::Inflate {
  z_stream stream{};
  bool ready = false, ended = false, broken = false;
  bool full = false;  ///< what it gave last had no more room: there may be more of it
  std::array<char, piece> raw;
  Inflate() { ready = ::inflateInit2(&stream, gzip) == Z_OK; }
  ~Inflate() {
    if (ready) ::inflateEnd(&stream);
  }
  Inflate(const Inflate&) = delete;
  Inflate& operator=(const Inflate&) = delete;
};

SegmentReader::SegmentReader(std::string name, std::unique_ptr<std::istream> in)
    : name_(std::move(name)), in_(std::move(in)), inflate_(std::make_unique<Inflate>()) {}
SegmentReader::SegmentReader(SegmentReader&&) noexcept = default;
SegmentReader& SegmentReader::operator=(SegmentReader&&) noexcept = default;
SegmentReader::~SegmentReader() = default;

Error SegmentReader::named(Error why) const { return {why.code, "recorded market " + name_ + ": " + why.message}; }

Result<SegmentReader> SegmentReader::open(const fs::path& file) {
  auto in = std::make_unique<std::ifstream>(file, std::ios::binary);
  if (!*in) return Error{"MARKET_LOG_OPEN", "recorded market " + file.string() + " can't be opened: " + std::strerror(errno)};
  return begun(SegmentReader(file.string(), std::move(in)));
}

Result<SegmentReader> SegmentReader::of(std::string bytes) {
  return begun(SegmentReader("in memory", std::make_unique<std::istringstream>(std::move(bytes))));
}

Result<SegmentReader> SegmentReader::begun(SegmentReader r) {
  for (;;) {
    const auto size = header_size(r.bytes_);
    if (!size) return r.named(size.error());
    if (*size && **size <= r.bytes_.size()) {
      auto header = read_header(std::string_view(r.bytes_).substr(0, **size));
      if (!header) return r.named(header.error());
      r.header_ = std::move(*header);
      r.at_ = **size;
      r.frames_ = std::make_unique<FrameReader>(r.header_.instruments.size(), r.header_.feeds.size());
      return r;
    }
    const auto more = r.more();
    if (!more) return more.error();
    if (!*more) return r.named({"MARKET_LOG_FORMAT", "its header is not there"});
  }
}

// A file that a writer goes on with, or left behind, ends anywhere: that is no fault. Other bytes than gzip's are one.
Result<bool> SegmentReader::more() {
  z_stream& z = inflate_->stream;
  if (!inflate_->ready) return named({"MARKET_LOG_OPEN", "there is no memory to read it"});
  if (inflate_->broken) return named({"MARKET_LOG_FORMAT", "its bytes are not what was written"});
  if (inflate_->ended) return false;
  if (z.avail_in == 0 && !inflate_->full) {
    in_->read(inflate_->raw.data(), static_cast<std::streamsize>(inflate_->raw.size()));
    z.next_in = reinterpret_cast<Bytef*>(inflate_->raw.data());
    z.avail_in = static_cast<uInt>(in_->gcount());
    if (in_->bad()) return named({"MARKET_LOG_OPEN", "it can't be read on"});
    if (z.avail_in == 0) return false;
  }
  bytes_.erase(0, std::exchange(at_, 0));
  const std::size_t had = bytes_.size();
  bytes_.resize(had + piece);
  z.next_out = reinterpret_cast<Bytef*>(bytes_.data() + had);
  z.avail_out = static_cast<uInt>(piece);
  const int said = ::inflate(&z, Z_SYNC_FLUSH);
  bytes_.resize(had + piece - z.avail_out);
  inflate_->full = z.avail_out == 0;
  inflate_->ended = said == Z_STREAM_END;
  inflate_->broken = said != Z_OK && said != Z_STREAM_END && said != Z_BUF_ERROR;  // what it gave in front of that is good
  return true;
}

Result<bool> SegmentReader::next(MarketFrame& frame) {
  for (;;) {
    const auto taken = frames_->read(std::string_view(bytes_).substr(at_), frame);
    if (!taken) return named(taken.error());
    if (*taken) {
      at_ += **taken;
      return true;
    }
    const auto more = this->more();
    if (!more) return more.error();
    if (!*more) return false;
  }
}

}  // namespace bowline::store
