// What comes between events: timers, commands, the end.
#include <atomic>
#include <thread>

#include "unit/runtime/rig.hpp"

using namespace bowline;
using namespace bowline::test;
using services::RunEnd;
using Strings = std::vector<std::string>;

TEST_CASE("timers fire between steps in the order of due time, configuration position, id") {
  Rig r;
  auto& a = r.listener("a");
  auto& b = r.listener("b");
  REQUIRE(b.timer_arm(1, 400 * second, 0) == BL_OK);
  REQUIRE(b.timer_arm(9, 350 * second, 0) == BL_OK);
  REQUIRE(a.timer_arm(7, 400 * second, 0) == BL_OK);
  REQUIRE(a.timer_arm(3, 400 * second, 0) == BL_OK);
  REQUIRE(a.timer_arm(5, 10'000 * second, 0) == BL_OK);  // the data end before
  r.play({both(2)});
  CHECK(r.log == Strings{"step 300 acted", "b 9 at 350", "a 3 at 400", "a 7 at 400", "b 1 at 400", "step 600 acted"});
  CHECK(a.timers().size() == 1);
}

TEST_CASE("a period fires again and again; at the time of an event the event comes first") {
  Rig r;
  auto& a = r.listener("a");
  REQUIRE(a.timer_arm(1, 400 * second, 100 * second) == BL_OK);
  r.play({both(2) + "bar 1 650 650 10000\n"});
  CHECK(r.log == Strings{"step 300 acted", "a 1 at 400", "a 1 at 500", "step 600 acted", "a 1 at 600", "step 650 acted"});
}

TEST_CASE("a timer that is long overdue fires once: missed periods are not made up for") {
  Rig r;
  auto& a = r.listener("a");
  // Armed while engine time was still 0, as a plugin does in start().
  REQUIRE(a.timer_arm(1, second, second) == BL_OK);
  r.play({"bar 1 1640995500 1640995500 10000\nbar 1 1640995503 1640995503 10000\n"});
  CHECK(r.log == Strings{"a 1 at 1", "step 1640995500 acted", "a 1 at 1640995501", "a 1 at 1640995502", "step 1640995503 acted"});
}

TEST_CASE("a timer disarmed by another one does not fire") {
  Rig r;
  auto& a = r.listener("a");
  REQUIRE(a.timer_arm(1, 400 * second, 0) == BL_OK);
  REQUIRE(a.timer_arm(2, 500 * second, 0) == BL_OK);
  r.listeners.back().timer = [&](const bl_event&) {
    r.log.emplace_back("fired");
    CHECK(a.timer_disarm(2) == BL_OK);
    CHECK(a.timer_disarm(2) == BL_E_NOT_FOUND);
  };
  r.play({both(2)});
  CHECK(r.log == Strings{"step 300 acted", "fired", "step 600 acted"});
}

TEST_CASE("engine time is the event's; a timer's is its due time") {
  Rig r;
  auto& a = r.listener("a");
  std::vector<std::int64_t> seen;
  r.listeners.back().timer = [&](const bl_event&) { seen.push_back(a.now_ns() / second); };
  r.action = [&](const bl_bar&) {
    seen.push_back(a.now_ns() / second);
    return 3u;
  };
  REQUIRE(a.timer_arm(1, 400 * second, 0) == BL_OK);
  r.play({both(2)});
  CHECK(seen == std::vector<std::int64_t>{300, 300, 400, 600, 600});
}

TEST_CASE("posted work runs on the core thread, between two events") {
  Rig r;
  std::thread::id core_thread, work_thread;
  r.on_step = [&](core::Nanos t) {
    core_thread = std::this_thread::get_id();
    if (t != 300 * second) return;
    std::thread([&] {
      REQUIRE(r.pipeline->post([&] {
        work_thread = std::this_thread::get_id();
        r.log.emplace_back("posted");
      }));
    }).join();
    r.log.emplace_back("asked");
  };
  r.play({both(2)});
  CHECK(r.log == Strings{"step 300 acted", "asked", "posted", "step 600 acted"});
  CHECK(work_thread == core_thread);
}

TEST_CASE("a command between two bars of one step sees the book of the step before") {
  Rig r;
  std::uint64_t steps = 99;
  r.action = [&](const bl_bar& b) {
    if (b.h.instrument == 1 && b.close_ns == 600 * second) REQUIRE(r.pipeline->post([&] { steps = r.pipeline->steps(); }));
    return 3u;
  };
  r.play({both(2)});
  CHECK(steps == 1);
  CHECK(r.rows.back() == std::vector<std::uint32_t>{1, 2});
}

TEST_CASE("stop ends the run after the step it is asked in; posted work is refused afterwards") {
  Rig r;
  r.on_step = [&](core::Nanos t) {
    if (t == 600 * second) r.pipeline->stop();
  };
  CHECK(r.play({both(5)}) == RunEnd::stopped);
  CHECK(r.log == Strings{"step 300 acted", "step 600 acted"});
  bool ran = false;
  CHECK_FALSE(r.pipeline->post([&] { ran = true; }));
  CHECK_FALSE(ran);
}

TEST_CASE("stop in the middle of a step: half of its bars decide nothing") {
  Rig r;
  r.action = [&](const bl_bar& b) {
    if (b.close_ns == 600 * second) r.pipeline->stop();
    return 1u;
  };
  CHECK(r.play({both(5)}) == RunEnd::stopped);
  CHECK(r.log == Strings{"step 300 acted"});
  CHECK(r.pipeline->bars() == 3);
}

TEST_CASE("work that was accepted before the end is done, and none is accepted after it") {
  for (int round = 0; round < 20; ++round) {
    Rig r;
    std::atomic<int> accepted{0}, done{0};
    std::atomic<bool> refused{false};
    r.build({both(50)});
    std::thread poster([&] {
      while (!refused) {
        if (r.pipeline->post([&] { ++done; }))
          ++accepted;
        else
          refused = true;
      }
    });
    CHECK(r.go() == RunEnd::end_of_data);
    poster.join();
    CHECK(done == accepted);
  }
}

TEST_CASE("stop and posted work wake a loop that waits for a silent feed") {
  Rig r;
  std::atomic<bool> stepped{false}, posted{false};
  std::chrono::steady_clock::duration took{};  // checked after the join: Catch2's checks are for one thread
  r.on_step = [&](core::Nanos) { stepped = true; };
  r.build({both(1) + "silent\n"});
  std::thread other([&] {
    while (!stepped) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const auto began = std::chrono::steady_clock::now();
    static_cast<void>(r.pipeline->post([&] { posted = true; }));
    while (!posted) std::this_thread::yield();
    took = std::chrono::steady_clock::now() - began;
    r.pipeline->stop();
  });
  CHECK(r.go() == RunEnd::stopped);
  other.join();
  CHECK(took < std::chrono::milliseconds(150));
}

TEST_CASE("restart: history ends before the first step that is new, and with the data where all of them were settled before") {
  const auto history_until = [](core::Nanos settled) {
    Rig r;
    r.build({both(2)});
    r.pipeline->go_on_after(settled, {}, [&r] { r.log.emplace_back("history ends"); });
    CHECK(r.go() == RunEnd::end_of_data);
    return r.log;
  };
  CHECK(history_until(300 * second) == Strings{"step 300 acted", "history ends", "step 600 acted"});
  CHECK(history_until(600 * second) == Strings{"step 300 acted", "step 600 acted", "history ends"});
}

TEST_CASE("an instance that failed ends the run") {
  Rig r;
  auto& a = r.listener("a");
  r.on_step = [&](core::Nanos t) {
    if (t == 600 * second) a.failed(Error{"TEST", "gone"});
  };
  CHECK(r.play({both(5)}) == RunEnd::instance_failed);
  CHECK(r.pipeline->error().code == "TEST");  // in its own words
  CHECK(r.log == Strings{"step 300 acted", "step 600 acted"});
}

TEST_CASE("a bar of another length than the run's interval ends it, and the step it came in is not decided") {
  Rig r;
  CHECK(r.play({both(1) + "bar 1 600 600 10000\nbar 2 600 600 10000 short\n" + "bar 1 900 900 10000\n"}) == RunEnd::feed_failed);
  CHECK(r.log == Strings{"step 300 acted"});
  CHECK(r.pipeline->error().code == "FEED_INTERVAL");
  CHECK(r.pipeline->error().message.find("instance test.feed.script: gave a bar of 60 s, and the run's interval is 300 s") == 0);
}
