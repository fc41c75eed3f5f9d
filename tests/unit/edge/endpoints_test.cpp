#include "edge/endpoints.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <optional>

using namespace bowline;
namespace fs = std::filesystem;

namespace {
struct Folder {
  fs::path path = fs::temp_directory_path() / ("bowline_endpoints_" + std::to_string(::getpid()));
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
};
}  // namespace

TEST_CASE("a host is found by its folder while it lives, and not when it has ended") {
  Folder f;
  CHECK(edge::read_endpoint(f.path, "trade-execution").error().code == "EDGE_ENDPOINTS");
  {
    const auto told = edge::Endpoints::tell(f.path, "0.0.0.0", {{"trade-execution", 8024}});
    REQUIRE(told.ok());
    CHECK(*edge::read_endpoint(f.path, "trade-execution") == "http://127.0.0.1:8024");
    CHECK_FALSE(edge::read_endpoint(f.path, "signal-bridge").ok());
    CHECK_FALSE(edge::Endpoints::tell(f.path, "127.0.0.1", {{"trade-execution", 1}}).ok());  // another host holds it
    CHECK(*edge::read_endpoint(f.path, "trade-execution") == "http://127.0.0.1:8024");
  }
  CHECK_FALSE(fs::exists(f.path / "endpoints.json"));
}

TEST_CASE("where a host speaks TLS its addresses say so") {
  Folder f;
  const auto told = edge::Endpoints::tell(f.path, "::", {{"trade-execution", 8024}}, true);
  REQUIRE(told.ok());
  CHECK(*edge::read_endpoint(f.path, "trade-execution") == "https://127.0.0.1:8024");
}

TEST_CASE("a file that a dead host left behind leads nobody to whoever has its port now, and is written over") {
  Folder f;
  std::ofstream(f.path / "endpoints.json") << R"({"trade-execution": "http://127.0.0.1:8024", "padding": "longer than what comes"})";
  CHECK_FALSE(edge::read_endpoint(f.path, "trade-execution").ok());
  const auto told = edge::Endpoints::tell(f.path, "::1", {{"trade-execution", 9}});
  REQUIRE(told.ok());
  CHECK(*edge::read_endpoint(f.path, "trade-execution") == "http://[::1]:9");
}
