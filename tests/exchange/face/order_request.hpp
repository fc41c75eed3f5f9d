// From the body of a new order to what the engine is asked for.
#pragma once

#include <optional>

#include "exchange/engine/engine.hpp"
#include "exchange/face/json.hpp"
#include "exchange/wire/create_body.hpp"

namespace bowline::exchange {

/// Why an order is not taken, in the words of the API: the engine's refusals and the few that come before it.
struct OrderRefusal {
  std::string_view new_order, preview, message;
  bool by_preview = false;  ///< it is the preview's name that is told beside "error"
};
OrderRefusal refusal_of(Refusal refusal) noexcept;
inline constexpr OrderRefusal invalid_side{"INVALID_SIDE", "PREVIEW_INVALID_SIDE", "The side is missing"};
inline constexpr OrderRefusal attached_size{"ATTACHED_ORDER_SIZE_MUST_BE_NIL", "PREVIEW_ATTACHED_ORDER_SIZE_MUST_BE_NIL",
                                            "The size of an attached order is that of the order it is attached to"};
inline constexpr OrderRefusal no_attached{"UNSUPPORTED_ORDER_CONFIGURATION", "PREVIEW_INVALID_ORDER_CONFIG", "Attached orders are not supported"};
inline constexpr OrderRefusal no_account{"UNKNOWN_FAILURE_REASON", "UNKNOWN_PREVIEW_FAILURE_REASON", "account is not available"};
inline constexpr OrderRefusal other_order{"INVALID_REQUEST", "PREVIEW_INVALID_ORDER_CONFIG",
                                          "The client_order_id was used for another order"};

/// INVALID_ARGUMENT for what a gateway refuses itself: a side that is no word of the API, and, with UnknownFields::refuse, a field that
/// the kind of order does not have. `no` is set when the venue refuses the order; the request is then not to be placed.
Result<OrderRequest> order_request(const wire::CreateBody& body, const wire::WireOptions& options, std::optional<OrderRefusal>& no);

/// {"error","message","error_details"} and the one reason that says something, as live answers have it.
Json error_response(const OrderRefusal& refusal);

}  // namespace bowline::exchange
