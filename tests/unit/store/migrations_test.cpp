#include "store/migrations.hpp"

#include <atomic>
#include <fstream>
#include <thread>

#include "store/query.hpp"
#include "unit/store/store_folder.hpp"

using namespace bowline;
using namespace bowline::store;
using namespace bowline::test;

namespace {

const std::vector<Migration> one{{1, "0001_a", "CREATE TABLE a(x INTEGER); INSERT INTO a VALUES(7);"}};
const std::vector<Migration> two{one[0], {2, "0002_b", "CREATE TABLE b(y INTEGER);"}};

bool holds(const std::filesystem::path& file, const std::string& table) {
  auto db = Database::open(file, Database::Access::read);
  return db.ok() && Query(*db, "SELECT 1 FROM sqlite_master WHERE name='" + table + "'").next();
}

}  // namespace

TEST_CASE("migrations: a new file gets all of them and no copy; doing it again changes nothing") {
  StoreFolder dir;
  auto done = migrate(dir / "s.db", two);
  REQUIRE(done.ok());
  CHECK(done->at == 2);
  CHECK(done->open.empty());
  REQUIRE(migrate(dir / "s.db", two).ok());
  CHECK_FALSE(std::filesystem::exists(dir / "s.db.backup-1"));
  CHECK_FALSE(std::filesystem::exists(dir / "s.db.backup-2"));
}

TEST_CASE("migrations: roles that share a file and start together set it up once") {
  for (int round = 0; round < 5; ++round) {
    StoreFolder dir;
    std::atomic<int> well{0};
    std::vector<std::thread> roles;
    for (int i = 0; i < 4; ++i)
      roles.emplace_back([&] {
        const auto done = migrate(dir / "s.db", two);
        if (done && done->at == 2) ++well;
      });
    for (auto& r : roles) r.join();
    CHECK(well == 4);
  }
}

TEST_CASE("migrations: before a change of the schema the file is copied as it was") {
  StoreFolder dir;
  REQUIRE(migrate(dir / "s.db", one).ok());
  auto status = migration_status(dir / "s.db", two);
  REQUIRE(status.ok());
  CHECK(status->at == 1);
  CHECK(status->open == std::vector<std::string>{"0002_b"});
  std::ofstream(dir / "s.db.backup-1") << "an older copy";
  REQUIRE(migrate(dir / "s.db", two).ok());
  CHECK(holds(dir / "s.db", "b"));
  CHECK(holds(dir / "s.db.backup-1", "a"));
  CHECK_FALSE(holds(dir / "s.db.backup-1", "b"));
}

TEST_CASE("migrations: a newer file and a changed migration are refused, and nothing is touched") {
  StoreFolder dir;
  REQUIRE(migrate(dir / "s.db", two).ok());
  CHECK(migrate(dir / "s.db", one).error().code == "STORE_NEWER");
  CHECK(migration_status(dir / "s.db", one).error().code == "STORE_NEWER");
  auto changed = two;
  changed[0].sql += " ";
  CHECK(migrate(dir / "s.db", changed).error().code == "STORE_MIGRATION_CHANGED");
}

TEST_CASE("migrations: one that fails half-way leaves the file at the version before") {
  StoreFolder dir;
  REQUIRE(migrate(dir / "s.db", one).ok());
  auto broken = two;
  broken.push_back({3, "0003_c", "CREATE TABLE c(z INTEGER); CREATE TABLE a(x INTEGER);"});
  REQUIRE_FALSE(migrate(dir / "s.db", broken).ok());
  CHECK_FALSE(holds(dir / "s.db", "b"));
  CHECK_FALSE(holds(dir / "s.db", "c"));
  CHECK(migration_status(dir / "s.db", two)->at == 1);
}

TEST_CASE("migrations: a folder is read by number; what has none is refused") {
  StoreFolder dir;
  std::ofstream(dir / "0002_b.sql") << "b";
  std::ofstream(dir / "0001_a.sql") << "a";
  std::ofstream(dir / "README.md") << "not one";
  auto read = read_migrations(dir.path());
  REQUIRE(read.ok());
  REQUIRE(read->size() == 2);
  CHECK((*read)[0].name == "0001_a");
  CHECK((*read)[1].sql == "b");
  std::ofstream(dir / "late.sql") << "c";
  CHECK(read_migrations(dir.path()).error().code == "STORE_MIGRATIONS");
  CHECK(read_migrations(dir / "nowhere").error().code == "STORE_MIGRATIONS");
}
