#include "store/ballast.hpp"

#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>

#include "store/journal.hpp"
#include "store/journal_rows.hpp"
#include "unit/core/market.hpp"
#include "unit/store/full_disk.hpp"
#include "unit/store/store_folder.hpp"

using namespace bowline;
using namespace bowline::store;
using namespace bowline::test;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kib = 1024, size = 1024 * kib;

std::uint64_t blocks(const fs::path& file) {
  struct stat about {};
  REQUIRE(::stat(file.c_str(), &about) == 0);
  return static_cast<std::uint64_t>(about.st_blocks) * 512;
}

std::vector<std::string> rows_of(const Journal& j) {
  std::vector<std::string> all;
  REQUIRE(j.each([&all](const JournalRow& r) -> Result<void> {
             all.push_back(std::string(r.kind) + " " + std::string(r.payload));
             return {};
           }).ok());
  return all;
}

}  // namespace

TEST_CASE("rule 4.1: a ballast is made of real blocks, and made again when it is short or has holes") {
  StoreFolder dir;
  const fs::path file = dir / "ballast";
  {
    Ballast b(file, size);
    CHECK_FALSE(b.whole());
    CHECK(b.left() == 0);
    REQUIRE(b.fill().ok());
    CHECK(b.whole());
    CHECK(fs::file_size(file) == size);
    CHECK(blocks(file) >= size);
  }
  fs::resize_file(file, size / 2);
  {
    Ballast b(file, size);
    REQUIRE(b.fill().ok());
    CHECK(blocks(file) >= size);
  }
  fs::resize_file(file, 0);
  fs::resize_file(file, size);  // holes: it has the length and no blocks
  REQUIRE(blocks(file) < size);
  {
    Ballast b(file, size);
    REQUIRE(b.fill().ok());
    CHECK(blocks(file) >= size);
  }
  Ballast smaller(file, size / 4);
  REQUIRE(smaller.fill().ok());
  CHECK(fs::file_size(file) == size / 4);
}

TEST_CASE("rule 4.1: one that is whole is not written again") {
  StoreFolder dir;
  REQUIRE(Ballast(dir / "ballast", size).fill().ok());
  std::ofstream(dir / "ballast", std::ios::in | std::ios::out | std::ios::binary) << "mark";
  REQUIRE(Ballast(dir / "ballast", size).fill().ok());
  std::string first(4, ' ');
  std::ifstream(dir / "ballast", std::ios::binary).read(first.data(), 4);
  CHECK(first == "mark");
}

TEST_CASE("rule 4.1: it is given back a sixteenth at a time, until nothing is left, and can be made whole again") {
  StoreFolder dir;
  Ballast b(dir / "ballast", 2 * size);
  CHECK_FALSE(b.give());  // nothing was made
  REQUIRE(b.fill().ok());
  REQUIRE(b.give());
  CHECK_FALSE(b.whole());
  CHECK(b.left() == 2 * size - 128 * kib);
  CHECK(fs::file_size(dir / "ballast") == b.left());
  for (int i = 1; i < 16; ++i) REQUIRE(b.give());
  CHECK(b.left() == 0);
  CHECK(fs::file_size(dir / "ballast") == 0);
  CHECK_FALSE(b.give());
  REQUIRE(b.fill().ok());
  CHECK(b.whole());
  Ballast small(dir / "small", 100 * kib);
  REQUIRE(small.fill().ok());
  REQUIRE(small.give());
  CHECK(small.left() == 36 * kib);  // never less than 64 KiB at once
}

TEST_CASE("rule 4.1: what cannot be made whole is told, and leaves what was there") {
  StoreFolder dir;
  REQUIRE(Ballast(dir / "ballast", size / 4).fill().ok());
  CHECK(in_child([&] {
          rlimit limit{size / 2, size / 2};
          std::signal(SIGXFSZ, SIG_IGN);
          if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
          Ballast b(dir / "ballast", size);
          const auto done = b.fill();
          if (done || done.error().code != "BALLAST_FILE") return 2;
          return b.left() == size / 4 && !b.whole() ? 0 : 3;
        }) == 0);
  CHECK(fs::file_size(dir / "ballast") == size / 4);
  CHECK(Ballast(dir / "no/such/ballast", size).fill().error().code == "BALLAST_FILE");
  fs::create_directories(dir / "folder");
  CHECK(Ballast(dir / "folder", size).fill().error().code == "BALLAST_FILE");
  fs::create_symlink(dir / "ballast", dir / "link");
  CHECK(Ballast(dir / "link", size).fill().error().code == "BALLAST_FILE");
}

