// The venue's own connections: TLS, then requests one after the other, or a stream. With control_wire.cpp the only unit that includes Beast.
#include "exchange/server/http_wire.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/rate_policy.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <algorithm>
#include <deque>
#include <vector>

#include "exchange/server/reply_text.hpp"
#include "exchange/server/wires.hpp"

namespace bowline::exchange {
namespace {

using namespace http_wire;
namespace ssl = asio::ssl;
namespace websocket = beast::websocket;
using tcp = asio::ip::tcp;
using Plain = beast::basic_stream<tcp, asio::any_io_executor, beast::simple_rate_policy>;
using Tls = beast::ssl_stream<Plain>;
using Socket = websocket::stream<Tls, false>;  // without permessage-deflate: it is not offered

constexpr std::chrono::seconds handshake_limit{30}, idle_limit{120}, goodbye_limit{5}, drain_limit{2};
constexpr std::size_t most_waiting = 64 << 20;  // bytes for a stream that does not read
constexpr std::size_t largest_message = 1 << 20;
constexpr std::size_t most_drained = 16 << 20;
constexpr std::size_t torn_lack = 4096;  // bytes that a torn frame announces and never has

/// A stream's frames, one after the other.
class Line final : public StreamLine, public std::enable_shared_from_this<Line> {
 public:
  explicit Line(Tls tls) : socket_(std::move(tls)) {
    socket_.set_option(websocket::stream_base::timeout{goodbye_limit, websocket::stream_base::none(), false});
    socket_.read_message_max(largest_message);
    socket_.auto_fragment(false);
    socket_.text(true);
  }
  Socket& socket() noexcept { return socket_; }

  void send(FrameOut frame) override {
    asio::post(socket_.get_executor(), [self = shared_from_this(), f = std::move(frame)]() mutable { self->take(std::move(f)); });
  }
  void cut() {
    gone_ = true;
    beast::get_lowest_layer(socket_).close();
  }

 private:
  void take(FrameOut frame) {
    if (gone_) return;
    waiting_ += frame.text.size();
    if (waiting_ > most_waiting) return cut();
    out_.push_back(std::move(frame));
    if (!writing_) next();
  }
  void next() {
    writing_ = true;
    const FrameOut& f = out_.front();
    const auto self = shared_from_this();
    if (f.kind == FrameOut::Kind::cut) return cut();
    if (f.kind == FrameOut::Kind::torn) {
      raw_ = {static_cast<char>(0x81), 127};  // the last part of a text message, its length in eight bytes
      for (int shift = 56; shift >= 0; shift -= 8) raw_ += static_cast<char>(((f.text.size() + torn_lack) >> shift) & 0xff);
      raw_ += f.text;
      return asio::async_write(socket_.next_layer(), asio::buffer(raw_), [self](const error_code&, std::size_t) { self->cut(); });
    }
    if (f.text.empty()) return written({});
    socket_.async_write(asio::buffer(f.text), [self](const error_code& ec, std::size_t) { self->written(ec); });
  }
  void written(const error_code& ec) {
    const bool close = out_.front().close_after;
    waiting_ -= out_.front().text.size();
    out_.pop_front();
    if (ec || gone_ || close) {
      gone_ = true;
      out_.clear();
      if (close && !ec) socket_.async_close(websocket::close_code::normal, [self = shared_from_this()](const error_code&) { self->cut(); });
      return;
    }
    writing_ = false;
    if (!out_.empty()) next();
  }

  Socket socket_;
  std::deque<FrameOut> out_;
  std::string raw_;
  std::size_t waiting_ = 0;
  bool writing_ = false, gone_ = false;
};

/// One connection, from the first byte to the last.
struct Connection {
  Connection(tcp::socket socket, ssl::context& context) : tls(std::in_place, Plain(std::move(socket)), context), wait(tls->get_executor()) {}
  std::optional<Tls> tls;      ///< until it becomes a stream
  std::shared_ptr<Line> line;  ///< from then on
  asio::steady_timer wait;
  std::string address;
  bool gone = false;

