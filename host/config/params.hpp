// A plugin's params: YAML held against the plugin's JSON Schema, units understood, defaults filled in.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/yaml_tree.hpp"

namespace bowline::config {

struct ParamPaths {
  std::filesystem::path beside;  ///< relative paths of files that are read lie beside the configuration file
  std::filesystem::path state;   ///< relative paths of files that the run writes lie below its state folder
};

/// What of the host's own keys a plugin may speak of too. A property with `"x-bowline-host": "interval"` (or another key
/// of these) is the same thing said twice: left out it takes the host's value, and another value is a problem. A text that the
/// host does not say is the plugin's alone; an object is told by the host alone.
struct HostKeys {
  std::int64_t interval_ns = 0;      ///< "interval", an integer
  std::int64_t resolve_bars = 0;     ///< "signals.resolve_bars", an integer
  std::string portfolio_uuid{};      ///< "execution.portfolio_uuid", a text
  std::map<std::string, std::string> data_symbols{};  ///< "instruments.data_symbol", an object of texts: by symbol, of those that have another
};

struct Params {
  std::string json;                                  ///< canonical: keys sorted
  std::vector<std::filesystem::path> state_files{};  ///< paths in it of files that the run writes
  std::vector<std::filesystem::path> read_files{};   ///< paths in it of what has to be there
  /// Texts of the properties that the schema marks with `"x-bowline-key"`: "file", a reference of a venue's key file, and "name", the
  /// key's name or a reference of it. No secret itself.
  std::string key_file{}, key_name{};
};

/// The params, or nothing when problems were added. `node` may be undefined: no params were given.
/// `path` is the way to it, for messages. The schema's own words beyond what is known here are a problem too: what is
/// not enforced must not look as if it were.
std::optional<Params> read_params(Tree& tree, const YAML::Node& node, const YAML::Node& owner, const std::string& path,
                                  const std::string& schema, const ParamPaths& paths, const HostKeys& host);

}  // namespace bowline::config
