// WS /market/stream of signal-generator: what the feeds bring, the frame of predictions and the close of each step. A
// service of the same run follows it, one of each name at a time, and says when it has settled a step; anybody else may
// look on, and what an onlooker says is not heard.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "services/runtime/broadcaster.hpp"
#include "services/runtime/remote/wire.hpp"

namespace bowline::services {

/// Close code of a session that asked for a role which another one holds: 409 in the range that is free for applications.
inline constexpr std::uint16_t ws_role_taken = 4409;

class MarketStream {
 public:
  /// `followers`: the services that hold the barrier; none in a run of one process.
  MarketStream(const wire::Hello& hello, const core::InstrumentTable& table, std::vector<std::string> followers);

  // ---- the loop's side [core thread]
  void event(const MarketEvent& event);
  void close(core::Nanos time, bool acted, std::span<const core::Prediction> predictions);
  void end(RunEnd end, core::Nanos time);
  /// Every follower has joined once, and has settled step `time`.
  bool settled(core::Nanos time) const noexcept {
    return followers_ == 0 || (joined_.load(std::memory_order_acquire) == followers_ && least_.load(std::memory_order_acquire) >= time);
  }
  /// After end(): every follower has said that it ends, or is gone.
  bool all_left() const noexcept { return left_.load(std::memory_order_acquire) == followers_; }
  /// Every follower, and whether it is connected now. [any]
  std::vector<std::pair<std::string, bool>> followers() const;

  /// Sessions now, followers and onlookers. [any]
  std::size_t listeners() const { return stream_.sessions(); }

  // ---- the server's side [I/O thread]
  /// Why `role` may not follow now: the run has none of that name (no run of one process has any), or it is taken.
  std::optional<Error> refuses(const std::string& role) const;
  /// A session; `role` empty = it only looks on. One whose role was taken meanwhile is closed with ws_role_taken.
  void join(const std::shared_ptr<edge::WsSession>& session, const std::string& role, std::optional<std::uint64_t> from);

  std::function<void()> on_change;  ///< a follower joined, settled or left: wakes the loop; set before the server starts
  std::function<void()> on_stop;    ///< the holder of a role is being stopped, and with it the run

 private:
  struct Follower {
    bool joined = false, left = false;
    core::Nanos settled = INT64_MIN;
    const void* session = nullptr;  // the one that holds the role: what another one says late does not count
  };
  const std::string hello_;
  const core::InstrumentTable& table_;
  Broadcaster stream_{16'384, std::chrono::seconds(0)};  // a replay in one process is not slowed down for nobody
  const std::size_t followers_;
  mutable std::mutex lock_;
  std::map<std::string, Follower> by_role_;  // under lock_
  bool ended_ = false;                       // under lock_
  std::atomic<std::size_t> joined_{0}, left_{0};
  std::atomic<core::Nanos> least_{INT64_MIN};

  std::optional<Error> refusal(const std::string& role) const;
  void count();
  void heard(const std::string& role, const void* session, std::string_view text);
  void closed(const std::string& role, const void* session);
};

}  // namespace bowline::services
