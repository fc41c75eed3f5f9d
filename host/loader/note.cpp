#include "loader/note.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "loader/elf_image.hpp"
#include "loader/refusals.hpp"

namespace bowline::loader {
namespace {

using Json = nlohmann::json;

constexpr std::size_t max_json = 64u << 10;
constexpr std::size_t max_plugins = 64;
constexpr std::size_t max_text = 128;

constexpr auto kinds = std::to_array<std::pair<Kind, std::string_view>>({{Kind::Feed, "feed"},
                                                                         {Kind::Signal, "signal"},
                                                                         {Kind::Risk, "risk"},
                                                                         {Kind::Broker, "broker"},
                                                                         {Kind::Rebalancer, "rebalancer"}});

// Ids, versions and library names end in messages, file names and metrics labels: plain characters only.
bool plain(std::string_view text) {
  return !text.empty() && text.size() <= max_text && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-' || c == '+';
  });
}

struct NoteReader {
  const Json& json;
  std::string_view file;

  Error invalid(const std::string& what) const {
    return refuse("PLUGIN_NOTE_INVALID", file, "its Bowline note " + what,
                  "rebuild it with bowline_add_plugin()");
  }

  Result<std::uint32_t> number(const char* key) const {
    const auto at = json.find(key);
    if (at == json.end() || !at->is_number_unsigned() || at->get<std::uint64_t>() > 0xffff)
      return invalid(std::string("has no usable \"") + key + "\" (a whole number is needed)");
    return static_cast<std::uint32_t>(at->get<std::uint64_t>());
  }

  Result<std::string> text(const Json& object, const char* key) const {
    const auto at = object.find(key);
    if (at == object.end() || !at->is_string() || !plain(at->get_ref<const std::string&>()))
      return invalid(std::string("has a plugin without a usable \"") + key + "\"");
    return at->get<std::string>();
  }

  Result<ManifestPlugin> plugin(const Json& object) const {
    if (!object.is_object()) return invalid("lists a plugin that is not an object");
    auto id = text(object, "id");
    if (!id) return std::move(id).error();
    auto kind_name = text(object, "kind");
    if (!kind_name) return std::move(kind_name).error();
    auto version = text(object, "version");
    if (!version) return std::move(version).error();
    const auto kind = kind_from(*kind_name);
    if (!kind)
      return invalid("gives " + *id + " the kind \"" + *kind_name + "\", which this host does not know");
    return ManifestPlugin{*std::move(id), *kind, *std::move(version)};
  }
};

}  // namespace

std::string_view to_string(Kind kind) noexcept {
  const auto at = std::ranges::find(kinds, kind, &std::pair<Kind, std::string_view>::first);
  return at == kinds.end() ? "unknown" : at->second;
}

std::optional<Kind> kind_from(std::string_view text) noexcept {
  const auto at = std::ranges::find(kinds, text, &std::pair<Kind, std::string_view>::second);
  return at == kinds.end() ? std::nullopt : std::optional(at->first);
}

std::string_view to_string(VenueClass venue) noexcept {
  return venue == VenueClass::Simulated ? "simulated" : "real";
}

const ManifestPlugin* Manifest::find(std::string_view id) const noexcept {
  const auto at = std::ranges::find(plugins, id, &ManifestPlugin::id);
  return at == plugins.end() ? nullptr : &*at;
}

