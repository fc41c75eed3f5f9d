// ws_probe PORT TARGET ACTION...: a WebSocket client of its own, without the host's code, that can also behave badly.
//   text=T        sends T as a text message        read=N        prints the next N text messages, a line each
//   until=T       reads up to a message with T     close         says goodbye
//   bad-utf8, oversize, binary, unmasked, reserved, torn        what no client may send
//   idle=S        reads nothing for S seconds      end           reads to the end and prints how it was closed
// The handshake's answer is printed first: 101, or the status and the body. Ends by itself after 60 seconds.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace {

/// What arrives, byte by byte; a small buffer, so that a client that does not read is noticed soon.
class Socket {
 public:
  explicit Socket(unsigned port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int small = 4096;
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
      std::puts("no connection");
      std::exit(3);
    }
  }
  ~Socket() { ::close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  /// False when the other side has closed.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  /// Exactly n bytes, or fewer at the end of the stream.
  std::string take(std::size_t n) {
    while (in_.size() < n && fill()) {
    }
    std::string out = in_.substr(0, n);
    in_.erase(0, out.size());
    return out;
  }
  std::string take_head() {
    std::size_t end = 0;
    while ((end = in_.find("\r\n\r\n")) == std::string::npos && fill()) {
    }
    return take(end == std::string::npos ? in_.size() : end + 4);
  }

 private:
  int fd_;
  std::string in_;

  bool fill() {
    char some[65536];
    const auto n = ::recv(fd_, some, sizeof some, 0);
    if (n > 0) in_.append(some, static_cast<std::size_t>(n));
    return n > 0;
  }
};

std::string frame(int opcode, std::string_view payload, bool masked = true) {
  std::string out{static_cast<char>(0x80 | opcode)};
  const int mask = masked ? 0x80 : 0;
  if (payload.size() < 126) {
    out += static_cast<char>(mask | static_cast<int>(payload.size()));
  } else {
    out += static_cast<char>(mask | 127);
    for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>((payload.size() >> shift) & 0xff);
  }
  if (masked) out.append(4, '\0');
  return out.append(payload);
}

struct Frame {
  int opcode = -1;  // -1: the stream ended
  std::string payload;
};

Frame next(Socket& s) {
  const std::string head = s.take(2);
  if (head.size() < 2) return {};
  std::uint64_t n = static_cast<unsigned char>(head[1]) & 0x7f;
  if (n >= 126)
    for (const char c : std::exchange(n, 0) == 126 ? s.take(2) : s.take(8)) n = n * 256 + static_cast<unsigned char>(c);
  return {head[0] & 0x0f, s.take(n)};
}

void say_closed(const Frame& f) {
  if (f.payload.size() >= 2)
    std::printf("closed %d %s\n", static_cast<unsigned char>(f.payload[0]) * 256 + static_cast<unsigned char>(f.payload[1]),
                f.payload.c_str() + 2);
  else
    std::puts(f.opcode == 8 ? "closed without a code" : "cut off");
}

/// The next text message; pings are answered. False at the end, which is told.
bool next_text(Socket& s, std::string& text) {
  for (;;) {
    Frame f = next(s);
    if (f.opcode == 9) s.send(frame(10, f.payload));
    if (f.opcode == 1) {
      text = std::move(f.payload);
      return true;
    }
    if (f.opcode == 8) s.send(frame(8, f.payload));
    if (f.opcode == 8 || f.opcode == -1) {
      say_closed(f);
      return false;
    }
  }
}

/// False when the other side ended it.
bool act(Socket& s, const std::string& what) {
  const auto value = [&what] { return what.substr(what.find('=') + 1); };
  const auto is = [&what](std::string_view name) { return what.substr(0, what.find('=')) == name; };
  std::string text;
  if (is("text")) return s.send(frame(1, value())), true;
  if (is("read")) {
    for (int i = 0; i < std::atoi(value().c_str()); ++i) {
      if (!next_text(s, text)) return false;
      std::puts(text.c_str());
    }
  } else if (is("until")) {
    do {
      if (!next_text(s, text)) return false;
    } while (text.find(value()) == std::string::npos);
    std::puts(text.c_str());
  } else if (is("close")) {
    s.send(frame(8, std::string("\x03\xe8", 2)));
  } else if (is("bad-utf8")) {
    s.send(frame(1, "\xff\xfe\xfd"));
  } else if (is("oversize")) {
    s.send(frame(1, std::string(2u << 20, 'x')));
  } else if (is("binary")) {
    s.send(frame(2, "bytes"));
  } else if (is("unmasked")) {
    s.send(frame(1, "{}", false));
  } else if (is("reserved")) {
    s.send(frame(3, "{}"));
  } else if (is("torn")) {
    s.send(frame(1, std::string(1000, 'x')).substr(0, 200));
  } else if (is("idle")) {
    std::fflush(stdout);
    ::sleep(static_cast<unsigned>(std::atoi(value().c_str())));
  } else if (is("end")) {
    while (next_text(s, text)) {
    }
    return false;
  } else {
    std::fprintf(stderr, "ws_probe: %s: no such action\n", what.c_str());
    std::exit(2);
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  ::alarm(60);
  Socket s(static_cast<unsigned>(std::atoi(argv[1])));
  s.send("GET " + std::string(argv[2]) +
         " HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nX-Request-Id: ws-probe\r\n\r\n");
  const std::string head = s.take_head();
  const std::string status = head.substr(0, head.find('\r'));
  if (status.find(" 101 ") == std::string::npos || head.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") == std::string::npos) {
    const auto length = head.find("Content-Length: ");
    const std::size_t n = length == std::string::npos ? 0 : std::strtoul(head.c_str() + length + 16, nullptr, 10);
    std::printf("%s %s\n", status.c_str(), s.take(n).c_str());
    return 1;
  }
  std::printf("101 %s\n", head.find("X-Request-Id: ws-probe") != std::string::npos ? "ws-probe" : "no request id");
  for (int i = 3; i < argc; ++i)
    if (!act(s, argv[i])) return 0;
  return 0;
}
