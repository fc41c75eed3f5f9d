#include "edge/http_server.hpp"

#include <utility>  // Boost 1.74's awaitable.hpp needs it and does not include it

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <future>

#include "edge/server_core.hpp"
#include "edge/tls_identity.hpp"

namespace bowline::edge {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::chrono::milliseconds sweep_every{50};
constexpr std::chrono::milliseconds accept_pause{
    100};  // out of file descriptors: let some be given back first

constexpr std::string_view over_cap_answer =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: "
    "118\r\nRetry-After: 1\r\n"
    "Connection: close\r\n\r\n"
    R"({"error":{"code":"HTTP_OVER_CAPACITY","message":"too many connections; try again","details":{},"request_id":"none"}})"
    "\r\n";

}  // namespace

class HttpServer::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(IoThread& io, std::shared_ptr<const Router> router, ServerOptions options)
      : core_(std::make_shared<ServerCore>(io.impl(), std::move(router), std::move(options))),
        acceptor_(io.impl().context),
        sweep_timer_(io.impl().context),
        pause_(io.impl().context) {}

  Result<void> start() {
    const auto& o = core_->options;
    const std::string where = o.bind + ":" + std::to_string(o.port);
    error_code ec;
    const auto address = asio::ip::make_address(o.bind, ec);
    if (ec)
      return Error{"EDGE_BIND_FAILED", o.service + ": \"" + o.bind +
                                           "\" is not an IP address to bind to; use 127.0.0.1 or 0.0.0.0"};
    const tcp::endpoint endpoint(address, o.port);
    acceptor_.open(endpoint.protocol(), ec);
    if (!ec) acceptor_.set_option(tcp::acceptor::reuse_address(true), ec);
    if (!ec) acceptor_.bind(endpoint, ec);
    if (!ec) acceptor_.listen(tcp::acceptor::max_listen_connections, ec);
    if (ec == asio::error::address_in_use)
      return Error{"EDGE_PORT_TAKEN",
                   o.service + ": port " + std::to_string(o.port) + " on " + o.bind +
                       " is taken by another process: end that one, which may be another run, or give this service "
                       "another port (listen.ports)",
                   {{"port", std::to_string(o.port)}}};
    if (ec) return Error{"EDGE_BIND_FAILED", o.service + ": cannot listen on " + where + ": " + ec.message()};
    port_ = acceptor_.local_endpoint(ec).port();
    on_io([this] {
      accept();
      sweep();
    });
    return {};
  }

  std::uint16_t port() const noexcept { return port_; }

  bool drain(std::chrono::milliseconds patience) {
    auto empty = std::make_shared<std::promise<void>>();
    auto gone = empty->get_future();
    on_io([this, empty] {
      error_code ec;
      acceptor_.close(ec);
      core_->draining = true;
      core_->on_empty = [empty] { empty->set_value(); };
      core_->for_each([](Peer& p) { p.drain(); });
      core_->tell_if_empty();
    });
    const bool all = gone.wait_for(patience) == std::future_status::ready;
    stop();
    return all;
  }

  void stop() {
    on_io([this] {
      if (std::exchange(stopped_, true)) return;
      error_code ec;
      acceptor_.close(ec);
      sweep_timer_.cancel();
      pause_.cancel();
      core_->on_empty = nullptr;
      core_->for_each([](Peer& p) { p.cut_off(); });
    });
  }

  ServerStats stats() {
    ServerStats copy;
    on_io([&] {
      copy = core_->stats;
      for (const Peer* p : core_->peers) copy.ws_queued_bytes += p->waiting_bytes();
    });
    return copy;
  }

 private:
  /// Runs `work` on the I/O thread and waits for it; here and now when this is that thread or it has ended.
  void on_io(const std::function<void()>& work) {
    if (core_->io.in_thread() || core_->io.stopped.load()) return work();
    std::promise<void> done;
    asio::post(core_->io.context, [&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }

  void accept() {
    acceptor_.async_accept([self = shared_from_this()](error_code ec, tcp::socket socket) {
      if (self->stopped_ || !self->acceptor_.is_open()) return;
      if (ec == asio::error::no_descriptors || ec == asio::error::no_buffer_space ||
          ec == asio::error::no_memory) {
        self->core_->problem("EDGE_ACCEPT", "out of descriptors or memory: new connections wait", "");
        self->pause_.expires_after(accept_pause);
        self->pause_.async_wait([self](error_code cancelled) {
          if (!cancelled) self->accept();
        });
        return;
      }
      if (!ec) self->take(std::move(socket));
      self->accept();
    });
  }

  void take(tcp::socket socket) {
    ++core_->stats.accepted;
    if (core_->peers.size() >= core_->options.max_connections) {
      ++core_->stats.over_cap;
      error_code ec;
      socket.non_blocking(true, ec);
      if (!core_->options.tls) socket.write_some(asio::buffer(over_cap_answer.data(), over_cap_answer.size()), ec);
      socket.shutdown(tcp::socket::shutdown_both, ec);
      return;
    }
    serve_http(core_, std::move(socket));
  }

  void sweep() {
    sweep_timer_.expires_after(sweep_every);
    sweep_timer_.async_wait([self = shared_from_this()](error_code ec) {
      if (ec || self->stopped_) return;
      self->core_->sweep(Clock::now());
      if (const auto& tls = self->core_->options.tls)
        if (const auto told = tls->look(Clock::now())) self->core_->problem(told->code, told->message, "");
      self->sweep();
    });
  }

  std::shared_ptr<ServerCore> core_;
  tcp::acceptor acceptor_;
  asio::steady_timer sweep_timer_, pause_;
  std::uint16_t port_ = 0;
  bool stopped_ = false;
};

HttpServer::HttpServer(IoThread& io, std::shared_ptr<const Router> router, ServerOptions options)
    : impl_(std::make_shared<Impl>(io, std::move(router), std::move(options))) {}
HttpServer::~HttpServer() { impl_->stop(); }
Result<void> HttpServer::start() { return impl_->start(); }
std::uint16_t HttpServer::port() const noexcept { return impl_->port(); }
bool HttpServer::drain(std::chrono::milliseconds patience) { return impl_->drain(patience); }
void HttpServer::stop() { impl_->stop(); }
ServerStats HttpServer::stats() const { return impl_->stats(); }

}  // namespace bowline::edge
