#include "loader/private_copy.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>

#include "loader/refusals.hpp"
#include "loader/sha256.hpp"

namespace bowline::loader {
namespace {

namespace fs = std::filesystem;

class Copier {
 public:
  Copier(const fs::path& file, std::span<const std::byte> bytes, const std::string& sha256)
      : file_(file), bytes_(bytes), sha256_(sha256) {}

  Result<PrivateCopy> into(const fs::path& var) {
    std::error_code ec;
    const fs::path root = fs::absolute(var, ec) / "plugins";
    const fs::path folder = root / sha256_;
    if (fs::create_directories(root, ec); ec) return failed("make " + root.string(), ec.value());
    if (auto made = make_private(folder); !made) return std::move(made).error();
    const fs::path target = folder / file_.filename();
    if (UniqueFd fd = whole(target)) return PrivateCopy{target, std::move(fd)};
    return write(folder, target);
  }

 private:
  Error failed(const std::string& what, int number) const {
    return refuse("PLUGIN_COPY_FAILED", file_.string(),
                  "its verified copy needs a state folder to write to, and bowline could not " + what + " (" +
                      std::strerror(number) + ")",
                  "give the state folder space and write permission");
  }

  Result<void> make_private(const fs::path& folder) const {
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
      return failed("make " + folder.string(), errno);
    struct stat info {};
    if (::lstat(folder.c_str(), &info) != 0) return failed("look at " + folder.string(), errno);
    if (!S_ISDIR(info.st_mode) || info.st_uid != ::geteuid()) return failed("own " + folder.string(), EPERM);
    if ((info.st_mode & 077) != 0 && ::chmod(folder.c_str(), 0700) != 0)
      return failed("close " + folder.string(), errno);
    return {};
  }

  // The copy at `target` if it is a private file of ours with exactly these bytes.
  UniqueFd whole(const fs::path& target) const {
    UniqueFd fd(::open(target.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    struct stat info {};
    if (!fd || ::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode) || info.st_uid != ::geteuid() ||
        (info.st_mode & 07777) != 0500 || static_cast<std::uint64_t>(info.st_size) != bytes_.size())
      return {};
    const FileBytes copy = read_all(fd.get(), bytes_.size());
    if (!copy.data || sha256_hex(copy.view()) != sha256_) return {};
    return fd;
  }

  Result<PrivateCopy> write(const fs::path& folder, const fs::path& target) const {
    std::string name = (folder / ".copy-XXXXXX").string();
    UniqueFd out(::mkostemp(name.data(), O_CLOEXEC));
    if (!out) return failed("create a file in " + folder.string(), errno);
    struct Scrap {
      const std::string& name;
      ~Scrap() { ::unlink(name.c_str()); }  // gone already when the rename succeeded
    } scrap{name};
    std::span<const std::byte> left = bytes_;
    while (!left.empty()) {
      const ssize_t put = ::write(out.get(), left.data(), left.size());
      if (put < 0 && errno == EINTR) continue;
      if (put <= 0) return failed("write " + name, put < 0 ? errno : ENOSPC);
      left = left.subspan(static_cast<std::size_t>(put));
    }
    if (::fchmod(out.get(), 0500) != 0 || ::fsync(out.get()) != 0) return failed("write " + name, errno);
    if (auto placed = place(folder, name, target); !placed) return std::move(placed).error();
    if (UniqueFd fd = whole(target)) return PrivateCopy{target, std::move(fd)};
    return failed("read back what it wrote to " + target.string(), EIO);
  }

  // Several bowline processes may share a state folder. The first copy wins and later ones use it, so that no
  // process sees the file change between its check and its load; only a copy that is not whole is replaced.
  Result<void> place(const fs::path& folder, const std::string& from, const fs::path& target) const {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, target.c_str(), RENAME_NOREPLACE) != 0) {
      const int number = errno;
      if (number == EEXIST && whole(target)) return {};
      if ((number != EEXIST && number != EINVAL) || ::rename(from.c_str(), target.c_str()) != 0)
        return failed("name " + target.string(), errno);
    }
    UniqueFd dir(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!dir || ::fsync(dir.get()) != 0) return failed("sync " + folder.string(), errno);
    return {};
  }

  const fs::path& file_;
  std::span<const std::byte> bytes_;
  const std::string& sha256_;
};

}  // namespace

Result<PrivateCopy> private_copy(const fs::path& var, const fs::path& file, std::span<const std::byte> bytes,
                                 const std::string& sha256) {
  return Copier(file, bytes, sha256).into(var);
}

}  // namespace bowline::loader