  Plain& plain() { return beast::get_lowest_layer(*tls); }
  void cut() {
    gone = true;
    wait.cancel();
    if (line) line->cut();
    else plain().close();
  }
};
using Conn = std::shared_ptr<Connection>;

class TlsPort final : public TlsWire {
 public:
  TlsPort(Hub& hub, const tcp::endpoint& at, const Identity& identity)
      : hub_(hub), context_(ssl::context::tls_server), acceptor_(hub.io(), at) {
    context_.set_options(ssl::context::default_workarounds | ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1);
    context_.use_certificate(asio::buffer(identity.certificate_pem), ssl::context::pem);
    context_.use_private_key(asio::buffer(identity.key_pem), ssl::context::pem);
    hub_.on_stop([this] {
      error_code ec;
      acceptor_.close(ec);
    });
    asio::co_spawn(hub_.io(), accept(), asio::detached);
  }
  std::uint16_t port() const override { return acceptor_.local_endpoint().port(); }

 private:
  asio::awaitable<void> accept() {
    while (acceptor_.is_open()) {
      error_code ec;
      const asio::any_io_executor loop = hub_.next_loop().get_executor();
      tcp::socket socket = co_await acceptor_.async_accept(loop, asio::redirect_error(asio::use_awaitable, ec));
      if (!ec) {
        asio::co_spawn(loop, serve(std::move(socket)), asio::detached);
      } else if (acceptor_.is_open()) {  // out of descriptors, as a rule: some come back
        asio::steady_timer pause(hub_.io(), std::chrono::milliseconds(50));
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ec));
      }
    }
  }

  asio::awaitable<void> serve(tcp::socket socket) {
    const ConnectionPlan plan = hub_.ask([](Venue& v) { return v.connection(); });
    if (plan.refuse) co_return;
    error_code ec;
    const Conn c = std::make_shared<Connection>(std::move(socket), context_);
    const auto remote = c->plain().socket().remote_endpoint(ec);
    c->address = ec ? std::string("gone") : remote.address().to_string();
    c->plain().socket().set_option(tcp::no_delay(true), ec);
    if (plan.read_rate != 0) c->plain().rate_policy().read_limit(plan.read_rate);
    if (plan.write_rate != 0) c->plain().rate_policy().write_limit(plan.write_rate);
    const std::uint64_t number = hub_.enter([c] { asio::post(c->wait.get_executor(), [c] { c->cut(); }); });
    if (plan.hold) co_await pause(c, forever);
    else co_await requests(c, number);
    hub_.leave(number);
  }

  /// Nothing for so long, or until it is cut.
  asio::awaitable<void> pause(Conn c, std::int64_t ns) {
    if (ns <= 0 || c->gone) co_return;
    error_code ec;
    if (ns == forever) c->wait.expires_at(asio::steady_timer::time_point::max());
    else c->wait.expires_after(std::chrono::nanoseconds(ns));
    co_await c->wait.async_wait(asio::redirect_error(asio::use_awaitable, ec));
  }

  asio::awaitable<void> requests(Conn c, std::uint64_t number) {
    error_code ec;
    c->plain().expires_after(handshake_limit);
    co_await c->tls->async_handshake(ssl::stream_base::server, asio::redirect_error(asio::use_awaitable, ec));
    if (ec) co_return;
    beast::flat_buffer buffer;
    std::optional<Parser> parser;
    for (;;) {
      c->plain().expires_after(idle_limit);
      const Came came = co_await read_request(*c->tls, buffer, parser);
      if (c->gone) co_return;
      c->plain().expires_never();
      if (came.status == 0) break;
      if (came.status != 200) {
        const std::string text = reply_text({came.status, {}, R"({"error":"INVALID_ARGUMENT","error_details":"","message":"that is no request"})", {}}, false);
        co_await asio::async_write(*c->tls, asio::buffer(text), asio::redirect_error(asio::use_awaitable, ec));
        co_await drain(c);
        break;
      }
      const bool upgrade = websocket::is_upgrade(parser->get());
      const WebRequest request = request_of(*parser);
      if (!upgrade) hub_.read_ahead(request);
      RequestPlan plan;
      WebReply reply;
      bool answered = false;
      const auto answer = [&](Venue& v) {
        reply = v.answer(request, plan, c->address, wall_ns());
        answered = true;
      };
      hub_.ask([&](Venue& v) {
        plan = v.plan(request);
        if (plan.wait_before_ns <= 0 && !upgrade) answer(v);
      });
      if (!answered) {
        co_await pause(c, plan.wait_before_ns);
        if (c->gone) co_return;
        if (upgrade && !plan.instead && !plan.drop && !plan.stall) {
          co_await stream(c, number, *parser, request);
          co_return;
        }
        if (upgrade) plan.done = false;
        hub_.ask(answer);
      }
      hub_.log(c->address, request, plan.drop || plan.stall ? 0 : reply.status, reply.note);
      co_await pause(c, plan.stall ? forever : plan.wait_after_ns);
      if (c->gone) co_return;
      if (plan.drop) {
        c->cut();
        co_return;
      }
      const bool go_on = came.keep_alive && !plan.truncate;
      std::string text = reply_text(reply, go_on, request.method != "HEAD");
      if (plan.truncate && *plan.truncate < reply.body.size()) text.resize(text.size() - (reply.body.size() - *plan.truncate));
      c->plain().expires_after(idle_limit);
      co_await asio::async_write(*c->tls, asio::buffer(text), asio::redirect_error(asio::use_awaitable, ec));
      if (ec || c->gone || plan.truncate) {
        if (!c->gone) c->cut();
        co_return;
      }
      if (!go_on) break;
    }
    c->plain().expires_after(goodbye_limit);
    co_await c->tls->async_shutdown(asio::redirect_error(asio::use_awaitable, ec));
    if (!c->gone) c->cut();
  }

