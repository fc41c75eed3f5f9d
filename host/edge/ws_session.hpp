// One WebSocket connection as a route handler sees it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace bowline::edge {

/// Close codes the project uses (RFC 6455 and the IANA registry).
enum WsCloseCode : std::uint16_t {
  ws_normal = 1000,
  ws_going_away = 1001,  ///< the server drains
  ws_protocol_error = 1002,
  ws_abnormal = 1006,  ///< never on the wire: the connection broke
  ws_policy = 1008,
  ws_too_big = 1009,
  ws_internal = 1011,
  ws_try_again_later = 1013  ///< slow reader: its queue ran over
};

/// Text messages in both directions. The server keeps it alive while the connection stands; a handler may
/// keep a shared_ptr longer, sends then do nothing. Callbacks run on the I/O thread; set them inside the open
/// handler.
class WsSession {
 public:
  virtual ~WsSession() = default;
  /// [any thread] Queues one text message; order of calls is kept. False when the session is closed or
  /// closing, or when the queue ran over just now: then the session is closed with 1013 and counted.
  virtual bool send(std::shared_ptr<const std::string> text) = 0;
  /// [any thread] Starts the closing handshake after what is queued has been sent.
  virtual void close(std::uint16_t code, std::string_view reason) = 0;
  /// Called with each whole text message; the view is valid during the call.
  virtual void on_message(std::function<void(std::string_view)> call) = 0;
  /// Called exactly once, when the session has ended, with the close code (1006 when it just broke). Set
  /// after the end: called at once.
  virtual void on_close(std::function<void(std::uint16_t)> call) = 0;
  /// [any thread] Bytes waiting to be written.
  virtual std::size_t queued_bytes() const = 0;
  virtual bool open() const noexcept = 0;
  virtual const std::string& request_id() const noexcept = 0;
};

}  // namespace bowline::edge
