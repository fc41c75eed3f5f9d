#include "loader/watchdog.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>

#include "core/exit_codes.hpp"
#include "loader/call_registry.hpp"
#include "loader/file_bytes.hpp"

namespace bowline::loader {
namespace {

constexpr unsigned alert_seconds = 3;

void end_now(int) { ::_exit(core::exit_code::plugin_overrun); }

// If the alert hangs, because the stuck thread holds a lock it needs, the process still ends with its code.
void end_after_the_alert_even_if_it_hangs() {
  struct sigaction action {};
  action.sa_handler = end_now;
  ::sigaction(SIGALRM, &action, nullptr);
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGALRM);
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  ::alarm(alert_seconds);
}

}  // namespace

struct Watchdog::Impl {
  struct Watched {
    const WatchSlot* slot;
    WatchedInstance who;
    std::string prefix;
    std::uint64_t turn = 0;    // of the call seen at the last wake-up
    std::int64_t wakeups = 0;  // for how many wake-ups that call has been under way
  };

  WatchdogOptions options;
  UniqueFd file;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Watched> watched;
  bool stopping = false;
  bool ended = false;
  std::thread thread;

  std::int64_t limit_of(const WatchSlot& slot) const {
    const std::int64_t extra = slot.extra_ns.load(std::memory_order_relaxed);
    switch (slot.kind.load(std::memory_order_relaxed)) {
      case CallClass::Lane:
        return options.lane_ns + extra;
      case CallClass::Broker:
        return options.broker_ns + extra;
      case CallClass::Pull:
        return options.pull_ns + extra;
      case CallClass::Control:
        return options.control_ns + extra;
      case CallClass::Unbounded:
        break;
    }
    return INT64_MAX;
  }

  void look(Watched& w) {
    const std::uint64_t turn = w.slot->turn.load(std::memory_order_acquire);
    if ((turn & 1) == 0 || turn != w.turn) {
      w.turn = turn;
      w.wakeups = 0;
      return;
    }
    const std::int64_t limit = limit_of(*w.slot);
    ++w.wakeups;
    if (limit == INT64_MAX || w.wakeups < (limit + options.tick_ns - 1) / options.tick_ns) return;
    overrun(w, limit);
  }

  // Nothing here may wait for the stuck thread: no allocation and no lock until the record is durable.
  void overrun(const Watched& w, std::int64_t limit) {
    ended = true;
    if (options.close_gate) options.close_gate();
    const char* call = w.slot->call.load(std::memory_order_relaxed);
    const std::uint64_t event = w.slot->event.load(std::memory_order_relaxed);
    char record[1024];
    const std::size_t n = complete_record(record, sizeof record, w.prefix.c_str(), call, event, "overrun");
    if (file && n > 0 && ::write(file.get(), record, n) == static_cast<ssize_t>(n)) ::fsync(file.get());
    if (options.alert) {
      if (!options.end_process) end_after_the_alert_even_if_it_hangs();
      options.alert(Overrun{w.who, call, event, limit});
    }
    if (options.end_process)
      options.end_process(core::exit_code::plugin_overrun);
    else
      ::_exit(core::exit_code::plugin_overrun);
  }

  void run() {
    std::unique_lock lock(mutex);
    while (!stopping) {
      changed.wait_for(lock, std::chrono::nanoseconds(options.tick_ns), [this] { return stopping; });
      if (!stopping && !ended)
        for (Watched& w : watched)
          if (!ended) look(w);
    }
  }
};

Watchdog::Watchdog(WatchdogOptions options) : impl_(std::make_unique<Impl>()) {
  impl_->options = std::move(options);
}

Watchdog::~Watchdog() { stop(); }

Result<void> Watchdog::start() {
  const auto path = impl_->options.var / "quarantine";
  std::error_code ignored;
  std::filesystem::create_directories(impl_->options.var, ignored);  // open() says what is wrong
  impl_->file = UniqueFd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
  UniqueFd folder(::open(impl_->options.var.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!impl_->file || !folder || ::fsync(folder.get()) != 0)
    return Error{"PLUGIN_QUARANTINE_IO",
                 "the quarantine file " + path.string() + " cannot be written (" + std::strerror(errno) +
                     "): give the state folder space and permission",
                 {{"file", path.string()}}};
  impl_->stopping = false;
  impl_->thread = std::thread([this] { impl_->run(); });
  return {};
}

void Watchdog::stop() noexcept {
  if (!impl_->thread.joinable()) return;
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->changed.notify_all();
  impl_->thread.join();
}

void Watchdog::add(const WatchSlot& slot, WatchedInstance who) {
  std::string prefix = record_prefix(who.id, who.plugin, who.sha256);
  const std::lock_guard lock(impl_->mutex);
  impl_->watched.push_back({&slot, std::move(who), std::move(prefix)});
}

void Watchdog::remove(const WatchSlot& slot) noexcept {
  const std::lock_guard lock(impl_->mutex);
  std::erase_if(impl_->watched, [&](const Impl::Watched& w) { return w.slot == &slot; });
}

void Watchdog::wake_up() {
  const std::lock_guard lock(impl_->mutex);
  for (Impl::Watched& w : impl_->watched)
    if (!impl_->ended) impl_->look(w);
}

}  // namespace bowline::loader