Result<Manifest> parse_manifest(std::string_view text, std::string_view file) {
  const Json none;
  const NoteReader nowhere{none, file};
  if (text.size() > max_json) return nowhere.invalid("is larger than 64 KiB");
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return nowhere.invalid("is not a JSON object");
  const NoteReader reader{json, file};

  Manifest manifest;
  auto abi = reader.number("abi");  // first: another major may mean everything else by other names
  if (!abi) return std::move(abi).error();
  manifest.abi = *abi;
  if (manifest.abi != BL_ABI_MAJOR)
    return refuse("PLUGIN_ABI_MAJOR", file,
                  "needs host ABI major " + std::to_string(manifest.abi) + ", this host has major " +
                      std::to_string(BL_ABI_MAJOR),
                  "rebuild it with an SDK of major " + std::to_string(BL_ABI_MAJOR));
  auto minor = reader.number("min_host_minor");
  if (!minor) return std::move(minor).error();
  manifest.min_host_minor = *minor;
  if (manifest.min_host_minor > BL_ABI_MINOR)
    return refuse(
        "PLUGIN_HOST_TOO_OLD", file,
        "needs host ABI 1." + std::to_string(manifest.min_host_minor) + " or newer, this host has 1." +
            std::to_string(BL_ABI_MINOR),
        "update bowline, or rebuild the plugin with min_host_minor " + std::to_string(BL_ABI_MINOR));

  const auto plugins = json.find("plugins");
  if (plugins == json.end() || !plugins->is_array() || plugins->empty() || plugins->size() > max_plugins)
    return reader.invalid("must list between 1 and 64 plugins");
  for (const Json& entry : *plugins) {
    auto plugin = reader.plugin(entry);
    if (!plugin) return std::move(plugin).error();
    if (manifest.find(plugin->id) != nullptr)
      return refuse("PLUGIN_DUPLICATE_ID", file,
                    "its note lists " + plugin->id + " twice, and an id needs to be unique",
                    "give one of the two another id");
    manifest.plugins.push_back(*std::move(plugin));
  }

  if (const auto venue = json.find("venue_class"); venue != json.end()) {
    if (!venue->is_string()) return reader.invalid("has a \"venue_class\" that is not a text");
    // Any word but this one counts as real: a mistake then keeps a mock run from trading, never the other way
    // round.
    if (venue->get_ref<const std::string&>() == "simulated") manifest.venue_class = VenueClass::Simulated;
  }
  if (const auto needed = json.find("needed"); needed != json.end()) {
    if (!needed->is_array() || needed->size() > max_plugins)
      return reader.invalid("has a \"needed\" that is not a short list");
    for (const Json& name : *needed) {
      if (!name.is_string() || !plain(name.get_ref<const std::string&>()))
        return reader.invalid("lists a needed library that is not a plain file name");
      manifest.needed.push_back(name.get<std::string>());
    }
  }
  return manifest;
}

namespace {

Result<PluginHeader> read_from(const ByteSource& source, std::string_view file) {
  auto elf = read_elf(source, file);
  if (!elf) return std::move(elf).error();
  if (elf->notes.empty())
    return refuse("PLUGIN_NO_NOTE", file, "carries no Bowline note, and this host runs no file without one",
                  "build it with bowline_add_plugin(), or put BL_MANIFEST into one source file");
  if (elf->notes.size() > 1)
    return refuse("PLUGIN_NOTE_INVALID", file,
                  "carries " + std::to_string(elf->notes.size()) + " Bowline notes, one is needed",
                  "keep BL_MANIFEST in one source file only");
  std::string_view text = elf->notes.front();
  while (!text.empty() && text.back() == '\0')
    text.remove_suffix(1);  // BL_MANIFEST counts the C string's end
  auto manifest = parse_manifest(text, file);
  if (!manifest) return std::move(manifest).error();
  return PluginHeader{*std::move(manifest), std::move(elf->needed), std::move(elf->entries),
                      elf->entries_known};
}

}  // namespace

Result<PluginHeader> read_header(std::span<const std::byte> image, std::string_view file) {
  return read_from(ByteSource(image), file);
}

Result<PluginHeader> read_header(int fd, std::string_view file) {
  struct stat info {};
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
    return refuse("PLUGIN_UNREADABLE", file, std::string("cannot be read: ") + std::strerror(errno),
                  "name a readable shared library");
  return read_from(ByteSource(fd, static_cast<std::uint64_t>(info.st_size)), file);
}

}  // namespace bowline::loader
