#include "store/file_steps.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

namespace bowline::store {
namespace {

namespace fs = std::filesystem;

Error failed(const fs::path& file, const char* what) {
  return {"JOURNAL_WRITE", file.string() + " could not be " + what + ": " + std::strerror(errno)};
}

Result<void> sync(const fs::path& path, int flags) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags);
  if (fd < 0) return failed(path, "opened");
  const bool synced = ::fsync(fd) == 0;
  const Error why = synced ? Error{} : failed(path, "made durable");
  ::close(fd);
  return synced ? Result<void>{} : Result<void>(why);
}

}  // namespace

Result<void> sync_file(const fs::path& file) { return sync(file, 0); }
Result<void> sync_folder_of(const fs::path& file) {
  const fs::path folder = file.parent_path();
  return sync(folder.empty() ? fs::path(".") : folder, O_DIRECTORY);
}

Result<void> rename_to_new(const fs::path& file, const fs::path& name) {
  const Error taken{"JOURNAL_EXISTS", name.string() + " is there already: nothing is overwritten"};
  if (::renameat2(AT_FDCWD, file.c_str(), AT_FDCWD, name.c_str(), RENAME_NOREPLACE) == 0) return {};
  if (errno == EEXIST) return taken;
  if (errno != EINVAL && errno != ENOSYS) return failed(name, "given its name");
  // A file system that can't do it in one.
  std::error_code ec;
  if (fs::exists(fs::symlink_status(name, ec))) return taken;
  return ::rename(file.c_str(), name.c_str()) == 0 ? Result<void>{} : Result<void>(failed(name, "given its name"));
}

fs::path free_name(const fs::path& file, std::string_view mark) {
  std::error_code ec;
  for (int n = 1;; ++n) {
    const std::string name = file.string() + std::string(mark) + std::to_string(n);
    bool taken = fs::exists(fs::symlink_status(name, ec));
    for (const std::string_view log : sqlite_logs) taken = taken || fs::exists(fs::symlink_status(name + std::string(log), ec));
    if (!taken) return name;
  }
}

}  // namespace bowline::store
