// How an exit is sold: a ladder whose first steps bound the price, and whose last does not (trading rules 3.2). Each order
// is one step; which comes next is counted from the orders themselves, so that a restart goes on where it was.
#include <algorithm>

#include "services/trade_execution/execution.hpp"

namespace bowline::services {
namespace {

using core::InstrumentId;
using core::Nanos;
using core::OrderState;
using core::Purpose;
using core::Side;

constexpr std::uint64_t limit_only = 4;  // of bl_product
constexpr Nanos fresh_book = 5'000'000'000;
const Decimal widest = Decimal::from_mantissa(8, -2);

}  // namespace

// A SELL, a stop, a take-profit and an operator's close, but not a stop that rests; an emergency's slices have a ladder of their own, and what an
// operator ordered at a price of his has none.
bool Execution::climbs(const core::Intent& i) const {
  if (i.side() != Side::sell || core::rests_as_stop(i)) return false;
  if (i.purpose == Purpose::exit || i.purpose == Purpose::stop) return true;
  if (i.purpose != Purpose::operator_order || !closing(i.instrument())) return false;
  const core::Target* close = book_.at(i.instrument(), Purpose::operator_order);
  return close != nullptr && close->decision == i.decision;
}

// Immediate or cancelled: nothing of an exit rests, so the next step finds the balance free. Without a bid there is
// nothing to bound it by.
void Execution::exit_terms(core::Intent& intent, bool by_ladder) const {
  intent.abi.flags = BL_REDUCE_ONLY;
  intent.abi.tif = BL_IOC;
  intent.abi.type = BL_MARKET;
  const std::size_t rung = rungs_[intent.abi.instrument - 1], steps = options_.exit_collar.size();
  const Decimal bid = portfolio_.bid(intent.instrument());
  if (!by_ladder || !bid.is_set()) return;
  // Where the venue takes no order at the market the last step is a limit that nearly any bid meets.
  const bool bounded = !product_flags_.empty() && (product_flags_[intent.abi.instrument - 1] & limit_only) != 0;
  if (rung >= steps && !bounded) return;
  const Decimal below = rung < steps ? options_.exit_collar[rung] : steps > 0 ? max(options_.exit_collar.back(), widest) : widest;
  const Decimal px = floor_to(bid - mul(bid, below, Rounding::up), table_[intent.instrument()].rules.px_step);
  if (!px.is_positive()) return;
  intent.abi.type = BL_LIMIT;
  intent.abi.limit_px = px.raw();
}

// At the market an order takes whatever the book has: one that is larger than its best bid pays for it in price. So it is no larger, but
// at least so much that all is sold with `exit_slices` orders: a thin bid must not hold an exit up (trading rules 3.2).
Decimal Execution::sized_to_book(InstrumentId id, Decimal qty, Nanos now) const {
  const std::size_t rung = rungs_[id.value - 1], steps = options_.exit_collar.size();
  const Decimal shown = bid_qty_[id.value - 1];
  if (rung < steps || rung - steps + 1 >= options_.exit_slices || !shown.is_set()) return qty;
  if (now - portfolio_.mark(id).time >= fresh_book) return qty;  // the book of then says nothing of now
  const core::ProductRules& rules = table_[id].rules;
  const Decimal slices = Decimal::from_int(static_cast<std::int64_t>(options_.exit_slices - (rung - steps)));
  const Decimal part = max(floor_to(shown, rules.base_step), ceil_to(div(qty, slices, Rounding::up), rules.base_step)), bid = portfolio_.bid(id);
  const auto too_little = [&](Decimal q) {
    const Decimal worth = mul(q, bid, Rounding::down);
    return q < rules.base_min || (worth.is_set() && worth < rules.quote_min);
  };
  return part >= qty || too_little(part) || too_little(qty - part) ? qty : part;
}

// What the first slice left is not left until the next step: a SELL and a close go on by the price as a stop does.
void Execution::push_slices(InstrumentId id, Nanos now) {
  const std::size_t rung = rungs_[id.value - 1], steps = options_.exit_collar.size();
  if (rung <= steps || rung - steps >= options_.exit_slices) return;
  if (book_.insists(id, Purpose::stop) || (!book_.insists(id, Purpose::exit) && !closing(id))) return;  // a stop has its own way
  if ((liquidation_ && liquidation_->sells()) || in_the_way(id) != nullptr || unsettled(id) || exit_too_soon(id, now)) return;
  if (guards_ && resting_of(id) != nullptr) return;
  if (states_.frozen(id) || !may_exit(id, book_.insists(id, Purpose::exit) ? Purpose::exit : Purpose::operator_order)) return;
  consider(id, now);
  if (!approved_.empty()) flush_frame(now);
}

bool Execution::last_rung(InstrumentId id) const noexcept {
  return !options_.exit_collar.empty() && rungs_[id.value - 1] == options_.exit_collar.size();
}

void Execution::count_rung(const core::Intent& intent) {
  const std::size_t at = intent.abi.instrument - 1;
  if (intent.side() == Side::buy) {
    rungs_[at] = 0;  // what is bought now is another exit's
  } else if (climbs(intent)) {
    ++rungs_[at];
    last_exit_[at] = intent.abi.decided_ns;
  }
}

// What never left this host asked nobody: the next attempt is the same step.
void Execution::uncount_rung(const core::Order& order) {
  std::uint32_t& rung = rungs_[order.intent.abi.instrument - 1];
  if (order.state == OrderState::denied && rung > 0 && climbs(order.intent)) --rung;
}

// A ladder takes time: quotes come faster than a venue answers, and what it refuses it refuses again in the same moment.
bool Execution::exit_too_soon(InstrumentId id, Nanos now) const noexcept {
  return now - last_exit_[id.value - 1] < 1'000'000'000;
}

// A venue that says nothing must not hold an exit up. What is unknown is asked about instead (trading rules 2.3).
bool Execution::overdue(const core::Order& order, Nanos now) const {
  if (order.state == OrderState::unknown || (order.intent.purpose != Purpose::emergency && !climbs(order.intent))) return false;
  // Where time moves by data a venue may answer a bar later, or two: nothing is late before.
  const Nanos patience = options_.time_by_data ? std::max(options_.exit_wait, 3 * options_.interval) : options_.exit_wait;
  return now - order.intent.abi.decided_ns >= patience;
}

}  // namespace bowline::services
