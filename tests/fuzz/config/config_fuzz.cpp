// Any text as a run's configuration: it is taken whole, or what is wrong is said with its place. Nothing is thrown, and no
// value of a secret or of the environment is in what is said.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "config/load.hpp"
#include "fuzz/must.hpp"

using namespace bowline;
using fuzz::must;

namespace {

constexpr const char* hidden = "kept-from-everyone-7c1f";

/// A file in memory: the disk would take most of the time.
struct Scratch {
  int fd = ::memfd_create("config.yaml", MFD_CLOEXEC);
  std::filesystem::path file = "/proc/self/fd/" + std::to_string(fd);
  ~Scratch() { ::close(fd); }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Scratch scratch;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  must(::ftruncate(scratch.fd, 0) == 0 && ::pwrite(scratch.fd, data, size, 0) == static_cast<ssize_t>(size),
       "the scratch file can be written", "");
  config::LoadOptions options;
  options.env = [](std::string_view) { return std::optional<std::string>(hidden); };
  options.state = scratch.file.parent_path();
  const config::Loaded loaded = config::load(scratch.file, options);
  for (const config::Problem& p : loaded.problems) {
    must(!p.code.empty() && !p.message.empty(), "a problem has a code and a text", input);
    must(p.line >= 0 && p.column >= 0, "a problem has a place", input);
  }
  if (!loaded.problems.empty()) return 0;
  must(!loaded.config.instruments.empty() && !loaded.config.plugins.path.empty(), "a configuration that is taken is complete", input);
  must(loaded.config.interval_ns > 0, "a bar has a length", input);
  return 0;
}
