// A WebSocket client that stays connected: reconnects with jittered back-off until told to stop.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "edge/io_thread.hpp"
#include "edge/message.hpp"

namespace bowline::edge {

struct WsClientOptions {
  std::string url{};  ///< ws://host[:port]/path?query, or wss://…
  /// Asked before each connect when set: e.g. "…/events/stream?from=<last id + 1>" after a gap. Wins over
  /// `url`.
  std::function<std::string()> url_source{};
  Pairs headers{};
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds backoff_min{100}, backoff_max{10'000};
  std::uint64_t jitter_seed = 1;                   ///< same seed, same waits
  std::chrono::milliseconds idle_timeout{30'000};  ///< a ping at half of it; no sign of life: reconnect
  std::size_t max_message = 16u << 20;
  std::size_t max_queued_bytes = 8u << 20;  ///< outgoing
  std::string ca_file{};                    ///< extra trust anchors for wss; empty: the system's
};

/// Callbacks run on the I/O thread.
struct WsClientEvents {
  std::function<void()> on_open{};
  std::function<void(std::string_view)> on_text{};
  /// The connection ended or could not be made; `reason` names why. A reconnect is already on its way unless
  /// stop().
  std::function<void(const Error& reason)> on_down{};
};

class WsClient {
 public:
  WsClient(IoThread& io, WsClientOptions options, WsClientEvents events);
  ~WsClient();  ///< stop()
  WsClient(const WsClient&) = delete;
  WsClient& operator=(const WsClient&) = delete;

  /// [any thread] Starts connecting; idempotent.
  void start();
  /// [any thread] Queues one text message. False when not connected or the queue is full: nothing was queued.
  bool send(std::string text);
  bool connected() const noexcept;
  /// [any thread] Closes with 1000 and does not reconnect. When it returns (off the I/O thread), no callback
  /// runs or will run. Idempotent.
  void stop();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace bowline::edge
