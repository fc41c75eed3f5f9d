// The body of a new order, or of a preview of one, as a client sent it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <bowline/decimal.hpp>
#include <bowline/result.hpp>

#include "exchange/wire/message.hpp"

namespace bowline::exchange::wire {

enum class Kind : std::uint8_t {
  none,     ///< there is no order_configuration, or an empty one
  several,  ///< there are several in it
  other,    ///< one that exists, and that this venue does not take (twap, scaled)
  market_ioc,
  market_fok,
  limit_gtc,
  limit_gtd,
  limit_fok,
  limit_ioc,
  stop_limit_gtc,
  stop_limit_gtd,
  bracket_gtc,
  bracket_gtd,
};
/// "limit_limit_gtc"; "" for none, several and other.
std::string_view key_of(Kind kind) noexcept;

struct CreateBody {
  std::string client_order_id, product_id;
  std::string side;  ///< as sent: the venue says itself that it is wrong
  Kind kind = Kind::none;
  std::string configuration_key;  ///< in snake_case, of any kind but none and several
  /// What the configuration holds; none: not sent. Whether they fit the kind is the venue's to say.
  std::optional<Decimal> base_size, quote_size, limit_price, stop_price, stop_trigger_price;
  std::string stop_direction;              ///< "STOP_DIRECTION_STOP_UP", as sent
  std::optional<std::int64_t> end_time_ns;  ///< since 1970, UTC
  bool post_only = false;
  /// Whether an order is to be attached to it, of whatever kind; and what of a bracket. It may have no size: that is the order's.
  bool attached = false, attached_size = false;
  std::optional<Decimal> attached_limit_price, attached_stop_trigger_price;
  std::string self_trade_prevention_id, margin_type, leverage, retail_portfolio_id, preview_id;
  /// The order_configuration with snake_case keys, for the echo of the answer; {} where there was none.
  nlohmann::json echo = nlohmann::json::object();
};

/// Both spellings of each field, mixed as clients mix them. Errors: INVALID_ARGUMENT, with the text for the client.
Result<CreateBody> parse_create_body(std::string_view body, const WireOptions& options = {});

}  // namespace bowline::exchange::wire
