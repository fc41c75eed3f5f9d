#include "loader/watchdog.hpp"

#include <catch2/catch.hpp>

#include "core/exit_codes.hpp"
#include "loader/quarantine.hpp"
#include "unit/loader/probe.hpp"

using namespace probe;
using namespace bowline::core;

namespace {

struct Setup {
  TempDir dir;
  std::vector<std::string> happened;
  int code = 0;
  Watchdog dog{options()};
  WatchSlot slot;

  Setup() { dog.add(slot, {3, "mom_btc", "test.puppet", "abc123"}); }
  ~Setup() { dog.remove(slot); }
  WatchdogOptions options() {
    WatchdogOptions o;
    o.var = dir.path();
    o.tick_ns = 25'000'000;
    o.close_gate = [this] { happened.push_back("gate"); };
    o.alert = [this](const Overrun& over) {
      happened.push_back("alert " + over.instance.id + " " + std::string(over.call) + " " +
                         std::to_string(over.event));
    };
    o.end_process = [this](int c) {
      code = c;
      happened.push_back("end");
    };
    return o;
  }
  // How many wake-ups until it acts; 0 = not within `most`.
  int wake_ups_until_end(int most) {
    for (int i = 1; i <= most; ++i) {
      dog.wake_up();
      if (code != 0) return i;
    }
    return 0;
  }
};

Ended child(const TempDir& dir, const std::string& fixture, const std::string& plugin,
            const std::string& params, const std::string& limit_ms = "200",
            const std::string& extra = "normal") {
  return run({LOADER_CHILD, stage(fixture, dir / "plugins").string(), plugin, (dir / "var").string(), params,
              limit_ms, extra});
}

}  // namespace

TEST_CASE("a lane call is given ten wake-ups of 25 ms; then gate, alert and end, in this order") {
  Setup s;
  const InCall call(s.slot, CallClass::Lane, "signal.on_event", 77);
  // The first wake-up sees the call for the first time; ten more are 250 ms.
  CHECK(s.wake_ups_until_end(1000) == 11);
  CHECK(s.code == exit_code::plugin_overrun);
  CHECK(s.happened == std::vector<std::string>{"gate", "alert mom_btc signal.on_event 77", "end"});
}

TEST_CASE("calls that return do not age, however many there are") {
  Setup s;
  for (int i = 0; i < 100; ++i) {
    const InCall call(s.slot, CallClass::Lane, "signal.on_event", 1);  // the same event id each time
    s.dog.wake_up();
    s.dog.wake_up();
  }
  CHECK(s.code == 0);
  CHECK(s.wake_ups_until_end(100) == 0);  // idle
}

