#include "cli/progress_line.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace bowline::cli {

std::string progress_bar(std::size_t done, std::size_t all, std::size_t width) {
  const std::size_t whole = std::max<std::size_t>(all, 1), now = all == 0 ? whole : std::min(done, all);
  const std::size_t full = now * width / whole;
  char percent[16];
  std::snprintf(percent, sizeof percent, "] %3zu %%", now * 100 / whole);
  return "[" + std::string(full, '#') + std::string(width - full, '-') + percent;
}

ProgressLine::ProgressLine(std::string what, std::FILE* plain) : what_(std::move(what)), plain_(plain), terminal_(::isatty(STDERR_FILENO) != 0) {}

ProgressLine::~ProgressLine() {
  if (drawn_) std::fputc('\n', stderr);
}

void ProgressLine::draw() const { std::fprintf(stderr, "\r%-18s %s %zu/%zu\x1b[K", what_.c_str(), progress_bar(done_, all_, 30).c_str(), done_, all_); }

void ProgressLine::at(std::size_t done, std::size_t all) {
  done_ = done;
  all_ = all;
  if (terminal_) {
    draw();
    drawn_ = true;
    return;
  }
  const std::size_t tenths = all == 0 ? 10 : done * 10 / all;
  if (all == 0 || tenths == told_ || plain_ == nullptr) return;
  told_ = tenths;
  std::fprintf(plain_, "%s: %zu of %zu questions answered\n", what_.c_str(), done, all);
  std::fflush(plain_);
}

void ProgressLine::say(const std::string& line) {
  std::fprintf(stderr, "%s%s: %s\n", terminal_ ? "\r\x1b[K" : "", what_.c_str(), line.c_str());
  if (drawn_) draw();
}

}  // namespace bowline::cli