TEST_CASE("rule 4.1: with the disk full the journal gets as much of the ballast as its rows need, and says so in front of them") {
  StoreFolder dir;
  FullDisk disk(dir / "ballast");
  Ballast ballast(dir / "ballast", size);
  REQUIRE(ballast.fill().ok());
  int given = 0;
  std::vector<std::string> rows;
  {
    auto opened = Journal::open(dir / "journal.db", {"mock", "v", "default"});
    REQUIRE(opened.ok());
    Journal& j = **opened;
    j.lean_on(ballast, [&given] { ++given; });
    REQUIRE(j.note("n", 1, "before").ok());
    REQUIRE(j.flush().ok());
    CHECK(given == 0);
    CHECK(ballast.whole());
    disk.fill();
    REQUIRE(j.note("n", 2, "first").ok());
    REQUIRE(j.flush().ok());
    CHECK(j.writable());
    CHECK_FALSE(j.no_room());
    CHECK(given == 1);
    CHECK(ballast.left() == size - 64 * kib);
    REQUIRE(j.note("n", 3, "second").ok());  // there is still room of that part
    REQUIRE(j.flush().ok());
    CHECK(given == 1);
    REQUIRE(j.note("n", 4, std::string(200 * kib, 'x')).ok());
    REQUIRE(j.flush().ok());  // more than one part
    CHECK(given == 2);
    CHECK(ballast.left() == size - 4 * 64 * kib);
    rows = rows_of(j);
  }
  REQUIRE(rows.size() == 5);
  CHECK(rows[0] == "n before");
  CHECK(rows[1] == "n first");
  CHECK(rows[2] == R"(journal {"state":"ballast released"})");
  CHECK(rows[3] == "n second");
  disk.free();
  auto again = Journal::open(dir / "journal.db", {"mock", "v", "default"});
  REQUIRE(again.ok());  // the chain holds
  CHECK((*again)->rows() == 5);
}

TEST_CASE("rule 4.1: with the disk full and the ballast used up nothing is recorded") {
  StoreFolder dir;
  FullDisk disk(dir / "ballast");
  Ballast ballast(dir / "ballast", 64 * kib);
  REQUIRE(ballast.fill().ok());
  auto opened = Journal::open(dir / "journal.db", {"mock", "v", "default"});
  REQUIRE(opened.ok());
  Journal& j = **opened;
  int given = 0;
  j.lean_on(ballast, [&given] { ++given; });
  disk.fill();
  REQUIRE(j.note("n", 1, std::string(400 * kib, 'x')).ok());
  CHECK(j.flush().error().code == "JOURNAL_WRITE");
  CHECK(j.no_room());
  CHECK(given == 1);
  CHECK(ballast.left() == 0);
  CHECK(rows_of(j).empty());
  disk.free();
  REQUIRE(j.flush().ok());
  CHECK(rows_of(j).size() == 2);
}

TEST_CASE("rule 4.1: what is recorded is on the disk, and not only on its way there, when that is said") {
  StoreFolder dir;
  FullDisk disk(dir / "ballast");
  auto opened = Journal::open(dir / "journal.db", {"mock", "v", "default"});
  REQUIRE(opened.ok());
  for (int i = 1; i <= 10; ++i) {
    const std::uint64_t before = disk.syncs();
    REQUIRE((*opened)->note("n", i, "x").ok());
    REQUIRE((*opened)->flush().ok());
    CHECK(disk.syncs() > before);
  }
}

TEST_CASE("rule 4.1: what fails for another reason than want of room costs no ballast") {
  StoreFolder dir;
  CHECK(in_child([&] {
          Ballast ballast(dir / "ballast", size);
          if (!ballast.fill()) return 1;
          auto j = Journal::open(dir / "journal.db", {"mock", "v", "default"});
          if (!j) return 2;
          (*j)->lean_on(ballast, [] {});
          rlimit limit{1, 1};
          std::signal(SIGXFSZ, SIG_IGN);
          if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 3;
          static_cast<void>((*j)->note("n", 1, "x"));
          if ((*j)->flush()) return 4;
          return ballast.whole() && !(*j)->no_room() ? 0 : 5;
        }) == 0);
}
