// trade-execution: the target book, orders, fills and the portfolio. The only maker of orders. One object on the core
// thread; it reads no clock: time is the event's.
#pragma once

#include <algorithm>
#include <array>
#include <bowline/result.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "core/booking.hpp"
#include "core/identity.hpp"
#include "core/mark_guard.hpp"
#include "core/order.hpp"
#include "core/portfolio.hpp"
#include "core/portfolio_view.hpp"
#include "core/projection.hpp"
#include "core/protection.hpp"
#include "core/risk_chain.hpp"
#include "core/target_book.hpp"
#include "services/trade_execution/amend_request.hpp"
#include "services/trade_execution/bought_by_day.hpp"
#include "services/trade_execution/broker_port.hpp"
#include "services/trade_execution/command_memory.hpp"
#include "services/trade_execution/ended_order.hpp"
#include "services/trade_execution/entry_series.hpp"
#include "services/trade_execution/entry_wish.hpp"
#include "services/trade_execution/execution_counts.hpp"
#include "services/trade_execution/execution_options.hpp"
#include "services/trade_execution/exit_reserve.hpp"
#include "services/trade_execution/flows_of_day.hpp"
#include "services/trade_execution/in_flight_turns.hpp"
#include "services/trade_execution/liquidation.hpp"
#include "services/trade_execution/loss_trips.hpp"
#include "services/trade_execution/operator_commands.hpp"
#include "services/trade_execution/past_position.hpp"
#include "services/trade_execution/peg_watch.hpp"
#include "services/trade_execution/ramp.hpp"
#include "services/trade_execution/reconciliation.hpp"
#include "services/trade_execution/start_state.hpp"
#include "services/trade_execution/stranger_fill.hpp"
#include "services/trade_execution/trade_request.hpp"
#include "services/trade_execution/trading_states.hpp"
#include "services/trade_execution/unanswered.hpp"
#include "services/trade_execution/venue_balance.hpp"
#include "services/trade_execution/venue_product.hpp"
#include "services/trade_execution/venue_trail.hpp"
#include "services/trade_execution/verdict_counts.hpp"
#include "store/input_rows.hpp"
#include "store/journal.hpp"
#include "store/journal_rows.hpp"

namespace bowline::store {
class HaltLatch;
class ReceiptKey;
}

namespace bowline::services {

class Execution {
 public:
  Execution(ExecutionOptions options, const core::InstrumentTable& table, core::AssetId accounting, Decimal half_spread,
            std::vector<std::unique_ptr<core::RiskRule>> rules, core::FloorLimits floor, BrokerPort& broker,
            store::Journal& journal, core::RecordSink& sink);

  // ---- what it is given by who makes it
  /// The latch that it halts by; borrowed. None: there is no state folder (tests).
  void obey(const store::HaltLatch& latch) noexcept { latch_ = &latch; }
  /// Who knows whether the SQL store can be written; false denies entries, never an exit. Empty: no store, nothing to ask.
  void ask_store(std::function<bool()> store_up) { store_up_ = std::move(store_up); }
  /// Whom the risk rules hear of orders by: each accepted report of an order, each fill once it is booked, and the position
  /// after it (quantity 0 when it closed), in this order. Empty: nobody listens.
  void tell_rules(std::function<void(const bl_event&)> told) { tell_rules_ = std::move(told); }
  /// What counts as cash beside the accounting asset (trading rules 5.7), see Portfolio::set_pegs(). Before the first event.
  void peg(std::vector<core::Peg> pegs, core::Nanos stale_after) { portfolio_.set_pegs(std::move(pegs), stale_after); }
  /// The configuration's allow- and deny-list: of what is not listed nothing is bought. Before the first step.
  void list(core::InstrumentId id, bool listed) { states_.list(id, listed); }
  /// Signs the receipts of liquidations that end from here on; borrowed. Without it they say that they are not signed.
  void sign_receipts(const store::ReceiptKey& key) noexcept { receipt_key_ = &key; }

  // ---- before the first step
  /// Puts back what one row of an earlier process's journal says, in the order of the file: orders, fills, cash, state and
  /// blocks are then as they were when it was written. Nothing is sent. `project`: where the row's record goes, because
  /// the store may have lost it with the process; null: the store has it. Errors: JOURNAL_ROW, and what the book says to
  /// a row that can't be true.
  Result<void> restore(const store::JournalRow& row, core::RecordSink* project = nullptr);
  /// After the last row. What was handed over without an answer, or perhaps was, is unknown until the venue is asked.
  void restored();
  /// The step behind which the journal knows nothing more; 0 = nothing was restored, or no step was settled.
  core::Nanos settled() const noexcept { return settled_; }
  /// A bar or quote of a step that is settled already: the price that is known, and the best one while the position was
  /// held. The broker hears a bar marked as replayed, and fills nothing by it.
  void recall_bar(const bl_bar& bar);
  void recall_quote(const bl_quote& quote);
  /// Tells the rules, marked as replayed, how positions changed up to `until`, as far as they were not told yet: between the
  /// bars of then, so that a rule comes to what it knew.
  void recall_positions(core::Nanos until);
  /// Asks the venue for open orders, fills, balances and products, then for each working order that it did not name. What
  /// it says lands as any event; reconciled() tells when all is answered. Errors: of the broker's query.
  Result<void> ask_venue();
  /// What the venue lacks and what may still be sent again is sent again, cancels too. Once prices are known, before the first
  /// step; later each step does it. Engine time is that of the step settled last.
  void resume_orders();
  /// Tells the rules the positions not told yet, and the fills of the day that an earlier process booked: what they count by
  /// the day goes on.
  void tell_rules_of_today();
  /// Whether everything that was asked is answered.
  bool reconciled() const noexcept { return asked_.empty(); }

  /// What the venue told before its time, when engine time has reached it (known_at of an event: nothing may use it
  /// before). In a run whose time moves by data a restart learns at its first step what happened in the steps to come.
  void release(core::Nanos now) {
    if (!held_back_.empty()) release_due(now);
    if (!cancels_due_.empty()) cancel_in_time(now, false);
  }

  // ---- the step, in order
  /// The venue has answered what is asked at the start: from here on nothing it says can refuse the run.
  void begin();
  /// Behind begin(), before the first step: a run that starts reducing does so, or goes on after a planned roll-out
  /// (execution_start.cpp). `ended`: the row that the journal of the process before ended with; `wall`: the clock.
  void start(const std::optional<store::EndRow>& ended, core::Nanos wall);
  /// Hands a bar to the broker and marks the book. Fills that come of it arrive through on_broker_event.
  void on_bar(const bl_bar& bar);
  void on_quote(const bl_quote& quote);
  /// Any event of the broker: EXEC, FILL, BALANCE, PRODUCT, LINK, DONE.
  void on_broker_event(const bl_event& event);
  /// Ends the marking part of step t: portfolio version v(t).
  const core::PortfolioView& publish(core::Nanos now);
  /// Takes proposals in the order bridge, rebalancer. `plan` = a rebalancer's whole plan, which replaces the one before.
  void take_targets(std::span<const core::Target> targets, bool plan);
  /// The prediction's action for the product is another than before: a standing rebalancer target falls.
  void action_changed(core::InstrumentId instrument);
  /// Nets, sizes, judges, records, submits. One journal commit for all of it.
  void trade(core::Nanos now);
  /// Decisions that an order was made of since the step's trade() began; valid until something is done.
  std::span<const core::Id128> ordered() const noexcept { return ordered_; }
  /// Closes step t: writes what changed.
  void settle(core::Nanos now);
  /// After the last step, and after what came of the shutdown's cancels: compares and writes what no step will.
  void finish(core::Nanos now);
  /// The venue's plugin answered an event, or its own timer, with an error.
  void broker_failed(const Error& why);

