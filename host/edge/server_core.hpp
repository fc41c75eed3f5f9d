// What the connections of one server share. Lives on the I/O thread; nothing in it is locked.
#pragma once

#include <utility>  // Boost 1.74's awaitable.hpp needs it and does not include it

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <string>

#include "edge/http_server.hpp"
#include "edge/io_impl.hpp"

namespace bowline::edge {

using Clock = std::chrono::steady_clock;

/// Anything that holds one accepted socket.
class Peer {
 public:
  virtual ~Peer() = default;
  /// Called about ten times a second: cut off or answer what is over its deadline.
  virtual void sweep(Clock::time_point now) = 0;
  /// The server drains: go when idle, say goodbye when not.
  virtual void drain() = 0;
  /// Close the socket now; no handler is called afterwards except a WebSocket's on_close.
  virtual void cut_off() = 0;
  virtual std::shared_ptr<Peer> self() = 0;
  /// What its reader has not taken yet; 0 where nothing is queued.
  virtual std::size_t waiting_bytes() const { return 0; }

 private:
  friend struct ServerCore;
  std::list<Peer*>::iterator place_{};
  bool enrolled_ = false;
};

struct ServerCore {
  ServerCore(IoThread::Impl& io_impl, std::shared_ptr<const Router> table, ServerOptions opts);

  IoThread::Impl& io;
  const ServerOptions options;
  const std::shared_ptr<const Router> router;
  std::list<Peer*> peers;
  bool draining = false;
  std::function<void()> on_empty{};  ///< called once, when the last peer has left while draining
  ServerStats stats;
  std::string date;  ///< "Date: …\r\n", renewed by the sweep

  void enroll(Peer& peer);
  void leave(Peer& peer);
  void tell_if_empty();
  void sweep(Clock::time_point now);
  /// Calls `act` on each peer that is there now; peers may leave meanwhile.
  void for_each(const std::function<void(Peer&)>& act);
  void renew_date();
  /// Sixteen hex digits, unlike those of other processes and never twice here.
  void make_request_id(std::string& out);
  void problem(std::string_view code, std::string_view text, std::string_view request_id) const;

 private:
  std::uint64_t id_base_;
  std::uint64_t id_count_ = 0;
};

class TlsSocket;

/// Takes over a fresh socket and serves HTTP on it until it ends, over TLS where the options have it. Defined in http_connection.cpp.
void serve_http(std::shared_ptr<ServerCore> core, boost::asio::ip::tcp::socket socket);

/// Upgrades a connection whose request asked for it and gives it to the route. Defined in
/// ws_server_session.cpp.
void serve_ws(std::shared_ptr<ServerCore> core, boost::asio::ip::tcp::socket socket, const Request& request,
              const Router::Route& route);
void serve_ws(std::shared_ptr<ServerCore> core, TlsSocket socket, const Request& request, const Router::Route& route);

/// "127.0.0.1:51234"; empty when the socket is already dead.
std::string remote_name(const boost::asio::ip::tcp::socket& socket);

}  // namespace bowline::edge
