#include "edge/http_exchange.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <utility>

namespace bowline::edge {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using Io = WireSocket::Io;

constexpr std::uint32_t header_limit = 64 * 1024;
constexpr std::size_t read_size = 16 * 1024;  // a TLS record

bool waits(Io io) noexcept { return io == Io::wait_read || io == Io::wait_write; }

asio::awaitable<bool> write_all(WireSocket& socket, const ExchangeOrder& order, ExchangeReply& reply) {
  const std::uint64_t before = socket.sent();
  bool tried = false;
  for (std::string_view left = order.bytes; !left.empty();) {
    const bool first = socket.sent() == before && order.may_send;
    std::size_t n = 0;
    const Io io = socket.write(left, n, first ? &order.may_send : nullptr);
    left.remove_prefix(n);
    if (io == Io::done) continue;
    const bool again = std::exchange(tried, true);
    if (waits(io)) {
      const bool go_on = co_await socket.ready(io);
      if (go_on) continue;
    }
    // Refused inside the socket, it looks like a broken one: what counts is that the caller says no.
    reply.refused = io == Io::refused || (first && socket.sent() == before && !order.may_send());
    reply.reusable = io == Io::refused && !again;  // else a record of it may lie in the socket, and would go with the next
    reply.error = {"EDGE_CLOSED", "the connection broke while sending"};
    co_return false;
  }
  co_return true;
}

Error error_of(error_code ec, const ExchangeOrder& order) {
  if (ec == http::error::body_limit)
    return {"EDGE_TOO_LARGE", "the reply is larger than the limit of " + std::to_string(order.max_body) + " bytes"};
  if (ec == http::error::header_limit)
    return {"EDGE_TOO_LARGE", "the headers of the reply are larger than the limit of " + std::to_string(header_limit) + " bytes"};
  return {"EDGE_BAD_REPLY", "the reply is not HTTP: " + ec.message()};
}

}  // namespace

asio::awaitable<ExchangeReply> exchange(WireSocket& socket, const ExchangeOrder& order) {
  ExchangeReply reply;
  if (!co_await write_all(socket, order, reply)) co_return reply;
  boost::beast::flat_buffer in;
  for (;;) {  // an interim 1xx reply is followed by the real one
    http::response_parser<http::string_body> parser;
    parser.header_limit(header_limit);
    parser.body_limit(order.max_body);
    parser.eager(false);  // Beast 1.74 forgets a body_limit error when it goes on eagerly after the header
    parser.skip(order.head);
    while (!parser.is_done()) {
      error_code ec;
      if (in.size() > 0) {
        in.consume(parser.put(in.data(), ec));
        if (parser.is_done()) break;
      }
      if (ec && ec != http::error::need_more) {
        reply.error = error_of(ec, order);
        co_return reply;
      }
      if (in.size() > 0 && !ec) continue;
      if (in.size() >= header_limit) {  // the parser's own limits know neither a chunk's line nor the trailers
        reply.error = {"EDGE_TOO_LARGE", "a line of the reply's chunks, or what follows them, is larger than the limit of " +
                                             std::to_string(header_limit) + " bytes"};
        co_return reply;
      }
      const auto space = in.prepare(read_size);
      std::size_t n = 0;
      Io io = socket.read({static_cast<char*>(space.data()), space.size()}, n);
      while (waits(io)) {  // gcc 12 awaits too much where the awaiting stands in a do loop's condition
        const bool go_on = co_await socket.ready(io);
        io = go_on ? socket.read({static_cast<char*>(space.data()), space.size()}, n) : Io::broken;
      }
      in.commit(n);
      if (io == Io::done) continue;
      ec = {};
      if (io == Io::closed && parser.is_header_done()) parser.put_eof(ec);  // a body without a length ends here
      if (io == Io::closed && !ec && parser.is_done()) break;
      reply.error = {"EDGE_CLOSED", io == Io::closed ? "the other side closed before its reply was whole"
                                                     : "the connection broke before the reply was whole"};
      co_return reply;
    }
    auto message = parser.release();
    const int status = static_cast<int>(message.result_int());
    if (status >= 100 && status < 200) continue;
    reply.whole = true;
    reply.status = status;
    for (const auto& field : message) {
      const auto name = field.name_string(), value = field.value();
      reply.headers.append(name.data(), name.size()).append(": ").append(value.data(), value.size()).append("\r\n");
    }
    reply.reusable = message.keep_alive() && in.size() == 0;
    reply.body = std::move(message.body());
    co_return reply;
  }
}

}  // namespace bowline::edge