  // ---- the clock, between two steps (execution_clock.cpp; trading rules 1.5)
  /// A tick of the clock begins; timers of plugins that are due fire behind it. Its row is written with the first thing that
  /// comes of it; `certain`: at once. A tick that nothing comes of leaves nothing behind, engine time of plugins apart.
  void tick_begins(core::Nanos now, bool certain);
  /// What is due by then though no market event came: ends of entries, exits without an end, questions, periods, alerts.
  void tick();
  /// What came of it is durable. Whether anything did.
  bool tick_ends();
  /// A tick that had no row moved time beyond what comes next, which had been received before it.
  void time_moved(core::Nanos now);
  /// What rests under the latch is asked to be cancelled again. It has a row, since it comes with the clock.
  void keep_off_again(core::Nanos now);

  // ---- orders of an operator (execution_commands.cpp, execution_amend.cpp, execution_close.cpp, execution_asked.cpp)
  Result<TradeAnswer> execute(const TradeRequest& request, core::Nanos now);
  /// Asks the venue for other terms of an order that the operator placed (execution_amend.cpp). Errors: ORDER_NOT_FOUND,
  /// ORDER_ENDED, ORDER_EXTERNAL, ORDER_CANCELLING, ORDER_UNANSWERED, AMEND_UNSUPPORTED (by the venue's plugin), those of
  /// core::amendment_of() and check_terms(), of a purchase where it increases one, a rule's or floor's code,
  /// IDEMPOTENCY_KEY_REUSED, IDEMPOTENCY_KEY_FORGOTTEN, JOURNAL_UNWRITABLE.
  Result<AmendAnswer> amend(const AmendRequest& request, core::Nanos now);
  /// Errors: ORDER_NOT_FOUND, ORDER_ENDED, ORDER_EXTERNAL (not made here), CANCEL_FAILED. Asked again, it goes to the venue again.
  Result<void> cancel(const core::ClientOrderId& id, core::Nanos now, std::string_view principal, std::string_view request_id);
  /// A plan that an operator commanded is about to be taken: it is written down as it was asked. Gives the number that it
  /// gets. `elsewhere`: it was made in another process.
  std::uint64_t plan_asked(std::span<const core::Target> targets, core::Nanos now, std::string_view principal, std::string_view request_id,
                           bool elsewhere);
  /// Sells a whole position at the operator's rank, and cancels what of the product stands in its way; it stands until all
  /// is sold, also through a restart. Works while reducing and halted. Errors: EXIT_FROZEN, POSITION_FLAT, POSITION_DUST,
  /// IDEMPOTENCY_KEY_REUSED, IDEMPOTENCY_KEY_FORGOTTEN, JOURNAL_UNWRITABLE.
  Result<CloseAnswer> close_position(const CloseRequest& q, core::Nanos now);
  /// Whether an operator's close of it is not done yet.
  bool closing(core::InstrumentId id) const { return book_.insists(id, core::Purpose::operator_order); }

  // ---- inventory, as an operator says (execution_inventory.cpp, execution_reclassify.cpp; trading rules 5.6)
  /// True: this key and body were answered before, and nothing was moved again. Errors: those of Portfolio::adopt() and
  /// release(), IDEMPOTENCY_KEY_REUSED, IDEMPOTENCY_KEY_FORGOTTEN, JOURNAL_UNWRITABLE.
  Result<bool> move_inventory(const InventoryRequest& request, core::Nanos now);
  /// Names what was booked as a deposit a reward, or the other way round; the newest bookings first. True: this key and body were
  /// answered before, and nothing was changed again. Errors: those of Portfolio::reclassify(), IDEMPOTENCY_KEY_REUSED,
  /// IDEMPOTENCY_KEY_FORGOTTEN, JOURNAL_UNWRITABLE.
  Result<bool> reclassify(const ReclassifyRequest& request, core::Nanos now);

  // ---- trading states, locks, the latch (execution_states.cpp, execution_latch.cpp, execution_commands.cpp)
  void set_state(core::TradingState state, core::Nanos now, std::string_view who, std::string_view why,
                 std::string_view request_id = {});
  /// What the host itself decides: only ever towards the stricter state. True when it was not that strict already.
  bool tighten(core::TradingState state, core::Nanos now, std::string_view why);
  /// Errors: EMERGENCY_STOPPED (only a resume loosens what an emergency stop has set), REQUEST_REPEATED (it was taken
  /// before and something else was ordered since: it would loosen), RECONCILE_FIRST (a run that starts reducing).
  Result<StateAnswer> set_trading_state(const StateRequest& q, core::Nanos now);
  /// Locks a product, over a lock that stands. Errors: LOCK_EXPIRED.
  Result<StateAnswer> lock(const LockRequest& q, core::Nanos now);
  /// Errors: LOCK_ABSENT, REQUEST_REPEATED.
  Result<StateAnswer> unlock(const LockRequest& q, core::Nanos now);
  /// Closes the gate, sets the latch, halts, cancels resting entries; never a protective order.
  Cancels emergency_stop(core::Nanos now, std::string_view principal, std::string_view reason, std::string_view request_id);
  /// What an emergency stop, or a resume under this request, would do now, as JSON; nothing changes and nothing is written down
  /// (execution_dry_run.cpp).
  std::string plan_stop(core::Nanos now) const;
  std::string plan_resume(core::Nanos now, std::string_view request_id) const;
  /// Takes the latch off and trades on. Errors: LATCH_WRITE, RECONCILE_FIRST, REQUEST_REPEATED (it was taken before and something else was
  /// ordered since): nothing has changed.
  Result<void> resume(core::Nanos now, std::string_view principal, std::string_view reason, std::string_view request_id);
  /// The same, where there is no latch.
  void emergency_resume(core::Nanos now, std::string_view principal, std::string_view reason, std::string_view request_id);
  /// Halts, its gate closed, where the latch is set and it is not so already. Whether the latch is set. Called at the start,
  /// several times a second and before the operator buys; each submit asks the latch itself (LatchedBroker).
  bool look_at_latch(core::Nanos now);
  /// Cancels what rests as an entry, of one product or of all (shutdown: cancel_entries_keep_stops).
  Cancels cancel_entries(core::Nanos now, core::InstrumentId only = {});
  /// Cancels what rests as an entry of a product whose state, lock, re-entry lock or gate denies entries; what was asked in this
  /// very moment, or less than `again_after` ago, is not asked again.
  void keep_entries_off(core::Nanos now, core::Nanos again_after = 0);

