#include "edge/http_client.hpp"

#include <utility>  // Boost 1.74's awaitable.hpp needs it and does not include it

#include <sys/socket.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <exception>
#include <future>
#include <map>
#include <set>

#include "edge/client_socket.hpp"

namespace bowline::edge {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

constexpr std::uint32_t reply_header_limit = 64 * 1024;

struct Connection {
  explicit Connection(asio::io_context& context) : net(context) {}
  NetStream net;
  boost::beast::flat_buffer in;
  Clock::time_point idle_since{};
  bool reused = false;

  /// True when the other side has neither closed nor said anything unasked.
  bool usable() {
    char byte = 0;
    const auto n = ::recv(net.socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    const bool quiet = n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    return quiet || (n > 0 && net.tls.has_value());  // TLS 1.3 sends session tickets unasked
  }
};

/// One call under way.
struct Running {
  Connection* connection = nullptr;  ///< null while none is open
  bool expired = false, closed = false;
  bool heard = false;  ///< some byte of a reply has come on this try

  void end() {
    if (connection) connection->net.cancel();
  }
};

asio::awaitable<std::size_t> write_some(NetStream& net, asio::const_buffer bytes, error_code& ec) {
  if (net.tls)
    co_return co_await net.tls->async_write_some(bytes, asio::redirect_error(asio::use_awaitable, ec));
  co_return co_await net.socket.async_write_some(bytes, asio::redirect_error(asio::use_awaitable, ec));
}

asio::awaitable<std::size_t> read_some(NetStream& net, asio::mutable_buffer space, error_code& ec) {
  if (net.tls)
    co_return co_await net.tls->async_read_some(space, asio::redirect_error(asio::use_awaitable, ec));
  co_return co_await net.socket.async_read_some(space, asio::redirect_error(asio::use_awaitable, ec));
}

/// A callback that throws is a programming error; the I/O thread ends with its message rather than lose a
/// call.
void loud(std::exception_ptr e) {
  if (e) std::rethrow_exception(e);
}

std::string serialise(const HttpCall& call, const Url& url, const std::string& agent) {
  std::string out(method_name(call.method));
  out.append(" ").append(url.target).append(" HTTP/1.1\r\nHost: ").append(url.host_header());
  out.append("\r\nUser-Agent: ").append(agent).append("\r\n");
  for (const auto& [name, value] : call.headers) out.append(name).append(": ").append(value).append("\r\n");
  const bool has_body =
      call.method == Method::Post || call.method == Method::Put || call.method == Method::Patch;
  if (has_body || !call.body.empty())
    out.append("Content-Length: ").append(std::to_string(call.body.size())).append("\r\n");
  return out.append("\r\n").append(call.body);
}

}  // namespace

class HttpClient::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(IoThread& io, ClientOptions options)
      : io_(io.impl()), options_(std::move(options)), tls_(options_.ca_file) {}

  void send(HttpCall call, std::function<void(HttpReply)> done) {
    if (io_.stopped.load()) return done(failed({"EDGE_CLOSED", "the I/O thread has ended"}));
    asio::post(io_.context,
               [self = shared_from_this(), call = std::move(call), done = std::move(done)]() mutable {
                 self->begin(std::move(call), std::move(done));
               });
  }

  /// Ends every call; each gets its callback. Waits for them when not on the I/O thread.
  void close() {
    const auto end_all = [this] {
      closed_ = true;
      pool_.clear();
      for (Running* r : running_) {
        r->closed = true;
        r->end();
      }
    };
    if (io_.in_thread() || io_.stopped.load()) return end_all();
    std::promise<void> gone;
    asio::post(io_.context, [&] {
      end_all();
      if (running_.empty())
        gone.set_value();
      else
        on_gone_ = [&gone] { gone.set_value(); };
    });
    gone.get_future().wait();
  }

  bool stopped() const noexcept { return io_.stopped.load(); }
  std::uint64_t connections_opened() const noexcept { return opened_.load(); }

 private:
  static HttpReply failed(Error error) {
    HttpReply reply;
    reply.error = std::move(error);
    return reply;
  }

  void begin(HttpCall call, std::function<void(HttpReply)> done) {
    if (closed_) return done(failed({"EDGE_CLOSED", "the client is closed"}));
    if (running_.size() >= options_.max_in_flight)
      return done(failed({"EDGE_BUSY", "too many calls at once: " + std::to_string(options_.max_in_flight) +
                                           " are running"}));
    auto url = parse_url(call.url, "http", "https");
    if (!url.ok()) return done(failed(std::move(url).error()));
    if (!headers_sane(call.headers))
      return done(failed({"EDGE_BAD_URL", "a header has a character that cannot be sent"}));
    const auto state = std::make_shared<Running>();  // with the timer's handler, which may outlive the call
    running_.insert(state.get());
    asio::co_spawn(io_.context,
                   run(shared_from_this(), state, std::move(call), std::move(url).value(), std::move(done)),
                   loud);
  }

