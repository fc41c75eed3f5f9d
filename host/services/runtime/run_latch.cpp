// A run and its latch: what the file HALT orders, and a liquidation that is gone on with (trading rules 3.6, 3.7).
#include "observe/log.hpp"
#include "services/runtime/run_impl.hpp"

namespace bowline::services {

namespace out = observe::log;

void Run::Impl::look_at_latch() {
  if (!execution || repeater) return;
  const core::Nanos now = facts.engine_ns.load(std::memory_order_relaxed);
  if (execution->look_at_latch(now) && !execution->liquidating()) {
    const store::Halt halt = latch->read();
    if (halt.order == store::HaltOrder::liquidate && !execution->receipt(halt.id)) {
      LiquidationRequest q;
      q.id = halt.id;
      q.reason = halt.why;
      q.principal = halt.who;
      q.max_slice = halt.max_slice;
      q.end = halt.end;
      q.request_id = halt.id;
      bool replayed = false;
      if (const auto done = execution->liquidate(q, now, replayed); !done && !latch_refused) {
        latch_refused = true;  // told once, tried again at each look
        out::error("run", "{}: the latch orders to liquidate: {}", done.error().code, done.error().message);
      }
    }
  }
  // Its patience is counted in looks: where many events come they must not use it up. What the venue answers at once is
  // followed at once, but not without end.
  const auto clock = std::chrono::steady_clock::now();
  if (clock - liquidation_looked < std::chrono::milliseconds(200)) return;
  liquidation_looked = clock;
  // Where time is real the loop itself ends what is to be recalled, and time is that of the clock then.
  if (config.time != "real" && execution->waits_for_history()) {
    if (liquidation_waits == std::chrono::steady_clock::time_point{} || loop->bars() != liquidation_bars) liquidation_waits = clock;
    liquidation_bars = loop->bars();
    if (clock - liquidation_waits >= options.feed_patience) {
      out::warning("run", "no prices come: the liquidation of before the restart goes on without them");
      execution->go_on_without_history();
    }
  }
  const auto tell = [this] {
    if (liquidation) liquidation->look();
  };
  for (int i = 0; i < 100 && execution->look_at_liquidation(now); ++i) {
    loop->pump();
    tell();
  }
  tell();
}

}  // namespace bowline::services