  // ---- the journal's room for exits (execution_reserve.cpp)
  /// The journal's room for exits (execution_reserve.cpp); borrowed. `told` hears when it is missed and when it is whole again.
  void keep(store::Ballast& ballast, std::function<void(bool whole)> told = {});
  /// Makes it whole, if the disk has room for it; else nothing is bought, and it is told. At the start, and when an operator
  /// resumes.
  void fill_reserve(core::Nanos now);
  bool reserve_whole() const noexcept { return reserve_.whole(); }

  // ---- the first days, and roll-outs (execution_ramp.cpp, execution_start.cpp)
  /// Sets the ramp of the first days (execution_ramp.cpp). True: this request was taken before and stands. Errors:
  /// REQUEST_REPEATED, JOURNAL_UNWRITABLE.
  Result<bool> set_ramp(const RampRequest& q, core::Nanos now);
  const Ramp& ramp() const noexcept { return ramp_; }
  /// Entries ordered in the UTC day, with those of this frame.
  std::uint32_t entries_today(core::Nanos now) const;
  /// The next stop, and the start behind it, are a planned roll-out's. Errors: ROLLOUT_WINDOW, REQUEST_REPEATED,
  /// JOURNAL_UNWRITABLE.
  Result<void> announce_rollout(const RolloutRequest& q, core::Nanos now);
  /// The roll-out that a stop at `now` is for; none: it is not planned.
  std::optional<store::Rollout> rollout(core::Nanos now) const;

  // ---- protections (execution_protection.cpp, execution_resting.cpp)
  /// A risk rule's wish for the protection of a whole position (bl_sink.stop): stop_px at or above the bid means now,
  /// limit_px is its next take-profit, flags & 0xffff the ten-thousandths of the position that are sold there (0 = all).
  /// The highest stop ever wanted counts. BL_E_NOT_FOUND: no such product; BL_E_INVALID: a price or share that can't be;
  /// BL_E_UNSUPPORTED: it would expire, which a stop must not; BL_E_STATE: nothing is held of it, or what an earlier process
  /// did is only being recalled.
  bl_status want_stop(const bl_stop& wish, const core::SharedText& source);
  /// Who owns the protection of what is held of it; none: nothing is held, or it has no stop.
  StopOwner stop_owner(core::InstrumentId id) const;
  /// From here on stops rest at the venue where the product allows it, whoever owned them: the host that watches them goes to
  /// sleep (trading rules 3.8). finish() tells by name what it could not hand over.
  void rest_stops(core::Nanos now);
  /// Sells every position like an operator's close; entries are denied from here on (trading rules 3.8, on_shutdown: flatten).
  void flatten(core::Nanos now);
  /// Whether nothing is left of that to be sold.
  bool flat() const;
  /// The stop that is watched for the position; not set: none.
  Decimal stop_px(core::InstrumentId id) const noexcept { return protections_.stop_px(id); }
  /// Whether nobody buys of it yet, because a protection sold it.
  bool reentry_locked(core::InstrumentId id, core::Nanos now) const noexcept { return locked_until_[id.value - 1] > now; }

  // ---- emergency liquidation (execution_liquidate.cpp, execution_final_read.cpp, execution_stand_in.cpp)
  /// Emergency liquidation (execution_liquidate.cpp): the gate and the latch first, then everything is cancelled, and every
  /// managed position sold slice by slice; it goes on by itself at each look, also after a restart, until nothing is left
  /// that can be sold. Gives the receipt as it is now, as JSON; the same id again gives the same liquidation's (`replayed`).
  /// Errors: EMERGENCY_RUNNING (another one), EXIT_FROZEN.
  Result<std::string> liquidate(const LiquidationRequest& q, core::Nanos now, bool& replayed);
  bool liquidating() const noexcept { return liquidation_.has_value(); }
  /// The one that runs; null: none does.
  const Liquidation* liquidation() const noexcept { return liquidation_ ? &*liquidation_ : nullptr; }
  /// What its receipt would say now, without the journal's head: another text is progress. One must run.
  std::string liquidation_progress() const;
  /// Of the one that runs; empty: none does.
  std::string_view liquidating_id() const noexcept { return liquidation_ ? std::string_view(liquidation_->id) : std::string_view(); }
  /// A liquidation of an earlier process waits for what was settled before to be recalled: its prices come with it.
  bool waits_for_history() const noexcept { return liquidation_.has_value() && resuming_ && !history_over_ && !without_history_; }
  /// Nothing comes of the feed: the liquidation goes on with what the journal and the venue tell. Where no price is known its
  /// slices are sized by what they cost.
  void go_on_without_history() noexcept { without_history_ = true; }
  /// One look of who stands in for a host that is dead (bowline-panic, trading rules 3.7), behind restored() and begin(): asks what
  /// became of orders, asks for the cancels of entries again, and hears what it was answered. It buys nothing, lets no exit and no
  /// stop go on, and places none.
  void look_as_stand_in(core::Nanos now);
  /// The next step of it, if the venue has answered; whether anything was asked or sold. Called several times a second, and at
  /// each step.
  bool look_at_liquidation(core::Nanos now);
  /// Of one that runs, or one of the last that ended; none: not known.
  std::optional<std::string> receipt(std::string_view id) const;

  // ---- the book against the venue, as an operator asks (execution_adopt.cpp)
  /// Asks the venue for everything, now. False: it is being asked already, and is asked once more when that is answered.
  /// Errors: EMERGENCY_RUNNING, RECONCILE_NOT_ASKED (the venue's plugin did not take the question).
  Result<bool> ask_again(const AskRequest& q, core::Nanos now);
  /// What stands open as unexplained is taken as the venue tells it (execution_adopt.cpp): asked anew until two answers
  /// agree, then balances are booked by their class, ended orders whose fills are missing are closed, orders that the
  /// venue does not know are ended, and what is explained so blocks no product any more. It makes no order, cancels none
  /// and sells nothing. Gives how far it is, as JSON; the same key and body again give the same one (`replayed`), unless
  /// that took nothing: then it begins anew. Errors: IDEMPOTENCY_KEY_REUSED, RECONCILE_RUNNING (questions are out),
  /// RECONCILE_AHEAD (a resumed run has not come to the venue's time yet), RECONCILE_NOT_ASKED, EMERGENCY_RUNNING,
  /// JOURNAL_UNWRITABLE.
  Result<std::string> adopt_venue(const AdoptRequest& q, core::Nanos now, bool& replayed);
  bool adopting() const noexcept { return adoption_.has_value(); }
  /// The adoption of that key, as JSON; none: not known.
  std::optional<std::string> adoption(std::string_view key) const;
  ReconciliationState reconciliation() const;

