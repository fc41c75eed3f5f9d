// Where the published vectors are, and how a test goes without them.
#pragma once

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace bowline::coinbase_test {

/// The text of a file below reference/coinbase/vectors of BOWLINE_DATA. nullopt: there is no such folder, which is said (and is a failure
/// when BOWLINE_REQUIRE_DATA=1).
inline std::optional<std::string> vector_text(const std::string& name) {
  const char* data = std::getenv("BOWLINE_DATA");
  const std::filesystem::path folder = data ? std::filesystem::path(data) / "reference" / "coinbase" / "vectors" : std::filesystem::path();
  if (!data || !std::filesystem::is_directory(folder)) {
    if (const char* must = std::getenv("BOWLINE_REQUIRE_DATA"); must && std::string_view(must) == "1")
      FAIL("BOWLINE_REQUIRE_DATA is set, and BOWLINE_DATA names no folder with reference/coinbase/vectors");
    WARN("skipped: published vectors: BOWLINE_DATA (folder of reference/coinbase/vectors) is not set");
    return std::nullopt;
  }
  std::ifstream in(folder / name, std::ios::binary);
  INFO(name);
  REQUIRE(in.good());
  return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}
inline std::optional<nlohmann::json> vector_json(const std::string& name) {
  const auto text = vector_text(name);
  if (!text) return std::nullopt;
  return nlohmann::json::parse(*text);
}

}  // namespace bowline::coinbase_test
