// Who holds the journal's lock (trading rules 3.7): the operator has to be told whom to end.
#include <csignal>
#include <fstream>

#include "store/journal.hpp"
#include "store/lock_holder.hpp"
#include "unit/store/store_folder.hpp"

using namespace bowline;
using test::StoreFolder;

TEST_CASE("lock holder: nobody holds a file that nobody has open, or that is not there") {
  StoreFolder dir;
  CHECK_FALSE(store::lock_holder(dir / "none"));
  std::ofstream(dir / "file") << "x";
  CHECK_FALSE(store::lock_holder(dir / "file"));
}

TEST_CASE("lock holder: who has a journal open is named, with its program, and whether it is stopped") {
  StoreFolder dir;
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto journal = store::Journal::open(dir / "j", {"mock", "v", "default"});
    const char ok = journal ? 'y' : 'n';
    if (::write(ready[1], &ok, 1) != 1) ::_exit(1);
    ::pause();
    ::_exit(0);
  }
  char ok = 0;
  REQUIRE(::read(ready[0], &ok, 1) == 1);
  REQUIRE(ok == 'y');
  const auto second = store::Journal::open(dir / "j", {"mock", "v", "default"});
  REQUIRE_FALSE(second);
  CHECK(second.error().code == "JOURNAL_LOCKED");
  const auto holder = store::lock_holder(dir / "j");
  REQUIRE(holder);
  CHECK(holder->pid == child);
  CHECK_FALSE(holder->name.empty());
  CHECK_FALSE(holder->stopped);
  ::kill(child, SIGSTOP);
  int status = 0;
  ::waitpid(child, &status, WUNTRACED);
  CHECK(store::lock_holder(dir / "j")->stopped);
  ::kill(child, SIGKILL);
  ::waitpid(child, &status, 0);
  CHECK_FALSE(store::lock_holder(dir / "j"));
  ::close(ready[0]);
  ::close(ready[1]);
}
