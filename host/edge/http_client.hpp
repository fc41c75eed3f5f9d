// HTTP/1.1 client over the IoThread: keep-alive pool per host, deadline, size cap, and an honest outcome.
#pragma once

#include <bowline/result.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "edge/io_thread.hpp"
#include "edge/message.hpp"

namespace bowline::edge {

struct HttpCall {
  Method method = Method::Get;
  std::string url{};  ///< http://host[:port]/path?query, or https://…
  Pairs headers{};
  std::string body{};
  std::chrono::milliseconds deadline{10'000};  ///< for everything: resolve, connect, send, receive
  std::size_t max_response = 16u << 20;  ///< bytes of the body; more ends the call with Outcome::Unknown
  /// The same bytes may be sent twice without harm (GET and HEAD always may): then a kept connection that
  /// turns out to be dead before any answer byte is replaced once, silently.
  bool idempotent = false;
  /// Asked on the I/O thread just before the first byte is written; false: nothing is sent (EDGE_TOO_LATE).
  std::function<bool()> may_send{};
};

/// What is known about the request after the call.
enum class Outcome : std::uint8_t {
  NotSent,  ///< proof: no byte was written
  Unknown,  ///< at least one byte was written and no whole reply was read: it may have been carried out
  Complete  ///< a whole reply is here (whatever its status)
};

struct HttpReply {
  Outcome outcome = Outcome::NotSent;
  int status = 0;  ///< when Complete
  Headers headers{};
  std::string body{};
  Error error{};  ///< why it is not Complete: EDGE_RESOLVE, EDGE_CONNECT, EDGE_TLS, EDGE_DEADLINE,
                  ///< EDGE_CLOSED, EDGE_TOO_LARGE, EDGE_BAD_REPLY, EDGE_BAD_URL, EDGE_TOO_LATE, EDGE_BUSY
  bool complete() const noexcept { return outcome == Outcome::Complete; }
};

struct ClientOptions {
  std::size_t max_idle_per_host = 8;
  std::size_t max_in_flight = 256;                 ///< more at once: EDGE_BUSY, nothing sent
  std::chrono::milliseconds idle_timeout{20'000};  ///< keep below the server's
  std::string user_agent = "bowline";
  std::string ca_file{};  ///< extra trust anchors for https; empty: the system's
};

/// Peer certificate and host name are always verified for https.
class HttpClient {
 public:
  explicit HttpClient(IoThread& io, ClientOptions options = {});
  ~HttpClient();  ///< running calls end with EDGE_CLOSED; waits for their callbacks
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// [any thread] `done` is called exactly once, on the I/O thread.
  void send(HttpCall call, std::function<void(HttpReply)> done);
  /// [any thread but the I/O thread] Sends and waits.
  HttpReply fetch(HttpCall call);
  /// [any thread] Connections opened so far; shows that keep-alive works.
  std::uint64_t connections_opened() const noexcept;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace bowline::edge
