// The process's environment as the readers of configurations and secrets ask it.
#pragma once

#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace bowline::cli {

inline std::optional<std::string> environment(std::string_view name) {
  const char* v = std::getenv(std::string(name).c_str());
  return v != nullptr ? std::optional<std::string>(v) : std::nullopt;
}

}  // namespace bowline::cli
