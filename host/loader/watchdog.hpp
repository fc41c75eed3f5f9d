// The watchdog: a plugin call that does not return cannot be interrupted inside the process, so the process
// ends, with the gate closed first and the guilty instance written down.
//
// Time is counted in the watchdog's own wake-ups. A process that is stopped (SIGSTOP, a suspended machine, a
// debugger) does not wake up and therefore does not age.
#pragma once

#include <bowline/result.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "loader/watch_slot.hpp"

namespace bowline::loader {

/// Who is watched; copied at registration.
struct WatchedInstance {
  std::uint32_t index = 0;  ///< host id of the instance, 1..n
  std::string id;           ///< its id in the configuration
  std::string plugin;       ///< plugin id
  std::string sha256;       ///< of the plugin file
};

/// What happened: handed to the alert and written to the quarantine file.
struct Overrun {
  const WatchedInstance& instance;
  std::string_view call;  ///< such as "signal.on_event"
  std::uint64_t event;    ///< id of the event it was called with, 0 = none
  std::int64_t limit_ns;  ///< how long it was given
};

struct WatchdogOptions {
  std::filesystem::path var;           ///< state folder; the record goes to <var>/quarantine
  std::int64_t lane_ns = 250'000'000;  ///< [lane] calls
  std::int64_t broker_ns =
      10'000'000'000;  ///< broker calls: a simulated venue may be committing its state file
  std::int64_t control_ns = 60'000'000'000;  ///< [control] calls: models are loaded in configure
  std::int64_t pull_ns = 60'000'000'000;     ///< feed.pull: files and databases are read in it
  std::int64_t tick_ns = 25'000'000;         ///< time between two wake-ups
  /// Sets the flag that every submit checks. Must be an atomic store and nothing else. Called first. May be
  /// empty.
  std::function<void()> close_gate;
  /// Writes and flushes the alert. Called after the record is durable; if it has not returned after 3 s the
  /// process ends without it (the stuck thread may hold the logger's lock). May be empty.
  std::function<void(const Overrun&)> alert;
  /// Ends the process; empty = _exit(code). Only tests set it; if it returns, the watchdog stops watching.
  std::function<void(int code)> end_process;
};

/// Owns one thread. Register instances before or while it runs. Must outlive them.
class Watchdog {
 public:
  explicit Watchdog(WatchdogOptions options);
  ~Watchdog();  ///< stops and joins the thread
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  /// Creates and opens the quarantine file (so that writing to it needs nothing later) and starts the thread.
  /// Error: PLUGIN_QUARANTINE_IO. [control]
  Result<void> start();
  void stop() noexcept;

  /// Watches `slot` (borrowed until remove()). [control]
  void add(const WatchSlot& slot, WatchedInstance who);
  void remove(const WatchSlot& slot) noexcept;

  /// One wake-up, as the thread does it: for tests, which then need no time to pass.
  void wake_up();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Makes a C++ exception that reaches a plugin's noexcept boundary, an abort() and a crash (SIGSEGV, SIGBUS, SIGFPE,
/// SIGILL) inside a plugin call end the process with a sentence that names instance, file and call, and with
/// exit_code::plugin, instead of a bare signal. When it happened in a lane call the instance is quarantined as
/// well, so that a restart does not run into it again. Outside plugin calls, and on threads that a plugin started
/// itself, nothing changes. Takes the process's terminate handler and those signals, as far as nobody else handles
/// them; `var` of the latest call counts. [control]
void install_terminate_handler(const std::filesystem::path& var);

}  // namespace bowline::loader
