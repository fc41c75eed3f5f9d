// What becomes of positions and their stops when a run is told to stop (trading rules 3.8).
#include <algorithm>

#include "observe/log.hpp"
#include "services/runtime/run_impl.hpp"

namespace bowline::services {

namespace out = observe::log;

void Run::stop() noexcept {
  Impl& m = *impl_;
  // Told again it ends at once, whatever is not sold yet.
  if (!m.execution || m.config.execution.on_shutdown.how != "flatten" || m.leaving.exchange(true)) return m.loop->stop();
  m.loop->post([&m] { m.look_at_leaving(); });
}

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

// A cancel that the venue has taken is no end yet: between the two an entry may fill, and nobody would place its stop. Its end is
// waited for, beside the answers to what was asked.
void Run::Impl::settle_with_venue() {
  constexpr std::chrono::seconds within{10};
  const NetPort* const net = venue_port();
  await_venue(
      [this, net] {
        const std::vector<core::Order*>& working = execution->orders().working();
        return (net == nullptr || net->outstanding() == 0) && std::none_of(working.begin(), working.end(), [](const core::Order* o) {
                 return o->state == core::OrderState::submitted || o->state == core::OrderState::cancel_pending || o->state == core::OrderState::unknown;
               });
      },
      within, true);
}

// Of data that have come to their end nothing follows that a stop could wait for: that run is over. A venue that has failed
// takes no order any more.
void Run::Impl::hand_over_stops(core::Nanos now) {
  if (end == RunEnd::end_of_data || instances->brokers.front().services->has_failed()) return;
  execution->rest_stops(now);
  loop->pump();
}

}  // namespace bowline::services
