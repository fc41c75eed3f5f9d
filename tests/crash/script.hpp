// A scripted market for the crash matrix: bars, quotes, what the signal says, and gates. At a gate the market stands still
// until the scenario opens it, so that a command comes at the same engine time in each run.
//
//   bar <n> <instrument> <open> <high> <low> <close>        closes n bars of five minutes after 2024-01-01
//   quote <n> <seconds> <instrument> <bid> <ask>            so many seconds behind that close
//   say <n> <instrument> buy|sell                           beside that bar; hold where nothing is said
//   gate
// Prices in cents. Gate k (1, 2, ...) is reached when the core has taken all that stands before it: then the signal makes the
// file $BOWLINE_GATES.k.at. It is open when the file $BOWLINE_GATES.k is there.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <bowline/result.hpp>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace bowline::crash_market {

constexpr std::int64_t second = 1'000'000'000, bar_ns = 300 * second, begin_ns = 1'704'067'200 * second;

struct Line {
  enum class What : std::uint8_t { bar, quote, gate } what = What::bar;
  std::int64_t time = 0;
  std::uint32_t instrument = 0;
  std::int64_t open = 0, high = 0, low = 0, close = 0;  ///< of a quote: open is the bid, close the ask
  std::uint32_t gate = 0;                               ///< its number

  bool same_event(const Line& o) const noexcept { return what == o.what && time == o.time && instrument == o.instrument; }
};

enum class Word : std::uint32_t { buy = 1, sell = 2, hold = 3 };

struct Script {
  std::vector<Line> lines;
  std::map<std::pair<std::int64_t, std::uint32_t>, Word> said;  ///< by time and instrument

  static Result<Script> read(const std::string& path) {
    std::ifstream file(path);
    if (!file) return Error{"SCRIPT_UNREADABLE", path + " cannot be read"};
    Script s;
    std::uint32_t gates = 0;
    for (std::string text; std::getline(file, text);) {
      std::istringstream in(text);
      std::string what, word;
      std::int64_t n = 0, after = 0;
      Line l;
      if (!(in >> what)) continue;
      if (what == "bar") {
        in >> n >> l.instrument >> l.open >> l.high >> l.low >> l.close;
      } else if (what == "quote") {
        l.what = Line::What::quote;
        in >> n >> after >> l.instrument >> l.open >> l.close;
      } else if (what == "say") {
        in >> n >> l.instrument >> word;
      } else if (what == "gate") {
        l.what = Line::What::gate;
        l.gate = ++gates;
      } else {
        return Error{"SCRIPT_LINE", "what is: " + text};
      }
      if (in.fail()) return Error{"SCRIPT_LINE", "too little: " + text};
      l.time = begin_ns + n * bar_ns + after * second;
      if (what == "say") s.said[{l.time, l.instrument}] = word == "buy" ? Word::buy : Word::sell;
      else s.lines.push_back(l);
    }
    return s;
  }
};

/// The files of a gate.
inline std::string gate_file(std::uint32_t gate) {
  const char* all = std::getenv("BOWLINE_GATES");
  return (all == nullptr ? std::string("gate") : std::string(all)) + "." + std::to_string(gate);
}
inline void make(const std::string& file) {
  if (const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644); fd >= 0) ::close(fd);
}

}  // namespace bowline::crash_market
