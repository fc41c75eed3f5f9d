// Runs a fuzz driver without libFuzzer: every file named, and of every folder named, then seeded mutations of them.
//   replay MUTATIONS PATH...
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  std::vector<std::filesystem::path> files;
  for (int i = 2; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) {
      files.emplace_back(argv[i]);
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(argv[i]))
      if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());  // the same mutations on every machine
  std::vector<std::string> corpus;
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  if (corpus.empty()) {
    std::fprintf(stderr, "no corpus in %s\n", argv[2]);
    return 1;
  }
  const auto run = [](const std::string& s) {
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(s.data()), s.size());
  };
  for (const auto& s : corpus) run(s);
  std::mt19937_64 random(1);
  const auto draw = [&](std::size_t below) { return static_cast<std::size_t>(random() % below); };
  const long mutations = std::atol(argv[1]);
  for (long i = 0; i < mutations; ++i) {
    std::string s = corpus[draw(corpus.size())];
    for (std::size_t n = 1 + draw(4); n > 0; --n) {
      const std::size_t at = draw(s.size() + 1);
      switch (draw(4)) {
        case 0:
          s.insert(at, 1, "%/?&=+#{}[]:,.-\"' \n09e\0\x7f\xff"[draw(26)]);
          break;
        case 1:
          if (at < s.size()) s.erase(at, 1 + draw(4));
          break;
        case 2:
          if (at < s.size()) s[at] = static_cast<char>(draw(256));
          break;
        default:
          s.insert(at, corpus[draw(corpus.size())].substr(0, draw(16)));
          break;
      }
    }
    run(s);
  }
  std::printf("%zu files and %ld mutations: no fault\n", corpus.size(), mutations);
  return 0;
}
