#include "data/whole_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>

namespace bowline::data {

void sync_folder(const std::filesystem::path& folder) noexcept {
  const int fd = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::close(fd);
}

Error WholeFile::unwritable(const char* what) const {
  return {"DATA_FILE_UNWRITABLE", path_.string() + ": " + what + ": " + std::strerror(errno) + "; what was there is as it was"};
}

Result<std::unique_ptr<WholeFile>> WholeFile::open(const std::filesystem::path& path, Replace replace, const std::string& comment) {
  std::unique_ptr<WholeFile> f(new WholeFile(path, replace));
  std::error_code ec;
  if (replace == Replace::no && std::filesystem::exists(path, ec))
    return Error{"DATA_FILE_EXISTS", path.string() + ": it is there already: --force replaces it"};
  const auto folder = path.parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder, ec);
  f->fresh_ = folder / ("." + path.filename().string() + ".new");
  f->fd_ = ::open(f->fresh_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (f->fd_ < 0) return f->unwritable("cannot write beside it");
  if (::flock(f->fd_, LOCK_EX | LOCK_NB) != 0) return Error{"DATA_FILE_BUSY", path.string() + ": another bowline is writing it"};
  // The one that held it may have put it in place meanwhile: then this descriptor is the finished file.
  struct stat by_fd {}, by_name {};
  if (::fstat(f->fd_, &by_fd) != 0 || ::stat(f->fresh_.c_str(), &by_name) != 0 || by_fd.st_ino != by_name.st_ino || by_fd.st_dev != by_name.st_dev)
    return Error{"DATA_FILE_BUSY", path.string() + ": another bowline was writing it just now: try again"};
  f->mine_ = true;
  if (::ftruncate(f->fd_, 0) != 0) return f->unwritable("cannot write beside it");
  if (path.extension() != ".gz") return f;
  f->gzip_ = true;
  f->comment_ = comment;
  if (deflateInit2(&f->z_, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    return Error{"DATA_FILE_UNWRITABLE", path.string() + ": no memory for zlib"};
  f->zlib_ready_ = true;
  f->head_.os = 255;  // unknown: the same bytes everywhere
  f->head_.comment = f->comment_.empty() ? nullptr : reinterpret_cast<Bytef*>(f->comment_.data());
  deflateSetHeader(&f->z_, &f->head_);
  return f;
}

WholeFile::~WholeFile() {
  if (zlib_ready_) deflateEnd(&z_);
  if (mine_) ::unlink(fresh_.c_str());
  if (fd_ >= 0) ::close(fd_);
}

Result<void> WholeFile::put(const void* bytes, std::size_t n) {
  const auto* p = static_cast<const char*>(bytes);
  while (n > 0) {
    const ssize_t done = ::write(fd_, p, n);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) {
      broken_ = true;
      return unwritable("cannot write");
    }
    p += done;
    n -= static_cast<std::size_t>(done);
  }
  return {};
}

Result<void> WholeFile::pack(std::string_view text, int flush) {
  std::array<Bytef, 64 * 1024> out;
  z_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z_.avail_in = static_cast<uInt>(text.size());
  do {
    z_.next_out = out.data();
    z_.avail_out = out.size();
    deflate(&z_, flush);
    if (auto done = put(out.data(), out.size() - z_.avail_out); !done) return done;
  } while (z_.avail_out == 0);
  return {};
}

Result<void> WholeFile::write(std::string_view text) {
  if (broken_) return Error{"DATA_FILE_UNWRITABLE", path_.string() + ": an earlier write failed"};
  constexpr std::size_t piece = 1 << 20;
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
    const std::string_view now = text.substr(0, piece);
    if (auto done = gzip_ ? pack(now, Z_NO_FLUSH) : put(now.data(), now.size()); !done) return done;
  }
  return {};
}

Result<void> WholeFile::commit() {
  if (broken_) return Error{"DATA_FILE_UNWRITABLE", path_.string() + ": an earlier write failed"};
  if (gzip_)
    if (auto done = pack({}, Z_FINISH); !done) return done;
  if (::fsync(fd_) != 0) return unwritable("cannot bring it to the disk");
  if (replace_ == Replace::yes) {
    if (::rename(fresh_.c_str(), path_.c_str()) != 0) return unwritable("cannot put it in its place");
  } else {
    // link() puts it there only where nothing is; a file system without links has renames alone.
    if (::link(fresh_.c_str(), path_.c_str()) == 0) {
      ::unlink(fresh_.c_str());
    } else if (errno == EEXIST) {
      return Error{"DATA_FILE_EXISTS", path_.string() + ": it came there meanwhile: --force replaces it"};
    } else if (::rename(fresh_.c_str(), path_.c_str()) != 0) {
      return unwritable("cannot put it in its place");
    }
  }
  mine_ = false;
  sync_folder(path_.parent_path());
  return {};
}

}  // namespace bowline::data
