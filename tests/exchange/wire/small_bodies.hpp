// The bodies of a cancel and of an edit, as a client sent them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <bowline/decimal.hpp>
#include <bowline/result.hpp>

#include "exchange/wire/message.hpp"

namespace bowline::exchange::wire {

inline constexpr std::size_t most_cancels = 100;

/// The ids, in their order. Errors, with the text for the client: INVALID_ARGUMENT (no list, or none in it), InvalidArgument (more than
/// 100: Coinbase spells that one differently).
Result<std::vector<std::string>> parse_cancel_body(std::string_view body, const WireOptions& options = {});

struct EditBody {
  std::string order_id;
  std::optional<Decimal> price, size, stop_price;  ///< none: not sent
  bool attached = false;                           ///< it asks for an order to be attached, or another in place of one that is
};
/// Errors: INVALID_ARGUMENT.
Result<EditBody> parse_edit_body(std::string_view body, const WireOptions& options = {});

}  // namespace bowline::exchange::wire
