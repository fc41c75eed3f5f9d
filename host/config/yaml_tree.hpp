// The YAML tree with its positions, held against the table of keys. Internal to config: the only header with yaml-cpp.
#pragma once

#include <yaml-cpp/yaml.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/problem.hpp"

namespace bowline::config {

/// Collects problems and reads scalars; every reader says what it expected.
class Tree {
 public:
  Tree(std::string file, std::vector<Problem>& problems) : file_(std::move(file)), problems_(problems) {}
  std::function<std::optional<std::string>(std::string_view)> env;  ///< for ${NAME}

  void problem(const YAML::Node& at, const std::string& path, std::string code, std::string message);
  /// The text of a scalar with ${NAME} replaced; nothing (and a problem) when it is none, or a name is missing.
  std::optional<std::string> text(const YAML::Node& at, const std::string& path);
  /// Whether it is a map without repeated keys whose keys are all text.
  bool map(const YAML::Node& at, const std::string& path);
  /// Walks the whole tree below `at` against the table of keys: unknown ones, repeated ones, wrong shapes. `params` are
  /// not looked into: their plugin's schema is.
  void check_keys(const YAML::Node& at, const std::string& path, const std::string& pattern);
  const std::string& file() const noexcept { return file_; }

 private:
  std::string file_;
  std::vector<Problem>& problems_;
};

}  // namespace bowline::config
