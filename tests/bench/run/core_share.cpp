// How much of a core this process gets right now. Eight chains of additions that do not wait for each other keep a core's
// units busy: where it is shared with another guest of the machine they take up to twice as long, while one chain, which
// mostly waits for itself, takes as long as ever. Prints the time of both, in ns a round; a figure of throughput is to be
// read beside the first.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>

namespace {

constexpr int rounds = 40'000'000;

template <std::size_t Chains>
double ns_a_round() {
  std::array<std::uint64_t, Chains> x{};
  const auto began = std::chrono::steady_clock::now();
  for (std::uint64_t n = 0; n < rounds; ++n) {
#pragma GCC unroll 8
    for (std::size_t i = 0; i < Chains; ++i) {  // unrolled, so that they live in registers
      x[i] += n ^ x[i];
      asm volatile("" : "+r"(x[i]));  // each is done, one by one
    }
  }
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - began;
  return took.count() / rounds;
}

}  // namespace

int main() {
  double busy = 1e9, waiting = 1e9;
  for (int i = 0; i < 3; ++i) {
    busy = std::min(busy, ns_a_round<8>());
    waiting = std::min(waiting, ns_a_round<1>());
  }
  std::printf("%.3f %.3f\n", busy, waiting);
}
