// A folder that is there for one test.
#pragma once

#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace server_test {

struct Folder {
  std::filesystem::path path;
  Folder() {
    char name[] = "/tmp/bowline_venue_XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string operator/(const std::string& file) const { return (path / file).string(); }
};

}  // namespace server_test
