// One request from a stream of bytes. Internal to the two units that include Beast.
#pragma once

#include <utility>  // Boost 1.74's awaitable.hpp needs it and does not include it

#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "exchange/face/web.hpp"

namespace bowline::exchange::http_wire {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using error_code = boost::system::error_code;
using Parser = http::request_parser<http::string_body>;

inline constexpr std::uint64_t largest_body = 1 << 20;
inline constexpr std::uint32_t largest_head = 64 * 1024;

/// `status` 0: nothing more comes. Else, where it is not 200, what is wrong with what came; the connection can't go on then.
struct Came {
  int status = 0;
  bool keep_alive = false;
};

/// Reads and parses by hand: one operation of the stream for most requests, where Beast's own reading makes several.
template <class Stream>
asio::awaitable<Came> read_request(Stream& stream, beast::flat_buffer& buffer, std::optional<Parser>& parser) {
  constexpr std::size_t at_once = 16 * 1024;
  parser.emplace();
  parser->body_limit(largest_body);
  parser->header_limit(largest_head);
  parser->eager(true);
  error_code ec;
  bool asked_to_go_on = false;
  while (!parser->is_done()) {
    if (buffer.size() != 0) {
      buffer.consume(parser->put(buffer.data(), ec));
      if (ec == http::error::need_more) ec = {};
      if (ec || parser->is_done()) break;
    }
    if (!asked_to_go_on && parser->is_header_done() && beast::iequals(parser->get()[http::field::expect], "100-continue")) {
      const std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
      co_await asio::async_write(stream, asio::buffer(go_on), asio::redirect_error(asio::use_awaitable, ec));
      asked_to_go_on = true;
      if (ec) break;
    }
    const std::size_t n = co_await stream.async_read_some(buffer.prepare(at_once), asio::redirect_error(asio::use_awaitable, ec));
    if (ec) break;
    buffer.commit(n);
  }
  Came came;
  if (!ec) {
    came.status = 200;
    came.keep_alive = parser->keep_alive();
  } else if (ec == http::error::body_limit) {
    came.status = 413;
  } else if (ec.category() == http::make_error_code(http::error::bad_method).category()) {
    came.status = 400;
  }
  co_return came;
}

inline WebRequest request_of(Parser& parser) {
  auto& m = parser.get();
  WebRequest r;
  r.method = std::string(m.method_string());
  r.target = std::string(m.target());
  for (const auto& field : m) r.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  r.body = std::move(m.body());
  return r;
}

}  // namespace bowline::exchange::http_wire
