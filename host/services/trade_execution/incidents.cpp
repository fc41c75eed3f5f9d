#include "services/trade_execution/incidents.hpp"

#include <algorithm>
#include <array>

#include "observe/log.hpp"
#include "services/throttle.hpp"

namespace bowline::services {
namespace {

namespace out = observe::log;

constexpr auto table = std::to_array<IncidentCode>({
    {"ADOPT_AMOUNT", false, "inventory was to be adopted without a positive quantity and price: nothing changed"},
    {"ADOPT_BEYOND_UNMANAGED", false, "more inventory was to be adopted than is there unmanaged: nothing changed"},
    {"AMEND_IMPOSSIBLE", false, "an order that does not rest, or is not ours, was to be amended: nothing was asked for"},
    {"AMEND_LOST", false, "an amend had no answer and the venue has the order as it was: it counts as refused"},
    {"AMEND_PENDING", false, "an order was to be amended whose last amend is not answered: nothing was asked for"},
    {"AMEND_TERMS", false, "an order was to be amended to terms that it has already or cannot have: nothing was asked for"},
    {"BALANCE_CHANGED", false, "a balance changed at the venue without a trade: booked by its class"},
    {"BALANCE_UNEXPLAINED", true, "the venue's balance differs from the ledger, each time otherwise; its products are blocked"},
    {"BALANCE_UNKNOWN_ASSET", true, "the venue tells a balance of an asset that this run does not have, and it was left out"},
    {"BALLAST_FILE", true, "the room that is kept for exits can't be made whole: nothing is bought until an operator resumes with it"},
    {"BALLAST_NO_ROOM", true, "the disk has no room for what is to be kept for exits: nothing is bought until an operator resumes with room for it"},
    {"BALLAST_RELEASED", true, "the disk is full: exits go on in the room that was kept for them, and nothing is bought until an operator resumes with room for it again"},
    {"BROKER_EVENT_FAILED", false, "the venue's plugin answered an event or its own timer with an error: its clock may stand"},
    {"CANCEL_FAILED", true, "the venue's plugin did not take a cancel: the order may still be filled"},
    {"DAILY_LOSS_TRIP", true, "the UTC day has lost execution.trip.daily_loss of its opening equity, or a multiple of it: nothing more is bought until an operator resumes"},
    {"DATA_OTHER_BOOK", true, "the venue no longer says that a product shares its book with the one that its data are told under; it is blocked"},
    {"DRAWDOWN_TRIP", true, "equity has fallen by execution.trip.drawdown from its peak, or a multiple of it: nothing more is bought until an operator resumes"},
    {"DUPLICATE_INTENT", true, "an order of that id exists already: nothing was sent a second time"},
    {"EMERGENCY_PARKED", true, "a position is to be liquidated and its product is not tradable or is frozen, has no bid to count from, or nothing of it is let out: it is tried again until it is sold"},
    {"EXEC_MISMATCH", true, "the venue acknowledged another order than was sent"},
    {"EXEC_UNKNOWN_ORDER", true, "the venue has an order that is named as ours are, and is in no journal here; its product is blocked"},
    {"EXIT_LADDER_END", true, "an exit was not taken whole by the attempts within execution.exit.collar: from here on it is sold at the market"},
    {"EXTERNAL_ORDERS_FULL", true, "more orders of others work at the venue than are followed here: one of them is not seen"},
    {"FEED_MUTE", true, "no bar and no quote has come for longer than two bars, while something is held or works"},
    {"FEES_ABOVE_CONFIG", true, "the venue now takes higher fees than the configuration reckons with; its product is blocked"},
    {"FEE_UNPRICED", false, "a fee in an asset that nothing prices here: the amount is kept, in profit and fees it counts 0"},
    {"FILLED_SHORT", true, "an order ended as filled with less than was ordered; its product is blocked"},
    {"FILLS_GIVEN_UP", false, "an operator took the venue's word: an ended order was closed at what its fills add up to, and the rest is a change of balances"},
    {"FILLS_MISSING", true, "an order ended with another filled quantity than its fills add up to; its product is blocked, and what it says was sold is not sold again"},
    {"FILLS_TOO_MANY", true, "the venue tells more fills of one order than an order can have, and the last was not booked"},
    {"FILL_AFTER_REJECT", true, "an order that the venue had refused was filled after all; it is booked, its product is blocked"},
    {"FILL_BEYOND_ORDER", true, "a fill is larger than what its order had left, and was not booked"},
    {"FILL_BEYOND_POSITION", true, "a sale beyond what is held, and not booked"},
    {"FILL_CHANGED", false, "the venue took a fill back, or corrected it: what was booked of it is booked anew"},
    {"FILL_CHANGED_OWED", true, "what the venue took back of a fill is not held any more; its product is blocked"},
    {"FILL_CONTRADICTS", true, "a fill is told again with another price, quantity or fee, and not as a correction: what was booked stands"},
    {"FILL_FEE_ASSET", true, "a fill's fee is in an asset that this run does not have: booked at the worst tier, its product is blocked"},
    {"FILL_MISMATCH", true, "a fill names another product or side than its order, and was not booked"},
    {"FILL_NOT_POSITIVE", true, "a fill without a positive price and quantity, and not booked"},
    {"FILL_OVERFLOW", true, "a fill that is too large for the ledger, and not booked"},
    {"FILL_UNKNOWN_ORDER", true, "a fill of an order that this host did not make, and not booked"},
    {"FILL_WITHOUT_ID", true, "a fill without an id, and not booked: it could not be told from another"},
    {"FLOW_AMOUNT", true, "a change of a balance without an amount, or against its class, and not booked"},
    {"FLOW_BEYOND_BALANCE", true, "the venue says that more went than the book holds, and it was not booked"},
    {"FLOW_OVERFLOW", true, "a change of a balance that is too large for the ledger, and not booked"},
    {"JOURNAL_NO_INTENT", true, "an order that was to be sent again is not in the journal as it stands: it is not sent"},
    {"JOURNAL_PUT_BACK", true, "the store knows an order that the journal does not: it was put back by hand, and not by `bowline journal restore`; nothing is bought until an operator says so"},
    {"JOURNAL_WRITE", true, "the journal cannot be written: entries are denied, and nothing unrecorded is sent"},
    {"LATCH_WRITE", true, "the latch HALT cannot be written: trading is halted, and the journal alone says so to the next process"},
    {"MARKET_LOG_LOST", true, "what the feeds tell can't be recorded whole: a re-run ends there; told once, trading goes on"},
    {"MARK_AHEAD", true, "a price bears a time that has not come yet: it counts as of when it came"},
    {"ORDER_CAME_BACK", true, "an order that was over, or never at the venue, is or was there after all; its product is blocked"},
    {"ORDER_CANCELLED_ELSEWHERE", true, "an order of ours was cancelled at the venue, and nobody here had asked for it: trading is halted"},
    {"ORDER_ENDED_UNSEEN", true, "an operator took the venue's word: an order that it does not know any more was ended as cancelled"},
    {"ORDER_EVENT_UNEXPECTED", true, "the venue reports what cannot follow the order's state; the state stands"},
    {"ORDER_EXTERNAL", false, "the venue has an order that this host did not make: it is followed, and counts in every limit"},
    {"ORDER_GONE", true, "the venue does not know an order that it had acknowledged; its product is blocked"},
    {"ORDER_HELD", true, "the venue lists an order nowhere and holds what it would hold: it does not count as absent, its cancel is asked for, its product is blocked"},
    {"ORDER_KNOWN", true, "an order that was to be adopted is known already under one of its ids"},
    {"ORDER_MALFORMED", true, "the venue tells of an order without a product, a side or a quantity: it is not followed"},
    {"ORDER_WITHOUT_ID", true, "an intent without a client order id was not made an order"},
    {"PEG_BROKEN", true, "the price of an asset that counts as cash is outside its band: it does not count any more, nothing is bought with it, exits go on"},
    {"PEG_UNKNOWN", true, "the price of an asset that counts as cash is not known, or too old: it does not count any more, nothing is bought with it, exits go on"},
    {"POSITION_DROPPED", true, "managed inventory went that nobody here ordered to be sold: trading is halted"},
    {"POSITION_SHORT", true, "the venue has less free than is held here: of a position that is liquidated, what it has is sold"},
    {"POSITION_UNPROTECTED", true, "a position has had no stop for longer than execution.stops.unprotected_after"},
    {"PRODUCT_MUTE", true, "no bar and no quote of a product that is held has come for longer than two bars, while others come"},
    {"PURCHASE_OUTLIVES_EXIT", true, "a purchase still works though an exit had its cancel asked for and waited: what is held is sold beside it, its cancel is asked for again, and the exit is not over before it is"},
    {"RECEIPT_UNSIGNED", true, "the receipt of a liquidation could not be signed, though execution.receipt.key is set: it says so itself"},
    {"RECLASSIFY_AMOUNT", false, "a deposit or a reward was to be named the other without a positive amount: nothing changed"},
    {"RECLASSIFY_BEYOND_BOOKED", false, "more was to be named otherwise than stands booked in that class: nothing changed"},
    {"RECONCILE_INCOMPLETE", true, "the venue did not answer all that it was asked: what it has is not known"},
    {"RELEASE_AMOUNT", false, "inventory was to be released without a positive quantity: nothing changed"},
    {"RELEASE_BEYOND_POSITION", false, "more was to be released than is held: nothing changed"},
    {"ROLLING_LOSS_TRIP", true, "the last 24 hours have lost execution.trip.daily_loss of the equity before them, or a multiple of it: nothing more is bought until an operator resumes"},
    {"STEP_BELOW_VENUE", true, "the venue trades a product in coarser steps than the configuration; it is blocked, since a rest of it could not be sold"},
    {"STOP_NOT_FILLED", true, "a stop that rests at the venue was reached and did not fill in execution.stops.fill_within: it is taken off, and the position sold by the ladder"},
    {"STOP_NOT_RESTING", true, "a stop that was to rest at the venue does not: the host watches it, and tries again"},
    {"VENUE_ADOPTED", false, "an operator took the venue's word for what stood unexplained"},
});
static_assert(std::ranges::is_sorted(table, {}, &IncidentCode::code));

}  // namespace

std::span<const IncidentCode> incident_codes() noexcept { return table; }

const IncidentCode* find_incident(std::string_view code) noexcept {
  const auto at = std::ranges::lower_bound(table, code, {}, &IncidentCode::code);
  return at != table.end() && at->code == code ? &*at : nullptr;
}

void log_incident(std::string_view code, std::uint64_t n, std::string_view order) {
  if (!worth_a_line(n)) return;
  const IncidentCode* known = find_incident(code);
  const out::Scope scope({.service = "trade-execution"});
  // A code without a row is told all the same, as grave: it must not be lost for want of a sentence.
  out::Event line(known != nullptr && !known->grave ? out::Level::Warning : out::Level::Error, "incident");
  line.field("code", code).field("count", n);
  if (!order.empty()) line.field("order", order);
  line.msg("{}: {}", code, known != nullptr ? known->meaning : std::string_view("its words are in the table core_events"));
}

}  // namespace bowline::services
