// GET /orders as one list out of two: memory has the newest state and every working order, the store has every order and
// lags a moment behind. An order is in the list from the answer of POST /trades/execute on, and in it once.
#pragma once

#include "core/instrument.hpp"
#include "core/order.hpp"
#include "store/page.hpp"

namespace bowline::services {

/// The state to ask for that stands for every state that is not an end.
inline constexpr const char* any_working = "working";

/// Joins a page of the store, read before, with the orders in memory; what memory says of an order counts. `ask.only` is
/// an order state, any_working or empty. Where there is no store, `stored` is empty. A page may come out shorter than
/// the limit, with more to follow. [core thread]
store::Page order_page(const core::OrderTable& orders, const core::InstrumentTable& table, const store::PageAsk& ask,
                       store::Page stored);

}  // namespace bowline::services
