// How a picture of several lines is put on a terminal without scrolling it away.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace bowline::cli {

struct TerminalSize {
  std::size_t rows = 0, columns = 0;  ///< 0: not known, nothing is left out
};

/// `picture` (ASCII, each line ended by a newline) from the top left corner, over the picture before it. One that is too
/// high for the terminal would push its own head out at the top: it loses its empty lines first, then lines from the end.
inline std::string on_terminal(std::string_view picture, TerminalSize size) {
  std::vector<std::string_view> lines;
  while (!picture.empty()) {
    const std::size_t end = std::min(picture.find('\n'), picture.size());
    lines.push_back(picture.substr(0, end));
    picture.remove_prefix(std::min(end + 1, picture.size()));
  }
  const auto height = [&size](std::string_view line) {  // a long line takes several rows
    return size.columns == 0 || line.empty() ? 1 : (line.size() + size.columns - 1) / size.columns;
  };
  const auto too_high = [&] {
    std::size_t all = 1;  // the row where the cursor waits
    for (const auto line : lines) all += height(line);
    return size.rows > 0 && all > size.rows;
  };
  if (too_high()) std::erase_if(lines, [](std::string_view line) { return line.empty(); });
  while (lines.size() > 1 && too_high()) lines.pop_back();
  std::string out = "\x1b[H";
  for (const auto line : lines) {
    out += line;
    // Behind a line that fills its last row the cursor still stands on the last character: this would clear it.
    if (size.columns == 0 || line.empty() || line.size() % size.columns != 0) out += "\x1b[K";
    out += '\n';
  }
  return out + "\x1b[J";
}

}  // namespace bowline::cli
