#include "edge/ws_lines.hpp"

#include <utility>  // Boost 1.74's awaitable.hpp needs it and does not include it

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>
#include <exception>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "edge/client_socket.hpp"
#include "edge/request_text.hpp"

namespace bowline::edge {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using boost::system::error_code;

constexpr std::size_t read_size = 64 * 1024;
constexpr std::size_t kept_buffer = 256 * 1024;  // what a big frame needed beyond this is given back
constexpr std::chrono::seconds settling{1};      // by then whatever ran on a socket that was closed has ended

/// What lies under a WebSocket, without the farewell of its own: whoever waits for the other side's, or is told that it did
/// not come, no longer hears why the line ended.
template <class Next>
struct Plain {
  using executor_type = typename Next::executor_type;
  explicit Plain(Next& under) : next(under) {}
  executor_type get_executor() noexcept { return next.get_executor(); }
  template <class Buffers, class Handler>
  auto async_read_some(const Buffers& buffers, Handler&& handler) {
    return next.async_read_some(buffers, std::forward<Handler>(handler));
  }
  template <class Buffers, class Handler>
  auto async_write_some(const Buffers& buffers, Handler&& handler) {
    return next.async_write_some(buffers, std::forward<Handler>(handler));
  }
  Next& next;
};

// Found by Beast through their argument. The socket itself is closed by who owns it.
template <class Next, class Handler>
void async_teardown(beast::role_type, Plain<Next>& plain, Handler&& handler) {
  asio::post(plain.get_executor(), beast::bind_front_handler(std::forward<Handler>(handler), error_code{}));
}
template <class Next>
void teardown(beast::role_type, Plain<Next>&, error_code& ec) {
  ec = {};
}
template <class Next>
void beast_close_socket(Plain<Next>&) {}

/// The connection that stands, whatever lies under it.
class Link {
 public:
  virtual ~Link() = default;
  virtual void write(std::string_view text, std::function<void(error_code)> done) = 0;
  virtual void ping(std::function<void()> done) = 0;
  virtual void close(websocket::close_code code, std::function<void()> done) = 0;
  /// Drops what runs on it without calling it back. For a connection whose socket was closed a while ago.
  virtual void abandon() = 0;
};

template <class Next>
class LinkOver final : public Link {
 public:
  LinkOver(std::shared_ptr<NetStream> stream, Next& next) : net(std::move(stream)), ws(std::in_place, next) {}
  void write(std::string_view text, std::function<void(error_code)> done) override {
    ws->async_write(asio::buffer(text.data(), text.size()), [done = std::move(done)](error_code ec, std::size_t) { done(ec); });
  }
  void ping(std::function<void()> done) override {
    ws->async_ping({}, [done = std::move(done)](error_code) { done(); });
  }
  void close(websocket::close_code code, std::function<void()> done) override {
    ws->async_close(code, [done = std::move(done)](error_code) { done(); });
  }
  void abandon() override { ws.reset(); }
  std::shared_ptr<NetStream> net;  // below `ws`, and as long as any operation of it is under way
  std::optional<websocket::stream<Plain<Next>, false>> ws;
};

/// One connection. What other threads see is guarded by the lock of the owner.
struct Line {
  explicit Line(asio::io_context& context) : net(std::make_shared<NetStream>(context)), clock(context), room(context), limit(context) {}
  std::uint64_t conn = 0;
  Url url{};
  Pairs headers{};
  std::uint64_t max_frame = 0;

  // under the owner's lock
  bool open = false;
  std::deque<std::string> unsent{};
  std::size_t unsent_bytes = 0, unread = 0;
  bool rung = false;

  // the I/O thread's
  std::shared_ptr<NetStream> net;
  std::shared_ptr<Link> link{};
  asio::steady_timer clock, room, limit;
  std::int64_t heard_at = 0;     // last sign of life
  std::int64_t writing_at = 0;   // when the write under way began; 0: none
  bool paused = false, pinged = false, pinging = false, closing = false, told = false;
  bool goodbye_over = false;  // ours was answered, or will not be
  Error why{};
};

}  // namespace

