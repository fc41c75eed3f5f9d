#include "reasons.hpp"

#include <array>

namespace bowline::exchange {
namespace {

constexpr std::string_view unknown = "UNKNOWN_FAILURE_REASON";
constexpr auto table = std::to_array<RefusalNames>({
    {Refusal::none, unknown, "UNKNOWN_PREVIEW_FAILURE_REASON", ""},
    {Refusal::invalid_request, "INVALID_REQUEST", "PREVIEW_INVALID_ORDER_CONFIG", "The order configuration was invalid"},
    {Refusal::invalid_product, "INVALID_PRODUCT_ID", "PREVIEW_INVALID_PRODUCT_ID", "There is no such product"},
    {Refusal::unsupported, "UNSUPPORTED_ORDER_CONFIGURATION", "PREVIEW_INVALID_ORDER_CONFIG",
     "This kind of order is not supported for the product"},
    {Refusal::untradable, "UNTRADABLE_PRODUCT", "PREVIEW_UNTRADABLE_PRODUCT", "The product can not be traded"},
    {Refusal::entry_disabled, "ORDER_ENTRY_DISABLED", "PREVIEW_NOT_ALLOWED_BY_MARKET_STATE", "Order entry is disabled for the product"},
    {Refusal::market_state, "ORDER_ENTRY_DISABLED", "PREVIEW_NOT_ALLOWED_BY_MARKET_STATE",
     "The state of the market does not allow this kind of order"},
    {Refusal::post_only_with_fok, "POST_ONLY_NOT_ALLOWED_WITH_FOK", "PREVIEW_POST_ONLY_NOT_ALLOWED_WITH_FOK",
     "Post only and fill or kill exclude each other"},
    {Refusal::size_precision, "INVALID_SIZE_PRECISION", "PREVIEW_INVALID_SIZE_PRECISION", "The size is not a multiple of base_increment"},
    {Refusal::quote_size_precision, unknown, "PREVIEW_INVALID_QUOTE_SIZE_PRECISION", "The size is not a multiple of quote_increment"},
    {Refusal::price_precision, "INVALID_PRICE_PRECISION", "PREVIEW_INVALID_PRICE_PRECISION",
     "The price is not a multiple of price_increment"},
    {Refusal::stop_precision, unknown, "PREVIEW_INVALID_STOP_PRICE_PRECISION", "The stop price is not a multiple of price_increment"},
    {Refusal::trigger_precision, unknown, "PREVIEW_INVALID_STOP_TRIGGER_PRICE_PRECISION",
     "The stop trigger price is not a multiple of price_increment"},
    {Refusal::base_too_small, unknown, "PREVIEW_INVALID_BASE_SIZE_TOO_SMALL", "The size is below base_min_size"},
    {Refusal::base_too_large, unknown, "PREVIEW_INVALID_BASE_SIZE_TOO_LARGE", "The size is above base_max_size"},
    {Refusal::quote_too_small, unknown, "PREVIEW_INVALID_QUOTE_SIZE_TOO_SMALL", "The value is below quote_min_size"},
    {Refusal::quote_too_large, unknown, "PREVIEW_INVALID_QUOTE_SIZE_TOO_LARGE", "The value is above quote_max_size"},
    {Refusal::limit_price, "INVALID_LIMIT_PRICE", "PREVIEW_INVALID_LIMIT_PRICE", "The limit price is missing or can not be used"},
    {Refusal::stop_price, unknown, "PREVIEW_INVALID_STOP_PRICE", "The stop price or its direction is missing or can not be used"},
    {Refusal::limit_too_far, "LIMIT_PRICE_TOO_FAR_FROM_MARKET", "PREVIEW_LIMIT_PRICE_TOO_FAR_FROM_MARKET",
     "The limit price is too far from the last trade"},
    {Refusal::post_only_takes, "INVALID_LIMIT_PRICE_POST_ONLY", "PREVIEW_INVALID_LIMIT_PRICE_POST_ONLY",
     "A post only order would have matched at once"},
    {Refusal::no_liquidity, "INVALID_NO_LIQUIDITY", "PREVIEW_INVALID_NO_LIQUIDITY", "There is nothing to trade against"},
    {Refusal::insufficient_fund, "INSUFFICIENT_FUND", "PREVIEW_INSUFFICIENT_FUND", "Insufficient balance in source account", true},
    {Refusal::end_time, unknown, "PREVIEW_INVALID_END_TIME", "The end time is missing or has passed"},
    {Refusal::end_time_too_far, "END_TIME_TOO_FAR_IN_FUTURE", "PREVIEW_END_TIME_TOO_FAR_IN_FUTURE",
     "The end time is too far in the future"},
    {Refusal::stop_above_last, unknown, "PREVIEW_STOP_PRICE_ABOVE_LAST_TRADE_PRICE",
     "A stop that waits for a fall must be below the last trade"},
    {Refusal::stop_below_last, unknown, "PREVIEW_STOP_PRICE_BELOW_LAST_TRADE_PRICE",
     "A stop that waits for a rise must be above the last trade"},
    {Refusal::stop_above_limit, unknown, "PREVIEW_STOP_PRICE_ABOVE_LIMIT_PRICE", "The stop price is above the limit price"},
    {Refusal::stop_below_limit, unknown, "PREVIEW_STOP_PRICE_BELOW_LIMIT_PRICE", "The stop price is below the limit price"},
    {Refusal::no_trade_yet, "MISSING_MARKET_TRADE_DATA", "PREVIEW_MISSING_MARKET_TRADE_DATA", "The product has not traded yet"},
    {Refusal::quote_size_for_bracket, "QUOTE_SIZE_NOT_ALLOWED_FOR_BRACKET", "PREVIEW_QUOTE_SIZE_NOT_ALLOWED_FOR_BRACKET",
     "A bracket is sized in base units"},
    {Refusal::bracket_prices, "INVALID_BRACKET_PRICES", "PREVIEW_INVALID_BRACKET_PRICES",
     "The take profit price is on the wrong side of the stop"},
    {Refusal::bracket_limit, "INVALID_BRACKET_LIMIT_PRICE", "PREVIEW_INVALID_BRACKET_LIMIT_PRICE",
     "The take profit price is on the wrong side of the last trade"},
    {Refusal::bracket_stop, "INVALID_BRACKET_STOP_TRIGGER_PRICE", "PREVIEW_INVALID_BRACKET_STOP_TRIGGER_PRICE",
     "The stop trigger price is on the wrong side of the last trade"},
});
static_assert([] {
  for (std::size_t i = 0; i < table.size(); ++i)
    if (table[i].refusal != static_cast<Refusal>(i)) return false;
  return table.back().refusal == Refusal::bracket_stop;
}());

constexpr auto cancels = std::to_array<std::string_view>(
    {"UNKNOWN_CANCEL_FAILURE_REASON", "UNKNOWN_CANCEL_ORDER", "DUPLICATE_CANCEL_REQUEST", "ORDER_IS_FULLY_FILLED", "ORDER_IS_BEING_REPLACED"});
constexpr auto edits = std::to_array<std::string_view>(
    {"UNKNOWN_EDIT_ORDER_FAILURE_REASON", "COMMANDER_REJECTED_EDIT_ORDER", "CANNOT_EDIT_TO_BELOW_FILLED_SIZE", "ORDER_NOT_FOUND",
     "CALLER_ID_MISMATCH", "ONLY_LIMIT_ORDER_EDITS_SUPPORTED", "INVALID_EDITED_SIZE", "INVALID_EDITED_PRICE",
     "EDIT_REQUEST_EQUAL_TO_ORIGINAL_REQUEST", "ONLY_OPEN_ORDERS_CAN_BE_EDITED", "SIZE_IN_QUOTE_EDITS_NOT_ALLOWED",
     "ORDER_IS_ALREADY_BEING_REPLACED"});
constexpr auto rejects =
    std::to_array<std::string_view>({"REJECT_REASON_UNSPECIFIED", "HOLD_FAILURE", "TOO_MANY_OPEN_ORDERS"});

}  // namespace

const RefusalNames& names(Refusal r) noexcept { return table[static_cast<std::size_t>(r)]; }
std::string_view name(CancelReason r) noexcept { return cancels[static_cast<std::size_t>(r)]; }
std::string_view name(EditReason r) noexcept { return edits[static_cast<std::size_t>(r)]; }
std::string_view name(RejectReason r) noexcept { return rejects[static_cast<std::size_t>(r)]; }

}  // namespace bowline::exchange
