#include "edge/tls_socket.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <limits>

namespace bowline::edge {
namespace {

using boost::system::error_code;

// OpenSSL's own socket BIO raises SIGPIPE: this one does not.
int fd_of(BIO* bio) noexcept { return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))); }

int bio_write(BIO* bio, const char* bytes, int n) {
  BIO_clear_retry_flags(bio);
  const auto done = ::send(fd_of(bio), bytes, static_cast<std::size_t>(n), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (done < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) BIO_set_retry_write(bio);
  return static_cast<int>(done);
}
int bio_read(BIO* bio, char* space, int n) {
  BIO_clear_retry_flags(bio);
  const auto done = ::recv(fd_of(bio), space, static_cast<std::size_t>(n), MSG_DONTWAIT);
  if (done < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) BIO_set_retry_read(bio);
  return static_cast<int>(done);
}
long bio_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }
int bio_create(BIO* bio) {
  BIO_set_init(bio, 1);
  return 1;
}

// Of the process: OpenSSL keeps the table, and hands out no number twice.
const BIO_METHOD* method() {
  static const BIO_METHOD* const made = [] {
    BIO_METHOD* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "bowline accepted socket");
    BIO_meth_set_write(m, bio_write);
    BIO_meth_set_read(m, bio_read);
    BIO_meth_set_ctrl(m, bio_control);
    BIO_meth_set_create(m, bio_create);
    return m;
  }();
  return made;
}

int most(std::size_t n) noexcept { return static_cast<int>(std::min<std::size_t>(n, std::numeric_limits<int>::max())); }

}  // namespace

TlsSocket::TlsSocket(tcp::socket socket, OwnedSsl ssl) : next_(std::move(socket)), ssl_(std::move(ssl)) {
  BIO* const bio = BIO_new(method());
  if (bio == nullptr) {
    broken_ = true;
    return;
  }
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(next_.native_handle())));
  SSL_set_bio(ssl_.get(), bio, bio);
}

TlsSocket::Wait TlsSocket::meaning(int returned, error_code& ec) {
  switch (SSL_get_error(ssl_.get(), returned)) {
    case SSL_ERROR_WANT_READ: return Wait::Read;
    case SSL_ERROR_WANT_WRITE: return Wait::Write;
    case SSL_ERROR_ZERO_RETURN: ec = boost::asio::error::eof; break;
    default:
      broken_ = true;
      ec = boost::asio::error::connection_reset;
  }
  return Wait::Nothing;
}

TlsSocket::Wait TlsSocket::shake(error_code& ec) {
  if (broken_) return ec = boost::asio::error::no_memory, Wait::Nothing;
  ERR_clear_error();
  const int done = SSL_accept(ssl_.get());
  if (done == 1) return Wait::Nothing;
  plain_ = ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST;
  const Wait wait = meaning(done, ec);
  ERR_clear_error();
  return wait;
}

TlsSocket::Wait TlsSocket::read(void* space, std::size_t size, std::size_t& n, error_code& ec) {
  if (size == 0) return Wait::Nothing;
  if (broken_) return ec = boost::asio::error::connection_reset, Wait::Nothing;
  ERR_clear_error();
  const int done = SSL_read(ssl_.get(), space, most(size));
  if (done <= 0) return meaning(done, ec);
  n = static_cast<std::size_t>(done);
  return Wait::Nothing;
}

TlsSocket::Wait TlsSocket::write(const void* bytes, std::size_t size, std::size_t& n, error_code& ec) {
  n = 0;
  while (n < size) {
    if (broken_) return ec = boost::asio::error::connection_reset, Wait::Nothing;
    ERR_clear_error();
    const int done = SSL_write(ssl_.get(), static_cast<const char*>(bytes) + n, most(size - n));
    if (done <= 0) return meaning(done, ec);
    n += static_cast<std::size_t>(done);
  }
  return Wait::Nothing;
}

std::size_t TlsSocket::available(error_code& ec) const {
  return static_cast<std::size_t>(SSL_pending(ssl_.get())) + next_.available(ec);
}

void TlsSocket::say_goodbye() noexcept {
  ERR_clear_error();
  if (!broken_ && next_.is_open() && SSL_is_init_finished(ssl_.get()) && (SSL_get_shutdown(ssl_.get()) & SSL_SENT_SHUTDOWN) == 0)
    static_cast<void>(SSL_shutdown(ssl_.get()));
  ERR_clear_error();
}

void TlsSocket::shutdown(tcp::socket::shutdown_type how, error_code& ec) {
  say_goodbye();
  next_.shutdown(how, ec);
}

void TlsSocket::close(error_code& ec) {
  if (ssl_) say_goodbye();
  broken_ = true;  // its descriptor may be another one's from here on
  next_.close(ec);
}

}  // namespace bowline::edge
