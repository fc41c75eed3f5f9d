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

constexpr bool climbs(Purpose p) noexcept { return p == Purpose::exit || p == Purpose::stop || p == Purpose::emergency; }

}  // namespace

// Immediate or cancelled: nothing of an exit rests, so the next step finds the balance free. Without a bid there is
// nothing to bound it by.
void Execution::exit_terms(core::Intent& intent, bool by_ladder) const {
  intent.abi.flags = BL_REDUCE_ONLY;
  intent.abi.tif = BL_IOC;
  intent.abi.type = BL_MARKET;
  const std::uint32_t rung = rungs_[intent.abi.instrument - 1];
  if (!by_ladder || rung >= options_.exit_collar.size()) return;
  const Decimal bid = portfolio_.bid(intent.instrument());
  if (!bid.is_set()) return;
  const Decimal px = floor_to(bid - mul(bid, options_.exit_collar[rung], Rounding::up), table_[intent.instrument()].rules.px_step);
  if (!px.is_positive()) return;
  intent.abi.type = BL_LIMIT;
  intent.abi.limit_px = px.raw();
}

bool Execution::last_rung(InstrumentId id) const noexcept {
  return !options_.exit_collar.empty() && rungs_[id.value - 1] == options_.exit_collar.size();
}

void Execution::count_rung(const core::Intent& intent) {
  std::uint32_t& rung = rungs_[intent.abi.instrument - 1];
  if (intent.side() == Side::buy) rung = 0;  // what is bought now is another exit's
  else if (climbs(intent.purpose)) ++rung;
}

// A venue that says nothing must not hold an exit up. What is unknown is asked about instead (trading rules 2.3).
bool Execution::overdue(const core::Order& order, Nanos now) const noexcept {
  if (order.intent.side() != Side::sell || !climbs(order.intent.purpose) || order.state == OrderState::unknown) return false;
  // Where time moves by data a venue may answer a bar later, or two: nothing is late before.
  const Nanos patience = options_.time_by_data ? std::max(options_.exit_wait, 3 * options_.interval) : options_.exit_wait;
  return now - order.intent.abi.decided_ns >= patience;
}

}  // namespace bowline::services
