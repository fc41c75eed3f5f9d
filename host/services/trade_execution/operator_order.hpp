// Whether what an operator asks for can be an order at all: its type, time in force, prices and amounts go together and fit
// the product. Looked at before anything else is; whether it may be ordered now is another question.
#pragma once

#include <bowline/result.hpp>

#include "core/instrument.hpp"
#include "services/trade_execution/trade_request.hpp"

namespace bowline::services {

/// | type       | side     | prices                   | time in force      | post-only |
/// | market     | both     | none                     | IOC, FOK           | no        |
/// | limit      | both     | limit                    | GTC, GTD, IOC, FOK | GTC, GTD  |
/// | stop_limit | both     | limit, stop              | GTC, GTD           | no        |
/// | bracket    | sell     | limit (target) > stop    | GTC, GTD           | no        |
/// Errors, each with the key it is about in its details: ORDER_QUANTITY, ORDER_QUANTITY_STEP, BELOW_MINIMUM, ORDER_PRICES,
/// ORDER_PRICE_STEP, ORDER_EXPIRE, ORDER_COMBINATION.
Result<void> check_order(const TradeRequest& q, const core::Instrument& ins, core::Nanos now);

/// The same of the terms that an order of this product is to be amended to, of those that are set. Errors: ORDER_QUANTITY,
/// ORDER_QUANTITY_STEP, BELOW_MINIMUM, ORDER_PRICE_STEP.
Result<void> check_terms(const core::Terms& terms, const core::Instrument& ins);

}  // namespace bowline::services
