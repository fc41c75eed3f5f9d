// Random numbers that are the same on every machine: the generator and the bell curve use integers, + and *
// only.
#pragma once

#include <array>
#include <cstdint>

namespace bowline::feed_simulated {

/// splitmix64: spreads a small seed over 64 bits.
constexpr std::uint64_t mix(std::uint64_t x) noexcept {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

/// xoshiro256** (Blackman and Vigna), seeded through splitmix64. No libm, no libstdc++ distribution: those
/// differ between versions, and a seed must mean the same market everywhere.
class Rng {
  std::array<std::uint64_t, 4> s_{};
  static constexpr std::uint64_t rotl(std::uint64_t x, int k) noexcept { return (x << k) | (x >> (64 - k)); }

 public:
  explicit constexpr Rng(std::uint64_t seed) noexcept {
    for (std::uint64_t i = 0; i < 4; ++i) s_[i] = mix(seed + i * 0x9e3779b97f4a7c15ULL);
  }
  constexpr std::uint64_t bits() noexcept {
    const std::uint64_t result = rotl(s_[1] * 5, 7) * 9;
    const std::uint64_t t = s_[1] << 17;
    s_[2] ^= s_[0];
    s_[3] ^= s_[1];
    s_[1] ^= s_[2];
    s_[0] ^= s_[3];
    s_[2] ^= t;
    s_[3] = rotl(s_[3], 45);
    return result;
  }
  /// In [0, 1), a multiple of 2^-53.
  constexpr double uniform() noexcept { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }
  /// Mean 0, variance 1, within +-6: the sum of twelve uniforms less six. Fat tails come from regimes and
  /// jumps.
  constexpr double normal() noexcept {
    double sum = -6.0;
    for (int i = 0; i < 12; ++i) sum += uniform();
    return sum;
  }
};

}  // namespace bowline::feed_simulated
