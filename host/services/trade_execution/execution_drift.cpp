// What the price alone has made too large is trimmed, and only beyond a band: a limit binds entries, and trimming at the
// limit itself would trade at every step (trading rules 1.3).
#include <algorithm>

#include "services/trade_execution/execution.hpp"
#include "services/trade_execution/sizing_codes.hpp"

namespace bowline::services {
namespace {

using core::InstrumentId;
using core::Nanos;
using core::Purpose;
using core::Side;

/// `part` of `whole` is above the band: a product that does not fit counts as above.
bool above(Decimal part, Decimal whole, Decimal share) {
  const Decimal most = mul(whole, share, Rounding::down);
  return most.is_set() && part > most;
}

/// As much of it as fits into a room of that worth; nothing where that can't be reckoned.
Decimal fitting(Decimal room, Decimal qty, Decimal price) {
  const Decimal most = room.is_set() ? div(max(room, Decimal::zero()), price, Rounding::down) : room;
  return most.is_set() ? min(qty, most) : Decimal::zero();
}

}  // namespace

void Execution::trim_drift(Nanos now) {
  const DriftBand& one = options_.position_drift;
  const DriftBand& all = options_.exposure_drift;
  const Decimal equity = portfolio_.equity();
  if (!equity.is_set() || !equity.is_positive() || state() == core::TradingState::halted) return;
  const Decimal exposure = portfolio_.exposure();
  const bool too_much = all.on() && exposure.is_set() && above(exposure, equity, all.above);
  for (const core::Instrument& ins : table_.all()) {
    const Decimal value = portfolio_.worth(ins.id);
    if (!value.is_set() || !value.is_positive() || states_.of(ins.id) == core::TradingState::halted) continue;
    Decimal keep = value;
    if (one.on() && above(value, equity, one.above)) keep = mul(equity, one.cap, Rounding::down);
    // All positions give the same part of what is too much.
    if (too_much) keep = min(keep, mul(value, div(mul(equity, all.cap, Rounding::down), exposure, Rounding::down), Rounding::down));
    if (keep.is_set() && keep < value) trim(ins, keep, now);
  }
}

// What would be trimmed again is not bought: without it the two would trade with each other for ever.
Decimal Execution::within_own_cap(InstrumentId id, Decimal qty, Purpose purpose) const {
  if (purpose != Purpose::entry || !options_.position_drift.on()) return qty;
  return fitting(mul(portfolio_.equity(), options_.position_drift.cap, Rounding::down) - portfolio_.value(id), qty, portfolio_.mark(id).last);
}

std::optional<Decimal> Execution::exposure_room() const {
  if (!options_.exposure_drift.on()) return std::nullopt;
  // What is being bought counts, in this frame too (trading rules 5.5).
  Decimal used = portfolio_.invested();
  const auto count = [&](const core::Intent& i, Decimal leaves) {
    if (i.side() != Side::buy) return;
    const Decimal px = i.limit_px().is_set() ? i.limit_px() : portfolio_.ask(i.instrument());
    used = used + (i.quote_qty().is_set() ? i.quote_qty() : mul(leaves, px, Rounding::up));
  };
  for (const core::Order* o : orders_.working()) count(o->intent, o->leaves());
  for (const auto& a : approved_) count(*a, a->qty());
  const Decimal room = mul(portfolio_.equity(), options_.exposure_drift.cap, Rounding::down) - used;
  return room.is_set() ? max(room, Decimal::zero()) : Decimal::zero();
}

Decimal Execution::within_caps(InstrumentId id, Decimal qty, Purpose purpose) const {
  qty = within_own_cap(id, qty, purpose);
  const auto room = exposure_room();
  return room ? fitting(*room, qty, portfolio_.mark(id).last) : qty;
}

void Execution::trim(const core::Instrument& ins, Decimal keep, Nanos now) {
  const InstrumentId id = ins.id;
  // Somebody trades it now, or wants to hold more than the limit, or wants out anyway.
  const core::Target* target = book_.live(id, now);
  const bool wanted_so = target != nullptr && target->purpose != Purpose::entry &&
                         (target->purpose != Purpose::rebalance || target->weight > options_.position_drift.cap_or_one());
  const bool in_frame = std::any_of(approved_.begin(), approved_.end(), [id](const auto& a) { return a->instrument() == id; });
  if (wanted_so || in_frame || working_of(id) != nullptr || unsettled(id)) return;
  const Decimal price = portfolio_.mark(id).last, bid = portfolio_.bid(id), held = portfolio_.position(id).qty;
  if (!price.is_set() || !bid.is_set()) return;
  const Decimal sold = ended_.empty() ? Decimal::zero() : owed(id, Side::sell);
  const Decimal stays = floor_to(div(keep, portfolio_.last_in_cash(id), Rounding::down), ins.rules.base_step);
  const Decimal qty = in_one_order(id, floor_to(held - sold - stays, ins.rules.base_step));
  if (!qty.is_positive() || qty < ins.rules.base_min) return;
  const Decimal notional = mul(qty, bid, Rounding::down);
  if (!notional.is_set() || notional < ins.rules.quote_min || notional < mul(portfolio_.equity(), options_.min_trade, Rounding::down)) return;
  if (guards_ && clears_the_way(id, now)) return;
  core::SizingRecord r;
  r.decision = core::decision_id(options_.seed, ins.symbol, now, "drift", "");
  r.seq = seq_;
  r.time = now;
  r.instrument = id;
  r.purpose = Purpose::rebalance;
  r.target_weight = div(keep, portfolio_.equity(), Rounding::half_even).to_double();
  r.equity = portfolio_.equity();
  r.price = price;
  r.held_qty = held;
  r.wanted_qty = stays;
  r.order_qty = qty;
  core::Intent intent = make_intent(ins, Side::sell, qty, Purpose::rebalance, r.decision, bid, now);
  exit_terms(intent, false);
  auto answer = exit_floor_.approve(intent, portfolio_, working_sells(id), states_.frozen(id), r.checks);
  if (auto* refused = std::get_if<core::RiskRefusal>(&answer)) {
    r.code = std::make_shared<const std::string>(refused->code);
    return sizing(std::move(r));
  }
  r.order = core::ClientOrderId(intent.client_id());
  r.code = SizingCodes::get().order;
  approved_.push_back(std::get<core::RiskApproved<core::Intent>>(std::move(answer)));
  sized_.push_back(std::move(r));
}

}  // namespace bowline::services
