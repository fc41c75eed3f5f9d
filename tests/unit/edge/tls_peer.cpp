#include "tls_peer.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace edge_test {
namespace {

std::atomic<long> serial{1000};

void extend(X509* cert, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX ctx;
  X509V3_set_ctx_nodb(&ctx);
  X509V3_set_ctx(&ctx, issuer, cert, nullptr, nullptr, 0);
  X509_EXTENSION* e = X509V3_EXT_conf_nid(nullptr, &ctx, nid, value.c_str());
  if (e == nullptr) throw std::runtime_error("cannot make the extension " + value);
  X509_add_ext(cert, e, -1);
  X509_EXTENSION_free(e);
}

}  // namespace

Certificate make_certificate(const std::string& names, const Certificate* issuer, bool authority, long from, long until) {
  Certificate made;
  made.key.reset(EVP_EC_gen("P-256"), EVP_PKEY_free);
  made.x509.reset(X509_new(), X509_free);
  X509* const x = made.x509.get();
  X509_set_version(x, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(x), from);
  X509_gmtime_adj(X509_getm_notAfter(x), until);
  X509_set_pubkey(x, made.key.get());
  X509_NAME* const subject = X509_get_subject_name(x);
  const std::string name = authority ? "test authority " + std::to_string(serial.load()) : "test server " + std::to_string(serial.load());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509* const by = issuer != nullptr ? issuer->x509.get() : x;
  X509_set_issuer_name(x, X509_get_subject_name(by));
  extend(x, by, NID_basic_constraints, authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  if (authority) extend(x, by, NID_key_usage, "critical,keyCertSign,cRLSign");
  if (!names.empty()) extend(x, by, NID_subject_alt_name, names);
  if (X509_sign(x, issuer != nullptr ? issuer->key.get() : made.key.get(), EVP_sha256()) == 0) throw std::runtime_error("cannot sign");
  return made;
}

Authority::Authority() : own_(make_certificate("", nullptr, true)) {
  char name[] = "/tmp/bowline_ca_XXXXXX";
  const int fd = ::mkstemp(name);
  if (fd < 0) throw std::runtime_error("cannot make a file in /tmp");
  file_ = name;
  FILE* const out = ::fdopen(fd, "w");
  PEM_write_X509(out, own_.x509.get());
  std::fclose(out);
}
Authority::~Authority() { std::remove(file_.c_str()); }

Peer::~Peer() {
  if (ssl_ != nullptr) {
    SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(ssl_);
  }
}

int Peer::read(char* space, int n) {
  if (SSL_pending(ssl_) == 0) {
    pollfd p{fd_, POLLIN, 0};
    if (::poll(&p, 1, 10'000) <= 0) return -1;
  }
  return SSL_read(ssl_, space, n);
}

std::string Peer::request() {
  for (;;) {
    if (const auto end = in_.find("\r\n\r\n"); end != std::string::npos) {
      const auto at = in_.find("Content-Length: ");
      const std::size_t body = at == std::string::npos || at > end ? 0 : std::strtoul(in_.c_str() + at + 16, nullptr, 10);
      if (in_.size() >= end + 4 + body) {
        std::string whole = in_.substr(0, end + 4 + body);
        in_.erase(0, whole.size());
        return whole;
      }
    }
    char space[16384];
    const int n = read(space, sizeof space);
    if (n <= 0) return {};
    in_.append(space, static_cast<std::size_t>(n));
  }
}

bool Peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const int n = SSL_write(ssl_, bytes.data(), static_cast<int>(std::min<std::size_t>(bytes.size(), 1u << 20)));
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

void Peer::close() {
  SSL_shutdown(ssl_);
  ::shutdown(fd_, SHUT_WR);
}
void Peer::cut() { ::shutdown(fd_, SHUT_WR); }
void Peer::reset() {
  const linger at_once{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}
bool Peer::ended() {
  char space[4096];
  int n = 0;
  while ((n = read(space, sizeof space)) > 0) {
  }
  return true;
}
std::string Peer::server_name() const {
  const char* name = SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name);
  return name != nullptr ? name : "";
}

TlsServer::TlsServer(const Certificate& certificate, Serve serve, int max_version)
    : context_(SSL_CTX_new(TLS_server_method())), fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), serve_(std::move(serve)) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL's own socket BIO writes without MSG_NOSIGNAL
  SSL_CTX_use_certificate(context_, certificate.x509.get());
  SSL_CTX_use_PrivateKey(context_, certificate.key.get());
  const unsigned char id[] = "test";
  SSL_CTX_set_session_id_context(context_, id, sizeof id - 1);
  if (max_version != 0) SSL_CTX_set_max_proto_version(context_, max_version);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof at;
  if (::bind(fd_, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 || ::listen(fd_, 64) != 0 ||
      ::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &length) != 0)
    throw std::runtime_error("cannot listen");
  port_ = ntohs(at.sin_port);
  listener_ = std::thread([this] { accept_all(); });
}

TlsServer::~TlsServer() {
  over_.store(true);
  ::shutdown(fd_, SHUT_RDWR);
  listener_.join();
  {
    const std::scoped_lock hold(lock_);
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  for (std::thread& t : threads_) t.join();
  ::close(fd_);
  SSL_CTX_free(context_);
}

void TlsServer::accept_all() {
  while (!over_.load()) {
    const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const int number = ++accepted_;
    const std::scoped_lock hold(lock_);
    open_.push_back(fd);
    threads_.emplace_back([this, fd, number] { one(fd, number); });
  }
}

void TlsServer::one(int fd, int number) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &on, sizeof on);
  while (held_.load() && !over_.load()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  SSL* const ssl = SSL_new(context_);
  SSL_set_fd(ssl, fd);
  if (SSL_accept(ssl) == 1) {
    Peer peer(fd, ssl);
    serve_(peer, number);
  } else {
    ++failed_;
    SSL_free(ssl);
  }
  ERR_clear_error();
  const std::scoped_lock hold(lock_);
  std::erase(open_, fd);
  ::close(fd);
}

}  // namespace edge_test
