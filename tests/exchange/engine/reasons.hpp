// Why the venue says no, in Coinbase's own words. One table gives each refusal its name for a new order and for a preview.
#pragma once

#include <cstdint>
#include <string_view>

namespace bowline::exchange {

enum class Refusal : std::uint8_t {
  none,
  invalid_request,
  invalid_product,
  unsupported,
  untradable,
  entry_disabled,
  market_state,
  post_only_with_fok,
  size_precision,
  quote_size_precision,
  price_precision,
  stop_precision,
  trigger_precision,
  base_too_small,
  base_too_large,
  quote_too_small,
  quote_too_large,
  limit_price,
  stop_price,
  limit_too_far,
  post_only_takes,
  no_liquidity,
  insufficient_fund,
  end_time,
  end_time_too_far,
  stop_above_last,
  stop_below_last,
  stop_above_limit,
  stop_below_limit,
  no_trade_yet,
  quote_size_for_bracket,
  bracket_prices,
  bracket_limit,
  bracket_stop,
};

/// The names of a refusal. Some have none among the reasons of a new order: those are UNKNOWN_FAILURE_REASON there, and the
/// preview's name says why, as live answers do.
struct RefusalNames {
  Refusal refusal;
  std::string_view new_order, preview;
  std::string_view message;  ///< one sentence for a person
  bool by_preview = false;   ///< live answers give the preview's name, though a new order has one, too
};
const RefusalNames& names(Refusal refusal) noexcept;

enum class CancelReason : std::uint8_t { none, unknown_order, duplicate, fully_filled, being_replaced };
/// "UNKNOWN_CANCEL_FAILURE_REASON" for none: that is what a cancel that was accepted carries.
std::string_view name(CancelReason reason) noexcept;

enum class EditReason : std::uint8_t {
  none,
  rejected,
  below_filled,
  not_found,
  not_the_owner,
  not_a_limit_order,
  size,
  price,
  equal,
  not_open,
  in_quote,
  being_replaced,  ///< an edit is on its way already
};
std::string_view name(EditReason reason) noexcept;

/// Why an order that was accepted failed later.
enum class RejectReason : std::uint8_t { none, hold_failure, too_many_open_orders };
std::string_view name(RejectReason reason) noexcept;

}  // namespace bowline::exchange
