// Answers that every address shares: done, and the ways in which the API says no.
#pragma once

#include <string_view>

#include <bowline/result.hpp>

#include "exchange/face/json.hpp"
#include "exchange/face/web.hpp"

namespace bowline::exchange {

WebReply ok(const Json& body);
/// {"error":code,"error_details":text,"message":text}. `code` is Coinbase's word.
WebReply refuse(int status, std::string_view code, std::string_view text);
/// 400 with what a parser or a query kept. Of a code that is not INVALID_ARGUMENT the text is the message alone, as recorded.
WebReply bad_request(const Error& error);
/// 401: bare text, whatever was wrong. `why` is for the log.
WebReply unauthorised(std::string_view why);
/// 403
WebReply missing_scopes();
/// 404
WebReply not_found(std::string_view text);

// What the rate limits of a server say; counting is its own business.

/// What x-ratelimit-reset counts. Which of them Coinbase does is not known.
enum class ResetUnit : std::uint8_t { seconds_left, unix_seconds };
/// 429 {"errors":[{"id":"rate_limit_exceeded","message":"Too many requests"}]}
WebReply too_many_requests();
/// Puts the three headers: requests a second, requests left, and when the budget is full again (`full_ns`, not before `now_ns`).
void put_rate_headers(WebReply& reply, std::int64_t limit, std::int64_t remaining, std::int64_t full_ns, std::int64_t now_ns, ResetUnit unit);

}  // namespace bowline::exchange
