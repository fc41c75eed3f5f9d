// trade-execution: the target book, orders, fills and the portfolio. The only maker of orders. One object on the core
// thread; it reads no clock: time is the event's.
#pragma once

#include <array>
#include <bowline/result.hpp>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "core/identity.hpp"
#include "core/order.hpp"
#include "core/portfolio.hpp"
#include "core/portfolio_view.hpp"
#include "core/risk_chain.hpp"
#include "core/target_book.hpp"
#include "services/trade_execution/broker_port.hpp"
#include "services/trade_execution/verdict_counts.hpp"
#include "store/journal.hpp"
#include "store/journal_rows.hpp"

namespace bowline::services {

struct ExecutionOptions {
  std::uint64_t seed = 1;
  std::string account = "default";        // portfolio uuid
  core::Nanos interval = 300'000'000'000;
  std::uint32_t gtd_bars = 2;             // entries end at the venue after this many bars
  Decimal min_trade = Decimal::zero();    // fraction of equity below which nothing is ordered
  core::Nanos resend_window = 60'000'000'000;  // how long after its decision an order that the venue lacks may be sent again
  bool time_by_data = true;               // engine time moves by data alone (replay, simulation), not with the clock
  std::uint32_t absent_polls = 3;         // how many times the venue must lack it before it counts as never placed
};

/// POST /trades/execute, already read from JSON.
struct TradeRequest {
  core::InstrumentId instrument;
  core::Side side = core::Side::buy;
  core::OrderType type = core::OrderType::market;
  core::TimeInForce tif = core::TimeInForce::ioc;
  Decimal qty = Decimal::not_set(), quote_qty = Decimal::not_set(), limit_px = Decimal::not_set(),
          stop_px = Decimal::not_set();
  core::Nanos expire_ns = 0;
  bool post_only = false, dry_run = false;
  std::string reason, key, principal, request_id;
};
struct TradeAnswer {
  core::ClientOrderId order;
  Decimal qty = Decimal::not_set();
  std::vector<core::CheckRecord> checks;
  bool replayed = false;  // the same key and body were answered before
};

/// Cancels of one command: handed to the broker, and those it did not take (each is an incident; the order may fill).
struct Cancels {
  std::size_t asked = 0, failed = 0;
};

struct ExecutionCounts {
  std::uint64_t orders = 0, fills = 0, rejected = 0, cancelled = 0, expired = 0, incidents = 0;
  std::map<std::string, std::uint64_t> why_not;  // sizing codes
  std::map<std::string, std::uint64_t, std::less<>> by_incident;  // incidents by code
  std::array<std::array<std::uint64_t, 12>, 7> moves{};  // order state changes, by purpose and new state
  std::array<std::uint64_t, 3> fills_by_side{};          // by core::Side
  VerdictCounts verdicts;                                // of the chain and the floors
};

class Execution {
 public:
  Execution(ExecutionOptions options, const core::InstrumentTable& table, core::AssetId accounting, Decimal half_spread,
            std::vector<std::unique_ptr<core::RiskRule>> rules, core::FloorLimits floor, BrokerPort& broker,
            store::Journal& journal, core::RecordSink& sink);

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
  /// A bar of a step that is settled already: the price that is known, and the best one while the position was held. The
  /// broker hears it marked as replayed, and fills nothing by it.
  void recall_bar(const bl_bar& bar);
  /// Asks the venue for open orders, fills, balances and products, then for each working order that it did not name. What
  /// it says lands as any event; reconciled() tells when all is answered. Errors: of the broker's query.
  Result<void> ask_venue();
  /// What the venue lacks and what may still be sent again is sent again, cancels too. Once prices are known, before the first
  /// step; later each step does it. Engine time is that of the step settled last.
  void resume_orders();
  /// Tells the rules the fills of the day that an earlier process booked: what they count by the day goes on.
  void tell_rules_of_today();
  /// Whether everything that was asked is answered.
  bool reconciled() const noexcept { return asking_ == 0; }

  /// What the venue told before its time, when engine time has reached it (known_at of an event: nothing may use it
  /// before). In a run whose time moves by data a restart learns at its first step what happened in the steps to come.
  void release(core::Nanos now) {
    if (!held_back_.empty()) release_due(now);
    if (!cancels_due_.empty()) cancel_in_time(now, false);
  }

  // ---- the step, in order
  /// The venue has answered what is asked at the start: from here on nothing it says can refuse the run.
  void begin() noexcept { begun_ = true; }
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
  /// Closes step t: writes what changed.
  void settle(core::Nanos now);
  /// After the last step, and after what came of the shutdown's cancels: compares and writes what no step will.
  void finish(core::Nanos now);
  /// The venue's plugin answered an event, or its own timer, with an error.
  void broker_failed(const Error& why);

