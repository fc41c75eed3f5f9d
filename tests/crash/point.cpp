#include "point.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

namespace crash {
namespace {

constexpr int calls[] = {
    SYS_write,   SYS_pwrite64, SYS_writev,  SYS_pwritev,  SYS_pwritev2, SYS_copy_file_range, SYS_sendfile, SYS_fallocate, SYS_fsync,
    SYS_fdatasync, SYS_ftruncate, SYS_renameat, SYS_renameat2, SYS_unlinkat, SYS_sendto, SYS_sendmsg, SYS_sendmmsg,
    SYS_recvfrom, SYS_recvmsg, SYS_recvmmsg, SYS_read, SYS_readv,
#ifdef SYS_rename
    SYS_rename, SYS_unlink,
#endif
};

std::string link_of(const std::string& link) {
  char text[PATH_MAX];
  const ssize_t n = ::readlink(link.c_str(), text, sizeof text);
  return n > 0 ? std::string(text, static_cast<std::size_t>(n)) : std::string();
}

std::string proc(pid_t thread, const char* what) { return "/proc/" + std::to_string(thread) + "/" + what; }

std::string path_of(pid_t thread, std::uint64_t fd) {
  return link_of(proc(thread, "fd/") + std::to_string(static_cast<int>(fd)));
}

/// A text of the process; a path is at most PATH_MAX long, and may end right before a page that is not there.
std::string text_at(pid_t thread, std::uint64_t address) {
  std::string all;
  while (all.size() < PATH_MAX) {
    char piece[256];
    const std::size_t want = sizeof piece - address % sizeof piece;
    const iovec here{piece, want}, there{reinterpret_cast<void*>(address), want};
    const ssize_t n = ::process_vm_readv(thread, &here, 1, &there, 1, 0);
    if (n <= 0) break;
    const void* end = std::memchr(piece, 0, static_cast<std::size_t>(n));
    if (end != nullptr) return all.append(piece, static_cast<std::size_t>(static_cast<const char*>(end) - piece));
    all.append(piece, static_cast<std::size_t>(n));
    address += static_cast<std::uint64_t>(n);
  }
  return all;
}

std::string named_at(pid_t thread, std::uint64_t folder, std::uint64_t address) {
  std::string path = text_at(thread, address);
  if (path.empty() || path.front() == '/') return path;
  const int fd = static_cast<int>(folder);
  return (fd == AT_FDCWD ? link_of(proc(thread, "cwd")) : path_of(thread, folder)) + "/" + path;
}

/// Where a write without an offset goes.
std::int64_t position(pid_t thread, std::uint64_t fd, const std::string& path) {
  std::ifstream in(proc(thread, "fdinfo/") + std::to_string(static_cast<int>(fd)));
  std::string word;
  std::int64_t at = 0;
  unsigned flags = 0;
  if (!(in >> word >> at >> word >> std::oct >> flags)) return 0;
  struct stat s {};
  return (flags & O_APPEND) != 0 && ::stat(path.c_str(), &s) == 0 ? s.st_size : at;
}

/// Without what is drawn or hashed: the copy's temporary name, and the folder named by the plugin's checksum.
std::string name_below(const std::string& root, const std::string& path) {
  std::string name = path.substr(root.size() + 1);
  if (const auto copy = name.find(".copy-"); copy != std::string::npos) name.resize(copy + 5);
  std::string kept;
  for (std::size_t at = 0; at <= name.size();) {
    const std::size_t end = std::min(name.find('/', at), name.size());
    const std::string part = name.substr(at, end - at);
    bool hash = part.size() == 64;
    for (const char c : part) hash = hash && std::isxdigit(static_cast<unsigned char>(c)) != 0;
    if (!hash) kept += (kept.empty() ? "" : "/") + part;
    at = end + 1;
  }
  return kept;
}

std::uint64_t sum_of(pid_t thread, std::uint64_t vectors, std::uint64_t n) {
  iovec all[64];
  const std::size_t bytes = std::min<std::size_t>(n, 64) * sizeof(iovec);
  const iovec here{all, bytes}, there{reinterpret_cast<void*>(vectors), bytes};
  std::uint64_t sum = 0;
  if (::process_vm_readv(thread, &here, 1, &there, 1, 0) == static_cast<ssize_t>(bytes))
    for (std::size_t i = 0; i < bytes / sizeof(iovec); ++i) sum += all[i].iov_len;
  return sum;
}

}  // namespace

const char* word_of(Kind kind) noexcept {
  constexpr const char* words[] = {"write", "sync", "truncate", "rename", "unlink", "send", "receive"};
  return words[static_cast<std::size_t>(kind)];
}

std::pair<const int*, std::size_t> watched_calls() noexcept { return {calls, std::size(calls)}; }

std::optional<Call> call_of(pid_t thread, std::uint64_t number, const std::array<std::uint64_t, 6>& a, const std::string& root) {
  Call c;
  bool only_sockets = false;
  switch (number) {
    case SYS_write: c.at = -2, c.bytes = a[2], c.from = a[1]; break;
    case SYS_pwrite64: c.at = static_cast<std::int64_t>(a[3]), c.bytes = a[2], c.from = a[1]; break;
    case SYS_writev: c.at = -2, c.bytes = sum_of(thread, a[1], a[2]); break;
    case SYS_pwritev:
    case SYS_pwritev2: c.at = static_cast<std::int64_t>(a[3]), c.bytes = sum_of(thread, a[1], a[2]); break;
    case SYS_copy_file_range: c.path = path_of(thread, a[2]), c.at = -2, c.bytes = a[4]; break;
    case SYS_sendfile: c.at = -2, c.bytes = a[3]; break;
    case SYS_fallocate: c.at = static_cast<std::int64_t>(a[2]), c.bytes = a[3]; break;  // a write of nothing, which takes the room
    case SYS_fsync:
    case SYS_fdatasync: c.kind = Kind::sync; break;
    case SYS_ftruncate: c.kind = Kind::truncate, c.bytes = a[1]; break;
    case SYS_renameat:
    case SYS_renameat2: c.kind = Kind::rename, c.other = named_at(thread, a[0], a[1]), c.path = named_at(thread, a[2], a[3]); break;
    case SYS_unlinkat: c.kind = Kind::unlink, c.path = named_at(thread, a[0], a[1]); break;
#ifdef SYS_rename
    case SYS_rename:
      c.kind = Kind::rename, c.other = named_at(thread, static_cast<std::uint64_t>(AT_FDCWD), a[0]);
      c.path = named_at(thread, static_cast<std::uint64_t>(AT_FDCWD), a[1]);
      break;
    case SYS_unlink: c.kind = Kind::unlink, c.path = named_at(thread, static_cast<std::uint64_t>(AT_FDCWD), a[0]); break;
#endif
    case SYS_sendto: c.kind = Kind::send, c.bytes = a[2], only_sockets = true; break;
    case SYS_sendmsg:
    case SYS_sendmmsg: c.kind = Kind::send, only_sockets = true; break;
    case SYS_recvfrom:
    case SYS_read: c.kind = Kind::receive, c.bytes = a[2], only_sockets = true; break;
    case SYS_recvmsg:
    case SYS_recvmmsg:
    case SYS_readv: c.kind = Kind::receive, only_sockets = true; break;
    default: return std::nullopt;
  }
  if (c.path.empty()) c.path = path_of(thread, a[0]);
  if (c.path.starts_with("socket:")) {
    if (c.kind == Kind::write) c.kind = Kind::send;
    c.name = "socket";
    return c;
  }
  if (only_sockets || !c.path.starts_with(root + "/")) return std::nullopt;
  if (c.at == -2) c.at = position(thread, number == SYS_copy_file_range ? a[2] : a[0], c.path);
  c.name = name_below(root, c.path);
  return c;
}

std::optional<Point> Point::parse(const std::string& text) {
  const auto first = text.find(':'), last = text.rfind(':');
  if (first == std::string::npos || last <= first + 1) return std::nullopt;
  Point p{text.substr(0, first), text.substr(first + 1, last - first - 1), std::strtoull(text.c_str() + last + 1, nullptr, 10)};
  if (p.ordinal == 0) return std::nullopt;
  return p;
}

}  // namespace crash
