// The feed table for a pulled feed class P: Result<void> subscribe(ids), bl_status pull(max, sink, next_ns,
// error).
#pragma once

#include "shell.hpp"

namespace bowline::plugin_common {

template <class P>
struct FeedTable {
  static bl_status subscribe(bl_inst* i, const std::uint32_t* instruments, std::uint64_t n, std::uint32_t,
                             bl_error* err) noexcept {
    return guarded(err, BL_E_CONFIG, [&] { return Shell<P>::of(i).subscribe(instruments, n); });
  }
  static bl_status pull(bl_inst* i, std::uint64_t max, const bl_sink* sink, std::int64_t* next_ns,
                        bl_error* err) noexcept {
    bl_status status = BL_E_INTERNAL;
    const bl_status ran = guarded(err, BL_E_INTERNAL, [&]() -> Result<void> {
      Error why;
      status = Shell<P>::of(i).pull(max, *sink, *next_ns, why);
      if (status < 0 && status != BL_E_AGAIN && status != BL_E_NOT_FOUND) put_error(err, status, why);
      return {};
    });
    return ran == BL_OK ? status : ran;
  }
  static constexpr bl_feed_v1 value{sizeof(bl_feed_v1), 0, subscribe, pull};
};

/// The map of a params object, in key order: {"BTC-USD": "..."} -> pairs.
inline std::vector<std::pair<std::string, std::string>> text_map(const Json& object) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& [key, value] : object.items()) out.emplace_back(key, value.get<std::string>());
  return out;
}

}  // namespace bowline::plugin_common
