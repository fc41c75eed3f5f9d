// What a feed tells, as the core takes it: one market event in a fixed place, so that a batch is one allocation that is used again
// and again.
#pragma once

#include <bowline/plugin.h>

namespace bowline::core {

/// Which one it is stands in `h.type`.
union MarketEvent {
  bl_event h;
  bl_bar bar;
  bl_quote quote;
  bl_observation observation;
};

}  // namespace bowline::core