  // ---- reading
  const core::Portfolio& portfolio() const noexcept { return portfolio_; }
  const core::PortfolioView& view() const noexcept { return view_; }
  /// The view of this moment, made anew where something happened since it was made.
  const core::PortfolioView& fresh_view() {
    if (view_is_old_) {
      view_.build(portfolio_, orders_, state(), now_);
      view_is_old_ = false;
    }
    return view_;
  }
  const core::OrderTable& orders() const noexcept { return orders_; }
  const ExecutionCounts& counts() const noexcept { return counts_; }
  RiskUse risk_use(core::Nanos now) const;
  std::span<const std::unique_ptr<core::RiskRule>> rules() const noexcept { return chain_.rules(); }
  /// Of all products together; what counts for one of them is in states().
  core::TradingState state() const noexcept { return states_.global().state; }
  const TradingStates& states() const noexcept { return states_; }
  /// Whether entries may pass: not after an emergency stop, nor while the journal can't be written or misses its ballast.
  bool gate_open() const noexcept { return gate_open_ && journal_ok_ && reserve_.whole(); }
  bool journal_ok() const noexcept { return journal_ok_; }
  /// Whether nothing more is bought of it: the venue reported what can't be explained. An operator's
  /// resume clears it, and so does an adoption that explains it.
  bool blocked(core::InstrumentId id) const noexcept { return blocks_.blocked(id); }
  const ProductBlocks& blocks() const noexcept { return blocks_; }
  /// Why nothing more is bought of it while others' orders work as they do (trading rules 5.6); empty: nothing stands in
  /// the way. It ends with its cause, without an operator.
  std::string_view entries_held(core::InstrumentId id) const;
  /// An order that neither a liquidation nor anything else here cancels.
  bool sells_unmanaged(const core::Order& order) const;
  const std::vector<AgainstConfig>& against_config() const noexcept { return against_config_; }
  bool store_up() const { return !store_up_ || store_up_(); }
  /// How far among the events it is: bars and quotes heard, steps settled, in this process.
  std::uint64_t heard() const noexcept { return heard_; }
  std::uint64_t steps() const noexcept { return steps_; }
  Decimal max_drawdown() const noexcept { return max_drawdown_; }  // fraction of the peak, >= 0

