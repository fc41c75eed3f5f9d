// The packages of packaging/packages.txt against dpkg's list. Read from its file: no other program is run.
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <string>
#include <string_view>

#include "build_packages.hpp"
#include "cli/doctor.hpp"

namespace bowline::cli {
namespace {

std::set<std::string, std::less<>> installed() {
  std::set<std::string, std::less<>> names;
  std::ifstream in("/var/lib/dpkg/status");
  std::string line, package;
  while (std::getline(in, line)) {
    if (line.starts_with("Package: ")) package = line.substr(9);
    if (line.starts_with("Status: ") && line.ends_with(" installed")) names.insert(package);
  }
  return names;
}

bool on_path(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "";
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    if (::access((std::string(rest.substr(0, end)) + "/" + program).c_str(), X_OK) == 0) return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

/// A tool that is on the path counts as there, however it came; as packaging/need has it.
bool tool_is_there(std::string_view package) {
  for (const std::string_view tool : {"npm", "git", "cmake", "ccache", "curl"})
    if (package == tool) return on_path(std::string(tool));
  if (package == "nodejs") return on_path("node");
  return package == "ninja-build" && on_path("ninja");
}

}  // namespace

Finding packages() {
  const auto has = installed();
  if (has.empty()) return {"packages", true, "not told by this machine: it has no list of dpkg", ""};
  std::string missing;
  std::size_t n = 0;
  for (const std::string name : build_packages) {
    if (has.contains(name) || tool_is_there(name)) continue;
    missing += " " + name;
    ++n;
  }
  if (n == 0) return {"packages", true, "all " + std::to_string(std::size(build_packages)) + " that building takes are here", ""};
  return {"packages", false, std::to_string(n) + " that building or testing takes are missing:" + missing,
          "sudo apt-get update && sudo apt-get install --no-install-recommends" + missing};
}

}  // namespace bowline::cli