  /// Reads on for a while what nobody wants: a connection that is closed on unread bytes takes its last answer away with it.
  asio::awaitable<void> drain(Conn c) {
    std::vector<char> space(64 * 1024);
    error_code ec;
    c->plain().expires_after(drain_limit);
    for (std::size_t left = most_drained; !ec && !c->gone && left > 0;) {
      const std::size_t n = co_await c->tls->async_read_some(asio::buffer(space), asio::redirect_error(asio::use_awaitable, ec));
      left -= std::min(left, n);
    }
  }

  static StreamKind kind_of(const WebRequest& r) {
    const std::string_view path = std::string_view(r.target).substr(0, r.target.find('?'));
    const std::string_view host = find_header(r.headers, "Host").value_or("");
    return path == "/user" || host.starts_with("advanced-trade-ws-user") ? StreamKind::user : StreamKind::market;
  }

  asio::awaitable<void> stream(Conn c, std::uint64_t number, Parser& parser, const WebRequest& request) {
    error_code ec;
    c->plain().expires_never();  // a WebSocket has its own limits
    c->line = std::make_shared<Line>(std::move(*c->tls));
    const std::shared_ptr<Line> line = c->line;
    Socket& socket = line->socket();
    co_await socket.async_accept(parser.get(), asio::redirect_error(asio::use_awaitable, ec));
    hub_.log(c->address, request, ec ? 400 : 101, "");
    if (ec || c->gone) co_return;
    hub_.becomes_stream(number);
    const StreamId id = hub_.open_stream(kind_of(request), line);
    beast::flat_buffer buffer;
    for (;;) {
      co_await socket.async_read(buffer, asio::redirect_error(asio::use_awaitable, ec));
      if (ec || c->gone) break;
      const std::string text(static_cast<const char*>(buffer.data().data()), buffer.size());
      buffer.consume(buffer.size());
      hub_.ask([&](Venue& v) { v.said(id, text, wall_ns()); });
    }
    hub_.close_stream(id);
    if (!c->gone) c->cut();
  }

  Hub& hub_;
  ssl::context context_;
  tcp::acceptor acceptor_;
};

}  // namespace

Result<std::unique_ptr<TlsWire>> TlsWire::open(Hub& hub, const std::string& address, std::uint16_t port, const Identity& identity) {
  error_code ec;
  const auto at = asio::ip::make_address(address, ec);
  if (ec) return Error{"LISTEN_FAILED", address + " is no address"};
  try {
    return std::unique_ptr<TlsWire>(std::make_unique<TlsPort>(hub, tcp::endpoint(at, port), identity));
  } catch (const boost::system::system_error& e) {
    return Error{"LISTEN_FAILED", address + ":" + std::to_string(port) + " can't be listened on: " + e.code().message()};
  }
}

}  // namespace bowline::exchange
