#include "loader/catalogue.hpp"

#include <catch2/catch.hpp>

#include "loader/inspect.hpp"
#include "unit/loader/probe.hpp"

using namespace probe;

TEST_CASE("the catalogue knows which file offers which plugin, and runs none") {
  TempDir dir;
  stage("two_plugins", dir / "p");
  stage("create_hangs", dir / "p");  // would hang if anything of it were called
  write_file(dir / "p/readme.txt", "not a plugin");
  const std::vector<fs::path> folders{dir / "p"};
  const auto catalogue = Catalogue::scan(folders);
  REQUIRE(catalogue);
  CHECK(catalogue->offers().size() == 3);
  CHECK(catalogue->problems().empty());
  const auto two = catalogue->find("test.two", Kind::Signal);
  REQUIRE(two);
  CHECK(two->file == dir / "p/two_plugins.so");
  CHECK(two->venue_class == VenueClass::Simulated);
  CHECK(catalogue->find("test.two", Kind::Broker).error().code == "PLUGIN_KIND_MISMATCH");
}

TEST_CASE(
    "an id that nobody offers is refused with the nearest one, the folders, and the files that could not be "
    "read") {
  TempDir dir;
  stage("good_a", dir / "p");
  stage("no_note", dir / "p");
  const std::vector<fs::path> folders{dir / "p"};
  const auto catalogue = Catalogue::scan(folders);
  REQUIRE(catalogue);
  REQUIRE(catalogue->problems().size() == 1);
  CHECK(catalogue->problems()[0].code == "PLUGIN_NO_NOTE");
  const auto none = catalogue->find("tset.a");
  REQUIRE_FALSE(none);
  CHECK(none.error().code == "PLUGIN_NOT_FOUND");
  CHECK_THAT(none.error().message, Catch::Contains("did you mean test.a?") &&
                                       Catch::Contains((dir / "p").string()) &&
                                       Catch::Contains("no_note.so"));
  CHECK_THAT(catalogue->find("com.example.quite_another").error().message, !Catch::Contains("did you mean"));
}

TEST_CASE("an id that two files offer is an error that names both") {
  TempDir dir;
  stage("good_a", dir / "p");
  stage("good_a", dir / "q", "copy_of_a.so");
  stage("good_b", dir / "q");
  const std::vector<fs::path> folders{dir / "p", dir / "q"};
  const auto catalogue = Catalogue::scan(folders);
  REQUIRE(catalogue);
  const auto both = catalogue->find("test.a");
  REQUIRE_FALSE(both);
  CHECK(both.error().code == "PLUGIN_DUPLICATE_ID");
  CHECK_THAT(both.error().message, Catch::Contains("good_a.so") && Catch::Contains("copy_of_a.so"));
  REQUIRE(catalogue->problems().size() == 1);
  CHECK(catalogue->find("test.b").ok());  // the others are not held up by it
}

TEST_CASE("a folder named twice, or a file linked twice, counts once") {
  TempDir dir;
  stage("good_a", dir / "p");
  fs::create_symlink(dir / "p/good_a.so", dir / "p/link.so");
  const std::vector<fs::path> folders{dir / "p", dir / "p"};
  const auto catalogue = Catalogue::scan(folders);
  REQUIRE(catalogue);
  CHECK(catalogue->offers().size() == 1);
  CHECK(catalogue->find("test.a").ok());
}

TEST_CASE("a folder that is missing is an error, an empty one is not") {
  TempDir dir;
  const std::vector<fs::path> missing{dir / "none"};
  CHECK(Catalogue::scan(missing).error().code == "PLUGIN_FOLDER_MISSING");
  const std::vector<fs::path> empty{dir.path()};
  const auto catalogue = Catalogue::scan(empty);
  REQUIRE(catalogue);
  CHECK(catalogue->find("test.a").error().code == "PLUGIN_NOT_FOUND");
  CHECK(Catalogue::scan({}).ok());
}

TEST_CASE("the list shows what is offered and what was refused") {
  TempDir dir;
  stage("good_a", dir / "p");
  stage("broker", dir / "p");
  stage("major_2", dir / "p");
  const std::vector<fs::path> folders{dir / "p"};
  const auto catalogue = Catalogue::scan(folders);
  REQUIRE(catalogue);
  const Description list = describe(*catalogue);
  CHECK_THAT(list.text, Catch::Contains("test.a ") && Catch::Contains("(real venue)") &&
                            Catch::Contains("PLUGIN_ABI_MAJOR: plugin major_2.so"));
  CHECK_THAT(list.json, Catch::Contains("\"venue_class\": \"real\"") &&
                            Catch::Contains("\"code\": \"PLUGIN_ABI_MAJOR\""));
  CHECK_THAT(describe(*Catalogue::scan({})).text, Catch::Contains("no plugins found"));
}
