// Any bytes as a plugin file, and as the JSON of its note: nothing of it is run, every offset is checked.
#include <cstddef>
#include <cstdint>

#include "fuzz/must.hpp"
#include "loader/inspect.hpp"
#include "loader/note.hpp"

using namespace bowline::loader;
using bowline::fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto header = read_header(std::span(reinterpret_cast<const std::byte*>(data), size), "fuzz.so");
  if (!header)
    must(header.error().code.starts_with("PLUGIN_") && header.error().message.find("fuzz.so") != std::string::npos,
         "a refusal has a code and names the file", "");
  const auto manifest = parse_manifest(input, "fuzz.so");
  if (!manifest) {
    must(manifest.error().code.starts_with("PLUGIN_"), "a refused note has a code", input);
    return 0;
  }
  must(manifest->abi == 1, "only a note of this major is taken", input);
  must(!manifest->plugins.empty(), "a note that is taken offers a plugin", input);
  for (const ManifestPlugin& p : manifest->plugins) {
    must(!p.id.empty() && !p.version.empty(), "a plugin has id and version", input);
    must(manifest->find(p.id) == &p, "ids are unique", input);
  }
  return 0;
}
