// Between the venue's words and the ABI's: intents in, events out.
#pragma once

#include <bowline/plugin.h>

#include <bowline/result.hpp>

#include "order.hpp"
#include "venue.hpp"

namespace bowline::broker_mock {

/// What an intent asks for. Errors: ORDER_UNSUPPORTED (an unknown type, side or tif). Everything else is the
/// venue's to judge.
Result<OrderSpec> spec_of(const bl_intent& intent);

/// The product as the venue applies it; `p.symbol` is copied.
Product product_of(const bl_product& p, std::uint32_t instrument);

/// The bar's prices and volume as exact decimals. Throws money::Overflow when one does not fit.
BarView view_of(const bl_bar& bar);

/// The event that says a report. One of the four, by report kind; `h.size` is that of the chosen one.
/// `fee_asset` is the quote asset of the order's product. `snapshot`: it answers a question.
union AnyEvent {
  bl_event h;
  bl_exec exec;
  bl_fill fill;
  bl_balance_ev balance;
  bl_link link;
};
AnyEvent event_of(const Report& r, std::uint32_t fee_asset, bool snapshot) noexcept;

}  // namespace bowline::broker_mock
