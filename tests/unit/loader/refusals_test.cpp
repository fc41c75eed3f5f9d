#include "loader/refusals.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "unit/loader/probe.hpp"

using namespace probe;

namespace {
fs::path source_folder() {
  const char* root = std::getenv("BOWLINE_SOURCE");
  REQUIRE(root != nullptr);
  return root;
}
}  // namespace

TEST_CASE("every code that the loader's source uses is in the table, and every row is used") {
  std::set<std::string> used, listed;
  for (const auto& entry : fs::directory_iterator(source_folder() / "host/loader")) {
    if (entry.path().extension() != ".cpp" || entry.path().filename() == "refusals.cpp") continue;
    const std::string source = read_file(entry.path());
    for (auto at = source.find("\"PLUGIN_"); at != std::string::npos; at = source.find("\"PLUGIN_", at + 1))
      used.insert(source.substr(at + 1, source.find('"', at + 1) - at - 1));
  }
  for (const Refusal& row : refusals()) {
    CHECK(listed.insert(std::string(row.code)).second);
    CHECK_FALSE(row.meaning.empty());
    CHECK_FALSE(row.remedy.empty());
  }
  CHECK(used == listed);
}

TEST_CASE("docs/plugin_refusals.md is what the table says") {
  CHECK(read_file(source_folder() / "docs/plugin_refusals.md") == refusals_markdown());
}

// unit_loader "[write-docs]" writes the page anew after the table has changed.
TEST_CASE("write docs/plugin_refusals.md", "[.write-docs]") {
  write_file(source_folder() / "docs/plugin_refusals.md", refusals_markdown());
}
