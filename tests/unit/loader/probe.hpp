// Helpers of the loader's tests: a host that records what a plugin asked of it, a temporary folder, files
// that are ready to be loaded, and a child process with its exit code and its words.
#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "loader/instance.hpp"

namespace probe {

namespace fs = std::filesystem;
using namespace bowline;
using namespace bowline::loader;

class Host : public InstanceHost {
 public:
  bool everything = true;
  std::int64_t now = 1234;
  std::vector<std::string> selected, logs;
  std::vector<Error> failures;
  int wakes = 0;

  bool offers(Service) const noexcept override { return everything; }
  std::int64_t now_ns() noexcept override { return now; }
  void wake() noexcept override { ++wakes; }
  void log(std::uint32_t level, std::string_view text) noexcept override {
    logs.push_back(std::to_string(level) + " " + std::string(text));
  }
  void failed(const Error& why) noexcept override { failures.push_back(why); }
  bl_status select_features(std::span<const std::string_view> names, Error& why) noexcept override {
    if (refuse_features) {
      why = Error{"FEATURE_UNKNOWN", "there is no feature ema_12", {}};
      return BL_E_NOT_FOUND;
    }
    selected.assign(names.begin(), names.end());
    return BL_OK;
  }
  bool refuse_features = false;
};

class TempDir {
 public:
  TempDir() {
    std::string name = (fs::temp_directory_path() / "bowline-loader-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~TempDir() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const fs::path& path() const { return path_; }
  fs::path operator/(const char* name) const { return path_ / name; }

 private:
  fs::path path_;
};

inline std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline void write_file(const fs::path& path, std::string_view bytes, fs::perms mode = fs::perms(0644)) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  fs::permissions(path, mode);
}

// A fixture copied to `to`, with permissions that do not depend on the umask the tests were built under.
inline fs::path stage(const std::string& fixture, const fs::path& to, const std::string& name = {}) {
  const fs::path target = to / (name.empty() ? fixture + ".so" : name);
  write_file(target, read_file(fs::path(LOADER_FIXTURES) / (fixture + ".so")), fs::perms(0644));
  return target;
}

inline InstanceSpec spec(std::string params = "{}", std::string plugin = "test.puppet") {
  return InstanceSpec{3, "mom_btc", std::move(plugin), std::move(params)};
}

struct Ended {
  int code = -1;     // exit code, or -signal
  std::string said;  // stdout and stderr
};

inline Ended run(std::vector<std::string> args) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) std::abort();
  std::vector<char*>
      argv;  // made before the fork: between fork and exec a process with threads may not allocate
  for (std::string& arg : args) argv.push_back(arg.data());
  argv.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::dup2(ends[1], STDERR_FILENO);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  ::close(ends[1]);
  Ended ended;
  char buffer[4096];
  for (ssize_t n = 0; (n = ::read(ends[0], buffer, sizeof buffer)) > 0;)
    ended.said.append(buffer, static_cast<std::size_t>(n));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  ended.code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  return ended;
}

}  // namespace probe
