// Bars for the tests of features: a seeded walk, with flat and untraded bars now and then.
#pragma once

#include <bowline/plugin.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string_view>
#include <vector>

#include "features/catalogue.hpp"

namespace bowline::features::test {

inline constexpr std::int64_t hour_ns = 3'600'000'000'000;

inline bl_bar make_bar(std::size_t i, std::int64_t o, std::int64_t h, std::int64_t l, std::int64_t c,
                       std::int64_t v, std::uint32_t instrument = 1) {
  bl_bar b{};
  b.h.size = sizeof b, b.h.type = BL_EV_BAR, b.h.instrument = instrument;
  b.open_ns = 1'640'995'200'000'000'000 + static_cast<std::int64_t>(i) * hour_ns,
  b.close_ns = b.open_ns + hour_ns;
  b.px_exp = -2, b.qty_exp = -4, b.is_final = 1;
  b.open = o, b.high = h, b.low = l, b.close = c, b.volume = v;
  return b;
}

/// The engine's raw numbers only: the standard leaves distributions to the library.
inline std::vector<bl_bar> walk(std::uint32_t seed, std::size_t n, std::uint32_t instrument = 1) {
  std::mt19937 random(seed);
  const auto below = [&](std::uint32_t limit) { return static_cast<std::int64_t>(random() % limit); };
  std::vector<bl_bar> bars;
  std::int64_t last = 3'000'000;
  for (std::size_t i = 0; i < n; ++i) {
    if (below(20) == 0) {
      bars.push_back(make_bar(i, last, last, last, last, 0, instrument));
      continue;
    }
    const std::int64_t open = std::max<std::int64_t>(last + below(2001) - 1000, 100'000);
    const std::int64_t close = std::max<std::int64_t>(open + below(40001) - 20000, 100'000);
    const std::int64_t high = std::max(open, close) + below(10000),
                       low = std::min(open, close) - below(10000);
    bars.push_back(make_bar(i, open, high, low, close, below(5'000'000), instrument));
    last = close;
  }
  return bars;
}

inline std::vector<std::string_view> all_names() {
  std::vector<std::string_view> names;
  for (const FeatureDef& f : catalogue()) names.push_back(f.name);
  return names;
}

}  // namespace bowline::features::test
