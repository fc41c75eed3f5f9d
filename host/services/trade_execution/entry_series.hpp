// The orders of one entry, each placed anew where the price has moved away from the one before (execution_entry.cpp).
#pragma once

#include <bowline/decimal.hpp>
#include <cstdint>

#include "core/types.hpp"

namespace bowline::services {

struct EntrySeries {
  std::uint32_t orders = 0;
  Decimal first_px = Decimal::not_set();
  core::Nanos until = 0;  ///< the first order's end at the venue
};

}  // namespace bowline::services