  // ---- commands
  Result<TradeAnswer> execute(const TradeRequest& request, core::Nanos now);
  /// Errors: ORDER_NOT_FOUND, ORDER_ENDED, CANCEL_FAILED. Asked again, it goes to the venue again.
  Result<void> cancel(const core::ClientOrderId& id, core::Nanos now, std::string_view principal, std::string_view request_id);
  /// Closes the gate, halts, cancels resting entries; never a protective order. 
  Cancels emergency_stop(core::Nanos now, std::string_view principal, std::string_view reason, std::string_view request_id);
  void emergency_resume(core::Nanos now, std::string_view principal, std::string_view reason, std::string_view request_id);
  /// Cancels what rests as an entry (shutdown: cancel_entries_keep_stops).
  Cancels cancel_entries(core::Nanos now);
  /// Whom the risk rules hear of orders by: each accepted report of an order, each fill once it is booked, and the position
  /// after it (quantity 0 when it closed), in this order. Empty: nobody listens.
  void tell_rules(std::function<void(const bl_event&)> told) { tell_rules_ = std::move(told); }
  /// Who knows whether the SQL store can be written; false denies entries, never an exit. Empty: no store, nothing to ask.
  void ask_store(std::function<bool()> store_up) { store_up_ = std::move(store_up); }
  void set_state(core::TradingState state, core::Nanos now, std::string_view who, std::string_view why,
                 std::string_view request_id = {});

  // ---- reading
  const core::Portfolio& portfolio() const noexcept { return portfolio_; }
  const core::PortfolioView& view() const noexcept { return view_; }
  /// The view of this moment, made anew where something happened since it was made.
  const core::PortfolioView& fresh_view() {
    if (view_is_old_) {
      view_.build(portfolio_, orders_, state_, now_);
      view_is_old_ = false;
    }
    return view_;
  }
  const core::OrderTable& orders() const noexcept { return orders_; }
  const ExecutionCounts& counts() const noexcept { return counts_; }
  core::TradingState state() const noexcept { return state_; }
  /// Whether entries may pass: not after an emergency stop, nor while the journal can't be written.
  bool gate_open() const noexcept { return gate_open_ && journal_ok_; }
  bool journal_ok() const noexcept { return journal_ok_; }
  /// Whether nothing more is bought of it: the venue reported what can't be explained. An operator's resume clears it.
  bool blocked(core::InstrumentId id) const noexcept { return blocked_[id.value - 1]; }
  /// Products of which the venue takes higher fees than the configuration reckons with.
  const std::vector<std::string>& fees_above_config() const noexcept { return fees_above_; }
  bool store_up() const { return !store_up_ || store_up_(); }
  std::uint64_t next_seq() noexcept { return ++seq_; }
  Decimal max_drawdown() const noexcept { return max_drawdown_; }  // fraction of the peak, >= 0

 private:
  ExecutionOptions options_;
  const core::InstrumentTable& table_;
  core::Portfolio portfolio_;
  core::OrderTable orders_;
  core::TargetBook book_;
  core::PortfolioView view_;
  core::RiskChain chain_;
  core::ExitFloor exit_floor_;
  std::vector<bool> blocked_;             // by instrument
  std::vector<bool> quote_lost_;          // by instrument: its quotes ended, and bars are its mark since
  std::vector<std::string> fees_above_;
  BrokerPort& broker_;
  store::Journal& journal_;
  const bool durable_journal_;  // asked at every step and event
  core::RecordSink& sink_;
  core::TradingState state_ = core::TradingState::active;
  bool gate_open_ = true, frozen_ = false, journal_ok_ = true, journal_noted_ = false;
  bool view_is_old_ = true;  // something happened since view_ was made
  bool resuming_ = false;    // put together from a journal: the venue may know what engine time has not reached
  bool begun_ = false;       // the start's questions are answered
  bool cash_known_ = false;  // the book's cash is its own: from the journal, or because there were fills
  std::function<bool()> store_up_;
  std::function<void(const bl_event&)> tell_rules_;
  std::uint64_t seq_ = 0, steps_ = 0;
  core::Nanos now_ = 0, settled_ = 0, persisted_day_ = -1;
  bool changed_ = false;
  core::Nanos last_written_ = 0;
  core::Nanos day_ = -1;
  Decimal day_notional_ = Decimal::zero();
  Decimal max_drawdown_ = Decimal::zero();
  Decimal drawdown_peak_ = Decimal::zero(), deepest_ = Decimal::zero();  // the largest fall from that peak that is counted already
  std::vector<core::Nanos> recent_orders_;
  ExecutionCounts counts_;
  std::vector<store::Journal::Approved> approved_;  // of this frame
  std::vector<core::SizingRecord> sized_;           // one per approved_: written when its order is durable
  std::vector<store::JournalNote> beside_;          // rows of this frame's commit
  std::vector<store::Journal::Durable> durable_;
  std::vector<core::Order*> fresh_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint32_t> attempts_;  // per decision, bounded by settle()
  struct Ended {
    core::ClientOrderId order;
    Decimal told;      // filled in all, as the venue says
    std::uint64_t step;  // in which it was told
    bool judged = false; // the fills had time to come and did not: told, and kept until they come or an operator resumes
  };
  std::uint64_t asking_ = 0, requests_ = 0;          // questions without an answer; numbers given so far
  bool listing_ = false;                             // the list of open orders is being told
  std::uint64_t list_request_ = 0;
  std::vector<core::ClientOrderId> named_;           // orders it named
  std::vector<std::pair<core::ClientOrderId, Decimal>> told_filled_;  // what it says is filled of them
  std::vector<std::vector<std::uint64_t>> held_back_;  // events whole, in order of arrival
  struct Missing {
    core::ClientOrderId order;
    std::uint32_t polls = 0;
    core::Nanos since = 0;
    bool sent_again = false;
  };
  core::Nanos traded_ = 0;                           // the step whose orders were made last
  std::vector<core::ClientOrderId> cancels_due_;     // sent before the restart, at a time that comes again
  std::vector<Missing> missing_;                     // unknown orders that the venue does not have, as far as it said
  std::vector<Ended> ended_;  // ends whose filled quantity is not that of their fills, one an order
  struct Answered {
    std::string body;
    TradeAnswer answer;
  };
  std::map<std::string, Answered> answered_;  // by Idempotency-Key, bounded
  std::vector<std::string> answered_order_;

