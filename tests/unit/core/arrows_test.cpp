// Which folder of host/ may include which. The build links libraries, it does not watch includes: this does.
//   cli -> {services, data} -> {features, loader, store, edge, observe, research, config} -> core -> sdk
#include <catch2/catch.hpp>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using Allowed = std::map<std::string, std::set<std::string>>;

const Allowed& allowed() {
  static const Allowed table{
      {"core", {}},
      {"features", {"core"}},
      {"loader", {"core"}},
      {"store", {"core"}},
      {"edge", {"core"}},
      {"observe", {"core"}},
      {"config", {"core"}},
      {"research", {"core", "features", "loader", "store", "config"}},
      {"data", {"core", "store", "edge"}},
      {"services", {"core", "features", "loader", "store", "edge", "observe", "research", "config"}},
      {"panic", {"core", "loader", "store", "edge", "observe", "config", "services"}},
      {"cli", {"core", "features", "loader", "store", "edge", "observe", "research", "config", "services", "data"}},
  };
  return table;
}

/// The files named by #include "..." lines. Those without a folder stand beside their includer.
std::vector<std::string> quoted_includes(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::size_t at = line.find_first_not_of(" \t");
    if (at == std::string::npos || line[at] != '#') continue;
    at = line.find_first_not_of(" \t", at + 1);
    if (at == std::string::npos || line.compare(at, 7, "include") != 0) continue;
    const std::size_t open = line.find('"', at);
    const std::size_t close = open == std::string::npos ? open : line.find('"', open + 1);
    if (close != std::string::npos) out.push_back(line.substr(open + 1, close - open - 1));
  }
  return out;
}

/// Why a file of `folder` may not include `target`; empty when it may.
std::string wrong_arrow(const std::string& folder, const std::string& target) {
  if (target.find("..") != std::string::npos) return folder + " -> " + target + ": no way up with ..";
  const std::size_t slash = target.find('/');
  if (slash == std::string::npos) return {};
  const std::string to = target.substr(0, slash);
  if (to == folder) return {};
  if (folder == "plugins") return allowed().contains(to) || to == "host" ? "plugins -> " + target : std::string{};
  const auto row = allowed().find(folder);
  if (row == allowed().end()) return "host/" + folder + " is not in the table of arrows: add it there on purpose";
  if (!allowed().contains(to)) return {};  // a generated or third-party header
  return row->second.contains(to) ? std::string{} : folder + " -> " + target;
}

bool is_source(const fs::path& p) {
  const std::string ext = p.extension().string();
  return ext == ".cpp" || ext == ".hpp" || ext == ".h" || ext == ".c" || ext == ".inc";
}

std::vector<std::string> check_tree(const fs::path& root, bool plugins, std::size_t& includes) {
  std::vector<std::string> wrong;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file() || !is_source(entry.path())) continue;
    const fs::path inside = fs::relative(entry.path(), root);
    std::ifstream file(entry.path());
    std::stringstream text;
    text << file.rdbuf();
    for (const std::string& target : quoted_includes(text.str())) {
      ++includes;
      const std::string why = wrong_arrow(plugins ? "plugins" : inside.begin()->string(), target);
      if (!why.empty()) wrong.push_back(entry.path().string() + ": " + why);
    }
  }
  return wrong;
}

fs::path source() {
  const char* env = std::getenv("BOWLINE_SOURCE");
  return env == nullptr ? fs::path() : fs::path(env);
}

}  // namespace

TEST_CASE("the includes of host/ follow the arrows") {
  REQUIRE(fs::is_directory(source() / "host"));
  std::size_t includes = 0;
  const auto wrong = check_tree(source() / "host", false, includes);
  for (const std::string& w : wrong) UNSCOPED_INFO(w);
  CHECK(wrong.empty());
  CHECK(includes > 100);  // it did read the tree
}

TEST_CASE("a plugin includes nothing of the host") {
  if (!fs::is_directory(source() / "plugins")) return;
  std::size_t includes = 0;
  const auto wrong = check_tree(source() / "plugins", true, includes);
  for (const std::string& w : wrong) UNSCOPED_INFO(w);
  CHECK(wrong.empty());
}

TEST_CASE("the sdk includes nothing of the host") {
  std::size_t includes = 0;
  const auto wrong = check_tree(source() / "sdk", true, includes);
  for (const std::string& w : wrong) UNSCOPED_INFO(w);
  CHECK(wrong.empty());
}

TEST_CASE("the arrows' own test: a made-up wrong include is found, a right one is not") {
  const fs::path root = fs::temp_directory_path() / ("bowline_arrows_" + std::to_string(::getpid()));
  fs::create_directories(root / "core");
  fs::create_directories(root / "services" / "x");
  std::ofstream(root / "core" / "bad.hpp") << "  #  include \"services/x/y.hpp\"\n#include \"core/types.hpp\"\n";
  std::ofstream(root / "services" / "x" / "good.cpp") << "#include \"core/types.hpp\"\n#include <core/none.hpp>\n";
  std::size_t includes = 0;
  const auto wrong = check_tree(root, false, includes);
  fs::remove_all(root);
  REQUIRE(wrong.size() == 1);
  CHECK(wrong[0].find("core -> services/x/y.hpp") != std::string::npos);
  CHECK(includes == 3);

  CHECK(wrong_arrow("core", "store/journal.hpp") != "");
  CHECK(wrong_arrow("store", "edge/router.hpp") != "");
  CHECK(wrong_arrow("edge", "services/a.hpp") != "");
  CHECK(wrong_arrow("services", "cli/main.hpp") != "");
  CHECK(wrong_arrow("research", "edge/router.hpp") != "");
  CHECK(wrong_arrow("research", "store/journal.hpp") == "");
  CHECK(wrong_arrow("cli", "services/a.hpp") == "");
  CHECK(wrong_arrow("plugins", "core/types.hpp") != "");
  CHECK(wrong_arrow("plugins", "host/core/types.hpp") != "");
  CHECK(wrong_arrow("core", "../store/journal.hpp") != "");
  CHECK(wrong_arrow("attic", "core/types.hpp") != "");
}
