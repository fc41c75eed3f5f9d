// The core thread's loop, whatever it turns: the way in for work from other threads, the wake-up and the stop, and the
// numbers everybody may ask for.
#pragma once

#include <atomic>
#include <bowline/result.hpp>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <span>
#include <vector>

#include "core/prediction.hpp"
#include "core/types.hpp"

namespace bowline::services {

/// How a run ended.
enum class RunEnd : std::uint8_t { end_of_data, stopped, feed_failed, instance_failed, peer_failed };

class CoreLoop {
 public:
  CoreLoop() = default;
  virtual ~CoreLoop() = default;
  CoreLoop(const CoreLoop&) = delete;
  CoreLoop& operator=(const CoreLoop&) = delete;

  /// Turns until the run ends or stop(). On the calling thread, which becomes the core thread.
  virtual RunEnd run() = 0;
  /// Lets the broker run and reads what it says, until it is silent; nothing where there is no broker. [core thread]
  virtual void pump() = 0;
  /// Lets engine time go on to `until` without data, after run(): timers due before it fire, so that a simulated venue
  /// can answer what was asked last. [core thread]
  virtual void pass_time(core::Nanos until) = 0;
  /// Ends run() after the step it closes; a step that still waits for bars is left undecided. The second time it waits
  /// for no other process. [any]
  void stop() noexcept;
  /// Runs `work` on the core thread between two events. False when the loop has ended: nothing is run. [any]
  bool post(std::function<void()> work);
  /// Something arrived: look again. [any]
  void wake() noexcept;

  /// Called on the core thread after each step, with its time and whether it was acted on. Empty = nobody.
  std::function<void(core::Nanos, bool)> after_step;
  /// Called at least five times a second while the loop turns: `watch` is the run's own, `beat` the server's.
  std::function<void()> watch, beat;
  /// Told how many seconds lay between the last bar of a step and its predictions; not of every step, see pipeline.cpp.
  std::function<void(double)> predicted;
  /// Work is taken: not once a stop began, nor after the end. [any]
  bool accepting() const noexcept { return !stopping() && !closed_to_all_.load(std::memory_order_acquire); }
  /// Commands waiting. [any]
  std::size_t waiting() const;

  const Error& error() const noexcept { return error_; }
  std::uint64_t bars() const noexcept { return bars_; }
  std::uint64_t late_bars() const noexcept { return late_; }
  std::uint64_t steps() const noexcept { return steps_; }
  /// Steps that predictions were made on: not those of the warm-up.
  std::uint64_t acted_steps() const noexcept { return acted_steps_; }
  core::Nanos first_time() const noexcept { return first_; }
  core::Nanos last_time() const noexcept { return closed_; }
  /// The span of predictions of the step just closed. [core thread, in after_step]
  std::span<const core::Prediction> predictions() const noexcept { return predictions_; }

 protected:
  Error error_;
  std::uint64_t bars_ = 0, late_ = 0, steps_ = 0, acted_steps_ = 0;
  core::Nanos closed_ = 0, first_ = 0;
  std::span<const core::Prediction> predictions_;

  /// Lets everybody who watches look.
  void tick() {
    if (watch) watch();
    if (beat) beat();
  }
  bool stopping() const noexcept { return stops_.load(std::memory_order_acquire) > 0; }
  bool stopping_at_once() const noexcept { return stops_.load(std::memory_order_acquire) > 1; }
  /// Runs what was posted; true when there was anything.
  bool run_posted();
  /// Waits for a wake-up, at most a fifth of a second.
  void wait();
  /// No work is taken from here on; what was accepted before is still to be run.
  void close();

 private:
  mutable std::mutex lock_;
  std::condition_variable arrived_;
  bool rung_ = false, over_ = false;           // under lock_
  std::vector<std::function<void()>> posted_;  // under lock_
  std::atomic<int> stops_{0};
  std::atomic<bool> has_posted_{false}, closed_to_all_{false};
};

}  // namespace bowline::services
