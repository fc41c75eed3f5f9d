#include "line.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

namespace venue_probe {

bool Line::open(const std::string& ca, int port, std::string& why) {
  context_ = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
  if (SSL_CTX_load_verify_locations(context_, ca.c_str(), nullptr) != 1) {
    why = "no authority in " + ca;
    return false;
  }
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
    why = "no connection";
    return false;
  }
  ssl_ = SSL_new(context_);
  SSL_set_fd(ssl_, fd_);
  SSL_set_tlsext_host_name(ssl_, "localhost");
  SSL_set1_host(ssl_, "localhost");
  if (SSL_connect(ssl_) != 1) {
    const long verdict = SSL_get_verify_result(ssl_);
    why = verdict != X509_V_OK ? X509_verify_cert_error_string(verdict) : "the handshake failed";
    return false;
  }
  return true;
}

Line::~Line() {
  if (ssl_ != nullptr) SSL_free(ssl_);
  if (fd_ >= 0) ::close(fd_);
  if (context_ != nullptr) SSL_CTX_free(context_);
}

bool Line::send(std::string_view bytes) { return SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) == static_cast<int>(bytes.size()); }

bool Line::fill() {
  char some[65536];
  const int n = SSL_read(ssl_, some, sizeof some);
  if (n > 0) in_.append(some, static_cast<std::size_t>(n));
  else ERR_clear_error();
  return n > 0;
}
std::string Line::take(std::size_t n) {
  while (in_.size() < n && fill()) {
  }
  std::string out = in_.substr(0, n);
  in_.erase(0, out.size());
  return out;
}
std::string Line::take_head() {
  std::size_t end = 0;
  while ((end = in_.find("\r\n\r\n")) == std::string::npos)
    if (!fill()) return {};
  return take(end + 4);
}
int Line::answer(std::string& body) {
  const std::string head = take_head();
  const auto length = head.find("Content-Length: ");
  if (head.size() < 12 || length == std::string::npos) return 0;
  const std::size_t n = std::strtoul(head.c_str() + length + 16, nullptr, 10);
  body = take(n);
  return body.size() == n ? std::atoi(head.c_str() + 9) : 0;
}

std::string frame(int opcode, std::string_view payload) {
  std::string out{static_cast<char>(0x80 | opcode)};
  if (payload.size() < 126) {
    out += static_cast<char>(0x80 | static_cast<int>(payload.size()));
  } else if (payload.size() < 65536) {
    out += static_cast<char>(0x80 | 126);
    for (int shift = 8; shift >= 0; shift -= 8) out += static_cast<char>((payload.size() >> shift) & 0xff);
  } else {
    out += static_cast<char>(0x80 | 127);
    for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>((payload.size() >> shift) & 0xff);
  }
  return out.append(4, '\0').append(payload);  // a mask of zeros is one, too
}

Frame next(Line& s) {
  const std::string head = s.take(2);
  if (head.size() < 2) return {};
  std::uint64_t n = static_cast<unsigned char>(head[1]) & 0x7f;
  if (n >= 126)
    for (const char c : std::exchange(n, 0) == 126 ? s.take(2) : s.take(8)) n = n * 256 + static_cast<unsigned char>(c);
  Frame f{head[0] & 0x0f, s.take(n), true};
  f.whole = f.payload.size() == n;
  return f;
}

}  // namespace venue_probe