 private:
  // ---- what the constructor makes, in its order, and what belongs to no concept alone
  ExecutionOptions options_;
  const core::InstrumentTable& table_;
  core::Portfolio portfolio_;
  core::OrderTable orders_;
  core::TargetBook book_;
  core::ProtectionBook protections_;
  std::vector<std::uint32_t> rungs_;         // by instrument: orders of the exit that goes on
  std::vector<core::Nanos> last_exit_;       // by instrument: when the last order of an exit was made
  std::vector<core::Nanos> locked_until_;    // by instrument
  std::vector<core::Nanos> may_come_until_;  // by instrument: until when a purchase that counts as not placed could still fill
  std::vector<bool> told_unprotected_;       // by instrument, of the position that is held now
  std::vector<Decimal> noted_best_;          // by instrument: the best price that the journal has
  std::vector<core::Position> past_now_;     // by instrument: what an earlier process held when it was told last, for the rules
  std::vector<RestingStop> rests_;           // by instrument
  bool guards_ = false;                      // a stop rests at the venue, or may: else none of this costs anything
  core::PortfolioView view_;
  core::RiskChain chain_;
  core::ExitFloor exit_floor_;
  TradingStates states_;
  Ramp ramp_;
  ProductBlocks blocks_;
  std::vector<Decimal> bid_qty_;          // by instrument: what the best bid of the last quote takes; not set: not told
  std::vector<bool> quote_lost_;          // by instrument: its quotes ended, and bars are its mark since
  std::vector<core::Nanos> told_ahead_;   // by instrument: when it was told last that a price was ahead of time
  std::vector<core::Nanos> told_silent_;  // by instrument: the mark behind which its silence was told
  core::MarkGuard mark_guard_;
  BrokerPort& broker_;
  store::Journal& journal_;
  const bool durable_journal_;  // asked at every step and event
  core::RecordSink& sink_;
  VenueTrail trail_;
  bool gate_open_ = true, journal_ok_ = true, journal_noted_ = false;
  bool view_is_old_ = true;       // something happened since view_ was made
  bool resuming_ = false;         // put together from a journal: the venue may know what engine time has not reached
  bool recalling_ = false;        // what an earlier process did is being recalled: nothing new is wanted of it
  bool history_over_ = false;     // of a resumed run: what was settled before is recalled
  bool without_history_ = false;  // and a liquidation does not wait for it
  bool unpriced_ = false;         // it ended before that
  bool begun_ = false;            // the start's questions are answered
  bool put_back_ = false;         // the journal was, and nobody has set the trading state since
  std::string put_back_by_hand_;  // why that is known; empty: it was not
  bool cash_known_ = false;       // the book's cash is its own: from the journal, or because there were fills
  std::function<bool()> store_up_;
  std::function<void(const bl_event&)> tell_rules_;
  std::uint64_t seq_ = 0, steps_ = 0, heard_ = 0;
  bool within_ = false;                                     // between publish() and settle()
  core::Nanos now_ = 0, settled_ = 0, persisted_day_ = -1;  // persisted_day_: or hour, see settle()
  bool changed_ = false;
  LossTrips trips_;
  bool quiet_step_ = false;  // nothing was to be looked at of losses when the step was published
  bool busy_ = false;        // the broker had no room for something since this was cleared
  ExecutionCounts counts_;
  // ---- the step (execution.cpp)
  core::Nanos traded_ = 0;  // the step whose orders were made last
  core::Nanos last_written_ = 0;
  Decimal max_drawdown_ = Decimal::zero();
  Decimal drawdown_peak_ = Decimal::zero(), deepest_ = Decimal::zero();  // the largest fall from that peak that is counted already
  void take(const bl_event& event);
  // ---- marks (execution_marks.cpp)
  void mark_by_bar(const bl_bar& bar);
  core::Nanos not_ahead(const bl_event& e);
  void mark_by_quote(const bl_quote& quote);
  void set_mark(core::InstrumentId id, const core::Mark& mark);
  // ---- what the venue tells of products, against the configuration (execution_products.cpp)
  std::vector<AgainstConfig> against_config_;
  void check_rules(const bl_product& told);
  void goes_against(AgainstConfig what);
  // ---- from a target to an order (execution_targets.cpp)
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint32_t> attempts_;  // per decision, bounded by settle()
  BoughtByDay bought_;
  /// What the product's live target leads to. An exit is made an order of this frame; an entry becomes a wish, and is none
  /// before place_entries().
  void propose(core::InstrumentId id, core::Nanos now);
  core::Order* working_of(core::InstrumentId id) const;
  /// The same, but for a purchase that the venue neither shows nor lets go of: an exit goes beside it (trading rules 3.1).
  core::Order* in_the_way(core::InstrumentId id) const;
  bool exit_is_due(core::InstrumentId id) const;
  bool gives_way(const core::Order& order, const core::Target& to) const;
  bool still_buys(core::InstrumentId id, const core::Target& exit, core::Nanos now);
  /// An order of it has ended whose fills may still come in this step or the next: what is held is not known.
  bool unsettled(core::InstrumentId id) const;
  /// What ended orders of that side owe in fills, judged or not.
  Decimal owed(core::InstrumentId id, core::Side side) const;
  Decimal working_sells(core::InstrumentId id) const;
  core::FloorFacts facts(core::InstrumentId id, core::Nanos now) const;
  /// No first byte of what is decided now leaves later. Where time is real it is as long as the same bytes may be sent again: what
  /// the venue does not have after that is not on its way any more, and its absence can be proved (trading rules 2.3).
  core::Nanos last_moment(core::Nanos now) const noexcept {
    const bool again = !options_.time_by_data && options_.resend_window > 0;  // else nothing is sent again
    return now + (again ? std::min(options_.interval, options_.resend_window) : options_.interval);
  }
  core::Intent make_intent(const core::Instrument& ins, core::Side side, Decimal qty, core::Purpose purpose,
                           core::Id128 decision, Decimal decision_px, core::Nanos now);
  void count_entry(const core::Intent& entry, core::Nanos now);
  /// What an order buys with so much of its quantity, of which `spent` is paid; not set where no price is known for it.
  Decimal entry_worth(const core::Intent& entry, Decimal qty, Decimal spent) const;
  Decimal rest_worth(const core::Order& order) const;
  /// The day's entries: what was bought in it, and what may be by what works. Not set: beyond all bounds.
  Decimal day_notional(core::Nanos now) const;
  bool may_exit(core::InstrumentId id, core::Purpose purpose) const noexcept;
  void sizing(core::SizingRecord&& record);
  // ---- the frame (execution_frame.cpp)
  std::vector<store::Journal::Approved> approved_;  // of this frame
  std::vector<core::SizingRecord> sized_;           // one per approved_: written when its order is durable
  std::vector<store::JournalNote> beside_;          // rows of this frame's commit
  std::vector<store::Journal::Durable> durable_;
  std::vector<core::Order*> fresh_;
  std::vector<core::Id128> ordered_;
  std::vector<core::Nanos> recent_orders_;
  void flush_frame(core::Nanos now);
  static bool asked_beside(const core::SizingRecord& r) noexcept;
  void record_opinions();
  Result<void> record_frame(core::Nanos now);
  void journal_again(core::Nanos now);
  // ---- entries of one step (execution_project.cpp)
  std::vector<EntryWish> wishes_;  // of this frame
  /// propose(), and place_entries() behind it, for one product.
  void consider(core::InstrumentId id, core::Nanos now);
  void place_entries(core::Nanos now);
  void judge_in_turn(core::Nanos now);
  bool short_of_room();
  bool share_out(core::Nanos now);
  bool cut_alone(EntryWish& wish, Decimal least, core::Nanos now);
  Decimal allowed_alone(const EntryWish& wish);
  Decimal least_order(const core::Intent& entry) const;
  std::vector<core::Room> common_rooms(std::span<EntryWish* const> entries, bool with_drift, core::Nanos now) const;
  // ---- how an entry is bought (execution_entry.cpp)
  std::vector<EntrySeries> entries_;  // by instrument
  bool chases() const noexcept;
  Decimal crossing_px(core::InstrumentId id) const;
  bool next_entry(core::InstrumentId id) const;
  bool entry_terms(core::Intent& intent, Decimal touch, core::Nanos now) const;
  bool moved_away(const core::Target& target) const;
  bool left_behind(const core::Order& order, const core::Target& target, core::Nanos now) const;
  void chase(core::InstrumentId id, core::Nanos now);
  void count_entry_order(const core::Intent& intent);
  // ---- how an exit is sold (execution_exit.cpp)
  void exit_terms(core::Intent& intent, bool by_ladder) const;
  Decimal sized_to_book(core::InstrumentId id, Decimal qty, core::Nanos now) const;
  bool climbs(const core::Intent& intent) const;
  void count_rung(const core::Intent& intent);
  void uncount_rung(const core::Order& order);
  bool exit_too_soon(core::InstrumentId id, core::Nanos now) const noexcept;
  bool last_rung(core::InstrumentId id) const noexcept;
  bool overdue(const core::Order& order, core::Nanos now) const;
  void push_slices(core::InstrumentId id, core::Nanos now);
  // ---- drift (execution_drift.cpp)
  void trim_drift(core::Nanos now);
  void trim(const core::Instrument& ins, Decimal keep, core::Nanos now);
  Decimal within_caps(core::InstrumentId id, Decimal qty, core::Purpose purpose) const;
  Decimal within_own_cap(core::InstrumentId id, Decimal qty, core::Purpose purpose) const;
  /// What may be bought in all before execution.drift.exposure would trim it; none: it is off.
  std::optional<Decimal> exposure_room() const;
  // ---- protections that are watched (execution_protection.cpp)
  void watch(core::InstrumentId id, core::Nanos now);
  void watch_all(core::Nanos now);
  void act_on_price(core::InstrumentId id, core::Nanos now);
  void set_off(core::InstrumentId id, const core::ProtectionDue& due, Decimal keep, core::Nanos now);
  void note_protection(const core::ProtectionWish& wish, const core::SharedText& source);
  void position_over(core::InstrumentId id);
  void lock_reentry(core::InstrumentId id, core::Nanos now);
  void tell_unprotected(core::Nanos now);
  void push_stop(core::InstrumentId id, core::Nanos now);
  Result<void> restore_protection(const store::JournalRow& row);
  Result<void> restore_reentry(const store::JournalRow& row);
  // ---- stops that rest at the venue (execution_resting.cpp)
  bool follow_ = false;  // some RestingStop::look
  bool asleep_ = false;  // or going to: the stops were handed over as far as it could be done
  bool flattening_ = false;
  core::Order* resting_of(core::InstrumentId id) const;
  void rest_all(core::Nanos now);
  void rest(core::InstrumentId id, core::Nanos now);
  bool may_rest(core::InstrumentId id, core::Nanos now) const;
  bool rest_is_due(core::InstrumentId id, core::Nanos now) const;
  std::optional<core::RestingTerms> rest_terms(core::InstrumentId id, const core::Protection& wanted, Decimal free, const core::Order* resting) const;
  void place_rest(core::InstrumentId id, const core::Protection& wanted, const core::RestingTerms& terms, core::Nanos now);
  void tell_unrested(core::InstrumentId id, core::Nanos now);
  bool take_off(core::Order& resting, core::Nanos now);
  bool clears_the_way(core::InstrumentId id, core::Nanos now);
  bool venue_acts(core::InstrumentId id, core::Nanos now);
  void follow(core::InstrumentId id) noexcept;
  void follow_up();
  void resting_filled(core::Order& order, const core::BookedFill& fill, core::Nanos now);
  void resting_moved(const core::Order& order);
  const core::Order* stop_in_the_way(core::InstrumentId id, Decimal qty, Decimal elsewhere) const;
  Error stop_gives_way(core::InstrumentId id, core::Nanos now);
  void look_at_stops(core::Nanos now);
  void tell_unwatched() const;
  // ---- the clock (execution_clock.cpp)
  core::Nanos tick_ = 0, before_tick_ = 0;    // of the tick that is open, 0 = none; now_ before it
  bool tick_told_ = false;                    // it has its row
  core::Nanos heard_ns_ = 0, told_mute_ = 0;  // engine time of the last bar or quote; of the one behind which silence was told
  core::Nanos looked_for_missing_ = 0;        // between two steps
  void tell_tick();
  void note_tick(store::TickRow::Of of, core::Nanos now);
  void end_what_is_over(core::Nanos now);
  void push_exits(core::Nanos now);
  void look_for_answers(core::Nanos now);
  bool never_answered(const core::Order& order, core::Nanos now) const noexcept;
  void reconcile_in_time();
  void tell_mute(core::Nanos now);
  void tell_silent(core::Nanos now);
  // ---- the start (execution_start.cpp)
  std::optional<store::Rollout> rollout_;  // announced in this process
  Result<void> may_be_active() const;
  Result<void> restore_asked(const store::JournalRow& row);
  // ---- the first days (execution_ramp.cpp)
  core::FloorFacts facts_again(const core::Intent& counted, core::Nanos now) const;
  Result<void> restore_ramp(const store::JournalRow& row);
  // ---- what counts as cash (execution_pegs.cpp)
  PegWatch peg_watch_;
  void look_at_pegs(core::Nanos now);
  // ---- the journal's room for exits (execution_reserve.cpp)
  ExitReserve reserve_;
  void ballast_given();
  /// Takes the purchases out of a frame that found no room. Whether there were any, and anything is left.
  bool leave_out_entries();
  // ---- what stops a run by itself (execution_trips.cpp)
  void tripped(const std::vector<LossTrips::Trip>& trips, core::Nanos now);
  void look_for_foreign_cancel(const core::Order& order, const bl_exec& told);
  // ---- the latch (execution_latch.cpp)
  const store::HaltLatch* latch_ = nullptr;
  core::Nanos kept_off_ = 0;  // when entries were looked for against the latch
  void engage_latch(core::Nanos now, std::string_view who, std::string_view why);
  // ---- trading states and locks (execution_states.cpp)
  void change_own_state(core::InstrumentId id, StandingState next);
  void make_durable();
  void flush_rows();
  Result<StateAnswer> if_durable(StateAnswer answer) const;
  static Error not_durable();
  void remember_request(std::string_view id);
  Result<void> once(bool loosens, std::string_view request_id) const;
  Result<void> restore_product_state(const store::JournalRow& row);
  Result<void> restore_lock(const store::JournalRow& row);
  // ---- commands (execution_commands.cpp, execution_close.cpp)
  CommandMemory memory_;
  Result<void> request_cancel(core::Order& order, core::Nanos now);
  Cancels request_cancels(std::span<core::Order* const> orders, core::Nanos now, Error* why = nullptr);
  void change_state(core::TradingState state, core::Nanos now, std::string_view who, std::string_view why,
                    std::string_view request_id, bool looked, std::optional<bool> freeze = {});
  void audit(core::Nanos now, std::string_view who, std::string_view action, std::string_view subject,
             std::string_view reason, std::string_view request_id);
  static void verdicts_alone(std::vector<core::CheckRecord>& checks);
  Result<void> restore_close(const store::JournalRow& row);
  // ---- what an operator asks for (execution_operator.cpp)
  Result<void> not_outranked(const core::Instrument& ins, core::Side side, bool rests) const;
  Result<void> may_be_bought(const core::Instrument& ins, core::Nanos now) const;
  Result<void> does_not_cross(const core::Instrument& ins, core::Side side, Decimal limit) const;
  static Error refusal(const core::RiskRefusal& refused, const std::vector<core::CheckRecord>& checks);
  static std::optional<Error> shrunk(const core::Intent& asked, const core::Intent& approved, const std::vector<core::CheckRecord>& checks);
  // ---- amends (execution_amend.cpp, execution_amend_answers.cpp)
  std::vector<AmendOut> amends_out_;  // not answered yet; nearly always empty
  AmendOut& amend_out(const core::ClientOrderId& id);
  Result<void> amendable(const core::Order& order) const;
  Result<void> amend_at_all(const core::Amendment& amendment, const core::Instrument& ins, core::Nanos now);
  core::AmendmentAnswer judge(const core::Amendment& amendment, Decimal elsewhere, core::Nanos now, std::vector<core::CheckRecord>& checks);
  Result<void> send_amendment(core::Order& order, const store::Journal::ApprovedAmendment& approved, const AmendRequest& q, const std::string& body,
                              const AmendAnswer& answer, core::Nanos now);
  void hand_over(core::Order& order, const store::Journal::DurableAmendment& amendment, core::Nanos now);
  static std::string told_terms(const core::Terms& terms);
  /// Whether a report that is not of the terms in force is of those that an amend asks for, or has changed.
  static bool told_of_amend(const core::Order& order, const bl_exec& exec);
  void on_amended(core::Order& order, const bl_exec& exec);
  void on_amend_refused(core::Order& order, const bl_exec& exec);
  void take_in_force(core::Order& order, const core::Terms& told, bool asked, std::string_view text, core::Nanos now);
  /// What an answer says of the amend that is out, while its order works and when it ends.
  void hear_terms(core::Order& order, const bl_exec& exec);
  void end_amend(core::Order& order, const bl_exec& exec);
  void ask_what_is_in_force(core::Order& order);
  void look_at_amends(core::Nanos now);
  void amends_restored();
  // ---- what it was asked, as it was asked (execution_asked.cpp)
  store::EventPlace place(core::Nanos now) const noexcept { return {now, heard_, steps_, within_}; }
  store::AskedRow asked(store::Ask what, core::Nanos now, std::string_view who, std::string_view why, std::string_view request_id) const;
  store::AskedRow asked(const TradeRequest& q, core::Nanos now) const;
  store::AskedRow asked(const AmendRequest& q, core::Nanos now) const;
  void note_asked(const store::AskedRow& row);
  // ---- inventory and flows, as an operator says (execution_inventory.cpp, execution_reclassify.cpp)
  Result<void> restore_inventory(const store::JournalRow& row);
  Result<void> restore_reclassify(const store::JournalRow& row);
  void restore_flow_of_day(core::Nanos day);
  // ---- what the venue reports of an order, and what is told on (execution_reports.cpp)
  std::uint64_t moves_ = 0;                           // order events told: whether a report came to one
  std::vector<EndedOrder> ended_;                     // ends whose filled quantity is not that of their fills, one an order
  std::vector<core::ClientOrderId> ended_meanwhile_;  // orders whose end the venue told while a question was out
  void on_exec(const bl_exec& exec);
  void on_end(core::Order& order, const bl_exec& exec);
  /// False: it is another order's, and told so.
  bool learn_venue_id(core::Order& order, std::string_view id, core::Nanos now);
  /// Whether the order is in another state now; an event it can't take is an incident.
  bool move(core::Order& order, core::OrderEvent event, core::Nanos now, std::string_view text, const core::Terms* terms = nullptr);
  /// Counts and stores what an event has made of an order; the journal is the caller's.
  void tell_move(const core::Order& order, core::OrderState from, core::OrderEvent event, core::Nanos now, std::string_view text);
  /// Written down for who explains: the venue told of an order, and nothing came of it.
  void tell_unmoved(const bl_exec& told);
  void cancel_if_back(core::Order& order, core::OrderState was, core::Nanos now);
  void write_order(const core::Order& order);
  void ended(core::Order& order, const bl_exec& told);
  void compare_ended(core::Nanos now, bool last);
  void end_short(core::Order& order, core::Nanos now);
  void note_owed(const EndedOrder& e);
  Result<void> restore_owed(const store::JournalRow& row);
  core::OrderRecord record_of(const core::Order& order) const;
  void tell_position(core::InstrumentId id, core::Nanos now);
  void tell_position(core::InstrumentId id, const core::Position& p, bool dust, core::Nanos at, std::uint16_t flags);
  void block(core::InstrumentId id, std::string_view code, std::string_view text, core::Nanos now, std::string_view order = {});
  void incident(std::string_view code, std::string_view text, core::Nanos now, std::string_view order = {});
  // ---- answers (execution_answer.cpp)
  std::vector<std::vector<std::uint64_t>> answer_;  // events whole, in order of arrival, of an answer that has no end yet
  std::uint64_t answer_step_ = 0;                   // in which it began
  /// Keeps what is part of an answer until its end, which is when it is taken.
  bool collect(const bl_event& event);
  void take_answer();
  bool overtaken(const core::Order& order, const bl_exec& told) const;
  void take_terms(core::Order& order, const bl_exec& told);
  static core::Terms terms_told(const bl_exec& told);
  // ---- booking (execution_booking.cpp)
  /// False, and nothing booked or said: it does not fit yet, and a later report of the same answer may make room for it.
  /// `last`: no later one will.
  bool take_fill(const bl_fill& fill, bool last);
  void on_fill(const bl_fill& fill);
  Result<core::FillAnswer> book(core::Order& order, const core::FillReport& report);
  void position_moved(const core::Order& order);
  void after_booking(core::Order& order, const core::BookedFill& kept, const core::FillAnswer& booked, const bl_fill& told);
  void record_fill(const core::Order& order, const core::BookedFill& fill, core::Nanos now, std::uint32_t liquidity);
  core::FillRecord fill_record_of(const core::Order& order, const core::BookedFill& fill, core::Nanos now, std::uint32_t liquidity) const;
  void note_fill(const core::Order& order, const core::BookedFill& fill, core::BookedAs as, std::uint32_t liquidity);
  Result<void> restore_fill(const store::JournalRow& row, core::RecordSink* project);
  // ---- orders of others (execution_external.cpp)
  std::vector<StrangerFill> strangers_;
  /// By the client id, or by the venue's where it told none or gave one that only an order of others has.
  core::Order* order_of(std::string_view client_id, std::string_view venue_id);
  /// Follows an order that this host did not make; null where nothing of it works and no fill of it is told. `fills`: of
  /// the answer that tells of it. The caller then applies what is told.
  core::Order* adopt(const bl_exec& told, std::span<const bl_fill* const> fills);
  void on_external(core::Order& order, const bl_exec& told);
  static bool order_is(const bl_fill& fill, std::string_view client_id, std::string_view venue_id);
  /// Whether the balances that the book began with hold it.
  bool in_opening(const bl_fill& fill) const;
  void on_stranger(const bl_fill& fill);
  void ask_about_stranger(StrangerFill& stranger);
  void ask_about_strangers();
  std::vector<bl_fill> strangers_no_more();
  void give_up_on_strangers(std::uint64_t request);
  void position_dropped(core::InstrumentId id, core::Nanos now, std::string_view order);
  /// What flows have made of peak and day can't be had from their rows alone.
  void note_flows();
  Result<void> restore_external(const store::JournalRow& row, core::RecordSink* project);
  // ---- orders of ours that memory has forgotten (execution_forgotten.cpp)
  core::Nanos looked_back_ = 0;               // when the journal was last searched for what memory has forgotten
  std::set<core::ClientOrderId> told_again_;  // found there since the last answer
  /// Whether what was told at that time at the venue (0: it did not say) may be of one.
  bool may_be_forgotten(core::Nanos told) const;
  /// Takes out of `fills`, and of the strangers that wait, what the journal says was booked; `execs` of orders that stand
  /// there are in told_again_ then.
  void look_back(std::vector<const bl_fill*>& fills, std::span<const bl_exec* const> execs);
  /// Whether the journal has it: of a report of an unknown order that comes alone.
  bool told_before(const bl_fill& fill);
  bool told_before(const bl_exec& exec);
  // ---- what is asked of the venue, and what it lacks (execution_reconcile.cpp)
  std::vector<OpenQuestion> asked_;  // questions without an answer
  std::uint64_t requests_ = 0;       // numbers given so far
  bool listing_ = false;             // the list of open orders is being told
  std::uint64_t list_request_ = 0;
  std::vector<core::ClientOrderId> named_;                            // orders it named
  std::vector<std::pair<core::ClientOrderId, Decimal>> told_filled_;  // what it says is filled of them
  std::vector<std::vector<std::uint64_t>> held_back_;                 // events whole, in order of arrival
  bool answer_whole_ = true;
  std::vector<core::ClientOrderId> cancels_due_;  // sent before the restart, at a time that comes again
  std::vector<MissingOrder> missing_;             // unknown orders that the venue does not have, as far as it said
  InFlightTurns turns_;                           // whose turn it is to be asked about
  bool hold_back(const bl_event& event);
  bool is_due(const bl_event& event, core::Nanos now) const;
  void release_due(core::Nanos now);
  void on_done(const bl_done& done);
  void on_snapshot(core::Order& order, const bl_exec& exec);
  void on_absent(core::Order& order, core::Nanos now);
  bool held_at_venue(const core::Order& order, core::Nanos since) const;
  void note_tombstone(const core::Order& order);
  /// Sends the question under a number of its own, which is given. Errors: of the broker's query; nothing is waited for then.
  Result<std::uint64_t> ask(bl_query& q);
  void give_up_on_answers();
  void ask_about(const core::Order& order, std::uint32_t beside = 0);
  void look_for_missing(core::Nanos now);
  std::vector<const core::Order*> of_unknown_fate(core::Nanos now) const;
  void resend_in_time(core::Nanos now);
  void cancel_in_time(core::Nanos now, bool in_step);
  bool send_again(core::Order& order, core::Nanos now, MissingOrder& missing);
  void look_for_fills(core::Nanos now);
  // ---- balances (execution_balances.cpp)
  std::vector<Decimal> told_totals_, heard_totals_;        // by asset: told in an answer, and by itself; not set = not told
  std::map<core::ClientOrderId, Decimal> short_of_fills_;  // working orders, and what the venue says has filled of them
  std::vector<BalanceDifference> differences_;             // of the comparison before, none of them booked
  FlowsOfDay flows_of_day_;
  std::optional<store::FlowRow> restored_flow_;        // the row of the step behind it says in which day it was booked
  std::uint32_t comparisons_ = 0;                      // in a row that found other differences
  bool balances_due_ = false, venue_due_ = false;      // to be asked for at the next step
  bool heard_before_ = false;                          // at the step before it differed, too
  core::Nanos opening_ns_ = 0;                         // when the venue told what the book begins with
  core::Nanos agreed_ns_ = -1;                         // when its balances were the ledger's last; -1 = in an earlier process
  std::vector<core::Nanos> base_agreed_;               // by asset: when its own were, of whatever process; 0 = never
  core::Nanos orders_asked_ = 0, balances_asked_ = 0;  // when the venue was asked last
  void on_balance(const bl_balance_ev& told);
  Decimal step_of(core::AssetId asset) const;
  /// What the venue has more than the ledger; zero where it only rounds otherwise.
  Decimal difference(core::AssetId asset, Decimal total) const;
  bool in_doubt(core::AssetId asset) const;
  bool looks_like_a_fill(const BalanceDifference& d) const;
  bool looks_like_a_fill(const BalanceDifference& d, const core::Order& order) const;
  /// A fill whose fee nobody told, and what it may have been in base at most.
  struct FeeOwed {
    core::ClientOrderId order;
    std::string fill;
    Decimal most;
  };
  std::vector<FeeOwed> fees_owed(core::AssetId base) const;
  bool explained_by_fees(core::AssetId asset, Decimal amount) const;
  void note_agreed(core::AssetId base, Decimal total);
  void book_as_fees(const BalanceDifference& difference);
  bool behind_its_fills(const BalanceDifference& d) const;
  void ask_what_is_there();
  void ask_for_all();
  void hear_balances();
  void reconcile_if_due();
  /// Whether there is anything for it to look at: it is asked at every step.
  bool reconcile_looks() const noexcept {
    return venue_due_ || balances_due_ || options_.orders_every > 0 || options_.balances_every > 0 || !asked_.empty() || !heard_totals_.empty();
  }
  void compare_balances(bool whole);
  core::Flow class_of(const BalanceDifference& difference, const std::vector<BalanceDifference>& all) const;
  bool may_be_reward(const BalanceDifference& difference) const;
  void book_change(const BalanceDifference& difference, core::Flow kind);
  void doubt_products_of(core::AssetId asset, std::string_view code, std::string_view text);
  Result<void> restore_flow(const store::JournalRow& row);
  // ---- adopting, and what is told of reconciliation (execution_adopt.cpp)
  std::vector<VenueBalance> venue_word_;        // by asset: the last balance that the venue told
  core::Nanos asked_ns_ = 0, answered_ns_ = 0;  // when the venue was asked for more than one order, and had answered all
  bool answered_whole_ = true;                  // the last answer
  std::set<core::ClientOrderId> outlived_;      // purchases that exits have waited for long enough, and that were told
  std::set<core::ClientOrderId> gone_;          // acknowledged, and the venue says it does not know them
  std::optional<Adoption> adoption_;
  bool in_scope(core::AssetId asset, core::InstrumentId only) const;
  std::vector<AdoptedOrder> closable(core::InstrumentId only) const;
  std::string doubt_of(core::AssetId asset, std::span<const AdoptedOrder> but) const;
  std::string doubt_of(const BalanceDifference& difference, std::span<const core::ClientOrderId> but) const;
  AdoptionPlan plan_adoption(core::InstrumentId only, std::span<const Decimal> told, std::span<const core::ClientOrderId> ends) const;
  std::string stays(const BlockReason& reason, const AdoptionPlan& plan) const;
  std::string disagrees(const core::Instrument& ins, std::span<const Decimal> told, const AdoptionPlan& plan) const;
  std::vector<ReconciliationState::OrderLine> troubled_orders(const AdoptionPlan& plan) const;
  void adoption_answered(bool whole);
  void settle_adoption(std::span<const Decimal> told);
  void release_owed(core::AssetId base, Decimal gone);
  void end_unseen(const AdoptedOrder& order);
  void close_at_fills(const AdoptedOrder& order);
  void lift_explained(const core::Instrument& ins, std::span<const Decimal> told, const AdoptionPlan& plan);
  void fail_adoption(std::string_view code);
  void end_adoption(Adoption::Phase how);
  Result<void> restore_adoption(const store::JournalRow& row);
  Result<void> restore_block(const store::JournalRow& row);
  // ---- emergency liquidation (execution_liquidate.cpp)
  std::optional<Liquidation> liquidation_;
  const store::ReceiptKey* receipt_key_ = nullptr;
  std::vector<std::uint64_t> product_flags_;  // by instrument, as the venue told last; empty: it told none
  std::vector<LargestOrder> largest_;         // by instrument, as the venue told last; empty: it told none
  bool list_whole_ = false;                   // the last list of open orders was told to its end
  Liquidation planned_liquidation(const LiquidationRequest& q, core::Nanos now) const;
  Cancels cancel_all(core::Nanos now, bool asked_too);
  void read_all_orders();
  void judge_list();
  bool look_at_product(Liquidation::Product& p, core::Nanos now);
  void park(Liquidation::Product& p, std::string_view why, core::Nanos now);
  bool ask_position(Liquidation::Product& p);
  bool sell_slice(Liquidation::Product& p, const core::Instrument& ins, core::Nanos now);
  Decimal emergency_slice(core::InstrumentId id, Decimal qty);
  bool shape_slice(core::Intent& intent);
  bool foreign_sale_holds(Liquidation::Product& p, core::Nanos now);
  static bool short_for_good(const Liquidation::Product& p, core::Nanos now);
  static bool due(Liquidation::Product& p, core::Nanos now);
  void told_of_liquidation(const bl_balance_ev& told);
  void told_of_liquidation(const bl_done& told);
  void told_of_product(const bl_product& told);
  Decimal in_one_order(core::InstrumentId id, Decimal qty) const;
  std::string receipt_now() const;
  void end_liquidation(Liquidation::Phase how, core::Nanos now);
  Result<void> restore_emergency(const store::JournalRow& row);
  // ---- its last read (execution_final_read.cpp)
  void begin_final_read();
  void read_once_more(core::Nanos now);
  bool something_came_back();
  bool differs(const Liquidation::Product& p) const;
  void end_read(core::Nanos now);
  void told_of_final_read(const bl_balance_ev& told);
  void told_of_final_read(const bl_done& told);
  // ---- the journal, written for who goes on from it, and read by who does (execution_restore.cpp)
  std::vector<PastPosition> past_;  // what an earlier process held, change by change, for the rules
  std::size_t past_told_ = 0;
  core::Nanos inherited_until_ = -1;  // what ended by then may have been ended by the process before
  std::uint64_t inherited_seq_ = 0;   // orders of a lower number were made by an earlier process
  bool inherited(const core::Order& order) const noexcept { return order.seq < inherited_seq_; }
  void keep_past(core::Nanos at);
  bool best_is_news() const noexcept;
  void add_best(store::StepRow& row);
  /// TargetBook::insist, give_up and clear, written down where they change what outlives the step.
  void insist(core::InstrumentId id, core::Purpose purpose);
  void give_up(core::InstrumentId id, core::Purpose purpose);
  void clear(core::InstrumentId id, core::Purpose purpose);
  void note_target(const core::Target& target, bool insists);
  void note_gone(std::string_view symbol, core::Purpose purpose);
  void note(std::string_view kind, std::string_view payload);
  store::StepRow step_row();
  Result<void> restore_row(const store::JournalRow& row, core::RecordSink* project);
  Result<void> restore_intent(const store::JournalRow& row, core::RecordSink* project);
  Result<void> restore_order(const store::JournalRow& row, core::RecordSink* project);
  Result<void> restore_sizing(const store::JournalRow& row, core::RecordSink* project) const;
  Result<void> restore_target(const store::JournalRow& row);
  Result<void> restore_state(const store::JournalRow& row);
  Result<void> restore_step(const store::JournalRow& row);
  Result<void> restore_put_back(const store::JournalRow& row);
};

}  // namespace bowline::services
