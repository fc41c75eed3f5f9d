// What the tests of data share: a folder that goes away, and candles that are easy to tell from each other.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "data/series.hpp"

namespace data_test {

using namespace bowline;
namespace fs = std::filesystem;

struct Scratch {
  fs::path dir;
  Scratch() {
    std::string name = (fs::temp_directory_path() / "bowline-data-XXXXXX").string();
    dir = ::mkdtemp(name.data());
  }
  ~Scratch() {
    std::error_code ec;
    fs::remove_all(dir, ec);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  fs::path operator/(const char* name) const { return dir / name; }
};

inline std::string bytes_of(const fs::path& p) {
  std::ifstream in(p, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
inline void put(const fs::path& p, const std::string& text) { std::ofstream(p, std::ios::binary) << text; }

inline constexpr std::int64_t t0 = 1'704'067'200;  // 2024-01-01T00:00:00Z

/// The candle that opens at `open_s`: prices that tell it from its neighbours.
inline data::Candle candle(std::int64_t open_s) {
  const std::int64_t n = open_s / 60 % 1000;
  return {open_s,
          Decimal::from_mantissa(4'200'000 + n, -2),
          Decimal::from_mantissa(4'300'000 + n, -2),
          Decimal::from_mantissa(4'100'000 + n, -2),
          Decimal::from_mantissa(4'210'000 + n, -2),
          Decimal::from_mantissa(1'000 + n, -8)};
}
inline data::Candles candles(std::int64_t from_s, std::int64_t to_s, std::int64_t step) {
  data::Candles out;
  for (std::int64_t t = from_s; t < to_s; t += step) out.push_back(candle(t));
  return out;
}

}  // namespace data_test
