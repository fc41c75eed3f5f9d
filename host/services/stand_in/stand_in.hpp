// Stands in for a host that is dead (trading rules 3.7): with its journal's lock, its venue and nothing else. `stop` cancels what
// would buy and leaves what protects; `liquidate` carries rule 3.6 to its end. Every sale goes through Execution as a host's does:
// the exit floor, an intent that is durable before any byte, one liquidation for one id, also through the death of this process.
#pragma once

#include <bowline/result.hpp>
#include <functional>
#include <string>
#include <vector>

#include "services/trade_execution/execution.hpp"
#include "store/halt_latch.hpp"

namespace bowline::services {

class StandIn {
 public:
  /// Borrowed. The execution is put together from the journal: behind restored().
  struct Parts {
    Execution& execution;
    store::Journal& journal;
    const core::InstrumentTable& table;
    std::function<core::Nanos()> now;         ///< engine time
    std::function<void(core::Nanos)> turn;    ///< lets the venue's plugin work until then, and execution hear it
    std::function<void()> wait;               ///< a fifth of a second, turning meanwhile
    std::function<bool()> enough{};           ///< nobody waits for it any longer; empty: for ever
    std::function<Error()> fault{};           ///< why the venue's plugin is of no use any more; an empty code: it is. May be empty
    std::function<void(const std::string& receipt)> told{};  ///< a liquidation's receipt as it changes
  };
  struct OrderLine {
    std::string id, instrument, side, state;
  };
  struct End {
    bool done = false;
    Error error{};                          ///< why not; an empty code: its time was up
    std::string receipt{};                  ///< of a liquidation, as JSON
    std::vector<OrderLine> entries{};       ///< that worked, and what became of them
    std::vector<OrderLine> kept{};          ///< what rests or works still and is no entry: stops, other sales
    std::size_t of_others = 0;              ///< somebody else's orders that work
    std::vector<std::string> unprotected{}; ///< held, and no stop rests at the venue: nobody watches it while no host runs
    bool journal_ok = true;
  };

  explicit StandIn(Parts parts) : p_(std::move(parts)) {}
  End stop();
  /// `halt`: what the latch orders. One that an earlier process began goes on, under its own id.
  End liquidate(const store::Halt& halt);

 private:
  Parts p_;
  std::vector<core::ClientOrderId> entries_;

  /// Asks the venue for what it has, and waits a moment for the answer: it is acted without one all the same.
  void begin();
  void look(core::Nanos now);
  void note_entries();
  bool entries_work() const;
  bool may_go_on(End& end) const;
  End ended(End end) const;
};

}  // namespace bowline::services
