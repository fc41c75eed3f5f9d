// The cache line in which one instance says "a call into me is under way": written by whoever calls, read by
// the watchdog. It is also what bowline.thread_check/1 answers from.
#pragma once

#include <atomic>
#include <cstdint>

namespace bowline::loader {

/// Which promise a call is made under; each has its own limit in the watchdog.
enum class CallClass : std::uint32_t {
  Control,    ///< [control]: create, configure, start, stop, save, load, destroy
  Lane,       ///< [lane]: on_event, check, plan, on_wake
  Broker,     ///< [lane] of a broker, which may commit a state file of its own
  Pull,       ///< feed.pull on a reader thread, which may read files and databases
  Unbounded,  ///< [control] work that a person waits for and can cancel: training
};

struct alignas(64) WatchSlot {
  std::atomic<std::uint64_t> turn{0};        ///< odd while a call is under way; counts entries and returns
  std::atomic<std::uint64_t> event{0};       ///< id of the event the call is about, 0 = none
  std::atomic<const void*> thread{nullptr};  ///< mark of the calling thread, see thread_mark()
  std::atomic<const char*> call{""};         ///< static name of the slot, such as "signal.on_event"
  std::atomic<CallClass> kind{CallClass::Control};
  std::atomic<std::int64_t> extra_ns{0};  ///< added to the limit of this call (stop: its grace)
};

/// An address that is different in every live thread.
inline const void* thread_mark() noexcept {
  static thread_local const char mark = 0;
  return &mark;
}

/// A call into a plugin, from construction to destruction. Calls of one instance are serialised by the ABI,
/// so plain loads and stores are enough: the whole bracket is five stores into one cache line.
class InCall {
 public:
  InCall(WatchSlot& slot, CallClass kind, const char* call, std::uint64_t event) noexcept : slot_(slot) {
    constexpr auto relaxed = std::memory_order_relaxed;
    slot.event.store(event, relaxed);
    slot.kind.store(kind, relaxed);
    slot.call.store(call, relaxed);
    slot.thread.store(thread_mark(), relaxed);
    slot.turn.store(slot.turn.load(relaxed) + 1, std::memory_order_release);
  }
  ~InCall() { slot_.turn.store(slot_.turn.load(std::memory_order_relaxed) + 1, std::memory_order_release); }
  InCall(const InCall&) = delete;
  InCall& operator=(const InCall&) = delete;

 private:
  WatchSlot& slot_;
};

}  // namespace bowline::loader
