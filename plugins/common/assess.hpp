// bowline.assess/1 for a plugin class P: Json assess() const, what it stands at. The class offers it by
//   static const void* extension(std::string_view id) { return AssessTable<P>::for_id(id); }
#pragma once

#include "shell.hpp"

namespace bowline::plugin_common {

template <class P>
struct AssessTable {
  static bl_status get(bl_inst* i, char* buf, std::uint64_t cap, std::uint64_t* len, bl_error* err) noexcept {
    return guarded(err, BL_E_INTERNAL, [&]() -> Result<void> {
      const std::string text = Shell<P>::of(i).assess().dump();
      *len = text.size();
      if (buf != nullptr) text.copy(buf, std::min<std::uint64_t>(cap, text.size()));
      return {};
    });
  }
  static constexpr bl_assess_v1 value{sizeof(bl_assess_v1), 0, get};
  static const void* for_id(std::string_view id) noexcept { return id == BL_EXT_ASSESS ? &value : nullptr; }
};

}  // namespace bowline::plugin_common
