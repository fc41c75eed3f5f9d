#include "store/lock_holder.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>

namespace bowline::store {

std::optional<LockHolder> lock_holder(const std::filesystem::path& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;  // from the first byte to behind the last: whatever is locked of it
  const bool asked = ::fcntl(fd, F_GETLK, &lock) == 0;
  ::close(fd);
  if (!asked || lock.l_type == F_UNLCK) return std::nullopt;
  LockHolder holder;
  if (lock.l_pid <= 0) return holder;
  holder.pid = lock.l_pid;
  const std::string about = "/proc/" + std::to_string(holder.pid);
  std::ifstream(about + "/comm") >> holder.name;
  std::string stat;
  std::getline(std::ifstream(about + "/stat"), stat);
  // The state stands behind the name in brackets, which may hold anything.
  if (const std::size_t end = stat.rfind(')'); end != std::string::npos && end + 2 < stat.size())
    holder.stopped = stat[end + 2] == 'T' || stat[end + 2] == 't';
  return holder;
}

}  // namespace bowline::store
