// Request targets: "/orders/7?since=1&symbol=BTC-USD" taken apart and decoded.
#pragma once

#include <string>
#include <string_view>

#include "edge/message.hpp"

namespace bowline::edge {

/// Decodes %XX; false on a broken escape or a NUL. With `plus_is_space`, '+' becomes ' ' (query text only).
bool percent_decode(std::string_view text, bool plus_is_space, std::string& out);

/// Splits an origin-form target ("/path?query") into decoded path and query. False (→ 400) when it does not
/// start with '/', has a broken escape, a NUL, a control byte, or more than 256 query keys. A fragment is not
/// a part of a target: '#' is refused. "%2F" in a path is refused too, so that decoding cannot move a
/// segment's border.
bool split_target(std::string_view target, std::string& path, Pairs& query);

/// True for 1–64 characters of [A-Za-z0-9._-]: what is taken over from X-Request-Id.
bool sane_request_id(std::string_view id) noexcept;

}  // namespace bowline::edge
