// What an order is to do: one `order_configuration` of the API, to be sent, or as the venue echoes it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <bowline/decimal.hpp>
#include <bowline/result.hpp>

#include "coinbase/fields.hpp"
#include "coinbase/json_value.hpp"
#include "coinbase/words.hpp"

namespace bowline::coinbase {

/// The one key of an order_configuration. `unknown`: a key that is not in the list (the venue has more), several of them, or none.
enum class Configuration : std::uint8_t {
  unknown,
  market_ioc,       ///< market_market_ioc
  market_fok,       ///< market_market_fok: refused on spot products
  limit_gtc,        ///< limit_limit_gtc
  limit_gtd,        ///< limit_limit_gtd
  limit_fok,        ///< limit_limit_fok
  limit_ioc,        ///< sor_limit_ioc
  stop_limit_gtc,   ///< stop_limit_stop_limit_gtc; triggers on the last trade's price
  stop_limit_gtd,   ///< stop_limit_stop_limit_gtd
  bracket_gtc,      ///< trigger_bracket_gtc: limit_price takes the profit, stop_trigger_price ends the loss
  bracket_gtd,      ///< trigger_bracket_gtd
};
enum class StopDirection : std::uint8_t { unknown, up, down };

struct OrderTerms {
  Configuration configuration = Configuration::unknown;
  std::optional<Decimal> base_size;           ///< in the base asset
  std::optional<Decimal> quote_size;          ///< in the quote asset; a market buy's fees are inside
  std::optional<Decimal> limit_price;
  std::optional<Decimal> stop_price;
  std::optional<Decimal> stop_trigger_price;  ///< a bracket's
  std::optional<StopDirection> stop_direction;
  std::optional<std::int64_t> end_time_ns;    ///< since 1970, UTC
  std::optional<bool> post_only;

  bool operator==(const OrderTerms&) const = default;
};

/// The API's key ("limit_limit_gtc"); "" of unknown.
std::string_view key_of(Configuration c) noexcept;
TimeInForce time_in_force_of(Configuration c) noexcept;
OrderType order_type_of(Configuration c) noexcept;

/// Whether the terms can be sent: a known configuration with each field that it needs, and no other; sizes and prices above zero.
/// A limit that may rest gets post_only = false by being left out. Errors: COINBASE_TERMS, which names the field.
Result<void> check_terms(const OrderTerms& terms);

/// The `order_configuration` to send, of terms that pass check_terms: {"limit_limit_gtc":{...}}, amounts as plain decimals.
std::string configuration_json(const OrderTerms& terms);

/// Of an object that the venue echoes; `f` is the order around it, `key` its field. Not there: unknown, without a fault. Unknown
/// fields and keys are passed over. An amount that is there and can't be read is a fault of `f`.
OrderTerms read_terms(Fields& f, const char* key);

}  // namespace bowline::coinbase
