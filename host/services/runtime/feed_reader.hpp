// The host's reader thread of one feed, which is its lane: pulls batches ahead of the core, hands it what the network and the
// clock answer, and passes on what it gives in order. The core never waits on a file or a peer; a feed that runs ahead waits on
// the core, and what it would hear next waits with it.
#pragma once

#include <bowline/plugin.h>

#include <atomic>
#include <bowline/result.hpp>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "core/market_event.hpp"
#include "core/types.hpp"
#include "loader/instance.hpp"
#include "services/runtime/instance_services.hpp"

namespace bowline::services {

using core::MarketEvent;

/// Whether a bar is one that the core acts on: final, of a configured instrument.
inline bool usable(const bl_bar& bar, std::size_t instruments) noexcept {
  return bar.h.instrument != 0 && bar.h.instrument <= instruments && bar.is_final != 0;
}

inline bool usable(const bl_quote& quote, std::size_t instruments) noexcept {
  return quote.h.instrument != 0 && quote.h.instrument <= instruments;
}

/// FEED_INTERVAL: the feed gave a bar of another length than the run's `interval`. Times, horizons and ages are counted
/// in bars, so that all of them would be wrong, and none would look so.
Error wrong_interval(const std::string& instance, std::int64_t bar_ns, std::int64_t interval_ns);

class FeedReader {
 public:
  /// How far it may run ahead (little enough that what the feed wrote is still in a cache when the core reads it), and
  /// how few batches are left when it goes on.
  static constexpr std::size_t batch_size = 512, most_batches = 16, few_batches = 4;
  /// `clock`: wall time in ns, the one seam (paced feeds wait for their due times on it). `waker`: called when something
  /// arrived after the core was told that nothing was there.
  /// `ears`: the host's side of a feed that has on_event, with an inbox; null: it is only pulled.
  FeedReader(loader::FeedInstance& feed, std::function<std::int64_t()> clock, std::function<void()> waker, InstanceServices* ears = nullptr);
  ~FeedReader();  ///< stop()
  FeedReader(const FeedReader&) = delete;
  FeedReader& operator=(const FeedReader&) = delete;

  void start();
  /// A feed that hears is told first how everything ended that it had asked the network for; what it gives then is dropped.
  void stop();

  /// What the core sees of the feed's front.
  enum class Front { event, nothing_yet, ended, failed };
  /// The next event, to be changed at will, without taking it; it stays where it is until front() is asked again after
  /// a pop(). [core thread]
  Front front(MarketEvent*& event);
  void pop() noexcept { ++at_; }
  /// Why it failed. [core thread, after failed]
  const Error& error() const noexcept { return error_; }

  /// What an observer sees of the feed. [any]
  enum class State { delivering, ended, failed };
  State state() const;
  /// Whether it last said that its data are down or stale (BL_EV_LINK without an instrument). [any]
  bool says_stale() const noexcept { return says_stale_.load(std::memory_order_relaxed); }
  /// Clock time of its last delivery, of its start before the first; 0 before that. [any]
  std::int64_t delivered_ns() const noexcept { return delivered_ns_.load(std::memory_order_relaxed); }
  /// Batches waiting for the core. [any]
  std::size_t waiting() const;
  /// Events that did not enter: of a type the core does not take, and malformed ones. [any]
  std::uint64_t ignored() const noexcept { return ignored_.load(std::memory_order_relaxed); }
  std::uint64_t malformed() const noexcept { return malformed_.load(std::memory_order_relaxed); }
  /// Bars the core took, and bars and quotes that it could not use; counted by the core as it takes them. [core thread]
  std::uint64_t bars = 0, unusable = 0;
  const std::string& id() const noexcept { return feed_.spec().id; }
  loader::FeedInstance& feed() noexcept { return feed_; }

 private:
  using Batch = std::vector<MarketEvent>;
  loader::FeedInstance& feed_;
  std::function<std::int64_t()> clock_;
  std::function<void()> waker_;
  InstanceServices* const ears_;
  std::thread thread_;
  mutable std::mutex lock_;
  std::condition_variable room_, stop_wake_;
  std::deque<Batch> full_, spare_;
  bool stopping_ = false, ended_ = false, rung_ = false;
  Error failure_;  // under lock_; empty code = none
  // the core's side
  Batch current_;
  std::size_t at_ = 0;
  Error error_;
  std::atomic<std::uint64_t> ignored_{0}, malformed_{0};
  std::atomic<std::int64_t> delivered_ns_{0};
  std::atomic<bool> says_stale_{false}, wake_{false};
  // the reader thread's
  struct Taker;
  Batch heard_;
  std::int64_t last_ns_ = 0;  ///< ts_recv of what was heard last
  std::int64_t next_ns_ = 0;  ///< before which a pull has nothing
  bool more_ = false;         ///< the last pull may have left something
  bool broken_ = false;

  void run();
  bool make_room(Batch& batch);
  bool pull(Batch& batch);
  void hear();
  void tell(const bl_event& event);
  void fire_timers();
  void take_heard();
  void hand_over(Batch& batch);
  void put_failure(std::string_view call, bl_status status, const bl_error& why);
  std::int64_t nap() const;
  void ring_bell();
  static bl_status take(void* ctx, const bl_event* event) noexcept;
  bool fits(const bl_event* event) noexcept;
};

}  // namespace bowline::services
