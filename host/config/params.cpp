#include "config/params.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <regex>

#include "config/values.hpp"

namespace bowline::config {
namespace {

using Json = nlohmann::json;

/// What is enforced, or only describes. Anything else in a schema would look enforced and not be.
constexpr auto known_words = std::to_array<std::string_view>(
    {"type", "properties", "additionalProperties", "required", "default", "enum", "items", "minimum", "maximum",
     "exclusiveMinimum", "exclusiveMaximum", "minItems", "maxItems", "minLength", "maxLength", "pattern", "format",
     "description", "title", "examples", "deprecated", "$schema", "$id", "$comment"});

constexpr std::string_view host_word = "x-bowline-host", key_word = "x-bowline-key";

/// The host's value of a key that a schema names with `host_word`; nothing for a key that no plugin may name.
std::optional<Json> host_value(const HostKeys& host, std::string_view key) {
  if (key == "interval") return host.interval_ns;
  if (key == "signals.resolve_bars") return host.resolve_bars;
  if (key == "execution.portfolio_uuid") return host.portfolio_uuid;
  if (key == "instruments.data_symbol") return Json(host.data_symbols);
  return std::nullopt;
}

/// Whether a property of this schema can be what `word` names of the host's.
bool host_key_fits(const Json& word, const Json& schema) {
  const auto value = word.is_string() ? host_value({}, word.get<std::string>()) : std::nullopt;
  return value && schema.value("type", "") == (value->is_string() ? "string" : value->is_object() ? "object" : "integer");
}

/// What this host cannot enforce in a schema, or empty.
std::string unsupported(const Json& schema) {
  for (const auto& [word, value] : schema.items()) {
    if (!word.starts_with("x-") && std::find(known_words.begin(), known_words.end(), word) == known_words.end()) return "\"" + word + "\"";
    if (word == "pattern") try {
        const std::regex compiled(value.get<std::string>(), std::regex::ECMAScript);
      } catch (const std::regex_error&) {
        return "the pattern " + value.get<std::string>();
      }
    if (word == "properties")
      for (const auto& [name, property] : value.items())
        if (auto inner = unsupported(property); !inner.empty()) return inner;
    if (word == host_word && !host_key_fits(value, schema))
      return "\"x-bowline-host\": " + value.dump();
    if (word == key_word && value != "file" && value != "name") return "\"x-bowline-key\": " + value.dump();
    if ((word == "items" || word == "additionalProperties") && value.is_object())
      if (auto inner = unsupported(value); !inner.empty()) return inner;
  }
  return {};
}

class Reader {
  Tree& tree_;
  const ParamPaths& paths_;
  const HostKeys& host_;

 public:
  bool ok = true;
  std::vector<std::filesystem::path> state_files, read_files;
  std::string key_file, key_name;
  Reader(Tree& tree, const ParamPaths& paths, const HostKeys& host) : tree_(tree), paths_(paths), host_(host) {}

  void bad(const YAML::Node& at, const std::string& path, const char* code, std::string message) {
    ok = false;
    tree_.problem(at, path, code, std::move(message));
  }

  Json read(const YAML::Node& at, const std::string& path, const Json& schema) {
    const std::string type = schema.value("type", schema.contains("properties") ? "object" : "");
    if (type == "object" && schema.contains(host_word)) {
      bad(at, path, "CONFIG_MISMATCH", "is the run's " + schema[host_word].get<std::string>() + ": say it there, and leave it out here");
      return nullptr;
    }
    if (type == "object") return object(at, at, path, schema);
    if (type == "array") return array(at, path, schema);
    const auto text = tree_.text(at, path);
    if (!text) {
      ok = false;
      return nullptr;
    }
    Json value = scalar(at, path, *text, type, schema);
    if (value.is_null()) return value;
    limits(at, path, *text, value, schema);
    same_as_host(at, path, *text, value, schema);
    if (value.is_string()) {
      const std::string part = schema.value(key_word, "");
      if (part == "file") key_file = value.get<std::string>();
      if (part == "name") key_name = value.get<std::string>();
    }
    return value;
  }

