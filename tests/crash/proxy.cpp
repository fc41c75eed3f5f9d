// crash_proxy: stands between a client and a server that speak TLS, and does something to one of the records that pass.
//
//   crash_proxy count OUT LANE=PORT...                  lists all records that passed when it is told to end (SIGTERM)
//   crash_proxy WHAT [SECONDS] POINT OUT LANE=PORT...   does it at POINT, and writes `reached` to OUT
//
// For each lane it listens at a free port of 127.0.0.1, prints "LANE PORT", and forwards to the lane's own PORT there. A POINT is
// "lane:up:7", the seventh TLS record that a client of the lane sent, over all its connections; or "lane:down:7" of the server's.
//
//   drop           nothing of it arrives, and the connection is reset
//   cut            it arrives whole, its receiver's connection is ended and its sender's reset: what answers it is lost
//   torn           half of it arrives, and then the end; the other direction goes on
//   half_close     it arrives whole, and then the end; the other direction goes on
//   corrupt        one of its bits is another
//   delay SECONDS  it, and all behind it, arrive so much later
//   mute           it, and all behind it, never arrive; the connection stays open
//
// A thread for each direction of a connection: few connections are made, and what a thread waits for holds up no other.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

enum class Do { count, drop, cut, torn, half_close, corrupt, delay, mute };
const std::map<std::string, Do> words{{"count", Do::count}, {"drop", Do::drop}, {"cut", Do::cut}, {"torn", Do::torn}, {"half_close", Do::half_close}, {"corrupt", Do::corrupt}, {"delay", Do::delay}, {"mute", Do::mute}};

struct Task {
  Do what = Do::count;
  double seconds = 0;
  std::string point, out;
} task;

std::mutex counting;
std::map<std::string, std::uint64_t> seen;  // by lane and direction
std::vector<std::string> listed;

/// Whether this record is the one.
bool is_point(const std::string& lane_and_way, std::size_t bytes) {
  const std::lock_guard lock(counting);
  const std::string name = lane_and_way + ":" + std::to_string(++seen[lane_and_way]);
  if (task.what == Do::count) {
    listed.push_back(name + " " + std::to_string(bytes));
    return false;
  }
  if (name != task.point) return false;
  std::ofstream(task.out) << "reached\n";
  return true;
}

/// Two sockets that are closed when both directions have come to their end.
struct Connection {
  int client, server;
  std::atomic<bool> is_reset{false};  // no end is told then
  Connection(int c, int s) : client(c), server(s) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    ::close(client);
    ::close(server);
  }
};