  // `self` keeps the client's state while the call runs.
  static asio::awaitable<void> run(std::shared_ptr<Impl> self, std::shared_ptr<Running> shared, HttpCall call,
                                   Url url, std::function<void(HttpReply)> done) {
    Running& state = *shared;
    asio::steady_timer timer(self->io_.context, call.deadline);
    timer.async_wait([shared](error_code ec) {
      if (ec) return;
      shared->expired = true;
      shared->end();
    });
    const std::string bytes = serialise(call, url, self->options_.user_agent);
    HttpReply reply;
    for (bool again = true; again;) {
      again = false;
      bool stale = false;
      reply = co_await self->attempt(state, call, url, bytes, stale);
      if (stale && !state.expired && !state.closed) again = true;
    }
    timer.cancel();
    if (reply.outcome != Outcome::Complete) {
      if (state.closed)
        reply.error = {"EDGE_CLOSED", "the client was closed while the call ran"};
      else if (state.expired)
        reply.error = {"EDGE_DEADLINE", "no whole reply from " + url.host + " within " +
                                            std::to_string(call.deadline.count()) + " ms"};
    }
    self->running_.erase(&state);
    done(std::move(reply));
    if (self->running_.empty())
      if (const auto gone = std::exchange(self->on_gone_, nullptr)) gone();
  }

  /// One try on one connection. `stale`: a kept connection was dead before any answer byte, and trying again
  /// on a fresh one can do no harm.
  asio::awaitable<HttpReply> attempt(Running& state, const HttpCall& call, const Url& url,
                                     const std::string& bytes, bool& stale) {
    HttpReply reply;
    auto connection = take(url.key());
    if (!connection) {
      connection = std::make_unique<Connection>(io_.context);
      state.connection = connection.get();
      if (auto error = co_await open_stream(connection->net, url, tls_)) {
        state.connection = nullptr;
        reply.error = std::move(*error);
        co_return reply;
      }
      opened_.fetch_add(1);
    }
    state.connection = connection.get();
    const bool repeatable = call.idempotent || call.method == Method::Get || call.method == Method::Head;
    const bool may_retry = connection->reused;
    if (state.expired || state.closed) {
      reply.error = {"EDGE_DEADLINE", "the deadline passed before anything was sent"};
    } else if (call.may_send && !call.may_send()) {
      reply.error = {"EDGE_TOO_LATE", "the caller withdrew the request just before its first byte"};
      give_back(url.key(), std::move(connection));
    } else if (co_await write_all(connection->net, bytes, reply)) {
      const bool keep = co_await read_reply(*connection, call, reply, state.heard);
      if (keep && reply.complete() && !closed_)
        give_back(url.key(), std::move(connection));
      else if (!reply.complete() && may_retry && repeatable && !state.heard)
        stale = true;
    } else if (may_retry && (repeatable || reply.outcome == Outcome::NotSent)) {
      stale = true;
    }
    state.connection = nullptr;
    co_return reply;
  }

  /// Outcome NotSent stays only while no byte has been taken by the socket. Under TLS a failed write may have
  /// sent a part of a record, so it counts as sent.
  static asio::awaitable<bool> write_all(NetStream& net, const std::string& bytes, HttpReply& reply) {
    error_code ec;
    for (std::size_t sent = 0; sent < bytes.size();) {
      const std::size_t n =
          co_await write_some(net, asio::buffer(bytes.data() + sent, bytes.size() - sent), ec);
      if (n > 0 || (ec && net.tls)) reply.outcome = Outcome::Unknown;
      if (ec) {
        reply.error = {"EDGE_CLOSED", "the connection broke while sending: " + ec.message()};
        co_return false;
      }
      sent += n;
    }
    co_return true;
  }

