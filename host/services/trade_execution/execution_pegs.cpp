// Execution and what counts as cash (trading rules 5.7): the floor denies, the book values, and this tells.
#include "observe/log.hpp"
#include "services/trade_execution/execution.hpp"

namespace bowline::services {

void Execution::look_at_pegs(core::Nanos now) {
  for (const PegWatch::News& n : peg_watch_.look(portfolio_, now)) {
    if (!n.code.empty()) {
      incident(n.code, n.text, now);
      continue;
    }
    const observe::log::Scope scope({.service = "trade-execution"});
    observe::log::info("execution", "{}", n.text);
  }
}

}  // namespace bowline::services