  void consider(core::InstrumentId id, core::Nanos now);
  bool hold_back(const bl_event& event);
  bool is_due(const bl_event& event, core::Nanos now) const;
  void release_due(core::Nanos now);
  void on_done(const bl_done& done);
  void on_end(core::Order& order, const bl_exec& exec);
  void on_snapshot(core::Order& order, const bl_exec& exec);
  void on_absent(core::Order& order, core::Nanos now);
  void ask_about(const core::Order& order);
  void look_for_missing(core::Nanos now);
  void cancel_in_time(core::Nanos now, bool in_step);
  bool send_again(core::Order& order, core::Nanos now);
  /// TargetBook::insist, give_up and clear, written down where they change what outlives the step.
  void insist(core::InstrumentId id, core::Purpose purpose);
  void give_up(core::InstrumentId id, core::Purpose purpose);
  void clear(core::InstrumentId id, core::Purpose purpose);
  void note_target(const core::Target& target, bool insists);
  void note_gone(std::string_view symbol, core::Purpose purpose);
  void note(std::string_view kind, std::string_view payload);
  store::StepRow step_row() const;
  /// Books a fill and adds it to its order. On error nothing changed.
  Result<void> book_fill(core::Order& order, const core::Fill& fill, std::string_view fill_id);
  void remember_answer(const std::string& key, std::string body, TradeAnswer answer);
  core::OrderRecord record_of(const core::Order& order) const;
  Result<void> restore_intent(const store::JournalRow& row, core::RecordSink* project);
  Result<void> restore_order(const store::JournalRow& row, core::RecordSink* project);
  Result<void> restore_fill(const store::JournalRow& row, core::RecordSink* project);
  Result<void> restore_sizing(const store::JournalRow& row, core::RecordSink* project) const;
  Result<void> restore_target(const store::JournalRow& row);
  Result<void> restore_state(const store::JournalRow& row);
  Result<void> restore_step(const store::JournalRow& row);
  core::Intent make_intent(const core::Instrument& ins, core::Side side, Decimal qty, core::Purpose purpose,
                           core::Id128 decision, Decimal decision_px, core::Nanos now);
  core::FloorFacts facts(core::Nanos now) const;
  void count_entry(const core::Intent& entry, core::Nanos now);
  Decimal working_sells(core::InstrumentId id) const;
  core::Order* working_of(core::InstrumentId id) const;
  /// An order of it has ended whose fills may still come in this step or the next: what is held is not known.
  bool unsettled(core::InstrumentId id) const;
  /// What ended orders of that side owe in fills, judged or not.
  Decimal owed(core::InstrumentId id, core::Side side) const;
  void flush_frame(core::Nanos now);
  /// Whether the order is in another state now; an event it can't take is an incident.
  bool move(core::Order& order, core::OrderEvent event, core::Nanos now, std::string_view text);
  void write_order(const core::Order& order);
  void on_exec(const bl_exec& exec);
  void on_fill(const bl_fill& fill);
  void tell_position(core::InstrumentId id, core::Nanos now);
  Result<void> request_cancel(core::Order& order, core::Nanos now);
  void check_fees(const bl_product& told);
  void change_state(core::TradingState state, core::Nanos now, std::string_view who, std::string_view why,
                    std::string_view request_id, bool looked);
  void ended(core::Order& order, const bl_exec& told);
  void compare_ended(core::Nanos now, bool last);
  void end_short(core::Order& order, core::Nanos now);
  bool may_exit(core::Purpose purpose) const noexcept;
  void block(core::InstrumentId id, std::string_view code, std::string_view text, core::Nanos now, std::string_view order = {});
  void journal_again(core::Nanos now);
  void incident(std::string_view code, std::string_view text, core::Nanos now, std::string_view order = {});
  void audit(core::Nanos now, std::string_view who, std::string_view action, std::string_view subject,
             std::string_view reason, std::string_view request_id);
  void sizing(core::SizingRecord&& record);
};

}  // namespace bowline::services
