#include "edge/wire_socket.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <limits>
#include <memory>

namespace bowline::edge {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

WireSocket& socket_of(BIO* bio) noexcept { return *static_cast<WireSocket*>(BIO_get_data(bio)); }

int bio_write(BIO* bio, const char* bytes, int n) {
  BIO_clear_retry_flags(bio);
  const int done = socket_of(bio).give(bytes, n);
  if (done < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) BIO_set_retry_write(bio);
  return done;
}
int bio_read(BIO* bio, char* space, int n) {
  BIO_clear_retry_flags(bio);
  const int done = socket_of(bio).take(space, n);
  if (done < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) BIO_set_retry_read(bio);
  return done;
}
long bio_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }
int bio_create(BIO* bio) {
  BIO_set_init(bio, 1);
  return 1;
}

// Of the process: OpenSSL keeps the table, and hands out no number twice.
const BIO_METHOD* method() {
  static const BIO_METHOD* const made = [] {
    BIO_METHOD* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "bowline socket");
    BIO_meth_set_write(m, bio_write);
    BIO_meth_set_read(m, bio_read);
    BIO_meth_set_ctrl(m, bio_control);
    BIO_meth_set_create(m, bio_create);
    return m;
  }();
  return made;
}

int session_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

// 1: the reference is kept.
int on_new_session(SSL* ssl, SSL_SESSION* session) {
  auto* slot = static_cast<TlsSession*>(SSL_get_ex_data(ssl, session_index()));
  if (slot == nullptr) return 0;
  slot->keep(session);
  return 1;
}

std::string words_of_openssl(SSL* ssl) {
  if (const long verdict = SSL_get_verify_result(ssl); verdict != X509_V_OK) {
    ERR_clear_error();
    return X509_verify_cert_error_string(verdict);
  }
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
  return reason != nullptr ? reason : "the other side closed in the handshake";
}

}  // namespace

WireSocket::~WireSocket() {
  if (ssl_) {
    // A proper end where one can still be told; and OpenSSL takes a session up again only when it saw its end.
    ERR_clear_error();
    if (net_.socket.is_open() && SSL_is_init_finished(ssl_.get())) static_cast<void>(SSL_shutdown(ssl_.get()));
    SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    ERR_clear_error();
  }
  net_.cancel();
}

