// child <plugin file> <plugin id> <state folder> <params> <limit ms> [alert-hangs]
// Takes one instance through its life with the watchdog on, as a host would: load, create, configure, start,
// one event, stop. The tests look at the exit code and at what it leaves behind.
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "core/exit_codes.hpp"
#include "loader/instance.hpp"

namespace {

using namespace bowline;
using namespace bowline::loader;

class QuietHost : public InstanceHost {
 public:
  bool offers(Service) const noexcept override { return false; }
  std::int64_t now_ns() noexcept override { return 0; }
  void wake() noexcept override {}
  void log(std::uint32_t, std::string_view) noexcept override {}
  void failed(const Error& why) noexcept override {
    std::fprintf(stderr, "failed: %s\n", why.message.c_str());
  }
};

[[noreturn]] void refused(const Error& error) {
  std::fprintf(stderr, "%s: %s\n", error.code.c_str(), error.message.c_str());
  std::exit(core::exit_code::plugin);
}

std::atomic<bool> gate_open{true};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6) return core::exit_code::usage;
  const std::string file = argv[1], plugin = argv[2], var = argv[3], params = argv[4];
  const std::int64_t limit = std::atoll(argv[5]) * 1'000'000;
  const bool alert_hangs = argc > 6 && std::strcmp(argv[6], "alert-hangs") == 0;

  install_terminate_handler(var);
  WatchdogOptions options;
  options.var = var;
  options.lane_ns = options.broker_ns = options.control_ns = options.pull_ns = limit;
  options.tick_ns = limit / 10;
  options.close_gate = [] { gate_open.store(false); };
  options.alert = [alert_hangs](const Overrun& o) {
    std::fprintf(stderr, "alert: instance %s in %.*s, event %llu, gate %s\n", o.instance.id.c_str(),
                 static_cast<int>(o.call.size()), o.call.data(), static_cast<unsigned long long>(o.event),
                 gate_open.load() ? "open" : "closed");
    while (alert_hangs) ::pause();
  };
  Watchdog watchdog(options);
  if (auto started = watchdog.start(); !started) refused(started.error());

  auto module = load_plugin_file(file, TrustPolicy{var, {}, false});
  if (!module) refused(module.error());
  QuietHost host;
  auto instance =
      make_instance<SignalInstance>(*module, InstanceSpec{1, "mom_btc", plugin, params}, host, &watchdog);
  if (!instance) refused(instance.error());
  if (auto done = (*instance)->configure(); !done) refused(done.error());
  if (auto done = (*instance)->start(); !done) refused(done.error());
  bl_sink sink{};
  sink.size = sizeof sink;
  sink.prediction = [](void*, const bl_prediction*) noexcept -> bl_status { return BL_OK; };
  bl_event event{};
  event.size = sizeof event;
  event.id = 42;
  if ((*instance)->on_event(event, sink) < 0) std::fprintf(stderr, "on_event failed\n");
  if (auto done = (*instance)->stop(1'000'000'000); !done) refused(done.error());
  std::puts("lived");
  return core::exit_code::ok;
}
