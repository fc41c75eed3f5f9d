// Sends each message to every open WebSocket session, and keeps the newest for those who come back after a
// gap.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "edge/ws_session.hpp"

namespace bowline::services {

/// Sessions are held weakly: the server keeps an open one alive, and a session's queue is bounded by the
/// server, which closes a slow reader. So a publisher is never held up.
class Broadcaster {
 public:
  /// `keep`: how many messages are kept for ?from=. `early`: who comes in this time finds all from the first on.
  explicit Broadcaster(std::size_t keep = 4096, std::chrono::milliseconds early = std::chrono::seconds(2))
      : keep_(keep), unheard_from_(std::chrono::steady_clock::now() + early) {}

  /// The id the next message will carry; one publisher, so it holds until its publish(). [publisher]
  std::uint64_t next_id() const;
  /// Sends the message that carries next_id(). [publisher]
  void publish(std::string text);
  /// Where nobody listens, nor has for a minute: uses up next_id() for a message that is not made, and forgets what was kept,
  /// so that who comes later sees by the first id that something is missing. False when somebody listens, or may only have
  /// lost the connection. [publisher]
  bool skip_unheard();
  /// Sends what is kept from id `from` on, then all that follows, without a gap or a repetition between.
  /// [any]
  void add(const std::shared_ptr<edge::WsSession>& session, std::optional<std::uint64_t> from);
  std::size_t sessions() const;

 private:
  mutable std::mutex lock_;
  std::size_t keep_;
  std::uint64_t next_ = 1;
  std::deque<std::shared_ptr<const std::string>> kept_;  // ids next_ - kept_.size() .. next_ - 1
  std::vector<std::weak_ptr<edge::WsSession>> sessions_;
  std::chrono::steady_clock::time_point unheard_from_;  // until then, messages are kept though nobody listens
};

}  // namespace bowline::services