class WsLines::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(IoThread& io, WsLinesOptions options, std::function<void(WsNews)> heard)
      : io_(io.impl()), options_(std::move(options)), heard_(std::move(heard)), tls_(options_.ca_file, Anchors::FileAlone) {}

  Result<void> open(std::uint64_t conn, const std::string& address, const std::string& headers, std::uint64_t max_frame) {
    auto url = parse_url(address, "ws", "wss");
    if (!url.ok()) return std::move(url).error();
    if (!url->tls() && !is_loopback(*url)) return Error{"EDGE_BAD_URL", "without TLS only this machine can be talked to"};
    auto pairs = header_pairs(headers);
    if (!pairs) return pairs.error();
    if (max_frame > options_.max_frame)
      return Error{"EDGE_BAD_REQUEST", "a frame may have " + std::to_string(options_.max_frame) + " bytes at most"};
    const auto line = std::make_shared<Line>(io_.context);
    line->conn = conn;
    line->url = std::move(*url);
    line->headers = std::move(*pairs);
    line->max_frame = max_frame == 0 ? options_.max_frame : max_frame;
    {
      const std::scoped_lock hold(lock_);
      if (closed_ || io_.stopped.load()) return Error{"EDGE_CLOSED", "the client is closed"};
      if (lines_.contains(conn)) return Error{"EDGE_BAD_REQUEST", "a connection of that number is there already"};
      if (lines_.size() >= options_.connections)
        return Error{"EDGE_QUEUE_FULL", std::to_string(lines_.size()) + " connections are there already"};
      lines_[conn] = line;
    }
    asio::post(io_.context, [self = shared_from_this(), line] {
      if (!line->told) asio::co_spawn(self->io_.context, run(self, line), [](std::exception_ptr e) {
        if (e) std::rethrow_exception(e);  // a callback that throws is a programming error: be loud
      });
    });
    return {};
  }

  Result<void> send(std::uint64_t conn, std::string text) {
    const std::scoped_lock hold(lock_);
    const auto line = find(conn);
    if (!line || !line->open) return Error{"EDGE_NOT_OPEN", "there is no open connection of that number"};
    if (text.size() > options_.max_unsent || line->unsent_bytes > options_.max_unsent - text.size())
      return Error{"EDGE_QUEUE_FULL", std::to_string(line->unsent_bytes) + " bytes wait to be sent already"};
    line->unsent_bytes += text.size();
    line->unsent.push_back(std::move(text));
    if (!std::exchange(line->rung, true)) asio::post(io_.context, [self = shared_from_this(), line] { self->write_next(line); });
    return {};
  }

  bool close(std::uint64_t conn) {
    const std::scoped_lock hold(lock_);
    const auto line = find(conn);
    if (!line) return false;
    asio::post(io_.context, [self = shared_from_this(), line] {
      self->say_goodbye(line, websocket::close_code::normal, {"EDGE_CLOSED", "closed by this side"});
    });
    return true;
  }

  void consumed(std::uint64_t conn, std::size_t bytes) {
    const std::scoped_lock hold(lock_);
    const auto line = find(conn);
    if (!line) return;
    const std::size_t before = line->unread, half = options_.max_unread / 2;
    line->unread -= std::min(line->unread, bytes);
    if (before > half && line->unread <= half) asio::post(io_.context, [line] { line->room.cancel(); });
  }

  void close_all() {
    {
      const std::scoped_lock hold(lock_);
      closed_ = true;
    }
    const auto work = [this] {
      std::vector<std::shared_ptr<Line>> all;
      {
        const std::scoped_lock hold(lock_);
        for (const auto& [conn, line] : lines_) all.push_back(line);
      }
      for (const auto& line : all) {
        line->why = {"EDGE_CLOSED", "the client was closed"};
        drop(*line);
        tell_closed(*line);
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
  /// A caller's hosts are few, and stay the same.
  HostAddresses* addresses_of(const Url& url) {
    if (addresses_.size() >= 64 && !addresses_.contains(url.key())) return nullptr;
    const auto [at, made] = addresses_.try_emplace(url.key());
    if (made) at->second.lookup = options_.lookup;
    return &at->second;
  }

  std::shared_ptr<Line> find(std::uint64_t conn) const {  // under the lock
    const auto at = lines_.find(conn);
    return at != lines_.end() ? at->second : nullptr;
  }

  void tell(const Line& line, WsNews::What what, std::string data = {}) {
    heard_({line.conn, what, std::move(data), options_.clocks.wall_ns()});
  }

  void tell_closed(Line& line) {
    if (std::exchange(line.told, true)) return;
    {
      const std::scoped_lock hold(lock_);
      line.open = false;
      line.unsent.clear();
      lines_.erase(line.conn);
    }
    tell(line, WsNews::What::closed, line.why.code + ": " + line.why.message);
  }

  static void drop(Line& line) {
    line.clock.cancel();
    line.room.cancel();
    line.limit.cancel();
    line.net->cancel();
  }

  /// Ends it here and now. Two operations of Beast's may wait for each other for ever (a read that met a broken frame wants to
  /// write, a close that has written wants to read), and a name may be looked up for longer than anybody waits: neither is
  /// woken by its socket's end, and neither may keep the number.
  void end_now(const std::shared_ptr<Line>& line) {
    drop(*line);
    tell_closed(*line);
    line->limit.expires_after(settling);
    line->limit.async_wait([line](error_code ec) {
      if (ec || !line->link) return;
      const auto link = std::move(line->link);  // what waits on it holds it
      link->abandon();
    });
  }

  /// The first reason counts.
  static void because(Line& line, Error why) {
    if (line.why.code.empty()) line.why = std::move(why);
  }

  void say_goodbye(const std::shared_ptr<Line>& line, websocket::close_code code, Error why) {
    if (line->told || std::exchange(line->closing, true)) return;
    because(*line, std::move(why));
    {
      const std::scoped_lock hold(lock_);
      line->open = false;
    }
    if (!line->link) return end_now(line);
    line->room.cancel();  // who waits for room must read the other side's goodbye
    line->limit.expires_after(std::chrono::nanoseconds(options_.goodbye_ns));
    line->limit.async_wait([self = shared_from_this(), line](error_code ec) {
      if (!ec) self->end_now(line);
    });
    line->link->close(code, [line, link = line->link] {
      line->goodbye_over = true;
      line->net->cancel();
      line->room.cancel();
    });
  }

  static asio::awaitable<void> run(std::shared_ptr<Impl> self, std::shared_ptr<Line> line) {
    line->limit.expires_after(std::chrono::nanoseconds(self->options_.connect_ns));
    line->limit.async_wait([self, line](error_code ec) {
      if (ec || line->link) return;
      because(*line, {"EDGE_CONNECT", "connecting took too long"});
      self->end_now(line);
    });
    const auto net = line->net;
    if (auto error = co_await open_stream(*net, line->url, self->tls_, std::chrono::nanoseconds(self->options_.connect_ns),
                                         self->addresses_of(line->url)))
      because(*line, std::move(*error));
    else if (net->tls)
      co_await self->serve(line, *net->tls);
    else
      co_await self->serve(line, net->socket);
    line->link.reset();
    drop(*line);
    self->tell_closed(*line);
  }

  template <class Next>
  asio::awaitable<void> serve(std::shared_ptr<Line> line, Next& next) {
    const auto link = std::make_shared<LinkOver<Next>>(line->net, next);
    auto& ws = *link->ws;
    ws.set_option(websocket::stream_base::decorator([this, &line](websocket::request_type& request) {
      request.set(beast::http::field::user_agent, options_.user_agent);
      for (const auto& [name, value] : line->headers) request.set(name, value);
    }));
    ws.read_message_max(line->max_frame);
    ws.auto_fragment(false);
    ws.control_callback([this, weak = std::weak_ptr(line)](websocket::frame_type, beast::string_view) {
      if (const auto l = weak.lock()) alive(*l);
    });
    error_code ec;
    websocket::response_type answer;
    co_await ws.async_handshake(answer, line->url.host_header(), line->url.target, asio::redirect_error(asio::use_awaitable, ec));
    if (ec) {
      const bool answered = answer.result_int() != 101 && ec == websocket::error::upgrade_declined;
      because(*line, {"EDGE_WS_REFUSED", "no WebSocket there: " + ec.message() +
                                             (answered ? " (status " + std::to_string(answer.result_int()) + ")" : "")});
      co_return;
    }
    if (line->told || line->closing || line->net->cancelled) {
      because(*line, {"EDGE_CONNECT", "connecting took too long"});
      co_return;
    }
    line->limit.cancel();
    ws.text(true);
    line->link = link;
    {
      const std::scoped_lock hold(lock_);
      line->open = true;
    }
    alive(*line);
    tell(*line, WsNews::What::open);
    watch(line);
    beast::flat_buffer in;
    while (!line->told) {
      co_await ws.async_read_some(in, read_size, asio::redirect_error(asio::use_awaitable, ec));
      if (ec || line->told) break;
      alive(*line);
      if (!line->closing && !ws.got_text())
        say_goodbye(line, websocket::close_code::unknown_data, {"EDGE_WS_FRAME", "a frame that is no text"});
      if (line->closing) {
        co_await wait_for_goodbye(line);  // the closing itself reads on
        break;
      }
      if (!ws.is_message_done()) continue;
      std::string text(static_cast<const char*>(in.data().data()), in.size());
      in.consume(in.size());
      if (in.capacity() > kept_buffer) in.shrink_to_fit();
      const bool full = count_unread(*line, text.size());
      tell(*line, WsNews::What::text, std::move(text));
      if (full) co_await wait_for_room(line);
    }
    if (line->told) co_return;  // `ws` may have gone
    because(*line, reason(ec, ws.reason().code, line->max_frame));
    {
      const std::scoped_lock hold(lock_);
      line->open = false;
    }
    // A text that was too big is answered with a close frame; what else is under way ends with the socket.
  }

  static Error reason(error_code ec, std::uint16_t code, std::uint64_t max_frame) {
    if (ec == websocket::error::message_too_big || ec == websocket::error::buffer_overflow)
      return {"EDGE_WS_FRAME", "a message of more than " + std::to_string(max_frame) + " bytes"};
    if (ec == websocket::error::closed)
      return {"EDGE_CLOSED", "the other side closed" + (code != 0 ? " with " + std::to_string(code) : std::string())};
    if (ec.category() == make_error_code(websocket::error::closed).category())
      return {"EDGE_WS_FRAME", "the other side broke the protocol: " + ec.message()};
    return {"EDGE_CLOSED", "the connection broke: " + ec.message()};
  }

  bool count_unread(Line& line, std::size_t bytes) {
    const std::scoped_lock hold(lock_);
    line.unread += bytes;
    return line.unread >= options_.max_unread;
  }

  /// Nothing is read until half of it is worked off: what the other side sends on meanwhile fills its own buffers.
  asio::awaitable<void> wait_for_room(std::shared_ptr<Line> line) {
    line->paused = true;
    while (!line->told && !line->closing) {
      {
        const std::scoped_lock hold(lock_);
        if (line->unread <= options_.max_unread / 2) break;
      }
      line->room.expires_after(std::chrono::seconds(1));  // a wake-up may have come before this wait
      error_code ec;
      co_await line->room.async_wait(asio::redirect_error(asio::use_awaitable, ec));
    }
    line->paused = false;
    alive(*line);
  }

  static asio::awaitable<void> wait_for_goodbye(std::shared_ptr<Line> line) {
    while (!line->told && !line->goodbye_over) {
      line->room.expires_after(std::chrono::seconds(1));
      error_code ec;
      co_await line->room.async_wait(asio::redirect_error(asio::use_awaitable, ec));
    }
  }

  void alive(Line& line) {
    line.heard_at = options_.clocks.boot_ns();
    line.pinged = false;
  }

  /// A peer that has gone without a word, or that reads nothing of what is written to it, is found out.
  void watch(const std::shared_ptr<Line>& line) {
    if (line->told || !line->link) return;
    const std::int64_t now = options_.clocks.boot_ns(), every = options_.ping_ns;
    const bool silent = !line->paused && now - line->heard_at >= 2 * every;
    const bool deaf = line->writing_at != 0 && now - line->writing_at >= 2 * every;
    if (silent || deaf) {
      because(*line, {"EDGE_WS_SILENT", silent ? "the other side answers no ping" : "the other side reads nothing"});
      return end_now(line);
    }
    if (!line->paused && now - line->heard_at >= every && !std::exchange(line->pinged, true) && !line->closing && !line->pinging) {
      line->pinging = true;
      line->link->ping([line, link = line->link] { line->pinging = false; });
    }
    // Timers stand still while the machine sleeps.
    line->clock.expires_after(std::chrono::nanoseconds(std::clamp<std::int64_t>(every / 4, 1'000'000, 1'000'000'000)));
    line->clock.async_wait([self = shared_from_this(), line](error_code ec) {
      if (!ec) self->watch(line);
    });
  }

  void write_next(const std::shared_ptr<Line>& line) {
    if (line->writing_at != 0 || !line->link || line->told) return;
    const auto text = std::make_shared<std::string>();
    {
      const std::scoped_lock hold(lock_);
      line->rung = false;
      if (line->unsent.empty() || line->closing) return;
      *text = std::move(line->unsent.front());
      line->unsent.pop_front();
    }
    line->writing_at = options_.clocks.boot_ns();
    line->link->write(*text, [self = shared_from_this(), line, text, link = line->link](error_code ec) {
      line->writing_at = 0;
      {
        const std::scoped_lock hold(self->lock_);
        line->unsent_bytes -= std::min(line->unsent_bytes, text->size());
      }
      if (!ec) self->write_next(line);
    });
  }

  IoThread::Impl& io_;
  const WsLinesOptions options_;
  const std::function<void(WsNews)> heard_;
  TlsContext tls_;  // the I/O thread's, as what follows
  std::map<std::string, HostAddresses> addresses_;

  std::mutex lock_;  // guards what follows, and what of a Line says so
  std::map<std::uint64_t, std::shared_ptr<Line>> lines_;
  bool closed_ = false;
};

WsLines::WsLines(IoThread& io, WsLinesOptions options, std::function<void(WsNews)> heard)
    : impl_(std::make_shared<Impl>(io, std::move(options), std::move(heard))) {}
WsLines::~WsLines() { impl_->close_all(); }
Result<void> WsLines::open(std::uint64_t conn, const std::string& url, const std::string& headers, std::uint64_t max_frame) {
  return impl_->open(conn, url, headers, max_frame);
}
Result<void> WsLines::send(std::uint64_t conn, std::string text) { return impl_->send(conn, std::move(text)); }
bool WsLines::close(std::uint64_t conn) { return impl_->close(conn); }
void WsLines::consumed(std::uint64_t conn, std::size_t bytes) { impl_->consumed(conn, bytes); }
void WsLines::close_all() { impl_->close_all(); }

}  // namespace bowline::edge