void reset_at_close(int socket) {
  const linger at_once{1, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

bool read_all(int from, unsigned char* to, std::size_t n) {
  for (std::size_t had = 0; had < n;) {
    const ssize_t got = ::recv(from, to + had, n - had, 0);
    if (got <= 0) return false;
    had += static_cast<std::size_t>(got);
  }
  return true;
}
bool write_all(int to, const unsigned char* bytes, std::size_t n) {
  for (std::size_t done = 0; done < n;) {
    const ssize_t put = ::send(to, bytes + done, n - done, MSG_NOSIGNAL);
    if (put <= 0) return false;
    done += static_cast<std::size_t>(put);
  }
  return true;
}

/// One direction, record by record (RFC 8446, 5.1: five bytes of head, the last two the length).
void forward(const std::shared_ptr<Connection>& c, const std::string& lane, bool up) {
  const int from = up ? c->client : c->server, to = up ? c->server : c->client;
  const std::string name = lane + (up ? ":up" : ":down");
  std::vector<unsigned char> record(5 + 65535);
  bool muted = false;
  for (;;) {
    if (!read_all(from, record.data(), 5)) break;
    const std::size_t length = static_cast<std::size_t>(record[3]) << 8 | record[4], n = 5 + length;
    if (!read_all(from, record.data() + 5, length)) break;
    if (c->is_reset) break;
    if (!is_point(name, n)) {
      if (!muted && !write_all(to, record.data(), n)) break;
      continue;
    }
    switch (task.what) {
      case Do::count: break;
      case Do::drop:
        c->is_reset = true;
        reset_at_close(from), reset_at_close(to);
        ::shutdown(from, SHUT_RD), ::shutdown(to, SHUT_RD);
        return;
      case Do::cut:
        // Said first: an answer may be there before this thread goes on. What is unread at a reset is gone at its receiver: he is
        // told the end.
        c->is_reset = true;
        reset_at_close(from);
        if (write_all(to, record.data(), n)) ::shutdown(to, SHUT_WR);
        ::shutdown(from, SHUT_RD), ::shutdown(to, SHUT_RD);
        return;
      case Do::torn:
        write_all(to, record.data(), n / 2);
        ::shutdown(to, SHUT_WR);
        return;
      case Do::half_close:
        write_all(to, record.data(), n);
        ::shutdown(to, SHUT_WR);
        return;
      case Do::corrupt:
        record[5 + length / 2] ^= 1;
        write_all(to, record.data(), n);
        break;
      case Do::delay:
        std::this_thread::sleep_for(std::chrono::duration<double>(task.seconds));
        if (!write_all(to, record.data(), n)) break;
        break;
      case Do::mute: muted = true; break;
    }
  }
  if (!c->is_reset) ::shutdown(to, SHUT_WR);
  ::shutdown(from, SHUT_RD);
}

int open_socket() {
  const int s = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (s < 0) std::perror("crash_proxy: socket"), std::exit(70);
  return s;
}
sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = htons(port);
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return a;
}

void accept_for_ever(int listener, std::string lane, std::uint16_t port) {
  for (;;) {
    const int client = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    const int server = open_socket(), yes = 1;
    const sockaddr_in at = loopback(port);
    if (::connect(server, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) {
      ::close(client), ::close(server);
      continue;
    }
    for (const int s : {client, server}) ::setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    const auto c = std::make_shared<Connection>(client, server);
    std::thread(forward, c, lane, true).detach();
    std::thread(forward, c, lane, false).detach();
  }
}

int usage() {
  std::fputs("usage: crash_proxy count OUT LANE=PORT... | drop|cut|torn|half_close|corrupt|mute|delay SECONDS POINT OUT LANE=PORT...\n", stderr);
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  int i = 1;
  const auto next = [&] { return i < argc ? std::string(argv[i++]) : std::string(); };
  const auto what = words.find(next());
  if (what == words.end()) return usage();
  task.what = what->second;
  if (task.what == Do::delay) task.seconds = std::strtod(next().c_str(), nullptr);
  if (task.what != Do::count) task.point = next();
  task.out = next();
  if (task.out.empty() || i >= argc) return usage();
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);  // of all threads: it is waited for below
  for (; i < argc; ++i) {
    const std::string lane = argv[i];
    const auto eq = lane.find('=');
    if (eq == lane.npos) return usage();
    const int listener = open_socket();
    sockaddr_in at = loopback(0);
    socklen_t size = sizeof at;
    if (::bind(listener, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 || ::listen(listener, 64) != 0 ||
        ::getsockname(listener, reinterpret_cast<sockaddr*>(&at), &size) != 0) {
      std::perror("crash_proxy: listen");
      return 70;
    }
    std::printf("%s %u\n", lane.substr(0, eq).c_str(), static_cast<unsigned>(ntohs(at.sin_port)));
    std::thread(accept_for_ever, listener, lane.substr(0, eq), static_cast<std::uint16_t>(std::strtoul(lane.c_str() + eq + 1, nullptr, 10))).detach();
  }
  std::fflush(stdout);
  int signal = 0;
  sigwait(&ends, &signal);
  const std::lock_guard lock(counting);
  if (task.what == Do::count) {
    std::ofstream out(task.out);
    for (const std::string& line : listed) out << line << '\n';
    if (!out.flush()) return 70;
  }
  std::_Exit(0);
}
