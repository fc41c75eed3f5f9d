#include "store/halt_latch.hpp"

#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <thread>

#include "unit/store/store_folder.hpp"

using namespace bowline;
using namespace bowline::test;
using store::Halt;
using store::HaltLatch;
using store::HaltOrder;

TEST_CASE("a latch that is set says what it orders, and is off when it is cleared (3.7)") {
  StoreFolder dir;
  const HaltLatch latch(dir.path());
  CHECK_FALSE(latch.set());
  REQUIRE(latch.clear().ok());  // where there is none
  REQUIRE(latch.engage({HaltOrder::stop, "", "me", "a \"drill\""}).ok());
  CHECK(latch.set());
  CHECK(latch.read().order == HaltOrder::stop);
  CHECK(latch.read().who == "me");
  CHECK(latch.read().why == "a \"drill\"");
  REQUIRE(latch.clear().ok());
  CHECK_FALSE(latch.set());
}

TEST_CASE("an order to liquidate is not turned into a stop, and needs an id (3.7)") {
  StoreFolder dir;
  const HaltLatch latch(dir.path());
  REQUIRE(latch.engage({HaltOrder::liquidate, "e1", "me", "fire"}).ok());
  REQUIRE(latch.engage({HaltOrder::stop, "", "another", "smoke"}).ok());
  CHECK(latch.read().order == HaltOrder::liquidate);
  CHECK(latch.read().id == "e1");
  REQUIRE(latch.clear().ok());
  REQUIRE(latch.engage({HaltOrder::liquidate, "", "me", "fire"}).ok());
  CHECK(latch.read().order == HaltOrder::stop);
}

TEST_CASE("an order to liquidate keeps the bounds of who gave it, and one without bounds has none (3.6)") {
  StoreFolder dir;
  const HaltLatch latch(dir.path());
  REQUIRE(latch.engage({HaltOrder::liquidate, "e1", "me", "fire", *Decimal::parse("900"), *Decimal::parse("0.2")}).ok());
  REQUIRE(latch.engage({HaltOrder::stop, "", "another", "smoke"}).ok());
  CHECK(latch.read().max_slice == *Decimal::parse("900"));
  CHECK(latch.read().end == *Decimal::parse("0.2"));
  REQUIRE(latch.engage({HaltOrder::liquidate, "e2", "me", "fire"}).ok());
  CHECK_FALSE(latch.read().max_slice.is_set());
  CHECK_FALSE(latch.read().end.is_set());
  std::ofstream(latch.file()) << R"({"order":"liquidate","id":"e3","max_slice":"much","max_slippage":"-1"})";
  CHECK(latch.read().id == "e3");  // sold it is: an exit ends in an attempt
  CHECK_FALSE(latch.read().max_slice.is_set());
  CHECK_FALSE(latch.read().end.is_set());
}

TEST_CASE("who looks at a latch that is being set finds it off, or with its words: never what orders to liquidate as a stop (3.7)") {
  StoreFolder dir;
  const HaltLatch latch(dir.path());
  std::atomic<bool> over{false};
  std::thread setter([&] {
    for (int n = 0; n < 300; ++n) {
      static_cast<void>(latch.engage({HaltOrder::liquidate, "e1", "me", "fire"}));
      static_cast<void>(latch.engage({HaltOrder::liquidate, "e2", "me", "fire"}));
      static_cast<void>(latch.clear());
    }
    over = true;
  });
  int seen = 0, wordless = 0;
  while (!over) {
    const Halt halt = latch.read();
    if (halt.id.empty()) {
      // Off, or taken off and set again in between: only a file that is there without its words is wrong.
      std::error_code none;
      const auto size = std::filesystem::file_size(dir / "HALT", none);
      wordless += !none && size == 0 ? 1 : 0;
    } else {
      ++seen;
      wordless += halt.order == HaltOrder::liquidate ? 0 : 1;
    }
  }
  setter.join();
  CHECK(seen > 0);
  CHECK(wordless == 0);
}

TEST_CASE("a latch set by hand, empty or with anything in it, is set and says stop (3.7)") {
  StoreFolder dir;
  const HaltLatch latch(dir.path());
  for (const char* words : {"", "stop!", "[1]", R"({"order":"dance"})", R"({"order":7})"}) {
    std::ofstream(dir / "HALT") << words;
    CHECK(latch.set());
    CHECK(latch.read().order == HaltOrder::stop);
  }
  std::filesystem::remove(dir / "HALT");
  std::filesystem::create_directory(dir / "HALT");
  CHECK(latch.set());
  CHECK(latch.read().order == HaltOrder::stop);
}

TEST_CASE("what can't be looked at counts as set: it fails closed (3.7)") {
  StoreFolder dir;
  std::ofstream(dir / "file") << "x";
  CHECK(HaltLatch(dir / "file").set());  // not a folder: whether a latch is below it nobody can say
}

TEST_CASE("a folder that is not there is an error: in an emergency a wrong name must not look like a stop (3.7)") {
  StoreFolder dir;
  const auto done = HaltLatch(dir / "nothing").engage({});
  REQUIRE_FALSE(done.ok());
  CHECK(done.error().code == "LATCH_FOLDER");
}

TEST_CASE("a stop is set also where no byte can be written (3.7)") {
  StoreFolder dir;
  const HaltLatch latch(dir.path());
  const int end = in_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit none{0, 0};
    if (setrlimit(RLIMIT_FSIZE, &none) != 0) return 9;
    if (!latch.engage({HaltOrder::stop, "", "me", "the disk is full"}).ok()) return 1;
    return latch.engage({HaltOrder::liquidate, "e1", "me", "fire"}).ok() ? 2 : 0;  // this one needs its words, and says that it lacks them
  });
  CHECK(end == 0);
  CHECK(latch.set());
}
