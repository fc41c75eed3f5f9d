#include "services/trade_execution/execution.hpp"

#include <algorithm>
#include <cmath>

#include "core/contract.hpp"
#include "observe/log.hpp"
#include "services/trade_execution/sizing_codes.hpp"

namespace bowline::services {
namespace {

namespace out = observe::log;
using core::InstrumentId;
using core::Nanos;
using core::Order;
using core::OrderEvent;
using core::OrderState;
using core::Purpose;
using core::Side;

constexpr Nanos moment = 1'000'000'000, minute = 60 * moment, hour = 60 * minute, day_ns = 24 * hour;
constexpr std::uint64_t other_book = 1u << 7;  // of bl_product.flags

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

Execution::Execution(ExecutionOptions options, const core::InstrumentTable& table, core::AssetId accounting,
                     Decimal half_spread, std::vector<std::unique_ptr<core::RiskRule>> rules, core::FloorLimits floor,
                     BrokerPort& broker, store::Journal& journal, core::RecordSink& sink)
    : options_(std::move(options)),
      table_(table),
      portfolio_(table, accounting, half_spread),
      orders_(options_.ended_orders),
      book_(table.size()),
      protections_(table.size()),
      rungs_(table.size(), 0),
      last_exit_(table.size(), 0),
      locked_until_(table.size(), 0),
      may_come_until_(table.size(), 0),
      told_unprotected_(table.size(), false),
      noted_best_(table.size(), Decimal::not_set()),
      past_now_(table.size()),
      rests_(table.size()),
      guards_(options_.stops.at_venue && options_.stops.can.any()),
      chain_(std::move(rules), floor, shared("floor")),
      exit_floor_(shared("exit_floor")),
      states_(table.size()),
      ramp_(options_.ramp),
      blocks_(table.size()),
      bid_qty_(table.size(), Decimal::not_set()),
      quote_lost_(table.size(), false),
      told_ahead_(table.size(), 0),
      told_silent_(table.size(), 0),
      mark_guard_(table.size(), floor.mark_jump, floor.mark_jump_wait, 2 * options_.interval),
      broker_(broker),
      journal_(journal),
      durable_journal_(journal.durable()),
      sink_(sink),
      trail_(sink),
      trips_(options_.trip_loss, options_.trip_drawdown),
      entries_(table.size()) {
  journal_.name(table_);
}

// ---- the step ---------------------------------------------------------------------------------------------------

[[gnu::hot, gnu::flatten]] void Execution::on_bar(const bl_bar& bar) {
  ++heard_;
  now_ = std::max(now_, bar.h.ts_recv);
  heard_ns_ = now_;
  if (const auto done = broker_.on_event(bar.h); !done) broker_failed(done.error());
  mark_by_bar(bar);
}

// A price of a time that has not come yet would be newer than all that follow: they would be passed over until then, and a stop
// with them. It is of when it came (trading rules 5.2).
[[gnu::hot]] Nanos Execution::not_ahead(const bl_event& e) {
  if (e.ts_event <= now_) [[likely]] return e.ts_event;
  Nanos& told = told_ahead_[e.instrument - 1];
  if (e.ts_event - now_ > moment && (told == 0 || now_ - told >= hour)) {
    told = now_;
    incident("MARK_AHEAD", "a price of " + table_[InstrumentId{e.instrument}].symbol + " bears a time that has not come yet: it counts as of when it came", now_);
  }
  return now_;
}

[[gnu::hot]] void Execution::mark_by_bar(const bl_bar& bar) {
  const core::Mark& known = portfolio_.mark({bar.h.instrument});
  const Decimal close = Decimal::from_mantissa(bar.close, bar.px_exp);
  const Nanos at = not_ahead(bar.h);
  if (close.is_set() && close.is_positive()) mark_guard_.traded({bar.h.instrument}, close, at);
  // A bar that comes late is history, and where quotes come in the quote is the mark (trading rules 5.2): neither may
  // put the book back to an older price. A quote that no other followed for a whole bar is history, too.
  if (at < known.time || (known.bid.is_set() && at - known.time < options_.interval)) return;
  core::Mark mark;
  mark.last = close;
  mark.time = at;
  if (!mark.last.is_set() || !mark.last.is_positive()) return;
  // It values and sells what is held. Nothing is bought by it where quotes are to be had (trading rules 5.2).
  if (known.bid.is_set()) {
    quote_lost_[bar.h.instrument - 1] = true;
    bid_qty_[bar.h.instrument - 1] = Decimal::not_set();
  }
  set_mark({bar.h.instrument}, mark);
}

// Not later than the position it is no price of it: its best one counts from its first fill on, in whatever process the two
// are heard, and in whatever order.
[[gnu::hot]] void Execution::set_mark(InstrumentId id, const core::Mark& mark) {
  const core::Position& p = portfolio_.position(id);
  mark_guard_.moves(id, portfolio_.mark(id).last, mark.last, std::max(now_, mark.time));
  portfolio_.set_mark(id, mark, p.qty.is_zero() || mark.time > p.opened);
}

void Execution::on_quote(const bl_quote& quote) {
  ++heard_;
  now_ = std::max(now_, quote.h.ts_recv);
  heard_ns_ = now_;
  if (const auto done = broker_.on_event(quote.h); !done) broker_failed(done.error());
  mark_by_quote(quote);
  if (resuming_ && !missing_.empty()) resend_in_time(now_);
  act_on_price({quote.h.instrument}, now_);
  if (!unpriced_) tripped(trips_.look_between(portfolio_, now_), now_);
  if (guards_) {
    rest({quote.h.instrument}, now_);
    if (!approved_.empty()) flush_frame(now_);
  }
}

void Execution::mark_by_quote(const bl_quote& quote) {
  if (quote.bid <= 0 || quote.ask < quote.bid) return;  // one-sided or crossed: not a validated mark
  core::Mark mark;
  mark.bid = Decimal::from_mantissa(quote.bid, quote.px_exp);
  mark.ask = Decimal::from_mantissa(quote.ask, quote.px_exp);
  mark.time = not_ahead(quote.h);
  mark.last = mark_guard_.bounded({quote.h.instrument}, mul(mark.bid + mark.ask, Decimal::from_mantissa(5, -1), Rounding::half_even), mark.time);
  // A bid that is nowhere near what was traded is sold at, and makes no loss of a day by itself (trading rules 5.1, 5.2).
  if (const Decimal believed = mark_guard_.bounded({quote.h.instrument}, mark.bid, mark.time); believed != mark.bid) mark.loss_bid = believed;
  if (!mark.last.is_set() || mark.time < portfolio_.mark({quote.h.instrument}).time) return;
  quote_lost_[quote.h.instrument - 1] = false;
  bid_qty_[quote.h.instrument - 1] = quote.bid_qty > 0 ? Decimal::from_mantissa(quote.bid_qty, quote.qty_exp) : Decimal::not_set();
  set_mark({quote.h.instrument}, mark);
}

void Execution::broker_failed(const Error& why) { incident("BROKER_EVENT_FAILED", why.message, now_); }

void Execution::on_broker_event(const bl_event& event) {
  if (resuming_ && hold_back(event)) return;
  if (!collect(event)) take(event);
  if (follow_) follow_up();
}

void Execution::take(const bl_event& event) {
  now_ = std::max(now_, event.ts_recv);
  switch (event.type) {
    case BL_EV_EXEC: {
      const auto& told = reinterpret_cast<const bl_exec&>(event);
      const std::uint64_t moves = moves_;
      on_exec(told);
      if (moves_ == moves && sink_.wanted()) tell_unmoved(told);
      break;
    }
    case BL_EV_FILL: on_fill(reinterpret_cast<const bl_fill&>(event)); break;
    case BL_EV_BALANCE:
      if (liquidation_) told_of_liquidation(reinterpret_cast<const bl_balance_ev&>(event));
      on_balance(reinterpret_cast<const bl_balance_ev&>(event));
      break;
    case BL_EV_LINK: {
      // What happened while the link was down is told to who asks.
      const auto& link = reinterpret_cast<const bl_link&>(event);
      if (link.state == 1 && (link.scope & 2u) != 0) venue_due_ = true;
      break;
    }
    case BL_EV_PRODUCT:
      check_rules(reinterpret_cast<const bl_product&>(event));
      told_of_product(reinterpret_cast<const bl_product&>(event));
      break;
    case BL_EV_DONE: on_done(reinterpret_cast<const bl_done&>(event)); break;
    default: break;  // unknown and uninteresting types are ignored, as the ABI demands
  }
}

// The cost gate and the balance check reckon with the configured fees, and all quantities are rounded to the configured steps, in
// whatever process they run. Less than the venue takes would let through what does not pay; more only holds back. Steps finer than the
// venue's leave a rest that is no dust here and can't be sold there.
void Execution::check_rules(const bl_product& told) {
  const InstrumentId id{told.h.instrument};
  if (!id || id.value > table_.size()) return;
  const core::Instrument& ins = table_[id];
  const auto above = [](bl_dec venue, Decimal configured) {
    const Decimal d = Decimal::from_raw(venue);
    return d.is_set() && configured.is_set() && d > configured;
  };
  if (above(told.taker_fee, ins.rules.taker_fee) || above(told.maker_fee, ins.rules.maker_fee))
    goes_against({id, "FEES_ABOVE_CONFIG", "the venue takes higher fees of " + ins.symbol + " than the configuration reckons with",
                  {"RUN_FEES_BELOW_VENUE", "the venue takes higher fees for " + ins.symbol + " than the configuration reckons with, and entries would pay less than "
                                           "they cost: state its taker_fee and maker_fee under instruments"}});
  if (above(told.base_step, ins.rules.base_step)) {
    const std::string step = Decimal::from_raw(told.base_step).to_string();
    goes_against({id, "STEP_BELOW_VENUE", "the venue trades " + ins.symbol + " in steps of " + step + ", and the configuration in finer ones",
                  {"RUN_STEP_BELOW_VENUE", "the venue trades " + ins.symbol + " in steps of " + step + ", and the configuration in steps of " +
                                           ins.rules.base_step.to_string() + ": set its base_step under instruments to " + step}});
  }
  if ((told.flags & other_book) != 0)
    goes_against({id, "DATA_OTHER_BOOK", "by the venue's word " + ins.symbol + " does not share its book with the product that its data are told under",
                  {"RUN_DATA_OTHER_BOOK", "by the venue's word " + ins.symbol + " does not share its book with the product that its data are told under, and their prices "
                                          "are not its own: correct its data_symbol under instruments, or leave it out"}});
}

void Execution::goes_against(AgainstConfig what) {
  for (const AgainstConfig& known : against_config_)
    if (known.id == what.id && known.code == what.code) return;
  // Before the start a new run is refused for it, and one that goes on begins with it (begin()). Told later it can only be said:
  // what is held must still be sold.
  if (begun_) block(what.id, what.code, what.why, now_);
  against_config_.push_back(std::move(what));
}

[[gnu::hot]] const core::PortfolioView& Execution::publish(Nanos now) {
  // Where time is real the clock, or the venue, may have moved it beyond the bars of the step: it does not go back to them.
  now_ = options_.time_by_data ? now : std::max(now_, now);
  within_ = true;
  if (portfolio_.pegs().any()) look_at_pegs(now);
  portfolio_.close_step(now);
  const Decimal equity = portfolio_.equity_at_bid();
  quiet_step_ = trips_.quiet(equity, portfolio_.net_flows(), now);
  const Decimal peak = portfolio_.peak();
  if (equity.is_set() && peak.is_positive() && equity < peak) {
    // The product tells whether it is a new deepest one; only then is the quotient needed. Both are kept while the peak
    // stands.
    if (peak != drawdown_peak_) {
      drawdown_peak_ = peak;
      deepest_ = mul(max_drawdown_, peak, Rounding::down);
    }
    const Decimal below = peak - equity;
    if (below > deepest_) {
      const Decimal down = div(below, peak, Rounding::half_even);
      if (down.is_set() && down > max_drawdown_) max_drawdown_ = down;
      deepest_ = below;
    }
  }
  view_.build(portfolio_, orders_, state(), now);
  view_is_old_ = false;
  return view_;
}

[[gnu::hot]] void Execution::take_targets(std::span<const core::Target> targets, bool plan) {
  if (plan) {
    book_.clear_all(Purpose::rebalance);
    note_gone("*", Purpose::rebalance);
  }
  for (const core::Target& t : targets) {
    const bool insisted = book_.insists(t.instrument, Purpose::exit);
    const bool stands = book_.put(t);
    if (insisted && !book_.insists(t.instrument, Purpose::exit)) {
      if (t.purpose == Purpose::exit && book_.has(t.instrument, Purpose::exit)) {
        insist(t.instrument, Purpose::exit);  // the newer SELL takes over where the last one was
      } else {
        rungs_[t.instrument.value - 1] = 0;
        note_gone(table_[t.instrument].symbol, Purpose::exit);
      }
    }
    // A plan stands until the next one: it must outlive this process. A prediction's target is over with its bar.
    if (stands && plan) note_target(t, false);
  }
}

void Execution::action_changed(InstrumentId id) {
  if (!book_.has(id, Purpose::rebalance)) return;
  book_.action_changed(id);
  note_gone(table_[id].symbol, Purpose::rebalance);
}

[[gnu::hot]] void Execution::trade(Nanos now) {
  // Nor is what is ordered of an older time than it is: it would leave too late, or count as just made for too long.
  if (!options_.time_by_data) now = std::max(now_, now);
  now_ = traded_ = now;
  ordered_.clear();
  // On command, or after an order that came in between: what it did counts in every limit (trading rules 5.5).
  static_cast<void>(fresh_view());
  if (!journal_ok_) journal_again(now);
  if (!cancels_due_.empty()) cancel_in_time(now, true);
  if (!orders_.working().empty()) {
    look_for_missing(now);
    keep_entries_off(now);
    if (!amends_out_.empty()) look_at_amends(now);
  }
  if (protections_.any()) watch_all(now);
  if (!strangers_.empty()) ask_about_strangers();
  if (reconcile_looks()) reconcile_if_due();
  if (!liquidation_) {
    for (const core::Instrument& ins : table_.all()) propose(ins.id, now);
    place_entries(now);
    if (options_.position_drift.on() || options_.exposure_drift.on()) trim_drift(now);
  }
  if (!approved_.empty()) flush_frame(now);
  if (guards_ && (protections_.any() || !orders_.working().empty())) rest_all(now);
  if (liquidation_) static_cast<void>(look_at_liquidation(now));
  book_.forget_fallen();
}

void Execution::finish(Nanos now) {
  if (!answer_.empty()) take_answer();
  // Before what was settled is recalled no price is known: nothing is reckoned from it, neither equity nor the day's loss.
  unpriced_ = resuming_ && !history_over_;
  if (!unpriced_) publish(now);  // what the last reports brought is another version than that of the last step
  compare_ended(now, true);
  settle(now);
  tell_unwatched();
}

[[gnu::hot]] void Execution::settle(Nanos now) {
  // An answer without its end: what it told so far is no less true.
  if (!answer_.empty() && answer_step_ != steps_) take_answer();
  if (!ended_.empty()) compare_ended(now, false);
  if (options_.unprotected_after > 0) tell_unprotected(now);
  if (!unpriced_ && trips_.any() && (!quiet_step_ || changed_)) tripped(trips_.look(portfolio_, now), now);
  ++steps_;
  within_ = false;
  settled_ = std::max(settled_, now);
  // What this step said of orders is durable before the next begins, and so are the day's opening and the marks of the
  // rolling one (trading rules 5.1): those where time is real at the latest after an hour, else with the day. Where time is
  // real no bar tells a best price a second time.
  const Nanos kept = now / (options_.time_by_data ? day_ns : hour);
  const bool due = journal_.pending() || kept != persisted_day_ || (!options_.time_by_data && best_is_news());
  if (durable_journal_ && journal_ok_ && due) {
    store::StepRow row = step_row();
    add_best(row);
    note(store::journal_kind::step, store::line(row));
    if (const auto done = journal_.flush(); done) {
      persisted_day_ = kept;
    } else {
      incident("JOURNAL_WRITE", done.error().message, now);
      journal_ok_ = false;
    }
  }
  if (!recent_orders_.empty())
    std::erase_if(recent_orders_, [now](Nanos t) { return t <= now - minute; });
  if (attempts_.size() > 64 + 16 * table_.size())  // what no target stands for any more can't be attempted again
    std::erase_if(attempts_, [this](const auto& a) {
      const core::Id128 decision{a.first.first, a.first.second};
      return !book_.stands(decision) && !(liquidation_ && liquidation_->made(decision));
    });
  if (sink_.wanted() && !unpriced_ && (changed_ || now - last_written_ >= hour)) {
    core::PortfolioRecord r;
    r.time = now;
    r.version = portfolio_.version();
    r.equity = portfolio_.equity();
    r.cash = portfolio_.cash();
    r.exposure = portfolio_.exposure();
    r.realised = portfolio_.realised();
    r.unrealised = portfolio_.unrealised();
    r.fees = portfolio_.fees();
    r.peak = portfolio_.peak();
    sink_.put(r);
    last_written_ = now;
  }
  changed_ = false;
}

// ---- from a target to an order ------------------------------------------------------------------------------------

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
    return std::any_of(missing_.begin(), missing_.end(), [&o](const Missing& m) { return m.held && m.order == o.id(); });
  };
  for (Order* o : orders_.working())
    if (!o->external && o->intent.abi.instrument == id.value && !core::rests_as_stop(o->intent) && !stuck(*o)) return o;
  return nullptr;
}

