#include "config/yaml_tree.hpp"

#include <algorithm>
#include <set>

#include "config/reference.hpp"

namespace bowline::config {

void Tree::problem(const YAML::Node& at, const std::string& path, std::string code, std::string message) {
  const YAML::Mark mark = at.IsDefined() ? at.Mark() : YAML::Mark::null_mark();
  problems_.push_back({file_, mark.is_null() ? 0 : mark.line + 1, mark.is_null() ? 0 : mark.column + 1, path, std::move(code),
                       std::move(message)});
}

std::optional<std::string> Tree::text(const YAML::Node& at, const std::string& path) {
  if (!at.IsScalar()) {
    problem(at, path, "CONFIG_TYPE", "a single value is needed here");
    return std::nullopt;
  }
  const std::string& raw = at.Scalar();
  std::string out;
  for (std::size_t i = 0; i < raw.size();) {
    if (raw.compare(i, 2, "${") != 0) {
      out += raw[i++];
      continue;
    }
    const auto end = raw.find('}', i);
    if (end == std::string::npos) {
      problem(at, path, "CONFIG_ENV_MALFORMED", "${ without its closing }");
      return std::nullopt;
    }
    const std::string name = raw.substr(i + 2, end - i - 2);
    const auto value = env ? env(name) : std::nullopt;
    if (!value) {
      problem(at, path, "CONFIG_ENV_MISSING", "the environment has no " + name + ": set it, or write the value here");
      return std::nullopt;
    }
    out += *value;
    i = end + 1;
  }
  return out;
}

bool Tree::map(const YAML::Node& at, const std::string& path) {
  if (!at.IsMap()) {
    problem(at, path, "CONFIG_TYPE", "keys with values are needed here");
    return false;
  }
  std::set<std::string> seen;
  for (const auto& entry : at) {
    if (!entry.first.IsScalar()) {
      problem(entry.first, path, "CONFIG_TYPE", "a key must be plain text");
      return false;
    }
    const std::string& name = entry.first.Scalar();
    if (!seen.insert(name).second)
      problem(entry.first, path.empty() ? name : path + "." + name, "CONFIG_KEY_REPEATED", "this key stands here twice: keep one");
  }
  return true;
}

void Tree::check_keys(const YAML::Node& at, const std::string& path, const std::string& pattern) {
  // `bridge: 5%` or a cap without its value would otherwise leave the default standing, unsaid.
  const auto key = std::find_if(keys().begin(), keys().end(), [&](const Key& k) { return k.path == pattern; });
  const bool needs_map = pattern.empty() || (key != keys().end() && key->type == "map" && !pattern.ends_with("[]"));
  if (needs_map && !at.IsMap()) {
    problem(at, path, "CONFIG_TYPE", "keys with values are needed here");
    return;
  }
  if (at.IsSequence()) {
    for (std::size_t i = 0; i < at.size(); ++i) check_keys(at[i], path + "[" + std::to_string(i) + "]", pattern + "[]");
    return;
  }
  if (!at.IsMap() || !map(at, path)) return;
  std::vector<std::string> allowed;
  bool any = false;
  const std::string below = pattern.empty() ? "" : pattern + ".";
  for (const Key& k : keys()) {
    if (k.path == pattern + "{}") any = true;
    if (!k.path.starts_with(below)) continue;
    const std::string_view rest = k.path.substr(below.size());
    if (!rest.empty() && rest.find_first_of(".[{") == std::string_view::npos) allowed.emplace_back(rest);
  }
  if (any) {
    const std::string each = pattern + "{}";
    const bool nested = std::any_of(keys().begin(), keys().end(), [&](const Key& k) { return k.path.starts_with(each + "."); });
    for (const auto& entry : at)
      if (nested) check_keys(entry.second, path + "." + entry.first.Scalar(), each);
    return;
  }
  for (const auto& entry : at) {
    const std::string name = entry.first.Scalar();
    const std::string here = path.empty() ? name : path + "." + name;
    if (std::find(allowed.begin(), allowed.end(), name) == allowed.end()) {
      std::string message = "unknown key";
      if (const std::string near = nearest(name, allowed); !near.empty()) message += "; did you mean " + near + "?";
      problem(entry.first, here, "CONFIG_KEY_UNKNOWN", std::move(message));
      continue;
    }
    if (pattern == "instances[]" && name == "params") continue;
    if (entry.second.IsNull())  // told at the key: an absent value's mark is wherever the next token stands
      problem(entry.first, here, "CONFIG_TYPE", "has no value: give one, or remove the key");
    else
      check_keys(entry.second, here, below + name);
  }
}

}  // namespace bowline::config
