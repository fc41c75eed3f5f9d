// What was sent to the venue and has no answer yet: questions, orders that it does not show, amends.
#pragma once

#include <cstdint>

#include "core/order.hpp"

namespace bowline::services {

struct OpenQuestion {
  std::uint64_t request;
  core::Nanos since;
};

/// An unknown order that the venue does not have, as far as it said.
struct MissingOrder {
  core::ClientOrderId order;
  std::uint32_t polls = 0;
  core::Nanos since = 0;
  bool sent_again = false;
  bool on_its_way = false;  ///< since then, and not answered: it may get there yet
  bool held = false;        ///< the venue holds what it would hold, so that it is there, whatever its listings say
};

struct AmendOut {
  core::ClientOrderId order;
  core::Nanos sent = 0;
  bool ask = false;         ///< its answer is lost, as far as is known
  std::uint32_t looks = 0;  ///< answers since then that showed the terms as they were
  core::Nanos since_first_look = 0;
};

}  // namespace bowline::services