bool Execution::unsettled(InstrumentId id) const {
  return std::any_of(ended_.begin(), ended_.end(), [&](const Ended& e) {
    const Order* o = e.judged ? nullptr : orders_.find(e.order);
    return o != nullptr && !o->external && o->intent.abi.instrument == id.value && o->cum_qty != e.told;
  });
}

Decimal Execution::owed(InstrumentId id, Side side) const {
  Decimal sum = Decimal::zero();
  for (const Ended& e : ended_)
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
  f.day_notional = day_ == now / day_ns ? day_notional_ : Decimal::zero();
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

// Every buy counts, the operator's too: in the day's cap, and at once in the view that the next intent is judged on.
void Execution::count_entry(const core::Intent& entry, Nanos now) {
  if (entry.side() != Side::buy) return;
  const Decimal px = entry.limit_px().is_set() ? entry.limit_px() : portfolio_.ask(entry.instrument());
  count_in_day(entry.quote_qty().is_set() ? entry.quote_qty() : mul(entry.qty(), px, Rounding::up), now);
  view_.add_working(entry.abi);
}

void Execution::count_in_day(Decimal notional, Nanos now) {
  if (day_ != now / day_ns) {
    day_ = now / day_ns;
    day_notional_ = Decimal::zero();
  }
  day_notional_ = day_notional_ + notional;
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
    const bool gives_way = by_command ? working->intent.decision != target->decision
                                      : wants_out && rests && working->intent.purpose < target->purpose;
    const bool asked = working->state == OrderState::cancel_pending && working->updated >= now;
    if ((gives_way || overdue(*working, now)) && !asked) static_cast<void>(request_cancel(*working, now));
    if (guards_ && gives_way && may_exit(id, target->purpose) && !states_.frozen(id)) static_cast<void>(clears_the_way(id, now));  // at once, not one behind the other
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
  if (unsettled(id)) {
    if (wants_out && may_exit(id, target->purpose)) insist(id, target->purpose);
    return stop(codes().working);
  }

  const Decimal weight = Decimal::from_double(target->weight, Rounding::down);
  const Decimal wanted_value = mul(r.equity, weight, Rounding::down);
  r.wanted_qty = wants_out ? (target->keep.is_set() ? target->keep : Decimal::zero())
                           : floor_to(div(wanted_value, portfolio_.last_in_cash(id), Rounding::down), ins.rules.base_step);
  const Decimal smallest = mul(r.equity, options_.min_trade, Rounding::down);
  const Decimal held = r.held_qty;

  if (wants_out || (whole_plan && r.wanted_qty < held)) {
    if (held <= r.wanted_qty) {
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
    const Decimal notional = bid.is_set() ? mul(qty, bid, Rounding::down) : ins.rules.quote_min;  // not known: tried
    if (!qty.is_positive() || qty < ins.rules.base_min || notional < ins.rules.quote_min) {
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
  if (notional < smallest || notional < ins.rules.quote_min || qty < ins.rules.base_min) return stop(codes().below_min);
  core::Intent intent = make_intent(ins, Side::buy, qty, target->purpose, target->decision, target->ref_px, now);
  if (!entry_terms(intent, touch, now)) return stop(codes().given_up);
  r.order_qty = qty;
  r.code = codes().order;
  wishes_.push_back({std::move(intent), std::move(r), max(qty, floor_to(within_own_cap(id, in_one_order(id, more), target->purpose), ins.rules.base_step))});
}

// In the same commit: how each came about, and the day's entries with these.
Result<void> Execution::record_frame(Nanos now) {
  const std::size_t marks = trips_.rolling().waiting(), others = beside_.size();
  if (durable_journal_) {
    for (const core::SizingRecord& r : sized_)
      beside_.push_back({store::journal_kind::sizing, store::line(store::SizingRow{table_[r.instrument].symbol, r})});
    beside_.push_back({store::journal_kind::step, store::line(step_row())});
  }
  durable_.clear();
  auto recorded = journal_.record(approved_, now, durable_, beside_);
  if (!recorded) trips_.rolling().wait_again(marks);
  beside_.resize(others);
  return recorded;
}

// Everything approved in this frame becomes durable in one commit; only then is any of it handed over.
void Execution::flush_frame(Nanos now) {
  if (approved_.empty()) return;
  tell_tick();
  view_is_old_ = true;
  auto recorded = record_frame(now);
  if (!recorded && leave_out_entries()) recorded = record_frame(now);
  beside_.clear();
  if (const auto& done = recorded; !done) {
    incident("JOURNAL_WRITE", done.error().message, now);
    approved_.clear();
    for (core::SizingRecord& r : sized_) {  // no order came of it, so none is named
      r.order = {};
      r.code = codes().journal;
      sizing(std::move(r));
    }
    sized_.clear();
    journal_ok_ = false;  // entries denied until the journal can be written again
    return;
  }
  journal_ok_ = true;
  approved_.clear();
  const bool asks = sink_.wanted() && !chain_.rules().empty();
  for (core::SizingRecord& r : sized_)
    if (!asks || !asked_beside(r)) sizing(std::move(r));
  if (asks) std::erase_if(sized_, [](const core::SizingRecord& r) { return !asked_beside(r); });
  else sized_.clear();
  fresh_.clear();
  for (const auto& durable : durable_) {
    auto added = orders_.add(**durable, now, seq_);
    if (!added) {
      incident(added.error().code, added.error().message, now);
      fresh_.push_back(nullptr);
      continue;
    }
    fresh_.push_back(*added);
    ordered_.push_back((*added)->intent.decision);
    ++attempts_[{(*added)->intent.decision.hi, (*added)->intent.decision.lo}];
    count_rung((*added)->intent);
    count_entry_order((*added)->intent);
    if ((*added)->intent.side() == Side::buy) ramp_.count(now);
    ++counts_.orders;
    recent_orders_.push_back(now);
    changed_ = true;
  }
  for (std::size_t i = 0; i < durable_.size(); ++i) {
    if (fresh_[i] == nullptr) continue;
    Error why;
    const HandOver done = broker_.submit(durable_[i], why);
    trail_.submitted(*fresh_[i], done, why, {seq_, now});
    switch (done) {
      case HandOver::taken: move(*fresh_[i], OrderEvent::handed_over, now, ""); break;
      case HandOver::denied:
        busy_ = busy_ || says_again(why);
        fresh_[i]->reason = why.message;
        move(*fresh_[i], OrderEvent::deny, now, why.message);
        ++counts_.rejected;
        break;
      case HandOver::unknown:
        move(*fresh_[i], OrderEvent::handed_over, now, "");
        move(*fresh_[i], OrderEvent::timed_out, now, why.message);
        break;
    }
  }
  if (!sized_.empty()) record_opinions();
}

// Of what may be an exit: what is bought was judged before it left. A liquidation hangs on no rule's answer.
bool Execution::asked_beside(const core::SizingRecord& r) noexcept {
  return r.purpose != Purpose::entry && r.purpose != Purpose::emergency;
}

void Execution::record_opinions() {
  std::vector<core::SizingRecord> exits;
  exits.swap(sized_);
  const bl_portfolio& view = fresh_view().get();
  for (core::SizingRecord& r : exits) {
    if (const Order* o = orders_.find(r.order); o != nullptr && o->intent.side() == Side::sell) chain_.opinions(o->intent, view, r.checks);
    sizing(std::move(r));
  }
}

// Tried at each step while entries are denied: an exit's own record tries as well.
void Execution::journal_again(Nanos now) {
  if (!journal_noted_) static_cast<void>(journal_.note("journal", now, "{\"state\":\"writable again\"}"));
  journal_noted_ = true;
  if (!journal_.flush()) return;
  journal_noted_ = false;
  journal_ok_ = true;
}

}  // namespace bowline::services
