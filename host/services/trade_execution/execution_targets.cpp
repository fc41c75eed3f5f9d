// From a target to an order (trading rules 1.2, 3.1, 3.2): the product's live target against what is held, what works and what may
// still come. A sale is an order of the frame at once; a purchase becomes a wish, judged together with the others of the step
// (execution_project.cpp).
#include <algorithm>

#include "services/trade_execution/execution.hpp"
#include "services/trade_execution/sizing_codes.hpp"

namespace bowline::services {
namespace {

using core::InstrumentId;
using core::Nanos;
using core::Order;
using core::OrderState;
using core::Purpose;
using core::Side;

constexpr Nanos moment = 1'000'000'000, minute = 60 * moment, day_ns = 24 * 60 * minute;

core::SharedText shared(std::string_view s) { return std::make_shared<const std::string>(s); }
[[gnu::hot]] const SizingCodes& codes() { return SizingCodes::get(); }

/// For who explains: spot is never short (trading rules 1.1).
core::CheckRecord counts_as_zero(double weight) {
  static const core::SharedText target = shared("target");
  core::CheckRecord c;
  c.rule_source = target;
  c.action = 2;
  c.code = *codes().negative;
  c.value = round_to(Decimal::from_double(weight, Rounding::half_even), Decimal::from_mantissa(1, -9), Rounding::half_even);
  c.limit = Decimal::zero();
  c.reason = "the target is below 0 and counts as 0: spot is never short";
  return c;
}

}  // namespace

core::Order* Execution::working_of(InstrumentId id) const {
  for (Order* o : orders_.working())
    if (!o->external && o->intent.abi.instrument == id.value && !core::rests_as_stop(o->intent)) return o;
  return nullptr;
}

// A sale waits for the end of a purchase, and not for ever (trading rules 3.2): what may still be bought is no part of what is
// proved to be there, and a venue that does not say what became of a cancel must not keep what is held from being sold.
core::Order* Execution::in_the_way(InstrumentId id) const {
  const Nanos patience = options_.time_by_data ? std::max(options_.exit_wait, 3 * options_.interval) : options_.exit_wait;
  const auto stuck = [&](const Order& o) {
    if (o.intent.side() != Side::buy) return false;
    if (o.cancel_since != 0 && now_ - o.cancel_since >= patience) return true;
    return std::any_of(missing_.begin(), missing_.end(), [&o](const MissingOrder& m) { return m.held && m.order == o.id(); });
  };
  for (Order* o : orders_.working())
    if (!o->external && o->intent.abi.instrument == id.value && !core::rests_as_stop(o->intent) && !stuck(*o)) return o;
  return nullptr;
}

bool Execution::exit_is_due(InstrumentId id) const {
  return closing(id) || book_.insists(id, Purpose::exit) || book_.insists(id, Purpose::stop) || book_.insists(id, Purpose::emergency);
}

// Only what ranks below an exit gives way to it: a SELL does not cancel what the operator ordered (trading rules 1.2). To somebody's
// own word everything does.
bool Execution::gives_way(const Order& o, const core::Target& to) const {
  const bool by_command = to.purpose == Purpose::emergency || (to.purpose == Purpose::operator_order && closing(to.instrument));
  return by_command ? o.intent.decision != to.decision : o.intent.purpose < to.purpose;
}

// A purchase that an exit has waited for long enough: what is held is sold beside it, and what it still buys would stay. So its cancel
// is asked for again and again, and the exit is not over before it is.
bool Execution::still_buys(InstrumentId id, const core::Target& exit, Nanos now) {
  std::erase_if(outlived_, [this](const core::ClientOrderId& o) {
    const Order* known = orders_.find(o);
    return known == nullptr || core::is_terminal(known->state);
  });
  std::vector<Order*> buys;  // what is asked changes the list
  for (Order* o : orders_.working())
    if (!o->external && o->intent.abi.instrument == id.value && o->intent.side() == Side::buy && gives_way(*o, exit)) buys.push_back(o);
  for (Order* o : buys) {
    if (outlived_.insert(o->id()).second)
      incident("PURCHASE_OUTLIVES_EXIT", "a purchase of " + table_[id].symbol + " still works though its cancel was asked for: what is held is sold beside it, and what it buys will be", now, o->intent.client_id());
    // Refused it works, and is asked again soon; one without an answer costs the venue a search each time.
    const bool works = o->state == OrderState::open || o->state == OrderState::partially_filled;
    if (o->cancel_asked && (o->updated >= now || now - o->updated < (works ? moment : options_.exit_wait))) continue;
    static_cast<void>(request_cancel(*o, now));
  }
  return !buys.empty();
}

bool Execution::unsettled(InstrumentId id) const {
  return std::any_of(ended_.begin(), ended_.end(), [&](const EndedOrder& e) {
    const Order* o = e.judged ? nullptr : orders_.find(e.order);
    return o != nullptr && !o->external && o->intent.abi.instrument == id.value && o->cum_qty != e.told;
  });
}

Decimal Execution::owed(InstrumentId id, Side side) const {
  Decimal sum = Decimal::zero();
  for (const EndedOrder& e : ended_)
    if (const Order* o = orders_.find(e.order); o != nullptr && !o->external && o->intent.abi.instrument == id.value && o->intent.side() == side &&
                                                e.told > o->cum_qty)
      sum = sum + (e.told - o->cum_qty);
  return sum;
}

// What may already be sold, though the book does not show it: what works, and what the venue says was sold (rule 3.1).
Decimal Execution::working_sells(InstrumentId id) const {
  Decimal sum = ended_.empty() ? Decimal::zero() : owed(id, Side::sell);
  for (const Order* o : orders_.working())
    if (!o->external && o->intent.abi.instrument == id.value && o->intent.side() == Side::sell) sum = sum + o->leaves();
  return sum;
}

core::FloorFacts Execution::facts(InstrumentId id, Nanos now) const {
  core::FloorFacts f;
  f.state = states_.of(id);
  f.gate_open = gate_open() && !flattening_;
  f.store_up = store_up();
  f.locked = states_.lock_of(id, now) != nullptr;
  f.listed = states_.listed(id);
  f.day_notional = day_notional(now);
  f.orders_last_minute = static_cast<std::uint32_t>(approved_.size()) + static_cast<std::uint32_t>(
      std::count_if(recent_orders_.begin(), recent_orders_.end(), [now](Nanos t) { return t > now - minute; }));
  f.jumped_until = mark_guard_.denied_until(id);
  f.ramp_notional = ramp_.limits().usd_per_day;
  f.ramp_orders = ramp_.limits().orders_per_day;
  if (f.ramp_orders != 0) f.day_orders = entries_today(now);
  f.now = now;
  f.measure = sink_.wanted();
  return f;
}

// Every buy counts, the operator's too, at once in the view that the next intent is judged on.
void Execution::count_entry(const core::Intent& entry, Nanos) {
  if (entry.side() == Side::buy) view_.add_working(entry.abi);
}

Decimal Execution::entry_worth(const core::Intent& entry, Decimal qty, Decimal spent) const {
  if (entry.quote_qty().is_set()) {
    const Decimal rest = entry.quote_qty() - spent;
    return rest.is_negative() ? Decimal::zero() : rest;
  }
  const Decimal ask = portfolio_.ask(entry.instrument());
  return mul(qty, entry.limit_px().is_set() ? entry.limit_px() : ask.is_set() ? ask : entry.decision_px, Rounding::up);
}

// On the terms that may cost the most of those that may be in force.
Decimal Execution::rest_worth(const Order& order) const {
  if (order.external || order.intent.side() != Side::buy) return Decimal::zero();
  core::Intent worst = order.intent;
  worst.abi = order.worst_case();
  return entry_worth(worst, order.leaves(), order.cum_quote);
}

// Reckoned from the orders as they are, so that an end gives back what it did not buy, whatever it was that ended it, and an order
// whose fate is not known counts whole. An order of the day before that works may still be bought in this one.
Decimal Execution::day_notional(Nanos now) const {
  Decimal sum = bought_.of(now);
  for (const Order* o : orders_.working()) sum = sum + rest_worth(*o);
  for (const auto& a : approved_)
    if (a->side() == Side::buy) sum = sum + entry_worth(*a, a->qty(), Decimal::zero());
  for (const EndedOrder& e : ended_)  // filled, by the venue's word, though nobody told the fills yet
    if (const Order* o = orders_.find(e.order); o != nullptr && !o->external && core::is_terminal(o->state) && o->intent.side() == Side::buy &&
                                                e.told > o->cum_qty && o->updated / day_ns == now / day_ns)
      sum = sum + entry_worth(o->intent, e.told - o->cum_qty, o->cum_quote);
  return sum;
}

core::Intent Execution::make_intent(const core::Instrument& ins, Side side, Decimal qty, Purpose purpose,
                                    core::Id128 decision, Decimal decision_px, Nanos now) {
  core::Intent i = core::blank_intent();
  // An attempt is used up by an order, not by a wish: what was refused or never recorded gives the same id again.
  const auto used = attempts_.find({decision.hi, decision.lo});
  std::uint32_t attempt = used == attempts_.end() ? 0 : used->second;
  core::ClientOrderId id;
  // Nor is one given twice, whatever was forgotten of the attempts since.
  do id = core::client_order_id(journal_.epoch(), options_.account, decision, purpose, 0, attempt++);
  while (orders_.find(id) != nullptr);
  std::copy(id.text.begin(), id.text.end(), i.abi.client_id);
  i.abi.instrument = ins.id.value;
  i.abi.side = static_cast<std::uint32_t>(side);
  i.abi.qty = qty.raw();
  i.abi.decided_ns = now;
  i.abi.not_after_ns = last_moment(now);
  i.abi.cause = seq_;
  i.purpose = purpose;
  i.decision = decision;
  i.decision_px = decision_px;
  return i;
}

void Execution::sizing(core::SizingRecord&& r) {
  counts_.verdicts.add(r.checks, r.instrument, r.time);
  if (r.code != codes().order) ++counts_.why_not[*r.code];
  if (sink_.wanted()) sink_.put(std::move(r));
}

// Halted: strategy exits do not run; protective stops and the operator's exits do (trading rules 3.4).
bool Execution::may_exit(InstrumentId id, Purpose purpose) const noexcept {
  return states_.of(id) != core::TradingState::halted || purpose == Purpose::stop || purpose == Purpose::emergency ||
         purpose == Purpose::operator_order;
}

[[gnu::hot]] void Execution::propose(InstrumentId id, Nanos now) {
  const core::Target* target = book_.live(id, now);
  if (target == nullptr) return;
  const core::Instrument& ins = table_[id];
  core::SizingRecord r;
  r.decision = target->decision;
  r.seq = seq_;
  r.time = now;
  r.instrument = id;
  r.purpose = target->purpose;
  r.target_weight = target->weight;
  r.held_qty = portfolio_.position(id).qty;
  r.equity = portfolio_.equity();
  r.price = portfolio_.mark(id).last;
  if (sink_.wanted() && book_.contested(id)) book_.lost(id, *target, now, r.lost);
  const double below_zero = book_.below_zero(id, target->purpose);
  if (below_zero < 0) r.checks.push_back(counts_as_zero(below_zero));
  const auto stop = [&](const core::SharedText& code) {
    r.code = code;
    sizing(std::move(r));
  };
  const bool protects = target->purpose == Purpose::stop || target->purpose == Purpose::emergency;
  // Somebody's word, and not a strategy's: all of it is sold, and every other order of the product gives way.
  const bool by_command = target->purpose == Purpose::emergency || (target->purpose == Purpose::operator_order && closing(id));
  const bool wants_out = protects || by_command || target->purpose == Purpose::exit;
  // What is sold whole needs neither a price nor equity to be sized by: an exit is never refused for want of them (3.2).
  if (!wants_out) {
    if (!r.price.is_set()) return stop(codes().no_mark);
    if (!r.equity.is_set() || !r.equity.is_positive()) return stop(codes().equity);
  }

  // One working order per product. A resting entry in the way of an exit is cancelled first; the exit follows when the
  // entry's end is known.
  const bool whole_plan = target->purpose == Purpose::rebalance || target->purpose == Purpose::operator_order;
  if (Order* working = wants_out ? in_the_way(id) : working_of(id)) {
    // Only what ranks below the exit gives way to it: a SELL does not cancel what the operator ordered (trading rules
    // 1.2). Asked again at each later step until its end is known.
    // A protection does not wait behind a sale that rests either: it holds what is to be sold (trading rules 3.3).
    const bool rests = working->intent.side() == Side::buy || (protects && working->intent.type() != core::OrderType::market);
    const bool yields = wants_out && (by_command || rests) && gives_way(*working, *target);
    const bool asked = working->state == OrderState::cancel_pending && working->updated >= now;
    if ((yields || overdue(*working, now)) && !asked) static_cast<void>(request_cancel(*working, now));
    if (guards_ && yields && may_exit(id, target->purpose) && !states_.frozen(id)) static_cast<void>(clears_the_way(id, now));  // at once, not one behind the other
    // The prediction may be over before the cancel is done, or before it is known what became of the exit's own order.
    const bool outranked = !by_command && working->intent.purpose > target->purpose;
    if (wants_out && may_exit(id, target->purpose) && !outranked) insist(id, target->purpose);
    // What somebody of a higher rank is only buying is not what this exit was about.
    if (wants_out && outranked && r.held_qty.is_zero()) clear(id, target->purpose);
    // Made by an earlier process from this very decision: it has its record.
    if (resuming_ && working->intent.decision == target->decision) return;
    if (!asked && left_behind(*working, *target, now)) static_cast<void>(request_cancel(*working, now));
    return stop(codes().working);
  }
  const bool buys_on = wants_out && may_exit(id, target->purpose) && still_buys(id, *target, now);
  const bool told = book_.insists(id, target->purpose);  // of what the clock considers each second one record is enough
  if (buys_on) insist(id, target->purpose);
  if (unsettled(id)) {
    if (wants_out && may_exit(id, target->purpose)) insist(id, target->purpose);
    return stop(codes().working);
  }

  const Decimal weight = Decimal::from_double(target->weight, Rounding::down);
  const Decimal wanted_value = mul(r.equity, weight, Rounding::down);
  r.wanted_qty = wants_out ? (target->keep.is_set() ? target->keep : Decimal::zero())
                           : floor_to(div(wanted_value, portfolio_.last_in_cash(id), Rounding::down), ins.rules.base_step);
  if (!r.wanted_qty.is_set()) return stop(codes().no_mark);  // by such a price it is more than any amount
  const Decimal smallest = mul(r.equity, options_.min_trade, Rounding::down);
  const Decimal held = r.held_qty;

  if (wants_out || (whole_plan && r.wanted_qty < held)) {
    if (held <= r.wanted_qty) {
      if (buys_on) return told ? void() : stop(codes().working);  // what it buys is sold as well
      if (!book_.insists(id, target->purpose)) return stop(codes().flat);
      // Done, but for what the venue says was bought and nobody has seen yet.
      if (!ended_.empty() && !owed(id, Side::buy).is_zero()) return;
      if (target->purpose == Purpose::stop) lock_reentry(id, now);
      return clear(id, target->purpose);
    }
    // What the venue says is sold already is not sold again, though its fills are missing.
    const Decimal sold = ended_.empty() ? Decimal::zero() : owed(id, Side::sell);
    Decimal qty = floor_to(held - sold - r.wanted_qty, ins.rules.base_step);
    qty = in_one_order(id, qty);
    if (target->purpose == Purpose::emergency) qty = emergency_slice(id, qty);
    else if (wants_out) qty = sized_to_book(id, qty, now);
    if (sold.is_positive() && !qty.is_positive()) {
      give_up(id, target->purpose);
      return stop(codes().blocked);
    }
    const Decimal bid = portfolio_.bid(id);
    const Decimal worth = bid.is_set() ? mul(qty, bid, Rounding::down) : bid, notional = worth.is_set() ? worth : ins.rules.quote_min;  // not known: tried
    if (!qty.is_positive() || qty < ins.rules.base_min || notional < ins.rules.quote_min) {
      if (buys_on) return told ? void() : stop(codes().working);
      give_up(id, target->purpose);  // no order can be made of it
      return stop(codes().dust);
    }
    if (!wants_out && notional < smallest) return stop(codes().below_min);
    // What is to be sold is held by the stop that rests: it is taken off first, and its end waited for. Not for an exit that does not run.
    if (guards_ && resting_of(id) != nullptr && !states_.frozen(id)) {
      if (!may_exit(id, target->purpose)) {
        give_up(id, target->purpose);
        return stop(shared("STATE_HALTED"));
      }
      if (wants_out) insist(id, target->purpose);
      static_cast<void>(clears_the_way(id, now));
      return stop(codes().working);
    }
    core::Intent intent = make_intent(ins, Side::sell, qty, target->purpose, target->decision, target->ref_px, now);
    const bool by_ladder = wants_out && target->purpose != Purpose::emergency;
    exit_terms(intent, by_ladder);
    if (target->purpose == Purpose::emergency && !shape_slice(intent)) return stop(codes().no_mark);
    r.order_qty = qty;
    auto answer = exit_floor_.approve(intent, portfolio_, working_sells(id), states_.frozen(id), r.checks);
    if (auto* refused = std::get_if<core::RiskRefusal>(&answer)) return stop(shared(refused->code));
    if (!may_exit(id, target->purpose)) {
      give_up(id, target->purpose);  // nor does it run when the state is another: it is of another time then
      return stop(shared("STATE_HALTED"));
    }
    if (wants_out) insist(id, target->purpose);  // until all of it is sold: an order may end with a rest
    r.order = core::ClientOrderId(intent.client_id());
    r.code = codes().order;
    if (by_ladder && last_rung(id))
      incident("EXIT_LADDER_END", "no attempt within the collar took the whole exit of " + ins.symbol + ": it is sold at the market", now, intent.client_id());
    approved_.push_back(std::get<core::RiskApproved<core::Intent>>(std::move(answer)));
    sized_.push_back(std::move(r));
    return;
  }

  if (r.wanted_qty <= held) return stop(below_zero < 0 ? codes().negative : codes().at_target);
  // What counts as not placed and could fill all the same is not bought a second time beside it (trading rules 2.3).
  if (now < may_come_until_[id.value - 1]) return stop(codes().may_come);
  if (reentry_locked(id, now)) return stop(codes().locked);
  if (blocked(id)) return stop(codes().blocked);
  if (const auto why = entries_held(id); !why.empty()) return stop(shared(why));
  if (quote_lost_[id.value - 1]) return stop(shared("MARK_STALE"));
  // A wallet whose peg does not hold counts 0 here and nowhere else: nothing is sold for it (trading rules 5.7).
  if (portfolio_.pegs().any()) {
    if (const auto why = portfolio_.peg_refusal(id, now); !why.empty()) return stop(shared(why));
    r.equity = portfolio_.sizing_equity(now);
    r.wanted_qty = floor_to(div(mul(r.equity, weight, Rounding::down), r.price, Rounding::down), ins.rules.base_step);
    if (!r.wanted_qty.is_set() || r.wanted_qty <= held) return stop(codes().equity);
  }
  if (moved_away(*target)) return stop(shared("PRICE_MOVED"));
  const Decimal more = floor_to(r.wanted_qty - held, ins.rules.base_step);
  if (!more.is_positive()) return stop(codes().at_target);
  const Decimal qty = floor_to(within_caps(id, in_one_order(id, more), target->purpose), ins.rules.base_step);
  if (!qty.is_positive()) return stop(codes().drift_cap);
  const Decimal touch = floor_to(portfolio_.bid(id), ins.rules.px_step);
  if (!touch.is_positive()) return stop(codes().no_mark);
  const Decimal notional = mul(qty, touch, Rounding::down);
  if (!notional.is_set()) return stop(codes().no_mark);
  if (notional < smallest || notional < ins.rules.quote_min || qty < ins.rules.base_min) return stop(codes().below_min);
  core::Intent intent = make_intent(ins, Side::buy, qty, target->purpose, target->decision, target->ref_px, now);
  if (!entry_terms(intent, touch, now)) return stop(codes().given_up);
  r.order_qty = qty;
  r.code = codes().order;
  wishes_.push_back({std::move(intent), std::move(r), max(qty, floor_to(within_own_cap(id, in_one_order(id, more), target->purpose), ins.rules.base_step))});
}

}  // namespace bowline::services
