// A log file of its own for one test; the log goes back to stderr at the end.
#pragma once

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "observe/log.hpp"

namespace bowline::test {

struct LogFile {
  std::string path =
      (std::filesystem::temp_directory_path() / ("bowline_log_test_" + std::to_string(::getpid()))).string();
  explicit LogFile(observe::log::Options options = {}) {
    std::filesystem::remove(path);
    options.file = path;
    REQUIRE(observe::log::init(options).ok());
  }
  ~LogFile() {
    observe::log::shutdown();
    std::filesystem::remove(path);
  }
  /// Ends the log. Each line as JSON; a line that is none throws.
  std::vector<nlohmann::json> lines() {
    observe::log::shutdown();
    std::ifstream in(path);
    std::vector<nlohmann::json> out;
    for (std::string line; std::getline(in, line);) out.push_back(nlohmann::json::parse(line));
    return out;
  }
};

}  // namespace bowline::test
