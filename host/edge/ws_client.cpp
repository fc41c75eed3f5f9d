#include "edge/ws_client.hpp"

#include <utility>  // Boost 1.74's awaitable.hpp needs it and does not include it

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>
#include <exception>
#include <future>
#include <mutex>
#include <random>

#include "edge/client_socket.hpp"

namespace bowline::edge {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::chrono::seconds goodbye{1};  // how long the closing handshake may take

/// What the client does with the connection that stands, whatever lies under it.
class Link {
 public:
  virtual ~Link() = default;
  virtual void write(std::string_view text, std::function<void(error_code)> done) = 0;
  virtual void close(std::function<void()> done) = 0;
};

template <class Next>
class LinkOver final : public Link {
 public:
  LinkOver(std::shared_ptr<NetStream> stream, Next& next) : net(std::move(stream)), ws(next) {}
  void write(std::string_view text, std::function<void(error_code)> done) override {
    ws.async_write(asio::buffer(text.data(), text.size()),
                   [done = std::move(done)](error_code ec, std::size_t) { done(ec); });
  }
  void close(std::function<void()> done) override {
    ws.async_close(websocket::close_code::normal, [done = std::move(done)](error_code) { done(); });
  }
  std::shared_ptr<NetStream> net;  // below `ws`, and as long as any operation of it is under way
  websocket::stream<Next&, false> ws;
};

}  // namespace

