#include "store/ballast.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "core/contract.hpp"

namespace bowline::store {
namespace {

constexpr std::size_t piece = 1024 * 1024;

bool no_room(int why) noexcept { return why == ENOSPC || why == EDQUOT; }

int truncate(int fd, std::uint64_t bytes) noexcept {
  int done = 0;
  do done = ::ftruncate(fd, static_cast<off_t>(bytes));
  while (done != 0 && errno == EINTR);
  return done;
}

/// Its name outlives a power cut.
int sync_folder(const std::filesystem::path& file) noexcept {
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
  const int dir = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dir < 0) return errno;
  const int why = ::fsync(dir) == 0 ? 0 : errno;
  ::close(dir);
  return why;
}

/// The same each time, and nothing that a file system could store smaller than it is.
std::vector<unsigned char> filling() {
  std::vector<unsigned char> bytes(piece);
  std::uint64_t x = 0x9e3779b97f4a7c15u;
  for (std::size_t i = 0; i + sizeof x <= bytes.size(); i += sizeof x) {
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    std::memcpy(&bytes[i], &x, sizeof x);
  }
  return bytes;
}

}  // namespace

Ballast::Ballast(std::filesystem::path file, std::uint64_t bytes) : file_(std::move(file)), bytes_(bytes) { BOWLINE_EXPECTS(bytes > 0); }
Ballast::~Ballast() { close_file(); }

void Ballast::close_file() noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Error Ballast::fault(int why, const char* what) const {
  return no_room(why) ? Error{"BALLAST_NO_ROOM", "the disk has no room for the ballast " + file_.string() + " of " + std::to_string(bytes_) + " bytes"}
                      : Error{"BALLAST_FILE", "the ballast " + file_.string() + " can't be " + what + ": " + std::strerror(why)};
}

Result<void> Ballast::fill() {
  if (whole()) return {};
  if (fd_ < 0) fd_ = ::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (fd_ < 0) return fault(errno, "opened");
  struct stat about {};
  if (::fstat(fd_, &about) != 0) return fault(errno, "looked at");
  if (!S_ISREG(about.st_mode)) {
    close_file();
    return fault(EISDIR, "used");
  }
  const auto had = static_cast<std::uint64_t>(about.st_size);
  const bool real = static_cast<std::uint64_t>(about.st_blocks) * 512 >= std::min(had, bytes_);
  left_ = real ? std::min(had, bytes_) : 0;
  if (had > bytes_ && truncate(fd_, bytes_) != 0) return fault(errno, "shortened");
  if (whole()) return {};
  if (auto done = write_all(); !done) {
    // What could not be kept whole must not fill the disk by itself.
    static_cast<void>(truncate(fd_, left_));
    static_cast<void>(::fsync(fd_));
    return done;
  }
  left_ = bytes_;
  return {};
}

Result<void> Ballast::write_all() {
  int why = 0;
  do why = ::posix_fallocate(fd_, 0, static_cast<off_t>(bytes_));
  while (why == EINTR);
  // Where blocks can't be had that way they come with the writes.
  if (why != 0 && why != EINVAL && why != EOPNOTSUPP) return fault(why, "written");
  const std::vector<unsigned char> bytes = filling();
  for (std::uint64_t at = 0; at < bytes_;) {
    const ssize_t n = ::pwrite(fd_, bytes.data(), static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), bytes_ - at)), static_cast<off_t>(at));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return fault(n < 0 ? errno : ENOSPC, "written");
    at += static_cast<std::uint64_t>(n);
  }
  if (::fsync(fd_) != 0) return fault(errno, "synced");
  why = sync_folder(file_);
  return why == 0 ? Result<void>{} : Result<void>(fault(why, "synced"));
}

bool Ballast::give() {
  if (fd_ < 0 || left_ == 0) return false;
  const std::uint64_t part = std::max(bytes_ / parts, least_part), rest = left_ > part ? left_ - part : 0;
  if (truncate(fd_, rest) == 0) {
    left_ = rest;
    // Until then a file system may keep the blocks for itself. They are free all the same where it fails.
    static_cast<void>(::fsync(fd_));
    return true;
  }
  // Some need room to make a file shorter, and none to be rid of it.
  if (::unlink(file_.c_str()) != 0) return false;
  close_file();
  left_ = 0;
  static_cast<void>(sync_folder(file_));
  return true;
}

}  // namespace bowline::store
