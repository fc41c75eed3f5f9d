// Products: what can be traded, in which steps.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <bowline/decimal.hpp>
#include <bowline/result.hpp>

namespace bowline::coinbase {

struct Product {
  std::string product_id, base, quote;  ///< "BTC-USD", "BTC", "USD"
  std::string type, status;             ///< "SPOT"; "online", "offline", "delisted" or ""
  std::string alias;                    ///< the product whose book this one shares; "" = none
  std::vector<std::string> alias_to;    ///< the products that share this one's
  Decimal base_increment;               ///< step of a size in base
  Decimal quote_increment;              ///< step of a size in quote; not always the price's
  Decimal price_increment;              ///< step of prices; quote_increment where the venue tells none
  Decimal base_min, base_max;           ///< of a size in base; the minimum need not be on the step
  Decimal quote_min, quote_max;         ///< of a size in quote, and of size x price
  std::optional<Decimal> price;         ///< the last trade's; none: not told
  bool disabled = false, trading_disabled = false, cancel_only = false, limit_only = false, post_only = false, auction = false;
  std::optional<bool> view_only;        ///< none: not told (asked without tradability)
};

struct ProductList {
  std::vector<Product> products;
  struct Fault {
    std::string product_id;  ///< "" when not even that could be read
    Error error;
  };
  std::vector<Fault> faults;  ///< products that could not be read: nobody may trade them, the others are none the worse
};
/// Errors: COINBASE_ANSWER_UNREADABLE, COINBASE_FIELD_MISSING and COINBASE_FIELD_UNREADABLE of the list itself.
Result<ProductList> parse_products(std::string_view body);
/// One product, which the venue sends without a wrapper. Errors: those, of each field that a trade hangs on.
Result<Product> parse_product(std::string_view body);

}  // namespace bowline::coinbase
