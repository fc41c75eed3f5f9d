// A request as its bytes, made of what a caller that is not trusted says.
#pragma once

#include <bowline/result.hpp>
#include <string>
#include <string_view>

#include "edge/client_socket.hpp"

namespace bowline::edge {

/// Lines "Name: value", each ended by LF or CRLF (the last may lack it), as pairs. Error EDGE_BAD_REQUEST: a line without a
/// name, a character that cannot be sent, or a header that is the client's own (Host, Content-Length, Connection, ...).
Result<Pairs> header_pairs(std::string_view lines);

/// Whether that host is this machine, by its address or as localhost: plain text is for it alone.
bool is_loopback(const Url& url);

/// Error EDGE_BAD_REQUEST when the method is not one of capital letters, or is CONNECT.
Result<std::string> request_bytes(std::string_view method, const Url& url, std::string_view headers, std::string_view body,
                                  std::string_view user_agent);

}  // namespace bowline::edge
