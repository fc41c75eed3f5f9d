#include "exchange/server/config_fields.hpp"

#include <algorithm>
#include <limits>
#include <set>

#include "config/values.hpp"

namespace bowline::exchange {

void ConfigSink::tell(const YAML::Node& at, const std::string& path, const char* code, const std::string& message) {
  const YAML::Mark mark = at.IsDefined() ? at.Mark() : YAML::Mark::null_mark();
  problems.push_back({file, mark.is_null() ? 0 : mark.line + 1, mark.is_null() ? 0 : mark.column + 1, path, code, message});
}

Fields::Fields(ConfigSink& sink, const YAML::Node& at, std::string path) : sink_(sink), at_(at), path_(std::move(path)) {
  if (!at_.IsDefined() || at_.IsNull()) {
    at_ = YAML::Node(YAML::NodeType::Map);
    return;
  }
  if (!at_.IsMap()) {
    sink_.tell(at_, path_, "CONFIG_TYPE", "keys with values are needed here");
    at_ = YAML::Node(YAML::NodeType::Map);
    return;
  }
  std::set<std::string> seen;
  for (const auto& entry : at_)
    if (!entry.first.IsScalar()) sink_.tell(entry.first, path_, "CONFIG_TYPE", "a key is plain text");
    else if (!seen.insert(entry.first.Scalar()).second)
      sink_.tell(entry.first, path_, "CONFIG_KEY_REPEATED", entry.first.Scalar() + " stands here twice: keep one");
}

YAML::Node Fields::find(const char* key) {
  known_.emplace_back(key);
  for (const auto& entry : at_)
    if (entry.first.IsScalar() && entry.first.Scalar() == key) {
      if (entry.second.IsNull()) {
        sink_.tell(entry.first, below(key), "CONFIG_TYPE", "has no value: give one, or remove the key");
        break;
      }
      return entry.second;
    }
  return YAML::Node(YAML::NodeType::Undefined);
}

bool Fields::has(const char* key) const {
  return std::any_of(at_.begin(), at_.end(), [&](const auto& e) { return e.first.IsScalar() && e.first.Scalar() == key; });
}

void Fields::wrong(const char* key, const std::string& message, const char* code) {
  for (const auto& entry : at_)
    if (entry.first.IsScalar() && entry.first.Scalar() == key) return sink_.tell(entry.second, below(key), code, message);
  sink_.tell(at_, path_, code, message);
}

bool Fields::scalar(const char* key, std::string& into) {
  const YAML::Node at = find(key);
  if (!at.IsDefined()) return false;
  if (!at.IsScalar()) {
    sink_.tell(at, below(key), "CONFIG_TYPE", "a single value is needed here");
    return false;
  }
  into = at.Scalar();
  return true;
}

void Fields::text(const char* key, std::string& into) {
  std::string s;
  if (!scalar(key, s)) return;
  if (s.empty()) return wrong(key, "it is empty");
  into = s;
}

void Fields::flag(const char* key, bool& into) {
  std::string s;
  if (!scalar(key, s)) return;
  const auto b = config::parse_bool(s);
  if (!b) return wrong(key, "\"" + s + "\" is neither true nor false");
  into = *b;
}

void Fields::whole(const char* key, std::int64_t& into, std::int64_t least, std::int64_t most) {
  std::string s;
  if (!scalar(key, s)) return;
  const auto n = config::parse_integer(s);
  if (!n || *n < least || *n > most) return wrong(key, "\"" + s + "\" is no whole number from " + std::to_string(least) + " to " + std::to_string(most));
  into = *n;
}

void Fields::duration(const char* key, std::int64_t& into_ns, std::int64_t least_ns, std::int64_t most_ns) {
  std::string s;
  if (!scalar(key, s)) return;
  const bool minus = s.starts_with('-') && least_ns < 0;
  auto ns = config::parse_duration(minus ? s.substr(1) : s);
  if (ns && minus) ns = -*ns;
  if (!ns || *ns < least_ns || *ns > most_ns)
    return wrong(key, "\"" + s + "\" is no time from " + config::duration_text(least_ns) + " to " + config::duration_text(most_ns) + ", written as 250ms, 5s, 1m or 2h");
  into_ns = *ns;
}

void Fields::duration_or_never(const char* key, std::int64_t& into_ns) {
  std::string s;
  if (!scalar(key, s)) return;
  const auto ns = config::parse_duration(s);
  if (s != "never" && (!ns || *ns < 0)) return wrong(key, "\"" + s + "\" is neither a time, as 24h, nor never");
  into_ns = ns ? *ns : std::numeric_limits<std::int64_t>::max();
}

void Fields::size(const char* key, std::int64_t& into) {
  std::string s;
  if (!scalar(key, s)) return;
  const auto n = config::parse_size(s);
  if (!n || *n <= 0) return wrong(key, "\"" + s + "\" is no size, written as 64KiB or 16MiB");
  into = *n;
}

void Fields::decimal(const char* key, Decimal& into) {
  std::string s;
  if (!scalar(key, s)) return;
  const auto d = config::parse_decimal(s);
  if (!d || d->is_negative()) return wrong(key, "\"" + s + "\" is no decimal number from 0 on, written as 12.5");
  into = *d;
}

void Fields::share(const char* key, Decimal& into) {
  std::string s;
  if (!scalar(key, s)) return;
  const auto d = config::parse_fraction(s);
  if (!d || d->is_negative() || *d >= Decimal::from_int(1)) return wrong(key, "\"" + s + "\" is no share below 1, written as 0.4%, 40bp or 0.004");
  into = *d;
}

void Fields::word(const char* key, const std::vector<std::string>& words, const std::function<void(std::size_t)>& take) {
  std::string s;
  if (!scalar(key, s)) return;
  const auto it = std::find(words.begin(), words.end(), s);
  if (it != words.end()) return take(static_cast<std::size_t>(it - words.begin()));
  std::string all;
  for (const std::string& w : words) all += (all.empty() ? "" : ", ") + w;
  wrong(key, "\"" + s + "\" is not one of " + all);
}

void Fields::list(const char* key, const std::function<void(const YAML::Node&, const std::string&)>& each) {
  const YAML::Node at = find(key);
  if (!at.IsDefined()) return;
  if (!at.IsSequence()) return sink_.tell(at, below(key), "CONFIG_TYPE", "a list is needed here");
  for (std::size_t i = 0; i < at.size(); ++i) each(at[i], below(key) + "[" + std::to_string(i) + "]");
}

void Fields::map(const char* key, const std::function<void(Fields&)>& inside) {
  const YAML::Node at = find(key);
  if (!at.IsDefined()) return;
  Fields f(sink_, at, below(key));
  inside(f);
  f.end();
}

void Fields::names(const char* key, const std::function<void(const std::string&, const YAML::Node&, const std::string&)>& each) {
  const YAML::Node at = find(key);
  if (!at.IsDefined()) return;
  if (!at.IsMap()) return sink_.tell(at, below(key), "CONFIG_TYPE", "names with values are needed here");
  std::set<std::string> seen;
  for (const auto& entry : at) {
    const std::string name = entry.first.IsScalar() ? entry.first.Scalar() : std::string();
    if (name.empty() || !entry.second.IsScalar()) sink_.tell(entry.first, below(key), "CONFIG_TYPE", "a name and a single value are needed here");
    else if (!seen.insert(name).second) sink_.tell(entry.first, below(key), "CONFIG_KEY_REPEATED", name + " stands here twice: keep one");
    else each(name, entry.second, below(key) + "." + name);
  }
}

void Fields::end() {
  for (const auto& entry : at_) {
    if (!entry.first.IsScalar()) continue;
    const std::string& name = entry.first.Scalar();
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
    std::string message = "unknown key";
    if (const std::string near = config::nearest(name, known_); !near.empty()) message += "; did you mean " + near + "?";
    sink_.tell(entry.first, below(name.c_str()), "CONFIG_KEY_UNKNOWN", message);
  }
}

nlohmann::ordered_json json_of(const YAML::Node& at) {
  using Json = nlohmann::ordered_json;
  if (at.IsMap()) {
    Json out = Json::object();
    for (const auto& entry : at) out[entry.first.IsScalar() ? entry.first.Scalar() : std::string("?")] = json_of(entry.second);
    return out;
  }
  if (at.IsSequence()) {
    Json out = Json::array();
    for (const auto& one : at) out.push_back(json_of(one));
    return out;
  }
  if (!at.IsScalar()) return nullptr;
  if (at.Tag() == "!") return at.Scalar();  // quoted
  Json plain = Json::parse(at.Scalar(), nullptr, false);
  return plain.is_discarded() || plain.is_structured() || plain.is_string() ? Json(at.Scalar()) : plain;
}

}  // namespace bowline::exchange
