// One thing that is wrong in a configuration, where it stands, and what would be right.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bowline::config {

struct Problem {
  std::string file;
  int line = 0, column = 0;  ///< from 1; 0 = the file as a whole
  std::string path;          ///< instances[4].params.max_position
  std::string code;          ///< CONFIG_…
  std::string message;
  /// configs/paper.yaml:31:15: instances[4].params.max_postion: unknown key; did you mean max_position?
  std::string text() const;
};

/// The nearest of `names` when it is near enough to be meant, else empty (edit distance, at most a third of the length).
std::string nearest(std::string_view word, std::span<const std::string> names);

}  // namespace bowline::config
