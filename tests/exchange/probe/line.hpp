// A blocking TLS connection that checks whom it talks to, and HTTP and WebSocket on it as far as a probe needs them.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace venue_probe {

class Line {
 public:
  /// To 127.0.0.1, as localhost; the certificate has to be of the authority in `ca`. `why` says what failed.
  bool open(const std::string& ca, int port, std::string& why);
  Line() = default;
  ~Line();
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  bool send(std::string_view bytes);
  /// Exactly n bytes; fewer: the other side ended.
  std::string take(std::size_t n);
  /// Up to the blank line; "" at the end.
  std::string take_head();
  /// A whole answer: its status, 0 at the end. The body goes to `body`.
  int answer(std::string& body);

 private:
  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
  int fd_ = -1;
  std::string in_;
  bool fill();
};

struct Frame {
  int opcode = -1;  ///< -1: the stream ended
  std::string payload;
  bool whole = true;
};
std::string frame(int opcode, std::string_view payload);
Frame next(Line& line);

}  // namespace venue_probe
