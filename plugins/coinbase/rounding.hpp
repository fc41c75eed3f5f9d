// Sizes and prices on a product's steps, and whether an order keeps the product's rules. The venue checks again; what is caught here
// costs no request.
#pragma once

#include <optional>

#include <bowline/decimal.hpp>
#include <bowline/result.hpp>

#include "coinbase/order_terms.hpp"
#include "coinbase/product_answers.hpp"
#include "coinbase/words.hpp"

namespace bowline::coinbase {

/// Never more than was meant: down to the step.
Decimal base_size_of(const Product& p, Decimal size) noexcept;
Decimal quote_size_of(const Product& p, Decimal size) noexcept;
/// Never worse than was meant: a buy's price down, a sale's up. The side is the order's, also for stop prices. Side::unknown gives not_set.
Decimal price_of(const Product& p, Side side, Decimal price) noexcept;
/// The smallest size that can be sent: the minimum, up to the step.
Decimal smallest_base(const Product& p) noexcept;
Decimal smallest_quote(const Product& p) noexcept;

/// Whether the product takes the order as it stands. `reference` is a price for the notional of an order that has none of its own (a
/// market order in base); without it that rule is left to the venue.
/// Errors, `message` names the product and the rule, detail `rule` is the field of the product: COINBASE_TERMS (see check_terms),
/// COINBASE_NOT_TRADABLE (disabled, cancel_only, view_only, not online, or a market order where only limits, only post-only orders or an
/// auction are on), COINBASE_SIZE_STEP, COINBASE_SIZE_TOO_SMALL, COINBASE_SIZE_TOO_LARGE, COINBASE_PRICE_STEP, COINBASE_NOTIONAL_TOO_SMALL,
/// COINBASE_NOTIONAL_TOO_LARGE.
Result<void> check_order(const Product& p, const OrderTerms& terms, std::optional<Decimal> reference = {});

}  // namespace bowline::coinbase
