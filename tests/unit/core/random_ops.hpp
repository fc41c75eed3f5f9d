// What property tests share: a generator of numbers that gives the same everywhere, the size of a run, and the shrinking
// of a failing list of steps to the few that matter.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <vector>

namespace bowline::test {

/// SplitMix64: one word of state, so a sequence of its own for every number.
class Rng {
  std::uint64_t state_;

 public:
  explicit Rng(std::uint64_t seed) noexcept : state_(seed) {}
  std::uint64_t next() noexcept {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  /// 0 to n - 1.
  std::uint32_t below(std::uint32_t n) noexcept { return static_cast<std::uint32_t>(((next() >> 32) * n) >> 32); }
  bool chance(std::uint32_t percent) noexcept { return below(100) < percent; }
};

/// The seed of the nth sequence of a run.
constexpr std::uint64_t seed_of(std::uint64_t run, std::uint64_t n) noexcept { return run * 0xD1342543DE82EF95u + n; }

inline std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 0);
}

/// How many sequences a run has: `full` where the code is optimised and nothing watches it, a part of it elsewhere.
/// BOWLINE_PROPERTY_SEQUENCES says otherwise.
inline std::uint64_t sequences(std::uint64_t full) {
#if !defined(__OPTIMIZE__) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  full /= 40;
#endif
  return number_from("BOWLINE_PROPERTY_SEQUENCES", full);
}

/// The list without all that can be left out so that `fails` still says yes. Steps must make sense in any company.
template <class Step, class Fails>
std::vector<Step> shrunk(std::vector<Step> steps, Fails fails) {
  for (std::size_t chunk = steps.size() / 2; chunk > 0;) {
    bool smaller = false;
    for (std::size_t at = 0; at + chunk <= steps.size();) {
      std::vector<Step> fewer(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(at));
      fewer.insert(fewer.end(), steps.begin() + static_cast<std::ptrdiff_t>(at + chunk), steps.end());
      if (fails(fewer)) {
        steps = std::move(fewer);
        smaller = true;
      } else {
        at += chunk;
      }
    }
    if (!smaller || chunk > steps.size()) chunk /= 2;
  }
  return steps;
}

}  // namespace bowline::test
