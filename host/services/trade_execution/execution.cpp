// Execution from one step to the next: made, told by the broker, its targets taken, traded and settled. What happens within a
// step stands in a file for each concept; each of them begins with what it is about.
#include "services/trade_execution/execution.hpp"

#include <algorithm>

namespace bowline::services {
namespace {

using core::InstrumentId;
using core::Nanos;
using core::Purpose;

constexpr Nanos minute = 60'000'000'000, hour = 60 * minute, day_ns = 24 * hour;

core::SharedText shared(std::string_view s) { return std::make_shared<const std::string>(s); }

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

// ---- what the broker tells ------------------------------------------------------------------------------------------

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

// ---- the step ---------------------------------------------------------------------------------------------------

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

}  // namespace bowline::services
