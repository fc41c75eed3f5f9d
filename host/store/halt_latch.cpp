#include "store/halt_latch.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

namespace bowline::store {
namespace {

/// A file descriptor that closes itself; -1 = none.
class Fd {
  int fd_;

 public:
  explicit Fd(int fd) noexcept : fd_(fd) {}
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  int operator*() const noexcept { return fd_; }
  bool ok() const noexcept { return fd_ >= 0; }
};

Error failed(const std::string& what) { return {"LATCH_WRITE", what + ": " + std::strerror(errno)}; }

bool sync_folder(const std::string& folder) {
  const Fd dir(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return dir.ok() && ::fsync(*dir) == 0;
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace

bool HaltLatch::set() const noexcept {
  if (::access(file_.c_str(), F_OK) == 0) return true;
  return errno != ENOENT;
}

Halt HaltLatch::read() const {
  Halt halt;
  const Fd fd(::open(file_.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text(4096, '\0');
  const ssize_t n = fd.ok() ? ::read(*fd, text.data(), text.size()) : -1;
  if (n <= 0) return halt;
  text.resize(static_cast<std::size_t>(n));
  const auto words = nlohmann::json::parse(text, nullptr, false);
  if (!words.is_object()) return halt;
  const auto word = [&words](const char* key) {
    const auto it = words.find(key);
    return it != words.end() && it->is_string() ? it->get<std::string>() : std::string();
  };
  halt.id = word("id");
  halt.who = word("who");
  halt.why = word("why");
  const auto bound = [&word](const char* key) {
    const auto amount = Decimal::try_parse(word(key));
    return amount && amount->is_positive() ? *amount : Decimal::not_set();
  };
  halt.max_slice = bound("max_slice");
  halt.end = bound("max_slippage");
  // Without an id nobody could tell a liquidation that was done from one that is wanted.
  if (word("order") == "liquidate" && !halt.id.empty()) halt.order = HaltOrder::liquidate;
  return halt;
}

Result<void> HaltLatch::engage(const Halt& halt) const {
  struct stat about {};
  if (::stat(folder_.c_str(), &about) != 0 || !S_ISDIR(about.st_mode))
    return Error{"LATCH_FOLDER", folder_ + " is not a folder: name the run's state folder"};
  const bool was_set = set();
  const bool stands = was_set && halt.order == HaltOrder::stop && read().order == HaltOrder::liquidate;
  bool worded = stands;
  if (!stands) {
    nlohmann::ordered_json words{{"order", halt.order == HaltOrder::stop ? "stop" : "liquidate"}};
    if (!halt.id.empty()) words["id"] = halt.id;
    if (halt.max_slice.is_set()) words["max_slice"] = halt.max_slice.to_string();
    if (halt.end.is_set()) words["max_slippage"] = halt.end.to_string();
    words["who"] = halt.who;
    words["why"] = halt.why.substr(0, 1000);
    const std::string text = words.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    const std::string fresh = file_ + ".new";
    // A host that looks must find the words with it, and a disk that takes its time must not hold up a stop: synced is later.
    // Not so where one is set: a power cut may not turn what it orders into an empty file.
    {
      const Fd fd(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
      worded = fd.ok() && write_all(*fd, text) && (!was_set || ::fsync(*fd) == 0);
    }
    worded = worded && ::rename(fresh.c_str(), file_.c_str()) == 0;
    if (!worded) static_cast<void>(::unlink(fresh.c_str()));
  }
  bool synced = false;
  {
    const Fd fd(::open(file_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    if (!fd.ok()) return failed("the latch " + file_ + " cannot be set");
    synced = ::fsync(*fd) == 0;
  }
  const bool durable = sync_folder(folder_);
  // A stop needs no words: the file is enough.
  if (durable && (halt.order == HaltOrder::stop || (worded && synced))) return {};
  return failed("the latch " + file_ + " is set, but what it orders could not be written");
}

Result<void> HaltLatch::clear() const {
  if (::unlink(file_.c_str()) != 0 && errno != ENOENT) return failed("the latch " + file_ + " cannot be taken off");
  if (!sync_folder(folder_)) return failed("the latch " + file_ + " is taken off, but may be back after a power cut");
  return {};
}

}  // namespace bowline::store
