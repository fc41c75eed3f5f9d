// Numbers that look random and follow from what they are numbers of: no state, so that a venue which starts again goes on as before.
#pragma once

#include <cstdint>
#include <string_view>

namespace bowline::exchange {

constexpr std::uint64_t mixed(std::uint64_t x) noexcept {  // the finaliser of splitmix64
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}
/// The n-th throw of a seed.
constexpr std::uint64_t dice(std::uint64_t seed, std::uint64_t n) noexcept { return mixed(mixed(seed) ^ n); }
/// A seed of its own for each name.
constexpr std::uint64_t seed_of(std::uint64_t seed, std::string_view name) noexcept {
  std::uint64_t h = mixed(seed);
  for (const char c : name) h = mixed(h ^ static_cast<unsigned char>(c));
  return h;
}
/// In [-1, 1).
constexpr double spread(std::uint64_t x) noexcept { return static_cast<double>(static_cast<std::int64_t>(x) >> 11) * 0x1p-52; }

}  // namespace bowline::exchange
