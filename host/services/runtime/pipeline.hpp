// One process, all components: the core's loop. Takes one event at a time in a fixed order, closes a step when every
// instrument's bar has arrived, and calls the components in the order of trading rules 4.4.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "services/portfolio_rebalancer/rebalancer.hpp"
#include "services/runtime/feed_reader.hpp"
#include "services/runtime/instance_services.hpp"
#include "services/runtime/ports.hpp"
#include "services/signal_bridge/bridge.hpp"
#include "services/signal_generator/generator.hpp"
#include "services/trade_execution/execution.hpp"

namespace bowline::services {

/// A plugin instance that may be sent timers and market events by the loop.
struct Listener {
  InstanceServices* services = nullptr;
  std::function<void(const bl_event&)> timer;   ///< delivers BL_EV_TIMER
  std::function<void(const bl_event&)> market;  ///< bars, quotes, observations it asked for; may be empty
};

struct PipelineParts {
  Execution* execution = nullptr;
  Generator* generator = nullptr;
  Bridge* bridge = nullptr;
  Rebalancer* rebalancer = nullptr;
  BrokerAdapter* broker = nullptr;
  EventInbox* broker_inbox = nullptr;
  std::vector<FeedReader*> feeds;       ///< configuration order
  std::vector<Listener> listeners;      ///< configuration order
  core::RecordSink* sink = nullptr;
  RunFacts* facts = nullptr;
  std::size_t instruments = 0;
  core::Nanos max_bar_delay = 0;        ///< a bar known later than this after its close is not acted on; 0 = no limit
};

/// How a run ended.
enum class RunEnd : std::uint8_t { end_of_data, stopped, feed_failed, instance_failed };

class Pipeline {
 public:
  explicit Pipeline(PipelineParts parts);

  /// Turns until the feeds end, one fails, or stop(). On the calling thread, which becomes the core thread.
  RunEnd run();
  /// Ends run() after the step it closes; a step that still waits for bars is left undecided. [any]
  void stop() noexcept;
  /// Runs `work` on the core thread between two events. False when the loop has ended: nothing is run. [any]
  bool post(std::function<void()> work);
  /// Something arrived: look again. [any]
  void wake() noexcept;

  /// Called on the core thread after each step, with its time and whether it was acted on. Empty = nobody.
  std::function<void(core::Nanos, bool)> after_step;
  /// Called at least five times a second while the loop turns.
  std::function<void()> beat;

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
  /// Lets the broker run and reads what it says, until it is silent. [core thread]
  void pump();

 private:
  PipelineParts p_;
  std::mutex lock_;
  std::condition_variable arrived_;
  bool rung_ = false, over_ = false;           // under lock_
  std::vector<std::function<void()>> posted_;  // under lock_
  std::atomic<bool> stop_{false}, has_posted_{false};
  Error error_;
  std::uint64_t bars_ = 0, late_ = 0, steps_ = 0, acted_steps_ = 0, events_ = 0;
  core::Nanos open_ = 0, closed_ = 0, first_ = 0;  // open_: time of the step being filled, 0 = none
  bool acted_ = false;
  std::vector<bool> seen_;                         // instruments with a bar in the open step
  std::size_t seen_count_ = 0;
  std::vector<core::Target> targets_, plan_;
  std::vector<core::InstrumentId> changed_;
  std::span<const core::Prediction> predictions_;

  RunEnd turn();
  void run_posted();
  void handle(MarketEvent event);
  void on_bar(bl_bar& bar);
  void close_step();
  void fire_timers(core::Nanos before);
  void wait();
  bool failed();
};

}  // namespace bowline::services
