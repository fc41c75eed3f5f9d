// The feed table of a feed class P: Result<void> subscribe(ids, n), with the channels behind them if it wants to know, and bl_status pull(max, sink, next_ns, error), or
// Result<void> on_event(event, sink), or both.
#pragma once

#include "shell.hpp"

namespace bowline::plugin_common {

template <class P>
struct FeedTable {
  static bl_status subscribe(bl_inst* i, const std::uint32_t* instruments, std::uint64_t n, std::uint32_t channels,
                             bl_error* err) noexcept {
    return guarded(err, BL_E_CONFIG, [&]() -> Result<void> {
      if constexpr (requires(P & p) { p.subscribe(instruments, n, channels); }) return Shell<P>::of(i).subscribe(instruments, n, channels);
      else return Shell<P>::of(i).subscribe(instruments, n);
    });
  }
  static bl_status pull(bl_inst* i, std::uint64_t max, const bl_sink* sink, std::int64_t* next_ns,
                        bl_error* err) noexcept {
    bl_status status = BL_E_INTERNAL;
    const bl_status ran = guarded(err, BL_E_INTERNAL, [&]() -> Result<void> {
      if constexpr (pulls) {
        Error why;
        status = Shell<P>::of(i).pull(max, *sink, *next_ns, why);
        if (status < 0 && status != BL_E_AGAIN && status != BL_E_NOT_FOUND) put_error(err, status, why);
      }
      return {};
    });
    return ran == BL_OK ? status : ran;
  }
  static bl_status on_event(bl_inst* i, const bl_event* e, const bl_sink* sink) noexcept {
    return guarded(nullptr, BL_E_IO, [&]() -> Result<void> {
      if constexpr (hears) return Shell<P>::of(i).on_event(*e, *sink);
      return {};
    });
  }
  static constexpr bool pulls = requires(P & p, const bl_sink& s, std::int64_t& next, Error& why) { p.pull(std::uint64_t{1}, s, next, why); };
  static constexpr bool hears = requires(P & p, const bl_event& e, const bl_sink& s) { p.on_event(e, s); };
  static constexpr bl_feed_v1 value{sizeof(bl_feed_v1), 0, subscribe, pulls ? pull : nullptr, hears ? on_event : nullptr};
};

/// The map of a params object, in key order: {"BTC-USD": "..."} -> pairs.
inline std::vector<std::pair<std::string, std::string>> text_map(const Json& object) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& [key, value] : object.items()) out.emplace_back(key, value.get<std::string>());
  return out;
}

}  // namespace bowline::plugin_common
