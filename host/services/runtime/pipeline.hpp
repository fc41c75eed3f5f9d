// The loop of the process that owns event time: takes one event at a time from the feeds in a fixed order and closes a
// step when every instrument's bar has arrived. With all four services here it calls the components in the order of
// trading rules 4.4; where the others are other processes it publishes the step and goes on when all have settled it.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "services/portfolio_rebalancer/rebalancer.hpp"
#include "services/runtime/core_loop.hpp"
#include "services/runtime/events_stream.hpp"
#include "services/runtime/feed_reader.hpp"
#include "services/runtime/instance_services.hpp"
#include "services/runtime/market_stream.hpp"
#include "services/runtime/ports.hpp"
#include "services/runtime/timers.hpp"
#include "services/signal_bridge/bridge.hpp"
#include "services/signal_generator/generator.hpp"
#include "services/trade_execution/execution.hpp"
#include "store/market_recorder.hpp"
#include "store/market_tape.hpp"

namespace bowline::services {

/// Either all four components, or the generator alone with a market stream for the others to follow.
struct PipelineParts {
  Execution* execution = nullptr;
  Generator* generator = nullptr;
  Bridge* bridge = nullptr;
  Rebalancer* rebalancer = nullptr;
  BrokerAdapter* broker = nullptr;
  EventInbox* broker_inbox = nullptr;
  std::vector<FeedReader*> feeds;       ///< configuration order
  std::vector<Listener> listeners;      ///< configuration order
  core::RecordSink* sink = nullptr;
  RunFacts* facts = nullptr;
  std::size_t instruments = 0;
  core::Nanos interval = 300'000'000'000;  ///< length of every bar; one of another length ends the run
  core::Nanos max_bar_delay = 0;        ///< a bar known later than this after its close is not acted on; 0 = no limit
  MarketStream* market = nullptr;       ///< what is published to followers; null: nobody can follow
  EventsStream* events = nullptr;       ///< where portfolio versions are published; null: nowhere
  std::function<void()> others_pump;    ///< the broker of a follower in this process; may be empty
  std::function<std::int64_t()> clock;  ///< where time is real: wall time in ns, which moves engine time too; empty: the data alone do
  core::Nanos feed_patience = 5'000'000'000;  ///< with a clock: how long a feed that gives nothing is waited for with what is to be recalled
  store::MarketRecorder* recorder = nullptr;  ///< is given every event in front of its handling, and how many rows `journal` has then; null: nobody is
  const store::Journal* journal = nullptr;    ///< with a recorder
  store::MarketTape* tape = nullptr;    ///< a recorded market, heard in place of the feeds; null: they are
  std::function<Error()> fault;         ///< of followers in this process; an empty code is none; may be empty
};

class Pipeline final : public CoreLoop {
 public:
  explicit Pipeline(PipelineParts parts);

  /// Steps up to `settled` were settled by an earlier process: features, models and prices learn from them, nothing is done
  /// again. `recalls` is called before each event of them, `ends` before the first one behind them; with a clock also when the
  /// feeds have given nothing for `feed_patience`, since one that tells what happens now has nothing of before. Before run().
  void go_on_after(core::Nanos settled, std::function<void(core::Nanos)> recalls, std::function<void()> ends);
  /// Turns until the feeds end, one fails, or stop().
  RunEnd run() override;
  void pump() override;
  void pass_time(core::Nanos until) override;
  /// Engine time goes on to `now` without a market event (trading rules 1.5): timers before it fire, and what execution has
  /// due is done; a step that is a second old then waits for no more bars. `recorded`: it has a row whatever comes of it. [core thread]
  void tick_of_clock(core::Nanos now, bool recorded);

  /// Of a run that is run again: does the next thing that the recorded one was asked, if its place is here, before `next`
  /// (null: nothing comes any more). Whether there was one. Empty: nothing is repeated.
  std::function<bool(const bl_event* next)> repeats;

 private:
  PipelineParts p_;
  std::uint64_t events_ = 0;
  core::Nanos settled_ = -1;
  std::function<void(core::Nanos)> recalls_;
  std::function<void()> history_ends_;
  core::Nanos open_ = 0;                           // time of the step being filled, 0 = none
  bool acted_ = false;
  std::vector<bool> seen_;                         // instruments with a bar in the open step
  std::size_t seen_count_ = 0;
  std::vector<core::Target> targets_, plan_;
  std::vector<core::InstrumentId> changed_;
  std::function<void()> pump_;
  std::int64_t patience_ends_ = 0;                 // steady clock; when followers are no longer waited for

  core::Nanos ticked_ = 0;                         // engine time of the last tick, 0 = none yet
  core::Nanos clock_ = 0;                          // what clock_now() gave last,
  std::int64_t wall_ = 0;                          // and the wall clock then, 0 = it was not looked at yet
  std::int64_t quiet_since_ = 0;                   // steady clock, while history is waited for; 0 = an event came since
  core::Nanos silent_ = 0;                         // of the last tick that has no row, while no later event has come

  bool timed_ = false;                             // the open step is timed
  std::int64_t last_event_ns_ = 0, predicted_ns_ = 0;  // steady clock, of a timed step; 0 = not yet

  bool tape_ended_ = false;                        // what the recorded process heard last was heard

  RunEnd turn();
  std::optional<RunEnd> front_of_tape(MarketEvent*& next);
  void record(const FeedReader* feed, const MarketEvent& event);
  core::Nanos clock_now();
  bool look_at_clock(const MarketEvent* next);
  bool step_is_over(core::Nanos now) const noexcept;
  bool hears(const MarketEvent& event) const noexcept;
  bool nothing_to_recall();
  void end_history(core::Nanos now);
  bool timer_due(core::Nanos before) const noexcept;
  bool serve();
  bool followers_settled();
  bool patience_over();
  void wait_for_followers(RunEnd end);
  void handle(MarketEvent& event);
  void on_bar(bl_bar& bar);
  void recall(bl_bar& bar);
  bool is_late(const bl_bar& bar, core::Nanos known) const noexcept;
  bool history(core::Nanos t) const noexcept { return t <= settled_; }
  void decide(core::Nanos t, const core::PortfolioView& view);
  void close_step();
  void predict(core::Nanos t);
  RunEnd end_of_failure() const { return error_.code.starts_with("PEER_") ? RunEnd::peer_failed : RunEnd::instance_failed; }
  bool failed();
};

}  // namespace bowline::services
