// What a journal's file says of orders that memory has forgotten: whether it was told of them before.
#pragma once

#include <bowline/result.hpp>
#include <span>
#include <string_view>

#include "core/booking.hpp"
#include "store/journal.hpp"

namespace bowline::store {

/// A report of an execution to be looked for. `as`: fill, correction or reversal, as it is told now.
struct ToldFill {
  std::string_view fill_id, symbol;
  core::Side side{};
  Decimal px, qty;  ///< of a reversal they need not be set
  core::BookedAs as = core::BookedAs::fill;
  bool known = false;  ///< the answer: it stands in the file, as it is told now
};

/// An order to be looked for.
struct ToldOrder {
  core::ClientOrderId id;
  bool known = false;  ///< the answer: its intent stands in the file
};

/// Sets `known` of each of them. A fill is known by its id, product, side, price and quantity, as it was told first or was
/// corrected to; of a reversal the id alone counts. One pass over all rows, whatever is looked for: 0.1 s for each few
/// hundred thousand of them, so that who asks does so seldom. What is not durable yet is not found; a journal in memory
/// has nothing. Errors: JOURNAL_OPEN, JOURNAL_ROW; then nothing is known. [core thread]
Result<void> find_told(const Journal& journal, std::span<ToldFill> fills, std::span<ToldOrder> orders);

}  // namespace bowline::store
