// What has to hold for any input: a driver that only survives its inputs finds half of the faults.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace bowline::fuzz {

inline void must(bool holds, const char* what, std::string_view input) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s; input of %zu bytes: %.*s\n", what, input.size(), static_cast<int>(input.size()), input.data());
  std::abort();
}

}  // namespace bowline::fuzz
