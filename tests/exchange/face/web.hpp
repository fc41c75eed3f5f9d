// A web request and its answer as the server hands them over: no sockets, no chunks, no encodings.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bowline::exchange {

using WebHeaders = std::vector<std::pair<std::string, std::string>>;

struct WebRequest {
  std::string method;  ///< "GET"
  std::string target;  ///< path?query, as sent
  WebHeaders headers;  ///< names in any case
  std::string body;
};

struct WebReply {
  int status = 200;
  WebHeaders headers;  ///< the body is application/json unless a Content-Type is here
  std::string body;
  std::string note;  ///< why, for the server's log: a token's fault for instance. Never sent
};

/// The first header of this name, whatever its case.
std::optional<std::string_view> find_header(const WebHeaders& headers, std::string_view name);

}  // namespace bowline::exchange
