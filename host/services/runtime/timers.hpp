// Who is sent timers and market events by a loop, and the firing of timers in event time.
#pragma once

#include <bowline/plugin.h>

#include <functional>
#include <span>

#include "core/types.hpp"
#include "services/runtime/instance_services.hpp"

namespace bowline::services {

/// A plugin instance that may be sent timers and market events by the loop.
struct Listener {
  InstanceServices* services = nullptr;
  std::function<void(const bl_event&)> timer;   ///< delivers BL_EV_TIMER
  std::function<void(const bl_event&)> market;  ///< bars, quotes, observations it asked for; may be empty
};

/// Timers due before `before`, but those of feeds, fire now, in the order of (due, position in the list, id); engine time follows them.
/// `events` numbers them; `after` is called after each.
void fire_timers(std::span<Listener> listeners, RunFacts& facts, core::Nanos before, std::uint64_t& events,
                 const std::function<void()>& after);

}  // namespace bowline::services
