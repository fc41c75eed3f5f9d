// The ELF note, put together by the compiler from id, version and class, so that it can't differ from the
// code.
#pragma once

#include <bowline/plugin.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bowline::detail {

constexpr std::string_view kind_name(bl_kind kind) {
  constexpr std::string_view names[] = {"", "feed", "signal", "risk", "broker", "rebalancer"};
  return names[kind];
}

template <std::size_t Size>
struct Note {
  std::uint32_t namesz = 8, descsz = Size, type = 1;
  char name[8] = {'b', 'o', 'w', 'l', 'i', 'n', 'e', '\0'};
  char desc[(Size + 3) / 4 * 4] = {};
};

constexpr std::size_t note_text(std::string_view id, std::string_view version, bl_kind kind, bool simulated,
                                char* to) {
  std::size_t n = 0;
  for (const std::string_view part :
       {std::string_view("{\"abi\":1,\"min_host_minor\":0,\"plugins\":[{\"id\":\""), id,
        std::string_view("\",\"kind\":\""), kind_name(kind), std::string_view("\",\"version\":\""), version,
        std::string_view(simulated ? "\"}],\"venue_class\":\"simulated\"}" : "\"}]}")})
    for (const char c : part) {
      if (to != nullptr) to[n] = c;
      ++n;
    }
  return n;
}

/// T::simulated = true marks a broker whose venue is not real; whoever does not say so trades with money.
template <class T>
constexpr bool is_simulated() {
  if constexpr (requires { T::simulated; }) return T::simulated;
  return false;
}

template <std::size_t Size>
constexpr Note<Size> make_note(std::string_view id, std::string_view version, bl_kind kind, bool simulated) {
  Note<Size> note;
  note_text(id, version, kind, simulated, note.desc);
  return note;
}

}  // namespace bowline::detail
