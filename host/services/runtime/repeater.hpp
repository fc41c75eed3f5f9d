// Asks a run that is run again what the recorded one was asked: commands of operators, the latch, ticks of the clock, each
// at its place among the events (store/input_rows.hpp).
#pragma once

#include <vector>

#include "services/portfolio_rebalancer/rebalancer.hpp"
#include "services/runtime/pipeline.hpp"
#include "services/trade_execution/execution.hpp"
#include "store/halt_latch.hpp"
#include "store/input_rows.hpp"

namespace bowline::services {

class Repeater {
 public:
  /// Borrowed.
  struct Parts {
    Pipeline& loop;
    Execution& execution;
    Rebalancer& rebalancer;
    const store::HaltLatch& latch;  ///< of the re-run's own folder
    RunFacts& facts;
    const core::InstrumentTable& table;
    core::RecordSink& sink;
    const store::MarketTape* tape = nullptr;  ///< where the market was recorded: it tells the place among what trade-execution does not hear, too
  };
  /// What came within a step of several processes has no place in one: it is left out.
  Repeater(Parts parts, std::vector<store::RecordedInput> inputs);

  /// Does the next one if its place is here, in front of `next` (null: no event comes any more). False: it is not, or
  /// there is none. One whose place was missed is done at once: the journals part there. [core thread]
  bool next(const bl_event* next);

 private:
  Parts p_;
  std::vector<store::RecordedInput> inputs_;
  std::size_t at_ = 0;

  bool due(const store::RecordedInput& input, const bl_event* next) const;
  bool counts(const bl_event& event) const noexcept;
  void repeat(const store::TickRow& tick);
  void repeat(const store::AskedRow& asked);
  void trade(const store::AskedRow& asked);
  void amend(const store::AskedRow& asked);
  void plan(const store::AskedRow& asked);
};

}  // namespace bowline::services
