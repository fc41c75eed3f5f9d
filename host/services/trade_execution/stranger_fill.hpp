// A fill of an order that nobody here knows yet: the venue is asked about the order before anything is booked.
#pragma once

#include <bowline/plugin.h>
#include <cstdint>

namespace bowline::services {

struct StrangerFill {
  bl_fill fill;
  std::uint64_t request;  ///< the question about its order; 0 = not asked yet
};

}  // namespace bowline::services
