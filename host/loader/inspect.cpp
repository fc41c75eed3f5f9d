#include "loader/inspect.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "loader/file_bytes.hpp"
#include "loader/refusals.hpp"
#include "loader/sha256.hpp"

namespace bowline::loader {

using Json = nlohmann::json;

Result<Description> inspect(const std::filesystem::path& path) {
  const std::string file = path.string();
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd && errno == ENOENT)
    return refuse("PLUGIN_MISSING", file, "there is no file " + file, "correct the path");
  struct stat info {};
  if (!fd || ::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode))
    return refuse("PLUGIN_UNREADABLE", file, "cannot be read as a regular file",
                  "name a readable shared library");
  const FileBytes bytes = read_all(fd.get(), static_cast<std::size_t>(info.st_size));
  if (!bytes.data)
    return refuse("PLUGIN_UNREADABLE", file, "could not be read to its end",
                  "check the disk, or copy the file again");
  auto header = read_header(bytes.view(), file);
  if (!header) return std::move(header).error();

  const Manifest& manifest = header->manifest;
  const std::string sha256 = sha256_hex(bytes.view());
  Json json{{"file", file},
            {"size", bytes.size},
            {"sha256", sha256},
            {"abi", manifest.abi},
            {"min_host_minor", manifest.min_host_minor},
            {"venue_class", to_string(manifest.venue_class)},
            {"libraries", header->needed},
            {"needed", manifest.needed},
            {"entries", header->entries},
            {"plugins", Json::array()}};
  std::string text = "file          " + file + "\nsha256        " + sha256 + "\nsize          " +
                     std::to_string(bytes.size) + " bytes\nneeds         host ABI " +
                     std::to_string(manifest.abi) + "." + std::to_string(manifest.min_host_minor) +
                     " or newer (this host has " + std::to_string(BL_ABI_MAJOR) + "." +
                     std::to_string(BL_ABI_MINOR) + ")\n";
  bool broker = false;
  for (const ManifestPlugin& plugin : manifest.plugins) {
    json["plugins"].push_back(
        {{"id", plugin.id}, {"kind", to_string(plugin.kind)}, {"version", plugin.version}});
    text += "plugin        " + plugin.id + " " + plugin.version + " (" + std::string(to_string(plugin.kind)) +
            ")\n";
    broker = broker || plugin.kind == Kind::Broker;
  }
  if (broker) text += "venue         " + std::string(to_string(manifest.venue_class)) + "\n";
  for (const std::string& library : header->needed) text += "library       " + library + "\n";
  return Description{std::move(text), json.dump(2) + "\n"};
}

Description describe(const Catalogue& catalogue) {
  Json json{{"plugins", Json::array()}, {"problems", Json::array()}};
  std::string text;
  for (const Offer& offer : catalogue.offers()) {
    const std::string_view kind = to_string(offer.plugin.kind);
    Json entry{{"id", offer.plugin.id},
               {"kind", kind},
               {"version", offer.plugin.version},
               {"file", offer.file.string()}};
    if (offer.plugin.kind == Kind::Broker) entry["venue_class"] = to_string(offer.venue_class);
    json["plugins"].push_back(std::move(entry));
    std::string line = offer.plugin.id;
    line.resize(std::max<std::size_t>(line.size(), 32), ' ');
    line.append(" ").append(kind);
    line.resize(std::max<std::size_t>(line.size(), 44), ' ');
    text += line + " " + offer.plugin.version + "  " + offer.file.string() +
            (offer.plugin.kind == Kind::Broker ? " (" + std::string(to_string(offer.venue_class)) + " venue)"
                                               : "") +
            "\n";
  }
  if (catalogue.offers().empty()) text += "no plugins found\n";
  for (const Error& problem : catalogue.problems()) {
    json["problems"].push_back({{"code", problem.code}, {"message", problem.message}});
    text += problem.code + ": " + problem.message + "\n";
  }
  return {std::move(text), json.dump(2) + "\n"};
}

Result<std::string> module_schema(const std::filesystem::path& file, std::string_view id,
                                  const TrustPolicy& policy) {
  auto module = load_plugin_file(file, policy);
  if (!module) return std::move(module).error();
  auto schema = (*module)->schema(id);
  if (!schema) return std::move(schema).error();
  return nlohmann::ordered_json::parse(*schema).dump(2) + "\n";  // valid: checked at load
}

}  // namespace bowline::loader
