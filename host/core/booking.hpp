// One report of a fill, from the venue's words to the order's sums and the ledger: booked in both, or in neither. Here a
// fill is told from one that was told before, from a late fee, from a correction and from one that is taken back.
//
// A whole answer of the venue (order and listing of its fills) is taken in this order: the terms in force, as `found` or
// `amended`; the fills, through the listing twice, since one may fit only when another is taken back; and last whether it
// works or how it ended, since the fills may have said otherwise in between.
#pragma once

#include <bowline/result.hpp>
#include <optional>
#include <string_view>

#include "core/order.hpp"
#include "core/portfolio.hpp"

namespace bowline::core {

/// A fill as reported. A correction and a reversal carry the id of the fill they are about; a reversal needs no more.
struct FillReport {
  std::string_view id;      // unique at the venue
  Fill fill;
  bool correction = false;  // the fill of this id is to be as told here
  bool reversal = false;    // the fill of this id is taken back
  Nanos told = 0;           // the venue's time: a correction that is not newer than the one booked is an old one; 0 = not told
};

enum class BookedAs : std::uint8_t {
  fill,        // new
  known,       // told before, overtaken by a correction, or taken back: nothing was booked
  fee,         // its fee, not told until now, was booked in place of the assumed one
  correction,  // booked anew as told; what was booked before was taken back
  reversal     // taken back; or, where the fill was not told yet, kept in mind so that it will not be booked
};

std::string_view to_string(BookedAs) noexcept;

struct FillAnswer {
  BookedAs as = BookedAs::known;
  /// What to apply to the order next; nothing when its filled quantity is what it was. Every state takes it that an order
  /// with fills can have.
  std::optional<OrderEvent> event;
  /// Base that had to come out of unmanaged inventory, since what was taken back is no longer held; above zero an incident.
  Decimal owed = Decimal::zero();
  /// Its fee is in an asset that this run does not have: what is held must be seen, so it is booked with its fee as not
  /// told, and somebody has to look.
  bool fee_of_nothing = false;
};

/// Books `report` for its order. A fee without an asset is in the quote asset. An error books nothing and changes nothing:
///   FILL_WITHOUT_ID     nobody can say whether it was told before
///   FILL_MISMATCH       it names another product or side than its order
///   FILL_BEYOND_ORDER   with it the order would have filled more than it ever was for
///   FILL_CONTRADICTS    the same id with another price, quantity or told fee, and it is no correction
///   FILLS_TOO_MANY      the order has max_fills_per_order already
/// and those of Portfolio::apply: FILL_NOT_POSITIVE, FILL_BEYOND_POSITION, FILL_OVERFLOW.
Result<FillAnswer> book_fill(Order& order, Portfolio& book, const FillReport& report);

}  // namespace bowline::core
