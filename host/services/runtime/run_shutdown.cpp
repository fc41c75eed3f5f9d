// What becomes of positions and their stops when a run is told to stop (trading rules 3.8).
#include "observe/log.hpp"
#include "services/runtime/run_impl.hpp"

namespace bowline::services {

namespace out = observe::log;

void Run::Impl::look_at_leaving() {
  if (!execution || left || !leaving.load(std::memory_order_acquire)) return;
  const auto clock = std::chrono::steady_clock::now();
  if (!flat_by) {
    flat_by = clock + std::chrono::nanoseconds(config.execution.on_shutdown.within_ns);
    execution->flatten(facts.engine_ns.load(std::memory_order_relaxed));
    loop->pump();
  }
  if (!execution->flat() && clock < *flat_by) return;
  left = true;
  loop->stop();
}

// Of data that have come to their end nothing follows that a stop could wait for: that run is over. A venue that has failed
// takes no order any more.
void Run::Impl::hand_over_stops(core::Nanos now) {
  if (end == RunEnd::end_of_data || instances->brokers.front().services->has_failed()) return;
  execution->rest_stops(now);
  loop->pump();
}

}  // namespace bowline::services