  Json object(const YAML::Node& at, const YAML::Node& owner, const std::string& path, const Json& schema) {
    Json out = Json::object();
    const Json none = Json::object();
    const Json& properties = schema.contains("properties") ? schema["properties"] : none;
    if (at.IsDefined() && !at.IsNull()) {
      if (!tree_.map(at, path)) {
        ok = false;
        return out;
      }
      std::vector<std::string> names;
      for (const auto& [name, unused] : properties.items()) names.push_back(name);
      for (const auto& entry : at) {
        const std::string name = entry.first.Scalar();
        const std::string here = path + "." + name;
        if (out.contains(name)) {
          ok = false;  // repeated: said by map()
        } else if (properties.contains(name)) {
          out[name] = read(entry.second, here, properties[name]);
        } else if (schema.contains("additionalProperties") && schema["additionalProperties"].is_object()) {
          out[name] = read(entry.second, here, schema["additionalProperties"]);
        } else {
          const std::string near = nearest(name, names);
          bad(entry.first, here, "CONFIG_KEY_UNKNOWN", near.empty() ? "unknown key" : "unknown key; did you mean " + near + "?");
        }
      }
    }
    for (const auto& [name, property] : properties.items()) {
      if (out.contains(name)) continue;
      if (property.contains(host_word)) {
        out[name] = *host_value(host_, property[host_word].get<std::string>());
      } else if (property.contains("default")) {
        Json value = property["default"];
        if (value.is_string() && property.value("x-bowline-unit", "") == "path") value = place(value.get<std::string>(), property);
        out[name] = std::move(value);
      }
    }
    if (schema.contains("required"))
      for (const Json& name : schema["required"])
        if (!out.contains(name.get<std::string>()))
          bad(at.IsDefined() ? at : owner, path + "." + name.get<std::string>(), "CONFIG_KEY_MISSING", "is required and not there");
    return out;
  }

 private:
  std::string place(const std::string& text, const Json& schema) {
    if (text.empty()) return text;
    const bool state = schema.value("x-bowline-state", false);
    std::filesystem::path p(text);
    if (!p.is_absolute()) p = ((state ? paths_.state : paths_.beside) / p).lexically_normal();
    (state ? state_files : read_files).push_back(p);
    return p.string();
  }

  Json array(const YAML::Node& at, const std::string& path, const Json& schema) {
    Json out = Json::array();
    if (!at.IsSequence()) {
      bad(at, path, "CONFIG_TYPE", "a list is needed here");
      return out;
    }
    for (std::size_t i = 0; i < at.size(); ++i)
      out.push_back(schema.contains("items") ? read(at[i], path + "[" + std::to_string(i) + "]", schema["items"]) : Json(at[i].Scalar()));
    if (schema.contains("minItems") && out.size() < schema["minItems"].get<std::size_t>())
      bad(at, path, "CONFIG_RANGE", "needs at least " + schema["minItems"].dump() + " entries");
    if (schema.contains("maxItems") && out.size() > schema["maxItems"].get<std::size_t>())
      bad(at, path, "CONFIG_RANGE", "takes at most " + schema["maxItems"].dump() + " entries");
    return out;
  }

  Json scalar(const YAML::Node& at, const std::string& path, const std::string& text, const std::string& type, const Json& schema) {
    const std::string unit = schema.value("x-bowline-unit", "");
    if (type == "string") {
      if (schema.value("format", "") == "decimal" && !parse_decimal(text)) {
        bad(at, path, "CONFIG_TYPE", "a plain decimal such as \"10000\" or \"0.5\" is needed here");
        return nullptr;
      }
      return unit == "path" ? place(text, schema) : text;
    }
    if (type == "boolean") {
      if (const auto b = parse_bool(text)) return *b;
      bad(at, path, "CONFIG_TYPE", "on or off is needed here");
      return nullptr;
    }
    if (type == "integer") {
      if (const auto n = unit == "duration" ? parse_duration(text) : parse_integer(text)) return *n;
      bad(at, path, "CONFIG_TYPE", unit == "duration" ? "a duration such as 30s, 5m or 1h is needed here"
                                                      : "a whole number without leading zeros is needed here");
      return nullptr;
    }
    if (type == "number") {
      if (const auto d = unit == "percent" ? parse_fraction(text) : parse_decimal(text)) return d->to_double();
      bad(at, path, "CONFIG_TYPE", unit == "percent" ? "a fraction such as 5%, 5bp or 0.05 is needed here"
                                                     : "a number without leading zeros is needed here");
      return nullptr;
    }
    bad(at, path, "CONFIG_SCHEMA_UNSUPPORTED", "the plugin's schema has type \"" + type + "\", which this host cannot check");
    return nullptr;
  }

