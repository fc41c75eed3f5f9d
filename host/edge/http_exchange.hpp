// One request and its reply on a connection, and nothing twice.
#pragma once

#include <functional>
#include <string>

#include "edge/wire_socket.hpp"

namespace bowline::edge {

struct ExchangeOrder {
  std::string bytes{};  ///< the whole request
  bool head = false;    ///< a HEAD request: its reply has no body
  std::size_t max_body = 16u << 20;
  std::function<bool()> may_send{};  ///< asked directly before the first byte
};

struct ExchangeReply {
  bool whole = false;
  bool refused = false;  ///< may_send said no, and no byte was written
  bool reusable = false; ///< the connection may carry another request
  int status = 0;
  std::string headers{}, body{};  ///< headers: lines "Name: value", each ended by CRLF
  Error error{};  ///< why it is not whole: EDGE_CLOSED, EDGE_TOO_LARGE, EDGE_BAD_REPLY
};

/// What has been written is told by the socket: compare sent() before and after. Ends early when the socket is cancelled.
/// `order` must outlive the call. Interim replies are passed over; a body that ends with the connection counts as whole only
/// where the other side ended it properly.
boost::asio::awaitable<ExchangeReply> exchange(WireSocket& socket, const ExchangeOrder& order);

}  // namespace bowline::edge
