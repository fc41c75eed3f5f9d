// A socket client that sends exactly the bytes it is told to, and reads with a deadline: what a well-behaved
// client library would not do.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace edge_test {

class RawSocket {
 public:
  explicit RawSocket(std::uint16_t port, int receive_buffer = 0) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
      throw std::runtime_error("connect failed");
  }
  RawSocket(RawSocket&& o) noexcept : fd_(std::exchange(o.fd_, -1)) {}
  RawSocket& operator=(RawSocket&&) = delete;
  ~RawSocket() { close(); }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

  /// False when the other side has closed.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  /// Reads some bytes; false at the end of the stream or after ten seconds without any.
  bool read_some() {
    pollfd p{fd_, POLLIN, 0};
    if (::poll(&p, 1, 10'000) <= 0) {
      timed_out_ = true;
      return false;
    }
    char buffer[65536];
    const auto n = ::recv(fd_, buffer, sizeof buffer, 0);
    if (n <= 0) return false;
    in_.append(buffer, static_cast<std::size_t>(n));
    return true;
  }
  /// One whole answer (by its Content-Length); what was read of it when the stream ends before.
  std::string read_answer(bool head = false) {
    for (;;) {
      const auto end = in_.find("\r\n\r\n");
      if (end != std::string::npos) {
        const auto at = in_.find("Content-Length: ");
        const bool bodiless = head || at == std::string::npos || at > end;
        const std::size_t body = bodiless ? 0 : std::strtoul(in_.c_str() + at + 16, nullptr, 10);
        if (in_.size() >= end + 4 + body) {
          auto answer = in_.substr(0, end + 4 + body);
          in_.erase(0, end + 4 + body);
          return answer;
        }
      }
      if (!read_some()) return std::exchange(in_, {});
    }
  }
  /// Everything until the other side closes.
  std::string read_to_end() {
    while (read_some()) {
    }
    return std::exchange(in_, {});
  }
  /// True when the other side closes (within ten seconds).
  bool ended() {
    read_to_end();
    return !timed_out_;
  }
  std::string exchange(std::string_view request) {
    send(request);
    return read_answer();
  }
  std::string take(std::size_t n) {
    while (in_.size() < n && read_some()) {
    }
    auto out = in_.substr(0, n);
    in_.erase(0, out.size());
    return out;
  }
  int fd() const { return fd_; }

 private:
  int fd_;
  std::string in_;
  bool timed_out_ = false;
};

inline int status_of(std::string_view answer) {
  return answer.size() > 12 && answer.starts_with("HTTP/1.1 ") ? std::stoi(std::string(answer.substr(9, 3)))
                                                               : 0;
}
inline std::string body_of(std::string_view answer) {
  const auto end = answer.find("\r\n\r\n");
  return end == std::string_view::npos ? std::string() : std::string(answer.substr(end + 4));
}
inline std::string get(std::string_view target) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n\r\n";
}
inline std::string post(std::string_view target, std::string_view body) {
  return "POST " + std::string(target) +
         " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

}  // namespace edge_test
