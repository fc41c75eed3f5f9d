#include "loader/call_registry.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cinttypes>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <vector>

#include "core/exit_codes.hpp"
#include "loader/watchdog.hpp"

namespace bowline::loader {
namespace {

struct Registry {
  std::mutex mutex;  // writers only
  std::array<std::atomic<const RegisteredInstance*>, 256> entries{};
  std::vector<std::unique_ptr<RegisteredInstance>> kept;  // never freed: a dying thread may be reading one
};
Registry& registry() {
  static Registry* const one = new Registry;  // outlives every static destructor
  return *one;
}

std::atomic<const char*> quarantine_path{nullptr};  // leaked on change, for the same reason
std::terminate_handler previous_terminate = nullptr;

void put(const char* text, std::size_t length) noexcept {
  while (length > 0) {
    const ssize_t n = ::write(STDERR_FILENO, text, length);
    if (n <= 0) return;
    text += n;
    length -= static_cast<std::size_t>(n);
  }
}
void put(const char* text) noexcept { put(text, std::strlen(text)); }

constexpr const char* no_exception = "no exception may leave a plugin: ";

[[noreturn]] void die_of(const RegisteredInstance& guilty, const char* what, const char* detail, const char* rule = no_exception) noexcept {
  const char* call = guilty.slot->call.load(std::memory_order_relaxed);
  put("bowline: ");
  put("PLUGIN_TERMINATED");
  put(": ");
  put(guilty.label.c_str());
  put(": ");
  put(what);
  put(" out of ");
  put(call);
  if (detail != nullptr && *detail != '\0') {
    put(" (");
    put(detail, ::strnlen(detail, 400));
    put(")");
  }
  put(": ");
  put(rule);
  put("mend the plugin, or take the instance out of the configuration\n");
  const CallClass kind = guilty.slot->kind.load(std::memory_order_relaxed);
  const char* path = quarantine_path.load(std::memory_order_acquire);
  if (path != nullptr && kind != CallClass::Control && kind != CallClass::Unbounded) {
    char record[1024];
    const std::size_t n = complete_record(record, sizeof record, guilty.record_prefix.c_str(), call,
                                          guilty.slot->event.load(std::memory_order_relaxed), "terminate");
    const int fd = ::open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0 && n > 0 && ::write(fd, record, n) == static_cast<ssize_t>(n)) ::fsync(fd);
  }
  ::_exit(core::exit_code::plugin);
}

void on_terminate() {
  if (const RegisteredInstance* guilty = instance_of_this_thread()) {
    const char* detail = "";
    if (const std::exception_ptr thrown = std::current_exception()) {
      try {
        std::rethrow_exception(thrown);
      } catch (const std::exception& e) {
        die_of(*guilty, "threw an exception", e.what());
      } catch (...) {
        detail = "not a std::exception";
      }
    }
    die_of(*guilty, "threw an exception", detail);
  }
  if (previous_terminate != nullptr) previous_terminate();
  std::abort();
}

void on_abort(int) {
  // Returning lets abort() end the process the ordinary way.
  if (const RegisteredInstance* guilty = instance_of_this_thread()) die_of(*guilty, "aborted", nullptr);
}

constexpr std::array faults{std::pair{SIGSEGV, "SIGSEGV"}, std::pair{SIGBUS, "SIGBUS"}, std::pair{SIGFPE, "SIGFPE"}, std::pair{SIGILL, "SIGILL"}};

void on_fault(int signal) {
  if (const RegisteredInstance* guilty = instance_of_this_thread())
    for (const auto& [number, name] : faults)
      if (number == signal) die_of(*guilty, "crashed", name, "");
  ::raise(signal);  // nobody's here: it ends the process as it ever did, when this returns
}

// A crash that overran the stack has none left for its handler.
void own_stack_for_faults() {
  static std::array<char, 64 * 1024> space;
  stack_t stack{};
  stack.ss_sp = space.data();
  stack.ss_size = space.size();
  ::sigaltstack(&stack, nullptr);
}

// What a sanitizer or a debugger's library handles already stays theirs.
void name_who_crashes() {
  bool ours = false;
  for (const auto& [signal, name] : faults) {
    struct sigaction before {};
    if (::sigaction(signal, nullptr, &before) != 0 || (before.sa_flags & SA_SIGINFO) != 0 || before.sa_handler != SIG_DFL) continue;
    struct sigaction action {};
    action.sa_handler = on_fault;
    action.sa_flags = static_cast<int>(SA_RESETHAND | SA_ONSTACK);
    ours = ::sigaction(signal, &action, nullptr) == 0 || ours;
  }
  if (ours) own_stack_for_faults();
}

}  // namespace

std::string record_prefix(std::string_view instance, std::string_view plugin, std::string_view sha256) {
  const auto quoted = [](std::string_view text) {
    return nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  };
  return "{\"instance\":" + quoted(instance) + ",\"plugin\":" + quoted(plugin) +
         ",\"sha256\":" + quoted(sha256) + ",\"call\":\"";
}

std::size_t complete_record(char* buffer, std::size_t size, const char* prefix, const char* call,
                            std::uint64_t event, const char* why) noexcept {
  const int n =
      std::snprintf(buffer, size, "%s%s\",\"event\":%" PRIu64 ",\"why\":\"%s\"}\n", prefix, call, event, why);
  return n > 0 && static_cast<std::size_t>(n) < size ? static_cast<std::size_t>(n) : 0;
}

void register_instance(const WatchSlot& slot, std::string label, std::string prefix) {
  Registry& r = registry();
  const std::lock_guard lock(r.mutex);
  for (auto& entry : r.entries) {
    if (entry.load(std::memory_order_relaxed) != nullptr) continue;
    r.kept.push_back(
        std::make_unique<RegisteredInstance>(RegisteredInstance{&slot, std::move(label), std::move(prefix)}));
    entry.store(r.kept.back().get(), std::memory_order_release);
    return;
  }
}

void unregister_instance(const WatchSlot& slot) noexcept {
  Registry& r = registry();
  const std::lock_guard lock(r.mutex);
  for (auto& entry : r.entries) {
    const RegisteredInstance* known = entry.load(std::memory_order_relaxed);
    if (known != nullptr && known->slot == &slot) entry.store(nullptr, std::memory_order_release);
  }
}

const RegisteredInstance* instance_of_this_thread() noexcept {
  for (const auto& entry : registry().entries) {
    const RegisteredInstance* known = entry.load(std::memory_order_acquire);
    if (known != nullptr && (known->slot->turn.load(std::memory_order_acquire) & 1) != 0 &&
        known->slot->thread.load(std::memory_order_relaxed) == thread_mark())
      return known;
  }
  return nullptr;
}

void install_terminate_handler(const std::filesystem::path& var) {
  static std::once_flag once;
  const std::string path = (std::filesystem::absolute(var) / "quarantine").string();
  char* copy = new char[path.size() + 1];
  std::memcpy(copy, path.c_str(), path.size() + 1);
  quarantine_path.store(copy, std::memory_order_release);
  std::call_once(once, [] {
    registry();
    previous_terminate = std::set_terminate(on_terminate);
    struct sigaction action {};
    action.sa_handler = on_abort;
    ::sigaction(SIGABRT, &action, nullptr);
    name_who_crashes();
  });
}

}  // namespace bowline::loader
