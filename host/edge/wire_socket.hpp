// A client connection that knows exactly what has left: TLS (or plain TCP) over a socket that never blocks, with every
// byte counted as the kernel takes it.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "edge/client_socket.hpp"

namespace bowline::edge {

/// The last TLS session with one host, so that the next handshake is short.
class TlsSession {
 public:
  TlsSession() = default;
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;
  ~TlsSession() { keep(nullptr); }
  /// Takes the reference over.
  void keep(SSL_SESSION* session) noexcept {
    if (kept_ != nullptr) SSL_SESSION_free(kept_);
    kept_ = session;
  }
  SSL_SESSION* get() const noexcept { return kept_; }

 private:
  SSL_SESSION* kept_ = nullptr;
};

/// Not thread-safe; used on the I/O thread. Does not move.
class WireSocket {
 public:
  enum class Io : std::uint8_t {
    done,
    wait_read,
    wait_write,
    closed,  ///< the other side has ended the stream properly
    broken,
    refused  ///< the caller's own check said no: nothing was written
  };

  explicit WireSocket(boost::asio::io_context& context) : net_(context) {}
  ~WireSocket();
  WireSocket(const WireSocket&) = delete;
  WireSocket& operator=(const WireSocket&) = delete;

  /// Resolves, connects and shakes hands: certificate and host name are verified, `session` (may be null, else outlives
  /// this) is resumed and renewed. `addresses` as in connect_stream(). Errors: EDGE_RESOLVE, EDGE_CONNECT, EDGE_TLS; EDGE_CONNECT when it takes longer than
  /// `limit` or cancel() ends it.
  boost::asio::awaitable<std::optional<Error>> open(const Url& url, TlsContext& tls, TlsSession* session,
                                                    std::chrono::nanoseconds limit, HostAddresses* addresses = nullptr);

  /// Writes what can be written now; `n` of it has been taken, which may be kept back in a record. Call again with the rest
  /// of the same bytes. `may_send` (may be null) is asked directly before the kernel is given any.
  Io write(std::string_view bytes, std::size_t& n, const std::function<bool()>* may_send);
  /// Reads what is there; `n` bytes when done.
  Io read(std::span<char> space, std::size_t& n);
  /// Waits for what `read` or `write` asked for. False: the connection was cancelled or is broken.
  boost::asio::awaitable<bool> ready(Io what);
  /// Whether it is open and the other side has said nothing that belongs to no request.
  bool quiet();
  /// Calls `stirred` once when there is something to read, or it ends; perhaps when this object has gone. While one waits
  /// another is not taken.
  void watch(std::function<void()> stirred);

  /// Bytes that the kernel has taken, those of the handshake included.
  std::uint64_t sent() const noexcept { return sent_; }
  bool resumed() const noexcept { return ssl_ && SSL_session_reused(ssl_.get()) == 1; }
  /// Ends whatever is running on it; it is of no use any more.
  void cancel() noexcept { net_.cancel(); }

  // ---- for the BIO between OpenSSL and the socket
  int give(const char* bytes, int n) noexcept;
  int take(char* space, int n) noexcept;

 private:
  NetStream net_;
  struct FreeSsl {
    void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
  };
  std::unique_ptr<SSL, FreeSsl> ssl_;
  const std::function<bool()>* may_send_ = nullptr;
  bool refused_ = false;
  std::shared_ptr<bool> watched_ = std::make_shared<bool>(false);
  std::uint64_t sent_ = 0;

  boost::asio::awaitable<std::optional<Error>> shake_hands(const Url& url, TlsContext& tls, TlsSession* session);
  Io meaning(int returned) noexcept;
};

}  // namespace bowline::edge
