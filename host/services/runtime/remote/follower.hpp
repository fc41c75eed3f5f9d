// A service whose event time is another process's: follows /market/stream, acts on each step when the role before it
// has, and says when it has settled. Everything but the connections happens on the core thread.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "services/runtime/remote/stream_client.hpp"
#include "services/runtime/timers.hpp"

namespace bowline::services {

struct FollowerParts {
  CoreLoop* loop = nullptr;
  edge::IoThread* io = nullptr;
  RunFacts* facts = nullptr;
  const core::InstrumentTable* table = nullptr;
  core::RecordSink* sink = nullptr;
  std::filesystem::path heard_run;  ///< file that keeps which run this folder belongs to
  std::string role;                 ///< "signal-bridge"
  wire::Hello expected;             ///< facts the peers must agree in
  std::string market_url;           ///< base url of signal-generator
  std::string execution_url;        ///< of trade-execution; empty for itself
  std::vector<Listener> listeners;  ///< plugin instances of this role alone
};

class Follower {
 public:
  explicit Follower(FollowerParts parts);
  virtual ~Follower();
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  virtual void start();
  /// Ends the connections. [core thread or after it]
  virtual void stop();
  /// Asks the owner of event time to end the run. False when it cannot be told.
  bool ask_stop();

  /// Appends the peers it listens to, and whether it is connected to them now. [any]
  virtual void links(std::vector<std::pair<std::string, bool>>& to) const {
    to.emplace_back("signal-generator", market_->connected());
  }

  // ---- [core thread]
  virtual void pump() {}
  void pass_time(core::Nanos until);  ///< see CoreLoop
  bool finished() const noexcept { return finished_; }
  RunEnd end() const noexcept { return end_; }
  const Error& error() const noexcept { return error_; }
  std::uint64_t bars() const noexcept { return bars_; }
  std::uint64_t steps() const noexcept { return steps_; }
  core::Nanos first_time() const noexcept { return first_; }
  core::Nanos last_time() const noexcept { return closed_; }
  /// Called when a step is settled.
  std::function<void(core::Nanos, bool)> after_step;

 protected:
  FollowerParts p_;
  wire::Close close_;  ///< the step being decided
  bool deciding_ = false;

  virtual void on_market(MarketEvent& event) = 0;
  /// close_ has arrived: decide, at once or when what is missing is there, then settle().
  virtual void on_close() = 0;
  void settle();
  void fail(const Error& why);

 private:
  std::unique_ptr<StreamClient> market_;
  std::atomic<core::Nanos> settled_{0};
  std::atomic<bool> ended_{false};
  Error error_;
  RunEnd end_ = RunEnd::stopped;
  bool finished_ = false;
  std::uint64_t bars_ = 0, steps_ = 0, events_ = 0;
  core::Nanos first_ = 0, closed_ = 0;

  std::deque<std::shared_ptr<const nlohmann::json>> waiting_;  // heard, not yet handled
  bool going_on_ = false;

  void go_on();
  void handle(const nlohmann::json& message);
  void report();
};

/// Sends one POST /targets until trade-execution has answered it: a lost answer costs nothing, since the key is the same.
class TargetsSender {
 public:
  TargetsSender(edge::IoThread& io, CoreLoop& loop, std::string base_url);
  ~TargetsSender();
  /// `done` comes once, on the core thread: taken, or why never.
  void send(std::string key, std::string body, std::function<void(const Result<void>&)> done);
  /// The same for as long as `patience`, for what somebody waits for. Errors: PEER_REFUSED, proof that it was not taken;
  /// EXECUTION_ABSENT, as well: no byte reached anybody who could take it; REBALANCE_OUTCOME_UNKNOWN: it may have been
  /// taken and traded.
  void send_within(std::chrono::milliseconds patience, std::string key, std::string body,
                   std::function<void(const Result<void>&)> done);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace bowline::services
