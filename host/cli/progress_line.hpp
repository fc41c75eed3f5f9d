// How far long work is: a bar on a terminal, which is stderr's, so that a verb's output stays its own; a line now and then where there is none.
#pragma once

#include <cstddef>
#include <cstdio>
#include <string>

namespace bowline::cli {

class ProgressLine {
 public:
  /// `what` stands in front, such as "BTC-USD 5m". `plain` gets the lines where there is no terminal; null: nobody does.
  ProgressLine(std::string what, std::FILE* plain);
  ~ProgressLine();  ///< ends the line of a bar
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void at(std::size_t done, std::size_t all);
  /// A line of its own on stderr, above the bar.
  void say(const std::string& line);

 private:
  void draw() const;
  std::string what_;
  std::FILE* plain_;
  bool terminal_, drawn_ = false;
  std::size_t done_ = 0, all_ = 0, told_ = static_cast<std::size_t>(-1);  // told_: tenths that were told without a terminal
};

/// "[######----]  60 %", of `width` characters between the brackets.
std::string progress_bar(std::size_t done, std::size_t all, std::size_t width);

}  // namespace bowline::cli
