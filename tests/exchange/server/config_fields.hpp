// One map of the configuration, key by key: what is not asked for is unknown, and what can't be read is told with its place. Internal to
// the configuration: the only header with yaml-cpp.
#pragma once

#include <yaml-cpp/yaml.h>

#include <bowline/decimal.hpp>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/problem.hpp"

namespace bowline::exchange {

/// Where problems go.
struct ConfigSink {
  std::string file;
  std::vector<config::Problem>& problems;
  void tell(const YAML::Node& at, const std::string& path, const char* code, const std::string& message);
};

class Fields {
 public:
  /// `at` has to be a map; what is not given, or is null, is an empty one.
  Fields(ConfigSink& sink, const YAML::Node& at, std::string path);

  // Each leaves `into` as it is where the key is not there, or can't be read.
  void text(const char* key, std::string& into);
  void flag(const char* key, bool& into);
  void whole(const char* key, std::int64_t& into, std::int64_t least, std::int64_t most);
  void duration(const char* key, std::int64_t& into_ns, std::int64_t least_ns, std::int64_t most_ns);
  /// "never", too, which is `forever`.
  void duration_or_never(const char* key, std::int64_t& into_ns);
  void size(const char* key, std::int64_t& into);
  void decimal(const char* key, Decimal& into);
  /// A share such as 0.4% or 40bp, in [0, 1).
  void share(const char* key, Decimal& into);
  /// Words, one of which it has to be; their place in the list is what `take` is given.
  void word(const char* key, const std::vector<std::string>& words, const std::function<void(std::size_t)>& take);
  void list(const char* key, const std::function<void(const YAML::Node&, const std::string& path)>& each);
  void map(const char* key, const std::function<void(Fields&)>& inside);
  /// All keys and values of a map whose keys are names.
  void names(const char* key, const std::function<void(const std::string& name, const YAML::Node& value, const std::string& path)>& each);

  bool has(const char* key) const;
  /// Tells a problem with this key, or with the map as a whole where it is not there.
  void wrong(const char* key, const std::string& message, const char* code = "CONFIG_VALUE");
  void need(const char* key) {
    if (!has(key)) wrong(key, std::string(key) + " is needed here", "CONFIG_KEY_MISSING");
  }
  /// Tells of each key that was never asked for.
  void end();
  ConfigSink& sink() noexcept { return sink_; }
  const std::string& path() const noexcept { return path_; }

 private:
  /// The key's value; not defined where there is none.
  YAML::Node find(const char* key);
  std::string below(const char* key) const { return path_.empty() ? std::string(key) : path_ + "." + key; }
  /// The key's scalar; false where there is none, or it is none (which is told).
  bool scalar(const char* key, std::string& into);
  ConfigSink& sink_;
  YAML::Node at_;
  std::string path_;
  std::vector<std::string> known_;
};

/// The same value as JSON: plain scalars that are numbers, true, false or null are those, all others are texts.
nlohmann::ordered_json json_of(const YAML::Node& at);

}  // namespace bowline::exchange
