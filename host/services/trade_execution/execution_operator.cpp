// What Execution looks at before an operator buys, sells or amends, beside the shape of what is asked for: what ranks above
// the operator, what keeps a product from being bought, and whether a post-only order would take.
#include <algorithm>

#include "services/trade_execution/execution.hpp"

namespace bowline::services {
namespace {

using core::InstrumentId;
using core::Nanos;
using core::Purpose;
using core::Side;

}  // namespace

// Only the live target of the highest rank counts (trading rules 1.2): what a stop or a liquidation sells is neither bought
// nor held by an order that rests until that is done. What sells at once wants no more than they do.
Result<void> Execution::not_outranked(const core::Instrument& ins, Side side, bool rests) const {
  if (side == Side::sell && !rests) return {};
  const bool liquidates = side == Side::sell && liquidation_.has_value();  // buying is what its gate denies
  if (!liquidates && !book_.insists(ins.id, Purpose::stop)) return {};
  return Error{"ORDER_OUTRANKED", std::string(liquidates ? "a liquidation" : "a stop or take-profit") + " is selling " + ins.symbol +
                                      ", and ranks above what an operator orders: only what sells at once can be ordered until it is done"};
}

Result<void> Execution::may_be_bought(const core::Instrument& ins, Nanos now) const {
  if (reentry_locked(ins.id, now))
    return Error{"REENTRY_LOCKED", "a stop or take-profit sold " + ins.symbol + ": nobody buys it before " + core::format_time(locked_until_[ins.id.value - 1])};
  if (quote_lost_[ins.id.value - 1])
    return Error{"MARK_STALE", "the quotes of " + ins.symbol + " have ended: it is not bought by the price of a bar"};
  if (blocked(ins.id))
    return Error{"PRODUCT_BLOCKED", "the venue reported of " + ins.symbol + " what can't be explained (" + blocks_.reasons(ins.id).front().code + "): GET /reconciliation has all of it"};
  if (!entries_held(ins.id).empty())
    return Error{std::string(entries_held(ins.id)), "somebody else's orders would sell more of " + ins.symbol + " than is not managed here: nothing more is bought of it while they work"};
  return {};
}

// Not known without a price: then the venue alone says.
Result<void> Execution::does_not_cross(const core::Instrument& ins, Side side, Decimal limit) const {
  const Decimal touch = side == Side::buy ? portfolio_.ask(ins.id) : portfolio_.bid(ins.id);
  if (!touch.is_set() || (side == Side::buy ? limit < touch : limit > touch)) return {};
  return Error{"POST_ONLY_WOULD_CROSS", std::string("a post-only order must not take: its limit_price ") +
                                            (side == Side::buy ? "is not below the ask of " : "is not above the bid of ") + ins.symbol, {{"key", "limit_price"}}};
}

// Who refused is the last check of the list; of what was only shrunk and had to be whole, the one that shrank.
Error Execution::refusal(const core::RiskRefusal& refused, const std::vector<core::CheckRecord>& checks) {
  const auto last = std::find_if(checks.rbegin(), checks.rend(), [](const core::CheckRecord& c) { return c.action == 0; });
  if (last != checks.rend()) return {refused.code, last->reason.empty() ? "refused by " + *last->rule_source : last->reason};
  const auto shrank = std::find_if(checks.begin(), checks.end(), [](const core::CheckRecord& c) { return c.action == 2; });
  if (shrank == checks.end()) return {refused.code, "refused"};
  return {refused.code, (shrank->reason.empty() ? "refused by " + *shrank->rule_source : shrank->reason) + ": less would pass, but it is taken whole or not at all",
          {{"rule", *shrank->rule_source}}};
}

// An order that is whole or nothing is not made smaller: what a rule shrank is refused.
std::optional<Error> Execution::shrunk(const core::Intent& asked, const core::Intent& approved, const std::vector<core::CheckRecord>& checks) {
  if (approved.qty() == asked.qty()) return std::nullopt;
  const auto shrank = std::find_if(checks.begin(), checks.end(), [](const core::CheckRecord& c) { return c.action == 2; });
  return refusal({shrank == checks.end() || shrank->code.empty() ? "RISK_REJECTED" : shrank->code}, checks);
}

}  // namespace bowline::services
