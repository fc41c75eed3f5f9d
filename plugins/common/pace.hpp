// The speed of a replayed or simulated feed: as fast as asked, or bar time divided by a factor.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace bowline::plugin_common {

/// 0 = as fast as the host pulls; 1 = real time; 300 = 300 times as fast. "max", "real", "300x", "300×",
/// "0.5x". nullopt when the text is none of these, or the factor is not above 0.
inline std::optional<double> parse_speed(std::string_view s) noexcept {
  if (s == "max") return 0.0;
  if (s == "real") return 1.0;
  for (const std::string_view mark : {std::string_view("x"), std::string_view("\xc3\x97")}) {
    if (s.size() <= mark.size() || s.substr(s.size() - mark.size()) != mark) continue;
    const char* end = s.data() + s.size() - mark.size();
    double v = 0;
    const auto [stop, ec] = std::from_chars(s.data(), end, v, std::chars_format::fixed);
    if (ec != std::errc{} || stop != end || !(v > 0 && v <= 1e9)) return std::nullopt;
    return v;
  }
  return std::nullopt;
}

/// Says when a bar is due. The clock is whatever bl_host.now_ns tells the reader thread: in a paced run a
/// steady wall clock in ns. The first bar asked about is due at once; bar k is due at start + (t_k - t_0) /
/// factor, so a slow host catches up instead of drifting, and a gap in the data takes its (scaled) time. A
/// clock that steps back takes the due times with it: else the feed would be mute until the clock is where it
/// was.
class Pace {
  double factor_ = 0;
  bool started_ = false;
  std::int64_t start_ns_ = 0, first_ns_ = 0, seen_ns_ = 0;

 public:
  explicit Pace(double factor = 0) noexcept : factor_(factor) {}
  bool paced() const noexcept { return factor_ > 0; }
  /// Clock time at which the bar that closes at `close_ns` may leave. `now_ns`: begins it with the first call,
  /// and is held against that of the call before.
  std::int64_t due_ns(std::int64_t close_ns, std::int64_t now_ns) noexcept {
    if (!started_) {
      started_ = true;
      start_ns_ = now_ns;
      first_ns_ = close_ns;
    } else if (now_ns < seen_ns_) {
      start_ns_ -= seen_ns_ - now_ns;
    }
    seen_ns_ = now_ns;
    return start_ns_ + static_cast<std::int64_t>(static_cast<double>(close_ns - first_ns_) / factor_);
  }
};

}  // namespace bowline::plugin_common
