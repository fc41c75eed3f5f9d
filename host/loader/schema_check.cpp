#include <array>
#include <nlohmann/json.hpp>
#include <string>

#include "loader/plugin_file.hpp"
#include "loader/refusals.hpp"

namespace bowline::loader {
namespace {

using Json = nlohmann::json;

constexpr std::size_t max_schema = 1u << 20;
constexpr int max_depth = 32;
// A schema that uses these could be open in ways that the host does not look for, or demand what it does not
// enforce.
constexpr auto beyond_us =
    std::to_array<const char*>({"$ref", "$dynamicRef", "anyOf", "oneOf", "allOf", "not", "if",
                                "patternProperties", "unevaluatedProperties"});

struct SchemaChecker {
  std::string_view file;
  std::string_view id;

  Error invalid(const std::string& where, const std::string& what) const {
    return refuse("PLUGIN_SCHEMA_INVALID", file,
                  "the params schema of " + std::string(id) + " " + what + where,
                  "correct config_schema and rebuild");
  }
  static std::string at(const std::string& path) { return path.empty() ? " at its root" : " at " + path; }

  Result<void> check(const Json& node, const std::string& path, int depth) const {
    if (depth > max_depth) return invalid(at(path), "is nested more than 32 deep");
    if (!node.is_object()) return invalid(at(path), "has something else than an object");
    for (const char* word : beyond_us)
      if (node.contains(word))
        return invalid(at(path), std::string("uses \"") + word + "\", which this host does not support,");
    const auto type = node.find("type");
    const bool is_object = (type != node.end() && *type == "object") || node.contains("properties");
    if (depth == 0 && !is_object) return invalid(at(path), "needs to be of type object");
    const auto rest = node.find("additionalProperties");
    if (is_object) {
      const bool closed = rest != node.end() && (*rest == false || (depth > 0 && rest->is_object()));
      if (!closed)
        return refuse("PLUGIN_SCHEMA_OPEN", file,
                      "the params schema of " + std::string(id) + " accepts unknown keys" + at(path) +
                          ", so a misspelt key would be ignored",
                      "add \"additionalProperties\": false there and rebuild");
      if (rest->is_object())
        if (auto inner = check(*rest, path + "/additionalProperties", depth + 1); !inner) return inner;
    }
    if (const auto items = node.find("items"); items != node.end())
      if (auto inner = check(*items, path + "/items", depth + 1); !inner) return inner;
    const auto properties = node.find("properties");
    if (properties == node.end()) return {};
    if (!properties->is_object()) return invalid(at(path), "has properties that are not an object");
    for (const auto& [name, property] : properties->items())
      if (auto inner = check(property, path + "/" + name, depth + 1); !inner) return inner;
    return {};
  }
};

}  // namespace

Result<void> check_schema(std::string_view json, std::string_view file, std::string_view plugin_id) {
  const SchemaChecker checker{file, plugin_id};
  if (json.size() > max_schema) return checker.invalid("", "is larger than 1 MiB");
  const Json schema = Json::parse(json, nullptr, false);
  if (schema.is_discarded()) return checker.invalid("", "is not JSON");
  return checker.check(schema, "", 0);
}

}  // namespace bowline::loader
