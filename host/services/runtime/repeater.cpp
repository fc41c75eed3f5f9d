#include "services/runtime/repeater.hpp"

#include <array>

#include "services/runtime/plan_audit.hpp"

namespace bowline::services {
namespace {

using core::Nanos;
using store::Ask;
using store::AskedRow;

/// The value that is called so; the first where none is, which the comparison then finds.
template <class E, std::size_t N>
E word(const std::string& name, const std::array<E, N>& all) {
  for (const E e : all)
    if (core::to_string(e) == name) return e;
  return all[0];
}
constexpr auto sides = std::to_array({core::Side::buy, core::Side::sell});
constexpr auto types = std::to_array({core::OrderType::market, core::OrderType::limit, core::OrderType::stop_limit, core::OrderType::bracket});
constexpr auto tifs = std::to_array({core::TimeInForce::gtc, core::TimeInForce::gtd, core::TimeInForce::ioc, core::TimeInForce::fok});

}  // namespace

Repeater::Repeater(Parts parts, std::vector<store::RecordedInput> inputs) : p_(parts), inputs_(std::move(inputs)) {
  std::erase_if(inputs_, [](const store::RecordedInput& i) { return store::place_of(i.input).within; });
}

// Behind it the place would be another.
bool Repeater::counts(const bl_event& e) const noexcept {
  if (e.type == BL_EV_BAR) return usable(reinterpret_cast<const bl_bar&>(e), p_.table.size());
  return e.type == BL_EV_QUOTE && usable(reinterpret_cast<const bl_quote&>(e), p_.table.size());
}

bool Repeater::due(const store::RecordedInput& input, const bl_event* next) const {
  const store::EventPlace& place = store::place_of(input.input);
  const std::uint64_t heard = p_.execution.heard(), steps = p_.execution.steps();
  if (heard != place.heard || steps != place.steps) return heard > place.heard || steps > place.steps;
  if (p_.tape != nullptr) return input.row <= p_.tape->rows();
  // What trade-execution does not hear moves time between two places: an observation, a bar that is not final.
  return next == nullptr || p_.facts.engine_ns.load(std::memory_order_relaxed) >= place.at || place.at < next->ts_recv || counts(*next);
}

bool Repeater::next(const bl_event* next) {
  if (at_ == inputs_.size()) return false;
  const store::RecordedInput& recorded = inputs_[at_];
  if (!due(recorded, next)) return false;
  ++at_;
  std::visit([this](const auto& row) { repeat(row); }, recorded.input);
  return true;
}

void Repeater::repeat(const store::TickRow& tick) {
  using Of = store::TickRow::Of;
  const Nanos now = tick.place.at;
  if (tick.of == Of::clock) return p_.loop.tick_of_clock(now, true);
  if (now > p_.facts.engine_ns.load(std::memory_order_relaxed)) p_.facts.engine_ns.store(now, std::memory_order_relaxed);
  if (tick.of == Of::time) return p_.execution.time_moved(now);
  p_.execution.keep_off_again(now);
}

// What comes of it is in the journal, also that nothing did: answers are nobody's here.
void Repeater::repeat(const AskedRow& a) {
  const Nanos now = a.place.at;
  if (now > p_.facts.engine_ns.load(std::memory_order_relaxed)) p_.facts.engine_ns.store(now, std::memory_order_relaxed);
  const core::InstrumentId id = p_.table.find(a.symbol);
  if (!a.symbol.empty() && !id) return;  // of another configuration: the journals part here
  Execution& e = p_.execution;
  bool replayed = false;
  switch (a.what) {
    case Ask::trade: trade(a); break;
    case Ask::amend: amend(a); break;
    case Ask::cancel: static_cast<void>(e.cancel(core::ClientOrderId(a.order), now, a.who, a.request)); break;
    case Ask::plan: plan(a); break;
    case Ask::close: static_cast<void>(e.close_position({id, a.key, a.why, a.who, a.request}, now)); break;
    case Ask::lock: static_cast<void>(e.lock({id, a.until, a.why, a.who, a.request}, now)); break;
    case Ask::unlock: static_cast<void>(e.unlock({id, 0, a.why, a.who, a.request}, now)); break;
    case Ask::state: static_cast<void>(e.set_trading_state({id, a.state, a.flag, a.why, a.who, a.request}, now)); break;
    case Ask::stop: static_cast<void>(e.emergency_stop(now, a.who, a.why, a.request)); break;
    case Ask::resume: static_cast<void>(e.resume(now, a.who, a.why, a.request)); break;
    case Ask::latch: {
      store::Halt halt;
      halt.id = a.key;
      halt.who = a.who;
      halt.why = a.why;
      static_cast<void>(p_.latch.engage(halt));
      static_cast<void>(e.look_at_latch(now));
      break;
    }
    case Ask::inventory: {
      InventoryRequest q{id, a.flag, a.qty, a.px, a.why, a.key, a.who, a.request};
      static_cast<void>(e.move_inventory(q, now));
      break;
    }
    case Ask::reclassify: {
      const core::AssetId asset = p_.table.find_asset(a.asset);
      if (!asset) return;  // the same
      ReclassifyRequest q{asset, a.flag ? core::Flow::deposit : core::Flow::reward, a.flag ? core::Flow::reward : core::Flow::deposit,
                          a.qty, a.why, a.key, a.who, a.request};
      static_cast<void>(e.reclassify(q, now));
      break;
    }
    case Ask::ramp: static_cast<void>(e.set_ramp({{a.quote_qty, a.count}, a.why, a.who, a.request}, now)); break;
    case Ask::rollout: static_cast<void>(e.announce_rollout({a.until, a.why, a.who, a.request}, now)); break;
    case Ask::venue: static_cast<void>(e.ask_again({a.why, a.who, a.request}, now)); break;
    case Ask::adoption: static_cast<void>(e.adopt_venue({id, a.key, a.why, a.who, a.request}, now, replayed)); break;
  }
  p_.loop.pump();
}

void Repeater::trade(const AskedRow& a) {
  TradeRequest q;
  q.instrument = p_.table.find(a.symbol);
  if (!q.instrument) return;
  q.side = word(a.side, sides);
  q.type = word(a.type, types);
  q.tif = word(a.tif, tifs);
  q.qty = a.qty;
  q.quote_qty = a.quote_qty;
  q.limit_px = a.limit_px;
  q.stop_px = a.stop_px;
  q.post_only = a.flag;
  q.expire_ns = a.until;
  q.reason = a.why;
  q.key = a.key;
  q.principal = a.who;
  q.request_id = a.request;
  static_cast<void>(p_.execution.execute(q, a.place.at));
}

void Repeater::amend(const AskedRow& a) {
  AmendRequest q;
  q.order = core::ClientOrderId(a.order);
  q.terms.qty = a.qty;
  q.terms.limit_px = a.limit_px;
  q.terms.stop_px = a.stop_px;
  q.terms.expire_ns = a.until;
  q.reason = a.why;
  q.key = a.key;
  q.principal = a.who;
  q.request_id = a.request;
  static_cast<void>(p_.execution.amend(q, a.place.at));
}

// A plan is a decision: it is made again, and its targets are compared with the recorded ones, since its row has them. What
// another process planned was made on that process's view: it is taken as it was recorded.
void Repeater::plan(const AskedRow& a) {
  const Nanos now = a.place.at;
  std::vector<core::Target> targets;
  if (a.flag) {
    for (const store::PlanTarget& t : a.plan) {
      core::Target& to = targets.emplace_back();
      to.instrument = p_.table.find(t.symbol);
      if (!to.instrument) return;
      to.purpose = core::Purpose::rebalance;
      to.weight = t.weight;
      to.decision = t.decision;
      to.time = now;
      to.valid_until = t.valid_until;
      to.ref_px = t.ref_px;
    }
    p_.rebalancer.planned_elsewhere(now);
  } else {
    auto made = p_.rebalancer.run(now, p_.execution.view(), true, a.request);
    if (!made) return;
    targets = std::move(*made);
  }
  audit_plan(p_.sink, p_.execution.plan_asked(targets, now, a.who, a.request, a.flag), now, {a.who, a.request}, targets.size());
  p_.execution.take_targets(targets, true);
  p_.execution.trade(now);
}

}  // namespace bowline::services
