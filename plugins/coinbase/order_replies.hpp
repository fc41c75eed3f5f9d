// What the venue says to a request that places, cancels, edits or previews. HTTP 200 alone means nothing here: the answer says itself
// whether the venue did it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <bowline/decimal.hpp>
#include <bowline/result.hpp>

#include "coinbase/order_terms.hpp"
#include "coinbase/words.hpp"

namespace bowline::coinbase {

/// Why the venue did not do it, in its own words.
struct Refusal {
  std::string reason;   ///< "INSUFFICIENT_FUND", ... the first word that says something; UNKNOWN_FAILURE_REASON when none does
  std::string message;  ///< one printable line, for a person
};

/// For each reply below: Errors COINBASE_ANSWER_UNREADABLE, COINBASE_FIELD_MISSING, COINBASE_FIELD_UNREADABLE, COINBASE_ANSWER_CONTRADICTS
/// (it says both, or neither). After any of them nobody knows whether the venue did it.

struct CreateReply {
  struct Placed {
    std::string order_id, product_id;
    std::string client_order_id;   ///< "" = not told
    Side side = Side::unknown;     ///< unknown = not told
    OrderTerms terms;              ///< the echo; configuration unknown = not told
    std::string attached_order_id;
  };
  std::optional<Placed> placed;  ///< or else it was refused
  Refusal refusal;
};
/// A repeat of a client_order_id is answered as placed, with the first order: compare what it says with what was asked.
Result<CreateReply> parse_create(std::string_view body);

/// Of one order. Accepted means that the venue will try: the order's own state tells when it is over.
struct CancelResult {
  enum class State { accepted, refused, untold } state = State::untold;
  std::string order_id;
  std::string reason;  ///< of a refusal: "UNKNOWN_CANCEL_ORDER", "ORDER_IS_FULLY_FILLED", ...
};
/// What is told, in its order.
Result<std::vector<CancelResult>> parse_cancel(std::string_view body);
/// The same for each id that was asked for, in that order. An id that the answer leaves out, or tells twice and differently, is untold.
Result<std::vector<CancelResult>> parse_cancel(std::string_view body, std::span<const std::string> asked);

struct EditReply {
  bool accepted = false;  ///< the change is on its way; or else it was refused
  Refusal refusal;
};
Result<EditReply> parse_edit(std::string_view body);

struct PreviewReply {
  std::vector<std::string> errors;    ///< the venue's words; it would refuse the order when there is one
  std::vector<std::string> warnings;  ///< without UNKNOWN, which is none
  std::optional<Decimal> order_total, commission_total;               ///< in quote; none: not told
  std::optional<Decimal> base_size, quote_size, best_bid, best_ask, slippage, average_filled_price;
  std::string preview_id;
};
Result<PreviewReply> parse_preview(std::string_view body);
/// The reply to preview_edit, whose errors are objects.
Result<PreviewReply> parse_edit_preview(std::string_view body);

}  // namespace bowline::coinbase
