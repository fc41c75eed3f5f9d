#include "player.hpp"

#include <algorithm>
#include <tuple>

#include "common/iso_time.hpp"

namespace bowline::feed_replay {

Result<PlayerOptions> player_options(std::vector<std::pair<std::string, std::string>> files,
                                     std::int64_t interval_ns, const std::string& speed,
                                     const std::string& from, const std::string& to,
                                     const std::string& on_bad) {
  PlayerOptions o;
  if (files.empty())
    return Error{"FEED_FILES_MISSING", "files: name at least one symbol and its candle file"};
  o.files = std::move(files);
  if (interval_ns <= 0 || interval_ns % plugin_common::ns_per_s != 0)
    return Error{"FEED_INTERVAL_INVALID", "interval: a whole number of seconds above 0 is needed"};
  o.interval_ns = interval_ns;
  const auto factor = plugin_common::parse_speed(speed);
  if (!factor)
    return Error{"FEED_SPEED_INVALID", "speed: " + speed + " is none of max, real, or a factor such as 300x"};
  o.speed = *factor;
  for (const auto& [name, text, to_set] :
       {std::tuple("from", &from, &o.from_ns), std::tuple("to", &to, &o.to_ns)}) {
    if (text->empty()) continue;
    const auto t = plugin_common::parse_time(*text);
    if (!t)
      return Error{"FEED_TIME_INVALID",
                   std::string(name) + ": " + *text +
                       " is no time; write 2022-01-01, 2022-01-01T12:00:00Z, or epoch seconds in quotes"};
    *to_set = *t;
  }
  if (o.from_ns >= o.to_ns) return Error{"FEED_TIME_INVALID", "from: it must lie before to"};
  o.on_bad = on_bad == "skip" ? OnBad::skip : OnBad::refuse;
  return o;
}

Result<std::unique_ptr<Player>> Player::open(
    const PlayerOptions& options, const std::function<std::uint32_t(const std::string&)>& number_of) {
  std::unique_ptr<Player> player(new Player);
  player->interval_ns_ = options.interval_ns;
  player->pace_ = plugin_common::Pace(options.speed);
  player->bar_.h.size = sizeof(bl_bar);
  player->bar_.h.type = BL_EV_BAR;
  player->bar_.is_final = 1;
  constexpr std::int64_t s = plugin_common::ns_per_s;
  for (const auto& [symbol, path] : options.files) {
    const std::uint32_t instrument = number_of(symbol);
    if (instrument == 0)
      return Error{"FEED_SYMBOL_UNKNOWN",
                   "files." + symbol + ": not among the run's instruments, by what their data are told under; add it there, or remove the file"};
    FileOptions f;
    f.path = path;
    f.interval_s = options.interval_ns / s;
    if (options.from_ns != INT64_MIN) f.from_s = options.from_ns / s;
    if (options.to_ns != INT64_MAX) f.to_s = options.to_ns / s;
    f.on_bad = options.on_bad;
    auto file = BarFile::open(f);
    if (!file) return file.error();
    player->sources_.push_back({instrument, std::move(*file)});
  }
  std::sort(player->sources_.begin(), player->sources_.end(),
            [](const Source& a, const Source& b) { return a.instrument < b.instrument; });
  return player;
}

Result<void> Player::subscribe(const std::uint32_t* instruments, std::uint64_t n) {
  std::vector<std::uint32_t> wanted(instruments, instruments + n);
  std::sort(wanted.begin(), wanted.end());
  for (const std::uint32_t w : wanted)
    if (std::none_of(sources_.begin(), sources_.end(), [w](const Source& s) { return s.instrument == w; }))
      return Error{"FEED_FILE_MISSING",
                   "instrument number " + std::to_string(w) + " of the run's list has no entry in files: every instrument needs a file"};
  for (Source& s : sources_)
    if (std::binary_search(wanted.begin(), wanted.end(), s.instrument))
      merge_.add(s.instrument, std::move(s.file));
  sources_.clear();
  return {};
}

Player::Pulled Player::finish(BarFile::Next what) {
  if (what == BarFile::Next::failed) {
    error_ = merge_.error();
    return Pulled::failed;
  }
  for (std::size_t i = 0; i < merge_.size(); ++i)
    if (merge_.file(i).counts().bars == 0) {
      error_ =
          Error{"FEED_RANGE_EMPTY", short_path(merge_.file(i).path()) + ": no row lies between from and to"};
      return Pulled::failed;
    }
  return Pulled::end;
}

void Player::summarize(const Log& log) {
  if (summarized_) return;
  summarized_ = true;
  for (std::size_t i = 0; i < merge_.size(); ++i) {
    const BarFile& f = merge_.file(i);
    const Counts& c = f.counts();
    log(c.skipped > 0 ? 3 : 2, short_path(f.path()) + ": " + std::to_string(c.bars) + " bars, " +
                                   std::to_string(c.gaps) + " gaps of " + std::to_string(c.missing_bars) +
                                   " missing bars, " + std::to_string(c.zero_volume) + " without volume, " +
                                   std::to_string(c.rounded) + " rounded to 18 decimals, " +
                                   std::to_string(c.duplicates) + " repeated rows and " +
                                   std::to_string(c.skipped) + " bad rows left out");
    if (f.may_be_cut()) log(3, short_path(f.path()) + ": the last line has no newline; the file may be cut");
  }
}

}  // namespace bowline::feed_replay