  /// True when the connection may carry another request.
  static asio::awaitable<bool> read_reply(Connection& c, const HttpCall& call, HttpReply& reply,
                                          bool& heard) {
    heard = false;
    for (;;) {  // an interim 1xx reply is followed by the real one
      http::response_parser<http::string_body> parser;
      parser.header_limit(reply_header_limit);
      parser.body_limit(call.max_response);
      parser.eager(false);  // Beast 1.74 forgets a body_limit error when it goes on eagerly after the header
      parser.skip(call.method == Method::Head);
      while (!parser.is_done()) {
        error_code ec;
        if (c.in.size() > 0) {
          c.in.consume(parser.put(c.in.data(), ec));
          if (parser.is_done()) break;
        }
        if (c.in.size() == 0 || ec == http::error::need_more) {
          if (c.in.size() >= reply_header_limit) {  // the parser's own limits know neither a chunk's line nor the trailers
            reply.error = {"EDGE_TOO_LARGE", "a line of the reply's chunks, or what follows them, is larger than the limit of " +
                                                 std::to_string(reply_header_limit) + " bytes"};
            co_return false;
          }
          ec = {};
          const std::size_t n = co_await read_some(c.net, c.in.prepare(16 * 1024), ec);
          c.in.commit(n);
          heard = heard || n > 0;
          if (ec == asio::error::eof || ec == asio::ssl::error::stream_truncated) {
            ec = {};
            if (parser.got_some())
              parser.put_eof(ec);  // a body without length ends here; anything else is cut short
            else
              ec = http::error::end_of_stream;
            if (!ec && parser.is_done()) break;
            reply.error = {"EDGE_CLOSED", "the other side closed before its reply was whole"};
            co_return false;
          }
        }
        if (!ec) continue;
        if (ec == http::error::body_limit || ec == http::error::header_limit)
          reply.error = {"EDGE_TOO_LARGE", "the reply is larger than the limit of " +
                                               std::to_string(call.max_response) + " bytes"};
        else if (ec.category() == http::make_error_code(http::error::need_more).category())
          reply.error = {"EDGE_BAD_REPLY", "the reply is not HTTP: " + ec.message()};
        else
          reply.error = {"EDGE_CLOSED", "the connection broke before the reply was whole: " + ec.message()};
        co_return false;
      }
      auto message = parser.release();
      const int status = static_cast<int>(message.result_int());
      if (status >= 100 && status < 200) continue;
      reply.outcome = Outcome::Complete;
      reply.status = status;
      for (const auto& field : message) {
        const auto name = field.name_string();
        const auto value = field.value();
        reply.headers.add({name.data(), name.size()}, {value.data(), value.size()});
      }
      reply.body = std::move(message.body());
      co_return message.keep_alive() && c.in.size() == 0;
    }
  }

  std::unique_ptr<Connection> take(const std::string& key) {
    auto& idle = pool_[key];
    while (!idle.empty()) {
      auto c = std::move(idle.back());
      idle.pop_back();
      if (Clock::now() - c->idle_since < options_.idle_timeout && c->usable()) {
        c->reused = true;
        return c;
      }
    }
    return nullptr;
  }

  void give_back(const std::string& key, std::unique_ptr<Connection> c) {
    c->idle_since = Clock::now();
    for (auto& [host, kept] : pool_)
      std::erase_if(
          kept, [&](const auto& old) { return c->idle_since - old->idle_since >= options_.idle_timeout; });
    std::erase_if(pool_, [](const auto& host) { return host.second.empty(); });
    auto& idle = pool_[key];
    if (idle.size() < options_.max_idle_per_host) idle.push_back(std::move(c));
  }

  IoThread::Impl& io_;
  const ClientOptions options_;
  std::atomic<std::uint64_t> opened_{0};
  // the I/O thread's
  TlsContext tls_;
  std::map<std::string, std::vector<std::unique_ptr<Connection>>> pool_;
  std::set<Running*> running_;
  bool closed_ = false;
  std::function<void()> on_gone_;
};

HttpClient::HttpClient(IoThread& io, ClientOptions options)
    : impl_(std::make_shared<Impl>(io, std::move(options))) {}
HttpClient::~HttpClient() { impl_->close(); }
void HttpClient::send(HttpCall call, std::function<void(HttpReply)> done) {
  impl_->send(std::move(call), std::move(done));
}
std::uint64_t HttpClient::connections_opened() const noexcept { return impl_->connections_opened(); }

HttpReply HttpClient::fetch(HttpCall call) {
  // Shared, because a thread that ends under us may still drop the callback later.
  const auto reply = std::make_shared<std::promise<HttpReply>>();
  auto ready = reply->get_future();
  send(std::move(call), [reply](HttpReply r) { reply->set_value(std::move(r)); });
  while (ready.wait_for(std::chrono::milliseconds(100)) != std::future_status::ready)
    if (impl_->stopped()) {
      HttpReply lost;
      lost.outcome = Outcome::Unknown;
      lost.error = {"EDGE_CLOSED", "the I/O thread ended while the call ran"};
      return lost;
    }
  return ready.get();
}

}  // namespace bowline::edge