  // Two lengths of a bar in one run would make every time that is computed from one of them silently wrong; a key of another
  // portfolio would trade what is not this run's.
  void same_as_host(const YAML::Node& at, const std::string& path, const std::string& text, const Json& value, const Json& schema) {
    if (!schema.contains(host_word)) return;
    const auto key = schema[host_word].get<std::string>();
    const Json want = *host_value(host_, key);
    if (value == want || want == "") return;
    const std::string host = want.is_string()                                   ? want.get<std::string>()
                             : schema.value("x-bowline-unit", "") == "duration" ? duration_text(want.get<std::int64_t>())
                                                                                : want.dump();
    bad(at, path, "CONFIG_MISMATCH",
        text + " is not the run's " + key + ", which is " + host + ": leave it out here, or make the two equal");
  }

  void limits(const YAML::Node& at, const std::string& path, const std::string& text, const Json& value, const Json& schema) {
    const bool percent = schema.value("x-bowline-unit", "") == "percent";
    const auto shown = [percent](const Json& limit) {
      if (!percent) return limit.dump();
      std::string s = std::to_string(limit.get<double>() * 100);
      s.erase(s.find_last_not_of('0') + 1);
      if (s.ends_with('.')) s.pop_back();
      return s + "%";
    };
    if (value.is_number()) {
      const double v = value.get<double>();
      const auto over = [&](const char* key, const char* words, bool broken) {
        if (broken) bad(at, path, "CONFIG_RANGE", text + words + shown(schema[key]));
      };
      if (schema.contains("minimum")) over("minimum", " is under the limit of ", v < schema["minimum"].get<double>());
      if (schema.contains("maximum")) over("maximum", " is over the limit of ", v > schema["maximum"].get<double>());
      if (schema.contains("exclusiveMinimum")) over("exclusiveMinimum", " must be above ", v <= schema["exclusiveMinimum"].get<double>());
      if (schema.contains("exclusiveMaximum")) over("exclusiveMaximum", " must be below ", v >= schema["exclusiveMaximum"].get<double>());
    }
    if (schema.contains("enum")) {
      const Json& list = schema["enum"];
      if (std::find(list.begin(), list.end(), value) == list.end()) {
        std::string all;
        std::vector<std::string> names;
        for (const Json& e : list) {
          names.push_back(e.is_string() ? e.get<std::string>() : e.dump());
          all += (all.empty() ? "" : ", ") + names.back();
        }
        const std::string near = nearest(text, names);
        bad(at, path, "CONFIG_VALUE", text + " is none of: " + all + (near.empty() ? "" : "; did you mean " + near + "?"));
      }
    }
    if (value.is_string()) {
      const auto& s = value.get_ref<const std::string&>();
      if (schema.contains("minLength") && s.size() < schema["minLength"].get<std::size_t>()) bad(at, path, "CONFIG_VALUE", "must not be empty");
      if (schema.contains("maxLength") && s.size() > schema["maxLength"].get<std::size_t>()) bad(at, path, "CONFIG_VALUE", "is too long");
      if (schema.contains("pattern") && !std::regex_search(s, std::regex(schema["pattern"].get<std::string>(), std::regex::ECMAScript)))
        bad(at, path, "CONFIG_VALUE", s + " is not of the form this key takes: " + schema.value("description", schema["pattern"].get<std::string>()));
    }
  }
};

}  // namespace

std::optional<Params> read_params(Tree& tree, const YAML::Node& node, const YAML::Node& owner, const std::string& path,
                                  const std::string& schema_text, const ParamPaths& paths, const HostKeys& host) {
  const Json schema = Json::parse(schema_text, nullptr, false);
  if (!schema.is_object()) {
    tree.problem(owner, path, "CONFIG_SCHEMA_UNSUPPORTED", "the plugin's schema is not a JSON object");
    return std::nullopt;
  }
  if (const std::string what = unsupported(schema); !what.empty()) {
    tree.problem(owner, path, "CONFIG_SCHEMA_UNSUPPORTED", "the plugin's schema has " + what + ", which this host cannot check");
    return std::nullopt;
  }
  Reader reader(tree, paths, host);
  const Json out = reader.object(node, owner, path, schema);
  if (!reader.ok) return std::nullopt;
  return Params{out.dump(), std::move(reader.state_files), std::move(reader.read_files), std::move(reader.key_file), std::move(reader.key_name)};
}

}  // namespace bowline::config
