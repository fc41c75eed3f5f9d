// One HTTP/1.1 connection: read, route, answer, again. Requests of one connection are served one after the
// other, so pipelined ones are answered in order.
#include <utility>  // Boost 1.74's awaitable.hpp needs it and does not include it

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/status.hpp>
#include <cstring>
#include <optional>
#include <type_traits>
#include <typeinfo>

#include "edge/request_parser.hpp"
#include "edge/server_core.hpp"
#include "edge/target.hpp"
#include "edge/tls_socket.hpp"

namespace bowline::edge {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t first_buffer = 4096;
constexpr std::size_t copied_body = 16 * 1024;  // smaller bodies go out in one buffer with the header
constexpr std::size_t kept_body = 64 * 1024;    // capacity a connection keeps between requests
constexpr int served_in_a_row = 64;             // then another connection gets its turn
constexpr std::chrono::seconds linger{2};       // how long a refused sender may go on before it is cut off
constexpr std::size_t linger_bytes = 8 * 1024 * 1024;

// What the port is told that speaks TLS, by a client that does not.
constexpr std::string_view plain_answer =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: 106\r\nConnection: close\r\n\r\n"
    R"({"error":{"code":"HTTP_NOT_TLS","message":"this port speaks TLS: use https","details":{},"request_id":""}})";
static_assert(plain_answer.substr(plain_answer.find("{")).size() == 106);

tcp::socket& tcp_of(tcp::socket& s) noexcept { return s; }
tcp::socket& tcp_of(TlsSocket& s) noexcept { return s.next_layer(); }

/// `Socket` is a tcp::socket or a TlsSocket.
template <class Socket>
class HttpConnection final : public ResponseSink,
                             public Peer,
                             public std::enable_shared_from_this<HttpConnection<Socket>> {
  enum class Phase : std::uint8_t { Handshake, Idle, Header, Body, Handling, Writing, Lingering, Gone };

 public:
  HttpConnection(std::shared_ptr<ServerCore> core, Socket socket)
      : core_(std::move(core)), socket_(std::move(socket)) {
    in_.resize(std::min(first_buffer, core_->options.header_limit));
    request_.remote = remote_name(tcp_of(socket_));
  }

  void start() {
    core_->enroll(*this);
    ++core_->stats.open_connections;
    error_code ec;
    socket_.non_blocking(true, ec);
    socket_.set_option(tcp::no_delay(true), ec);
    if constexpr (std::is_same_v<Socket, TlsSocket>) {
      set_phase(Phase::Handshake, core_->options.header_timeout);
      socket_.async_handshake([self = me()](error_code failed) { self->shaken(failed); });
    } else {
      set_phase(Phase::Idle, core_->options.idle_timeout);
      read();
    }
  }

  // ---- ResponseSink [any thread]
  void deliver(std::uint64_t ticket, Response&& response) override {
    if (core_->io.in_thread()) return answer(ticket, std::move(response));
    if (core_->io.stopped.load()) return;
    asio::post(core_->io.context, [self = me(), ticket, r = std::move(response)]() mutable {
      self->answer(ticket, std::move(r));
    });
  }
  void deliver_error(std::uint64_t ticket, int status, const Error& error) override {
    if (core_->io.in_thread()) return answer(ticket, error_response(status, error, request_.request_id));
    if (core_->io.stopped.load()) return;
    asio::post(core_->io.context, [self = me(), ticket, status, error] {
      self->answer(ticket, error_response(status, error, self->request_.request_id));
    });
  }

  // ---- Peer
  std::shared_ptr<Peer> self() override { return me(); }
  void drain() override {
    if (phase_ == Phase::Idle || phase_ == Phase::Handshake) cut_off();
  }
  void cut_off() override {
    if (phase_ == Phase::Gone) return;
    phase_ = Phase::Gone;
    error_code ec;
    socket_.close(ec);
    --core_->stats.open_connections;
    core_->leave(*this);
  }
  void sweep(Clock::time_point now) override {
    if (now < deadline_) return;
    switch (phase_) {
      case Phase::Handshake:
        ++core_->stats.timeouts;
        cut_off();
        break;
      case Phase::Header:
      case Phase::Body:
        ++core_->stats.timeouts;
        refuse(408, "HTTP_SLOW_REQUEST", "the request was not complete in time");
        break;
      case Phase::Handling:
        ++core_->stats.timeouts;
        close_after_ = true;
        answer(
            ticket_,
            error_response(
                504,
                {"HTTP_TIMEOUT",
                 "the service did not answer in time; the command may still take effect: ask for its state"},
                request_.request_id));
        break;
      case Phase::Idle:
      case Phase::Writing:
      case Phase::Lingering:
        cut_off();
        break;
      case Phase::Gone:
        break;
    }
  }

 private:
  void set_phase(Phase phase, std::chrono::milliseconds limit) {
    phase_ = phase;
    deadline_ = Clock::now() + limit;
  }

  void shaken(error_code ec) {
    if constexpr (std::is_same_v<Socket, TlsSocket>) {
      if (phase_ == Phase::Gone) return;
      if (!ec) {
        set_phase(Phase::Idle, core_->options.idle_timeout);
        return read();
      }
      ++core_->stats.tls_failed;
      error_code ignored;
      if (socket_.spoken_to_in_plain()) {
        tcp_of(socket_).write_some(asio::buffer(plain_answer.data(), plain_answer.size()), ignored);
        tcp_of(socket_).shutdown(tcp::socket::shutdown_send, ignored);
      }
      cut_off();
    }
  }

  // ---- reading
  void read() {
    socket_.async_read_some(
        asio::buffer(in_.data() + end_, in_.size() - end_),
        [self = me()](error_code ec, std::size_t n) { self->on_read(ec, n); });
  }

  void on_read(error_code ec, std::size_t n) {
    if (phase_ == Phase::Gone || phase_ == Phase::Lingering) return;
    if (ec) return cut_off();  // the other side has gone: a half request is no request
    end_ += n;
    process();
  }

  /// Makes room behind `end_`; false when the buffer may not grow any more.
  bool make_room() {
    if (begin_ > 0) {
      std::memmove(in_.data(), in_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    if (end_ < in_.size()) return true;
    const std::size_t limit = core_->options.header_limit + first_buffer;
    if (in_.size() >= limit) return false;
    std::string wider(std::min(in_.size() * 2, limit), '\0');
    std::memcpy(wider.data(), in_.data(), end_);
    ::explicit_bzero(in_.data(), in_.size());  // a token may lie there
    in_ = std::move(wider);
    return true;
  }

  void process() {
    for (int served = 0; phase_ == Phase::Idle || phase_ == Phase::Header || phase_ == Phase::Body;) {
      if (phase_ == Phase::Idle) {
        if (begin_ == end_) {
          if (core_->draining) return cut_off();
          begin_ = end_ = 0;
          return read();
        }
        if (served++ == served_in_a_row)
          return asio::post(core_->io.context, [self = me()] { self->process(); });
        if (!begin_request()) return;
      }
      error_code ec;
      begin_ += parser_->put(asio::const_buffer(in_.data() + begin_, end_ - begin_), ec);
      if (ec && ec != http::error::need_more) return refuse_parse(ec);
      if (phase_ == Phase::Header && parser_->is_header_done()) {
        if (!end_of_header()) return;
        if (phase_ != Phase::Header && phase_ != Phase::Body) continue;  // answered, and the connection is still good
      }
      if (parser_->is_done()) {
        dispatch();
      } else if (ec == http::error::need_more || begin_ == end_) {
        if (!make_room()) return refuse(431, "HTTP_HEADER_TOO_LARGE", "the request's headers are too large");
        return read();
      }
    }
  }

  /// False: refused at once, an answer is on its way.
  bool begin_request() {
    parser_.emplace(request_);
    parser_->eager(false);  // Beast 1.74 forgets a body_limit error when it goes on eagerly after the header
    parser_->header_limit(static_cast<std::uint32_t>(core_->options.header_limit));
    parser_->body_limit(core_->options.max_body);
    request_.method = Method::Other;
    request_.headers.clear();
    request_.body.clear();
    if (request_.body.capacity() > kept_body) request_.body.shrink_to_fit();
    request_.target.clear();
    request_.path.clear();
    request_.query.clear();
    request_.params.clear();
    request_.request_id.clear();
    request_.principal.clear();
    route_ = nullptr;
    close_after_ = false;
    ++ticket_;
    set_phase(Phase::Header, core_->options.header_timeout);
    // No method starts with anything else: a TLS client or a stray binary is told at once, not after the
    // time-out.
    if (in_[begin_] >= 'A' && in_[begin_] <= 'Z') return true;
    refuse_malformed("the first bytes are not an HTTP request");
    return false;
  }

  void name_request() {
    if (!request_.request_id.empty()) return;
    if (const auto id = request_.headers.find("X-Request-Id"); id && sane_request_id(*id))
      request_.request_id = *id;
    else
      core_->make_request_id(request_.request_id);
  }

  /// Checks what can be judged before the body is here. False: an answer is on its way, reading has ended.
  bool end_of_header() {
    header_done_ = Clock::now();
    name_request();
    if (const auto te = request_.headers.find("Transfer-Encoding");
        te && !(*te == "chunked" || *te == "Chunked"))
      return refuse_malformed("this transfer encoding is not supported"), false;
    const auto hosts = request_.headers.count("Host");
    if (hosts > 1 || (hosts == 0 && !parser_->http_1_0()))
      return refuse_malformed("exactly one Host header is needed"), false;
    std::string_view target = request_.target;
    if (target.starts_with("http://")) {  // absolute form, as a proxy sends it
      const auto slash = target.find('/', 7);
      target = slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
    }
    if (!split_target(target, request_.path, request_.query))
      return refuse_malformed("the request target cannot be read"), false;
    const auto match = core_->router->find(request_.method, request_.path, request_.params);
    route_ = match.route;
    allow_ = match.allow;
    if (core_->options.access && !let_in()) return parser_->is_done();
    if (!parser_->is_done()) {
      set_phase(Phase::Body, core_->options.body_timeout);
      if (request_.headers.find("Expect") && begin_ == end_) {
        // 25 bytes into an empty socket buffer; should they not fit, the client goes on after its own wait.
        error_code ec;
        socket_.write_some(asio::buffer("HTTP/1.1 100 Continue\r\n\r\n", 25), ec);
      }
    }
    return true;
  }

  /// False: who asks may not, and an answer is on its way; where a body would follow the connection ends with it. What was shown is
  /// overwritten wherever it lies here.
  bool let_in() {
    const Scope needed = route_ ? route_->doc.scope.value_or(Scope::Emergency) : Scope::Read;
    Scope who = Scope::Open;
    const auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(header_done_.time_since_epoch()).count();
    const auto refusal = core_->options.access->judge(request_.headers, needed, request_.remote, now, who);
    request_.headers.blot("Authorization");
    ::explicit_bzero(in_.data(), begin_);
    ::explicit_bzero(in_.data() + end_, in_.size() - end_);
    if (who != Scope::Open) request_.principal = principal_of(who);
    if (!refusal) return true;
    ++(refusal->status == 403 ? core_->stats.forbidden : core_->stats.unauthenticated);
    if (refusal->tell) core_->problem(refusal->error.code, "from " + caller_of(request_.remote), request_.request_id);
    auto r = error_response(refusal->status, refusal->error, request_.request_id);
    if (!refusal->challenge.empty()) r.headers.emplace_back("WWW-Authenticate", refusal->challenge);
    if (refusal->status == 429) r.headers.emplace_back("Retry-After", "1");
    close_after_ = refusal->status == 429 || !parser_->is_done() || !parser_->keep_alive();
    refused_ = !parser_->is_done();
    set_phase(Phase::Handling, core_->options.request_timeout);
    write(std::move(r));
    return false;
  }

  // ---- answering
  void dispatch() {
    set_phase(Phase::Handling, core_->options.request_timeout);
    close_after_ = !parser_->keep_alive();
    if (!route_) return no_route(allow_);
    if (route_->ws.on_open) return upgrade();
    in_handler_ = true;
    try {
      route_->handler(request_, Responder(me(), ticket_));
    } catch (const std::exception& e) {
      // The Responder has answered 500 on its way out. The text of the exception may quote the body: not
      // passed on.
      core_->problem("INTERNAL_EXCEPTION", typeid(e).name(), request_.request_id);
    } catch (...) {
      core_->problem("INTERNAL_EXCEPTION", "not a std::exception", request_.request_id);
    }
    in_handler_ = false;
    if (pending_) write(std::exchange(pending_, std::nullopt).value());
  }

  void no_route(std::string_view allow) {
    ++core_->stats.unrouted;
    if (allow.empty())
      return write(error_response(404, {"HTTP_NOT_FOUND", "no such path; /openapi.json lists them all"},
                                  request_.request_id));
    auto r = error_response(
        405, {"HTTP_METHOD", "this path does not take this method", {{"allow", std::string(allow)}}},
        request_.request_id);
    r.headers.emplace_back("Allow", allow);
    write(std::move(r));
  }

  void upgrade() {
    if (!parser_->upgrade()) {
      auto r = error_response(
          426, {"WS_UPGRADE_REQUIRED", "this path speaks WebSocket: connect to it with a WebSocket client"},
          request_.request_id);
      r.headers.emplace_back("Upgrade", "websocket");
      return write(std::move(r));
    }
    if (begin_ != end_ || !request_.body.empty())
      return refuse_malformed("nothing may follow an upgrade request before it is answered");
    if (route_->ws.guard)
      if (auto refusal = route_->ws.guard(request_)) return write(std::move(*refusal));
    count(101);
    phase_ = Phase::Gone;  // this object is done; the session takes the socket and the place in the list
    --core_->stats.open_connections;
    const auto keep = me();
    serve_ws(core_, std::move(socket_), request_, *route_);
    core_->leave(*this);
  }

  void answer(std::uint64_t ticket, Response&& response) {
    if (phase_ != Phase::Handling || ticket != ticket_ || pending_) {
      ++core_->stats.late_answers;
      return;
    }
    if (in_handler_) {
      pending_ = std::move(response);
      return;
    }
    write(std::move(response));
    process();
  }

  void count(int status) {
    const auto took = Clock::now() - header_done_;
    if (core_->options.on_access)
      core_->options.on_access({method_name(request_.method),
                                route_ ? std::string_view(route_->doc.path) : "", status,
                                std::chrono::duration_cast<std::chrono::microseconds>(took).count(),
                                request_.request_id, request_.principal, request_.remote});
    if (!route_) return;
    auto& r = core_->stats.routes[route_->index];
    ++r.by_class[static_cast<std::size_t>(std::clamp(status / 100, 1, 5) - 1)];
    const double seconds = std::chrono::duration<double>(took).count();
    const auto* at = std::lower_bound(std::begin(ServerStats::latency_bounds_s),
                                      std::end(ServerStats::latency_bounds_s), seconds);
    ++r.latency_buckets[at - std::begin(ServerStats::latency_bounds_s)];
    r.latency_sum_s += seconds;
  }

  void write(Response&& response) {
    response_ = std::move(response);
    count(response_.status);
    if (core_->draining) close_after_ = true;
    serialise_head();
    const bool bodiless =
        request_.method == Method::Head || response_.status == 204 || response_.status == 304;
    const std::string_view body = bodiless ? std::string_view{} : response_.bytes();
    rest_of_body_ = body;
    if (body.size() <= copied_body) {
      out_.append(body);
      rest_of_body_ = {};
    }
    // Nearly always the answer fits the socket's buffer: written here and now, without a round through the
    // loop.
    const std::array<asio::const_buffer, 2> all = {asio::buffer(out_),
                                                   asio::buffer(rest_of_body_.data(), rest_of_body_.size())};
    error_code ec;
    const std::size_t n = socket_.write_some(all, ec);
    if (ec && ec != asio::error::would_block) return cut_off();
    if (n == out_.size() + rest_of_body_.size()) return written();
    set_phase(Phase::Writing, core_->options.write_timeout);
    write_rest(n);
  }

  /// The slow path: what the socket did not take at once. Each piece that goes out renews the deadline.
  void write_rest(std::size_t done) {
    const std::size_t head = std::min(done, out_.size());
    const std::array<asio::const_buffer, 2> rest = {
        asio::buffer(out_.data() + head, out_.size() - head),
        asio::buffer(rest_of_body_.data() + (done - head), rest_of_body_.size() - (done - head))};
    socket_.async_write_some(rest, [self = me(), done](error_code ec, std::size_t n) {
      if (self->phase_ == Phase::Gone) return;
      if (ec) return self->cut_off();
      if (done + n == self->out_.size() + self->rest_of_body_.size()) {
        self->written();
        return self->process();
      }
      self->set_phase(Phase::Writing, self->core_->options.write_timeout);
      self->write_rest(done + n);
    });
  }

  void written() {
    if (response_.bytes().size() > kept_body) response_ = {};
    if (!close_after_) return set_phase(Phase::Idle, core_->options.idle_timeout);
    error_code ec;
    if (!refused_ && begin_ == end_ && socket_.available(ec) == 0) return cut_off();
    // Closing with unread bytes in the socket would reset it and could take the answer away from the other
    // side: say that no more comes, then read on until the other side closes, within bounds.
    socket_.shutdown(tcp::socket::shutdown_send, ec);
    set_phase(Phase::Lingering, linger);
    lingered_ = 0;
    discard();
  }

  void discard() {
    socket_.async_read_some(asio::buffer(in_), [self = me()](error_code ec, std::size_t n) {
      if (self->phase_ == Phase::Gone) return;
      self->lingered_ += n;
      if (ec || self->lingered_ > linger_bytes) return self->cut_off();
      self->discard();
    });
  }

  void serialise_head() {
    const Response& r = response_;
    out_.assign("HTTP/1.1 ");
    out_.append(std::to_string(r.status)).append(1, ' ');
    const auto reason = http::obsolete_reason(static_cast<http::status>(r.status));
    out_.append(reason.data(), reason.size()).append("\r\n").append(core_->date);
    if (r.status != 204 && r.status != 304) {
      out_.append("Content-Type: ").append(r.content_type).append("\r\nContent-Length: ");
      out_.append(std::to_string(r.bytes().size())).append("\r\n");
    }
    if (!request_.request_id.empty())
      out_.append("X-Request-Id: ").append(request_.request_id).append("\r\n");
    for (const auto& [name, value] : r.headers) {
      // A line break in a value would let its author write headers of his own.
      if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) continue;
      out_.append(name).append(": ").append(value).append("\r\n");
    }
    if (close_after_)
      out_.append("Connection: close\r\n");
    else if (parser_ && parser_->http_1_0())
      out_.append("Connection: keep-alive\r\n");
    out_.append("\r\n");
  }

  // ---- refusing
  void refuse_parse(error_code ec) {
    if (ec == http::error::body_limit) {
      ++core_->stats.too_large;
      return refuse(413, "HTTP_BODY_TOO_LARGE", "the request body is larger than this service takes",
                    {{"limit_bytes", std::to_string(core_->options.max_body)}});
    }
    if (ec == http::error::header_limit) {
      ++core_->stats.too_large;
      return refuse(431, "HTTP_HEADER_TOO_LARGE", "the request's headers are too large",
                    {{"limit_bytes", std::to_string(core_->options.header_limit)}});
    }
    refuse_malformed("the request is not HTTP/1.1: " + ec.message());
  }

  void refuse_malformed(std::string message) {
    ++core_->stats.malformed;
    refuse(400, "HTTP_MALFORMED", std::move(message));
  }

  /// Answers and closes: after a broken request nobody knows where the next one would start.
  void refuse(int status, std::string code, std::string message,
              std::vector<std::pair<std::string, std::string>> details = {}) {
    name_request();
    header_done_ = Clock::now();
    close_after_ = refused_ = true;
    phase_ = Phase::Handling;
    write(error_response(status, {std::move(code), std::move(message), std::move(details)},
                         request_.request_id));
  }

  std::shared_ptr<HttpConnection> me() { return this->shared_from_this(); }

  std::shared_ptr<ServerCore> core_;
  Socket socket_;
  Phase phase_ = Phase::Idle;
  Clock::time_point deadline_{};
  std::string in_;  // bytes begin_..end_ are read and not yet parsed
  std::size_t begin_ = 0, end_ = 0;
  std::optional<RequestParser> parser_;
  Request request_;
  Clock::time_point header_done_{};
  const Router::Route* route_ = nullptr;
  std::string_view allow_;  // of a path that is known, and does not take this method
  std::uint64_t ticket_ = 0;
  bool in_handler_ = false;
  bool close_after_ = false;
  bool refused_ = false;             // the request was cut short: more of it may be on its way
  std::optional<Response> pending_;  // answered inside the handler
  Response response_;
  std::string out_;
  std::string_view rest_of_body_;  // the part of response_ that was not copied to out_
  std::size_t lingered_ = 0;
};

}  // namespace

void serve_http(std::shared_ptr<ServerCore> core, tcp::socket socket) {
  if (!core->options.tls) return std::make_shared<HttpConnection<tcp::socket>>(std::move(core), std::move(socket))->start();
  auto ssl = core->options.tls->fresh();
  if (!ssl) return core->problem("EDGE_TLS", "no memory for a connection", "");
  std::make_shared<HttpConnection<TlsSocket>>(std::move(core), TlsSocket(std::move(socket), std::move(ssl)))->start();
}

}  // namespace bowline::edge
