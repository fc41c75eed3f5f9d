// How an entry is bought: at the touch, perhaps post-only, following the touch a few times, and then given up or crossed
// within a bound (trading rules 1.4). The orders of one entry are a series: it ends when the first of them would have ended
// at the venue, and none of them lives longer. It is counted from the orders themselves, so that a restart goes on with it.
#include "services/trade_execution/execution.hpp"

namespace bowline::services {
namespace {

using core::InstrumentId;
using core::Nanos;
using core::OrderState;
using core::Purpose;
using core::Side;

constexpr bool buys(Purpose p) noexcept { return p == Purpose::entry || p == Purpose::rebalance; }

}  // namespace

bool Execution::chases() const noexcept { return options_.entry.reprice > 0 || options_.entry.cross_within.is_set(); }

// The most that a crossing order pays; not set where it may not cross, or the ask is beyond it.
Decimal Execution::crossing_px(InstrumentId id) const {
  const EntrySeries& s = entries_[id.value - 1];
  const Decimal ask = portfolio_.ask(id);
  if (!options_.entry.cross_within.is_set() || !s.first_px.is_set() || !ask.is_set()) return Decimal::not_set();
  const Decimal most = floor_to(s.first_px + mul(s.first_px, options_.entry.cross_within, Rounding::down), table_[id].rules.px_step);
  return most.is_set() && ask <= most ? most : Decimal::not_set();
}

// Whether the series has another order to come, if it is still running.
bool Execution::next_entry(InstrumentId id) const {
  const std::uint32_t made = entries_[id.value - 1].orders, at_touch = options_.entry.reprice + 1;
  return made < at_touch || (made == at_touch && crossing_px(id).is_set());
}

bool Execution::entry_terms(core::Intent& intent, Decimal touch, Nanos now) const {
  const EntrySeries& s = entries_[intent.abi.instrument - 1];
  intent.abi.type = BL_LIMIT;
  intent.abi.tif = BL_GTD;
  intent.abi.limit_px = touch.raw();
  intent.abi.expire_ns = now + static_cast<Nanos>(options_.gtd_bars) * options_.interval;
  if (options_.entry.post_only) intent.abi.flags |= BL_POST_ONLY;
  if (!chases() || now >= s.until) return true;
  if (!next_entry(intent.instrument())) return false;
  intent.abi.expire_ns = s.until;
  if (s.orders <= options_.entry.reprice) return true;
  intent.abi.tif = BL_IOC;
  intent.abi.limit_px = crossing_px(intent.instrument()).raw();
  intent.abi.expire_ns = 0;
  intent.abi.flags &= ~static_cast<std::uint32_t>(BL_POST_ONLY);
  return true;
}

// What the prediction saw is gone: the price is looked at again when the order is made (trading rules 1.5).
bool Execution::moved_away(const core::Target& target) const {
  if (target.purpose != Purpose::entry || !options_.entry.max_move.is_set() || !target.ref_px.is_positive()) return false;
  const Decimal now = portfolio_.mark({target.instrument}).last;
  const Decimal room = mul(target.ref_px, options_.entry.max_move, Rounding::down);
  return now.is_set() && (!room.is_set() || abs(now - target.ref_px) > room);
}

// The touch has gone up and away from it.
bool Execution::left_behind(const core::Order& order, const core::Target& target, Nanos now) const {
  const core::Intent& i = order.intent;
  if (!chases() || i.side() != Side::buy || !buys(i.purpose) || !buys(target.purpose) || i.tif() != core::TimeInForce::gtd) return false;
  if (order.state != OrderState::open && order.state != OrderState::partially_filled) return false;
  if (now >= entries_[i.abi.instrument - 1].until || now - i.abi.decided_ns < options_.entry.wait) return false;
  const Decimal bid = portfolio_.bid(i.instrument());
  return bid.is_set() && floor_to(bid, table_[i.instrument()].rules.px_step) > i.limit_px() && next_entry(i.instrument());
}

// Between two steps: an entry follows the touch as quotes come.
void Execution::chase(InstrumentId id, Nanos now) {
  const EntrySeries& s = entries_[id.value - 1];
  const core::Target* target = book_.live(id, now);
  if (target == nullptr || !buys(target->purpose) || s.orders == 0 || now >= s.until) return;
  if (core::Order* working = working_of(id)) {
    if (left_behind(*working, *target, now)) static_cast<void>(request_cancel(*working, now));
    return;
  }
  if (unsettled(id) || !next_entry(id)) return;
  static_cast<void>(fresh_view());
  consider(id, now);
  if (!approved_.empty()) flush_frame(now);
}

void Execution::count_entry_order(const core::Intent& intent) {
  EntrySeries& s = entries_[intent.abi.instrument - 1];
  if (core::rests_as_stop(intent)) return;  // beside the entry that it follows
  if (intent.side() == Side::sell) {
    s = EntrySeries{};
  } else if (buys(intent.purpose)) {
    if (intent.abi.decided_ns >= s.until) s = EntrySeries{0, intent.limit_px(), intent.abi.expire_ns};
    ++s.orders;
  }
}

}  // namespace bowline::services
