#include "unsynced.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace crash {
namespace {

/// Of a file that need not be there any more.
class File {
  int fd_;

 public:
  File(const std::string& path, int how) : fd_(::open(path.c_str(), how | O_CLOEXEC)) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  explicit operator bool() const noexcept { return fd_ >= 0; }
  std::int64_t length() const {
    struct stat s {};
    return ::fstat(fd_, &s) == 0 ? s.st_size : 0;
  }
  std::string bytes(std::int64_t at, std::size_t n) const {
    std::string all(n, '\0');
    const ssize_t got = ::pread(fd_, all.data(), n, at);
    all.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return all;
  }
  void put(std::int64_t at, const std::string& bytes) const {
    if (::pwrite(fd_, bytes.data(), bytes.size(), at) != static_cast<ssize_t>(bytes.size())) fail("write");
  }
  void cut(std::int64_t length) const {
    if (::ftruncate(fd_, length) != 0) fail("ftruncate");
  }

 private:
  /// A disk state that is only half as it should be would be judged as the host's doing.
  [[noreturn]] static void fail(const char* what) {
    std::perror(what);
    std::_Exit(70);
  }
};

std::string memory_of(pid_t thread, std::uint64_t address, std::size_t n) {
  std::string all(n, '\0');
  const iovec here{all.data(), n}, there{reinterpret_cast<void*>(address), n};
  if (::process_vm_readv(thread, &here, 1, &there, 1, 0) != static_cast<ssize_t>(n)) {
    std::perror("process_vm_readv");
    std::_Exit(70);
  }
  return all;
}

}  // namespace

void Unsynced::about_to(pid_t thread, const Call& call) {
  const File file(call.path, O_RDONLY);
  if (!file) return;
  Change c{next_++, call.path, call.at, {}, {}, file.length(), -1};
  if (call.kind == Kind::truncate) {
    c.at = std::min(static_cast<std::int64_t>(call.bytes), c.length_before);
    c.before = file.bytes(c.at, static_cast<std::size_t>(c.length_before - c.at));
    c.length_after = static_cast<std::int64_t>(call.bytes);
  } else {
    c.before = file.bytes(c.at, call.bytes);
    // Written from several places at once: lost as a whole by a cut, and never the half that stayed.
    if (call.from != 0) c.after = memory_of(thread, call.from, call.bytes);
  }
  changes_.push_back(std::move(c));
}

void Unsynced::synced(const std::string& path, std::uint64_t mark) {
  std::erase_if(changes_, [&](const Change& c) { return c.path == path && c.number < mark; });
}

void Unsynced::renamed(const std::string& from, const std::string& to) {
  removed(to);
  for (Change& c : changes_)
    if (c.path == from) c.path = to;
}

void Unsynced::removed(const std::string& path) {
  std::erase_if(changes_, [&](const Change& c) { return c.path == path; });
}

std::size_t Unsynced::cut(bool torn) {
  std::size_t lost = 0;
  for (auto c = changes_.rbegin(); c != changes_.rend(); ++c) {
    const File file(c->path, O_WRONLY);
    if (!file) continue;
    if (!c->before.empty()) file.put(c->at, c->before);
    file.cut(c->length_before);
    ++lost;
  }
  // Back again, in order, what the disk had taken of its own accord.
  for (std::size_t i = 0; torn && i < changes_.size(); ++i) {
    const Change& c = changes_[i];
    const File file(c.path, O_WRONLY);
    if (!file || i % 2 == 0 || (c.length_after < 0 && c.after.empty())) continue;
    if (c.length_after >= 0) file.cut(c.length_after);
    else file.put(c.at, c.after);
    --lost;
  }
  return lost;
}

}  // namespace crash
