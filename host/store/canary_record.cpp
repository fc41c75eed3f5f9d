#include "store/canary_record.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>

namespace bowline::store {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t most_kept = 32;
constexpr std::int64_t largest = std::int64_t{1} << 20;

/// Closed when it goes.
class File {
 public:
  explicit File(int fd) noexcept : fd_(fd) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int get() const noexcept { return fd_; }
  bool there() const noexcept { return fd_ >= 0; }

 private:
  int fd_;
};

Error unreadable(const std::filesystem::path& file, const std::string& why) {
  return {"CANARY_UNREADABLE", "the record of passed canaries " + file.string() + " can't be believed: " + why + "; run bowline doctor --canary again"};
}

bool text(const ordered_json& o, const char* key) { return o.contains(key) && o.at(key).is_string(); }

/// The passes of the file, oldest first; none where there is no file.
Result<ordered_json> read(const std::filesystem::path& file) {
  const File in(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!in.there()) {
    if (errno == ENOENT || errno == ENOTDIR) return ordered_json::array();
    return unreadable(file, std::strerror(errno));
  }
  struct ::stat is {};
  if (::fstat(in.get(), &is) != 0 || !S_ISREG(is.st_mode)) return unreadable(file, "it is no file");
  if (is.st_size > largest) return unreadable(file, "it is larger than any that was written");
  std::string all(static_cast<std::size_t>(is.st_size), '\0');
  for (std::size_t has = 0; has < all.size();) {
    const ssize_t n = ::read(in.get(), all.data() + has, all.size() - has);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return unreadable(file, "it ends early");
    has += static_cast<std::size_t>(n);
  }
  const auto json = ordered_json::parse(all, nullptr, false);
  if (!json.is_object() || !json.contains("passed") || !json.at("passed").is_array()) return unreadable(file, "it is no list of canaries");
  for (const ordered_json& p : json.at("passed"))
    if (!p.is_object() || !text(p, "version") || !text(p, "key_sha256") || !text(p, "time"))
      return unreadable(file, "one of its entries has no version, no key or no time");
  return json.at("passed");
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace

Result<void> canary_passed(const std::filesystem::path& var, std::string_view version, std::string_view key_sha256) {
  const std::filesystem::path file = var / canary_file;
  const auto list = read(file);
  if (!list) return list.error();
  const Error missing{"CANARY_MISSING", "no canary has passed in " + var.string() + " with version " + std::string(version) + " and this key"};
  if (key_sha256.empty() || version.empty()) return missing;
  for (const ordered_json& p : *list)
    if (p.at("version") == version && p.at("key_sha256") == key_sha256) return {};
  if (list->empty()) return missing;
  const ordered_json& last = list->back();
  return Error{missing.code, missing.message + ": the newest one is of " + last.at("time").get<std::string>() + ", version " + last.at("version").get<std::string>() +
                                 (last.at("key_sha256") == key_sha256 ? "" : ", and another key")};
}

Result<void> note_canary(const std::filesystem::path& var, const CanaryPass& pass) {
  const std::filesystem::path file = var / canary_file;
  auto known = read(file);
  ordered_json list = known ? std::move(*known) : ordered_json::array();
  ordered_json kept = ordered_json::array();
  for (const ordered_json& p : list)
    if (p.at("version") != pass.version || p.at("key_sha256") != pass.key_sha256) kept.push_back(p);
  while (kept.size() >= most_kept) kept.erase(kept.begin());
  kept.push_back({{"version", pass.version},
                  {"abi", pass.abi},
                  {"plugin", pass.plugin},
                  {"plugin_sha256", pass.plugin_sha256},
                  {"key_sha256", pass.key_sha256},
                  {"account", pass.account},
                  {"portfolio", pass.portfolio},
                  {"symbol", pass.symbol},
                  {"run", pass.run},
                  {"time", core::format_time(pass.time)}});
  const std::string words = ordered_json{{"passed", kept}}.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
  const auto failed = [&](const char* what) { return Error{"CANARY_WRITE", file.string() + " could not be " + what + ": " + std::strerror(errno)}; };
  const std::string fresh = file.string() + ".new";
  {
    const File out(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!out.there()) return failed("made");
    if (!write_all(out.get(), words) || ::fsync(out.get()) != 0) {
      const Error why = failed("written");
      ::unlink(fresh.c_str());
      return why;
    }
  }
  if (::rename(fresh.c_str(), file.c_str()) != 0) return failed("put in its place");
  const File folder(::open(var.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.there() || ::fsync(folder.get()) != 0) return failed("made durable");
  return {};
}

}  // namespace bowline::store
