// One listening port: HTTP/1.1 and WebSocket over a Router. Several servers share one IoThread.
#pragma once

#include <bowline/result.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "edge/access.hpp"
#include "edge/io_thread.hpp"
#include "edge/router.hpp"

namespace bowline::edge {

class TlsIdentity;

/// What the access hook is told about an answered request.
struct AccessRecord {
  std::string_view method, route;  ///< the route's path pattern; empty: no route
  int status = 0;
  std::int64_t micros = 0;  ///< end of the headers → answer made
  std::string_view request_id, principal, remote;
};

struct ServerOptions {
  std::string bind = "127.0.0.1";
  std::uint16_t port = 0;                             ///< 0: any free port, see HttpServer::port()
  std::string service = "bowline";                    ///< named in start-up errors
  std::size_t max_body = 1u << 20;                    ///< bytes; more is 413
  std::size_t header_limit = 16u << 10;               ///< bytes of request line and headers; more is 431
  std::chrono::milliseconds header_timeout{5'000};    ///< first byte of a request → end of its headers
  std::chrono::milliseconds body_timeout{15'000};     ///< end of headers → end of body
  std::chrono::milliseconds request_timeout{30'000};  ///< a handler that does not answer: 504
  std::chrono::milliseconds write_timeout{15'000};    ///< a reader that does not take its answer is cut off
  std::chrono::milliseconds idle_timeout{60'000};     ///< between requests, and before the first one
  std::size_t max_connections = 4'096;                ///< more get 503 and are closed
  std::size_t ws_max_message = 1u << 20;              ///< bytes of an incoming message; more is close 1009
  std::size_t ws_max_queued_bytes = 8u << 20;         ///< outgoing, per session; more is close 1013
  std::size_t ws_max_queued_messages = 65'536;
  std::chrono::milliseconds ws_idle_timeout{30'000};  ///< ping at half of it; no sign of life: cut off
  /// Who is let in; may be shared by servers of one IoThread. Null: everybody, and nobody is known.
  std::shared_ptr<AccessCheck> access{};
  /// Then the port speaks TLS and nothing else; may be shared by servers of one IoThread. Null: plain HTTP.
  std::shared_ptr<TlsIdentity> tls{};
  /// For the log; both run on the I/O thread and may be empty. Neither ever sees a body, a query or a header
  /// value.
  std::function<void(const AccessRecord&)> on_access{};
  std::function<void(std::string_view code, std::string_view text, std::string_view request_id)> on_problem{};
};

/// Counters since start; a snapshot.
struct ServerStats {
  struct Route {
    std::string method, path;
    std::uint64_t by_class[5] = {};          ///< answers 1xx (upgrades) … 5xx
    std::uint64_t latency_buckets[12] = {};  ///< not cumulative; bounds in latency_bounds_s, last = above
    double latency_sum_s = 0;
  };
  static constexpr double latency_bounds_s[11] = {1e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3,
                                                  1e-2, 5e-2, 0.25,   1,    5};
  std::uint64_t accepted = 0, open_connections = 0, over_cap = 0;
  std::uint64_t malformed = 0, too_large = 0, timeouts = 0, unrouted = 0, late_answers = 0;
  std::uint64_t unauthenticated = 0, forbidden = 0;  ///< answers 401 and 429, and 403, of the check of tokens
  std::uint64_t tls_failed = 0;                      ///< handshakes that came to nothing
  std::uint64_t ws_open = 0, ws_opened = 0, ws_slow_closed = 0, ws_sent = 0, ws_received = 0;
  std::uint64_t ws_queued_bytes = 0;  ///< now, over all sessions
  std::vector<Route> routes;
};

class HttpServer {
 public:
  /// `router` is read only from start() on. `io` must outlive the server; what the handlers capture too.
  HttpServer(IoThread& io, std::shared_ptr<const Router> router, ServerOptions options);
  ~HttpServer();  ///< stop()
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// [control] Binds and listens. Errors: EDGE_PORT_TAKEN (names the port and what to do), EDGE_BIND_FAILED.
  Result<void> start();
  /// The port in use; 0 before start().
  std::uint16_t port() const noexcept;
  /// [control, not the I/O thread] Stops accepting, lets running requests finish, closes idle connections at
  /// once and WebSockets with 1001. Returns true when all were gone within `patience`; the rest is then cut
  /// off.
  bool drain(std::chrono::milliseconds patience);
  /// [control] Closes everything now and waits until no handler of this server runs. Idempotent.
  void stop();
  /// [any thread]
  ServerStats stats() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace bowline::edge
