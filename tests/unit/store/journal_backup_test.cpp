#include "store/journal_backup.hpp"

#include "store/file_steps.hpp"
#include "unit/store/backup_files.hpp"

using namespace bowline;
using namespace bowline::store;
using namespace bowline::test;

TEST_CASE("journal backup: one whole file of what is durable, proved, and nothing beside it") {
  const RunFolder f;
  f.live();
  const auto before = f.names();
  const auto made = backup_journal(f.journal, f.backup);
  if (!made) FAIL(made.error().message);
  const JournalReport was = RunFolder::proved(f.journal), is = RunFolder::proved(f.backup);
  CHECK(is.head == was.head);
  CHECK(made->head == was.head);
  CHECK(made->rows == was.rows);
  CHECK(made->bytes == std::filesystem::file_size(f.backup));
  CHECK(RunFolder::ids(f.backup) == RunFolder::ids(f.journal));
  auto now = f.names();
  now.erase("backup.db");
  for (const char* of_readers : {"journal.db-wal", "journal.db-shm"}) now.erase(of_readers);
  CHECK(now == before);
}

TEST_CASE("journal backup: a host that runs is copied with what lies in its log, and not with what waits for its commit") {
  const RunFolder f;
  f.live();
  int told[2], asked[2];
  REQUIRE((::pipe(told) == 0 && ::pipe(asked) == 0));
  char c = 0;
  const pid_t child = ::fork();
  if (child == 0) {
    auto j = Journal::open(f.journal, run_stamp);
    const bool ok = j.ok() && (*j)->note("state", 1, "durable").ok() && (*j)->flush().ok() && (*j)->note("state", 2, "waits").ok();
    static_cast<void>(!::write(told[1], ok ? "y" : "n", 1));
    static_cast<void>(!::read(asked[0], &c, 1));
    ::_exit(ok && (*j)->flush().ok() ? 0 : 1);
  }
  REQUIRE(::read(told[0], &c, 1) == 1);
  REQUIRE(c == 'y');
  CHECK(code_of(verify_journal(f.journal)) == "JOURNAL_LOCKED");  // nobody else opens it
  f.back_up();
  // It goes on undisturbed.
  REQUIRE(::write(asked[1], "x", 1) == 1);
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
  const JournalReport was = RunFolder::proved(f.journal), is = RunFolder::proved(f.backup);
  CHECK(is.rows + 1 == was.rows);
  const auto copy = Journal::open(f.backup, run_stamp);
  REQUIRE(copy.ok());
  CHECK((*copy)->latest("state") == "durable");
  for (const int fd : {told[0], told[1], asked[0], asked[1]}) ::close(fd);
}

TEST_CASE("journal backup: nothing is overwritten, whatever it is, and nothing is left of what failed") {
  const RunFolder f;
  f.live();
  const auto refused = [&f](const std::string& code) {
    const auto before = f.names();
    CHECK(code_of(backup_journal(f.journal, f.backup)) == code);
    CHECK(f.names() == before);
  };
  SECTION("a file") {
    std::ofstream(f.backup) << "mine";
    refused("JOURNAL_EXISTS");
    CHECK(RunFolder::bytes(f.backup) == "mine");
  }
  SECTION("a link that leads nowhere") {
    std::filesystem::create_symlink(f.dir / "nowhere", f.backup);
    refused("JOURNAL_EXISTS");
  }
  SECTION("a folder") {
    std::filesystem::create_directory(f.backup);
    refused("JOURNAL_EXISTS");
  }
  SECTION("a folder that is not there") { CHECK(code_of(backup_journal(f.journal, f.dir / "no/such/file.db")) == "JOURNAL_WRITE"); }
  SECTION("no journal") {
    std::filesystem::remove(f.journal);
    refused("JOURNAL_OPEN");
  }
  SECTION("a journal that is none") {
    std::ofstream(f.journal) << std::string(5000, 'x');
    refused("JOURNAL_OPEN");
  }
  SECTION("a changed row") {
    RunFolder::change(f.journal, "UPDATE journal SET payload=replace(payload,'BUY','SELL') WHERE row=(SELECT min(row) FROM journal WHERE kind='intent')");
    refused("JOURNAL_CHAIN");
  }
  SECTION("no rows") {
    std::filesystem::remove(f.journal);
    static_cast<void>(opened(f.journal));
    refused("JOURNAL_EMPTY");
  }
}

TEST_CASE("journal backup: a name is not taken from another, also where somebody made it in the last moment") {
  const RunFolder f;
  std::ofstream(f.dir / "one") << "one";
  std::ofstream(f.backup) << "mine";
  CHECK(code_of(rename_to_new(f.dir / "one", f.backup)) == "JOURNAL_EXISTS");
  CHECK(RunFolder::bytes(f.backup) == "mine");
  CHECK(RunFolder::bytes(f.dir / "one") == "one");
  CHECK(code_of(rename_to_new(f.dir / "one", f.dir / "two")) == "");
  CHECK(RunFolder::bytes(f.dir / "two") == "one");
  CHECK(code_of(rename_to_new(f.dir / "none", f.dir / "three")) == "JOURNAL_WRITE");
  // A number is free when neither the name nor that of a log is taken.
  CHECK(free_name(f.journal, ".replaced-") == f.journal.string() + ".replaced-1");
  std::ofstream(f.journal.string() + ".replaced-1-wal") << "a log";
  std::ofstream(f.journal.string() + ".replaced-2") << "a file";
  CHECK(free_name(f.journal, ".replaced-") == f.journal.string() + ".replaced-3");
}
