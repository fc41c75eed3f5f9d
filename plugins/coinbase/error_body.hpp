// What the venue says when it refuses a whole request. It has three envelopes, and often none.
#pragma once

#include <string>
#include <string_view>

namespace bowline::coinbase {

struct ErrorBody {
  bool envelope = false;  ///< one of the venue's: {"error",...}, the gateway's {"error","code",...}, the limiter's {"errors":[{"id"}]}
  std::string code;       ///< "INVALID_ARGUMENT", "NOT_FOUND", "rate_limit_exceeded", ... as told; "" where there is none
  std::string message;    ///< one printable line of at most 300 characters: from the venue, not to be trusted
};
/// Never fails: what is no envelope has its first line as the message.
ErrorBody read_error_body(std::string_view body);

/// Printable ASCII of at most 300 characters, on one line; anything else became '?'.
std::string one_line(std::string_view text);

/// The venue's word without what differs between its tables: "PREVIEW_" in front is dropped, INSUFFICIENT_FUNDS is INSUFFICIENT_FUND.
std::string plain_reason(std::string_view reason);
/// Whether the word says nothing: "", or one that begins with UNKNOWN_ and ends with FAILURE_REASON, or "UNKNOWN".
bool says_nothing(std::string_view reason) noexcept;

}  // namespace bowline::coinbase
