// WebSocket connections that somebody else looks after: opened, written, closed and heard, never opened again by themselves.
#pragma once

#include <bowline/result.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "edge/clocks.hpp"
#include "edge/io_thread.hpp"
#include "edge/lookup.hpp"

namespace bowline::edge {

struct WsLinesOptions {
  std::string ca_file{};                        ///< the trust anchors; empty: the system's
  std::int64_t connect_ns = 5'000'000'000;      ///< to resolve, connect and shake hands, both times
  std::int64_t ping_ns = 15'000'000'000;        ///< after so long without a sign of life a ping; after as long again it is dead
  std::int64_t goodbye_ns = 2'000'000'000;      ///< how long the closing handshake may take
  std::uint64_t max_frame = 64u << 20;          ///< the most that an open() may ask for, and what it gets when it asks for 0
  std::size_t max_unread = 64u << 20;           ///< bytes heard and not consumed(), of one connection: then nothing more is read
  std::size_t max_unsent = 8u << 20;            ///< bytes taken and not written, of one connection
  std::size_t connections = 16;
  std::string user_agent = "bowline";
  Clocks clocks{};
  Lookup lookup{};                              ///< empty: the system's
};

struct WsNews {
  enum class What : std::uint8_t { open, text, closed };
  std::uint64_t conn = 0;
  What what = What::closed;
  std::string data{};            ///< the text; of closed why, "CODE: words": EDGE_CLOSED, EDGE_WS_REFUSED, EDGE_WS_SILENT,
                                 ///< EDGE_WS_FRAME, EDGE_RESOLVE, EDGE_CONNECT, EDGE_TLS
  std::int64_t received_ns = 0;  ///< UTC
};

/// Certificate and host name are always verified, nothing is compressed, pings are answered. Each accepted open() gets exactly
/// one `closed`, after at most one `open` and the texts in their order; then its number may be used again.
class WsLines {
 public:
  /// `heard` runs on the I/O thread; from close_all() on the thread that calls it where the I/O thread has ended.
  WsLines(IoThread& io, WsLinesOptions options, std::function<void(WsNews)> heard);
  ~WsLines();  ///< close_all()
  WsLines(const WsLines&) = delete;
  WsLines& operator=(const WsLines&) = delete;

  /// [any] wss://…, or ws:// to this machine alone. `headers`: lines as in PacedCall. Errors, and then nothing is heard:
  /// EDGE_BAD_URL, EDGE_BAD_REQUEST (headers, a number in use, a frame over the limit), EDGE_QUEUE_FULL (too many connections),
  /// EDGE_CLOSED.
  Result<void> open(std::uint64_t conn, const std::string& url, const std::string& headers, std::uint64_t max_frame);
  /// [any] One text message. Errors: EDGE_NOT_OPEN (no such connection, or it is not open yet), EDGE_QUEUE_FULL.
  Result<void> send(std::uint64_t conn, std::string text);
  /// [any] Says goodbye; `closed` is heard when it is over. False: there is no such connection.
  bool close(std::uint64_t conn);
  /// [any] So many bytes of texts have been worked off.
  void consumed(std::uint64_t conn, std::size_t bytes);
  /// [any] Ends all at once; when it returns each `closed` was heard, unless it was called from within `heard`. Idempotent.
  void close_all();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace bowline::edge
