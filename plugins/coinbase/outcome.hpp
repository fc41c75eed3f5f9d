// What became of a request. An answer that is not understood is no refusal: it leaves open whether the venue did it, and whoever asked
// has to look (trading rules 2.3).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "coinbase/order_replies.hpp"

namespace bowline::coinbase {

enum class Call : std::uint8_t {
  create,
  cancel,   ///< of a batch; what became of each order stands in the answer
  edit,
  preview,  ///< and of an edit: `preview_edit`
  preview_edit,
  read,     ///< every GET
};

/// What came back, as the transport tells it.
struct Reply {
  enum class Delivery : std::uint8_t {
    not_sent,  ///< no byte of the request left this machine
    lost,      ///< some did, and no whole answer came back: a time-out, a connection that broke
    whole,     ///< status and body are there
  };
  Delivery delivery = Delivery::lost;
  int status = 0;
  std::string_view body;
};

enum class Verdict : std::uint8_t {
  done,          ///< the venue did it, or (read) the answer can be parsed
  refused,       ///< by proof: the venue says that it did not, and why
  denied,        ///< never reached the venue: no byte was sent
  unknown,       ///< it may have been done. Of a `read`, nothing was learned
  throttled,     ///< turned away by a rate limit, or perhaps by one (see Standing): nothing was done, ask again later
  unauthorised,  ///< the key or its token is not taken: nothing was done, and no repeat will be
};
const char* name_of(Verdict v) noexcept;

struct Outcome {
  Verdict verdict = Verdict::unknown;
  /// Refused: the venue's own word. Otherwise what was seen: NOT_SENT, NO_ANSWER, SERVER_ERROR, ANSWER_UNREADABLE, RATE_LIMITED,
  /// MAYBE_RATE_LIMITED, UNAUTHORISED, PERMISSION_DENIED, REDIRECTED, UNEXPECTED_STATUS; "" when done.
  std::string reason;
  std::string message;  ///< one printable line, the venue's where it said something
  /// Of a `create` that is done, and of nothing else: what the venue echoes, which was read to know that it is.
  std::optional<CreateReply::Placed> placed{};
};

/// What is known of the key: the venue answers 401 to some valid tokens, and to some that came too fast.
struct Standing {
  bool key_worked = false;                ///< a request with this key was answered before
  std::uint32_t unauthorised_in_a_row = 0;  ///< 401s since the last one that was
  static constexpr std::uint32_t patience = 3;  ///< so many are taken for throttling when the key had worked
};

/// Total: any status and any bytes have an outcome.
Outcome outcome_of(Call call, const Reply& reply, const Standing& standing = {});

/// Whether a `read` of one thing was refused because the venue has no such thing. Evidence, not proof: a new order can't be read for a
/// moment.
bool says_not_found(const Outcome& o) noexcept;

}  // namespace bowline::coinbase
