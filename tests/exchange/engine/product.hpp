// What may be traded, and by which rules: the part of Coinbase's product object that the venue itself obeys.
#pragma once

#include <string>

#include <bowline/decimal.hpp>
#include <bowline/result.hpp>

namespace bowline::exchange {

enum class ProductStatus : std::uint8_t { online, offline, delisted };

/// What can be changed while the venue runs.
struct ProductFlags {
  ProductStatus status = ProductStatus::online;
  bool is_disabled = false, trading_disabled = false;  ///< no orders, no trades
  bool cancel_only = false;                            ///< cancels, and nothing else
  bool limit_only = false;                             ///< no market orders
  bool post_only = false;                              ///< orders that would take are refused
  bool auction_mode = false;                           ///< orders gather, nothing is matched
  bool view_only = false;                              ///< seen, not traded
  bool operator==(const ProductFlags&) const = default;
  /// Whether orders meet each other and the market.
  bool matching() const noexcept {
    return status == ProductStatus::online && !is_disabled && !trading_disabled && !cancel_only && !auction_mode;
  }
};

/// Sizes in base units, money in quote units. A minimum need not be a multiple of its increment.
struct Product {
  std::string id, base, quote;  ///< "BTC-USD", "BTC", "USD"
  Decimal base_increment, quote_increment, price_increment;
  Decimal base_min_size, base_max_size, quote_min_size, quote_max_size;
  ProductFlags flags;
  std::string alias;  ///< the product whose book this one shares ("BTC-USD" for BTC-USDC); "" = its own
  bool operator==(const Product&) const = default;
};

/// PRODUCT_INVALID, with what is wrong, unless the rules can be worked with: names given, steps and sizes above zero and on the
/// venue's grids (money_rules.hpp), no minimum above its maximum.
Result<void> check(const Product& product);

/// Coinbase's names: "online", "offline", "delisted".
std::string_view name(ProductStatus status) noexcept;

}  // namespace bowline::exchange
