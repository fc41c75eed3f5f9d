// A plugin's params: YAML held against the plugin's JSON Schema, units understood, defaults filled in.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "config/yaml_tree.hpp"

namespace bowline::config {

struct ParamPaths {
  std::filesystem::path beside;  ///< relative paths of files that are read lie beside the configuration file
  std::filesystem::path state;   ///< relative paths of files that the run writes lie below its state folder
};

/// Canonical JSON (keys sorted), or nothing when problems were added. `node` may be undefined: no params were given.
/// `path` is the way to it, for messages. The schema's own words beyond what is known here are a problem too: what is
/// not enforced must not look as if it were.
std::optional<std::string> read_params(Tree& tree, const YAML::Node& node, const YAML::Node& owner, const std::string& path,
                                       const std::string& schema, const ParamPaths& paths);

}  // namespace bowline::config
