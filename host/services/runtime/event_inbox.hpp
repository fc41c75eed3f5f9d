// Events a plugin published, copied whole in the order they came, until the core thread reads them.
#pragma once

#include <bowline/plugin.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <vector>

#include "loader/instance_host.hpp"

namespace bowline::services {

class EventInbox {
 public:
  /// `most`: how many events may wait before full() says so; nothing else is bounded by it.
  explicit EventInbox(std::size_t most = SIZE_MAX) noexcept : most_(most) {}
  /// Whether a plugin that publishes should wait. [any]
  bool full() const noexcept { return waiting_.load(std::memory_order_relaxed) >= most_; }
  /// Copies `event`; false for one that is shorter than its type demands. [any]
  bool put(const bl_event& event) {
    if (!loader::well_formed(&event)) return false;
    const std::size_t words = (event.size + 7u) / 8u;
    const std::scoped_lock hold(lock_);
    const std::size_t at = words_.size();
    words_.resize(at + 1 + words);
    words_[at] = words;
    words_[at + words] = 0;  // the last word may be only partly covered
    std::memcpy(&words_[at + 1], &event, event.size);
    waiting_.fetch_add(1, std::memory_order_relaxed);
    some_.store(true, std::memory_order_release);
    return true;
  }
  /// Whether something was put that was not read. [any]
  bool some() const noexcept { return some_.load(std::memory_order_acquire); }
  /// Calls f(const bl_event&) for everything put so far, also for what f itself causes to be put. [core thread]
  template <class F>
  void drain(F&& f) {
    // Asked after every bar and nearly always empty: one load, no lock. What is put after it is read next time.
    while (some_.load(std::memory_order_acquire)) {
      {
        const std::scoped_lock hold(lock_);
        reading_.swap(words_);
        words_.clear();
        waiting_.store(0, std::memory_order_relaxed);
        some_.store(false, std::memory_order_relaxed);
      }
      for (std::size_t at = 0; at < reading_.size(); at += 1 + static_cast<std::size_t>(reading_[at]))
        f(*reinterpret_cast<const bl_event*>(&reading_[at + 1]));
      reading_.clear();
    }
  }

 private:
  std::mutex lock_;
  std::atomic<bool> some_{false};
  const std::size_t most_;
  std::atomic<std::size_t> waiting_{0};
  std::vector<std::uint64_t> words_, reading_;
};

}  // namespace bowline::services
