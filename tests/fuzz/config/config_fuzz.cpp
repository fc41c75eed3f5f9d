// Any text as a run's configuration: it is taken whole, or what is wrong is said with its place. Nothing is thrown, and no
// value of a secret or of the environment is in what is said.
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>

#include "config/load.hpp"
#include "fuzz/must.hpp"

using namespace bowline;
using fuzz::must;

namespace {

constexpr const char* hidden = "kept-from-everyone-7c1f";

struct Scratch {
  std::filesystem::path file = std::filesystem::temp_directory_path() / ("bowline-fuzz-config-" + std::to_string(::getpid()) + ".yaml");
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove(file, ignored);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Scratch scratch;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  std::FILE* out = std::fopen(scratch.file.c_str(), "wb");
  must(out != nullptr && std::fwrite(data, 1, size, out) == size && std::fclose(out) == 0, "the scratch file can be written", "");
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
