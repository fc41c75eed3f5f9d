// The fuzz target without libFuzzer: each file named, every short cut of it, and a fixed sequence of
// mutations aimed at the tables that the reader follows.
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

struct Random {  // xorshift64: the same sequence everywhere
  std::uint64_t state = 0x9e3779b97f4a7c15ull;
  std::uint64_t next() {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
  }
};

std::vector<std::uint8_t> read_file(const char* name) {
  std::ifstream in(name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace

int main(int argc, char** argv) {
  Random random;
  constexpr std::uint64_t interesting[] = {
      0, 1, 0x7f, 0xff, 0xffff, 0x7fffffff, 0xffffffff, 0x7fffffffffffffff, 0xffffffffffffffff};
  for (int i = 1; i < argc; ++i) {
    const std::vector<std::uint8_t> whole = read_file(argv[i]);
    if (whole.size() < 4096) {
      std::fprintf(stderr, "%s: too small to be a plugin\n", argv[i]);
      return 1;
    }
    LLVMFuzzerTestOneInput(whole.data(), whole.size());
    for (std::size_t cut = 0; cut < 2048; ++cut) {
      const std::vector<std::uint8_t> part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(cut));
      LLVMFuzzerTestOneInput(part.data(), part.size());
    }
    for (int round = 0; round < 20000; ++round) {
      std::vector<std::uint8_t> mutated = whole;
      const std::uint64_t edits = 1 + random.next() % 4;
      for (std::uint64_t e = 0; e < edits; ++e) {
        // Half of the edits hit the headers at the front, the others anything.
        const std::uint64_t at = random.next() % (random.next() % 2 == 0 ? 1024 : mutated.size() - 8);
        const std::uint64_t value =
            random.next() % 2 == 0 ? interesting[random.next() % std::size(interesting)] : random.next();
        const std::uint64_t width = 1ull << random.next() % 4;
        for (std::uint64_t b = 0; b < width; ++b)
          mutated[at + b] = static_cast<std::uint8_t>(value >> (8 * b));
      }
      LLVMFuzzerTestOneInput(mutated.data(), mutated.size());
    }
  }
  return 0;
}
