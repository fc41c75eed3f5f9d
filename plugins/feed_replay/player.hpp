// The feed at work: which files, for which instruments, at which speed; one call of pull() at a time.
#pragma once

#include <bowline/plugin.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <bowline/result.hpp>

#include "common/pace.hpp"
#include "merge.hpp"

namespace bowline::feed_replay {

struct PlayerOptions {
  std::vector<std::pair<std::string, std::string>> files;  ///< symbol -> path
  std::int64_t interval_ns = 300'000'000'000;
  double speed = 0;  ///< 0 = as fast as pulled
  std::int64_t from_ns = INT64_MIN, to_ns = INT64_MAX;
  OnBad on_bad = OnBad::refuse;
};

/// Reads the texts of the params. Errors: FEED_INTERVAL_INVALID (not whole seconds), FEED_SPEED_INVALID,
/// FEED_TIME_INVALID, FEED_FILES_MISSING.
Result<PlayerOptions> player_options(std::vector<std::pair<std::string, std::string>> files,
                                     std::int64_t interval_ns, const std::string& speed,
                                     const std::string& from, const std::string& to,
                                     const std::string& on_bad);

class Player {
 public:
  /// What it says at the end of data or when something is odd: level 2 info, 3 warning.
  using Log = std::function<void(std::uint32_t level, const std::string& text)>;

  /// Opens every file; `number_of` gives the instrument of a symbol, 0 = not in this run. Errors: those of
  /// BarFile::open, FEED_SYMBOL_UNKNOWN.
  static Result<std::unique_ptr<Player>> open(
      const PlayerOptions& options, const std::function<std::uint32_t(const std::string&)>& number_of);

  /// Chooses the instruments to play, ascending. FEED_FILE_MISSING: one of them has no file. Call it once,
  /// before the first pull().
  Result<void> subscribe(const std::uint32_t* instruments, std::uint64_t n);

  enum class Pulled : std::uint8_t { more, wait, end, failed };
  /// Emits at most `max` bars in time order. `wait`: none is due before `next_ns` (paced runs; `now_ns` is
  /// the clock they are paced on). `failed`: error() says why; what was emitted stays. A sink that refuses
  /// ends the call: the bar it refused is given again.
  template <class Now>
  Pulled pull(std::uint64_t max, const bl_sink& sink, Now now_ns, std::int64_t& next_ns) {
    for (std::uint64_t n = 0; n < max; ++n) {
      const BarFile::Next what = merge_.peek();
      if (what != BarFile::Next::bar) return finish(what);
      const Row& row = merge_.row();
      const std::int64_t open_ns = row.time_s * 1'000'000'000;
      if (pace_.paced()) {
        const std::int64_t now = now_ns();
        const std::int64_t due = pace_.due_ns(open_ns + interval_ns_, now);
        if (due > now) {
          next_ns = due;
          return n > 0 ? Pulled::more : Pulled::wait;
        }
      }
      fill(row, open_ns);
      if (sink.event(sink.ctx, &bar_.h) < 0) return Pulled::more;
      ++bar_.h.seq;
      merge_.pop();
    }
    return Pulled::more;
  }
  const Error& error() const noexcept { return error_; }
  /// Says what was left out or looked odd, once, file by file.
  void summarize(const Log& log);

 private:
  Player() = default;
  Pulled finish(BarFile::Next what);
  void fill(const Row& row, std::int64_t open_ns) noexcept {
    bar_.h.ts_event = bar_.h.ts_recv = bar_.close_ns = open_ns + interval_ns_;
    bar_.h.instrument = merge_.instrument();
    bar_.open_ns = open_ns;
    bar_.px_exp = row.px_exp;
    bar_.qty_exp = row.qty_exp;
    bar_.open = row.open;
    bar_.high = row.high;
    bar_.low = row.low;
    bar_.close = row.close;
    bar_.volume = row.volume;
  }

  struct Source {
    std::uint32_t instrument;
    std::unique_ptr<BarFile> file;
  };
  std::vector<Source> sources_;  ///< until subscribe() takes them
  Merge merge_;
  plugin_common::Pace pace_;
  std::int64_t interval_ns_ = 0;
  bool summarized_ = false;
  bl_bar bar_{};
  Error error_{};
};

}  // namespace bowline::feed_replay