TEST_CASE("a broker and the control thread have their own limits, and training none") {
  Setup s;
  SECTION("broker") {
    const InCall call(s.slot, CallClass::Broker, "broker.submit", 0);
    CHECK(s.wake_ups_until_end(1000) == 401);
  }
  SECTION("control") {
    const InCall call(s.slot, CallClass::Control, "base.configure", 0);
    CHECK(s.wake_ups_until_end(10000) == 2401);
  }
  SECTION("stop has its grace on top") {
    s.slot.extra_ns.store(1'000'000'000);
    const InCall call(s.slot, CallClass::Control, "base.stop", 0);
    CHECK(s.wake_ups_until_end(10000) == 2441);
  }
  SECTION("training") {
    const InCall call(s.slot, CallClass::Unbounded, "trainer.fit", 0);
    CHECK(s.wake_ups_until_end(100000) == 0);
  }
}

TEST_CASE("an instance that is no longer watched does not end the process") {
  Setup s;
  const InCall call(s.slot, CallClass::Lane, "signal.on_event", 1);
  s.dog.remove(s.slot);
  CHECK(s.wake_ups_until_end(100) == 0);
}

TEST_CASE("a hanging event ends the process with its own code and leaves the instance in quarantine") {
  TempDir dir;
  const Ended ended = child(dir, "puppet", "test.puppet", R"({"on_event":"hang"})");
  INFO(ended.said);
  CHECK(ended.code == exit_code::plugin_overrun);
  CHECK_THAT(ended.said,
             Catch::Contains("alert: instance mom_btc in signal.on_event, event 42, gate closed"));
  const auto quarantine = Quarantine::read(dir / "var");
  REQUIRE(quarantine);
  CHECK(quarantine->quarantined("mom_btc"));
  CHECK_FALSE(quarantine->quarantined("other"));
  REQUIRE(quarantine->records().size() == 1);
  const QuarantineRecord& record = quarantine->records()[0];
  CHECK(record.plugin == "test.puppet");
  CHECK(record.sha256.size() == 64);
  CHECK(record.call == "signal.on_event");
  CHECK(record.event == 42);
  CHECK(record.why == "overrun");
}

TEST_CASE("a hanging create is watched too") {
  TempDir dir;
  const Ended ended = child(dir, "create_hangs", "test.puppet", "{}");
  INFO(ended.said);
  CHECK(ended.code == exit_code::plugin_overrun);
  CHECK(Quarantine::read(dir / "var")->records().at(0).call == "base.create");
}

TEST_CASE("an alert that hangs does not keep the process alive") {
  TempDir dir;
  const Ended ended = child(dir, "puppet", "test.puppet", R"({"on_event":"hang"})", "100", "alert-hangs");
  CHECK(ended.code == exit_code::plugin_overrun);
  CHECK(Quarantine::read(dir / "var")->quarantined("mom_btc"));
}

TEST_CASE("a well-behaved plugin lives through the same run") {
  TempDir dir;
  const Ended ended = child(dir, "puppet", "test.puppet", "{}", "30000");
  INFO(ended.said);
  CHECK(ended.code == exit_code::ok);
  CHECK(Quarantine::read(dir / "var")->empty());
}

TEST_CASE("an exception that leaves a plugin ends the process with a sentence that names it") {
  TempDir dir;
  const Ended ended = child(dir, "thrower", "test.thrower", "{}", "30000");
  INFO(ended.said);
  CHECK(ended.code == exit_code::plugin);
  CHECK_THAT(
      ended.said,
      Catch::Contains("instance mom_btc (plugin test.thrower, file thrower.so): threw an exception out of "
                      "base.create (I was not ready): "));
  CHECK(Quarantine::read(dir / "var")
            ->empty());  // a control call: nothing was running yet, the restart shows it again
}

TEST_CASE("an abort on the lane names the instance and quarantines it") {
  TempDir dir;
  const Ended ended = child(dir, "puppet", "test.puppet", R"({"on_event":"abort"})", "30000");
  INFO(ended.said);
  CHECK(ended.code == exit_code::plugin);
  CHECK_THAT(ended.said,
             Catch::Contains(
                 "instance mom_btc (plugin test.puppet, file puppet.so): aborted out of signal.on_event"));
  const auto quarantine = Quarantine::read(dir / "var");
  REQUIRE(quarantine);
  CHECK(quarantine->quarantined("mom_btc"));
  CHECK(quarantine->records().at(0).why == "terminate");
  CHECK(quarantine->records().at(0).event == 42);
  CHECK(child(dir, "create_aborts", "test.puppet", "{}", "30000").code == exit_code::plugin);
}

TEST_CASE("a crash on the lane names the instance and quarantines it") {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return;  // a sanitizer's own handler tells of it, and stays
#endif
  TempDir dir;
  const Ended ended = child(dir, "puppet", "test.puppet", R"({"on_event":"crash"})", "30000");
  INFO(ended.said);
  CHECK(ended.code == exit_code::plugin);
  CHECK_THAT(ended.said, Catch::Contains("instance mom_btc (plugin test.puppet, file puppet.so): crashed out of signal.on_event (SIGSEGV): mend the plugin"));
  const auto quarantine = Quarantine::read(dir / "var");
  REQUIRE(quarantine);
  REQUIRE(quarantine->records().size() == 1);
  CHECK(quarantine->records()[0].instance == "mom_btc");
  CHECK(quarantine->records()[0].call == "signal.on_event");
  CHECK(quarantine->records()[0].event == 42);
}

TEST_CASE("a create that fails is an exit code and a sentence, not a death") {
  TempDir dir;
  const Ended ended = child(dir, "create_fails", "test.puppet", "{}", "30000");
  CHECK(ended.code == exit_code::plugin);
  CHECK_THAT(ended.said,
             Catch::Contains("PLUGIN_CREATE_FAILED: instance mom_btc: test.puppet failed in create"));
}

TEST_CASE("the quarantine is released by name; what cannot be read fails closed") {
  TempDir dir;
  CHECK(Quarantine::read(dir.path())->empty());
  write_file(
      dir / "quarantine",
      R"({"instance":"a","plugin":"p","sha256":"1","call":"x","event":5,"why":"overrun"})"
      "\n"
      R"({"instance":"b","plugin":"p","sha256":"2","call":"x","event":18446744073709551615,"why":"overrun"})"
      "\n");
  REQUIRE(Quarantine::release(dir.path(), "a"));
  auto now = Quarantine::read(dir.path());
  REQUIRE(now);
  CHECK_FALSE(now->quarantined("a"));
  CHECK(now->quarantined("b"));
  CHECK(now->records()[0].event == 18446744073709551615u);

  write_file(dir / "quarantine",
             read_file(dir / "quarantine") + R"({"instance":"c","plug)");  // torn by a power cut
  now = Quarantine::read(dir.path());
  REQUIRE(now);
  CHECK(now->damaged());
  CHECK_FALSE(now->empty());
  CHECK(now->quarantined("anybody"));
  REQUIRE(Quarantine::release(dir.path(), "b"));
  CHECK(Quarantine::read(dir.path())->damaged());  // naming one does not clear what is unreadable
  REQUIRE(Quarantine::release(dir.path(), ""));
  CHECK(Quarantine::read(dir.path())->empty());
}

TEST_CASE("a watchdog that cannot write its record does not start") {
  TempDir dir;
  write_file(dir / "var", "a file");
  WatchdogOptions options;
  options.var = dir / "var";
  Watchdog dog(options);
  CHECK(dog.start().error().code == "PLUGIN_QUARANTINE_IO");
}
