#include "ids.hpp"

#include <array>

namespace bowline::exchange {
namespace {

// A UUID has 62 free bits behind the variant. On them, multiplying with an odd number and folding the upper half into the lower
// one can both be undone.
constexpr std::uint64_t mask = (1ULL << 62) - 1, odd = 0x1e3779b97f4a7c15ULL;
constexpr int half = 31;
constexpr std::uint64_t inverse_of(std::uint64_t a) {
  std::uint64_t x = a;  // Newton: each step doubles the bits that are right, 3 at first
  for (int i = 0; i < 5; ++i) x *= 2 - a * x;
  return x & mask;
}
constexpr std::uint64_t inverse = inverse_of(odd);
static_assert(((odd * inverse) & mask) == 1);

constexpr std::uint64_t fold(std::uint64_t x) { return x ^ (x >> half); }  // its own inverse: half is half of 62
std::uint64_t mix(std::uint64_t x, std::uint64_t key) {
  for (int i = 0; i < 3; ++i) x = fold(((x ^ (key >> i)) * odd) & mask) & mask;
  return x;
}
std::uint64_t unmix(std::uint64_t x, std::uint64_t key) {
  for (int i = 2; i >= 0; --i) x = ((fold(x) * inverse) & mask) ^ ((key >> i) & mask);
  return x & mask;
}
std::uint64_t scatter(std::uint64_t x) {  // splitmix64's finish
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}
std::uint64_t key_of(std::uint64_t seed, IdKind kind) {
  return scatter(seed * 0x9e3779b97f4a7c15ULL + static_cast<std::uint64_t>(kind)) & mask;
}
std::string written(std::uint64_t hi, std::uint64_t lo) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string s(36, '-');
  std::size_t at = 0;
  for (int i = 0; i < 32; ++i) {
    if (at == 8 || at == 13 || at == 18 || at == 23) ++at;
    const std::uint64_t word = i < 16 ? hi : lo;
    s[at++] = digits[(word >> (60 - 4 * (i % 16))) & 15];
  }
  return s;
}

}  // namespace

std::string Ids::text(IdKind kind, std::uint64_t n) const {
  const std::uint64_t key = key_of(seed_, kind);
  const std::uint64_t hi = (scatter(key + n * 0x9e3779b97f4a7c15ULL) & ~0xf000ULL) | 0x4000ULL;
  return written(hi, mix(n, key) | (2ULL << 62));
}

std::optional<std::uint64_t> Ids::number(IdKind kind, std::string_view id) const {
  if (id.size() != 36) return std::nullopt;
  std::uint64_t lo = 0;
  for (std::size_t i = 19; i < 36; ++i) {
    const char c = id[i];
    if (i == 23) {
      if (c != '-') return std::nullopt;
      continue;
    }
    const int d = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    if (d < 0) return std::nullopt;
    lo = lo << 4 | static_cast<std::uint64_t>(d);
  }
  const std::uint64_t n = unmix(lo & mask, key_of(seed_, kind));
  const std::string same = text(kind, n);
  for (std::size_t i = 0; i < 36; ++i) {
    const char c = id[i] >= 'A' && id[i] <= 'F' ? static_cast<char>(id[i] - 'A' + 'a') : id[i];
    if (c != same[i]) return std::nullopt;
  }
  return n;
}

}  // namespace bowline::exchange
