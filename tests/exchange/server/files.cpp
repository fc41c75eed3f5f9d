#include "exchange/server/files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace bowline::exchange {
namespace {

struct Descriptor {
  int fd;
  explicit Descriptor(int n) : fd(n) {}
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
};

Error unwritable(const std::string& path) { return {"FILE_UNWRITABLE", path + ": " + std::strerror(errno)}; }

}  // namespace

Result<std::string> read_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.fd < 0) return Error{errno == ENOENT ? "FILE_ABSENT" : "FILE_UNREADABLE", path + ": " + std::strerror(errno)};
  std::string all;
  char space[65536];
  for (;;) {
    const auto n = ::read(file.fd, space, sizeof space);
    if (n == 0) return all;
    if (n < 0) return Error{"FILE_UNREADABLE", path + ": " + std::strerror(errno)};
    all.append(space, static_cast<std::size_t>(n));
  }
}

Result<void> write_file(const std::string& path, std::string_view text, unsigned mode) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code ec;
  if (!folder.empty()) std::filesystem::create_directories(folder, ec);
  const std::string fresh = path + ".new";
  {
    const Descriptor file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
    if (file.fd < 0) return unwritable(fresh);
    while (!text.empty()) {
      const auto n = ::write(file.fd, text.data(), text.size());
      if (n < 0) {
        const Error e = unwritable(fresh);
        ::unlink(fresh.c_str());
        return e;
      }
      text.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0) return unwritable(path);
  return {};
}

}  // namespace bowline::exchange