int WireSocket::give(const char* bytes, int n) noexcept {
  if (may_send_ != nullptr && !refused_ && !(*may_send_)()) refused_ = true;
  if (refused_) {
    errno = ECANCELED;
    return -1;
  }
  const auto done = ::send(net_.socket.native_handle(), bytes, static_cast<std::size_t>(n), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (done > 0) {
    sent_ += static_cast<std::uint64_t>(done);
    may_send_ = nullptr;  // it was about the first byte
  }
  return static_cast<int>(done);
}

int WireSocket::take(char* space, int n) noexcept {
  return static_cast<int>(::recv(net_.socket.native_handle(), space, static_cast<std::size_t>(n), MSG_DONTWAIT));
}

WireSocket::Io WireSocket::meaning(int returned) noexcept {
  switch (SSL_get_error(ssl_.get(), returned)) {
    case SSL_ERROR_WANT_READ: return Io::wait_read;
    case SSL_ERROR_WANT_WRITE: return Io::wait_write;
    case SSL_ERROR_ZERO_RETURN: return Io::closed;
    default: return Io::broken;
  }
}

WireSocket::Io WireSocket::write(std::string_view bytes, std::size_t& n, const std::function<bool()>* may_send) {
  n = 0;
  // Asked before TLS makes a record of it: after a "no" here the connection is as good as before.
  if (may_send != nullptr && !(*may_send)()) return Io::refused;
  may_send_ = may_send;
  refused_ = false;
  const int most = static_cast<int>(std::min<std::size_t>(bytes.size(), std::numeric_limits<int>::max()));
  Io io = Io::done;
  if (ssl_) {
    ERR_clear_error();
    const int done = SSL_write(ssl_.get(), bytes.data(), most);
    if (done > 0)
      n = static_cast<std::size_t>(done);
    else
      io = meaning(done);
  } else {
    const int done = give(bytes.data(), most);
    if (done >= 0)
      n = static_cast<std::size_t>(done);
    else
      io = errno == EAGAIN || errno == EWOULDBLOCK ? Io::wait_write : Io::broken;
  }
  may_send_ = nullptr;
  return io;
}

WireSocket::Io WireSocket::read(std::span<char> space, std::size_t& n) {
  n = 0;
  const int most = static_cast<int>(std::min<std::size_t>(space.size(), std::numeric_limits<int>::max()));
  int done = 0;
  if (ssl_) {
    ERR_clear_error();
    done = SSL_read(ssl_.get(), space.data(), most);
    if (done <= 0) return meaning(done);
  } else {
    done = take(space.data(), most);
    if (done == 0) return Io::closed;
    if (done < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? Io::wait_read : Io::broken;
  }
  n = static_cast<std::size_t>(done);
  return Io::done;
}

bool WireSocket::quiet() {
  if (!net_.socket.is_open()) return false;
  char byte = 0;
  if (ssl_) {  // reads session tickets, which TLS 1.3 sends unasked
    ERR_clear_error();
    const int done = SSL_peek(ssl_.get(), &byte, 1);
    return done <= 0 && meaning(done) == Io::wait_read;
  }
  const auto done = ::recv(net_.socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return done < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void WireSocket::watch(std::function<void()> stirred) {
  if (std::exchange(*watched_, true)) return;
  net_.socket.async_wait(tcp::socket::wait_read, [watched = watched_, stirred = std::move(stirred)](error_code ec) {
    *watched = false;  // this object may be gone
    if (!ec) stirred();
  });
}

asio::awaitable<bool> WireSocket::ready(Io what) {
  error_code ec;
  co_await net_.socket.async_wait(what == Io::wait_write ? tcp::socket::wait_write : tcp::socket::wait_read,
                                  asio::redirect_error(asio::use_awaitable, ec));
  co_return !ec && !net_.cancelled;
}

asio::awaitable<std::optional<Error>> WireSocket::shake_hands(const Url& url, TlsContext& tls, TlsSession* session) {
  const auto context = tls.get();
  if (!context.ok()) co_return context.error();
  SSL_CTX* const ctx = (*context)->native_handle();
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(ctx, on_new_session);
  ssl_.reset(SSL_new(ctx));
  BIO* const bio = BIO_new(method());
  if (!ssl_ || bio == nullptr) co_return Error{"EDGE_TLS", "no memory for a TLS connection"};
  BIO_set_data(bio, this);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_mode(ssl_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_set_ex_data(ssl_.get(), session_index(), session);
  const std::string host = bare_host(url);
  error_code not_an_address;
  static_cast<void>(asio::ip::make_address(host, not_an_address));
  bool named = false;
  if (not_an_address) {  // the name is told to the server, and checked
    SSL_set_hostflags(ssl_.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    named = SSL_set_tlsext_host_name(ssl_.get(), host.c_str()) == 1 && SSL_set1_host(ssl_.get(), host.c_str()) == 1;
  } else {
    named = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), host.c_str()) == 1;
  }
  if (!named) co_return Error{"EDGE_TLS", "cannot name " + host + " in the TLS handshake"};
  if (session != nullptr && session->get() != nullptr) SSL_set_session(ssl_.get(), session->get());
  for (;;) {
    ERR_clear_error();
    const int done = SSL_connect(ssl_.get());
    if (done == 1) co_return std::nullopt;
    const Io io = meaning(done);
    if (io == Io::wait_read || io == Io::wait_write) {
      const bool go_on = co_await ready(io);
      if (go_on) continue;
    }
    if (session != nullptr) session->keep(nullptr);  // one that was refused is not offered again
    co_return Error{"EDGE_TLS", "no trusted TLS connection to " + url.host + ":" + url.port + ": " +
                                    (net_.cancelled ? "it took too long" : words_of_openssl(ssl_.get())) +
                                    "; check the certificate's host name and the trust anchors"};
  }
}

asio::awaitable<std::optional<Error>> WireSocket::open(const Url& url, TlsContext& tls, TlsSession* session,
                                                       std::chrono::nanoseconds limit, HostAddresses* addresses) {
  asio::steady_timer timer(net_.socket.get_executor(), limit);
  const auto here = std::make_shared<NetStream*>(&net_);  // the handler may come when this object has gone
  timer.async_wait([here](error_code ec) {
    if (!ec && *here != nullptr) (*here)->cancel();
  });
  auto error = co_await connect_stream(net_, url, limit, addresses);
  if (!error) {
    // A peer that has gone without a word is noticed while nobody asks it anything.
    const int on = 1, idle_s = 15, every_s = 5, probes = 3;
    const int fd = net_.socket.native_handle();
    ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
    ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every_s, sizeof every_s);
    ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
    error_code ec;
    net_.socket.non_blocking(true, ec);
    if (url.tls()) error = co_await shake_hands(url, tls, session);
  }
  *here = nullptr;
  timer.cancel();
  if (net_.cancelled && !error) error = Error{"EDGE_CONNECT", "connecting to " + url.host + ":" + url.port + " took too long"};
  if (error) net_.cancel();
  co_return error;
}

}  // namespace bowline::edge
