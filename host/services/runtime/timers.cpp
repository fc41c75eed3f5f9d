#include "services/runtime/timers.hpp"

#include <algorithm>

namespace bowline::services {

// Engine time stands at 0 until the first event: what was armed before it is overdue by decades then and fires once, not
// once a period.
void fire_timers(std::span<Listener> listeners, RunFacts& facts, core::Nanos before, std::uint64_t& events,
                 const std::function<void()>& after) {
  if (facts.engine_ns.load(std::memory_order_relaxed) == 0) facts.engine_ns.store(before, std::memory_order_relaxed);
  while (facts.timers.load(std::memory_order_relaxed) != 0) {
    Listener* first = nullptr;
    std::uint64_t id = 0;
    std::int64_t due = before;
    for (Listener& l : listeners) {
      if (l.services->by_clock()) continue;  // a feed's are fired on its own thread, which writes them
      for (const auto& [timer, t] : l.services->timers())
        if (t.due < due) {
          first = &l;
          id = timer;
          due = t.due;
        }
    }
    if (first == nullptr) return;
    const core::Nanos now = std::max(due, facts.engine_ns.load(std::memory_order_relaxed));
    first->services->fired(id, now);
    facts.engine_ns.store(now, std::memory_order_relaxed);
    bl_timer e{};
    e.h.size = sizeof e;
    e.h.type = BL_EV_TIMER;
    e.h.id = ++events;
    e.h.ts_event = due;
    e.h.ts_recv = now;
    e.timer = id;
    if (first->timer) first->timer(e.h);
    after();
  }
}

}  // namespace bowline::services