class WsClient::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(IoThread& io, WsClientOptions options, WsClientEvents events)
      : io_(io.impl()),
        options_(std::move(options)),
        events_(std::make_shared<WsClientEvents>(std::move(events))),
        random_(options_.jitter_seed),
        tls_(options_.ca_file),
        wait_(io_.context),
        limit_(io_.context) {}

  void start() {
    if (io_.stopped.load()) return;
    asio::post(io_.context, [self = shared_from_this()] {
      if (std::exchange(self->started_, true) || self->stopped_) return;
      asio::co_spawn(self->io_.context, run(self), [](std::exception_ptr e) {
        if (e) std::rethrow_exception(e);  // a callback that throws is a programming error: be loud
      });
    });
  }

  bool send(std::string text) {
    {
      const std::scoped_lock hold(lock_);
      if (!connected_.load() || queued_bytes_ + text.size() > options_.max_queued_bytes) return false;
      queued_bytes_ += text.size();
      queue_.push_back(std::move(text));
      if (std::exchange(woken_, true)) return true;
    }
    if (io_.in_thread() && !writing_)
      flush();
    else
      asio::post(io_.context, [self = shared_from_this()] { self->flush(); });
    return true;
  }

  bool connected() const noexcept { return connected_.load(); }

  void stop() {
    const auto work = [this] {
      if (std::exchange(stopped_, true)) return;
      events_ = std::make_shared<WsClientEvents>();  // whoever is in a callback now keeps the old ones alive
      wait_.cancel();
      if (link_ && connected_.exchange(false)) {
        limit_.expires_after(goodbye);
        limit_.async_wait([self = shared_from_this()](error_code ec) {
          if (!ec && self->net_) self->net_->cancel();
        });
        link_->close([self = shared_from_this(), link = link_] { self->limit_.cancel(); });
      } else if (net_) {
        net_->cancel();
      }
    };
    if (io_.in_thread() || io_.stopped.load()) return work();
    std::promise<void> done;
    asio::post(io_.context, [&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }

 private:
  static asio::awaitable<void> run(std::shared_ptr<Impl> self) {
    auto backoff = self->options_.backoff_min;
    while (!self->stopped_) {
      const bool was_open = co_await self->one_connection();
      if (self->stopped_) break;
      const auto events = self->events_;
      if (events->on_down) events->on_down(self->reason_);
      if (self->stopped_) break;
      // Each wait is drawn between the least one and three times the last: many clients spread out by
      // themselves.
      const auto least = self->options_.backoff_min;
      if (was_open) backoff = least;
      const auto span = std::min(self->options_.backoff_max, backoff * 3) - least;
      backoff = least;
      if (span.count() > 0)
        backoff += std::chrono::milliseconds(
            static_cast<std::int64_t>(self->random_() % static_cast<std::uint64_t>(span.count() + 1)));
      self->wait_.expires_after(backoff);
      error_code ec;
      co_await self->wait_.async_wait(asio::redirect_error(asio::use_awaitable, ec));
    }
  }

  /// Connects, serves until the end, leaves the reason in reason_. True when it had been open.
  asio::awaitable<bool> one_connection() {
    const auto url = parse_url(options_.url_source ? options_.url_source() : options_.url, "ws", "wss");
    if (!url.ok() || !headers_sane(options_.headers)) {
      reason_ =
          url.ok() ? Error{"EDGE_BAD_URL", "a header has a character that cannot be sent"} : url.error();
      co_return false;
    }
    const auto net = std::make_shared<NetStream>(io_.context);
    net_ = net;
    limit_.expires_after(options_.connect_timeout);
    limit_.async_wait([self = shared_from_this()](error_code ec) {
      if (!ec && self->net_ && !self->link_) self->net_->cancel();
    });
    const auto error = co_await open_stream(*net, *url, tls_);
    limit_.cancel();
    bool was_open = false;
    if (error)
      reason_ = *error;
    else if (net->tls)
      was_open = co_await serve(net, *net->tls, *url);
    else
      was_open = co_await serve(net, net->socket, *url);
    net_.reset();
    co_return was_open;
  }

  template <class Next>
  asio::awaitable<bool> serve(std::shared_ptr<NetStream> net, Next& next, const Url& url) {
    const auto link = std::make_shared<LinkOver<Next>>(net, next);
    auto& ws = link->ws;
    ws.set_option(websocket::stream_base::timeout{options_.connect_timeout, options_.idle_timeout, true});
    ws.set_option(websocket::stream_base::decorator([this](websocket::request_type& request) {
      request.set(beast::http::field::user_agent, "bowline");
      for (const auto& [name, value] : options_.headers) request.set(name, value);
    }));
    ws.read_message_max(options_.max_message);
    ws.auto_fragment(false);
    error_code ec;
    websocket::response_type answer;
    co_await ws.async_handshake(answer, url.host_header(), url.target,
                                asio::redirect_error(asio::use_awaitable, ec));
    if (ec) {
      reason_ = {
          "EDGE_WS_REFUSED",
          "no WebSocket at " + url.key() + ": " + ec.message() +
              (answer.result_int() != 101 ? " (status " + std::to_string(answer.result_int()) + ")" : "")};
      co_return false;
    }
    if (stopped_) co_return false;
    ws.text(true);
    link_ = link;
    connected_.store(true);
    if (const auto events = events_; events->on_open) events->on_open();
    beast::flat_buffer in;
    for (;;) {
      co_await ws.async_read(in, asio::redirect_error(asio::use_awaitable, ec));
      if (ec) break;
      if (const auto events = events_; events->on_text && ws.got_text())
        events->on_text({static_cast<const char*>(in.data().data()), in.size()});
      in.consume(in.size());
    }
    reason_ = {"EDGE_CLOSED", ec == websocket::error::closed
                                  ? "the other side closed with " + std::to_string(ws.reason().code)
                                  : "the connection broke: " + ec.message()};
    connected_.store(false);
    link_.reset();
    {
      const std::scoped_lock hold(lock_);
      queue_.clear();  // what was not sent belongs to the connection that is gone
      queued_bytes_ = 0;
      woken_ = false;
    }
    error_code ignored;
    net->socket.close(ignored);
    co_return true;
  }

  void flush() {
    {
      const std::scoped_lock hold(lock_);
      woken_ = false;
    }
    write_next();
  }

  void write_next() {
    if (writing_ || !link_) return;
    auto text = std::make_shared<std::string>();
    {
      const std::scoped_lock hold(lock_);
      if (queue_.empty()) return;
      *text = std::move(queue_.front());
      queue_.pop_front();
    }
    writing_ = true;
    link_->write(*text, [self = shared_from_this(), text, link = link_](error_code ec) {
      self->writing_ = false;
      {
        const std::scoped_lock hold(self->lock_);
        self->queued_bytes_ -= std::min(self->queued_bytes_, text->size());
      }
      if (!ec || self->link_ != link)
        self->write_next();  // a newer link may have waited for this one's write
    });
  }

  IoThread::Impl& io_;
  const WsClientOptions options_;
  std::atomic<bool> connected_{false};
  // the I/O thread's
  std::shared_ptr<WsClientEvents> events_;
  std::mt19937_64 random_;
  TlsContext tls_;
  asio::steady_timer wait_, limit_;
  std::shared_ptr<NetStream> net_;
  std::shared_ptr<Link> link_;
  Error reason_;
  bool started_ = false, stopped_ = false, writing_ = false;

  std::mutex lock_;  // guards what follows
  std::deque<std::string> queue_;
  std::size_t queued_bytes_ = 0;
  bool woken_ = false;
};

WsClient::WsClient(IoThread& io, WsClientOptions options, WsClientEvents events)
    : impl_(std::make_shared<Impl>(io, std::move(options), std::move(events))) {}
WsClient::~WsClient() { impl_->stop(); }
void WsClient::start() { impl_->start(); }
bool WsClient::send(std::string text) { return impl_->send(std::move(text)); }
bool WsClient::connected() const noexcept { return impl_->connected(); }
void WsClient::stop() { impl_->stop(); }

}  // namespace bowline::edge
