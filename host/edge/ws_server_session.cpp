// The server's end of one WebSocket: a bounded queue out, text messages in, pings while nothing moves.
#include <utility>  // Boost 1.74's awaitable.hpp needs it and does not include it

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <boost/beast/websocket/teardown.hpp>
#include <deque>
#include <mutex>
#include <optional>
#include <typeinfo>

#include "edge/server_core.hpp"
#include "edge/tls_socket.hpp"

namespace bowline::edge {

// How Beast ends the connection below a WebSocket: goodbye in TLS, then as with a plain socket.
void teardown(boost::beast::role_type role, TlsSocket& socket, boost::system::error_code& ec) {
  socket.shutdown(boost::asio::ip::tcp::socket::shutdown_send, ec);
  boost::beast::websocket::teardown(role, socket.next_layer(), ec);
}
template <class Handler>
void async_teardown(boost::beast::role_type role, TlsSocket& socket, Handler&& handler) {
  boost::system::error_code ignored;
  socket.shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
  boost::beast::websocket::async_teardown(role, socket.next_layer(), std::forward<Handler>(handler));
}

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::chrono::seconds goodbye{2};   // how long the closing handshake may take
constexpr std::chrono::seconds settling{1};  // by then whatever ran on a socket that was closed has ended

/// `Socket` is a tcp::socket or a TlsSocket.
template <class Socket>
class WsServerSession final : public WsSession,
                              public Peer,
                              public std::enable_shared_from_this<WsServerSession<Socket>> {
 public:
  WsServerSession(std::shared_ptr<ServerCore> core, Socket socket, const Request& request)
      : core_(std::move(core)), ws_(std::in_place, std::move(socket)), request_(request) {}

  void start(const Router::Route& route) {
    core_->enroll(*this);
    ++core_->stats.open_connections;
    ++core_->stats.ws_open;
    route_ = &route;
    ws_->set_option(
        websocket::stream_base::timeout{core_->options.header_timeout, core_->options.ws_idle_timeout, true});
    ws_->set_option(websocket::stream_base::decorator(
        [id = request_.request_id](websocket::response_type& r) { r.set("X-Request-Id", id); }));
    ws_->read_message_max(core_->options.ws_max_message);
    ws_->control_callback([this](websocket::frame_type kind, beast::string_view) {
      if (kind == websocket::frame_type::close) on_goodbye();
    });
    ws_->auto_fragment(false);  // one message, one frame, one system call
    handshake_.method(beast::http::verb::get);
    handshake_.version(11);
    handshake_.target(request_.target);
    for (std::size_t i = 0; i < request_.headers.size(); ++i) {
      const auto [name, value] = request_.headers[i];
      handshake_.insert(beast::string_view(name.data(), name.size()),
                        beast::string_view(value.data(), value.size()));
    }
    ws_->async_accept(handshake_, [self = me()](error_code ec) { self->on_accept(ec); });
  }

  // ---- WsSession
  bool send(std::shared_ptr<const std::string> text) override {
    bool wake = false;
    {
      const std::scoped_lock hold(lock_);
      if (closing_ || ended_) return false;
      if (queued_bytes_ + text->size() > core_->options.ws_max_queued_bytes ||
          queue_.size() >= core_->options.ws_max_queued_messages) {
        // A reader this slow gets nothing more: what waits is dropped, so that a stream never has a silent
        // gap.
        slow_ = true;
        close_with(ws_try_again_later, "too slow", true);
      } else {
        queued_bytes_ += text->size();
        queue_.push_back(std::move(text));
      }
      wake = !std::exchange(woken_, true);
      if (slow_) {
        if (wake) post_flush();
        return false;
      }
    }
    if (wake) post_flush();
    return true;
  }
  void close(std::uint16_t code, std::string_view reason) override {
    const std::scoped_lock hold(lock_);
    if (closing_ || ended_) return;
    close_with(code, reason, false);
    if (!std::exchange(woken_, true)) post_flush();
  }
  void on_message(std::function<void(std::string_view)> call) override { message_call_ = std::move(call); }
  void on_close(std::function<void(std::uint16_t)> call) override {
    if (open_.load() || !finished_)
      close_call_ = std::move(call);
    else
      call(end_code_);
  }
  std::size_t queued_bytes() const override {
    const std::scoped_lock hold(lock_);
    return queued_bytes_;
  }
  bool open() const noexcept override { return open_.load(); }
  const std::string& request_id() const noexcept override { return request_.request_id; }

  // ---- Peer
  std::size_t waiting_bytes() const override { return queued_bytes(); }
  std::shared_ptr<Peer> self() override { return me(); }
  void drain() override { close(ws_going_away, "the service is stopping"); }
  void cut_off() override { finish(ws_abnormal); }
  void sweep(Clock::time_point now) override {
    if (now >= close_deadline_ || now >= write_deadline_) {
      if (now >= write_deadline_ && !slow_counted_) count_slow();
      finish(end_code());
    }
  }

 private:
  static constexpr auto never = Clock::time_point::max();

  /// Under lock_. `drop` forgets what is queued.
  void close_with(std::uint16_t code, std::string_view reason, bool drop) {
    closing_ = true;
    close_code_ = code;
    close_reason_ = reason.substr(0, 120);
    if (drop) {
      queue_.clear();
      queued_bytes_ = 0;
    }
  }

  /// Runs flush() on the I/O thread; once for any number of messages queued meanwhile.
  void post_flush() {
    if (core_->io.stopped.load()) return;
    asio::post(core_->io.context, [self = me()] { self->flush(); });
  }

  /// What a session that ends now ended with.
  std::uint16_t end_code() const noexcept {
    if (slow_counted_) return ws_try_again_later;
    return close_sent_ ? close_code_ : std::uint16_t{ws_abnormal};
  }

  void count_slow() {
    slow_counted_ = true;
    ++core_->stats.ws_slow_closed;
  }

  // ---- on the I/O thread
  void on_accept(error_code ec) {
    if (finished_) return;
    if (ec) return finish(ws_protocol_error);
    ws_->text(true);
    open_.store(true);
    ++core_->stats.ws_opened;
    if (core_->draining) drain();
    guarded([this] { route_->ws.on_open(me(), request_); });
    flush();
    read();
  }

  void read() {
    ws_->async_read(in_, [self = me()](error_code ec, std::size_t) { self->on_read(ec); });
  }

  void on_read(error_code ec) {
    if (finished_) return;
    if (ec) {
      return finish(end_code());
    }
    ++core_->stats.ws_received;
    if (!ws_->got_text()) {
      close(1003, "text messages only");
    } else if (message_call_) {
      const auto bytes = in_.data();
      guarded([&] { message_call_({static_cast<const char*>(bytes.data()), bytes.size()}); });
    }
    in_.consume(in_.size());
    if (!finished_) read();
  }

  /// The other side has said goodbye: the answer goes out by itself, and then it should close. It may not
  /// dawdle.
  void on_goodbye() {
    open_.store(false);
    close_deadline_ = std::min(close_deadline_, Clock::now() + goodbye);
    const std::scoped_lock hold(lock_);
    close_sent_ = true;
    if (std::exchange(closing_, true)) return;  // the echo of our own
    close_code_ = ws_->reason().code ? ws_->reason().code : std::uint16_t{ws_normal};
  }

  void flush() {
    {
      const std::scoped_lock hold(lock_);
      woken_ = false;
      if (slow_ && !slow_counted_) count_slow();
    }
    if (open_.load() && !finished_) write_next();
  }

  void write_next() {
    if (writing_ || finished_) {
      if (slow_ && close_deadline_ == never) close_deadline_ = Clock::now() + goodbye;
      return;
    }
    {
      const std::scoped_lock hold(lock_);
      if (queue_.empty()) {
        write_deadline_ = never;
        if (!closing_ || close_sent_) return;
        close_sent_ = true;
      } else {
        out_ = std::move(queue_.front());
        queue_.pop_front();
      }
    }
    if (close_sent_) return say_goodbye();
    writing_ = true;
    write_deadline_ = Clock::now() + core_->options.write_timeout;
    ws_->async_write(asio::buffer(*out_), [self = me()](error_code ec, std::size_t) {
      self->writing_ = false;
      self->write_deadline_ = never;
      if (self->finished_) return;
      if (ec) return;  // the read that stands beside it ends the session with the better reason
      {
        const std::scoped_lock hold(self->lock_);
        // A queue dropped meanwhile has already taken its bytes off the count, but not this message's.
        self->queued_bytes_ -= std::min(self->queued_bytes_, self->out_->size());
      }
      ++self->core_->stats.ws_sent;
      self->write_next();
    });
  }

  void say_goodbye() {
    close_deadline_ = Clock::now() + goodbye;
    websocket::close_reason reason(static_cast<websocket::close_code>(close_code_));
    reason.reason = close_reason_;
    ws_->async_close(reason, [self = me()](error_code) { self->finish(self->end_code()); });
  }

  /// The end, once: socket, place in the list, handler's callback.
  void finish(std::uint16_t code) {
    if (std::exchange(finished_, true)) return;
    const auto keep = me();
    end_code_ = code;
    open_.store(false);
    {
      const std::scoped_lock hold(lock_);
      ended_ = true;
      queue_.clear();
      queued_bytes_ = 0;
    }
    error_code ec;
    ws_->next_layer().close(ec);
    --core_->stats.open_connections;
    --core_->stats.ws_open;
    message_call_ = nullptr;
    if (const auto call = std::exchange(close_call_, nullptr)) guarded([&] { call(code); });
    core_->leave(*this);
    settle();
  }

  /// Two operations of Beast's may wait for each other for ever (a read that met a broken frame wants to write, a close that has
  /// written wants to read), and their socket's end wakes neither. What they hold goes with the stream.
  void settle() {
    const auto timer = std::make_shared<asio::steady_timer>(core_->io.context, settling);
    timer->async_wait([timer, session = this->weak_from_this()](error_code) {
      const auto self = session.lock();
      if (self) self->ws_.reset();
    });
  }

  template <class F>
  void guarded(F&& call) {
    try {
      call();
    } catch (const std::exception& e) {
      core_->problem("INTERNAL_EXCEPTION", typeid(e).name(), request_.request_id);
      close(ws_internal, "internal error");
    } catch (...) {
      core_->problem("INTERNAL_EXCEPTION", "not a std::exception", request_.request_id);
      close(ws_internal, "internal error");
    }
  }

  std::shared_ptr<WsServerSession> me() { return this->shared_from_this(); }

  std::shared_ptr<ServerCore> core_;
  std::optional<websocket::stream<Socket, false>> ws_;
  const Request request_;
  const Router::Route* route_ = nullptr;
  beast::http::request<beast::http::empty_body> handshake_;
  beast::flat_buffer in_;
  std::shared_ptr<const std::string> out_;
  std::function<void(std::string_view)> message_call_;
  std::function<void(std::uint16_t)> close_call_;
  bool writing_ = false, close_sent_ = false, finished_ = false, slow_counted_ = false;
  std::uint16_t end_code_ = ws_abnormal;
  Clock::time_point close_deadline_ = never, write_deadline_ = never;
  std::atomic<bool> open_{false};

  mutable std::mutex lock_;  // guards what follows
  std::deque<std::shared_ptr<const std::string>> queue_;
  std::size_t queued_bytes_ = 0;  // the message being written included
  bool closing_ = false, ended_ = false, woken_ = false, slow_ = false;
  std::uint16_t close_code_ = ws_normal;
  std::string close_reason_;
};

}  // namespace

void serve_ws(std::shared_ptr<ServerCore> core, tcp::socket socket, const Request& request,
              const Router::Route& route) {
  std::make_shared<WsServerSession<tcp::socket>>(std::move(core), std::move(socket), request)->start(route);
}

void serve_ws(std::shared_ptr<ServerCore> core, TlsSocket socket, const Request& request,
              const Router::Route& route) {
  std::make_shared<WsServerSession<TlsSocket>>(std::move(core), std::move(socket), request)->start(route);
}

}  // namespace bowline::edge
