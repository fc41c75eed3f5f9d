// A server that does exactly what a test tells it, for the client's bad days.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace edge_test {

class RawConnection {
 public:
  explicit RawConnection(int fd) : fd_(fd) {}
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;
  ~RawConnection() { ::close(fd_); }
  /// Reads until the text has come (true) or the other side closes.
  bool read_until(std::string_view text) {
    std::string in;
    char c = 0;
    while (::recv(fd_, &c, 1, 0) == 1)
      if (in += c; in.ends_with(text)) return true;
    return false;
  }
  void send(std::string_view bytes) { (void)!::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }

 private:
  int fd_;
};

class Listener {
 public:
  Listener() : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof at;
    if (::bind(fd_, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 || ::listen(fd_, 16) != 0 ||
        ::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &length) != 0)
      throw std::runtime_error("cannot listen");
    port_ = ntohs(at.sin_port);
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() { ::close(fd_); }
  std::uint16_t port() const { return port_; }
  /// Waits for a connection, lets `act` talk, closes it.
  void accept_one(const std::function<void(RawConnection&)>& act) {
    RawConnection c(::accept(fd_, nullptr, nullptr));
    act(c);
  }

 private:
  int fd_;
  std::uint16_t port_ = 0;
};

}  // namespace edge_test
