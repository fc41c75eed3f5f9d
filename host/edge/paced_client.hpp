// The HTTPS client of what is paid for by the request: within a rate budget, exits and cancels first, nothing sent too late,
// and an ending of each request that says whether a byte was sent.
#pragma once

#include <bowline/result.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "edge/clocks.hpp"
#include "edge/io_thread.hpp"
#include "edge/lookup.hpp"
#include "edge/rate_buckets.hpp"

namespace bowline::edge {

struct PacedCall {
  std::uint64_t request = 0;  ///< the caller's number; not that of one that is not answered yet
  bool urgent = false;        ///< exits and cancels: served first, with a share of budget and connections of their own
  std::uint32_t rate_class = 0, cost = 1;
  std::string method{}, url{};  ///< url: https://…; http:// to this machine alone
  std::string headers{};        ///< lines "Name: value", each ended by LF or CRLF
  std::string body{};
  std::int64_t deadline_ns = 0;   ///< UTC; for everything, the waiting included; 0: PacedOptions::timeout_ns from now
  std::int64_t not_after_ns = 0;  ///< UTC; no first byte after it; 0: no such limit
  std::uint64_t max_bytes = 0;    ///< of the reply's body; 0, and more than max_reply: PacedOptions::max_reply
};

/// What is known about a request at its end.
enum class Ending : std::uint8_t {
  complete,  ///< a whole reply is here, whatever its status
  not_sent,  ///< proof: no byte of it was written
  too_late,  ///< not_after had passed: no byte of it was written
  unknown    ///< at least one byte was written, and there is no whole reply: it may have been carried out
};

struct PacedReply {
  std::uint64_t request = 0;
  Ending ending = Ending::not_sent;
  int status = 0;
  std::string headers{}, body{};  ///< headers as in PacedCall, each line ended by CRLF
  Error error{};                  ///< of all but complete: EDGE_RESOLVE, EDGE_CONNECT, EDGE_TLS, EDGE_DEADLINE, EDGE_TOO_LATE,
                                  ///< EDGE_CLOSED, EDGE_CANCELLED, EDGE_TOO_LARGE, EDGE_BAD_REPLY, EDGE_RATE_CLASS
  std::int64_t received_ns = 0;   ///< UTC
};

struct PacedOptions {
  std::string ca_file{};                    ///< the trust anchors; empty: the system's
  std::int64_t timeout_ns = 10'000'000'000;
  std::int64_t connect_ns = 5'000'000'000;
  std::size_t connections = 6, spare = 2;   ///< per host; see HostPoolOptions
  std::int64_t idle_ns = 50'000'000'000;
  std::int64_t tick_ns = 1'000'000'000;     ///< how often limits are held against the clock that does not sleep, and the kept
                                            ///< connections are looked after
  std::size_t queue = 256;                  ///< requests that may wait, of each of the two lanes
  std::uint64_t max_reply = 64u << 20;
  std::string user_agent = "bowline";
  std::uint64_t jitter_seed = 1;
  Clocks clocks{};
  Lookup lookup{};                          ///< empty: the system's
};

/// Peer certificate and host name are always verified. No request is ever sent twice: one that met a connection that the
/// other side had closed before any byte of it was written goes over another one, and nothing else is tried again. Neither
/// headers nor bodies nor paths are in any error.
class PacedClient {
 public:
  /// `answered` is called once for each accepted request, on the I/O thread; from close() on the thread that calls it where
  /// the I/O thread has ended. Nothing is sent before budget().
  PacedClient(IoThread& io, PacedOptions options, std::function<void(PacedReply)> answered);
  ~PacedClient();  ///< close()
  PacedClient(const PacedClient&) = delete;
  PacedClient& operator=(const PacedClient&) = delete;

  /// [any] What the other side lets through. Requests that wait and are of no class, or can never be paid for, end with
  /// EDGE_RATE_CLASS.
  void budget(std::vector<RateLimit> classes);
  /// [any] Accepts a request: exactly one answer will come. Errors, and then none will: EDGE_QUEUE_FULL (try again later),
  /// EDGE_CLOSED, EDGE_BAD_URL, EDGE_BAD_REQUEST (method, headers or number), EDGE_RATE_CLASS.
  Result<void> send(PacedCall call);
  /// [any] Ends a request early; its answer still comes, and says whether a byte was sent. False: there is none of that number.
  bool cancel(std::uint64_t request);
  /// [any] Accepted and not answered.
  std::size_t outstanding() const;
  /// [any] Connections opened so far, and how many of them took up an earlier TLS session.
  std::uint64_t connections_opened() const noexcept;
  std::uint64_t sessions_resumed() const noexcept;
  /// [any] Answers everything that is outstanding and takes nothing more; when it returns all answers were given, unless it was
  /// called on the I/O thread from within one. Idempotent.
  void close();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace bowline::edge
