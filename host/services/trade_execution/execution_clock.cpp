// Execution between two market events, by the clock (trading rules 1.5): what is due though the feed is mute. Only where
// time is real; in replay and simulation nobody calls it. A tick is written down when something comes of it, in front of
// that, so that a run that is run again has it at the same place; of all others there is nothing to be repeated.
#include <algorithm>

#include "observe/log.hpp"
#include "services/trade_execution/execution.hpp"

namespace bowline::services {
namespace {

using core::InstrumentId;
using core::Nanos;
using core::Order;
using core::OrderEvent;
using core::OrderState;
using core::Purpose;

constexpr Nanos moment = 1'000'000'000, answer_within = 10 * moment;

}  // namespace

void Execution::note_tick(store::TickRow::Of of, Nanos now) {
  if (!durable_journal_) return;
  now_ = std::max(now_, now);
  note(store::journal_kind::tick, store::line(store::TickRow{place(now), of}));
}

void Execution::tick_begins(Nanos now, bool certain) {
  before_tick_ = now_;
  tick_ = now;
  tick_told_ = false;
  now_ = std::max(now_, now);
  if (certain) tell_tick();
}

// Called by whatever a tick can lead to, before it does.
void Execution::tell_tick() {
  if (tick_ == 0 || tick_told_) return;
  tick_told_ = true;
  note_tick(store::TickRow::Of::clock, tick_);
}

bool Execution::tick_ends() {
  const bool told = tick_told_;
  if (!told) now_ = before_tick_;
  tick_ = 0;
  // No step follows while the feed is mute.
  if (told && durable_journal_ && journal_ok_ && journal_.pending()) flush_rows();
  return told;
}

void Execution::time_moved(Nanos now) { note_tick(store::TickRow::Of::time, now); }

void Execution::keep_off_again(Nanos now) {
  note_tick(store::TickRow::Of::latch, now);
  keep_entries_off(now);
}

void Execution::tick() {
  const Nanos now = tick_;
  if (!journal_ok_) journal_again(now);
  if (!orders_.working().empty()) end_what_is_over(now);
  look_for_answers(now);
  if (!orders_.working().empty()) keep_entries_off(now, 5 * moment);
  if (!ended_.empty()) look_for_fills(now);
  if (heard_ns_ == 0 && resuming_) heard_ns_ = now;  // the silence of a feed that is mute since the restart
  // A price that no step acted on, since its bar came late or its step waits for others, is held against the stops all the same.
  // Those that rest at the venue are the venue's, and are looked at behind.
  if (protections_.any())
    for (const core::Instrument& ins : table_.all())
      if (stop_owner(ins.id) == StopOwner::host) watch(ins.id, now);
  if (guards_) look_at_stops(now);
  push_exits(now);
  reconcile_in_time();
  if (options_.unprotected_after > 0) tell_unprotected(now);
  tell_mute(now);
  if (!approved_.empty()) flush_frame(now);
}

// The venue ends it by itself, and says so. Where it does not say so within a moment it is asked to, and again later: an
// order must not outlive its time because nobody told of its end (trading rules 1.4).
void Execution::end_what_is_over(Nanos now) {
  std::vector<Order*> over;
  for (Order* o : orders_.working()) {
    if (o->external || o->intent.abi.expire_ns == 0 || now < o->intent.abi.expire_ns + moment) continue;
    if (o->cancel_asked && now - o->updated < options_.exit_wait) continue;
    over.push_back(o);
  }
  static_cast<void>(request_cancels(over, now));
}

// Handed over, and no word of it since: a venue that is asked and does not have it may be believed like one that answered.
// Where time moves by data an order may be on its way for any number of bars.
bool Execution::never_answered(const Order& o, Nanos now) const noexcept {
  if (options_.time_by_data || o.external || o.at_venue || !o.venue_id.empty() || now - o.intent.abi.decided_ns < answer_within) return false;
  return o.state == OrderState::submitted || o.state == OrderState::cancel_pending;
}

// What has no answer in its time is of unknown fate, and the venue is asked (trading rules 2.3): a hand-over that was swallowed
// would hold up every other order of its product, an exit's next attempt too.
void Execution::look_for_answers(Nanos now) {
  bool unanswered = false;
  const std::vector<Order*> working = orders_.working();  // what is moved may change the list
  for (Order* o : working) {
    const bool silent = never_answered(*o, now);
    if (silent && o->state == OrderState::submitted) {
      move(*o, OrderEvent::timed_out, now, "no answer in time");
      observe::log::warning("execution", "order {} has no answer: its fate is not known, and the venue is asked", o->intent.client_id());
    }
    unanswered = unanswered || silent || o->state == OrderState::unknown;
  }
  if (now - looked_for_missing_ < options_.in_flight_every) return;
  const bool strange = std::any_of(strangers_.begin(), strangers_.end(), [](const StrangerFill& s) { return s.request == 0; });
  if (unanswered || strange || (!missing_.empty() && !working.empty())) {
    tell_tick();
    looked_for_missing_ = now;
    look_for_missing(now);
    if (strange) ask_about_strangers();
  }
  if (amends_out_.empty()) return;
  const std::uint64_t asked = requests_;
  look_at_amends(now);
  if (requests_ != asked) looked_for_missing_ = now;
}

// An exit that has no end is cancelled, and the next attempt follows. A stop goes on as it does at quotes; what is not that
// urgent keeps the time of one attempt between two, as if a bar had come.
void Execution::push_exits(Nanos now) {
  if (liquidation_) return;
  for (const core::Instrument& ins : table_.all()) {
    if (book_.insists(ins.id, Purpose::stop)) {
      push_stop(ins.id, now);
      continue;
    }
    if (!book_.insists(ins.id, Purpose::exit) && !closing(ins.id)) continue;
    if (Order* working = in_the_way(ins.id)) {
      const bool asked = working->cancel_asked && now - working->updated < moment;
      // A purchase whose cancel was refused works on: it is asked again, as at the next step.
      const bool refused = working->cancel_since != 0 && (working->state == OrderState::open || working->state == OrderState::partially_filled);
      if ((overdue(*working, now) || refused) && !asked) static_cast<void>(request_cancel(*working, now));
    } else if (!unsettled(ins.id) && now - last_exit_[ins.id.value - 1] >= options_.exit_wait) {
      tell_tick();
      static_cast<void>(fresh_view());
      consider(ins.id, now);
    }
  }
}

// The periods alone: what is heard of balances between two steps is not held against the ledger.
void Execution::reconcile_in_time() {
  if (!begun_) return;
  if (!asked_.empty()) give_up_on_answers();
  if (!asked_.empty()) return;
  if (venue_due_ || (options_.orders_every > 0 && now_ - orders_asked_ >= options_.orders_every)) {
    tell_tick();
    return ask_for_all();
  }
  if (options_.balances_every == 0 || now_ - balances_asked_ < options_.balances_every || !held_back_.empty()) return;
  for (std::uint32_t n = 1; n <= table_.asset_count(); ++n)
    if (in_doubt({n})) return;
  tell_tick();
  ask_what_is_there();
}

// A feed that tells of others leaves a product without a price, and its stop without eyes. Once a silence.
void Execution::tell_silent(Nanos now) {
  for (const core::Instrument& ins : table_.all()) {
    const Nanos last = portfolio_.mark(ins.id).time;
    Nanos& told = told_silent_[ins.id.value - 1];
    if (last == 0 || told == last || now - last < options_.mute_after || portfolio_.position(ins.id).qty.is_zero()) continue;
    tell_tick();
    told = last;
    incident("PRODUCT_MUTE", "no bar and no quote of " + ins.symbol + " has come for longer than two bars, while it is held: a stop that this host watches does not see its price", now);
  }
}

// Once a silence, and only where it matters: something is held, or works.
void Execution::tell_mute(Nanos now) {
  if (options_.mute_after == 0 || heard_ns_ == 0) return;
  if (now - heard_ns_ < options_.mute_after) return tell_silent(now);
  if (told_mute_ == heard_ns_) return;
  if (orders_.working().empty() && portfolio_.exposure().is_zero()) return;
  tell_tick();
  told_mute_ = heard_ns_;
  incident("FEED_MUTE", "no bar and no quote has come for longer than two bars, while something is held or works", now);
}

}  // namespace bowline::services
