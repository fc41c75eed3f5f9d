// http_flood PORT COUNT AT_ONCE: opens COUNT connections, at most AT_ONCE at a time, and drops every one of them without
// reading: some before a byte, some inside a request, some behind a whole one, some with a reset. Prints how many the
// other side took. Ends by itself after 60 seconds.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace {

constexpr std::string_view pieces[] = {
    "", "G", "GET /health HTTP/1.1\r\nHost: x\r\nX-", "GET /health HTTP/1.1\r\nHost: x\r\n\r\n",
    "POST /trades/execute HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{\"instrument\":"};

int connect_to(unsigned port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval patience{5, 0};  // a full backlog must not hold the test for minutes
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (fd >= 0 && ::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0) return fd;
  if (fd >= 0) ::close(fd);
  return -1;
}

void drop(int fd, bool reset) {
  const linger now{reset ? 1 : 0, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::close(fd);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  ::alarm(60);
  const unsigned port = static_cast<unsigned>(std::atoi(argv[1]));
  const std::size_t count = static_cast<std::size_t>(std::atol(argv[2]));
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
  }
  const std::size_t at_once = static_cast<std::size_t>(std::atol(argv[3]));
  std::vector<int> open;
  std::size_t taken = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (const int fd = connect_to(port); fd >= 0) {
      ++taken;
      const std::string_view piece = pieces[i % std::size(pieces)];
      if (!piece.empty()) static_cast<void>(::send(fd, piece.data(), piece.size(), MSG_NOSIGNAL));
      open.push_back(fd);
    }
    if (open.size() < at_once && i + 1 < count) continue;
    for (std::size_t k = 0; k < open.size(); ++k) drop(open[k], k % 2 == 0);
    open.clear();
  }
  std::printf("%zu\n", taken);
  return 0;
}
