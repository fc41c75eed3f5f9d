// An answer as the bytes of HTTP/1.1.
#pragma once

#include <string>

#include "exchange/face/web.hpp"

namespace bowline::exchange {

/// Head and body; `Content-Type: application/json` unless the reply says another, and the length of the whole body, whatever is sent of it.
/// `body` false: the answer to a HEAD. Names and values that would break the head are left out.
std::string reply_text(const WebReply& reply, bool keep_alive, bool body = true);

}  // namespace bowline::exchange
