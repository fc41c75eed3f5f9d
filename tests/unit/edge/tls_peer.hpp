// The other side of TLS connections, made for one test: an authority of its own, certificates with whatever is wrong with
// them, and a server that does exactly what it is told.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace edge_test {

struct Certificate {
  std::shared_ptr<X509> x509;
  std::shared_ptr<EVP_PKEY> key;
};

/// `names`: as in "DNS:localhost,IP:127.0.0.1". Valid from `from` to `until` seconds from now. `issuer` null: self-signed.
Certificate make_certificate(const std::string& names, const Certificate* issuer, bool authority = false, long from = -3600,
                             long until = 86'400);

/// An authority and the file that names it, which goes with this object.
class Authority {
 public:
  Authority();
  ~Authority();
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;
  const std::string& file() const { return file_; }
  const Certificate& certificate() const { return own_; }
  Certificate issue(const std::string& names = "DNS:localhost,IP:127.0.0.1", long from = -3600, long until = 86'400) const {
    return make_certificate(names, &own_, false, from, until);
  }

 private:
  Certificate own_;
  std::string file_;
};

/// One accepted connection, after the handshake; blocking, with a limit of ten seconds for each read.
class Peer {
 public:
  Peer(int fd, SSL* ssl) : fd_(fd), ssl_(ssl) {}
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer();
  /// The next request, headers and body by its Content-Length; empty: the other side closed.
  std::string request();
  bool send(std::string_view bytes);
  bool reply(std::string_view body, std::string_view more_headers = {}, std::string_view status = "200 OK") {
    return send("HTTP/1.1 " + std::string(status) + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
                std::string(more_headers) + "\r\n" + std::string(body));
  }
  /// close_notify, then the end of the stream.
  void close();
  /// The end of the stream without close_notify.
  void cut();
  /// Both ends are gone at once: the other side's next write is answered with a reset.
  void reset();
  /// Waits until the other side closes.
  bool ended();
  bool resumed() const { return SSL_session_reused(ssl_) == 1; }
  std::string server_name() const;
  SSL* ssl() const { return ssl_; }
  int fd() const { return fd_; }

 private:
  int fd_;
  SSL* ssl_;
  std::string in_;
  int read(char* space, int n);
};

/// Listens on 127.0.0.1 and hands each connection, in a thread of its own, to `serve` with its number from 1.
class TlsServer {
 public:
  using Serve = std::function<void(Peer&, int)>;
  TlsServer(const Certificate& certificate, Serve serve, int max_version = 0);
  ~TlsServer();  ///< ends all connections and waits for the threads
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;
  std::uint16_t port() const { return port_; }
  std::string url(std::string_view target, std::string_view host = "localhost") const {
    return "https://" + std::string(host) + ":" + std::to_string(port_) + std::string(target);
  }
  int accepted() const { return accepted_.load(); }
  int failed_handshakes() const { return failed_.load(); }
  /// While held, accepted connections wait before their handshake.
  void hold(bool on) { held_.store(on); }

 private:
  SSL_CTX* context_;
  int fd_;
  std::uint16_t port_ = 0;
  Serve serve_;
  std::atomic<bool> over_{false}, held_{false};
  std::atomic<int> accepted_{0}, failed_{0};
  std::mutex lock_;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  std::thread listener_;
  void accept_all();
  void one(int fd, int number);
};

}  // namespace edge_test
