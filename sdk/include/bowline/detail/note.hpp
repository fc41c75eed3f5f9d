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

/// What a plugin's type says of its file, beside id and version.
struct NoteFacts {
  bool simulated = false;
  std::uint32_t min_host_minor = 0;
  const std::string_view* needed = nullptr;
  std::size_t n_needed = 0;
};

/// T::simulated = true marks a broker whose venue is not real; whoever does not say so trades with money. T::needed lists
/// the distribution's libraries that the file is linked to, T::min_host_minor the oldest host that it runs on.
template <class T>
constexpr NoteFacts note_facts() {
  NoteFacts f;
  if constexpr (requires { T::simulated; }) f.simulated = T::simulated;
  if constexpr (requires { T::min_host_minor; }) f.min_host_minor = T::min_host_minor;
  if constexpr (requires { T::needed.size(); }) {
    f.needed = T::needed.data();
    f.n_needed = T::needed.size();
  }
  return f;
}

constexpr std::size_t note_text(std::string_view id, std::string_view version, bl_kind kind, const NoteFacts& facts,
                                char* to) {
  std::size_t n = 0;
  const auto put = [&](std::string_view part) {
    for (const char c : part) {
      if (to != nullptr) to[n] = c;
      ++n;
    }
  };
  char digits[10] = {};
  std::size_t first = sizeof digits;
  std::uint32_t minor = facts.min_host_minor;
  do digits[--first] = static_cast<char>('0' + minor % 10);
  while ((minor /= 10) != 0);
  put("{\"abi\":1,\"min_host_minor\":");
  put({digits + first, sizeof digits - first});
  put(",\"plugins\":[{\"id\":\"");
  put(id);
  put("\",\"kind\":\"");
  put(kind_name(kind));
  put("\",\"version\":\"");
  put(version);
  put("\"}]");
  if (facts.simulated) put(",\"venue_class\":\"simulated\"");
  for (std::size_t i = 0; i < facts.n_needed; ++i) {
    put(i == 0 ? ",\"needed\":[\"" : "\",\"");
    put(facts.needed[i]);
  }
  if (facts.n_needed != 0) put("\"]");
  put("}");
  return n;
}

template <std::size_t Size>
constexpr Note<Size> make_note(std::string_view id, std::string_view version, bl_kind kind, const NoteFacts& facts) {
  Note<Size> note;
  note_text(id, version, kind, facts, note.desc);
  return note;
}

}  // namespace bowline::detail
